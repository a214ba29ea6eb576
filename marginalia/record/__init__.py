"""A run as numbers, in memory and on disk. NumPy only: whatever writes a record can be drawn."""
