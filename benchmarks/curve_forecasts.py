"""Learning curves: how often the interval of a forecast covers what happened.

Of each set a half is drawn, twenty times. From the half alone, curves are fitted: over all, and of ten classes drawn anew each time (all, where there are
fewer), which learn from one another; `alone` is the same without that. Then samples of the other half come, as many as make it a quarter larger, and all of
it (twice as large): over all, or of that class alone. What happened is measured on the samples of the half, each held out, before and after; over all, also
the accuracy of the whole, on all its samples. The intervals say 90 %; the target is 80 %. The method was chosen on CIFAR-10N and sentiment with the whole
half added; the other sets confirm. Of the spoken digits the speakers are left out. Columns: forecasts, covered, mean width and mean gain forecast and
happened in points, and in how many a gain was told from nothing, and of these how many went the wrong way. `needed` is the mean width that intervals would
have if every forecast were the mean gain of its class over the twenty draws: what one training gains moves that far from the next, and no honest interval is
much narrower.
Arguments: sets to run (all), number of draws (20). Takes about a quarter of an hour of one core. Set OPENBLAS_NUM_THREADS=1 where others work beside it.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from label_sets import DATA, labelled
from numpy.typing import NDArray

from trainset.learn.curve import Between, curve
from trainset.learn.pooled import pooled
from trainset.learn.retrained import Head, all_thinned, directions, one_thinned, parts
from trainset.learn.view import Rooted, View, Whole

DRAWS = 20
CLASSES = 10
GROWN = {"1/4": 0.25, "all": 1.0}
SETS = {
    "cifar aggregate": "chosen on", "cifar worst": "chosen on", "sentiment single rater": "chosen on", "roman given": "confirms",
    "fsdd flipped": "confirms", "banking given": "confirms",
}  # fmt: skip


@dataclass
class Tally:
    """Forecasts and what happened."""

    said: list[Between] = field(default_factory=list)
    happened: list[float] = field(default_factory=list)
    of: list[int] = field(default_factory=list)

    def add(self, said: Between, happened: float, of: int = 0) -> None:
        """One more. of: the class."""
        self.said.append(said)
        self.happened.append(happened)
        self.of.append(of)

    @property
    def needed(self) -> float:
        """The width that the spread of what happened needs, about the mean of each class."""
        happened, place = np.array(self.happened), np.unique(self.of, return_inverse=True)[1]
        many = np.bincount(place)
        mean = np.bincount(place, happened) / many
        free = len(happened) - np.count_nonzero(many)
        return 2 * 1.645 * float(np.sqrt(np.square(happened - mean[place]).sum() / free)) if free else 0.0

    @property
    def covered(self) -> float:
        """The share whose interval holds what happened."""
        inside = [one.low <= each <= one.high for one, each in zip(self.said, self.happened, strict=True)]
        return float(np.mean(inside))

    def row(self) -> str:
        """For the table."""
        width = 100 * np.mean([one.high - one.low for one in self.said])
        mean = 100 * np.mean([one.value for one in self.said])
        told = [(one, each) for one, each in zip(self.said, self.happened, strict=True) if one.low > 0]
        back = sum(each < 0 for _, each in told)
        return (
            f"{len(self.said):4}  {self.covered:7.0%}  {width:5.1f}  {100 * self.needed:6.1f}  {mean:8.2f}  {100 * np.mean(self.happened):8.2f}  "
            f"{len(told):4} told, {back} wrong way"
        )


def of(name: str) -> tuple[NDArray[np.float32], NDArray[np.int64], int, NDArray[np.int64] | None]:
    """Embeddings, codes, number of classes and groups of a set."""
    known = labelled(name.split()[0])
    view: View = Rooted(Whole(known.x)) if name.startswith("cifar") else Whole(known.x)
    groups = None
    if name.startswith("fsdd"):
        with (DATA / "audio_fsdd" / "manifest.csv").open(encoding="utf-8", newline="") as file:
            people = [row["speaker"] for row in csv.DictReader(file) if row["split"] != "test"]
        groups = np.unique(people, return_inverse=True)[1].astype(np.int64)
    return directions(view), known.labels[name.split(maxsplit=1)[1]], len(known.classes), groups


def one_draw(
    x: NDArray[np.float32], codes: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None, seed: int,
    tallies: dict[str, Tally],
) -> None:  # fmt: skip
    """Forecasts from a half, and what happened."""
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(codes))
    half = np.zeros(len(codes), np.bool_)
    half[order[: len(codes) // 2]] = True
    mine = codes[half]
    own = groups[half] if groups is not None else None
    before = Head(x[half], mine, classes, own)
    later = Head(x, codes, classes, groups, among=half)
    drawn = parts(mine, draws=before.draws, seed=seed)
    whole = curve(all_thinned(before, drawn), np.ones(len(mine)), own, seed=seed)
    for title, share in GROWN.items():
        more = order[len(mine) : len(mine) + round(share * len(mine))]
        keep = half.copy()
        keep[more] = True
        right, _ = later.trained(keep)
        tallies[f"over all, {title}"].add(whole.gain(len(more)), right[half].mean() - before.right.mean())
        if share == 1:
            tallies["accuracy of the whole"].add(whole.then(len(more)), right.mean())
    some = draw.permutation(np.flatnonzero(before.counts >= 20))[:CLASSES].tolist()
    alone = [curve(one_thinned(before, drawn, code), mine == code, own, seed=seed) for code in some]
    together = pooled(alone, [(np.sum(~before.right[mine == code]) + 0.5) / (before.counts[code] + 1) for code in some])
    for code, single, known in zip(some, alone, together, strict=True):
        of_class = mine == code
        new = order[len(mine) :][codes[order[len(mine) :]] == code]
        for title, share in GROWN.items():
            more = new[: min(round(share * before.counts[code]), len(new))]
            keep = half.copy()
            keep[more] = True
            right, _ = later.trained(keep, code=code, penalty=before.penalty)
            happened = right[half][of_class].mean() - before.right[of_class].mean()
            tallies[f"one class, {title}"].add(known.gain(len(more)), happened, code)
            tallies[f"  alone, {title}"].add(single.gain(len(more)), happened, code)


def main() -> None:
    """Prints a row for each set and kind of forecast."""
    asked = [name for name in SETS if name.split()[0] in sys.argv] or [*SETS]
    draws = next((int(word) for word in sys.argv[1:] if word.isdecimal()), DRAWS)
    print(f"{'set':24}{'':12}{'forecast':24}   n  covered  width  needed  forecast  happened")
    every: dict[tuple[str, str], list[Tally]] = defaultdict(list)
    for name in asked:
        x, codes, classes, groups = of(name)
        tallies: dict[str, Tally] = defaultdict(Tally)
        for seed in range(draws):
            one_draw(x, codes, classes, groups, seed, tallies)
        for kind, tally in tallies.items():
            print(f"{name:24}{SETS[name]:12}{kind:24}{tally.row()}", flush=True)
            every[SETS[name], kind].append(tally)
    missed = False
    for (role, kind), some in sorted(every.items()):
        whole = Tally()
        for number, one in enumerate(some):
            for said, happened, code in zip(one.said, one.happened, one.of, strict=True):
                whole.add(said, happened, 1000 * number + code)
        missed |= whole.covered < 0.8
        print(f"{'all':24}{role:12}{kind:24}{whole.row()}{'  missed' if whole.covered < 0.8 else ''}")
    sys.exit(missed)


if __name__ == "__main__":
    main()
