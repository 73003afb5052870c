"""What some samples have in common against the rest of their class: many looks, corrected together, the largest difference first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trainset.learn.within import (
    Compared,
    Ranked,
    compare_counts,
    compare_numbers,
    difference,
    holm,
    ranked,
    shift,
)

LEAST = 5
"""Samples of which something can be said; of fewer nothing could be told from chance."""
SMALL = 0.1
"""Differences below are not said: the shares, or who is above whom, differ by less than 10 points."""
_TIED = 0.5  # share of the commonest value from which a number is told as another value than that
_PLAINER = 0.05  # of effect, by which what has words of its own may lag behind and still come first
_MOST = 40  # traits of a part that are compared with one another
_THIN = 20_000  # samples that this is done on
_SAME, _TWINS = 0.6, 0.95
"""Correlations from which two traits are one: of what is left without class and part, and of the whole."""


@dataclass(frozen=True)
class Marks:
    """What samples carry or not, such as words and values of fields: pairs of a sample's row and a mark, each once.

    field: (marks,) which marks exclude one another, as numbers; -1 for none.
    """

    rows: NDArray[np.int64]
    marks: NDArray[np.int64]
    field: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.field)


@dataclass(frozen=True)
class Trait:
    """One thing in common. kind: `number` (larger or smaller), `above` or `below` (a number that most of the class have the same of), or
    `mark`. which: its number among numbers or marks. effect: see `within.Compared`. p, corrected: by itself, and for all looks. known:
    of how many samples.

    inside, rest: medians, or shares. shift: how far apart, low and high its ends at 95 %. hits: of marks, how many carry it. also: what
    says the same.
    """

    kind: str
    which: int
    effect: float
    p: float
    corrected: float
    known: int
    inside: float
    rest: float
    shift: float
    low: float
    high: float
    hits: int = 0
    also: tuple[Trait, ...] = ()


@dataclass(frozen=True)
class Traits:
    """Of each part its traits, the largest effect first. samples: how many of it have a rest of their class to be compared with. looks:
    how many comparisons were made over all parts. smallest: for each part the smallest p of them, not corrected; 1 without any."""

    parts: tuple[tuple[Trait, ...], ...]
    samples: tuple[int, ...]
    looks: int
    smallest: tuple[float, ...]


def traits(
    parts: Sequence[NDArray[np.int64]], classes: NDArray[np.int64], numbers: Sequence[NDArray[np.float64]], marks: Marks, *,
    worded: Sequence[bool] = (), level: float = 0.05,
) -> Traits:  # fmt: skip
    """Compares parts (rows of samples) with the rest of the class of each sample.

    classes: (n,) codes from 0. numbers: (n,) float64 each, NaN for none. worded: which of them are told better than the others. level: the
    chance that any trait of any part is said where there is none (Holm): what is said first is picked for its size, and of the control of
    false discoveries, which lets some through, the small parts with their large accidents would come first. Looks that could not have
    shown anything, however they fell, do not count. Differences below `SMALL` are not said.
    """
    count = int(classes.max(initial=-1)) + 1
    columns = [ranked(values, classes, count) for values in numbers]
    every = _with_usual(columns, classes, marks)
    ranks = [column if column.tied < _TIED else _nothing(column) for column in columns]
    sizes = np.bincount(classes, minlength=count)
    carriers = _count(every.marks, classes[every.rows], len(every), count)
    by_number, by_mark, samples = [], [], []
    for part in parts:
        inside = np.zeros(len(classes), bool)
        inside[part] = True
        mine = np.bincount(classes[part], minlength=count)
        samples.append(int(mine[sizes > mine].sum()))
        if samples[-1] < LEAST:
            part, mine = part[:0], np.zeros_like(mine)
        kept = inside[every.rows]
        counts = _count(every.marks[kept], classes[every.rows[kept]], len(every), count)
        by_number.append(compare_numbers(ranks, classes, part))
        by_mark.append(compare_counts(carriers, sizes, mine, counts))
    looks = [*by_number, *by_mark]
    least, p = (np.concatenate([*(getattr(look, name) for look in looks), np.ones(0)]) for name in ("least", "p"))
    able = least * len(p) <= level
    corrected = np.ones(len(p))
    corrected[able] = holm(p[able])
    ends = np.cumsum([0, *(len(look.p) for look in looks)])
    split = [corrected[first:last] for first, last in pairwise(ends.tolist())]
    found, smallest = [], []
    for place, part in enumerate(parts):
        other = place + len(parts)
        some = [*_said(by_number[place], split[place], level), *_said(by_mark[place], split[other], level, len(ranks))]
        some = sorted(
            some, key=lambda one: (-abs(one[0]) - _PLAINER * _worded(one[1], worded, len(ranks)), one[0] < 0)
        )[:_MOST]
        found.append(
            _told(
                some,
                part,
                classes,
                columns,
                every,
                len(marks),
                worded,
                by_number[place],
                by_mark[place],
                split[place],
                split[other],
            )
        )
        smallest.append(float(min(by_number[place].p.min(initial=1.0), by_mark[place].p.min(initial=1.0))))
    return Traits(tuple(found), tuple(samples), int(able.sum()), tuple(smallest))


def _said(
    looks: Compared, corrected: NDArray[np.float64], level: float, before: int = 0
) -> Iterator[tuple[float, int]]:
    """Effect, of what is known of them, and place of each look that is told."""
    share = looks.known / max(1, int(looks.known.max(initial=1)))
    good = (corrected <= level) & (np.abs(looks.effect) >= SMALL)
    return ((round(float(looks.effect[at] * share[at]), 9), before + at) for at in np.flatnonzero(good).tolist())


def _told(
    some: Sequence[tuple[float, int]], part: NDArray[np.int64], classes: NDArray[np.int64], columns: Sequence[Ranked], every: Marks,
    own: int, worded: Sequence[bool], numbers: Compared, marks: Compared, of_numbers: NDArray[np.float64], of_marks: NDArray[np.float64],
) -> tuple[Trait, ...]:  # fmt: skip
    """The traits in their order, those that say the same as an earlier one inside it."""
    if not some:
        return ()
    rows = np.flatnonzero(np.isin(classes, np.unique(classes[part])))
    inside = np.zeros(len(classes), bool)
    inside[part] = True
    rows = rows[:: max(1, len(rows) // _THIN)]
    alike, same = _alike([at for _, at in some], rows, classes, inside, columns, every)
    others = int(np.count_nonzero(np.isin(classes, np.unique(classes[part])))) - len(part)

    def trait(at: int) -> Trait:
        if at < len(columns):
            ends = shift(columns[at], classes, part)
            return Trait(
                "number",
                at,
                float(numbers.effect[at]),
                float(numbers.p[at]),
                float(of_numbers[at]),
                int(numbers.known[at]),
                *ends,
            )
        mark = at - len(columns)
        kind, which = ("mark", mark) if mark < own else (("above", "below")[(mark - own) % 2], (mark - own) // 2)
        share, rest, known = float(marks.inside[mark]), float(marks.rest[mark]), int(marks.known[mark])
        hits = round(share * known)
        return Trait(
            kind, which, float(marks.effect[mark]), float(marks.p[mark]), float(of_marks[mark]), known, share, rest, share - rest,
            *difference(hits, known, rest, others), hits,
        )  # fmt: skip

    leaders: dict[int, list[int]] = {}
    fields: dict[int, int] = {}
    for place, (effect, at) in enumerate(some):
        field = int(every.field[at - len(columns)]) if at >= len(columns) else -1
        if field in fields:  # of values that exclude one another the rarer ones follow from the commoner
            if effect > 0:
                leaders[fields[field]].append(place)
            continue
        near = [
            (max(alike[place, other], same[place, other]), other)
            for other in leaders
            if alike[place, other] >= _SAME or same[place, other] >= _TWINS
        ]
        if near:
            leaders[max(near)[1]].append(place)
            continue
        leaders[place] = []
        if field >= 0:
            fields[field] = place
    found = []
    for first, rest in leaders.items():
        made = [trait(some[one][1]) for one in (first, *rest)]
        found.append(Trait(**{**vars(made[0]), "also": tuple(made[1:])}))
    return tuple(found)


def _worded(at: int, worded: Sequence[bool], numbers: int) -> bool:
    return at >= numbers or not worded or worded[at]


def _alike(
    places: Sequence[int], rows: NDArray[np.int64], classes: NDArray[np.int64], inside: NDArray[np.bool_], columns: Sequence[Ranked],
    every: Marks,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """How alike traits are, 0 to 1, within class and part, and within class alone."""
    values = np.zeros((len(places), len(rows)))
    for line, at in enumerate(places):
        if at < len(columns):
            values[line] = columns[at].ranks[rows]
        else:
            carried = np.zeros(len(classes), bool)
            carried[every.rows[every.marks == at - len(columns)]] = True
            values[line] = carried[rows]
    of = classes[rows]
    return _correlated(values, of * 2 + inside[rows]), _correlated(values, of)


def _correlated(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Absolute correlations of lines, each of which is taken from the mean of its group first."""
    known = ~np.isnan(values)
    left = np.where(known, values, 0.0)
    for line, there in zip(left, known, strict=True):
        sums, counts = np.bincount(groups, weights=line), np.bincount(groups, weights=there)
        line -= np.where(there, (sums / np.maximum(counts, 1))[groups], 0.0)
    length = np.sqrt((left**2).sum(axis=1))
    scale = np.where(length > 1e-9, length, math.inf)
    found: NDArray[np.float64] = np.abs((left @ left.T) / scale[:, None] / scale)
    return found


def _with_usual(columns: Sequence[Ranked], classes: NDArray[np.int64], marks: Marks) -> Marks:
    """The marks, and two for each number: that it is above, or below, what most of the class have the same. Ranks say little there, and
    their approximation is not to be trusted."""
    rows, which = [marks.rows], [marks.marks]
    for number, column in enumerate(columns):
        if column.tied >= _TIED:
            usual = column.usual[classes]
            for side, apart in enumerate((column.values > usual, column.values < usual)):
                carried = np.flatnonzero(apart)
                rows.append(carried)
                which.append(np.full(len(carried), len(marks) + 2 * number + side))
    field = np.append(marks.field, np.full(2 * len(columns), -1))
    return Marks(np.concatenate(rows), np.concatenate(which), field)


def _nothing(column: Ranked) -> Ranked:
    """In place of a number whose ranks are not compared."""
    empty = np.full(len(column.ranks), np.nan)
    return Ranked(
        column.values, empty, np.zeros_like(column.sizes), np.zeros_like(column.ties), column.usual, column.tied
    )


def _count(marks: NDArray[np.int64], classes: NDArray[np.int64], many: int, count: int) -> NDArray[np.int64]:
    return np.bincount(classes * many + marks, minlength=count * many).reshape(count, many)
