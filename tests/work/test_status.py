"""Status: counts, imbalance, what was computed, and what changed on disk."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import picture, pictures, texts
from tests.work.made import copied, named, rows, write

import trainset
from trainset.store import measured
from trainset.work.on_disk import OnDisk


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with copied(tmp_path) as opened:
        yield opened


@pytest.fixture
def images(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path / "pets") as opened:
        opened.import_(pictures(tmp_path / "in", each=2))
        yield opened


def test_the_counts_are_those_of_the_samples(dataset: trainset.Workbench) -> None:
    dataset.move_split("train", where="label is not null")
    dataset.move_split("test", where=named([0, 1]))
    dataset.move_split("", where=named([11]))
    dataset.label("cat", where=named([2]))
    dataset.exclude(where=named([3, 4]))
    dataset.add_class("fish", definition="swims")
    dataset.version("v1")
    dataset.note("a remark")
    status = dataset.status()
    assert (status.samples, status.excluded, status.unlabelled, status.medium) == (10, 2, 1, "text")
    assert status.counts == {
        "cat": {"train": 3, "test": 1},
        "dog": {"train": 2, "test": 1},
        "bird": {"train": 2},
        "": {"": 1},
    }
    assert list(status.counts) == ["cat", "dog", "bird", ""]
    assert status.splits == ("train", "test", "")
    assert status.imbalance == 2.0
    assert {c.name: c.samples for c in status.classes} == {"bird": 2, "cat": 4, "dog": 3, "fish": 0}
    assert [v.name for v in status.versions] == ["v1"]
    assert [n.text for n in status.notes] == ["a remark"]
    assert (status.at, status.actions) == (8, 8)
    assert status.folder == str(dataset.folder)
    [source] = status.sources
    assert (source["name"], source["format"], source["samples"]) == ("t.csv", "csv", 12)
    found = [row for row in rows(dataset).values() if not row["excluded"]]
    assert sum(sum(splits.values()) for splits in status.counts.values()) == len(found)


def test_at_a_version_it_tells_what_was_then(dataset: trainset.Workbench) -> None:
    dataset.version("v1")
    dataset.note("later")
    dataset.exclude(where="label = 'cat'")
    dataset.version("v2")
    then, now = dataset.status("v1"), dataset.status()
    assert (then.samples, then.excluded, then.version, then.at, then.actions) == (12, 0, "v1", 1, 1)
    assert ([v.name for v in then.versions], then.notes) == (["v1"], ())
    assert (now.samples, now.excluded, now.version, [v.name for v in now.versions]) == (8, 4, "v2", ["v1", "v2"])
    start = dataset.status("start")
    assert (start.samples, start.counts, start.classes, start.imbalance, start.sources) == (0, {}, (), None, ())


@pytest.mark.parametrize(
    ("labels", "imbalance"),
    [([], None), (["a"], None), (["a", "b"], 1.0), (["a", "a", "a", "b", "b", ""], 1.5), (["", ""], None)],
)
def test_imbalance_is_the_largest_class_over_the_smallest(
    tmp_path: Path, labels: list[str], imbalance: float | None
) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        if labels:
            dataset.import_(texts(tmp_path / "t.csv", [(f"t{n}", label) for n, label in enumerate(labels)]))
        dataset.add_class("of nobody")
        assert dataset.status().imbalance == imbalance


def test_all_of_it_is_json(dataset: trainset.Workbench) -> None:
    dataset.version("v1")
    dataset.note("a remark", label="cat")
    found = json.loads(json.dumps(dataset.status().as_dict()))
    assert found["samples"] == 12
    assert found["versions"][0]["name"] == "v1"
    assert found["notes"][0]["label"] == "cat"
    assert found["classes"][1]["name"] == "cat"


def test_what_was_computed_is_counted_by_measure(dataset: trainset.Workbench) -> None:
    names = measured.measures_of("text")
    assert {"characters", "words", "language", "bytes"} <= set(names)
    assert dataset.status().computed == dict.fromkeys(names, 12)
    for part in dataset.place("measures").glob("*.parquet"):
        part.unlink()
    assert dataset.status().computed == dict.fromkeys(names, 0)


def test_texts_of_a_list_are_not_on_disk(dataset: trainset.Workbench) -> None:
    assert dataset.status().on_disk == ()


def test_nothing_changed_on_disk(images: trainset.Workbench) -> None:
    assert images.status().on_disk == (OnDisk("in", 4, 0, 0, ()),)
    assert images.status(disk=False).on_disk == ()


def test_missing_and_changed_files_are_counted_and_named(images: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "in" / "cat" / "0.png").unlink()
    picture(tmp_path / "in" / "cat" / "1.png", 99)
    (tmp_path / "in" / "dog" / "0.png").touch()  # another time, the same content
    (tmp_path / "in" / "dog" / "1.png").unlink()
    (tmp_path / "in" / "dog" / "1.png").mkdir()
    [found] = images.status().on_disk
    assert (found.compared, found.missing, found.changed) == (4, 1, 2)
    assert set(found.names) == {"cat/0.png", "cat/1.png", "dog/1.png"}
    (tmp_path / "in" / "dog" / "1.png").rmdir()
    images.import_(tmp_path / "in")
    assert images.status().on_disk[0].changed == 0


def test_a_link_put_in_a_files_place_is_a_change(images: trainset.Workbench, tmp_path: Path) -> None:
    secret = picture(tmp_path / "secret.png", 77)
    (tmp_path / "in" / "cat" / "0.png").unlink()
    os.symlink(secret, tmp_path / "in" / "cat" / "0.png")
    [found] = images.status().on_disk
    assert (found.missing, found.changed, found.names) == (0, 1, ("cat/0.png",))


def test_a_folder_that_is_gone_is_said_once(images: trainset.Workbench, tmp_path: Path) -> None:
    shutil.move(tmp_path / "in", tmp_path / "elsewhere")
    [found] = images.status().on_disk
    assert (found.missing, found.changed, found.note) == (4, 0, f"{tmp_path / 'in'} is not there")
    images.point_source("in", tmp_path / "elsewhere")
    assert images.status().on_disk == (OnDisk("in", 4, 0, 0, ()),)


def test_a_source_that_is_not_allowed_is_not_looked_at(
    images: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINSET_HOME", str(tmp_path / "someone elses"))
    [found] = images.status().on_disk
    assert (found.compared, found.missing) == (0, 0)
    assert "not allowed" in found.note
    assert [source["allowed"] for source in images.status().sources] == [False]


def test_only_the_last_row_of_a_sample_is_compared(images: trainset.Workbench, tmp_path: Path) -> None:
    picture(tmp_path / "in" / "cat" / "0.png", 99)
    images.import_(tmp_path / "in")
    assert images.status().on_disk == (OnDisk("in", 4, 0, 0, ()),)
    (tmp_path / "in" / "cat" / "0.png").rename(tmp_path / "in" / "cat" / "zero.png")
    images.import_(tmp_path / "in")
    assert images.status().on_disk == (OnDisk("in", 4, 0, 0, ()),)


def test_samples_are_counted_by_source(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "a.csv", [("text",), ("one",), ("two",)]))
        dataset.import_(write(tmp_path / "b.csv", [("text",), ("one",)]))
        assert {source["name"]: source["samples"] for source in dataset.status().sources} == {"a.csv": 2, "b.csv": 1}
        assert dataset.status().unlabelled == 3
