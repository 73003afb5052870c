"""Neighbours of a sample: the nearest by angle, exactly, with what differs; clear errors without embeddings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests import helpers
from tests.work.judged import judged

import trainset
from trainset.errors import BadValue, UnknownName
from trainset.learn.neighbours import nearest_to
from trainset.work.workbench import Workbench


def one_of(dataset: Workbench, text: str) -> str:
    return dataset.look(where=f"text = '{text}'").ids[0]


def test_the_nearest_by_angle_come_first_with_their_distance(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        near = dataset.neighbours(one_of(dataset, "text 01"), n=59, embedder="hashed_ngrams")
        view = dataset.embeddings(embedder="hashed_ngrams")
        vectors = view.take(range(60))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        assert len(near.samples) == near.of == 59
        assert [*near.distance] == sorted(near.distance)
        apart = np.linalg.norm(vectors - vectors[1], axis=1)  # in the order of import
        names = [f"text {n:02}" for n in np.argsort(apart) if n != 1]
        assert [row["text"] for row in near.rows()] == names
        np.testing.assert_allclose(near.distance, np.sort(apart)[1:], atol=1e-3)


def test_what_differs_is_said_label_first(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        near = dataset.neighbours(one_of(dataset, "text 00"), n=59, embedder="hashed_ngrams")
        assert near.sample["label"] == "cat"
        for row in near.rows():
            assert (row["differs"][:1] == [row["label"]]) == (row["label"] != "cat")
            assert ("split test" in row["differs"]) == (row["split"] == "test")
        assert near.agree == pytest.approx(19 / 59)


def test_excluded_samples_are_no_neighbours_but_have_some(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        dataset.exclude([one_of(dataset, "text 01"), one_of(dataset, "text 02")], reason="no")
        near = dataset.neighbours(one_of(dataset, "text 03"), n=100, embedder="hashed_ngrams")
        assert len(near.samples) == 57
        out = dataset.look(where="excluded and text = 'text 01'").ids[0]
        assert len(dataset.neighbours(out, n=100, embedder="hashed_ngrams").samples) == 58


def test_without_embeddings_the_command_that_makes_them_is_named(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        with pytest.raises(BadValue) as nothing:
            dataset.neighbours("0123")
        assert nothing.value.next == "trainset import SOURCE"
        dataset.import_(helpers.texts(tmp_path / "t.csv", [("one", "a"), ("two", "b")]))
        with pytest.raises(BadValue) as missing:
            dataset.neighbours(dataset.look().ids[0])
        assert missing.value.next == "trainset embed"
        with pytest.raises(BadValue) as named:
            dataset.neighbours(dataset.look().ids[0], embedder="hashed_ngrams")
        assert named.value.next == "trainset embed --embedder hashed_ngrams"


def test_unknown_samples_and_numbers_are_refused(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        with pytest.raises(UnknownName):
            dataset.neighbours("ffffffffffff", embedder="hashed_ngrams")
        with pytest.raises(BadValue):
            dataset.neighbours(one_of(dataset, "text 00"), n=0, embedder="hashed_ngrams")
        with pytest.raises(BadValue):
            dataset.neighbours({"no": "id"}, embedder="hashed_ngrams")


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        name = one_of(dataset, "text 04")
    folder = tmp_path / "set"
    done = helpers.run("neighbours", name, "-n", 3, "--embedder", "hashed_ngrams", "-d", folder)
    assert done.returncode == 0, done.stderr
    assert "by hashed_ngrams, among 59" in done.stdout
    found = helpers.run_json("neighbours", name, "-n", 3, "--embedder", "hashed_ngrams", "-d", folder)
    assert len(found["neighbours"]) == 3
    assert found["sample"]["id"].startswith(name)


@pytest.mark.parametrize("count", [1, 7, 50])
def test_one_pass_finds_what_comparing_all_finds(count: int) -> None:
    draw = np.random.default_rng(count)
    vectors = draw.normal(size=(count, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    among = draw.random(count) < 0.7
    rows, apart = nearest_to(vectors[:1], iter(np.array_split(vectors, 3)), 4, among)
    every = np.linalg.norm(vectors - vectors[0], axis=1)
    expected = [n for n in np.argsort(every, kind="stable").tolist() if among[n]][:4]
    assert rows[0].tolist()[: len(expected)] == expected
    np.testing.assert_allclose(apart[0][: len(expected)], every[expected], atol=1e-3)
    assert (rows[0][len(expected) :] == -1).all()
    assert (apart[0][len(expected) :] == 2).all()
