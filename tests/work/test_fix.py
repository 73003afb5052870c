"""Fixing: label, exclude, restore, move to another split; one action each, with who, when and why."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.helpers import pictures
from tests.work.made import copied, labels, named, rows

import trainset
from trainset.errors import BadFilter, BadValue, UnknownName
from trainset.model import EntryKind


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with copied(tmp_path) as opened:
        yield opened


def length(dataset: trainset.Workbench) -> int:
    return len(dataset.log())


def test_a_label_by_filter_is_one_action_with_who_when_and_why(dataset: trainset.Workbench) -> None:
    before = datetime.now(UTC)
    change = dataset.label("dog", where="label = 'cat'", reason="they bark", person="grace")
    assert (change.verb, change.changed, change.unchanged) == ("label", 4, 0)
    action = dataset.log()[-1]
    assert (action.seq, action.person, action.verb, action.reason) == (change.action, "grace", "label", "they bark")
    assert before <= action.at <= datetime.now(UTC)
    assert action.entries == 4
    found = labels(dataset)
    assert [found[f"text {n:02}"] for n in range(12)] == ["dog", "dog", "bird"] * 3 + ["dog", "dog", None]
    assert {row["source_label"] for row in dataset.look(where="text = 'text 00'")} == {"cat"}


def test_the_person_is_the_one_of_the_environment_unless_named(
    dataset: trainset.Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.label("dog", where=named([0]))
    assert dataset.log()[-1].person == "ada"
    monkeypatch.setenv("TRAINSET_PERSON", "Grace Hopper")
    dataset.label("bird", where=named([0]))
    assert dataset.log()[-1].person == "Grace Hopper"
    for name in ("a\nb", "x" * 201, "\x1b[31m"):
        with pytest.raises(BadValue, match="person's name"):
            dataset.label("cat", where=named([0]), person=name)


def test_ids_and_their_beginnings_name_samples(dataset: trainset.Workbench) -> None:
    found = rows(dataset)
    whole, short = found["text 00"]["id"], found["text 01"]["id"][:6]
    change = dataset.label("bird", [whole, short.upper(), whole])
    assert change.changed == 2
    assert set(change.samples) == {whole[:12], found["text 01"]["id"][:12]}
    after = labels(dataset)
    assert (after["text 00"], after["text 01"], after["text 03"]) == ("bird", "bird", "cat")


@pytest.mark.parametrize("name", ["", "abc", "0" * 33, "ffffffffffff", "text 00", "../x", "xyz0"])
def test_an_unknown_sample_is_refused_and_nothing_changes(dataset: trainset.Workbench, name: str) -> None:
    known = rows(dataset)["text 00"]["id"]
    before = length(dataset)
    with pytest.raises(UnknownName, match="there is no sample"):
        dataset.label("dog", [known, name])
    assert length(dataset) == before


def test_a_beginning_of_several_ids_is_refused_with_them(tmp_path: Path) -> None:
    from tests.work.made import write

    with trainset.init(tmp_path / "many") as dataset:
        dataset.import_(write(tmp_path / "m.csv", [("text",), *((f"t{n}",) for n in range(2000))]))
        ids = sorted(row["id"][:4] for row in dataset.look(n=2000))
        twice = next(
            a for a, b in itertools.pairwise(ids) if a == b and not a.isdecimal()
        )  # 2,000 ids in 65,536 places
        with pytest.raises(BadValue, match="several samples") as caught:
            dataset.exclude([twice])
        assert caught.value.got.count(twice) >= 2


def test_paths_name_samples(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=2))
        dataset.label("dog", ["cat/0.png"])
        dataset.exclude(["dog/1.png"], where="label = 'cat'")  # both must hold: nobody is meant
        assert labels(dataset) == {"cat/0.png": "dog", "cat/1.png": "cat", "dog/0.png": "dog", "dog/1.png": "dog"}
        assert not rows(dataset)["dog/1.png"]["excluded"]


def test_a_class_that_does_not_exist_is_refused_unless_it_is_to_be_new(dataset: trainset.Workbench) -> None:
    with pytest.raises(UnknownName, match="no class 'ct'") as caught:
        dataset.label("ct", where=named([0]))
    assert caught.value.expected == "bird, cat, dog"
    change = dataset.label("wolf", where=named([0, 3]), new_class=True)
    kinds = [entry.kind for entry in dataset.entries(change.action or 0)]
    assert kinds == [EntryKind.CLASS_ADDED, EntryKind.LABEL, EntryKind.LABEL]
    assert {c.name: c.samples for c in dataset.classes()} == {"bird": 3, "cat": 2, "dog": 4, "wolf": 2}
    dataset.undo()
    assert "wolf" not in {c.name for c in dataset.classes()}
    assert labels(dataset)["text 00"] == "cat"


BAD_NAMES = [" cat", "cat ", "\u3000cat", "a\nb", "a\u2028b", "\x00", "\x7f", "\x85", "x" * 501, "\ud800"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_new_class_needs_a_name_that_can_be_shown(dataset: trainset.Workbench, name: str) -> None:
    before = length(dataset)
    for attempt in (
        lambda: dataset.label(name, where=named([0]), new_class=True),
        lambda: dataset.add_class(name),
        lambda: dataset.rename_class("cat", name),
        lambda: dataset.split_class("cat", name, where=named([0])),
    ):
        with pytest.raises(BadValue, match="cannot be a class's name"):
            attempt()
    assert length(dataset) == before


@pytest.mark.parametrize(
    "name", ["a/b", "../x", "CON", "cat'", '"; drop', "日本語", "👩‍🔬", "x" * 500, "<b>", "%41", "-"]
)
def test_any_other_name_is_a_class(dataset: trainset.Workbench, name: str) -> None:
    dataset.label(name, where=named([0]), new_class=True)
    assert dataset.look(label=name).total == 1
    assert labels(dataset)["text 00"] == name


@pytest.mark.parametrize("to", [None, ""])
def test_a_label_can_be_taken_away(dataset: trainset.Workbench, to: str | None) -> None:
    assert dataset.label(to, where=named([0, 11])).changed == 1
    assert labels(dataset)["text 00"] is None
    assert dataset.look(label="").total == 2
    assert dataset.status().unlabelled == 2


Verb = Callable[[trainset.Workbench], Any]
VERBS: dict[str, Verb] = {
    "label": lambda d: d.label("dog"),
    "exclude": lambda d: d.exclude(),
    "restore": lambda d: d.restore(),
    "move_split": lambda d: d.move_split("test"),
    "nobody meant by a filter": lambda d: d.label("dog", [], where=""),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())
def test_naming_nothing_changes_nothing(dataset: trainset.Workbench, verb: Verb) -> None:
    before = length(dataset)
    with pytest.raises(BadValue, match="say which samples"):
        verb(dataset)
    assert length(dataset) == before


@pytest.mark.parametrize("where", ["  ", "label = ", "nope = 1", "label = 'cat'; drop table samples", "seconds < 1"])
def test_a_bad_filter_changes_nothing(dataset: trainset.Workbench, where: str) -> None:
    before = length(dataset)
    with pytest.raises(BadFilter):
        dataset.exclude(where=where)
    with pytest.raises(BadFilter):
        dataset.restore(where=where)
    assert length(dataset) == before


def test_what_is_so_already_makes_no_entry_and_no_action(dataset: trainset.Workbench) -> None:
    before = length(dataset)
    change = dataset.label("cat", where="label = 'cat'")
    assert (change.action, change.changed, change.unchanged) == (None, 0, 4)
    assert dataset.restore(where="true").action is None
    assert dataset.exclude(where="false").as_dict() == {
        "verb": "exclude", "action": None, "changed": 0, "unchanged": 0, "samples": [],
    }  # fmt: skip
    assert length(dataset) == before
    change = dataset.label("cat", where="label in ('cat', 'dog')")
    assert (change.changed, change.unchanged) == (4, 4)
    assert len(dataset.entries(change.action or 0)) == 4


def test_the_same_key_twice_is_one_action(dataset: trainset.Workbench) -> None:
    first = dataset.label("dog", where=named([0]), key="answer-1")
    again = dataset.label("dog", where=named([0]), key="answer-1")
    assert again.action in (None, first.action)
    dataset.label("bird", where=named([0]), person="grace")
    late = dataset.label("dog", where=named([0]), key="answer-1")  # sent again after someone else's answer
    assert late.action == first.action
    assert labels(dataset)["text 00"] == "bird"
    assert [action.verb for action in dataset.log()] == ["import", "label", "label"]
    other = dataset.exclude(where=named([0]), key="answer-2")
    assert other.action == 3 + 1


def test_excluded_samples_are_left_alone_unless_spoken_of(dataset: trainset.Workbench) -> None:
    found = rows(dataset)
    dataset.exclude(where=named([0, 3]), reason="noise")
    assert dataset.look(where="label = 'cat'").total == 2
    assert dataset.label("dog", where="label = 'cat'").changed == 2
    assert labels(dataset)["text 00"] == "cat"
    assert dataset.look(where="excluded").total == 2
    assert dataset.look(where="excluded and label = 'cat'").total == 2
    assert dataset.label("bird", where="label = 'cat' and EXCLUDED").changed == 2
    assert dataset.label("dog", [found["text 00"]["id"]]).changed == 1  # named by id: meant
    assert dataset.look([found["text 00"]["id"]]).rows()[0]["excluded"]


def test_restore_runs_over_the_excluded_ones(dataset: trainset.Workbench) -> None:
    dataset.exclude(where=named([0, 1]))
    change = dataset.restore(where="label = 'cat' or label = 'bird'")
    assert (change.changed, change.unchanged) == (1, 0)
    assert {text for text, row in rows(dataset).items() if row["excluded"]} == {"text 01"}
    assert dataset.restore(where="true -- all of them").changed == 1
    assert dataset.look().total == 12


@pytest.mark.parametrize(
    ("spelled", "meant"), [("TEST", "test"), ("dev", "validation"), ("Training", "train"), ("production", "production")]
)
def test_splits_go_by_their_usual_spellings(dataset: trainset.Workbench, spelled: str, meant: str) -> None:
    dataset.move_split(spelled, where="true")
    assert {row["split"] for row in rows(dataset).values()} == {meant}
    dataset.move_split("", where=named([0]))
    assert dataset.look(split="").total == 1
    with pytest.raises(BadValue, match="no such split") as caught:
        dataset.move_split("holdout", where="true")
    assert caught.value.expected == "train, validation, test, production"


def test_the_samples_of_a_large_change_are_listed_up_to_a_thousand(tmp_path: Path) -> None:
    from tests.work.made import write

    with trainset.init(tmp_path / "many") as dataset:
        dataset.import_(write(tmp_path / "m.csv", [("text", "label"), *((f"t{n}", "a") for n in range(1500))]))
        change = dataset.exclude(where="true")
        assert (change.changed, len(change.samples), len(dataset.entries(change.action or 0))) == (1500, 1000, 1500)
        assert dataset.status().samples == 0
