"""Dataset judgements, one file each."""
