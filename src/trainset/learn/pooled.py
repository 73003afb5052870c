"""Curves of several classes made to learn from one another: what each says of its gain is drawn to what all say, as far as they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from trainset.learn.curve import Curve


def pooled(curves: Sequence[Curve], units: Sequence[float] | None = None) -> list[Curve]:
    """The curves with their worlds moved and narrowed. units: what each gain is measured in, such as the error now, so that a class with
    twice the errors is taken to gain twice as much; None: all alike.

    The gain of twice as many samples is taken to be normal over classes (empirical Bayes: Efron and Morris 1975; the variance between classes by
    DerSimonian and Laird 1986). A curve that is itself well known hardly moves; where classes differ no more than their curves are uncertain, all are
    taken for alike. How far the mean of all is known is a part of each.
    """
    unit = np.ones(len(curves)) if units is None else np.asarray(units, np.float64)
    doubled = [one.worlds[:, 0] * (1 - 2 ** -one.worlds[:, 1]) for one in curves]
    mean = np.array([each.mean() for each in doubled]) / unit
    variance = np.array([each.var() for each in doubled]) / np.square(unit)
    if len(curves) < 2 or not (variance > 0).all():
        return list(curves)
    between = _between(mean, variance)
    weight = 1 / (variance + between)
    middle, known = weight @ mean / weight.sum(), 1 / weight.sum()
    share = variance * weight  # of the mean of all in what is said of each
    moved = (1 - share) * mean + share * middle
    narrowed = np.sqrt(((1 - share) * variance + np.square(share) * known) / variance)
    return [
        _with_gains(one, ((gains / own - was) * factor + to) * own)
        for one, gains, own, was, factor, to in zip(curves, doubled, unit, mean, narrowed, moved, strict=True)
    ]


def _between(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> float:
    """Variance of what is true of each, beyond that of what is known of it."""
    weight = 1 / variance
    apart = weight @ np.square(mean - weight @ mean / weight.sum())
    room = weight.sum() - np.square(weight).sum() / weight.sum()
    return max(0.0, float((apart - (len(mean) - 1)) / room))


def _with_gains(one: Curve, doubled: NDArray[np.float64]) -> Curve:
    worlds = one.worlds.copy()
    worlds[:, 0] = doubled / (1 - 2 ** -worlds[:, 1])
    return replace(one, worlds=worlds)
