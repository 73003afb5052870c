"""Sub-clusters: of pairs of classes merged into one the share that is proposed for splitting (target: 80 % of those that a linear head tells apart
at 95 %), and of clean classes (target: 10 % at most).

The rule was chosen with CIFAR-10 (true labels), the spoken digits, Banking77, 30 intents of CLINC150 and the flowers in view; the lines `confirmed`
chose nothing, and decision 0019 says which of them had been seen before. Of intents 60 pairs are drawn. `fifth`: of those pairs of which the
second is thinned to a quarter of the first.
`speed`: processor time of 50,000 x 1,280.
"""

from __future__ import annotations

import csv
import itertools
import sys
import time

import numpy as np
from label_sets import DATA, labelled
from numpy.typing import NDArray

from trainset.learn.around import around
from trainset.learn.subclusters import MOST, Cut, cut, proposed, usual
from trainset.learn.view import Whole

PAIRS = 60


def cuts(x: NDArray[np.float32], y: NDArray[np.int64], people: NDArray[np.int64] | None) -> dict[int, Cut]:
    """Every class cut in two."""
    seen = around(Whole(x), y, people)
    return {one: cut(seen.take(np.flatnonzero(y == one)[:MOST])) for one in np.unique(y).tolist()}


def measured(title: str, x: NDArray[np.float32], y: NDArray[np.int64], people: NDArray[np.int64] | None = None) -> None:
    """Each class by itself, and merged with each other one."""
    from sklearn.linear_model import RidgeClassifier
    from sklearn.model_selection import cross_val_score

    started = time.process_time()
    own = cuts(x, y, people)
    level = usual([*own.values()])
    clean = [name for name, one in own.items() if proposed(one, level)]
    pairs = [*itertools.combinations(own, 2)]
    if len(pairs) > PAIRS:
        pairs = [pairs[n] for n in np.random.default_rng(2).permutation(len(pairs))[:PAIRS]]
    draw = np.random.default_rng(3)
    told, found, fifth = 0, 0, 0
    for one, other in pairs:
        both = np.isin(y, [one, other])
        # a ridge head on all values, five folds
        if cross_val_score(RidgeClassifier(1.0), x[both], y[both], cv=5).mean() < 0.95:
            continue
        told += 1
        first, second = np.flatnonzero(y == one), np.flatnonzero(y == other)
        some = draw.permutation(second)[: max(1, len(first) // 4)]
        for rows, part in ((second, False), (some, True)):
            merged = np.where(y == other, -1, y)
            merged[rows] = one
            keep = merged >= 0
            seen = around(Whole(x[keep]), merged[keep], None if people is None else people[keep])
            # of the other classes no sample has moved, so only their contributors' usual has, a little
            now = own | {one: cut(seen.take(np.flatnonzero(merged[keep] == one)[:MOST]))}
            del now[other]
            hit = proposed(now[one], usual([*now.values()]))
            found, fifth = found + (hit and not part), fifth + (hit and part)
    print(
        f"| {title} | {len(clean)} of {len(own)} | {found} of {told} ({found / max(1, told):.0%}) of {len(pairs)} pairs | {fifth} of {told} | "
        f"{level:.2f} | {time.process_time() - started:.0f} |",
        flush=True,
    )


def intents(name: str, which: slice) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Some intents of a set, by a fixed shuffle."""
    data = labelled(name)
    y = data.labels["given"]
    some = np.random.default_rng(0).permutation(len(data.classes))[which]
    keep = np.isin(y, some)
    return data.x[keep], y[keep]


def digits(speakers: bool) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64] | None]:
    """The spoken digits, with or without who spoke."""
    found = labelled("fsdd")
    with (DATA / "audio_fsdd/manifest.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["split"] != "test"]
    people = np.unique([row["speaker"] for row in rows], return_inverse=True)[1].astype(np.int64)
    assert found.truth is not None
    return found.x, found.truth, people if speakers else None


def speed() -> None:
    """Noise between real classes: 50,000 of 1,280 values, in 10 and in 150 classes."""
    draw = np.random.default_rng(0)
    for classes in (10, 150):
        y = np.arange(50_000) % classes
        x = (draw.normal(size=(classes, 1280)) * 0.3)[y].astype(np.float32) + draw.normal(size=(50_000, 1280)).astype(
            np.float32
        )
        started = time.process_time()
        cuts(x, y, None)
        print(f"50,000 x 1,280 in {classes} classes: {time.process_time() - started:.0f} s of processor time")


def main() -> None:
    """One line a set; `chosen`, `confirmed` or `speed` for a part of them."""
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what in ("", "chosen", "confirmed"):
        print(
            f"| set | clean classes proposed | merged and proposed, of those told apart | a fifth merged | usual | seconds |\n|{'---|' * 6}"
        )
    if what in ("", "chosen"):
        flowers = labelled("flowers")
        measured("chosen: flowers", flowers.x, flowers.labels["given"])
        measured("chosen: spoken digits", *digits(speakers=True))
        measured("chosen: spoken digits, speakers unknown", *digits(speakers=False))
        measured("chosen: Banking77", *intents("banking", slice(30, 60)))
        measured("chosen: CLINC150", *intents("clinc", slice(30, 60)))
        measured("chosen: Banking77", *intents("banking", slice(30)))
        measured("chosen: Banking77", *intents("banking", slice(60, 77)))
        cifar = labelled("cifar")
        assert cifar.truth is not None
        measured("chosen: CIFAR-10", cifar.x, cifar.truth)
        measured("chosen: CIFAR-10, test split", cifar.test_x, cifar.test_y)
    if what in ("", "confirmed"):
        measured("confirmed: CLINC150", *intents("clinc", slice(0, 30)))
        measured("confirmed: CLINC150", *intents("clinc", slice(60, 90)))
        measured("confirmed: CLINC150", *intents("clinc", slice(90, 120)))
        measured("confirmed: CLINC150", *intents("clinc", slice(120, 150)))
        roman = labelled("roman")
        right = ~roman.wrong["given"]
        measured("confirmed: Roman numerals without errors", roman.x[right], roman.labels["given"][right])
        from sklearn.datasets import load_digits

        pixels, drawn = load_digits(return_X_y=True)
        measured("confirmed: drawn digits, 64 pixels", pixels.astype(np.float32), drawn.astype(np.int64))
    if what in ("", "speed"):
        speed()


if __name__ == "__main__":
    main()
