"""Two ways to predict the same test samples compared: by how much one is better, and how far chance could have made that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue

_NAN = float("nan")
Again = tuple[NDArray[Any], NDArray[Any]]
"""Predictions before and after of models trained again: (draws, n) each, draw by draw on the same draw of training samples."""


@dataclass(frozen=True)
class Change:
    """By how much a mean over test samples differs, after minus before, with its ends at `level`.

    of_test: standard error that comes from the test samples being these; of_training: from the training samples (and seeds) being these, 0
    when nothing was trained again. Both are in the unit of `value`. NaN without samples.
    """

    value: float
    low: float
    high: float
    level: float
    of_test: float
    of_training: float

    @property
    def verdict(self) -> str:
        """`better` or `worse` when the interval leaves no doubt at its level; else `open`, which is not the same as equal."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "open"


@dataclass(frozen=True)
class ClassChanges:
    """Of each class: samples, recall before and after (0..1, NaN without samples), and the change of recall with its ends. All intervals hold
    together at 95 % (Bonferroni over the classes with samples), so each may be looked at though there are many. Arrays are (classes,)."""

    samples: NDArray[np.int64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which changed beyond chance."""
        return (self.low > 0) | (self.high < 0)


@dataclass(frozen=True)
class Comparison:
    """Two sets of predictions compared. accuracy, macro_recall: changes of shares, higher is better. saved: harm that is saved for 1,000
    samples, higher is better; None without costs. lost, gained: rows that were right and are wrong, and the reverse, the steadiest first;
    steady: (n,) the share of trainings again in which the sample's change is the same, NaN without any. p: of McNemar's exact test, which
    knows of these two models and single samples alone. groups: how many were resampled whole; 0 when each sample was by itself."""

    samples: int
    groups: int
    before: float
    after: float
    accuracy: Change
    macro_recall: Change
    saved: Change | None
    classes: ClassChanges
    lost: NDArray[np.int64]
    gained: NDArray[np.int64]
    steady: NDArray[np.float64]
    p: float


def compare(
    codes: NDArray[np.int64], before: NDArray[np.int64], after: NDArray[np.int64], classes: int, *, again: Again | None = None,
    groups: NDArray[Any] | None = None, costs: NDArray[Any] | None = None, rows: NDArray[np.int64] | None = None, level: float = 0.95,
) -> Comparison:  # fmt: skip
    """Compares predictions of the same n test samples, by pairs. codes: labels 0 to classes - 1; before, after: (n,) predictions; another
    number than a class is a mistake.

    Without `again` the interval says what other test samples could have made of these two models. With it, what other training samples
    could have made of two versions trained by the same recipe: both are chance, and a version is better only beyond both. Each draw of
    training samples must be the same for both sides where they share samples. The variance of draws is split as in a two-way table of
    draws x samples (Roe and Metz 1997), so that what a draw does to single test samples is not counted twice; its degrees of freedom are
    Satterthwaite's. groups: (n,) contributors; test samples of one are resampled whole (the variance of sums over groups). The end of an
    interval holds for few samples, too: two samples are added of which one changed each way (Agresti and Min 2005).

    costs: (labels, classes) what a prediction costs for a label, `rows` (n,) the label of each, where that is not its class. Where a dear
    mistake is possible its cost widens the interval even if nobody has made it yet. Raises `BadValue`.
    """
    label, then, now = (np.asarray(each, np.int64) for each in (codes, before, after))
    if not label.shape == then.shape == now.shape or label.ndim != 1 or (label < 0).any() or (label >= classes).any():
        raise BadValue("predictions and labels do not fit", expected="as many of each, labels from 0 to classes - 1")
    drawn = None if again is None else _drawn(again, len(label))
    was, is_ = then == label, now == label
    right = is_.astype(np.float64) - was
    more = None if drawn is None else (drawn[1] == label).astype(np.float64) - (drawn[0] == label)
    numbers = None if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].reshape(-1)
    if numbers is not None and (not len(numbers) or numbers.max() in (0, len(numbers) - 1)):
        numbers = None
    one = np.zeros(len(label), np.int64)
    saved = None
    if costs is not None:
        saved = _saved(np.asarray(costs, np.float64), label if rows is None else rows, then, now, drawn, numbers, level)
    sign = np.sign(right)
    steady = np.full(len(label), np.nan) if more is None else (np.sign(more) == sign).mean(axis=0)
    return Comparison(
        len(label), 0 if numbers is None else int(numbers.max()) + 1, _share(was), _share(is_), change(right, more, one, numbers, level),
        change(right, more, label, numbers, level), saved, _classes(label, was, is_, right, more, numbers, classes),
        _first(np.flatnonzero(sign < 0), steady), _first(np.flatnonzero(sign > 0), steady), steady, mcnemar(int((sign < 0).sum()), int((sign > 0).sum())),
    )  # fmt: skip


def change(
    values: NDArray[np.float64], again: NDArray[np.float64] | None, strata: NDArray[np.int64], groups: NDArray[np.int64] | None,
    level: float = 0.95, largest: float = 1.0,
) -> Change:  # fmt: skip
    """The mean over strata of the mean of (n,) values, with its interval. again: (draws, n) the values of models trained again. strata: (n,)
    whole numbers: one for a plain mean, the class for a macro mean. groups: (n,) 0, 1, ... largest: what one more sample could be."""
    parts = _parts(values, again, strata, groups, largest)
    return parts.change(level) if parts else Change(_NAN, _NAN, _NAN, level, _NAN, _NAN)


@dataclass(frozen=True)
class _Parts:
    """What an interval is made of. size: samples that a plain mean would have. test, training: variances, of which training is what draws of
    training samples add; freedom, draws: degrees of freedom of the one, and of `raw`, what the draws themselves vary by."""

    value: float
    size: float
    largest: float
    test: float
    freedom: float
    training: float = 0.0
    raw: float = 0.0
    draws: int = 0

    def change(self, level: float, least: float = 0.0) -> Change:
        """The interval. least: variance that draws add at least."""
        training, shrunk = max(self.training, least), self.size / (self.size + 2)
        total, unsure = self.test + training, self.test**2 / self.freedom
        if training > 0 and self.draws:
            unsure += max(self.raw, training) ** 2 / self.draws
        wide = _quantile(level, total**2 / unsure if unsure > 0 else np.inf) * total**0.5
        low, high = (self.value + side * wide for side in (-1, 1))
        low, high = low * shrunk, high * shrunk
        return Change(
            self.value, max(low, -self.largest), min(high, self.largest), level, self.test**0.5, training**0.5
        )  # fmt: skip


def _parts(
    values: NDArray[np.float64],
    again: NDArray[np.float64] | None,
    strata: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    largest: float,
) -> _Parts | None:
    if not len(values):
        return None
    place = np.unique(strata, return_inverse=True)[1].reshape(-1)
    counts = np.bincount(place)
    weight = 1 / (len(counts) * counts[place])
    size = 1 / float(np.square(weight).sum())
    test, freedom = _spread(values[None], place, counts, weight, None), np.inf
    if groups is not None:
        whole = np.bincount(groups)
        many = int((whole > 0).sum())
        test = max(test, many / max(1, many - 1) * _spread(values[None], place, counts, weight, groups))
        freedom = max(1.0, len(values) ** 2 / float(np.square(whole, dtype=np.float64).sum()) - 1)
    test += (largest / size) ** 2
    found = _Parts(float(weight @ values), size, largest, test, freedom)
    if again is None or len(again) < 2:
        return found
    draws = len(again)
    raw = float(np.var(again @ weight, ddof=1))
    inside = _spread(again - again.mean(axis=0), place, counts, weight, groups) * draws / (draws - 1)
    return replace(found, training=max(0.0, raw - inside), raw=raw, draws=draws - 1)


def mcnemar(lost: int, gained: int) -> float:
    """The chance of so uneven numbers of samples lost and gained, or more uneven ones, were both alike (McNemar 1947, exact)."""
    if not lost + gained:
        return 1.0
    from scipy.stats import binom  # late: it takes longer to load than most commands to run

    return float(min(1.0, 2 * binom.cdf(min(lost, gained), lost + gained, 0.5)))


def _spread(
    values: NDArray[np.float64],
    place: NDArray[np.int64],
    counts: NDArray[np.int64],
    weight: NDArray[np.float64],
    groups: Any,
) -> float:
    """The variance of the weighted mean over samples that come singly, or in groups: mean over the rows of `values` (draws, n)."""
    total = 0.0
    for row in values:
        away = weight * (row - (np.bincount(place, row) / counts)[place])
        total += float(np.square(away if groups is None else np.bincount(groups, away)).sum())
    return total / len(values)


def _saved(
    costs: NDArray[np.float64], rows: NDArray[np.int64], then: NDArray[np.int64], now: NDArray[np.int64], drawn: Again | None,
    groups: NDArray[np.int64] | None, level: float,
) -> Change:  # fmt: skip
    if costs.ndim != 2 or not np.isfinite(costs).all() or (costs < 0).any():
        raise BadValue("costs do not fit", expected="(labels, classes) numbers of 0 or more", got=str(costs.shape))
    more = None if drawn is None else costs[rows, drawn[0]] - costs[rows, drawn[1]]
    largest = float(costs[np.unique(rows)].max(initial=0.0))
    found = change(costs[rows, then] - costs[rows, now], more, np.zeros_like(then), groups, level, largest)
    value, low, high = (1000 * each for each in (found.value, found.low, found.high))
    return Change(value, low, high, level, 1000 * found.of_test, 1000 * found.of_training)


def _classes(
    label: NDArray[np.int64], was: NDArray[np.bool_], is_: NDArray[np.bool_], right: NDArray[np.float64], more: NDArray[np.float64] | None,
    groups: NDArray[np.int64] | None, classes: int,
) -> ClassChanges:  # fmt: skip
    counts = np.bincount(label, minlength=classes)
    table = np.full((5, classes), np.nan)
    level = 1 - 0.05 / max(1, int((counts > 0).sum()))
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(counts)
    parts = dict[int, _Parts]()
    for code in np.flatnonzero(counts).tolist():
        own = order[ends[code] - counts[code] : ends[code]]
        mine = None if groups is None else np.unique(groups[own], return_inverse=True)[1].reshape(-1)
        if mine is not None and mine.max() == 0:
            mine = None
        found = _parts(right[own], None if more is None else more[:, own], np.zeros_like(own), mine, 1.0)
        table[:2, code] = was[own].mean(), is_[own].mean()
        if found:
            parts[code] = found
    # of few draws the variance of one class is little known, and too small a one would be looked at: what all classes say of it is the least
    usual = sum(one.training for one in parts.values()) / max(sum(one.test for one in parts.values()), 1e-30)
    for code, one in parts.items():
        said, own = one.change(level, usual * one.test), right[label == code]
        low, high = _exact(int((own < 0).sum()), int((own > 0).sum()), level)
        table[2:, code] = said.value, min(said.low, low / len(own)), max(said.high, high / len(own))
    return ClassChanges(counts, *table)


def _exact(lost: int, gained: int, level: float) -> tuple[float, float]:
    """Ends of gained - lost, when so many differ (Clopper and Pearson 1934): they leave out 0 where McNemar's exact test does. Far out, where
    intervals of many classes end, a normal curve is too bold for a class of few samples."""
    count = lost + gained
    if not count:
        return 0.0, 0.0
    from scipy.stats import beta  # late: see above

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, gained, lost + 1)) if gained else 0.0
    high = float(beta.ppf(1 - tail, gained + 1, lost)) if lost else 1.0
    return count * (2 * low - 1), count * (2 * high - 1)


def _drawn(again: Again, count: int) -> Again:
    first, second = (np.asarray(each, np.int64) for each in again)
    if first.shape != second.shape or first.ndim != 2 or first.shape[1] != count:
        raise BadValue(
            "predictions of models trained again do not fit", expected=f"(draws, {count}) twice", got=f"{first.shape} and {second.shape}"
        )  # fmt: skip
    return first, second


def _first(rows: NDArray[np.int64], steady: NDArray[np.float64]) -> NDArray[np.int64]:
    return rows[np.argsort(-np.nan_to_num(steady[rows]), kind="stable")]


def _quantile(level: float, freedom: float) -> float:
    from scipy.stats import norm, t  # late: see above

    tail = (1 + level) / 2
    return float(norm.ppf(tail) if not np.isfinite(freedom) else t.ppf(tail, max(1.0, freedom)))


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else float("nan")
