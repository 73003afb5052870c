"""Per-sample numbers, one file each."""
