"""docs/findings.md from the results of the committed sweeps: `make findings`."""
