"""The one pass over media: read, hash, decode, measure and preview each sample once. Runs inside worker processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from trainset.contracts import MANY, Plugin
from trainset.errors import Unsafe
from trainset.media import decode as media
from trainset.media.limits import Limits
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome
from trainset.store import ids, measured, paths
from trainset.work.together import Together

FACTS = pa.schema(
    [
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("remarks", pa.list_(pa.string())),
        ("content", pa.binary(16)),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("ctime_ns", pa.int64()),
        ("text", pa.string()),
        ("preview", pa.binary()),
    ]
)
"""What the pass says of a file, before its measures."""

FILES = "trainset.work.decode:files"
TEXTS = "trainset.work.decode:texts"


def schema(medium: str) -> pa.Schema:
    """`FACTS` and every measure of the medium."""
    return pa.schema([*FACTS, *(field for field in measured.schema(medium) if field.name != "content")])


def files(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Decodes the files in column `path`. settings: root, allowed; the batch's metadata: medium. Returns `schema(medium)`, a row
    per file."""
    medium, limits = batch.schema.metadata[b"medium"].decode(), Limits()
    plugins = measured.measures_of(medium)
    fields = schema(medium)
    asked = batch.column("path").to_pylist()
    columns: dict[str, list[Any]] = {name: [None] * len(asked) for name in fields.names}
    together = Together(plugins, columns)
    alone = _alone(plugins)
    reader = paths.Reader(settings["root"], settings["allowed"])
    try:
        for number, path in enumerate(asked):
            started(number)
            row, decoded = _file(reader, path, medium, limits, alone)
            for name, value in row.items():
                columns[name][number] = value
            if decoded:
                together.take(number, decoded)
        together.finish()
    finally:
        reader.close()
    return pa.record_batch([pa.array(columns[field.name], field.type) for field in fields], schema=fields)


def texts(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Measures the texts in column `text`, which need no decoding. Returns `schema("text")`, a row per text."""
    from trainset.media.text import text_remarks

    plugins = measured.measures_of("text")
    found = batch.column("text").to_pylist()
    count = len(found)
    values: dict[str, list[Any]] = {name: [None] * count for name in plugins}
    alone = _alone(plugins)
    together = Together(plugins, values)
    for number, text in enumerate(found):
        started(number)
        decoded = {"text": text, "facts": {"bytes": len(text.encode()), "format": "text"}}
        for name, plugin in alone.items():
            values[name][number] = plugin.target(*[decoded[need] for need in plugin.needs])
        together.take(number, decoded)
    together.finish()
    known: dict[str, Any] = {
        "outcome": [str(Outcome.ADDED)] * count,
        "reason": [""] * count,
        "remarks": text_remarks(batch.column("text")),
        **values,
    }
    fields = schema("text")
    return pa.record_batch(
        [
            pa.array(known[field.name], field.type) if field.name in known else pa.nulls(count, field.type)
            for field in fields
        ],
        schema=fields,
    )


def lost(row: pa.RecordBatch, medium: str, reason: str, outcome: Outcome = Outcome.UNREADABLE) -> pa.RecordBatch:
    """The answer for a file whose worker died over it."""
    return pa.RecordBatch.from_pylist(
        [{"outcome": str(outcome), "reason": reason, "remarks": []}], schema=schema(medium)
    )


def _file(
    reader: paths.Reader, path: str, medium: str, limits: Limits, alone: Mapping[str, Plugin]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is said of a file, and what it decodes to, which is nothing when it cannot be decoded."""
    values: dict[str, Any] = {}
    row: dict[str, Any] = {"outcome": _ADDED, "reason": "", "remarks": []}
    try:
        facts, data = reader.read(path, limits.bytes + 1)
        row["size"], row["mtime_ns"], row["ctime_ns"] = facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
        row["content"] = ids.content_hash(data)
        decoded = media.decode(data, medium, limits)
        values = media.values(decoded)
        for name, plugin in alone.items():
            row[name] = plugin.target(*[values[need] for need in plugin.needs])
        row["preview"] = media.preview(decoded, data) or None
        row["text"] = values.get("text")
        row["remarks"] = [*decoded.remarks, *media.remark_on_name(path, decoded)]
        return row, values
    except Undecodable as fault:
        row |= {"outcome": str(fault.outcome), "reason": fault.reason}
    except Unsafe as fault:
        row |= {"outcome": str(Outcome.UNSAFE), "reason": fault.what}
    except FileNotFoundError:
        row |= {"outcome": str(Outcome.UNREADABLE), "reason": "there is no such file"}
    except OSError as fault:
        row |= {"outcome": str(Outcome.UNREADABLE), "reason": f"the file cannot be opened: {fault.strerror or fault}"}
    except MemoryError:
        row |= {"outcome": str(Outcome.TOO_LARGE), "reason": "it needs more memory than one file may take"}
    return row, {}


_ADDED = str(Outcome.ADDED)


def _alone(plugins: Mapping[str, Plugin]) -> dict[str, Plugin]:
    """The measures that take one sample at a time."""
    return {name: plugin for name, plugin in plugins.items() if not set(plugin.needs) & set(MANY)}
