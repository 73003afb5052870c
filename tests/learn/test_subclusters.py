"""Parts of a class: two heaps are found, one is left alone, and what is usual of a contributor is no part."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.learn.around import around, middles
from trainset.learn.subclusters import LEAST, Cut, cut, nearest, parts, proposed, usual
from trainset.learn.view import View, Whole


def heaps(
    sizes: list[int], apart: float, seed: int = 0, dim: int = 40
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Heaps of so many vectors around random middles."""
    draw = np.random.default_rng(seed)
    middles = draw.normal(size=(len(sizes), dim)) * apart
    which = np.repeat(np.arange(len(sizes)), sizes)
    return (middles[which] + draw.normal(size=(len(which), dim))).astype(np.float32), which


def cuts(view: View, codes: NDArray[np.int64]) -> list[Cut]:
    """Every class cut in two."""
    return [cut(view.take(np.flatnonzero(codes == code))) for code in np.unique(codes)]


def test_two_kinds_under_one_name_are_told_apart() -> None:
    x, kinds = heaps([80, 60, *[50] * 10], 2.0)
    merged = np.where(kinds == 1, 0, kinds)
    found = cuts(Whole(x), merged)
    level = usual(found)
    assert [proposed(one, level) for one in found] == [True] + [False] * 10
    of = parts(x[merged == 0], found[0], level)
    assert (of == (kinds[merged == 0] == 1)).mean() > 0.98
    assert found[0].stable > 0.9


def test_a_part_of_a_fifth_is_told_apart_from_the_rest() -> None:
    x, kinds = heaps([120, 30, *[80] * 6], 3.0)
    merged = np.where(kinds == 1, 0, kinds)
    found = cuts(Whole(x), merged)
    assert proposed(found[0], usual(found))


def test_three_kinds_are_three_parts_largest_first() -> None:
    x, kinds = heaps([80, 60, 40, *[50] * 10], 2.5)
    merged = np.where(kinds <= 2, 0, kinds)
    found = cuts(Whole(x), merged)
    of = parts(x[merged == 0], found[0], usual(found))
    assert np.bincount(of).tolist() == [80, 60, 40]


def test_further_samples_go_to_the_part_whose_middle_is_nearest() -> None:
    x, kinds = heaps([80, 60], 2.5)
    own = np.stack([x[kinds == kind].mean(axis=0) for kind in (0, 1)]).astype(np.float64)
    assert (nearest(x, own) == kinds).all()


@pytest.mark.parametrize("seed", range(5))
def test_one_heap_is_left_alone(seed: int) -> None:
    x, kinds = heaps([80, 60, 70], 2.0, seed)
    found = cuts(Whole(x), kinds)
    assert not any(proposed(one, usual(found)) for one in found)


def test_what_is_usual_in_the_dataset_is_no_proposal() -> None:
    """Every class is of two heaps, as every class of a set with two rooms would be: nothing of it is said of one class."""
    x, kinds = heaps([60] * 8, 2.0)
    x += (np.arange(len(x)) % 2 * 6.0)[:, None] * np.eye(1, x.shape[1], dtype=np.float32)
    found = cuts(Whole(x), kinds)
    assert usual(found) > 2 * usual([])
    assert not any(proposed(one, usual(found)) for one in found)


def test_contributors_are_no_parts() -> None:
    x, kinds = heaps([120, 120, 120, 120], 2.0)
    people = (np.arange(len(x)) % 2).astype(np.int64)
    x += (people * 1.5)[:, None] * np.random.default_rng(5).normal(size=(1, x.shape[1])).astype(np.float32)
    plain, known = cuts(around(Whole(x), kinds), kinds), cuts(around(Whole(x), kinds, people), kinds)
    assert max(one.clear for one in known) < min(one.clear for one in plain)
    assert not any(proposed(one, usual(known)) for one in known)


def test_few_or_equal_samples_have_no_parts() -> None:
    few = cut(np.random.default_rng(0).normal(size=(LEAST - 1, 3)).astype(np.float32))
    same = cut(np.zeros((50, 3), np.float32))
    assert not proposed(few, usual([few]))
    assert not proposed(same, usual([same]))
    assert parts(np.zeros((50, 3), np.float32), same, 1.0).tolist() == [0] * 50


def test_the_view_reads_rows_as_it_reads_batches() -> None:
    x, kinds = heaps([50, 50], 2.0)
    people = (np.arange(len(x)) % 3).astype(np.int64) - 1
    seen = around(Whole(x), kinds, people)
    whole = np.concatenate([*seen.batches()])
    assert np.allclose(seen.take(np.array([70, 3])), whole[[70, 3]], atol=1e-6)
    assert np.allclose(middles(seen, kinds, 2), [whole[kinds == kind].mean(axis=0) for kind in (0, 1)], atol=1e-6)
