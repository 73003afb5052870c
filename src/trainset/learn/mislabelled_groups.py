"""Whole contributors or batches whose labels of a class are wrong together: one mistake, made many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHARE, _MOST = 0.2, 0.5
"""Least share of a group's labels of a class that is worth calling one mistake: who calls every 2 a 0 may well know his zeros. Below the
second share it is one only if the group has fewer samples of that other class than contradicted ones, as who calls every 2 a 0 has no 2. Of
the spoken digits, which are labelled rightly, a speaker's 6 is taken for an 8 in 22 of 50, but he has 50 of 8: a voice that the model has
not met may be misunderstood as often as that."""


@dataclass(frozen=True)
class Mislabelled:
    """group: its number. given, suggested: classes. samples: of the group with that label; wrong: those of them that another class is
    likelier for, most often `suggested`. usual: the share elsewhere. chance: of so many if they were like elsewhere, corrected for how
    many groups and classes were looked at (Benjamini and Hochberg 1995), 0 = surely no accident."""

    group: int
    given: int
    suggested: int
    samples: int
    wrong: int
    usual: float
    chance: float


def mislabelled_groups(
    probability: NDArray[Any],
    codes: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    most: float = 0.01,
    least: int = 3,
) -> list[Mislabelled]:
    """The groups many of whose labels of a class are contradicted, mostly in the same way: the least accidental first.

    probability: (n, classes) held out by these very groups, else a mistake repeated within a group teaches the model that it is right.
    codes: (n,) -1 for none. groups: (n,) contributor or batch, -1 for none. most: largest chance. least: samples of a group and class
    that are worth a test. Each count is tested against the share among the same class's other groups (binomial, one-sided).
    """
    rows = np.flatnonzero((codes >= 0) & (groups >= 0))
    predicted = np.asarray(probability)[rows].argmax(axis=1)
    own, of = codes[rows], groups[rows]
    wrong = predicted != own
    cells, cell = np.unique(np.stack([of, own], axis=1), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    samples, bad = np.bincount(cell), np.bincount(cell, wrong).astype(np.int64)
    classes = probability.shape[1]
    all_samples, all_bad = np.bincount(own, minlength=classes), np.bincount(own, wrong, minlength=classes)
    others = all_samples[cells[:, 1]] - samples if len(cells) else samples
    usual = (all_bad[cells[:, 1]] - bad + 0.5) / (
        others + 1
    )  # half a mistake more: no others must not mean surely none
    tested = np.flatnonzero((samples >= least) & (others >= least))
    if not len(tested):
        return []
    from scipy.stats import binom, false_discovery_control  # late: it takes longer to load than most commands to run

    chance = false_discovery_control(binom.sf(bad[tested] - 1, samples[tested], usual[tested]))
    found = []
    for number, odds in zip(tested.tolist(), chance.tolist(), strict=True):
        if odds > most or bad[number] < _SHARE * samples[number]:
            continue
        said = np.bincount(predicted[(cell == number) & wrong], minlength=classes)
        if said.max() <= bad[number] / 2:
            continue  # contradicted every which way: hard samples, or far from the rest, rather than one mistake
        named = np.count_nonzero((own == said.argmax()) & (of == cells[number, 0]))
        if bad[number] < _MOST * samples[number] and named >= said.max():
            continue  # the group has that other class too, and a name for it
        found.append(
            Mislabelled(
                int(cells[number, 0]), int(cells[number, 1]), int(said.argmax()), int(samples[number]), int(bad[number]),
                float(usual[number]), odds,
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: each.chance)
