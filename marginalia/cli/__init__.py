"""The commands: options into calls. The only room that prints, and the only one that exits."""
