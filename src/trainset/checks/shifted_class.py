"""A class looks different in train and test."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.checks._flagged import none
from trainset.checks._groups import codes
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, check


@check("A class looks different in train and test")
def shifted_class(
    label: pa.Array,
    split: pa.Array,
    measures: Mapping[str, NDArray[np.float64]],
    *,
    least: int = 25,
    least_distance: float = 0.35,
    p: float = 0.001,
) -> Findings:
    """Classes whose measures are distributed otherwise in training than in test.

    ## Why it matters
    The score is then about another thing than was learnt, and in use it will differ again.

    ## What to do
    Look at both sides: `trainset look --label CLASS --split test --sort MEASURE`.
    """
    group, names = codes(label)
    train, test = (pc.equal(split, side).fill_null(False).to_numpy(zero_copy_only=False) for side in ("train", "test"))
    order = np.argsort(group, kind="stable")
    of_classes = np.split(order, np.searchsorted(group[order], np.arange(len(names) + 1)))[1:-1]
    tried, found = 0, []
    for name, rows in zip(names, of_classes, strict=True):
        a, b = rows[train[rows]], rows[test[rows]]
        if min(len(a), len(b)) < least:
            continue
        for measure, values in measures.items():
            one, other = (side[~np.isnan(side)] for side in (values[a], values[b]))
            if min(len(one), len(other)) >= least:
                tried += 1
                distance, chance = _kolmogorov_smirnov(one, other)
                found.append(
                    (
                        distance,
                        chance,
                        f"{measure} of {quoted(name)}: median {np.median(one):.3g} in train, {np.median(other):.3g} in test",
                    )
                )
    about = [
        text
        for distance, chance, text in sorted(found, reverse=True)
        if distance > least_distance and chance * tried < p
    ]
    return none(len(group), about=about[:20])


def _kolmogorov_smirnov(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    """The largest distance of two distributions, and how likely it is by chance (asymptotic, Smirnov 1948)."""
    values = np.sort(np.concatenate([one, other]))
    shares = [np.searchsorted(np.sort(side), values, "right") / len(side) for side in (one, other)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    size = np.sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (size + 0.12 + 0.11 / size) * distance
    terms = np.arange(1, 101)
    return distance, float(np.clip(2 * np.sum((-1.0) ** (terms - 1) * np.exp(-2 * (scaled * terms) ** 2)), 0, 1))
