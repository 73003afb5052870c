"""The neighbour index against the brute force it stands for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.learn import neighbours as index
from trainset.learn.neighbours import Batches, neighbours


def unit(values: NDArray[np.float64]) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def in_batches(vectors: NDArray[np.float32], size: int = 70) -> Batches:
    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(vectors), size):
            yield vectors[start : start + size]

    return batches


def brute_force(vectors: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    apart = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    rows = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(apart, rows, axis=1)


def test_small_sets_are_exact() -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(300, 12)))
    rows, distances = neighbours(in_batches(vectors), 300, 12, 5)
    expected, apart = brute_force(vectors, 5)
    assert np.array_equal(rows, expected)
    assert np.allclose(distances, apart, atol=1e-3)


def test_large_sets_find_nearly_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "EXACT", 100)
    draw = np.random.default_rng(0)
    vectors = unit(draw.normal(size=(2000, 6)) @ draw.normal(size=(6, 40)) + 0.1 * draw.normal(size=(2000, 40)))
    rows, distances = neighbours(in_batches(vectors, 300), 2000, 40, 10)
    expected, apart = brute_force(vectors, 10)
    found = np.mean([len({*mine} & {*theirs}) for mine, theirs in zip(rows.tolist(), expected.tolist(), strict=True)])
    assert found > 9.5
    assert (rows != np.arange(2000)[:, None]).all()
    assert np.median(np.abs(distances - apart)) < 2e-3  # of half-precision values


def test_a_vector_is_never_its_own_neighbour_even_among_equals() -> None:
    vectors = unit(np.ones((30, 4)))
    rows, distances = neighbours(in_batches(vectors), 30, 4, 7)
    assert (rows != np.arange(30)[:, None]).all()
    assert all(len({*row}) == 7 for row in rows.tolist())
    assert distances.max() < 1e-3


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_where_there_are_fewer_others_the_rest_is_empty(count: int) -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(count, 3)) + 1e-3)
    rows, distances = neighbours(in_batches(vectors), count, 3, 6)
    assert rows.shape == distances.shape == (count, 6)
    assert ((rows >= 0).sum(axis=1) == max(0, count - 1)).all()
    assert (distances[rows < 0] == 2).all()
