"""Ceiling: wrong labels are wrong alike, what one model sees is the model's, and nothing is claimed of little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.work.made import write

import trainset
from trainset.errors import BadValue
from trainset.learn import nearest
from trainset.learn.ceiling import ceiling, verdict
from trainset.learn.view import Whole
from trainset.store import embedded
from trainset.work.embedders import chosen
from trainset.work.workbench import Workbench


def test_errors_are_alike_helped_or_neither() -> None:
    codes = np.zeros(6, np.int64)
    said = ceiling(np.array([[0, 0, 1, 1, 1, 0], [0, 1, 1, 0, 2, 0], [0, 1, 1, 2, 2, 1]]), codes)
    assert said.best == 0
    assert said.alike.tolist() == [False, False, True, False, False, False]
    assert said.helped.tolist() == [False, False, False, True, False, False]
    assert said.rest.tolist() == [False, False, False, False, True, False]


def test_a_verdict_needs_more_or_fewer_than_half_for_sure() -> None:
    assert verdict(0.3, 0.16, 0.2) == "data"
    assert verdict(0.3, 0.1, 0.14) == "model"
    assert verdict(0.3, 0.1, 0.2) == "open"
    assert verdict(0.0, 0.0, 0.1) == "open"


def test_a_sample_and_its_group_are_no_neighbours_of_it() -> None:
    x = np.array([[1, 0], [1, 0.01], [1, 0.05], [0, 1], [0.01, 1], [0.02, 1]], np.float32)
    codes = np.array([0, 0, 1, 1, 1, -1])
    alone = nearest.held_out(Whole(x), codes, 2, k=1)
    assert alone.argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1]
    grouped = nearest.held_out(Whole(x), codes, 2, np.array([0, 0, 1, 2, 2, 2]), k=1)
    assert grouped.argmax(axis=1)[:2].tolist() == [1, 1]
    assert nearest.held_out(Whole(x), codes, 2, np.zeros(6, np.int64), k=3).sum() == 0


def test_where_the_weak_embedder_alone_sees_next_to_nothing_the_model_is_to_be_better(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        given = [(f"text {n}", "abcd"[n % 4], "train") for n in range(400)]
        dataset.import_(write(tmp_path / "t.csv", [("text", "label", "split"), *given]))
        content = {row["text"]: row["content"] for row in dataset.look(where="true", n=1000).rows()}
        places = pa.array([bytes.fromhex(one) for one in content.values()], pa.binary(16))
        truth = np.array([int(text.split()[-1]) % 4 for text in content])
        draw = np.random.default_rng(0)
        vectors = np.eye(4)[truth // 2] + 6 * draw.normal(size=(400, 4))
        embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, places, vectors.astype(np.float32))
        found = dataset.ceiling(embedder="hashed_ngrams", groups="none")
        assert found.verdict == "model"
        assert "better spent on the model: hashed_ngrams sees too little" in found.says


def test_the_ridge_of_a_ceiling_is_that_of_training_also_where_it_takes_plain_values(tmp_path: Path) -> None:
    """The class is the sign of a sum of two values, of which square roots make another sum."""
    with trainset.init(tmp_path / "set") as dataset:
        sums = np.random.default_rng(0).uniform(-1, 1, (300, 2))
        vectors = np.hstack([sums, np.ones((300, 1))]).astype(np.float32)
        labels = np.where(sums.sum(axis=1) > 0, "a", "b").tolist()
        given = [(f"text {n}", label, "train") for n, label in enumerate(labels)]
        dataset.import_(write(tmp_path / "t.csv", [("text", "label", "split"), *given]))
        content = {row["text"]: row["content"] for row in dataset.look(where="true", n=1000).rows()}
        places = pa.array([bytes.fromhex(content[text]) for text, *_ in given], pa.binary(16))
        embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, places, vectors)
        run = dataset.train(embedder="hashed_ngrams", groups="none")
        (ridge,) = [
            one for one in dataset.ceiling(embedder="hashed_ngrams", groups="none").tried if one.head == "ridge"
        ]
        assert not run.scores["rooted"]
        assert ridge.accuracy == pytest.approx(run.scores["held_out"]["accuracy"], abs=1e-6)


@pytest.fixture
def flipped(tmp_path: Path) -> Workbench:
    """300 texts of three classes that can be told by their words and by their embeddings; 20 labels are wrong."""
    dataset = trainset.init(tmp_path / "set")
    words = ("red rose petal garden", "blue ocean wave ship", "green forest leaf moss")
    given = [(f"{words[n % 3]} {n}", "abc"[(n + 1) % 3 if n < 20 else n % 3], "train") for n in range(300)]
    dataset.import_(write(tmp_path / "t.csv", [("text", "label", "split"), *given]))
    return dataset


def test_wrong_labels_are_wrong_alike_and_make_a_queue(flipped: Workbench) -> None:
    with flipped as dataset:
        content = {row["text"]: row["content"] for row in dataset.look(where="true", n=1000).rows()}
        places = pa.array([bytes.fromhex(one) for one in content.values()], pa.binary(16))
        truth = np.array([int(text.split()[-1]) % 3 for text in content])
        vectors = np.eye(3)[truth] * 5 + np.random.default_rng(0).normal(size=(300, 3))
        embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, places, vectors.astype(np.float32))
        found = dataset.ceiling(embedder="hashed_ngrams", groups="none", queue=True)
        assert [one.head for one in sorted(found.tried, key=lambda one: one.head)] == ["logistic", "nearest", "ridge"]
        assert found.verdict == "open"  # one embedder alone
        assert found.wrong_low <= 20 <= found.wrong_high + 3
        assert found.alike >= 18
        wrong = {row["id"] for row in dataset.look(where="true", n=1000).rows() if int(row["text"].split()[-1]) < 20}
        assert len({one["id"] for one in found.samples} & wrong) >= 18
        assert any("share one embedder" in remark for remark in found.remarks)
        assert found.queue == 1
        review = dataset.review(found.queue)
        asked = review.next()
        assert asked is not None
        assert asked.suggested is not None
        assert asked.suggested != asked.label
        dataset.label("a", where="true")
        with pytest.raises(BadValue, match="at least two classes"):
            dataset.ceiling(embedder="hashed_ngrams", groups="none")
