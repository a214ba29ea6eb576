"""The measurements behind docs/results.md: `make results` trains what is missing and writes the tables anew."""
