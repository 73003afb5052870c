"""The verbs, one file each: the only place where store meets algorithm."""
