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
from trainset.learn.subclusters import LEAST, Parts, rounded, space, split
from trainset.learn.traits import traits
from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.work.about import About, about_samples
from trainset.work.common import Shared, shared
from trainset.work.with_vectors import WithVectors, with_vectors

DO = ("split", "relabel", "queue", "leave")
"""What is proposed: give a part a class of its own, give it the label of the class that it lies with, let people look at it, or nothing."""
_WHO = ("labelled_by", "labelled_at", "source", "meta.question", "meta.rater", "meta.annotator")
"""Fields whose cure is the guideline, not the labels."""
_THEIRS = 0.6
"""Difference of shares from which a part is said to be somebody's."""
_TYPICAL, _TOLD = 4, 5


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
    """A class and its parts. apart, between, smallest, stable: see `learn.subclusters.Parts`. why: what was found, in words."""

    name: str
    samples: int
    parts: tuple[Cluster, ...]
    apart: float
    between: float
    smallest: float
    stable: float
    proposed: bool
    why: str
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "class": self.name, "samples": self.samples, "proposed": self.proposed, "why": self.why, "apart": round(self.apart, 2),
            "between": round(self.between, 3), "smallest": round(self.smallest, 3), "stable": round(self.stable, 3),
            "clusters": [one.as_dict() for one in self.parts], "remarks": list(self.remarks),
        }  # fmt: skip


def clusters(
    dataset: Dataset, name: str = "", *, embedder: str = "", at: str | int | None = None, seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> tuple[Clusters, ...]:  # fmt: skip
    """The parts of a class, or of every class, those to be split first; by an embedding (that of the latest run, else of the medium).

    Classes are looked at where the usual one is round; what is usual of a contributor in all classes is taken away. A split is proposed when the
    parts that one half of the samples makes also tell the other half apart. seed: of these halves. progress: called after each class. Raises
    `UnknownName` for a class that has no samples, `BadValue` without embeddings.
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
    points = rounded(space(found.view, codes, people if (people >= 0).any() else None), codes)
    middles = np.stack([points[codes == code].mean(axis=0) for code in range(len(names))])
    result = []
    for code in [names.index(name)] if name else range(len(names)):
        rows = np.flatnonzero(codes == code)
        parts = split(points[rows], seed=seed)
        result.append(
            _class(dataset, found, names, code, rows, parts, points, middles, told=parts.proposed or bool(name))
        )
        if progress:
            progress(1)
    return tuple(sorted(result, key=lambda one: (not one.proposed, -one.apart, one.name)))


def _class(
    dataset: Dataset, found: WithVectors, names: list[str], code: int, rows: NDArray[np.int64], parts: Parts, points: NDArray[np.float64],
    middles: NDArray[np.float64], *, told: bool,
) -> Clusters:  # fmt: skip
    count = int(parts.of.max(initial=-1)) + 1
    inside = [np.flatnonzero(parts.of == number) for number in range(count)]
    known = About(len(rows))
    if told and count > 1:
        some = pa.array(rows)
        known = about_samples(dataset, found.at, found.ids.take(some), found.contents.take(some))
    seen = (
        traits(inside, np.zeros(len(rows), np.int64), known.values, known.marks).parts
        if told and count > 1
        else [()] * count
    )
    own = [points[rows[part]].mean(axis=0) for part in inside]
    made = []
    for number, part in enumerate(inside):
        said = tuple(shared(trait, known) for trait in seen[number])[:_TOLD]
        gaps = np.linalg.norm(middles - own[number], axis=1)
        gaps[code] = np.inf
        near = int(gaps.argmin()) if len(names) > 1 else code
        sibling = float(np.linalg.norm(own[number] - own[1 if number == 0 and count > 1 else 0]))
        ratio = float(gaps[near]) / sibling if sibling and len(names) > 1 else float("inf")
        order = np.argsort(((points[rows[part]] - own[number]) ** 2).sum(axis=1), kind="stable")[:_TYPICAL]
        identifiers = found.ids.take(pa.array(rows[part]))
        typical = tuple(ids.shown(identifiers[int(place)].as_py()) for place in order)
        what, why, to = _proposal(names, code, number, said, ratio, near, parts)
        made.append(
            Cluster(
                number + 1,
                identifiers,
                typical,
                said,
                names[near] if near != code else "",
                ratio if np.isfinite(ratio) else 0.0,
                what,
                why,
                to,
            )
        )
    return Clusters(
        names[code], len(rows), tuple(made), parts.apart, parts.between, parts.smallest, parts.stable, parts.proposed, _why(parts, len(rows)),
        found.remarks,
    )  # fmt: skip


def _proposal(
    names: list[str], code: int, number: int, said: tuple[Shared, ...], ratio: float, near: int, parts: Parts
) -> tuple[str, str, str]:
    """What to do about a part, why, and the label for it."""
    if not parts.proposed:
        return "leave", "", ""
    theirs = [one for one in said if one.field in _WHO and one.effect >= _THEIRS]
    if theirs and number:
        return "queue", f"they {theirs[0].says}: the guideline may be the cause, so look before labels are changed", ""
    if not number:
        return "leave", "the largest part keeps the name", ""
    if ratio < 0.5:
        return (
            "relabel",
            f"it lies with {names[near]!r}, which is nearer than half of the way to the rest of its class",
            names[near],
        )
    new = f"{names[code]} {number + 1}"
    while new in names:
        new += "'"
    return "split", "it is apart from the rest of its class and from every other class", new


def _why(parts: Parts, count: int) -> str:
    if count < LEAST:
        return f"too few samples to say whether it falls into parts (at least {LEAST})"
    if parts.proposed:
        return (
            f"falls into {parts.of.max() + 1} parts: {parts.apart:.1f} deviations apart, {parts.between:.0%} of samples between, "
            f"{parts.stable:.0%} land in the same part when it is made of other samples"
        )
    return f"is one: cut in two, its halves are {parts.apart:.1f} deviations apart with {parts.between:.0%} of samples between"


def _codes(column: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """The values, in their order, and which each sample has, -1 for none."""
    names = sorted(pc.unique(column).drop_null().to_pylist())
    places = pc.index_in(column, value_set=pa.array(names, pa.string())).fill_null(-1)
    where: NDArray[np.int64] = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return names, np.where(column.is_null().to_numpy(zero_copy_only=False), -1, where)
