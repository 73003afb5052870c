"""Measures at rest: wide parts by content hash, and the columns of them that still count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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


_FEW = 1_000
"""Contents of which the rows are looked up, instead of reading all."""
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
    found = _by_part(dataset, names, only)
    table = pa.concat_tables([_schema_of(dataset, names).empty_table(), *(piece for _, piece in found)])
    return _once(table) if len(found) > 1 else table  # one pass never writes a content twice; two passes may


class Beside:
    """Measures in the order of samples: contents in, values out.

    A pass writes the contents in the order in which it meets them, so those of one part of the samples mostly lie in one or two
    other parts, and are found there in a quarter of the time that a join of everything takes. What is not there is searched.
    """

    def __init__(self, dataset: Dataset, names: Sequence[str]) -> None:
        """Reads these measures, `names`. Raises `DamagedDataset`."""
        found = _by_part(dataset, names)
        pieces = [piece for _, piece in found if piece.num_rows]
        if any(good < len(names) for good, _ in found):  # which of two values counts is decided among all
            pieces = [measured(dataset, names)]
        table = pa.concat_tables([_schema_of(dataset, names).empty_table(), *pieces]).combine_chunks()
        self._contents = parts.one(table["content"])
        self._values = table.drop_columns("content")
        self._halves = _halves(self._contents)
        self._starts = [0]  # of runs of whole parts
        firsts = []  # the content with which a part begins -> its run
        at = 0
        for piece in pieces:
            if at - self._starts[-1] >= parts.PART_ROWS:
                self._starts.append(at)
            firsts.append((self._halves[0][at], len(self._starts) - 1))
            at += piece.num_rows
        self._starts.append(at)
        self._firsts = pa.array([head for head, _ in firsts], pa.uint64())
        self._runs = np.array([run for _, run in firsts], np.int64)
        self._in_order: NDArray[np.intp] | None = None

    @property
    def fields(self) -> list[pa.Field]:
        """The fields of what `of` returns."""
        return [*self._values.schema]

    def of(self, contents: pa.Array) -> list[pa.Array]:
        """The values of each measure for these contents (16 bytes each), null where a content has none."""
        heads, tails = _halves(contents)
        places = np.full(len(heads), -1)
        begun = pc.index_in(pa.array(heads), value_set=self._firsts).drop_null().unique().to_numpy()
        for run in np.unique(self._runs[begun]):
            start, end = self._starts[run], self._starts[run + 1]
            if len(open_ := np.flatnonzero(places < 0)):
                inside = pc.index_in(pa.array(heads[open_]), value_set=pa.array(self._halves[0][start:end]))
                places[open_] = np.where(inside.is_valid(), inside.fill_null(0).to_numpy() + start, -1)
        if len(open_ := np.flatnonzero(places < 0)) and len(self._halves[0]):
            places[open_] = self._searched(heads[open_])
        taken = np.flatnonzero(places >= 0)
        strange = taken[self._halves[1][places[taken]] != tails[taken]]
        if len(strange):  # two contents whose first 8 bytes are the same
            places[strange] = (
                pc.index_in(contents.take(pa.array(strange)), value_set=self._contents).fill_null(-1).to_numpy()
            )
        wanted = pa.array(places, mask=places < 0)
        return [parts.one(column.take(wanted)) for column in self._values.columns]

    def _searched(self, heads: NDArray[np.uint64]) -> NDArray[np.intp]:
        """The place of each of these among all, -1 where it is nowhere."""
        known = self._halves[0]
        if self._in_order is None:
            self._in_order = np.argsort(known)
        at = np.minimum(np.searchsorted(known, heads, sorter=self._in_order), len(known) - 1)
        places = self._in_order[at]
        return np.where(known[places] == heads, places, -1)


def _halves(contents: pa.Array) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hashes of 16 bytes as two numbers each, which compare several times faster than bytes."""
    if not len(contents):
        return np.empty(0, np.uint64), np.empty(0, np.uint64)
    numbers = np.frombuffer(contents.buffers()[1], np.uint64)[contents.offset * 2 :][: 2 * len(contents)]
    return np.ascontiguousarray(numbers[::2]), np.ascontiguousarray(numbers[1::2])


def _schema_of(dataset: Dataset, names: Sequence[str]) -> pa.Schema:
    full = schema(dataset.medium)
    return pa.schema([full.field("content"), *(full.field(name) for name in names)])


def _by_part(dataset: Dataset, names: Sequence[str], only: pa.Array | None = None) -> list[tuple[int, pa.Table]]:
    """The rows of each part that has some of these measures in their present version, and how many; those with most last: a
    part of an older trainset lacks values, that of a later pass has the last word."""
    current = _versions(measures_of(dataset.medium))
    fields = [*_schema_of(dataset, names)]
    paths = sorted(dataset.place("measures").glob("*.parquet"))
    found = [*filter(None, (_of_part(path, fields, current, only) for path in paths))]
    return sorted(found, key=lambda piece: piece[0])


def _of_part(
    path: Path, fields: Sequence[pa.Field], current: Mapping[str, str], only: pa.Array | None
) -> tuple[int, pa.Table] | None:
    """How many of these columns the part has in their present version, and its rows; None when it has none of them."""
    with parts.open_part(path) as file:
        held, made = file.schema_arrow, parts.facts_of(file).get("measures")
    if not isinstance(made, dict) or "content" not in held.names or held.field("content").type != pa.binary(16):
        return None
    types = {each.name: each.type for each in fields[1:]}
    good = [
        name
        for name, kind in types.items()
        if made.get(name) == current[name] and name in held.names and held.field(name).type == kind
    ]
    if not good:
        return None
    wanted = ["content", *good]
    if only is not None and len(only) <= _FEW:
        contents = [batch["content"] for batch in parts.batches(path, ["content"])]
        rows = pc.indices_nonzero(pc.is_in(pa.chunked_array(contents, pa.binary(16)), value_set=only))
        table = parts.take(path, rows.to_pylist(), wanted)
    else:
        batches = parts.batches(path, wanted)
        if only is not None:
            batches = (batch.filter(pc.is_in(batch["content"], value_set=only)) for batch in batches)
        table = pa.Table.from_batches(batches, pa.schema([held.field(name) for name in wanted]))
    columns = [
        table[each.name] if each.name in ("content", *good) else pa.nulls(table.num_rows, each.type) for each in fields
    ]
    return len(good), pa.table(columns, pa.schema(fields))


def _once(table: pa.Table) -> pa.Table:
    """Of several rows of a content the last. Only those whose first 8 bytes come again are looked at whole."""
    contents = parts.one(table["content"])
    heads, tails = _halves(contents)
    in_order = np.sort(heads)  # many times faster than to sort their places
    several = in_order[1:][in_order[1:] == in_order[:-1]]
    if not len(several):
        return table
    rows = pc.indices_nonzero(pc.is_in(pa.array(heads), value_set=pa.array(several))).to_numpy()
    order = rows[np.lexsort((tails[rows], heads[rows]))]  # stable
    again = (heads[order[1:]] == heads[order[:-1]]) & (tails[order[1:]] == tails[order[:-1]])
    kept = np.ones(len(heads), bool)
    kept[order[:-1][again]] = False
    return table.filter(pa.array(kept))


def _versions(plugins: Mapping[str, Plugin]) -> dict[str, str]:
    return {
        name: f"{plugin.facts['version']} " + ",".join(f"{s.name}={s.default!r}" for s in plugin.settings.values())
        for name, plugin in plugins.items()
    }
