"""Queues, ratings and questions as a stranger may have written them: read as what they must be, or refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import DamagedDataset, TrainsetError

FACTS: dict[str, Any] = {
    "order": "random", "purpose": "to know", "run": "", "hash": "", "at": 1, "version": "", "where": "", "check": "", "seed": 0, "of": 6,
    "samples": 1, "expected": {"error_rate": None, "low": None, "high": None, "gain": None, "blends": {}}, "remarks": [],
}  # fmt: skip
QUESTION = {"wording": "Which?", "choices": ["a", "b"], "definitions": {}, "at": 1}
AT = "2026-01-01T00:00:00.000000+00:00"


def add(folder: Path, table: str, **row: object) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    with forge.database(folder) as connection:
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])  # our own names


def sample(folder: Path) -> bytes:
    return bytes(forge.rows(folder)[0]["id"])


def queue(folder: Path, facts: object = FACTS, **row: object) -> None:
    text = facts if isinstance(facts, str) else json.dumps(facts)
    add(folder, "queues", **{"number": 1, "at": AT, "person": "eve", "facts": text} | row)


def queued(folder: Path, **row: object) -> None:
    add(
        folder, "queued",
        **{"queue": 1, "n": 1, "sample": sample(folder), "label": "a", "suggested": "b", "confidence": "0.9", "chance": "0.8"} | row,
    )  # fmt: skip


def rating(folder: Path, **row: object) -> None:
    add(
        folder, "ratings",
        **{"at": AT, "person": "eve", "sample": sample(folder), "question": "class", "version": 1, "answer": "b", "queue": "1"} | row,
    )  # fmt: skip


def question(folder: Path, text: object = QUESTION, **row: object) -> None:
    said = text if isinstance(text, str) else json.dumps(text)
    add(folder, "questions", **{"name": "class", "version": 1, "text": said, "at": AT, "person": "eve"} | row)


def read_all(folder: Path) -> None:
    """Every verb that reads them."""
    with trainset.open(folder) as dataset:
        dataset.queues()
        dataset.ratings().rows()
        dataset.waiting()
        going = dataset.review()
        going.next()
        dataset.write_review(folder.parent / "out.csv")


def refused(folder: Path) -> None:
    with pytest.raises(DamagedDataset):
        read_all(folder)


def test_the_command_line_says_so_in_one_sentence(texts: Path) -> None:
    queue(texts, {**FACTS, "samples": 2})
    queued(texts)
    for command in (("queues",), ("review",)):
        done = helpers.run(*command, "-d", texts)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr, done.stderr


def test_what_is_well_made_is_read(texts: Path) -> None:
    queue(texts)
    queued(texts)
    rating(texts)
    question(texts)
    read_all(texts)
    with trainset.open(texts) as dataset:
        assert dataset.queues()[0].measured.wrong == 1


@pytest.mark.parametrize(
    "facts",
    [
        "", "[]", "null", "{", "[" * 50_000, {**FACTS, "more": 1}, {**FACTS, "at": -1}, {**FACTS, "at": True}, {**FACTS, "of": 2**60},
        {**FACTS, "order": 1}, {**FACTS, "remarks": "x"}, {**FACTS, "remarks": [1]}, {**FACTS, "seed": "0"}, {**FACTS, "expected": None},
        {**FACTS, "expected": {**FACTS["expected"], "gain": 1e9}}, {**FACTS, "expected": {**FACTS["expected"], "blends": []}},
        {**FACTS, "samples": 2}, {**FACTS, "where": None},
    ],
)  # fmt: skip
def test_a_queue_that_cannot_be_is_refused(facts: object, texts: Path) -> None:
    queue(texts, facts)
    queued(texts)
    refused(texts)


@pytest.mark.parametrize(
    "row",
    [
        {"at": "yesterday"}, {"at": "2026-01-01"}, {"person": b"\0"},
    ],
)  # fmt: skip
def test_who_made_a_queue_and_when_is_what_it_must_be(row: dict[str, object], texts: Path) -> None:
    queue(texts, **row)
    queued(texts)
    refused(texts)


@pytest.mark.parametrize(
    "row",
    [
        {"sample": b"short"}, {"sample": "text"}, {"label": b"\xff"}, {"suggested": b"b"}, {"confidence": "nan"}, {"confidence": "2"},
        {"chance": "-1"}, {"chance": "much"}, {"chance": b"0.5"},
    ],
)  # fmt: skip
def test_a_sample_of_a_queue_that_cannot_be_is_refused(row: dict[str, object], texts: Path) -> None:
    queue(texts)
    queued(texts, **row)
    refused(texts)


@pytest.mark.parametrize(
    "row",
    [
        {"sample": b"short"}, {"at": "never"}, {"person": b"eve"}, {"answer": b"\xff"}, {"seconds": "-1"}, {"seconds": "inf"}, {"queue": "one"},
        {"version": "x"}, {"action": "x"}, {"undoes": "x"}, {"sample": bytes(16)},
    ],
)  # fmt: skip
def test_a_rating_that_cannot_be_is_refused(row: dict[str, object], texts: Path) -> None:
    queue(texts)
    queued(texts)
    rating(texts, **row)
    refused(texts) if row.get("queue") != "one" else read_or_refuse(texts)


def read_or_refuse(folder: Path) -> None:
    with trainset.open(folder) as dataset, pytest.raises(DamagedDataset):
        dataset.ratings()


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", {**QUESTION, "choices": "ab"}, {**QUESTION, "choices": [1]}, {**QUESTION, "at": -1}, {**QUESTION, "at": True},
        {**QUESTION, "definitions": {"a": 1}}, {**QUESTION, "definitions": []}, {**QUESTION, "wording": None}, {"wording": "x"},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_is_refused(text: object, texts: Path) -> None:
    queue(texts)
    queued(texts)
    question(texts, text)
    refused(texts)


def test_a_suggestion_that_is_no_class_is_not_offered_and_no_place_is_opened(texts: Path) -> None:
    queue(texts, {**FACTS, "run": "../../evil", "check": "; rm", "where": "../x"})
    queued(texts, suggested="../../etc")
    with trainset.open(texts) as dataset:
        asked = dataset.review().next()
        assert asked is not None
        assert asked.suggested is None
        dataset.queues()


def test_undone_ratings_that_name_one_another_end(texts: Path) -> None:
    queue(texts)
    queued(texts)
    rating(texts, seq=1)
    rating(texts, seq=2, undoes=2)
    rating(texts, seq=3, undoes=1, action=99)
    rating(texts, seq=4, action=4)
    with trainset.open(texts) as dataset:
        assert [row["undone"] for row in dataset.ratings().rows()] == [True, False]
        with pytest.raises(TrainsetError):
            dataset.undo_answer(person="eve")
