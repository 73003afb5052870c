"""Near duplicates by embedding in two splits: what is planted is found, what is merely alike is not, and what is known is not repeated."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from trainset.checks.near_embedding_leak import near_embedding_leak
from trainset.contracts import Findings, Near
from trainset.learn.neighbours import neighbours

COUNT = 400
PLANTED = {10: 310, 20: 320, 30: 330, 40: 340, 50: 350}
"""Rows of training, and the row of the test that each is another shot of."""


class Vectors:
    """Embeddings as a check sees them."""

    def __init__(self, values: NDArray[np.float32], known: NDArray[np.bool_], learnt: bool) -> None:
        self.values = values / np.linalg.norm(values, axis=1, keepdims=True)
        self.known, self.learnt = known, learnt

    def __len__(self) -> int:
        return len(self.known)

    def neighbours(self, k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        some = np.flatnonzero(self.known)
        rows, distances = np.full((len(self), k), -1, np.int32), np.full((len(self), k), 2, np.float32)
        found, distances[some] = neighbours(lambda: iter([self.values[some]]), len(some), self.values.shape[1], k)
        rows[some] = some[found]
        return rows, distances


def scenes(*, alike: float = 1.0, apart: float = 0.1) -> NDArray[np.float32]:
    """Vectors of which no two are of one scene but those planted. alike: how far they spread; apart: two shots, as a share of that."""
    rng = np.random.default_rng(0)
    values = 1 + alike * rng.normal(size=(COUNT, 12))
    for train, test in PLANTED.items():
        values[train] = values[test] + alike * apart * rng.normal(size=12)
    return values.astype(np.float32)


def judged(
    values: NDArray[np.float32], *, near: tuple[int, int] | None = None, copy: tuple[int, int] | None = None,
    splits: tuple[str | None, str | None] = ("train", "test"), unknown: tuple[int, ...] = (), learnt: bool = True,
    chance: float = 0.0001,
) -> Findings:  # fmt: skip
    ids = [row.to_bytes(16, "big") for row in range(COUNT)]
    contents = list(ids)
    if copy:
        contents[copy[0]] = contents[copy[1]]
    known = np.ones(COUNT, bool)
    known[[*unknown]] = False
    pairs = np.array([near] if near else [], np.int64).reshape(-1, 2)
    names = [f"{row}.png" for row in range(COUNT)]
    return near_embedding_leak(
        pa.array(ids, pa.binary(16)), Vectors(values, known, learnt), Near(pairs[:, 0], pairs[:, 1], np.zeros(len(pairs)), "image"),
        pa.array(contents, pa.binary(16)), pa.array([splits[row >= 300] for row in range(COUNT)], pa.string()),
        pa.array(["a"] * COUNT), pa.array(names), chance=chance,
    )  # fmt: skip


@pytest.mark.parametrize("alike", [1.0, 0.05])
def test_another_shot_is_found_however_alike_the_whole_set_is(alike: float) -> None:
    found = judged(scenes(alike=alike))
    assert found.flagged.nonzero()[0].tolist() == [*PLANTED]
    assert list(found.because) == [
        f"in train, and perhaps the same as {test}.png (test, a)" for test in PLANTED.values()
    ]
    assert found.severity[found.flagged].min() >= 0.3
    assert found.severity.max() <= 0.6


def test_of_what_is_no_nearer_than_others_are_no_more_is_flagged_than_chance_says() -> None:
    found = judged(scenes(apart=1.0), chance=0.01)
    assert found.flagged.sum() <= 0.01 * COUNT
    planted = judged(scenes(), chance=0.01).flagged.nonzero()[0].tolist()
    assert {*PLANTED} <= {*planted}
    assert len(planted) <= len(PLANTED) + 0.01 * COUNT


def test_copies_and_what_near_split_leak_reports_are_not_repeated() -> None:
    found = judged(scenes(), near=(320, 20), copy=(30, 330))
    assert found.flagged.nonzero()[0].tolist() == [10, 40, 50]


def test_only_test_and_validation_are_guarded_and_samples_without_embedding_are_left_out() -> None:
    assert judged(scenes(), splits=("train", "validation"), unknown=(10, 350)).flagged.nonzero()[0].tolist() == [20, 30, 40]  # fmt: skip
    for splits in (("train", "train"), (None, None), ("train", None), ("train", "production")):
        assert not judged(scenes(), splits=splits).flagged.any()


def test_embeddings_without_a_trained_network_flag_nothing_and_say_so() -> None:
    found = judged(scenes(), learnt=False)
    assert not found.flagged.any()
    assert found.about == ("embeddings made without a trained network cannot tell: trainset embed uses one",)
