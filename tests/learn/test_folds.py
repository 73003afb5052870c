"""Folds keep together what belongs together, and spread classes evenly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainset.errors import BadValue
from trainset.learn.folds import folds, together


def test_links_through_several_fields_and_pairs_make_one_group() -> None:
    contributor = np.array([0, 0, 1, 1, -1, -1, 2, -1])
    batch = np.array([-1, -1, -1, 5, 5, -1, -1, -1])
    pairs = np.array([1, 6]), np.array([2, 7])
    groups = together(8, [contributor, batch], pairs)
    assert groups.tolist() == [0, 0, 0, 0, 0, 1, 2, 2]
    assert together(3).tolist() == [0, 1, 2]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 5))
def test_no_group_is_parted_and_every_sample_has_a_fold(seed: int, k: int, classes: int) -> None:
    draw = np.random.default_rng(seed)
    groups = together(80, [draw.integers(-1, 12, 80)])
    codes = draw.integers(-1, classes, 80)
    if len(np.unique(groups[codes >= 0])) < k:
        return
    fold = folds(groups, codes, k, seed)
    assert set(fold.tolist()) <= {*range(k)}
    assert all(len({*fold[groups == group].tolist()}) == 1 for group in np.unique(groups))
    assert np.array_equal(fold, folds(groups, codes, k, seed))


def test_single_samples_are_spread_exactly() -> None:
    codes = np.repeat([0, 1, 2, -1], [101, 37, 8, 20])
    fold = folds(np.arange(len(codes)), codes, 5)
    for own in (-1, 0, 1, 2):
        counts = np.bincount(fold[codes == own], minlength=5)
        assert counts.max() - counts.min() <= 1
    counts = np.bincount(fold)
    assert counts.max() - counts.min() <= 2


def test_singles_fill_up_what_groups_leave_short() -> None:
    groups = np.concatenate([np.zeros(20, int), np.arange(1, 81)])
    fold = folds(groups, np.zeros(100, int), 4)
    assert np.bincount(fold).tolist() == [25, 25, 25, 25]


def test_groups_of_contributors_are_spread_over_classes() -> None:
    draw = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 10)
    codes = (groups % 3 + (draw.random(600) < 0.1)) % 3
    fold = folds(groups, codes, 5)
    table = np.stack([np.bincount(codes[fold == each], minlength=3) for each in range(5)])
    assert table.min() > 30
    assert table.max() < 50


def test_another_seed_makes_other_folds() -> None:
    codes = np.arange(50) % 2
    assert not np.array_equal(folds(np.arange(50), codes, 5, 0), folds(np.arange(50), codes, 5, 1))


@pytest.mark.parametrize(("k", "groups"), [(1, np.arange(10)), (5, np.arange(10) % 4), (5, np.zeros(10, int))])
def test_too_few_groups_are_refused(k: int, groups: np.ndarray) -> None:
    with pytest.raises(BadValue, match="folds cannot be made"):
        folds(groups, np.arange(10) % 2, k)


def test_groups_without_labels_make_no_fold() -> None:
    codes = np.array([0, 1, -1, -1, -1, -1])
    with pytest.raises(BadValue, match="folds"):
        folds(np.arange(6), codes, 3)
