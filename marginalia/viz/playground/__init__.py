"""The playground: a page in which a small network trains."""
