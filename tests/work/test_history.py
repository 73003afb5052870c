"""History: undo of everything, its refusals, notes, the log and its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers import texts
from tests.work.made import copied, labels, named, rows, write

import trainset
from trainset.errors import BadValue, UndoRefused, UnknownName
from trainset.model import EntryKind


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with copied(tmp_path) as opened:
        yield opened


def state(dataset: trainset.Workbench) -> Any:
    """All that undo may bring back: samples, classes with definitions, notes."""
    return rows(dataset), dataset.classes(), [(n.text, n.sample, n.label) for n in dataset.notes()], dataset.sources()


Deed = Callable[[trainset.Workbench], Any]
DEEDS: dict[str, Deed] = {
    "label": lambda d: d.label("dog", where="label = 'cat'"),
    "label a new class": lambda d: d.label("wolf", where=named([0, 1]), new_class=True),
    "no label": lambda d: d.label(None, where="true"),
    "exclude": lambda d: d.exclude(where="label = 'cat'"),
    "restore": lambda d: d.restore(where="true"),
    "move split": lambda d: d.move_split("production", where="true"),
    "add class": lambda d: d.add_class("fish", definition="swims"),
    "define class": lambda d: d.define_class("cat", "purrs", good=[rows(d)["text 00"]["id"]]),
    "rename class": lambda d: d.rename_class("cat", "feline"),
    "merge classes": lambda d: d.merge_classes(["cat", "bird"], "dog"),
    "split class": lambda d: d.split_class("cat", "kitten", where=named([0])),
    "note on a sample": lambda d: d.note("blurred", [rows(d)["text 00"]["id"]]),
    "note on a class": lambda d: d.note("too few", label="cat"),
    "note on the dataset": lambda d: d.note("see the paper"),
    "import": lambda d: d.import_(texts(d.folder.parent / "more.csv", [("new one", "cat"), ("new two", "newt")])),
    "import again, changed": lambda d: d.import_(
        write(d.folder.parent / "t.csv", [("text", "label"), *((f"text {n:02}", "cow") for n in range(12))]), name="t.csv"
    ),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_undo_takes_it_back_and_undo_of_undo_brings_it_back(dataset: trainset.Workbench, deed: Deed) -> None:
    if deed is DEEDS["import again, changed"]:
        dataset.point_source("t.csv", dataset.folder.parent)
    dataset.exclude(where=named([8]), person="grace")
    before = state(dataset)
    deed(dataset)
    after = state(dataset)
    assert before != after
    done = dataset.log()[-1].seq
    seq, undone = dataset.undo(reason="a mistake")
    assert (seq, undone.seq) == (done + 1, done)
    assert state(dataset) == before
    assert [a.undone for a in dataset.log()[-2:]] == [True, False]
    assert (dataset.log()[-1].verb, dataset.log()[-1].undoes, dataset.log()[-1].reason) == ("undo", done, "a mistake")
    assert dataset.undo(seq)[1].seq == seq
    assert state(dataset) == after
    dataset.undo(done)
    assert state(dataset) == before
    assert len(dataset.log()) == done + 3  # nothing was taken out of the log


def test_undo_takes_back_ones_own_last_standing_action(dataset: trainset.Workbench) -> None:
    dataset.label("dog", where=named([0]), person="grace")
    dataset.label("dog", where=named([3]))
    dataset.exclude(where=named([6]), person="grace")
    assert dataset.undo()[1].seq == 3
    assert dataset.undo(person="grace")[1].verb == "exclude"
    assert dataset.undo(person="grace")[1].verb == "label"
    with pytest.raises(UnknownName, match="grace has nothing to undo"):
        dataset.undo(person="grace")
    assert dataset.undo()[1].verb == "import"
    with pytest.raises(UnknownName, match="ada has nothing to undo"):
        dataset.undo()
    assert rows(dataset) == {}


@pytest.mark.parametrize("seq", [0, 99, -1, 10**30])
def test_there_must_be_something_to_undo(dataset: trainset.Workbench, seq: int) -> None:
    with pytest.raises(UnknownName, match="no action"):
        dataset.undo(seq)


def test_what_is_undone_cannot_be_undone_again(dataset: trainset.Workbench) -> None:
    dataset.exclude(where=named([0]))
    dataset.undo(2)
    with pytest.raises(BadValue, match="undone already"):
        dataset.undo(2)
    dataset.undo(3)
    with pytest.raises(BadValue, match="undone already"):
        dataset.undo(3)
    assert rows(dataset)["text 00"]["excluded"]


Two = tuple[Deed, Deed, str]
BUILT_ON: dict[str, Two] = {
    "label, label": (DEEDS["label"], lambda d: d.label("bird", where=named([0]), person="grace"), "label"),
    "label, exclude": (DEEDS["label"], lambda d: d.exclude(where=named([0]), person="grace"), "exclude"),
    "exclude, restore": (DEEDS["exclude"], lambda d: d.restore(where=named([0]), person="grace"), "restore"),
    "split, label": (DEEDS["move split"], lambda d: d.label("bird", where=named([0]), person="grace"), "label"),
    "label, note on the sample": (
        DEEDS["label"], lambda d: d.note("sure?", [rows(d)["text 00"]["id"]], person="grace"), "note",
    ),
    "rename, define": (DEEDS["rename class"], lambda d: d.define_class("feline", "purrs", person="grace"), "classes define"),
    "rename, label with it": (DEEDS["rename class"], lambda d: d.label("feline", where=named([1]), person="grace"), "label"),
    "rename, rename": (DEEDS["rename class"], lambda d: d.rename_class("feline", "kitty", person="grace"), "classes rename"),
    "add class, label with it": (DEEDS["add class"], lambda d: d.label("fish", where=named([1]), person="grace"), "label"),
    "add class, merge into it": (
        DEEDS["add class"], lambda d: d.merge_classes(["cat"], "fish", person="grace"), "classes merge",
    ),
    "add class, note on it": (DEEDS["add class"], lambda d: d.note("why?", label="fish", person="grace"), "note"),
    "import, label": (lambda d: None, lambda d: d.label("dog", where=named([0]), person="grace"), "label"),
    "import, exclude": (lambda d: None, lambda d: d.exclude(where=named([0]), person="grace"), "exclude"),
    "import, rename": (lambda d: None, lambda d: d.rename_class("cat", "x", person="grace"), "classes rename"),
    "import, note on a sample": (lambda d: None, lambda d: d.note("?", [rows(d)["text 00"]["id"]], person="grace"), "note"),
}  # fmt: skip


@pytest.mark.parametrize(("mine", "theirs", "verb"), BUILT_ON.values(), ids=BUILT_ON.keys())
def test_undo_is_refused_with_the_actions_that_others_built_on_it(
    dataset: trainset.Workbench, mine: Deed, theirs: Deed, verb: str
) -> None:
    mine(dataset)
    first = len(dataset.log())
    theirs(dataset)
    before = state(dataset)
    with pytest.raises(UndoRefused) as caught:
        dataset.undo(first)
    assert caught.value.got == f"#{first + 1} {verb} by grace"
    assert f"trainset undo {first + 1}" in caught.value.next
    assert state(dataset) == before
    assert len(dataset.log()) == first + 1
    dataset.undo(person="grace")  # theirs is gone: nothing stands on mine any more
    assert dataset.undo(first)[1].seq == first


APART: dict[str, tuple[Deed, Deed]] = {
    "other samples": (DEEDS["label"], lambda d: d.label("bird", where="label is null", person="grace")),
    "another class": (DEEDS["rename class"], lambda d: d.define_class("dog", "barks", person="grace")),
    "labels with a class that was there": (DEEDS["define class"], lambda d: d.add_class("fish", person="grace")),
    "a source called like the class": (
        lambda d: d.add_class("more.csv"),
        lambda d: d.import_(texts(d.folder.parent / "more.csv", [("new", "cat")]), person="grace"),
    ),
    "a note on the dataset": (DEEDS["label"], lambda d: d.note("good work", person="grace")),
    "ones own": (DEEDS["label"], lambda d: d.label("bird", where=named([0]))),
}  # fmt: skip


@pytest.mark.parametrize(("mine", "theirs"), APART.values(), ids=APART.keys())
def test_undo_does_not_ask_for_what_others_did_elsewhere(dataset: trainset.Workbench, mine: Deed, theirs: Deed) -> None:
    mine(dataset)
    first = len(dataset.log())
    theirs(dataset)
    dataset.undo(first)
    assert dataset.log()[first - 1].undone


def test_an_import_is_not_undone_under_a_second_one_of_the_same_samples_by_someone_else(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    dataset.point_source("t.csv", tmp_path)
    source = write(tmp_path / "t.csv", [("text", "label"), *((f"text {n:02}", "cow") for n in range(3))])
    dataset.import_(source, person="grace")
    with pytest.raises(UndoRefused, match="#1"):
        dataset.undo(1)
    dataset.undo(person="grace")
    dataset.undo(1)
    assert rows(dataset) == {}


def test_others_can_undo_and_a_redo_is_refused_when_people_went_on(dataset: trainset.Workbench) -> None:
    mine = dataset.label("dog", where=named([0]))
    dataset.undo(mine.action, person="grace", reason="no dog")
    assert labels(dataset)["text 00"] == "cat"
    dataset.label("bird", where=named([0]), person="grace")
    with pytest.raises(UndoRefused, match="#3"):
        dataset.undo(3)  # would bring the dog back over grace's bird
    assert labels(dataset)["text 00"] == "bird"


def test_an_import_brought_back_after_another_has_every_sample_once(tmp_path: Path) -> None:
    source = texts(tmp_path / "t.csv", [("one", "a"), ("two", "b")])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        dataset.undo()
        texts(tmp_path / "t.csv", [("one", "c"), ("two", "b"), ("three", "b")])
        dataset.import_(source)
        dataset.undo(2)
        assert dataset.look(n=9).total == 3
        assert labels(dataset) == {"one": "c", "two": "b", "three": "b"}
        assert dataset.status().samples == 3
        assert dataset.import_(source).rows == {"already present": 3}
        dataset.undo(3)
        assert labels(dataset) == {"one": "a", "two": "b"}


def test_notes_are_about_samples_a_class_or_the_dataset(dataset: trainset.Workbench) -> None:
    found = rows(dataset)
    one, two = found["text 00"]["id"], found["text 01"]["id"]
    dataset.note("blurred <b>\nsecond line", [one, two[:8], one], person="grace")
    dataset.note("too few", label="cat")
    dataset.note("see the paper")
    notes = dataset.notes()
    assert [(n.seq, n.person, n.sample, n.label) for n in notes] == [
        (2, "grace", one[:12], ""), (2, "grace", two[:12], ""), (3, "ada", "", "cat"), (4, "ada", "", ""),
    ]  # fmt: skip
    assert notes[0].text == "blurred <b>\nsecond line"
    assert [n.text for n in dataset.notes(3)] == ["blurred <b>\nsecond line"] * 2 + ["too few"]
    dataset.rename_class("cat", "feline")
    assert dataset.notes()[2].label == "feline"
    assert dataset.notes(4)[2].label == "cat"
    dataset.undo(2, person="grace")
    assert len(dataset.notes()) == 2
    assert labels(dataset, 1) == labels(dataset, 4)  # a note changes no sample


def test_a_note_says_something_about_something(dataset: trainset.Workbench) -> None:
    with pytest.raises(BadValue, match="says nothing"):
        dataset.note(" \n")
    with pytest.raises(BadValue, match="not both"):
        dataset.note("x", [rows(dataset)["text 00"]["id"]], label="cat")
    with pytest.raises(UnknownName, match="no class 'ct'"):
        dataset.note("x", label="ct")
    with pytest.raises(UnknownName, match="no sample"):
        dataset.note("x", ["ffffffff"])
    assert dataset.notes() == []


def test_the_log_can_be_narrowed(dataset: trainset.Workbench) -> None:
    dataset.exclude(where=named([0]), person="grace")
    dataset.version("v1")
    dataset.exclude(where=named([1]))
    dataset.exclude(where=named([2]), person="grace")
    assert [a.seq for a in dataset.log()] == [1, 2, 3, 4]
    assert [a.seq for a in dataset.log(person="grace")] == [2, 4]
    assert [a.seq for a in dataset.log(person="grace", limit=1)] == [4]
    assert [a.seq for a in dataset.log(limit=2)] == [3, 4]
    assert [a.seq for a in dataset.log(limit=9)] == [1, 2, 3, 4]
    assert dataset.log(limit=0) == []
    assert [a.seq for a in dataset.log(at="v1")] == [1, 2]
    assert dataset.log(at="start") == []
    dataset.undo()
    assert dataset.log()[2].undone
    assert not dataset.log(at="#4")[2].undone  # there it still stood


def test_entries_say_what_one_action_changed(dataset: trainset.Workbench) -> None:
    found = rows(dataset)
    dataset.label("dog", where=named([0]))
    dataset.move_split("test", where=named([0]))
    [entry] = dataset.entries(2)
    assert (entry.kind, entry.sample, entry.subject, entry.value) == (
        EntryKind.LABEL, bytes.fromhex(found["text 00"]["id"]), None, "dog",
    )  # fmt: skip
    assert [(e.kind, e.value) for e in dataset.entries(3)] == [(EntryKind.SPLIT, "test")]
    assert [e.subject for e in dataset.entries(1) if e.kind is EntryKind.CLASS_ADDED] == ["bird", "cat", "dog"]
    dataset.undo()
    assert dataset.entries(4) == []
    assert len(dataset.entries(3)) == 1  # undone, and still told
    with pytest.raises(UnknownName, match="no action #9"):
        dataset.entries(9)


HALF = "\ud800"  # what the terminal makes of a byte that is no UTF-8
TYPED: dict[str, Deed] = {
    "reason": lambda d: d.label("dog", where=named([0]), reason=HALF),
    "note": lambda d: d.note(HALF),
    "message": lambda d: d.version("v", HALF),
    "definition": lambda d: d.define_class("cat", HALF),
}


@pytest.mark.parametrize("deed", [TYPED["reason"], TYPED["note"], TYPED["message"]], ids=["reason", "note", "message"])
def test_text_that_cannot_be_stored_is_a_mistake_and_no_crash(dataset: trainset.Workbench, deed: Deed) -> None:
    with pytest.raises(BadValue):
        deed(dataset)
    assert len(dataset.log()) == 1
