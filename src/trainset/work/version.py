"""Versions: names for positions in the log, with a digest that anyone can recompute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from trainset.model import Version
from trainset.store import blobs, log
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.work.media import read_media
from trainset.work.person import acting

_KEEP_AT_ONCE = 1_000


def version(
    dataset: Dataset,
    name: str,
    message: str = "",
    *,
    keep_media: bool = False,
    person: str = "",
    progress: Callable[[int], None] | None = None,
) -> Version:
    """Names the present position of the log. `keep_media` copies the bytes of its files into the dataset as well.

    Raises `BadValue` when the name is taken, `Gone` when a file to keep is no longer what it was.
    """
    at = log.head(dataset)
    with open_table(dataset, at, columns=["content", *(["source", "path"] if keep_media else [])]) as table:
        found, samples = (
            digest(table),
            table.run("SELECT count(*) AS n FROM samples WHERE NOT excluded")["n"][0].as_py(),
        )
        if keep_media:
            _keep(dataset, table, progress or (lambda done: None))
    made = Version(name, at, log.now(), acting(person), message, found, samples, keep_media)
    log.name_version(dataset, made)
    return made


def versions(dataset: Dataset) -> list[Version]:
    """All versions, the oldest first."""
    return log.read_versions(dataset)


def digest(table: QueryTable) -> str:
    """SHA-256, in hex, of the samples that are not excluded: one line each, sorted by id, in UTF-8.

    A line is the JSON array `["<id>","<content hash>","<label>","<split>"]` and a line feed, hex in lower case, null for no
    label or split: what Python writes as `json.dumps(row, ensure_ascii=False, separators=(",", ":"))`. Whoever imports the
    same source and applies the same actions gets the same digest.
    """
    lines = table.run(
        "SELECT CAST(to_json([lower(hex(id)), lower(hex(content)), label, split]) AS VARCHAR) || chr(10) AS line "
        "FROM samples WHERE NOT excluded ORDER BY id"
    )["line"]
    total = hashlib.sha256()
    for chunk in lines.chunks:
        total.update(_joined(_lower(chunk)))
    return total.hexdigest()


def _lower(lines: pa.Array) -> pa.Array:
    """The lines as other writers of JSON spell control characters: DuckDB writes \\u001F for \\u001f."""
    odd = pc.match_substring(lines, "\\u00")
    if not pc.any(odd).as_py():
        return lines
    spelled = (
        json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":")) + "\n" if again else line
        for line, again in zip(lines.to_pylist(), odd.to_pylist(), strict=True)
    )
    return pa.array(spelled, pa.large_string())


def _joined(lines: pa.Array) -> bytes:
    """The values of a text column one after the other: the bytes Arrow keeps them in."""
    values = lines.cast(pa.large_string())
    if not len(values):
        return b""
    offsets = memoryview(values.buffers()[1]).cast("q")
    start, end = offsets[values.offset], offsets[values.offset + len(values)]
    return bytes(memoryview(values.buffers()[2])[start:end])


def _keep(dataset: Dataset, table: QueryTable, progress: Callable[[int], None]) -> None:
    rows = table.run(
        "SELECT source, path, content FROM samples WHERE NOT excluded AND path IS NOT NULL ORDER BY part, row"
    )
    for batch in rows.to_batches(max_chunksize=_KEEP_AT_ONCE):
        for row in batch.to_pylist():
            if not blobs.has(dataset, row["content"]):
                blobs.put(
                    dataset, read_media(dataset, table.replay.sources, row["source"], row["path"], row["content"])
                )
        progress(batch.num_rows)
