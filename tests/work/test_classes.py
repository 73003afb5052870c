"""Classes: added, defined, renamed, merged, split; labels by people and by the source follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.helpers import picture, pictures, texts
from tests.work.made import copied, labels, named, rows

import trainset
from trainset.errors import BadValue, UnknownName
from trainset.model import ClassInfo, EntryKind


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with copied(tmp_path) as opened:
        yield opened


def counts(dataset: trainset.Workbench, at: str | int | None = None) -> dict[str, int]:
    return {c.name: c.samples for c in dataset.classes(at)}


def test_classes_come_by_name_with_their_samples(dataset: trainset.Workbench) -> None:
    assert dataset.classes() == [ClassInfo("bird", samples=3), ClassInfo("cat", samples=4), ClassInfo("dog", samples=4)]
    dataset.exclude(where=named([0]))
    assert counts(dataset) == {"bird": 3, "cat": 3, "dog": 4}
    assert counts(dataset, 1) == {"bird": 3, "cat": 4, "dog": 4}
    assert counts(dataset, "start") == {}


def test_an_added_class_is_there_without_samples(dataset: trainset.Workbench) -> None:
    seq = dataset.add_class("fish", definition="swims", reason="more to come", person="grace")
    assert dataset.classes()[-1] == ClassInfo("fish", "swims")
    action = dataset.log()[-1]
    assert (action.seq, action.person, action.reason, action.entries) == (seq, "grace", "more to come", 2)
    with pytest.raises(BadValue, match="a class 'fish' already"):
        dataset.add_class("fish")
    assert dataset.label("fish", where=named([11])).changed == 1


def test_a_definition_has_examples_and_keeps_what_is_not_given(dataset: trainset.Workbench) -> None:
    found = rows(dataset)
    good, odd = found["text 00"]["id"], found["text 03"]["id"]
    dataset.define_class("cat", "purrs", good=[good], borderline=[odd[:8]])
    assert dataset.classes()[1] == ClassInfo("cat", "purrs", (good[:12],), (odd[:12],), 4)
    dataset.define_class("cat", borderline=[])
    assert dataset.classes()[1] == ClassInfo("cat", "purrs", (good[:12],), (), 4)
    dataset.define_class("cat", "has whiskers\nand a tail")
    assert dataset.classes()[1] == ClassInfo("cat", "has whiskers\nand a tail", (good[:12],), (), 4)
    dataset.undo()
    assert dataset.classes()[1].definition == "purrs"
    dataset.rename_class("cat", "feline")
    assert dataset.classes()[2] == ClassInfo("feline", "purrs", (good[:12],), (), 4)
    for wrong in cast(list[dict[str, Any]], [{"good": ["ffffffff"]}, {"borderline": ["nope"]}]):
        with pytest.raises(UnknownName, match="no sample"):
            dataset.define_class("feline", **wrong)
    with pytest.raises(UnknownName, match="no class 'cat'"):
        dataset.define_class("cat", "x")


def test_labels_by_people_and_by_the_source_follow_a_rename(dataset: trainset.Workbench) -> None:
    dataset.label("cat", where=named([1]))
    dataset.rename_class("cat", "feline", reason="as in the paper")
    after = labels(dataset)
    assert {text for text, label in after.items() if label == "feline"} == {
        "text 00",
        "text 01",
        "text 03",
        "text 06",
        "text 09",
    }
    assert counts(dataset) == {"bird": 3, "dog": 3, "feline": 5}
    assert rows(dataset)["text 00"]["source_label"] == "cat"
    assert dataset.look(where="label = 'cat'").total == 0
    dataset.rename_class("feline", "kitty")
    assert counts(dataset) == {"bird": 3, "dog": 3, "kitty": 5}
    assert labels(dataset, 2)["text 01"] == "cat"
    dataset.undo()
    dataset.undo()
    assert counts(dataset) == {"bird": 3, "cat": 5, "dog": 3}


def test_two_classes_can_change_names(dataset: trainset.Workbench) -> None:
    before = labels(dataset)
    dataset.label("dog", where=named([0]))
    for old, new in (("cat", "~"), ("dog", "cat"), ("~", "dog")):
        dataset.rename_class(old, new)
    swap = {"cat": "dog", "dog": "cat"}
    expected = {text: swap.get(label or "", label) for text, label in before.items()} | {"text 00": "cat"}
    assert labels(dataset) == expected


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("cat", "dog", "a class 'dog' already"), ("cat", "cat", "called 'cat' already"), ("ct", "x", "no class 'ct'")],
)
def test_a_rename_takes_no_name_that_is_in_use(dataset: trainset.Workbench, old: str, new: str, message: str) -> None:
    with pytest.raises((BadValue, UnknownName), match=message):
        dataset.rename_class(old, new)
    assert len(dataset.log()) == 1


def test_files_that_come_later_from_the_old_folder_follow(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=1))
        dataset.rename_class("cat", "feline")
        picture(tmp_path / "in" / "cat" / "new.png", 7)
        report = dataset.import_(tmp_path / "in")
        assert (report.files, report.new_classes) == ({"already present": 2, "added": 1}, ())
        assert counts(dataset) == {"dog": 1, "feline": 2}
        dataset.add_class("cat")  # from now on a class of its own: what comes later is one
        assert counts(dataset) == {"cat": 0, "dog": 1, "feline": 2}
        picture(tmp_path / "in" / "cat" / "newest.png", 8)
        dataset.import_(tmp_path / "in")
        assert labels(dataset) == {
            "cat/0.png": "feline", "cat/new.png": "feline", "cat/newest.png": "cat", "dog/0.png": "dog",
        }  # fmt: skip
        assert counts(dataset, 1) == {"cat": 1, "dog": 1}


def test_a_class_made_anew_under_an_old_name_is_another_one(dataset: trainset.Workbench) -> None:
    dataset.label("cat", where=named([1]))
    dataset.rename_class("cat", "feline")
    dataset.label("cat", where=named([2]), new_class=True)
    after = labels(dataset)
    assert (after["text 00"], after["text 01"], after["text 02"]) == ("feline", "feline", "cat")
    dataset.rename_class("cat", "lion")
    after = labels(dataset)
    assert (after["text 00"], after["text 01"], after["text 02"]) == ("feline", "feline", "lion")


def test_merging_makes_several_classes_one_and_undo_parts_them(dataset: trainset.Workbench) -> None:
    before = labels(dataset)
    dataset.define_class("dog", "barks")
    dataset.define_class("bird", "sings")
    seq = dataset.merge_classes(["cat", "bird", "cat", "dog"], "dog", reason="too few")
    assert [(e.kind, e.subject, e.value) for e in dataset.entries(seq)] == [
        (EntryKind.CLASS_MERGED, "cat", "dog"), (EntryKind.CLASS_MERGED, "bird", "dog"),
    ]  # fmt: skip
    assert dataset.classes() == [ClassInfo("dog", "barks", samples=11)]
    dataset.undo()
    assert labels(dataset) == before
    assert dataset.classes()[0].definition == "sings"
    for names, into, error in (
        (["cat"], "cat", BadValue),
        ([], "dog", BadValue),
        (["x"], "dog", UnknownName),
        (["cat"], "x", UnknownName),
    ):
        with pytest.raises(error):
            dataset.merge_classes(names, into)


def test_a_split_by_selection_is_one_action(dataset: trainset.Workbench) -> None:
    change = dataset.split_class("cat", "kitten", where="meta.score < 40", reason="small ones")
    assert change.changed == 2
    assert [entry.kind for entry in dataset.entries(change.action or 0)] == [
        EntryKind.CLASS_ADDED,
        EntryKind.LABEL,
        EntryKind.LABEL,
    ]
    assert counts(dataset) == {"bird": 3, "cat": 2, "dog": 4, "kitten": 2}
    again = dataset.split_class("cat", "kitten", [rows(dataset)["text 06"]["id"], rows(dataset)["text 01"]["id"]])
    assert (again.changed, labels(dataset)["text 01"]) == (1, "dog")  # only what is in the class
    for where in ("label = 'dog'", "false"):
        with pytest.raises(BadValue, match="no sample of class 'cat'"):
            dataset.split_class("cat", "x", where=where)
    assert len(dataset.log()) == 3
    dataset.undo()
    dataset.undo()
    assert counts(dataset) == {"bird": 3, "cat": 4, "dog": 4}


def test_classes_with_odd_names_survive_renaming_and_filters(dataset: trainset.Workbench) -> None:
    odd = 'it\'s "a/b" \\ % _ <b> 日本'
    dataset.rename_class("cat", odd)
    assert dataset.look(label=odd).total == 4
    dataset.merge_classes([odd], "dog")
    assert counts(dataset) == {"bird": 3, "dog": 8}


def test_labels_of_a_source_that_no_person_could_type_are_classes_too(tmp_path: Path) -> None:
    from tests.work.made import write

    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label"), ("one", " cat"), ("two", "a\nb")]))
        assert counts(dataset) == {" cat": 1, "a\nb": 1}
        dataset.rename_class(" cat", "cat")
        dataset.merge_classes(["a\nb"], "cat")
        assert counts(dataset) == {"cat": 2}


def test_classes_of_a_source_stay_when_an_earlier_one_that_had_them_too_is_undone(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(texts(tmp_path / "a.csv", [("one", "cat")]))
        dataset.import_(texts(tmp_path / "b.csv", [("two", "cat"), ("three", "dog")]))
        dataset.undo(1)
        assert counts(dataset) == {"cat": 1, "dog": 1}
        assert dataset.label("cat", where="label = 'dog'").changed == 1
