"""Bytes in, arrays out: sniffing, decoding, previews, limits."""
