"""Data sets as uint8 NumPy arrays in memory (see `dataset` for the type, `sources` for where they come from)."""
