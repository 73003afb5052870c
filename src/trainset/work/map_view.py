"""A map as a page shows it: the samples that have a place, in the order of the table, and what they are coloured by."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.errors import BadFilter, TrainsetError, UnknownName
from trainset.store import embedded, runs
from trainset.store.dataset import Dataset
from trainset.store.embedded import Made
from trainset.store.kept import KeptTable
from trainset.store.mapped import map_path, read_map, read_regions
from trainset.store.picks import read_pick
from trainset.work import embedders
from trainset.work.clusters_kept import kept_clusters
from trainset.work.map_ import regions_of

SPECIAL = ("disagreement", "region", "cluster")
"""What a map can be coloured by that is no column."""
_SAID = "CASE WHEN predicted IS NULL OR label IS NULL THEN NULL WHEN predicted = label THEN 'as labelled' ELSE 'another class' END"
_VALUES = 1_000
"""Values of a text that get a code of their own, the most frequent first."""
SHOWN, DIMMED, HIDDEN = 0, 1, 2


@dataclass(frozen=True)
class Choice:
    """An embedding that there is, or that can be made. contents: how many have one. mapped: whether they have places."""

    embedder: str
    contents: int
    mapped: bool
    default: bool


@dataclass(frozen=True)
class Rows:
    """(n,) places in the table, x and y (float32) of the samples on the map. key: changes when any of them does. without: samples that are not
    excluded and have no place."""

    key: str
    places: NDArray[np.int64]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    ids: bytes
    without: int


@dataclass(frozen=True)
class Colours:
    """kind: `classes`, with a code per sample (uint16) and the values (first: none) with their counts; or `numbers`, with a value per sample
    (float32, NaN: none) and the ends between which nearly all lie."""

    kind: str
    codes: NDArray[np.uint16] | NDArray[np.float32]
    values: tuple[str | None, ...] = ()
    counts: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 0.0


class MapView:
    """Remembers the rows of the map it was asked for last. Safe from any thread."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._rows: tuple[tuple[Any, ...], Rows] | None = None

    def choices(self) -> list[Choice]:
        """The embeddings that there are, the one that is meant when none is named first, also where it has yet to be made."""
        counts: dict[str, int] = {}
        for made, _, count in embedded.all_made(self._dataset, ""):
            counts[made.embedder] = counts.get(made.embedder, 0) + count
        meant = made_of(self._dataset).embedder
        found = []
        for name in [meant, *sorted({*counts} - {meant})]:
            try:
                made = made_of(self._dataset, "" if name == meant else name)
            except TrainsetError:
                continue  # a model of one's own that is not here
            found.append(Choice(name, counts.get(name, 0), map_path(self._dataset, made).is_file(), name == meant))
        return found

    def rows(self, table: KeptTable, embedder: str = "") -> Rows:
        """The samples on a map. Raises `UnknownName` when there is no map of this embedding."""
        made = made_of(self._dataset, embedder)
        path = map_path(self._dataset, made)
        if not path.is_file():
            raise UnknownName(f"there is no map by {made.embedder} yet", next="trainset map, or start the job `map`")
        state = path.stat()
        wanted = made.key, state.st_mtime_ns, state.st_size, table.made
        with self._lock:
            if self._rows is None or self._rows[0] != wanted:
                self._rows = wanted, self._read(table, made, "-".join(map(str, wanted)))
            return self._rows[1]

    def colours(self, table: KeptTable, rows: Rows, column: str, embedder: str = "") -> Colours:
        """What each sample of the map is coloured by. Raises `BadFilter` for a column that there is not."""
        if column == "region":
            lain = read_map(self._dataset, made_of(self._dataset, embedder))
            codes = regions_of(lain.filter(lain["landmark"]))(np.stack([rows.x, rows.y], axis=1)) + 1
            names = {
                one["number"]: f"{one['number']}. {one['name']}"
                for one in read_regions(self._dataset, made_of(self._dataset, embedder))[1]
            }
            return _coded(codes, [None, *(names.get(n, str(n)) for n in range(1, int(codes.max(initial=0)) + 1))])
        if column == "cluster":
            return self._clusters(rows)
        if column not in table.columns and not (column == "disagreement" and "predicted" in table.columns):
            raise BadFilter(
                f"there is no column {column[:80]!r}", expected=", ".join([*sorted(table.columns), *SPECIAL])
            )
        what = _SAID if column == "disagreement" else f'"{column}"'
        found = table.run(f"SELECT rowid AS place, {what} AS value FROM samples")  # noqa: S608  # a column that there is
        order = np.empty(found.num_rows, np.int64)
        order[found["place"].to_numpy()] = np.arange(found.num_rows)
        values = found["value"].combine_chunks().take(pa.array(order[rows.places]))
        if pa.types.is_floating(values.type) or pa.types.is_integer(values.type) or pa.types.is_decimal(values.type):
            return _numbers(values.cast(pa.float64()))
        return _texts(
            values.cast(pa.string())
            if not pa.types.is_binary(values.type)
            else pc.cast(values, pa.string(), safe=False)
        )

    def shown(self, table: KeptTable, rows: Rows, conditions: Sequence[str]) -> NDArray[np.uint8]:
        """(n,) of `SHOWN`, `DIMMED` (a filter does not hold) and `HIDDEN` (excluded, and no filter speaks of that)."""
        holds = table.run(f"SELECT rowid AS place, excluded, ({table.condition(conditions)}) AS holds FROM samples")  # noqa: S608  # checked
        state = np.full(holds.num_rows, DIMMED, np.uint8)
        good = holds["holds"].to_numpy(zero_copy_only=False).astype(bool)
        state[holds["excluded"].to_numpy(zero_copy_only=False).astype(bool)] = HIDDEN
        state[good] = SHOWN
        placed = np.empty(holds.num_rows, np.uint8)
        placed[holds["place"].to_numpy()] = state
        return placed[rows.places]

    def _read(self, table: KeptTable, made: Made, key: str) -> Rows:
        kept = read_map(self._dataset, made)
        found = table.run("SELECT rowid AS place, id, content, excluded FROM samples")
        found = found.take(pa.array(np.argsort(found["place"].to_numpy(), kind="stable")))
        at = pc.index_in(
            found["content"].cast(pa.binary(16)).combine_chunks(), value_set=kept["content"].combine_chunks()
        )
        where = at.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        there = np.flatnonzero(where >= 0)
        ids = found["id"].cast(pa.binary(16)).combine_chunks().take(pa.array(there))
        without = int((~found["excluded"].to_numpy(zero_copy_only=False).astype(bool) & (where < 0)).sum())
        x, y = (kept[name].to_numpy()[where[there]].astype("<f4") for name in ("x", "y"))
        data = bytes(ids.buffers()[1][ids.offset * 16 : (ids.offset + len(ids)) * 16]) if len(ids) else b""
        return Rows(key, found["place"].to_numpy()[there], x, y, data, without)

    def _clusters(self, rows: Rows) -> Colours:
        held = kept_clusters(self._dataset)
        codes = np.zeros(len(rows.x), np.int64)
        names: list[str | None] = [None]
        mine = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(rows.x), [None, pa.py_buffer(rows.ids)])
        for one in held.classes if held else ():
            for part in one.parts if one.proposed else ():
                try:
                    ids = read_pick(self._dataset, part.pick)
                except BadFilter:
                    continue
                names.append(f"{one.name} {part.number}")
                codes[pc.is_in(mine, value_set=ids).to_numpy(zero_copy_only=False)] = len(names) - 1
        return _coded(codes, names)


def made_of(dataset: Dataset, embedder: str = "") -> Made:
    """What made the embeddings of a name, or of none: of the latest run, else of the medium's default. A name comes from a page or from the dataset:
    it opens no file and fetches nothing. Raises `UnknownName`, `BadValue`."""
    name, settings = embedder, None
    place = re.search(r"^hf:|[/\\]|\.onnx$", name) or (name and Path(name).is_dir())
    if place and not name.startswith(embedders.LAYER):
        raise UnknownName(
            f"the workbench opens no model by its place: {name[:80]!r}",
            next="trainset map --embedder takes files and repositories, in a terminal",
        )
    if not name:
        try:
            recipe = runs.named(dataset).recipe
            if recipe.embedder in registry.plugins("embedder") or recipe.embedder.startswith(embedders.LAYER):
                name, settings = recipe.embedder, dict(recipe.settings)
        except UnknownName:
            pass
    return embedders.chosen(dataset, name, settings).made


def _coded(codes: NDArray[np.int64], names: Sequence[str | None]) -> Colours:
    counts = np.bincount(codes, minlength=len(names))
    return Colours("classes", codes.astype("<u2"), tuple(names), tuple(counts.tolist()))


def _texts(values: pa.Array) -> Colours:
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    names = encoded.dictionary.to_pylist()
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    ranked = sorted(range(len(names)), key=lambda n: (-counts[n], names[n]))
    new = np.zeros(len(names) + 1, np.int64)  # the last one is for -1
    for code, old in enumerate(ranked[:_VALUES], 1):
        new[old] = code
    told: list[str | None] = [None, *(str(names[n])[:300] for n in ranked[:_VALUES])]
    if len(ranked) > _VALUES:
        new[np.array(ranked[_VALUES:])] = len(told)
        told.append(f"{len(ranked) - _VALUES:,} others")
    return _coded(new[codes], told)


def _numbers(values: pa.Array) -> Colours:
    found = values.to_numpy(zero_copy_only=False).astype(np.float64)
    finite = found[np.isfinite(found)]
    low, high = (float(one) for one in np.quantile(finite, [0.005, 0.995])) if len(finite) else (0.0, 1.0)
    if high <= low and len(finite):
        low, high = float(finite.min()), float(finite.max())
    return Colours("numbers", np.where(np.isfinite(found), found, np.nan).astype("<f4"), low=low, high=high)
