"""A near neighbour is a finding where it is a surprise: judged by the set itself."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.learn.chance import K, chances, pairs
from trainset.learn.neighbours import neighbours


def found(vectors: NDArray[np.float64], most: float = 0.01) -> set[tuple[int, int]]:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    rows, distances = neighbours(lambda: iter([unit]), len(unit), unit.shape[1], min(K, len(unit) - 1))
    first, second, unlike = pairs(rows, chances(rows, distances), most)
    assert (first < second).all()
    assert (unlike <= most).all()
    return {*zip(first.tolist(), second.tolist(), strict=True)}


@pytest.mark.parametrize("dimension", [5, 12, 30])
@pytest.mark.parametrize("scale", [0.05, 1.0])
def test_few_ordinary_samples_are_pairs_and_planted_copies_are_whatever_the_set_looks_like(
    dimension: int, scale: float
) -> None:
    """At scale 0.05 all are alike: every distance is small, as in a set of digits."""
    draw = np.random.default_rng(dimension)
    inner = draw.normal(size=(1500, dimension)) * scale
    vectors = (
        np.concatenate([np.ones((1500, 1)), inner], axis=1)
        @ np.linalg.qr(draw.normal(size=(60, 60)))[0][: dimension + 1]
    )
    assert len(found(vectors)) <= 0.02 * 1500
    spread = np.median(np.abs(inner).max(axis=1)) * 0.02
    copies = vectors[:60] + draw.normal(size=(60, 60)) * spread / np.sqrt(60)
    pairs_of = found(np.concatenate([vectors, copies]))
    assert sum((row, 1500 + row) in pairs_of for row in range(60)) >= 54


def test_a_large_group_of_copies_does_not_hide_itself() -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(400, 20))
    crowd = vectors[:1] + 0.001 * draw.normal(size=(40, 20))
    among = found(np.concatenate([vectors, crowd]))
    assert {row for pair in among for row in pair} >= {*range(400, 440)}


def test_another_threshold_takes_more() -> None:
    draw = np.random.default_rng(3)
    vectors = draw.normal(size=(500, 6))
    assert found(vectors, 0.001) <= found(vectors, 0.1)
    assert len(found(vectors, 0.1)) > len(found(vectors, 0.001))
