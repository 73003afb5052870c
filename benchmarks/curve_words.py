"""Grouped classes: what one more label beneath `other` is worth against as many more samples of the labels that are there, and whether it comes true.

Of a set some classes stay, and `other` is made of many: intents of CLINC150 and Banking77, words of the spoken digits. Of those some are present, with half
of their samples. Twenty times drawn anew, their recall is forecast as `trainset curve` does it, on labels that the head never heard: with more labels, and
with as many more samples of the present ones. Then these are really added. Columns: mean forecast and mean of what happened, in points, with its standard
error over draws; the share of intervals of 90 % that hold it (target 80 %); and the share of draws in which the better of both was the one that was
forecast.
Arguments: sets to run, number of draws. Takes some minutes of one core.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from label_sets import labelled
from numpy.typing import NDArray

from trainset.learn.curve import Between, curve
from trainset.learn.retrained import Head, directions, one_thinned, parts
from trainset.learn.view import Whole

DRAWS = 20


@dataclass(frozen=True)
class Plan:
    """named: classes that stay as they are; present: labels beneath `other`; more: how many come."""

    named: int
    present: int
    more: tuple[int, ...]


SETS = {
    "clinc": Plan(8, 24, (1, 6, 24)),
    "banking": Plan(8, 24, (1, 6, 24)),
    "fsdd": Plan(2, 6, (1, 2)),
}


@dataclass
class Row:
    """Forecasts of one kind and what happened."""

    said: list[Between] = field(default_factory=list)
    happened: list[float] = field(default_factory=list)

    def text(self) -> str:
        """For the table."""
        said, happened = np.array([one.value for one in self.said]), np.array(self.happened)
        inside = np.mean([one.low <= each <= one.high for one, each in zip(self.said, happened, strict=True)])
        wide = np.mean([one.high - one.low for one in self.said])
        error = happened.std(ddof=1) / np.sqrt(len(happened))
        return f"{100 * said.mean():+6.2f} {100 * happened.mean():+7.2f} +-{100 * error:4.2f}  {inside:4.0%} {100 * wide:6.1f}"


def one_draw(
    x: NDArray[np.float32], labels: NDArray[np.int64], plan: Plan, seed: int, rows: dict[tuple[int, str], Row]
) -> None:
    """Forecasts from the labels that are present, and what happened."""
    draw = np.random.default_rng(seed)
    names = draw.permutation(int(labels.max()) + 1)
    named, beneath = names[: plan.named], names[plan.named :]
    present, new = beneath[: plan.present], beneath[plan.present :]
    other = plan.named
    codes = np.full(len(labels), other)
    for code, name in enumerate(named):
        codes[labels == name] = code
    early = np.zeros(len(labels), np.bool_)  # half of the samples of each label
    for name in names:
        mine = np.flatnonzero(labels == name)
        early[draw.permutation(mine)[: len(mine) // 2]] = True
    groups = np.where(codes == other, len(labels) + labels, np.arange(len(labels)))
    here = early & (np.isin(labels, present) | (codes != other))
    own = (codes[here] == other).astype(np.float64)
    before = Head(x[here], codes[here], other + 1, groups[here])
    later = Head(x, codes, other + 1, groups, among=here)
    scored = here & (codes == other)
    was = later.trained(here, code=other, penalty=before.penalty)[0][scored].mean()
    each = int(own.sum()) // plan.present
    beneath_mine = np.unique(labels[here & (codes == other)], return_inverse=True)[1]
    units = np.zeros(int(here.sum()), np.int64)
    units[own > 0] = beneath_mine
    inner = np.where(own > 0, other, -1)
    found = {}
    for kind, of, total in (("labels", units, plan.present), ("samples", None, int(own.sum()))):
        order = parts(inner, of, draws=before.draws, seed=seed)
        found[kind] = curve(one_thinned(before, order, other, total=total), own, groups[here], seed=seed)
    for more in (each for each in plan.more if each <= len(new)):
        came = {
            "labels": early & np.isin(labels, new[:more]),
            "samples": _some(~early & np.isin(labels, present), more * each, draw),
        }
        for kind, which in came.items():
            right = later.trained(here | which, code=other, penalty=before.penalty)[0]
            row = rows[more, kind]
            row.said.append(found[kind].gain(more if kind == "labels" else int(which.sum())))
            row.happened.append(float(right[scored].mean() - was))


def _some(which: NDArray[np.bool_], count: int, draw: np.random.Generator) -> NDArray[np.bool_]:
    chosen = np.zeros(len(which), np.bool_)
    chosen[draw.permutation(np.flatnonzero(which))[:count]] = True
    return chosen


def main() -> None:
    """Prints a row for each set, number and kind."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    draws = numbers[0] if numbers else DRAWS
    print(f"{'set':10}{'more':>5}  {'of':9}forecast  happened      covered  width")
    for name in [name for name in SETS if name in sys.argv] or SETS:
        known = labelled(name)
        label = known.truth if known.truth is not None else known.labels["given"]
        x = directions(Whole(known.x))
        rows: dict[tuple[int, str], Row] = defaultdict(Row)
        for seed in range(draws):
            one_draw(x, label, SETS[name], seed, rows)
        for more in sorted({more for more, _ in rows}):
            labels, samples = rows[more, "labels"], rows[more, "samples"]
            for kind, row in (("labels", labels), ("samples", samples)):
                print(f"{name:10}{more:5}  {kind:9}{row.text()}", flush=True)
            apart = [
                (one.value - two.value, first - second)
                for one, two, first, second in zip(labels.said, samples.said, labels.happened, samples.happened, strict=True)
            ]  # fmt: skip
            agree = np.mean([said * happened > 0 for said, happened in apart if happened])
            mean = np.mean(apart, axis=0) * 100
            print(
                f"{'':17}labels beat samples by {mean[0]:+.2f} forecast, {mean[1]:+.2f} happened; in {agree:.0%} of draws as forecast"
            )


if __name__ == "__main__":
    main()
