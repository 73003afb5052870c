"""Versions never change, their digest can be recomputed by anyone, and a diff says what changed by whom and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import picture, pictures, texts
from tests.work.made import copied, digest, labels, named, rows, twelve, write

import trainset
from trainset.errors import BadValue, TrainsetError, UnknownName
from trainset.work.diff import Diff


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with copied(tmp_path) as opened:
        yield opened


@pytest.fixture
def images(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """`cat/0.png`, `cat/1.png`, `dog/0.png`, `dog/1.png` from the folder `in` beside it."""
    with trainset.init(tmp_path / "pets") as opened:
        opened.import_(pictures(tmp_path / "in", each=2))
        yield opened


def changes(found: Diff) -> set[tuple[Any, ...]]:
    return {(r["kind"], r["path"], r["before"], r["after"], r["action"]) for r in found.table.to_pylist()}


def by_text(dataset: trainset.Workbench, found: Diff) -> dict[str, tuple[Any, ...]]:
    names = {row["id"][:12]: text for text, row in rows(dataset).items()}
    return {
        names.get(r["id"], r["id"]): (r["kind"], r["before"], r["after"], r["action"]) for r in found.table.to_pylist()
    }


@pytest.mark.parametrize(
    "name", ["", " ", "v 1 ", "now", "start", "#1", "-1", "--x", "a\nb", "a\tb", "\x1b[1m", "\ud800"]
)
def test_a_name_that_means_something_else_is_refused(dataset: trainset.Workbench, name: str) -> None:
    with pytest.raises(BadValue, match="cannot be a version's name"):
        dataset.version(name)
    assert dataset.versions() == []


@pytest.mark.parametrize("name", ["v1", "2024-01 für Berlin", "a/b", "v1.0", "1", "日本", "it's"])
def test_any_other_name_is_a_version_once(dataset: trainset.Workbench, name: str) -> None:
    made = dataset.version(name, "as imported", person="grace")
    assert dataset.versions() == [made]
    assert (made.name, made.message, made.person, made.seq, made.samples) == (name, "as imported", "grace", 1, 12)
    dataset.exclude(where=named([0]))
    with pytest.raises(BadValue, match="already"):
        dataset.version(name)
    assert dataset.versions() == [made]
    assert dataset.look(at=name).total == 12


def test_the_digest_is_what_the_pages_say(dataset: trainset.Workbench) -> None:
    dataset.label(None, where=named([0]))
    dataset.exclude(where=named([1]))
    dataset.move_split("production", where=named([2]))
    dataset.move_split(None, where=named([3]))
    dataset.rename_class("cat", 'it\'s "a/b" \\ 日本 \u2028 é 👩‍🔬'.replace("\u2028", ""))
    made = dataset.version("v1")
    assert made.digest == digest(rows(dataset).values())
    assert made.samples == 11
    dataset.exclude(where="true")
    assert dataset.version("nothing left").digest == digest([])


ANY_LABEL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ODD = st.sampled_from(
    [
        "\x01",
        "\x1f\x1a\x0e",
        "\x7f\x85",
        '"',
        "\\",
        "\\u001f",
        "/",
        "\u2028\u2029",
        "\r\n\t\b\f",
        "é",
        "\ufeff",
        "\U0010ffff",
    ]
)


@pytest.fixture(scope="module")
def odd_labels() -> Iterator[trainset.Workbench]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, trainset.init(Path(folder) / "set") as opened:
        opened.import_(write(Path(folder) / "t.csv", [("text", "label"), *((f"text {n}", "a") for n in range(4))]))
        yield opened


def by_import(dataset: trainset.Workbench, found: list[str | None]) -> None:
    """Writes the labels as an import would: a label of a source may be any text."""
    from trainset.model import Entry, EntryKind
    from trainset.store import log

    ids = sorted(row["id"] for row in dataset.look(n=10))
    entries = [
        Entry(EntryKind.LABEL, sample=bytes.fromhex(name), value=label) for name, label in zip(ids, found, strict=True)
    ]
    log.append(dataset, "label", "ada", "", entries)


@settings(max_examples=60, deadline=None)  # a query table each
@given(found=st.lists(st.none() | ANY_LABEL | st.lists(ODD, max_size=3).map("".join), min_size=4, max_size=4))
def test_any_label_has_the_digest_of_its_line(odd_labels: trainset.Workbench, found: list[str | None]) -> None:
    by_import(odd_labels, found)
    made = odd_labels.version(f"v{len(odd_labels.versions())}")
    assert sorted(map(repr, labels(odd_labels).values())) == sorted(map(repr, found))
    assert made.digest == digest(rows(odd_labels).values())


def test_control_characters_of_a_source_are_in_the_digest_as_json_writes_them(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label"), ("one", "a\x1fb"), ("two", "\\u001F")]))
        assert set(labels(dataset).values()) == {"a\x1fb", "\\u001F"}
        assert dataset.version("v1").digest == digest(rows(dataset).values())


def deeds(dataset: trainset.Workbench) -> None:
    dataset.label("dog", where=named([0, 1, 2]), reason="they bark")
    dataset.exclude(where=named([3]))
    dataset.rename_class("bird", "fowl")
    dataset.move_split("test", where="meta.score > 80")
    dataset.label("cat", where=named([1]))
    dataset.undo()


def test_the_same_source_and_the_same_actions_give_the_same_digest_elsewhere(tmp_path: Path) -> None:
    found = []
    for place, person in (("here", "ada"), ("there", "grace")):
        shutil.copytree(twelve(), tmp_path / place / "source", ignore=shutil.ignore_patterns("set"))
        with trainset.init(tmp_path / place / "named otherwise") as dataset:
            dataset.import_(tmp_path / place / "source" / "t.csv", person=person)
            if person == "grace":
                dataset.note("more actions that change no sample")
            deeds(dataset)
            found.append(dataset.version(f"of {person}").digest)
    assert found[0] == found[1]
    with trainset.init(tmp_path / "third") as dataset:
        dataset.import_(twelve() / "t.csv", name="another source")
        deeds(dataset)
        assert dataset.version("v").digest != found[0]  # ids hold the source's name


def test_a_version_never_changes(dataset: trainset.Workbench, tmp_path: Path) -> None:
    deeds(dataset)
    made = dataset.version("v1")
    before = (rows(dataset, "v1"), dataset.classes("v1"), dataset.status("v1", disk=False).as_dict()["counts"])
    dataset.label("cat", where="true")
    dataset.exclude(where=named([5, 6]))
    dataset.merge_classes(["dog"], "cat")
    dataset.import_(texts(tmp_path / "more.csv", [("new", "cat"), ("newer", "newt")]))
    dataset.point_source("t.csv", tmp_path)
    dataset.import_(write(tmp_path / "t.csv", [("text", "label"), *((f"text {n:02}", "cow") for n in range(12))]))
    dataset.undo(2)
    assert (rows(dataset, "v1"), dataset.classes("v1"), dataset.status("v1", disk=False).as_dict()["counts"]) == before
    assert digest(rows(dataset, "v1").values()) == made.digest
    assert dataset.versions() == [made]
    assert dataset.version("v2").digest == digest(rows(dataset).values()) != made.digest


def test_a_diff_says_who_changed_what_when_and_why(dataset: trainset.Workbench) -> None:
    before = labels(dataset)
    dataset.version("v1")
    relabelled = dataset.label("dog", where=named([0, 3]), reason="they bark", person="grace")
    excluded = dataset.exclude(where=named([1]), reason="noise")
    moved = dataset.move_split("production", where=named([2]))
    dataset.version("v2")
    found = dataset.diff("v1", "v2")
    assert by_text(dataset, found) == {
        "text 00": ("relabelled", "cat", "dog", relabelled.action),
        "text 03": ("relabelled", "cat", "dog", relabelled.action),
        "text 01": ("excluded", None, None, excluded.action),
        "text 02": ("moved split", rows(dataset, "v1")["text 02"]["split"], "production", moved.action),
    }
    assert found.counts == {"excluded": 1, "relabelled": 2, "moved split": 1}
    [group] = [g for g in found.groups() if g["kind"] == "relabelled"]
    action = dataset.log()[(relabelled.action or 0) - 1]
    assert (group["samples"], group["person"], group["reason"], group["verb"], group["at"]) == (
        2, "grace", "they bark", "label", action.at.isoformat(),
    )  # fmt: skip
    assert found.to_arrow().num_rows == 4
    assert (found.as_dict()["a"], found.as_dict()["b"], len(found.as_dict()["changes"])) == ("v1", "v2", 4)
    restored = dataset.restore(where="true")
    assert by_text(dataset, dataset.diff("v2")) == {"text 01": ("restored", None, None, restored.action)}
    assert labels(dataset, "v1") == before


def test_nothing_changed_is_an_empty_diff(dataset: trainset.Workbench) -> None:
    dataset.version("v1")
    dataset.note("nothing of a sample")
    dataset.add_class("fish")
    found = dataset.diff("v1")
    assert (found.counts, found.groups(), found.table.num_rows) == ({}, [], 0)
    with pytest.raises(UnknownName, match="no version 'v9'"):
        dataset.diff("v9")


def test_what_was_undone_in_between_is_no_change_and_undoing_earlier_work_is_one(dataset: trainset.Workbench) -> None:
    done = dataset.label("dog", where=named([0]))
    dataset.exclude(where=named([3]))
    dataset.version("v1")
    dataset.label("bird", where=named([1]))
    dataset.undo()
    assert dataset.diff("v1").table.num_rows == 0
    seq, _ = dataset.undo(done.action, reason="it was a cat", person="grace")
    found = dataset.diff("v1")
    assert by_text(dataset, found) == {"text 00": ("relabelled", "dog", "cat", seq)}
    assert (found.groups()[0]["person"], found.groups()[0]["reason"]) == ("grace", "it was a cat")
    back, _ = dataset.undo(seq, person="grace")
    assert by_text(dataset, dataset.diff(f"#{seq}")) == {"text 00": ("relabelled", "cat", "dog", back)}
    assert dataset.diff("v1").table.num_rows == 0


def test_the_action_named_is_the_one_that_made_it_so(dataset: trainset.Workbench) -> None:
    dataset.version("v1")
    dataset.label("dog", where=named([0, 3]))
    wanted = dataset.label("bird", where=named([0]))
    dataset.undo(2)  # takes back what no longer counts for 00
    assert by_text(dataset, dataset.diff("v1")) == {"text 00": ("relabelled", "cat", "bird", wanted.action)}


def test_renamed_and_merged_classes_are_told_by_their_action_in_both_directions(dataset: trainset.Workbench) -> None:
    dataset.version("v1")
    renamed = dataset.rename_class("cat", "feline", reason="as in the paper")
    merged = dataset.merge_classes(["bird"], "dog")
    dataset.label("dog", where=named([11]))
    dataset.undo()
    found = by_text(dataset, dataset.diff("v1"))
    assert found["text 00"] == ("relabelled", "cat", "feline", renamed)
    assert found["text 02"] == ("relabelled", "bird", "dog", merged)
    assert len(found) == 7
    back = by_text(dataset, dataset.diff("now", "v1"))
    assert back["text 00"] == ("relabelled", "feline", "cat", renamed)
    assert back["text 02"] == ("relabelled", "dog", "bird", merged)
    assert len(back) == 7


def test_a_rename_that_was_undone_is_told_by_the_undo(dataset: trainset.Workbench) -> None:
    dataset.rename_class("cat", "feline")
    dataset.version("v1")
    seq, _ = dataset.undo()
    found = by_text(dataset, dataset.diff("v1"))
    assert found["text 00"] == ("relabelled", "feline", "cat", seq)
    again, _ = dataset.undo(seq)
    assert by_text(dataset, dataset.diff(f"#{seq}"))["text 00"] == ("relabelled", "cat", "feline", again)


def test_added_changed_and_moved_files_are_told_by_their_import(images: trainset.Workbench, tmp_path: Path) -> None:
    images.move_split("train", where="true")  # else other bytes may be proposed another split
    images.version("v1")
    picture(tmp_path / "in" / "cat" / "0.png", 99)
    (tmp_path / "in" / "dog" / "1.png").rename(tmp_path / "in" / "dog" / "one.png")
    picture(tmp_path / "in" / "dog" / "new.png", 98)
    assert images.import_(tmp_path / "in").action == 3
    images.exclude(["cat/1.png"])
    images.undo()
    images.import_(pictures(tmp_path / "other", classes=("cow",), each=1))
    found = images.diff("v1")
    content = {r["path"]: r["content"][:12] for r in rows(images, "v1").values()}
    now = {r["path"]: r["content"][:12] for r in rows(images).values()}
    assert changes(found) == {
        ("changed content", "cat/0.png", content["cat/0.png"], now["cat/0.png"], 3),
        ("moved file", "dog/one.png", "dog/1.png", "dog/one.png", 3),
        ("added", "dog/new.png", None, "dog", 3),
        ("added", "cow/0.png", None, "cow", 6),
    }
    assert found.counts == {"added": 2, "changed content": 1, "moved file": 1}
    assert changes(images.diff("now", "v1")) == {
        ("changed content", "cat/0.png", now["cat/0.png"], content["cat/0.png"], 3),
        ("moved file", "dog/1.png", "dog/one.png", "dog/1.png", 3),
        ("removed", "dog/new.png", "dog", None, 3),
        ("removed", "cow/0.png", "cow", None, 6),
    }


def test_an_import_that_was_undone_removes_and_brought_back_adds(images: trainset.Workbench, tmp_path: Path) -> None:
    images.import_(pictures(tmp_path / "other", classes=("cow",), each=1))
    images.version("v1")
    seq, _ = images.undo()
    assert changes(images.diff("v1")) == {("removed", "cow/0.png", "cow", None, seq)}
    again, _ = images.undo(seq)
    assert changes(images.diff(f"#{seq}")) == {("added", "cow/0.png", None, "cow", again)}
    assert images.diff("v1").counts == {}


def test_other_labels_and_splits_of_the_source_are_told_by_their_import(tmp_path: Path) -> None:
    source = write(tmp_path / "t.csv", [("text", "label", "split"), ("one", "a", "train"), ("two", "a", "train")])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        write(source, [("text", "label", "split"), ("one", "b", "train"), ("two", "a", "test")])
        dataset.import_(source, person="grace")
        dataset.note("later")
        assert by_text(dataset, dataset.diff(1)) == {
            "one": ("relabelled", "a", "b", 2),
            "two": ("moved split", "train", "test", 2),
        }
        assert by_text(dataset, dataset.diff("now", 1)) == {
            "one": ("relabelled", "b", "a", 2),
            "two": ("moved split", "test", "train", 2),
        }


def test_who_came_and_went_while_excluded_is_no_change(dataset: trainset.Workbench) -> None:
    dataset.exclude(where=named([0]))
    found = dataset.diff("start", "now")
    assert found.counts == {"added": 11}
    assert "text 00" not in by_text(dataset, found)
    assert dataset.diff("now", "start").counts == {"removed": 11}


Reader = Callable[[trainset.Workbench, Any], Any]
READERS: dict[str, Reader] = {
    "look": lambda d, at: d.look(at=at).total,
    "look by id": lambda d, at: len(d.look(d.look(n=1).ids, at=at)),
    "status": lambda d, at: d.status(at).samples,
    "classes": lambda d, at: sum(c.samples for c in d.classes(at)),
    "log": lambda d, at: len(d.log(at=at)),
    "notes": lambda d, at: len(d.notes(at)),
    "diff": lambda d, at: d.diff(at).table.num_rows,
    "export": lambda d, at: d.export(d.folder.parent / f"{len([*d.folder.parent.iterdir()])}.csv", at=at).samples,
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
def test_positions_are_named_by_version_number_start_or_now(dataset: trainset.Workbench, reader: Reader) -> None:
    dataset.version("v1")
    dataset.exclude(where="label = 'cat'")
    dataset.note("a remark")
    if reader is not READERS["look by id"]:
        assert reader(dataset, "v1") == reader(dataset, "#1")
        assert reader(dataset, 3) == reader(dataset, "now") != reader(dataset, "start")
        assert reader(dataset, "start") == reader(dataset, 0)
    assert reader(dataset, "#2") is not None
    for at in ("v9", "#4", "#-1", "#x", "#" + "9" * 5000, -1, 4, "", "NOW"):
        with pytest.raises(UnknownName):
            reader(dataset, at)


def test_look_status_classes_and_export_stand_at_a_version(dataset: trainset.Workbench, tmp_path: Path) -> None:
    dataset.version("v1")
    dataset.label("dog", where="label = 'cat'")
    dataset.exclude(where=named([2]))
    dataset.add_class("fish")
    assert (dataset.look(label="cat", at="v1").total, dataset.look(label="cat").total) == (4, 0)
    assert (
        dataset.look(where="label = 'cat' and not excluded", sort="-text", n=1, at="#1").rows()[0]["text"] == "text 09"
    )
    assert dataset.status("v1").counts.keys() >= {"cat", "dog", "bird"}
    assert (dataset.status("v1").version, dataset.status().version) == ("v1", "")
    assert {c.name for c in dataset.classes("v1")} == {"bird", "cat", "dog"}
    report = dataset.export(tmp_path / "v1.csv", at="v1")
    assert (report.at, report.samples) == (1, 12)
    assert (tmp_path / "v1.csv").read_text().count(",cat,") == 4
    assert dataset.export(tmp_path / "now.csv").samples == 11


def test_kept_media_outlive_their_source(images: trainset.Workbench, tmp_path: Path) -> None:
    done: list[int] = []
    bytes_before = (tmp_path / "in" / "cat" / "0.png").read_bytes()
    images.exclude(["dog/1.png"])
    made = images.version("v1", keep_media=True, progress=done.append)
    assert (made.keeps_media, sum(done), made.samples) == (True, 3, 3)
    shutil.rmtree(tmp_path / "in")
    report = images.export(tmp_path / "out", at="v1", format="class_folders")
    assert (report.samples, report.failed) == (3, ())
    assert (tmp_path / "out" / "cat" / "0.png").read_bytes() == bytes_before
    assert images.look(["cat/0.png"]).media(0) == bytes_before
    late = images.export(tmp_path / "all", at="start")
    assert (late.samples, late.selected) == (0, 0)
    images.restore(where="true")
    assert images.export(tmp_path / "now").failed == ("in: dog/1.png: the file is no longer there",)


def test_media_that_changed_cannot_be_kept(images: trainset.Workbench, tmp_path: Path) -> None:
    picture(tmp_path / "in" / "cat" / "0.png", 55)
    with pytest.raises(TrainsetError, match="changed since"):
        images.version("v1", keep_media=True)
    assert images.versions() == []
    images.import_(tmp_path / "in")
    assert images.version("v1", keep_media=True).keeps_media
