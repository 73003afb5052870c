"""Parts of a class: two heaps are found, one is left alone, and what is usual of a contributor is no part."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.learn.subclusters import LEAST, rounded, space, split
from trainset.learn.view import Whole


def heaps(
    sizes: list[int], apart: float, seed: int = 0, dim: int = 40
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Heaps of so many vectors around random middles."""
    draw = np.random.default_rng(seed)
    middles = draw.normal(size=(len(sizes), dim)) * apart
    which = np.repeat(np.arange(len(sizes)), sizes)
    return (middles[which] + draw.normal(size=(len(which), dim))).astype(np.float32), which


def test_two_kinds_under_one_name_are_told_apart() -> None:
    x, kinds = heaps([80, 60, *[50] * 10], 2.0)
    merged = np.where(kinds == 1, 0, kinds)
    points = rounded(space(Whole(x), merged), merged)
    found = split(points[merged == 0])
    assert found.proposed
    assert (found.of == (kinds[merged == 0] == 1)).mean() > 0.98
    assert found.stable > 0.8


def test_three_kinds_are_three_parts_largest_first() -> None:
    x, kinds = heaps([80, 60, 40, *[50] * 10], 2.5)
    merged = np.where(kinds <= 2, 0, kinds)
    found = split(rounded(space(Whole(x), merged), merged)[merged == 0])
    assert np.bincount(found.of).tolist() == [80, 60, 40]


@pytest.mark.parametrize("seed", range(5))
def test_one_heap_is_left_alone(seed: int) -> None:
    x, kinds = heaps([80, 60, 70], 2.0, seed)
    points = rounded(space(Whole(x), kinds), kinds)
    assert not any(split(points[kinds == kind], seed=seed).proposed for kind in range(3))


def test_contributors_are_no_parts() -> None:
    x, kinds = heaps([120, 120, 120, 120], 2.0)
    people = (np.arange(len(x)) % 2).astype(np.int64)
    x += (people * 1.5)[:, None] * np.random.default_rng(5).normal(size=(1, x.shape[1])).astype(np.float32)
    known = rounded(space(Whole(x), kinds, people), kinds)
    assert not any(split(known[kinds == kind]).proposed for kind in range(4))


def test_few_or_equal_samples_have_no_parts() -> None:
    assert not split(np.random.default_rng(0).normal(size=(LEAST - 1, 3))).proposed
    assert not split(np.zeros((50, 3))).proposed
    x = np.zeros((40, 5), np.float32)
    codes = np.full(40, -1)
    assert rounded(space(Whole(x), codes), codes).shape == (40, 5)
