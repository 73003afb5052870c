"""The documentation: pages written by hand, and `generate` for those of `reference/`."""
