"""What many runs say together: a page of heat maps and curves, and the same as a sheet for a paper."""
