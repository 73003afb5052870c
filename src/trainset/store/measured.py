"""Measures at rest: wide parts by content hash, and the columns of them that still count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset import registry
from trainset.contracts import Plugin
from trainset.store import parts

if TYPE_CHECKING:  # worker processes import this room, and need no database
    from trainset.store.dataset import Dataset


def measures_of(medium: str) -> dict[str, Plugin]:
    """The measures of a medium by name."""
    known = registry.plugins("measure")
    return {name: plugin for name, plugin in known.items() if plugin.facts["medium"] in (medium, "")}


def measure_names(dataset: Dataset) -> tuple[str, ...]:
    """The measures a dataset of this medium has columns for: all but bytes, which are for machines."""
    return tuple(name for name, plugin in measures_of(dataset.medium).items() if arrow_type(plugin) != pa.binary())


def arrow_type(plugin: Plugin) -> pa.DataType:
    """The type of a measure's column, from the annotation of what it returns."""
    returned = str(plugin.target.__annotations__.get("return", "float")).replace(" ", "").removesuffix("|None")
    whole = returned in ("int", "list[int]", "pa.Array")
    return pa.int64() if whole else _TYPES.get(returned.removeprefix("list[").removesuffix("]"), pa.float64())


_TYPES = {"str": pa.string(), "bool": pa.bool_(), "bytes": pa.binary()}


def schema(medium: str) -> pa.Schema:
    """`content` and every measure of the medium."""
    return pa.schema(
        [("content", pa.binary(16)), *((name, arrow_type(plugin)) for name, plugin in measures_of(medium).items())]
    )


def write(dataset: Dataset, batches: Sequence[pa.RecordBatch]) -> None:
    """Writes one wide part for one pass."""
    facts = {"measures": _versions(measures_of(dataset.medium))}
    parts.write(dataset.place("measures", f"{uuid4().hex}.parquet"), batches, schema(dataset.medium), facts)


def complete(dataset: Dataset) -> pa.Array:
    """The contents (16 bytes each) that have a value of every measure in its present version, or None where there is none."""
    current = _versions(measures_of(dataset.medium))
    found = [pa.array([], pa.binary(16))]
    for path in sorted(dataset.place("measures").glob("*.parquet")):
        made = parts.facts(path).get("measures")
        if isinstance(made, dict) and all(made.get(name) == version for name, version in current.items()):
            found += [batch["content"].cast(pa.binary(16)) for batch in parts.batches(path, ["content"])]
    return pa.concat_arrays(found)


def measured(dataset: Dataset, names: Sequence[str], only: pa.Array | None = None) -> pa.Table:
    """`content` and these measures, each content once (`only`: of these contents). Values of another plug-in version are left
    out as null."""
    known = measures_of(dataset.medium)
    full = schema(dataset.medium)
    wanted = pa.schema([full.field("content"), *(full.field(name) for name in names)])
    pieces = [(0, wanted.empty_table())]
    for path in sorted(dataset.place("measures").glob("*.parquet")):
        made = parts.facts(path).get("measures")
        current = _versions(known)
        with parts.open_part(path) as file:
            held = file.schema_arrow
        good = [
            n
            for n in names
            if isinstance(made, dict)
            and made.get(n) == current[n]
            and n in held.names
            and held.field(n).type == full.field(n).type
        ]
        if not good or "content" not in held.names or held.field("content").type != pa.binary(16):
            continue
        batches = parts.batches(path, ["content", *good])
        if only is not None:
            batches = (batch.filter(pc.is_in(batch["content"], value_set=only)) for batch in batches)
        table = pa.Table.from_batches(list(batches), pa.schema([full.field(name) for name in ("content", *good)]))
        for name in names:
            if name not in good:
                table = table.append_column(full.field(name), pa.nulls(table.num_rows, full.field(name).type))
        pieces.append((len(good), table.select(["content", *names])))
    pieces.sort(
        key=lambda piece: piece[0]
    )  # a part of an older trainset lacks values: that of a later pass has the last word
    table = pa.concat_tables([piece for _, piece in pieces])
    return _once(table) if len(pieces) > 2 else table  # one pass never writes a content twice; two passes may


def _once(table: pa.Table) -> pa.Table:
    """Of several rows of a content the last. Contents are compared by their first 8 bytes, sorted, which is cheap."""
    contents = table["content"].combine_chunks()
    heads = np.frombuffer(contents.buffers()[1], np.uint64)[contents.offset * 2 :: 2][: len(contents)]
    order = np.argsort(heads, kind="stable")
    last = np.append(heads[order][1:] != heads[order][:-1], True)
    if last.all():
        return table
    kept = np.zeros(len(heads), bool)
    kept[order[last]] = True
    return table.filter(pa.array(kept))


def _versions(plugins: Mapping[str, Plugin]) -> dict[str, str]:
    return {
        name: f"{plugin.facts['version']} " + ",".join(f"{s.name}={s.default!r}" for s in plugin.settings.values())
        for name, plugin in plugins.items()
    }
