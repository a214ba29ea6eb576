"""Runs as one HTML file to explore: `assemble` writes it; the template, style and script beside it are its source."""
