"""Orders: what comes first, and what is the same whatever the scale."""

from __future__ import annotations

import numpy as np
import pytest

from trainset.errors import BadValue
from trainset.learn.orders import ORDERS, entropy, first, likely_wrong, margin, order, ranks

P = np.array([[0.98, 0.01, 0.01], [0.5, 0.5, 0.0], [0.34, 0.33, 0.33], [0.1, 0.9, 0.0]])


def test_each_order_puts_first_what_it_is_named_after() -> None:
    codes = np.array([0, 0, 0, 0])
    assert first(likely_wrong(P, codes), 4).tolist() == [3, 2, 1, 0]
    assert first(entropy(P), 1).tolist() == [2]
    assert entropy(np.full((1, 5), 0.2)) == pytest.approx(1)
    assert first(margin(P), 2).tolist() == [1, 2]
    assert margin(P)[0] == pytest.approx(0.03)


def test_a_sample_without_a_label_is_as_likely_wrong_as_the_best_guess() -> None:
    assert likely_wrong(P, np.array([-1, 1, -1, 1])).tolist() == pytest.approx([0.02, 0.5, 0.66, 0.1])


def test_orders_come_by_name_and_by_seed() -> None:
    codes = np.zeros(4, np.int64)
    for name in ORDERS:
        assert order(name, P, codes, seed=3).shape == (4,)
    assert np.array_equal(order("random", P, codes, seed=3), order("random", P, codes, seed=3))
    assert not np.array_equal(order("random", P, codes, seed=3), order("random", P, codes, seed=4))
    with pytest.raises(BadValue, match="no such order"):
        order("alphabet", P, codes)


def test_only_what_may_be_chosen_is_and_equals_keep_their_order() -> None:
    values = np.array([1.0, 3.0, 3.0, 2.0])
    assert first(values, 2).tolist() == [1, 2]
    assert first(values, 9, np.array([True, False, True, True])).tolist() == [2, 3, 0]


def test_ranks_are_the_same_on_any_scale() -> None:
    values = np.array([0.2, 5.0, -3.0, 0.3])
    assert ranks(values).tolist() == [0.5, 1.0, 0.25, 0.75]
    assert np.array_equal(ranks(values), ranks(np.exp(values)))
