"""In which order people should look: each order is one value a sample, and the highest comes first; `useful.py` chooses among blends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.scores import checked_costs

ORDERS = ("likely_wrong", "entropy", "margin", "random")
"""Those that need no rehearsal."""


def likely_wrong(probability: NDArray[Any], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n,) 1 - p(label), 0 to 1, from (n, classes) calibrated held-out probabilities; without a label 1 - the highest."""
    values = np.asarray(probability, np.float64)
    given = values[np.arange(len(values)), np.maximum(codes, 0)]
    return 1 - np.where(codes >= 0, given, values.max(axis=1))


def harmful(probability: NDArray[Any], codes: NDArray[np.int64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how much harm a wrong label is expected to do, 0 or more: the sum over true classes of their probability times the cost of
    calling them by the label; without a label that of the best guess. With costs of 1 it is `likely_wrong`.

    probability: as there. costs: (classes, classes), truth on rows, 0 for what is right (`dataset.harm().of_classes`).
    """
    values = np.asarray(probability, np.float64)
    prices = checked_costs(costs, values.shape[1])
    expected: NDArray[np.float64] = values @ prices
    given = expected[np.arange(len(values)), np.maximum(codes, 0)]
    return np.where(codes >= 0, given, expected.min(axis=1))


def entropy(probability: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) how undecided the head is, 0 (sure) to 1 (all classes alike): entropy over its largest possible value."""
    values = np.maximum(np.asarray(probability, np.float64), 1e-12)
    undecided: NDArray[np.float64] = -(values * np.log(values)).sum(axis=1) / np.log(max(2, values.shape[1]))
    return undecided


def margin(probability: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) how near the two likeliest classes are, 0 (one is sure) to 1 (alike): 1 - their difference (Scheffer et al. 2001)."""
    top = np.partition(np.asarray(probability, np.float64), -2, axis=1)[:, -2:]
    return 1 - (top[:, 1] - top[:, 0])


def at_random(count: int, seed: int) -> NDArray[np.float64]:
    """(n,) a value by chance: the only order whose answers give the error rate without a model's help."""
    return np.random.default_rng(seed).random(count)


def order(name: str, probability: NDArray[Any], codes: NDArray[np.int64], *, seed: int = 0) -> NDArray[np.float64]:
    """(n,) one of `ORDERS` by name; the highest first. Raises `BadValue` for another name."""
    if name == "likely_wrong":
        return likely_wrong(probability, codes)
    if name == "entropy":
        return entropy(probability)
    if name == "margin":
        return margin(probability)
    if name == "random":
        return at_random(len(codes), seed)
    raise BadValue("no such order", expected=", ".join(ORDERS), got=repr(name))


def first(values: NDArray[np.float64], count: int, among: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The rows with the `count` highest values, highest first; equal ones in their order. among: (n,) which may be chosen."""
    ranked = np.argsort(-values, kind="stable")
    chosen = ranked if among is None else ranked[among[ranked]]
    return chosen[:count].astype(np.int64)


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) the place of each value, above 0 to 1, the highest 1: what orders of any scale can be blended by."""
    place = np.empty(len(values))
    place[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1) / max(1, len(values))
    return place
