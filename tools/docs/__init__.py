"""What mkdocs needs beside mkdocs.yml to build the documentation: `make docs`."""
