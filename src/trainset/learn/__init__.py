"""Arrays in, arrays out: neighbours, near duplicates."""
