"""The base of the package: the margin function, errors, whole files, checked JSON, names. NumPy at most."""
