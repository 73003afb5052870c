"""Whether some samples differ from the rest of their own classes: of numbers by ranks, of marks by counts; so no difference between
classes passes for one of the samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn.intervals import wilson

_FEW = 30
"""Samples up to which the sum of ranks is also compared with a sum of uniform numbers."""
_SCREEN = 0.01
"""Counts whose rough p is above are not looked at exactly: they are nothing after a correction."""
_LONGEST = 4000
"""Possible counts of an exact distribution at most; beyond, an upper bound."""


@dataclass(frozen=True)
class Ranked:
    """One number of every sample, ranked within its class. ranks: (n,) from 1, ties share their mean, NaN without a value. sizes, ties:
    (classes,) how many have one, and the sum of t^3 - t over blocks of t equal ones. usual: (classes,) the commonest value. tied: the
    share of samples that have it."""

    values: NDArray[np.float64]
    ranks: NDArray[np.float64]
    sizes: NDArray[np.int64]
    ties: NDArray[np.float64]
    usual: NDArray[np.float64]
    tied: float


@dataclass(frozen=True)
class Compared:
    """Some samples against the rest of their classes, one value a number or mark. effect: -1 to 1, how much more often a sample of theirs
    has more than one of the rest than less (Cliff's delta, which for a mark is the difference of shares). p: two-sided. known: of how
    many of them it is known. least: the smallest p that was possible. inside, rest: of marks the shares, the rest weighted as they are."""

    effect: NDArray[np.float64]
    p: NDArray[np.float64]
    known: NDArray[np.int64]
    least: NDArray[np.float64]
    inside: NDArray[np.float64]
    rest: NDArray[np.float64]


def ranked(values: NDArray[Any], classes: NDArray[np.int64], count: int) -> Ranked:
    """Ranks (n,) numbers within their classes, codes 0 to `count` - 1; NaN is no value."""
    values = np.asarray(values, np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.lexsort((values[known], classes[known]))]
    of, value = classes[order], values[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (of[1:] != of[:-1]) | (value[1:] != value[:-1])
    start = np.flatnonzero(fresh)
    length = np.diff(np.append(start, len(order)))
    sizes = np.bincount(of, minlength=count)
    middle = start + (length + 1) / 2 - (np.cumsum(sizes) - sizes)[of[start]]
    ranks = np.full(len(values), np.nan)
    ranks[order] = np.repeat(middle, length)
    longest, usual = np.zeros(count, np.int64), np.full(count, np.nan)
    by_length = np.argsort(length, kind="stable")
    longest[of[start[by_length]]], usual[of[start[by_length]]] = length[by_length], value[start[by_length]]
    ties = np.bincount(of[start], length.astype(np.float64) ** 3 - length, count).astype(np.float64)
    return Ranked(values, ranks, sizes, ties, usual, float(longest.sum() / max(1, sizes.sum())))


def compare_numbers(columns: list[Ranked], classes: NDArray[np.int64], part: NDArray[np.int64]) -> Compared:
    """The ranks of the samples `part` (rows) against the rest of their classes (van Elteren 1960), a value a column.

    The normal approximation is too careful far out for a few samples, of which the sum of ranks is near to a sum of as many uniform
    numbers: the smaller p of both, neither of which is too small, is taken.
    """
    from scipy.special import ndtr

    found = np.ones((4, len(columns)))
    for number, column in enumerate(columns):
        rows = part[~np.isnan(column.ranks[part])]
        mine = np.bincount(classes[rows], minlength=len(column.sizes)).astype(np.float64)
        good = (mine > 0) & (column.sizes > mine)
        sums = np.bincount(classes[rows], weights=column.ranks[rows], minlength=len(mine))[good]
        m, n = mine[good], column.sizes[good].astype(np.float64)
        off = float(((sums - m * (n + 1) / 2) / (n + 1)).sum())
        spread = float((m * (n - m) / 12 * (n + 1 - column.ties[good] / (n * (n - 1))) / (n + 1) ** 2).sum())
        weight = float((m * (n - m) / (n + 1)).sum())
        known = int(m.sum())
        p = least = 1.0
        if spread > 1e-12 and known:
            p = 2 * float(ndtr(-abs(off) / math.sqrt(spread)))
            least = 2 * float(ndtr(-weight / 2 / math.sqrt(spread)))
            if known <= _FEW:
                p = min(p, 2 * _sum_of_uniforms(known / 2 - abs(off), known))
                least = min(least, 2 * _sum_of_uniforms(known / 2 - weight / 2, known))
        found[:, number] = (2 * off / weight if weight else 0.0), min(1.0, p), known, least
    nothing = np.full(len(columns), np.nan)
    return Compared(found[0], found[1], found[2].astype(np.int64), found[3], nothing, nothing)


def compare_counts(
    carriers: NDArray[np.int64], sizes: NDArray[np.int64], mine: NDArray[np.int64], counts: NDArray[np.int64]
) -> Compared:
    """How many of some samples carry each mark, against the rest of their classes.

    carriers: (classes, marks) samples with the mark. sizes: (classes,) samples. mine: (classes,) how many of them are meant; counts:
    (classes, marks) how many of those carry it. p is exact: of the sum of as many hypergeometric counts as there are classes (the
    conditional test of Mantel and Haenszel; of one class Fisher's). Of very many samples it is the tail of the binomial distribution
    of the same mean, which is never smaller (Hoeffding 1956).
    """
    from scipy.special import gammaln, ndtr

    good = (mine > 0) & (sizes > mine)
    k, n, m, x = carriers[good], sizes[good][:, None], mine[good][:, None], counts[good]
    total = int(m.sum())
    inside = x.sum(axis=0) / max(1, total)
    rest = ((k - x) / np.maximum(n - m, 1) * m).sum(axis=0) / max(1, total)
    mean = (m * k / np.maximum(n, 1)).sum(axis=0)
    drawn = m * (n - m) / np.maximum(n - 1, 1)
    spread = (drawn * (k / np.maximum(n, 1)) * (1 - k / np.maximum(n, 1))).sum(axis=0)
    off = np.abs(x.sum(axis=0) - mean)
    p = np.minimum(1.0, 2 * ndtr(-np.maximum(off - 0.5, 0) / np.sqrt(np.maximum(spread, 1e-12))))
    p[spread <= 1e-12] = 1.0

    def chance(at: NDArray[Any]) -> NDArray[np.float64]:
        ways = _choose(k, at, gammaln) + _choose(n - k, m - at, gammaln) - _choose(n, m, gammaln)
        found: NDArray[np.float64] = np.exp(ways.sum(axis=0))
        return found

    least = np.minimum(1.0, 2 * np.minimum(chance(np.minimum(m, k)), chance(np.maximum(0, m + k - n))))
    least[spread <= 1e-12] = 1.0
    for mark in np.flatnonzero(p < _SCREEN).tolist():
        some = k[:, mark] > 0
        p[mark] = _tail(k[some, mark], n[some, 0], m[some, 0], int(x[:, mark].sum()), total, gammaln)
    known = np.full(len(p), total)
    return Compared(inside - rest, p, known, least, inside, rest)


def shift(
    column: Ranked, classes: NDArray[np.int64], part: NDArray[np.int64]
) -> tuple[float, float, float, float, float]:
    """The median of the samples `part`, that of the rest of their classes, and by how much the former is above the latter, with both ends
    at 95 %. Of several classes each sample is compared with the median of its own (difference of medians: Bonett and Price 2002)."""
    values, inside = column.values, np.zeros(len(classes), bool)
    inside[part] = True
    known = ~np.isnan(values)
    above, medians, variance, total = [], [], 0.0, 0
    for code in np.unique(classes[part]).tolist():
        mine = known & (classes == code)
        one, other = values[mine & inside], values[mine & ~inside]
        if len(one) and len(other):
            middle = float(np.median(other))
            with np.errstate(invalid="ignore"):
                above.append(one - middle)
            medians.append(np.full(len(one), middle))
            variance += (len(one) * _error_of_median(other)) ** 2
            total += len(one)
    if not above:
        return (math.nan,) * 5
    joined, rest = np.concatenate(above), float(np.median(np.concatenate(medians)))
    by = float(np.median(joined))
    half = 1.96 * math.sqrt(_error_of_median(joined) ** 2 + variance / total**2)
    compared = part[np.isin(classes[part], np.unique(classes[known & ~inside]))]
    return float(np.nanmedian(values[compared])), rest, by, by - half, by + half


def difference(hits: int, count: int, rest: float, others: int) -> tuple[float, float]:
    """Both ends at 95 % of the difference of two shares: hits of count, and `rest` of so many others (Newcombe 1998, his method 10)."""
    low, high = wilson([hits, rest * others], [count, others])
    share = hits / max(1, count)
    down = math.hypot(share - low[0], high[1] - rest)
    up = math.hypot(high[0] - share, rest - low[1])
    return max(-1.0, share - rest - down), min(1.0, share - rest + up)


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) p corrected for as many looks as there are (Holm 1979): that any at all of those below 0.05 is there by chance has a chance
    of 5 %, whichever are picked and however they depend on one another."""
    order = np.argsort(p, kind="stable")
    worst = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)) if len(p) else p
    found = np.empty(len(p))
    found[order] = np.minimum(worst, 1.0)
    return found


def _choose(n: NDArray[Any], k: NDArray[Any], gammaln: Any) -> NDArray[np.float64]:
    ways: NDArray[np.float64] = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return ways


def _sum_of_uniforms(x: float, count: int) -> float:
    """The chance that so many uniform numbers, 0 to 1, sum to at most x, which is below their middle (Irwin 1927, Hall 1927)."""
    terms = [(-1) ** k * math.comb(count, k) * (x - k) ** count for k in range(math.floor(max(x, 0.0)) + 1)]
    return min(1.0, max(0.0, math.fsum(terms) / math.factorial(count))) if x > 0 else 0.0


def _tail(
    k: NDArray[np.int64], n: NDArray[np.int64], m: NDArray[np.int64], hits: int, total: int, gammaln: Any
) -> float:
    """The two-sided chance of so many hits: twice the smaller tail."""
    low, high = np.maximum(0, m + k - n), np.minimum(m, k)
    if int((high - low).sum()) > _LONGEST:
        from scipy.special import bdtr, bdtrc

        share = float((m * k / n).sum()) / total
        upper = float(bdtrc(hits - 1, total, share)) if hits else 1.0
        return min(1.0, 2 * min(upper, float(bdtr(hits, total, share))))
    spread = np.ones(1)
    for one, of, drawn, first, last in zip(k, n, m, low, high, strict=True):
        at = np.arange(first, last + 1)
        ways = _choose(one, at, gammaln) + _choose(of - one, drawn - at, gammaln) - _choose(of, drawn, gammaln)
        spread = np.convolve(spread, np.exp(ways))
    place = hits - int(low.sum())
    return min(1.0, 2 * min(float(spread[place:].sum()), float(spread[: place + 1].sum())))


def _error_of_median(values: NDArray[np.float64]) -> float:
    """The standard error of a median, from two order statistics (Price and Bonett 2001); infinite of fewer than 3 values."""
    from scipy.special import bdtr

    count = len(values)
    if count < 3:
        return math.inf
    place = max(1, round((count + 1) / 2 - math.sqrt(count)))
    ends = np.partition(values, [place - 1, count - place])
    z = NormalDist().inv_cdf(1 - float(bdtr(place - 1, count, 0.5)))
    width = float(ends[count - place] - ends[place - 1])
    return width / (2 * z) if math.isfinite(width) else math.inf
