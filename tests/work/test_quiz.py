"""Quiz: drawn from all, asked blind, resumed, and no label is changed by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.work.made import copied, labels

from trainset.errors import BadValue, UnknownName
from trainset.work.workbench import Workbench


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Workbench]:
    with copied(tmp_path) as dataset:
        yield dataset


def test_it_is_blind_and_changes_no_label(pets: Workbench) -> None:
    before = labels(pets)
    head = pets.log()[-1].seq
    going = pets.review(pets.quiz(5, person="grace").queue, person="grace")
    assert going.blind
    while asked := going.next():
        assert (asked.label, asked.suggested, asked.confidence) == (None, None, None)
        done = going.answer("dog", 2.0)
        assert done.action is None
        assert not done.changed
    assert labels(pets) == before
    assert pets.log()[-1].seq == head
    said = pets.quiz_result()
    assert (said.answered, said.asked, said.people, said.model) == (5, 5, ("grace",), None)
    assert said.labels.same == sum(
        row[said.labels.classes.index("dog")]
        for name, row in zip(said.labels.classes, said.labels.matrix, strict=True)
        if name == "dog"
    )
    assert said.labels.low < said.labels.share < said.labels.high or said.labels.share in (0, 1)
    assert json.loads(json.dumps(said.as_dict()))["labels"]["samples"] == said.labels.samples


def test_it_goes_on_where_it_stopped_and_undo_takes_back(pets: Workbench) -> None:
    first = pets.quiz(4, person="grace")
    going = pets.review(first.queue, person="grace")
    going.next()
    going.answer("cat")
    assert pets.quiz(4, person="grace").queue == first.queue
    assert pets.quiz(4, person="ada").queue != first.queue
    again = pets.review(first.queue, person="grace")
    again.next()
    again.undo()
    assert pets.quiz_result(first.queue).answered == 0


def test_answers_of_a_quiz_are_no_reviews(pets: Workbench, tmp_path: Path) -> None:
    one = pets.quiz(11, person="grace")
    going = pets.review(one.queue, person="grace")
    while going.next():
        going.answer(None)
    assert pets.quiz_result().cannot_tell == 11
    assert pets.queue("random", n=20).samples == 11
    with pytest.raises(BadValue, match="answered blind"):
        pets.write_review(tmp_path / "list.csv", queue=one.queue)


def test_without_a_quiz_it_says_so(pets: Workbench) -> None:
    with pytest.raises(UnknownName, match="no quiz yet"):
        pets.quiz_result()
    pets.quiz(3)
    with pytest.raises(UnknownName, match="no quiz 7"):
        pets.quiz_result(7)
