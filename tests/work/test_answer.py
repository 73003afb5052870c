"""Answers: each is a rating and a label in one moment, can be taken back, and replaying them gives the labels."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.helpers import SOURCE
from tests.work.made import copied, labels, named, rows, twelve

import trainset
from trainset.errors import BadValue, UndoRefused, UnknownName
from trainset.store import ratings as store


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """Twelve texts, and a queue of the first six."""
    with copied(tmp_path) as opened:
        opened.queue(where=named(range(6)))
        yield opened


def id_of(dataset: trainset.Workbench, number: int) -> str:
    return str(rows(dataset)[f"text {number:02}"]["id"])


def versions(dataset: trainset.Workbench) -> list[int]:
    return [row["version"] for row in dataset.ratings().rows()]


def test_an_answer_is_a_rating_and_the_label_with_who_and_why(dataset: trainset.Workbench) -> None:
    done = dataset.answer(id_of(dataset, 0), "dog", queue=1, seconds=1.25, person="grace")
    assert (done.answer, done.changed, done.others) == ("dog", True, {})
    assert labels(dataset)["text 00"] == "dog"
    action = dataset.log()[-1]
    assert (action.seq, action.verb, action.person, action.reason, action.entries) == (
        done.action, "review", "grace", "queue 1", 1,
    )  # fmt: skip
    (row,) = dataset.ratings().rows()
    kept = {
        name: row[name] for name in ("person", "question", "version", "answer", "class", "seconds", "queue", "undone")
    }
    assert kept == {
        "person": "grace", "question": "class", "version": 1, "answer": "dog", "class": "dog", "seconds": 1.25, "queue": 1, "undone": False,
    }  # fmt: skip
    assert pa.table(dataset.ratings()).num_rows == 1


def test_saying_that_the_label_is_right_keeps_it_when_the_source_changes_its_mind(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    assert dataset.answer(id_of(dataset, 0), "cat").changed is False
    place = Path(dataset.sources()[0].root)
    text = (
        (twelve() / "t.csv")
        .read_text(encoding="utf-8")
        .replace("text 00,cat", "text 00,bird")
        .replace("text 03,cat", "text 03,bird")
    )
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    assert place.exists()
    dataset.point_source("t.csv", tmp_path)
    dataset.import_(tmp_path / "t.csv")
    now = labels(dataset)
    assert (now["text 00"], now["text 03"]) == ("cat", "bird")


def test_cannot_tell_is_an_answer_that_leaves_the_label(dataset: trainset.Workbench) -> None:
    before, length = labels(dataset), len(dataset.log())
    done = dataset.answer(id_of(dataset, 1), None, queue=1)
    assert (done.action, done.changed) == (None, False)
    assert (labels(dataset), len(dataset.log())) == (before, length)
    assert dataset.queues()[0].measured.cannot_tell == 1
    assert id_of(dataset, 1) not in dataset.waiting(1)
    dataset.undo_answer(queue=1)
    assert id_of(dataset, 1) in dataset.waiting(1)
    assert dataset.ratings().rows()[0]["undone"]


def test_a_rating_alone_leaves_the_label(dataset: trainset.Workbench) -> None:
    before = labels(dataset)
    assert dataset.answer(id_of(dataset, 0), "dog", labels=False).action is None
    assert labels(dataset) == before
    assert dataset.ratings().rows()[0]["answer"] == "dog"


def test_the_same_key_twice_is_one_answer(dataset: trainset.Workbench) -> None:
    for _ in range(2):
        dataset.answer(id_of(dataset, 0), "dog", key="k1")
    assert len(dataset.ratings()) == 1
    assert [action.verb for action in dataset.log()] == ["import", "review"]


def test_the_question_has_a_new_version_when_the_classes_change_and_only_then(dataset: trainset.Workbench) -> None:
    dataset.answer(id_of(dataset, 0), "dog")
    dataset.label("cat", [id_of(dataset, 1)])
    dataset.answer(id_of(dataset, 1), "dog")
    dataset.add_class("fish")
    dataset.answer(id_of(dataset, 2), "fish")
    dataset.define_class("fish", "it swims")
    dataset.answer(id_of(dataset, 3), "fish")
    assert versions(dataset) == [1, 1, 2, 3]
    with dataset.people.read() as connection:
        found = store.read_questions(connection)
    assert found["class", 1].choices == ("bird", "cat", "dog")
    assert found["class", 3].definitions == {"fish": "it swims"}


def test_a_renamed_class_takes_its_answers_along(dataset: trainset.Workbench) -> None:
    dataset.answer(id_of(dataset, 0), "cat", queue=1)
    dataset.answer(id_of(dataset, 1), "cat", queue=1)
    dataset.rename_class("cat", "feline")
    assert [row["class"] for row in dataset.ratings().rows()] == ["feline", "feline"]
    assert [row["answer"] for row in dataset.ratings().rows()] == ["cat", "cat"]
    found = dataset.queues()[0].measured
    assert (found.judged, found.wrong) == (2, 1)
    dataset.merge_classes(["dog"], "feline")
    assert dataset.queues()[0].measured.wrong == 0
    dataset.add_class("dog")
    dataset.answer(id_of(dataset, 2), "dog", queue=1)
    assert [row["class"] for row in dataset.ratings().rows()] == ["feline", "feline", "dog"]


def test_a_class_that_was_renamed_while_a_person_looked_is_told_and_nothing_is_kept(
    dataset: trainset.Workbench,
) -> None:
    going = dataset.review(1)
    assert going.next() is not None
    dataset.rename_class("dog", "hound", person="bob")
    with pytest.raises(UnknownName, match="no class 'dog'"):
        going.answer("dog")
    assert len(dataset.ratings()) == 0
    going.refresh()
    assert going.classes == ("bird", "cat", "hound")
    assert going.next() is not None
    assert going.answer("hound").changed


def test_undo_takes_the_label_back_by_an_action_and_can_be_undone(dataset: trainset.Workbench) -> None:
    before = labels(dataset)
    dataset.answer(id_of(dataset, 0), "dog", queue=1)
    dataset.undo_answer(queue=1)
    assert labels(dataset) == before
    assert dataset.waiting(1)[0] == id_of(dataset, 0)
    assert [action.verb for action in dataset.log()] == ["import", "review", "undo"]
    assert [row["undone"] for row in dataset.ratings().rows()] == [True]
    dataset.undo(3)
    assert labels(dataset)["text 00"] == "dog"
    assert [row["undone"] for row in dataset.ratings().rows()] == [False]
    dataset.undo(2)
    assert [row["undone"] for row in dataset.ratings().rows()] == [True]
    with pytest.raises(UnknownName, match="ada has no answer"):
        dataset.undo_answer()


def test_nobody_takes_back_what_others_said_or_built_on(dataset: trainset.Workbench) -> None:
    dataset.answer(id_of(dataset, 0), "dog", queue=1, person="ada")
    with pytest.raises(UnknownName, match="bob has no answer"):
        dataset.undo_answer(queue=1, person="bob")
    dataset.label("bird", [id_of(dataset, 0)], person="bob")
    with pytest.raises(UndoRefused, match="others have since"):
        dataset.undo_answer(queue=1, person="ada")
    assert labels(dataset)["text 00"] == "bird"


def test_two_people_at_one_sample_are_both_kept_and_the_second_hears_of_the_first(
    dataset: trainset.Workbench,
) -> None:
    ada, bob, eve = (dataset.review(1, person=name) for name in ("ada", "bob", "eve"))
    for going in (ada, bob, eve):
        asked = going.next()
        assert asked is not None
        assert asked.place == 1
    assert ada.answer("dog").others == {}
    assert bob.answer("bird").others == {"ada": "dog"}
    assert [row["answer"] for row in dataset.ratings(queue=1).rows()] == ["dog", "bird"]
    assert labels(dataset)["text 00"] == "bird"
    passed = eve.next()
    assert passed is not None
    assert passed.place == 2
    assert [(one.person, one.answer) for one in eve.met] == [("bob", "bird")]
    assert dataset.queues()[0].measured.disagreed == 1


def test_excluded_and_vanished_samples_are_passed_over(dataset: trainset.Workbench) -> None:
    dataset.exclude([id_of(dataset, 0)])
    going = dataset.review(1)
    asked = going.next()
    assert asked is not None
    assert asked.place == 2
    assert (going.gone, going.done) == (1, 0)
    seq = next(action.seq for action in dataset.log() if action.verb == "import")
    dataset.undo(seq)
    going.refresh()
    assert going.next() is None
    assert going.gone == 6
    assert len(dataset.queues()) == 1


def test_names_that_do_not_exist_are_told(dataset: trainset.Workbench) -> None:
    for sample, label, queue, why in (
        (id_of(dataset, 0), "cow", 1, "no class 'cow'"),
        ("ffffffff", "cat", 1, "no sample"),
        (id_of(dataset, 0), "cat", 7, "no queue 7"),
        (id_of(dataset, 9), "cat", 1, "not in queue 1"),
    ):
        with pytest.raises(UnknownName, match=why):
            dataset.answer(sample, label, queue=queue)
    assert len(dataset.ratings()) == 0


def test_an_answer_of_a_list_is_taken_back_with_its_list(dataset: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"id,answer\n{id_of(dataset, 0)},dog\n{id_of(dataset, 1)},?\n", encoding="utf-8")
    done = dataset.answers(tmp_path / "a.csv", queue=1)
    with pytest.raises(BadValue, match="with others in one list") as refused:
        dataset.undo_answer(queue=1)
    assert refused.value.next == f"take all of them back: trainset undo {done.action}"
    dataset.undo(done.action)
    assert len(dataset.waiting(1)) == 6


REVIEWER = """
import sys, trainset
with trainset.open(sys.argv[1]) as dataset:
    going = dataset.review(1, person=sys.argv[2])
    while going.next() is not None:
        going.answer(sys.argv[3])
"""


def test_reviewers_in_processes_of_their_own_lose_nothing(dataset: trainset.Workbench) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", REVIEWER, str(dataset.folder), person, said], env=environment, stderr=subprocess.PIPE
        )
        for person, said in (("ada", "dog"), ("bob", "cat"))
    ]
    troubles = [process.communicate(timeout=120)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], troubles
    found = dataset.ratings(queue=1).rows()
    assert {row["sample"] for row in found} == {id_of(dataset, number) for number in range(6)}
    assert dataset.waiting(1) == []
    assert sum(action.verb == "review" for action in dataset.log()) == len(found)
    last = {row["sample"]: row["answer"] for row in found}
    now = {row["id"]: row["label"] for row in rows(dataset).values()}
    assert all(now[sample] == said for sample, said in last.items())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(0, 3), st.sampled_from(["cat", "dog", "bird", None])),
        st.tuples(st.just("undo"), st.just(0), st.none()),
        st.tuples(st.just("rename"), st.integers(0, 2), st.sampled_from(["x", "y"])),
    ),
    max_size=8,
)


@given(steps=STEPS, people=st.lists(st.sampled_from(["ada", "bob"]), min_size=8, max_size=8))
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_replaying_the_answers_gives_the_labels(
    steps: list[tuple[str, int, str | None]], people: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with copied(tmp_path_factory.mktemp("replayed")) as dataset:
        ids = [id_of(dataset, number) for number in range(4)]
        for (what, number, name), person in zip(steps, people, strict=False):
            classes = [one.name for one in dataset.classes()]
            try:
                if what == "answer":
                    dataset.answer(
                        ids[number], name if name in classes or name is None else classes[number % 3], person=person
                    )
                elif what == "undo":
                    dataset.undo_answer(person=person)
                elif name is not None:
                    dataset.rename_class(classes[number], name, person="eve")
            except (BadValue, UndoRefused, UnknownName):
                continue
        now = {row["id"]: row for row in rows(dataset).values()}
        said: dict[str, str] = {}
        for row in dataset.ratings().rows():
            if not row["undone"] and row["class"] is not None:
                said[row["sample"]] = row["class"]
        for sample, row in now.items():
            assert row["label"] == said.get(sample, source_label(dataset, row))


def source_label(dataset: trainset.Workbench, row: dict[str, object]) -> str | None:
    """What the source says of a sample, as its class is called now: that of a neighbour which nobody answered."""
    third = {"cat": "text 06", "dog": "text 07", "bird": "text 08"}
    label = row["source_label"]
    return labels(dataset)[third[str(label)]] if label is not None else None
