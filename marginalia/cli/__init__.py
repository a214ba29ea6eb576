"""The commands: options into calls. Only these modules print, and only they exit."""
