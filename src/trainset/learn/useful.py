"""The order of looking that is to raise a recipe's accuracy most, chosen by rehearsing the review on what the labels may truly be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.label_quality import label_quality
from trainset.learn.orders import first, margin, ranks

TRUSTS = (0.0, 1 / 2, 2 / 3, 1.0)
"""The blends that are rehearsed, from smallest margins first (0) to likeliest errors first (1)."""
WORLDS = 6
"""Rehearsals of each blend. On CIFAR-10N the blends differ by 0.2 to 2 points of accuracy, the mean of six rehearsals by about 0.1."""
_SPREAD = 5.0
"""Samples that are added to each class's labels, spread over all classes: no confusion is impossible for not having been seen."""


@dataclass(frozen=True)
class Useful:
    """values: (n,) the highest first, above 0 to 1; 0 for what may not be chosen. trust: the blend that was chosen, of `TRUSTS`. expected:
    of each blend, the accuracy it is expected to gain, 0.01 = one point; to be kept beside what reviewing then gains."""

    values: NDArray[np.float64]
    trust: float
    expected: dict[float, float]


def most_useful(
    probability: NDArray[Any],
    codes: NDArray[np.int64],
    held_out: Callable[[NDArray[np.int64]], NDArray[Any]],
    *,
    count: int,
    reviewed: NDArray[np.bool_] | None = None,
    among: NDArray[np.bool_] | None = None,
    worlds: int = WORLDS,
    seed: int = 0,
) -> Useful:
    """Chooses the blend that gains most accuracy when reviewing `count` samples is rehearsed with the recipe itself.

    probability: (n, classes) calibrated, held out. codes: (n,) labels as they are now, -1 for none. held_out: trains the recipe's head on
    such codes, and gives (n, classes) scores of each sample by a head that did not see its label. reviewed: (n,) whose labels are
    known to be right; they are not chosen again. among: (n,) which may be chosen at all.

    For each world the labels are drawn anew from what is believed of them; the first `count` of a blend are corrected to them, the head
    is trained again, and the gain is the change of the mean belief in what it predicts. No test set is seen, and a prediction does
    not know the sample's own draw, so that the belief is the expected accuracy without the chance of that draw. It is expected error
    reduction (Roy and McCallum 2001), of whole orders instead of single samples. Raises `BadValue` when there is nothing to review.
    """
    done = np.zeros(len(codes), np.bool_) if reviewed is None else reviewed
    open_ = ~done if among is None else ~done & among
    if count < 1 or worlds < 1 or not open_.any():
        raise BadValue(
            "there is nothing to review", expected="a sample that was not reviewed, and a count of 1 or more"
        )
    belief = believed(probability, codes, done)
    values = {trust: blend(belief, probability, codes, trust) for trust in TRUSTS}
    chosen = {trust: first(each, count, open_) for trust, each in values.items()}
    rows, steps, draw = np.arange(len(codes)), belief.cumsum(axis=1), np.random.default_rng(seed)
    before = float(belief[rows, held_out(codes).argmax(axis=1)].mean())
    expected = dict.fromkeys(TRUSTS, 0.0)
    for _ in range(worlds):
        world = np.minimum((steps < draw.random((len(codes), 1))).sum(axis=1), belief.shape[1] - 1)
        for trust, some in chosen.items():
            corrected = codes.copy()
            corrected[some] = world[some]
            after = float(belief[rows, held_out(corrected).argmax(axis=1)].mean())
            expected[trust] += (after - before) / worlds
    best = max(TRUSTS, key=lambda trust: expected[trust])
    return Useful(np.where(open_, ranks(values[best]), 0), best, expected)


def blend(
    belief: NDArray[np.float64], probability: NDArray[Any], codes: NDArray[np.int64], trust: float
) -> NDArray[np.float64]:
    """(n,) 0 to 1: the chance that the label is wrong, to the power of `trust`, times the margin to that of 1 - `trust`. A wrong label
    harms most where the head is undecided: there others' predictions turn with it."""
    given = belief[np.arange(len(codes)), np.maximum(codes, 0)]
    wrong = 1 - np.where(codes >= 0, given, belief.max(axis=1))
    blended: NDArray[np.float64] = np.maximum(wrong, 0) ** trust * margin(probability) ** (1 - trust)
    return blended


def believed(
    probability: NDArray[Any], codes: NDArray[np.int64], reviewed: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """(n, classes) what each sample's class may be, knowing its label too: p(class) times how often that class is so labelled, by
    `label_quality`'s pairs (Bayes' rule for a noise that depends on the class: Natarajan et al. 2013). Reviewed labels are certain."""
    values = np.asarray(probability, np.float64)
    classes, labelled = values.shape[1], codes >= 0
    joint = label_quality(probability, codes).pairs  # labels on rows, classes on columns
    right = np.bincount(codes[labelled], minlength=classes) - joint.sum(axis=1)
    joint = joint + np.diag(np.maximum(right, 0)) + _SPREAD / classes
    belief = values * np.where(labelled[:, None], (joint / joint.sum(axis=0))[codes], 1)
    belief /= belief.sum(axis=1, keepdims=True)
    if reviewed is not None:
        belief[reviewed & labelled] = np.eye(classes)[codes[reviewed & labelled]]
    return belief
