"""Arrays in, arrays out: neighbours, near duplicates, heads, scores, label quality, orders."""
