"""Clusters: the parts that each class falls into, what sets them apart, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn.around import Around, around, middles
from trainset.learn.subclusters import LEAST, MOST, Cut, cut, nearest, parts, proposed, usual
from trainset.learn.traits import traits
from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.work.about import about_samples
from trainset.work.common import Shared, shared
from trainset.work.with_vectors import WithVectors, with_vectors

DO = ("split", "relabel", "queue", "leave")
"""What is proposed: give a part a class of its own, give it the label of the class that it lies with, let people look at it, or nothing."""
_WHO = ("labelled_by", "labelled_at", "source", "meta.question", "meta.rater", "meta.annotator")
"""Fields whose cure is the guideline, not the labels."""
_THEIRS = 0.6
"""Difference of shares from which a part is said to be somebody's."""
_TYPICAL, _TOLD = 4, 5
_TOGETHER = 20_000
"""Samples that are in memory at once: 102 MB at 1,280 values each."""
_FEWEST = 400
"""Samples of a class that are looked at however many classes there are."""


@dataclass(frozen=True)
class Cluster:
    """A part of a class. number: 1 for the largest. ids: all of its samples (16 bytes each). typical: those nearest to its middle, as printed. traits:
    what sets it apart from the rest of the class. nearest: the other class that it is nearest to, and how far that is, in distances to the class's
    largest part (for the largest: to the next one). proposal: of `DO`; why: in words; to: the label proposed, empty for none."""

    number: int
    ids: pa.Array
    typical: tuple[str, ...]
    traits: tuple[Shared, ...]
    nearest: str
    ratio: float
    proposal: str
    why: str
    to: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        told = [{"says": one.says, "field": one.field, "effect": round(one.effect, 4)} for one in self.traits]
        rest = {name: value for name, value in vars(self).items() if name not in ("ids", "traits")}
        return {
            **rest,
            "samples": len(self.ids),
            "typical": list(self.typical),
            "ratio": round(self.ratio, 3),
            "traits": told,
        }


@dataclass(frozen=True)
class Clusters:
    """A class and its parts. apart, between, smallest, stable: see `learn.subclusters.Cut`. times: how many times as clear its cut is as that of
    the usual class of the dataset. why: what was found, in words."""

    name: str
    samples: int
    parts: tuple[Cluster, ...]
    apart: float
    between: float
    smallest: float
    stable: float
    times: float
    proposed: bool
    why: str
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "class": self.name, "samples": self.samples, "proposed": self.proposed, "why": self.why, "apart": round(self.apart, 2),
            "between": round(self.between, 3), "smallest": round(self.smallest, 3), "stable": round(self.stable, 3),
            "times": round(self.times, 2), "clusters": [one.as_dict() for one in self.parts], "remarks": list(self.remarks),
        }  # fmt: skip


def clusters(
    dataset: Dataset, name: str = "", *, embedder: str = "", at: str | int | None = None, seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> tuple[Clusters, ...]:  # fmt: skip
    """The parts of a class, or of every class, those to be split first; by an embedding (that of the latest run, else of the medium).

    A class is cut in two by half of its samples, and the other half says how clearly it falls apart there; what is usual of a contributor in
    all classes is taken away first. A split is proposed when that is far clearer than is usual in the dataset, for every class falls apart
    somehow. seed: of the halves. progress: called after each class. Raises `UnknownName` for a class that has no samples, `BadValue` without
    embeddings.
    """
    found = with_vectors(dataset, embedder, at, ["contributor"])
    names, codes = _codes(found.rows["label"].combine_chunks())
    if name and name not in names:
        raise UnknownName(
            f"no sample with an embedding has the label {name!r}", expected=", ".join(names)[:500] or "labels"
        )
    if not names:
        raise BadValue("no sample has a label", next="trainset label, or an import with labels")
    _, people = _codes(found.rows["contributor"].combine_chunks())
    seen = around(found.view, codes, people if (people >= 0).any() else None)
    looked = _looked(codes, len(names), seed)
    cuts = _cuts(seen, looked, seed, progress)
    level = usual(cuts)
    centres = middles(seen, codes, len(names))
    result = []
    for code in [names.index(name)] if name else range(len(names)):
        rows, one = np.flatnonzero(codes == code), cuts[code]
        made = tuple[Cluster, ...]()
        if proposed(one, level) or name:
            made = _told(dataset, found, names, code, rows, looked[code], seen, one, level, centres, seed)
        result.append(
            Clusters(
                names[code], len(rows), made or (_whole(found, names, code, rows, centres),), one.apart, one.between, one.smallest, one.stable,
                one.clear / level, proposed(one, level), _why(one, level, len(made), len(rows)), found.remarks,
            )
        )  # fmt: skip
    return tuple(sorted(result, key=lambda one: (not one.proposed, -one.times, one.name)))


def _looked(codes: NDArray[np.int64], count: int, seed: int) -> list[NDArray[np.int64]]:
    """Of each class the rows that are looked at: all, or an even draw of many."""
    draw = np.random.default_rng(seed)
    most = min(MOST, max(_FEWEST, 3 * _TOGETHER // count))
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(count + 1))
    found = []
    for code in range(count):
        rows = order[ends[code] : ends[code + 1]]
        found.append(rows if len(rows) <= most else np.sort(draw.choice(rows, most, replace=False)))
    return found


def _cuts(
    seen: Around, looked: list[NDArray[np.int64]], seed: int, progress: Callable[[int], None] | None
) -> list[Cut]:
    """Every class cut in two, several read together: each reading is a pass over all embeddings."""
    found, start = list[Cut](), 0
    while start < len(looked):
        end, held = start + 1, len(looked[start])
        while end < len(looked) and held + len(looked[end]) <= _TOGETHER:
            held += len(looked[end])
            end += 1
        points = seen.take(np.concatenate(looked[start:end]))
        for own in np.split(points, np.cumsum([len(rows) for rows in looked[start : end - 1]])):
            found.append(cut(own, seed=seed))
            if progress:
                progress(1)
        start = end
    return found


def _told(
    dataset: Dataset, found: WithVectors, names: list[str], code: int, rows: NDArray[np.int64], looked: NDArray[np.int64], seen: Around, one: Cut,
    level: float, centres: NDArray[np.float64], seed: int,
) -> tuple[Cluster, ...]:  # fmt: skip
    """The parts of one class, with what sets them apart."""
    points = seen.take(looked)
    some = parts(points, one, level, seed=seed)
    count = int(some.max(initial=-1)) + 1
    if count < 2:
        return ()
    own = np.stack([points[some == number].mean(axis=0) for number in range(count)]).astype(np.float64)
    if len(rows) == len(looked):
        of = some
    else:
        each = [rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER)]
        of = np.concatenate([nearest(seen.take(part), own) for part in each])
    inside = [np.flatnonzero(of == number) for number in range(count)]
    mine = pa.array(rows)
    known = about_samples(dataset, found.at, found.ids.take(mine), found.contents.take(mine))
    traits_ = traits(inside, np.zeros(len(rows), np.int64), known.values, known.marks).parts
    made = []
    for number, part in enumerate(inside):
        said = tuple(shared(trait, known) for trait in traits_[number])[:_TOLD]
        near, gap = _nearest(centres, code, own[number])
        sibling = float(np.linalg.norm(own[number] - own[1 if number == 0 else 0]))
        ratio = gap / sibling if sibling and np.isfinite(gap) else 0.0
        shown = looked[some == number]
        far = ((points[some == number] - own[number]) ** 2).sum(axis=1)
        typical = shown[np.argsort(far, kind="stable")[:_TYPICAL]]
        what, why, to = _proposal(names, code, number, said, ratio, near) if proposed(one, level) else ("leave", "", "")
        made.append(
            Cluster(
                number + 1, found.ids.take(pa.array(rows[part])), _ids(found, typical), said, names[near] if near != code else "", ratio, what, why, to,
            )
        )  # fmt: skip
    return tuple(made)


def _whole(
    found: WithVectors, names: list[str], code: int, rows: NDArray[np.int64], centres: NDArray[np.float64]
) -> Cluster:
    """A class that is one."""
    near, _ = _nearest(centres, code, centres[code])
    other = names[near] if near != code else ""
    return Cluster(1, found.ids.take(pa.array(rows)), _ids(found, rows[:_TYPICAL]), (), other, 0.0, "leave", "", "")


def _ids(found: WithVectors, rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(ids.shown(found.ids[row].as_py()) for row in rows.tolist())


def _nearest(centres: NDArray[np.float64], code: int, place: NDArray[np.float64]) -> tuple[int, float]:
    """The other class whose middle is nearest, and how far that is; the class itself, and infinity, when there is no other."""
    gaps = np.linalg.norm(centres - place, axis=1)
    gaps[code] = np.inf
    near = int(gaps.argmin())
    return (near, float(gaps[near])) if np.isfinite(gaps[near]) else (code, float("inf"))


def _proposal(
    names: list[str], code: int, number: int, said: tuple[Shared, ...], ratio: float, near: int
) -> tuple[str, str, str]:
    """What to do about a part, why, and the label for it."""
    theirs = [one for one in said if one.field in _WHO and one.effect >= _THEIRS]
    if theirs and number:
        return "queue", f"they {theirs[0].says}: the guideline may be the cause, so look before labels are changed", ""
    if not number:
        return "leave", "the largest part keeps the name", ""
    if near != code and ratio < 0.5:
        return (
            "relabel",
            f"it lies with {names[near]!r}, which is nearer than half of the way to the rest of its class",
            names[near],
        )
    new = f"{names[code]} {number + 1}"
    while new in names:
        new += "'"
    return "split", "it is apart from the rest of its class and from every other class", new


def _why(one: Cut, level: float, count: int, samples: int) -> str:
    if samples < LEAST:
        return f"too few samples to say whether it falls into parts (at least {LEAST})"
    times = f"{one.clear / level:.1f} times as clearly as is usual here"
    if proposed(one, level):
        return (
            f"falls into {count} parts, {times}: {one.apart:.1f} deviations apart, {one.between:.0%} of samples between, "
            f"{one.stable:.0%} land in the same part when it is made of other samples"
        )
    return f"is one: cut in two it falls apart {times}, with {one.between:.0%} of samples between the halves"


def _codes(column: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """The values, in their order, and which each sample has, -1 for none."""
    names = sorted(pc.unique(column).drop_null().to_pylist())
    places = pc.index_in(column, value_set=pa.array(names, pa.string())).fill_null(-1)
    where: NDArray[np.int64] = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return names, np.where(column.is_null().to_numpy(zero_copy_only=False), -1, where)
