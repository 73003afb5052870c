from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from trainset.checks._near import linked


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
def test_rows_are_together_when_pairs_lead_from_one_to_the_other(count: int, pairs: list[tuple[int, int]]) -> None:
    first, second = np.array([(a % count, b % count) for a, b in pairs], np.int64).reshape(-1, 2).T
    group = linked(first, second, count)
    links = coo_array((np.ones(len(first), np.int8), (first, second)), (count, count))
    number, expected = connected_components(links, directed=False)
    assert ((group[:, None] == group) == (expected[:, None] == expected)).all()
    assert sorted(set(group.tolist())) == list(range(number))


def test_a_long_chain_is_one_group() -> None:
    order = np.random.default_rng(0).permutation(5_000)
    assert not linked(order[:-1], order[1:], 5_000).any()
