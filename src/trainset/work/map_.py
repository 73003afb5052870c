"""Map: a place in the plane for every sample, near to those like it, that stays its place when the dataset grows or changes version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.learn import landmarks
from trainset.learn.traits import traits
from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.store.mapped import SCHEMA, read_map, write_map, write_regions
from trainset.work.about import about_samples
from trainset.work.common import briefly
from trainset.work.vectors import Embeddings
from trainset.work.with_vectors import WithVectors, unit, with_vectors

_GROWN = 2
"""Times as many contents as a map was made of, above which it is made anew from where things lay."""
_NAMED = 20_000
"""Samples that the names of regions are taken from."""
_TYPICAL = 6
_REGIONS = 20
_MANY = 20_000  # to be placed, from which on the approximate index is worth its making

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Region:
    """A hill of the map. number: 1 for the largest. labels: its commonest, with their share. traits: what else it has more of than the rest of
    the map. x, y: its middle. typical: ids of samples near to it."""

    number: int
    name: str
    samples: int
    labels: Mapping[str, float]
    traits: tuple[str, ...]
    x: float
    y: float
    typical: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "labels": dict(self.labels), "traits": list(self.traits), "typical": list(self.typical)}


@dataclass(frozen=True)
class Map:
    """Where samples lie. table: a row a sample: id, label, x, y (0 to 1, as they lay before where they lay before) and region. kept: contents that
    were on the map before, and have not moved; placed: put among them now. anew: whether it was laid out now."""

    at: int
    table: pa.Table
    regions: tuple[Region, ...]
    embedder: str
    landmarks: int
    kept: int
    placed: int
    anew: bool
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without the places: `--out FILE.csv` writes those."""
        return {
            "samples": self.table.num_rows, "regions": [one.as_dict() for one in self.regions], "embedder": self.embedder, "at": self.at,
            "landmarks": self.landmarks, "kept": self.kept, "placed": self.placed, "anew": self.anew, "remarks": list(self.remarks),
        }  # fmt: skip


def map(
    dataset: Dataset,
    *,
    embedder: str = "",
    at: str | int | None = None,
    anew: bool = False,
    progress: Progress | None = None,
) -> Map:
    """The map of the samples of a position, by an embedding (that of the latest run, else of the medium).

    At most 10,000 landmarks are laid out by t-SNE; everyone else is placed by the nearest of them. Places are kept in the cache by content and
    embedder: what was on the map stays where it was, and new samples are placed among it. It is laid out again, from where things lay, when
    there are more than twice as many contents as then, or `anew`. progress: called with how many more contents are placed.
    """
    found = with_vectors(dataset, embedder, at)
    encoded = found.contents.dictionary_encode()
    contents = encoded.dictionary
    codes: NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    first = np.full(len(contents), len(codes), np.int64)
    np.minimum.at(first, codes, np.arange(len(codes)))
    view = found.view.only(first)
    kept = read_map(dataset, found.view.made)
    old = pc.index_in(contents, value_set=kept["content"].combine_chunks()).fill_null(-1).to_numpy().astype(np.int64)
    fresh = anew or not kept.num_rows or len(contents) > _GROWN * _made_of(kept)
    if fresh:
        places, marks = _made(view, contents, _places(kept, old), progress)
        table = _table(contents, places, marks)
        made_of, placed = len(contents), len(contents)
    else:
        places, there = _places(kept, old), old >= 0
        new = np.flatnonzero(~there)
        places[new] = _placed(dataset, found, kept, view.only(new), progress)
        marks = np.where(there, kept["landmark"].to_numpy()[np.maximum(old, 0)], False)
        table = pa.concat_tables([kept.cast(SCHEMA), _table(contents.take(pa.array(new)), places[new], marks[new])])
        made_of, placed = _made_of(kept), len(new)
    if placed:
        write_map(dataset, found.view.made, table, made_of)
    lain = table.filter(table["landmark"])
    region = regions_of(lain)(places)[codes]
    where = places[codes]
    rows = pa.table(
        {"id": found.ids, "label": found.rows["label"], "x": pa.array(where[:, 0]), "y": pa.array(where[:, 1]), "region": pa.array(region + 1)}
    )  # fmt: skip
    regions = _regions(dataset, found, where, region)
    write_regions(dataset, found.view.made, found.at, [one.as_dict() for one in regions])
    return Map(
        found.at, rows, regions, found.view.made.embedder, int(lain.num_rows),
        0 if fresh else int((old >= 0).sum()), placed, fresh, found.remarks,
    )  # fmt: skip


def regions_of(lain: pa.Table) -> Callable[[NDArray[np.float32]], NDArray[np.int64]]:
    """What tells the region of places, 0 for the largest, of a map with these landmarks."""
    layout = np.stack([lain["x"].to_numpy(), lain["y"].to_numpy()], axis=1)
    return landmarks.regions(layout, max(3, min(_REGIONS, len(layout) // 25)))


def _made(
    view: Embeddings, contents: pa.Array, before: NDArray[np.float32], progress: Progress | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Places of all contents, and which are landmarks: those whose hash is smallest, which is a fair draw that hardly changes."""
    hashed = np.frombuffer(contents.buffers()[1], ">u8", 2 * len(contents), 2 * contents.offset * 8)[::2]
    chosen = np.sort(np.argsort(hashed, kind="stable")[: landmarks.MOST])
    marks = np.zeros(len(contents), np.bool_)
    marks[chosen] = True
    vectors = _all(view.only(chosen))
    start = before[chosen]
    known = np.isfinite(start[:, 0])
    if known.sum() > max(3, 0.1 * len(chosen)):
        start[~known] = landmarks.placer(vectors[known], start[known], many=False)(vectors[~known])
    layout = landmarks.laid_out(vectors, start if np.isfinite(start).all() else None)
    places = np.empty((len(contents), 2), np.float32)
    places[chosen] = layout
    others = np.flatnonzero(~marks)
    places[others] = _among(vectors, layout, view.only(others), progress)
    return places, marks


def _placed(
    dataset: Dataset, found: WithVectors, kept: pa.Table, view: Embeddings, progress: Progress | None
) -> NDArray[np.float32]:
    """Places of what is new, among the landmarks there are."""
    if not len(view):
        return np.empty((0, 2), np.float32)
    lain = kept.filter(kept["landmark"])
    of = Embeddings(dataset, found.view.made, lain["content"].combine_chunks())
    there = np.flatnonzero(of.known)
    layout = np.stack([lain["x"].to_numpy(), lain["y"].to_numpy()], axis=1)[there]
    return _among(_all(of.only(there)), layout, view, progress)


def _all(view: Embeddings) -> NDArray[np.float32]:
    """(n, d) at unit length, of few samples."""
    order, found = view.stored, np.empty((len(view), view.dim), np.float32)
    found[order] = np.concatenate([*unit(view.only(order))])
    return found


def _among(
    vectors: NDArray[np.float32], layout: NDArray[np.float32], view: Embeddings, progress: Progress | None
) -> NDArray[np.float32]:
    places, start = np.empty((len(view), 2), np.float32), 0
    if not len(view):
        return places
    place = landmarks.placer(vectors, layout, many=len(view) > _MANY)
    order = view.stored
    for batch in unit(view.only(order)):
        places[order[start : start + len(batch)]] = place(batch)
        start += len(batch)
        if progress:
            progress(len(batch))
    return places


def _regions(
    dataset: Dataset, found: WithVectors, where: NDArray[np.float32], region: NDArray[np.int64]
) -> tuple[Region, ...]:
    some = np.sort(np.random.default_rng(0).permutation(len(found))[:_NAMED])
    known = about_samples(dataset, found.at, found.ids.take(pa.array(some)), found.contents.take(pa.array(some)))
    count = int(region.max(initial=-1)) + 1
    inside = [np.flatnonzero(region[some] == number) for number in range(count)]
    told = traits(inside, np.zeros(len(some), np.int64), known.values, known.marks)
    labels = found.rows["label"].combine_chunks()
    result = []
    for number in range(count):
        mine = np.flatnonzero(region == number)
        if not len(mine):
            continue
        middle = np.median(where[mine], axis=0)
        near = mine[np.argsort(((where[mine] - middle) ** 2).sum(axis=1), kind="stable")[:_TYPICAL]]
        counted = pc.value_counts(labels.take(pa.array(mine)).fill_null("no label")).to_pylist()
        common = sorted(
            ((one["counts"] / len(mine), one["values"]) for one in counted), key=lambda pair: (-pair[0], pair[1])
        )
        shares = {name: round(share, 4) for share, name in common[:3] if share >= 0.1 or share == common[0][0]}
        more = tuple(
            briefly(trait, known) for trait in told.parts[number] if trait.effect > 0 or trait.kind == "number"
        )[:4]
        name = ", ".join(f"{label} {share:.0%}" for label, share in shares.items())
        named = [ids.shown(one) for one in found.ids.take(pa.array(near)).to_pylist()]
        result.append(
            Region(
                number + 1,
                name,
                len(mine),
                shares,
                more,
                round(float(middle[0]), 4),
                round(float(middle[1]), 4),
                tuple(named),
            )
        )
    return tuple(result)


def _made_of(kept: pa.Table) -> int:
    return int((kept.schema.metadata or {}).get(b"made_of", b"0"))


def _table(contents: pa.Array, places: NDArray[np.float32], marks: NDArray[np.bool_]) -> pa.Table:
    return pa.Table.from_arrays(
        [contents, pa.array(places[:, 0]), pa.array(places[:, 1]), pa.array(marks)], schema=SCHEMA
    )


def _places(kept: pa.Table, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n, 2), NaN for what was not on the map."""
    places = np.full((len(rows), 2), np.nan, np.float32)
    there = rows >= 0
    for axis, name in enumerate(("x", "y")):
        places[there, axis] = kept[name].to_numpy()[rows[there]]
    return places
