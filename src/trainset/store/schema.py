"""The columns of samples on their way in, at rest and on their way out, as Arrow schemas."""

from __future__ import annotations

import pyarrow as pa

ID = pa.binary(16)

CANDIDATES = pa.schema(
    [
        ("path", pa.string()),  # a file: relative to the source's root, with `/`, as `paths.encode` spells it
        ("text", pa.string()),  # a row without a file: its text
        ("key", pa.binary()),  # a row without a file: its id in the source, null when it has none
        ("list", pa.string()),  # the list (manifest) the row is from, relative to the source; null for a walked file
        ("row", pa.int64()),  # its row there, counted from 1 without the header
        ("label", pa.string()),  # null: unlabelled
        ("split", pa.string()),  # as the source spells it; null: none
        ("contributor", pa.string()),
        ("meta", pa.string()),  # everything else, one JSON object; null: nothing
        ("remarks", pa.list_(pa.string())),
    ]
)
"""What a format hands to the import."""

SAMPLES = pa.schema(
    [
        ("id", ID),  # BLAKE2b-128 over source name and key
        ("source", pa.string()),
        ("path", pa.string()),
        ("text", pa.string()),
        ("content", ID),  # BLAKE2b-128 of the file's bytes, or of the UTF-8 text
        ("label", pa.string()),  # the source's
        ("split", pa.string()),  # train, validation, test, production as the source says; null: it does not
        ("split_given", pa.string()),  # the source's spelling
        (
            "split_proposed",
            pa.string(),
        ),  # by the hash of contributor or content; counts when the source has no splits at all
        ("contributor", pa.string()),
        ("meta", pa.string()),
        ("remarks", pa.list_(pa.string())),
        ("size", pa.int64()),  # bytes
        ("mtime_ns", pa.int64()),  # null for rows without a file
        ("ctime_ns", pa.int64()),
    ]
)
"""One part of `samples/`."""

EXPORTED = pa.schema(
    [
        ("id", pa.string()),  # 32 hex digits
        ("name", pa.string()),  # a file name without folders; null for rows without a file
        ("path", pa.string()),  # the path inside its source; null for rows without a file
        ("media", pa.binary()),  # the bytes; null for rows without a file, or when media are left out
        ("text", pa.string()),  # of a row without a file
        ("label", pa.string()),
        ("split", pa.string()),  # as the source spelled it where it did, else the canonical name
        ("contributor", pa.string()),
        ("meta", pa.string()),  # one JSON object
    ]
)
"""What a format is handed to write, in batches of a bounded number of bytes."""
