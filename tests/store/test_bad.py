"""Bad files and rows: only what the latest import of each source found, by imports that stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.helpers import picture, pictures, texts

import trainset
from trainset.store import bad
from trainset.store.replay import replay


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    pictures(tmp_path / "pets", each=2)
    (tmp_path / "pets" / "cat" / "broken.png").write_bytes(b"no picture")
    (tmp_path / "pets" / "cat" / "empty.png").write_bytes(b"")
    with trainset.init(tmp_path / "set") as made:
        made.import_(tmp_path / "pets")
        yield made


def names(dataset: trainset.Workbench, at: int | None = None) -> dict[str, str]:
    found = bad.bad(dataset, replay(dataset, at)).to_pylist()
    return {item["name"]: item["outcome"] for item in found}


def test_what_could_not_be_taken_is_listed_with_outcome_and_reason(dataset: trainset.Workbench) -> None:
    assert names(dataset) == {"cat/broken.png": "unreadable", "cat/empty.png": "empty"}
    item = bad.bad(dataset, replay(dataset)).sort_by("name").to_pylist()[0]
    assert (item["source"], item["kind"], item["row"]) == ("pets", "file", None)
    assert "plain text" in item["reason"]
    assert names(dataset, 0) == {}


def test_a_file_mended_or_removed_since_is_no_longer_bad(dataset: trainset.Workbench, tmp_path: Path) -> None:
    picture(tmp_path / "pets" / "cat" / "broken.png", 7)
    dataset.import_(tmp_path / "pets")
    assert names(dataset) == {"cat/empty.png": "empty"}
    assert len(names(dataset, 1)) == 2  # as the set was then
    (tmp_path / "pets" / "cat" / "empty.png").unlink()
    assert dataset.import_(tmp_path / "pets").action is None  # nothing new, and yet the latest word on every file
    assert names(dataset) == {}


def test_an_import_undone_does_not_count_and_counts_again_when_brought_back(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    picture(tmp_path / "pets" / "cat" / "new.png", 8)
    (tmp_path / "pets" / "cat" / "late.png").write_bytes(b"")
    dataset.import_(tmp_path / "pets")
    assert "cat/late.png" in names(dataset)
    undone, _ = dataset.undo()
    assert "cat/late.png" not in names(dataset)
    assert len(names(dataset)) == 2
    dataset.undo(undone)
    assert "cat/late.png" in names(dataset)
    dataset.undo(2)
    dataset.undo(1)
    assert names(dataset) == {}


def test_sources_do_not_speak_for_one_another(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "more", each=1)
    (tmp_path / "more" / "cat" / "broken.png").write_bytes(b"")
    dataset.import_(tmp_path / "more")
    found = {(item["source"], item["name"]) for item in bad.bad(dataset, replay(dataset)).to_pylist()}
    assert found == {("pets", "cat/broken.png"), ("pets", "cat/empty.png"), ("more", "cat/broken.png")}


def test_a_source_of_which_nothing_could_be_taken_is_none(dataset: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "nothing" / "cat").mkdir(parents=True)
    (tmp_path / "nothing" / "cat" / "a.png").write_bytes(b"")
    assert dataset.import_(tmp_path / "nothing").nothing
    assert len(names(dataset)) == 2


def test_lists_of_one_source_are_heard_one_by_one(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        pictures(tmp_path / "in", each=1)
        (tmp_path / "in" / "both.png").write_bytes(b"")
        (tmp_path / "in" / "one.png").write_bytes(b"")
        (tmp_path / "in" / "a.csv").write_text("path,label\ncat/0.png,cat\nboth.png,cat\none.png,cat\n")
        (tmp_path / "in" / "b.csv").write_text("path,label\ndog/0.png,dog\nboth.png,dog\n")
        dataset.import_(tmp_path / "in" / "a.csv", name="in")
        assert names(dataset).keys() == {"both.png", "one.png"}
        picture(tmp_path / "in" / "both.png", 5)
        dataset.import_(tmp_path / "in" / "b.csv", name="in")
        assert names(dataset).keys() == {"one.png"}  # the second list met the other file again, mended


def test_rows_without_a_file_are_bad_as_rows(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(texts(tmp_path / "t.csv", [("hello", "a"), ("", "a"), ("bye", "b")]))
        item = bad.bad(dataset, replay(dataset)).to_pylist()[0]
        assert (item["kind"], item["name"], item["row"], item["outcome"]) == ("row", "t.csv", 2, "empty")


def test_parts_of_an_older_trainset_are_known_by_their_import(dataset: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "pets" / "cat" / "empty.png").unlink()
    assert dataset.import_(tmp_path / "pets").action is None
    first, second = sorted((dataset.folder / "outcomes").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for path in (first, second):
        pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    # of which source the second was cannot be told: the first still counts
    assert names(dataset) == {"cat/broken.png": "unreadable", "cat/empty.png": "empty"}
    picture(tmp_path / "pets" / "cat" / "new.png", 9)
    dataset.import_(tmp_path / "pets")
    assert names(dataset) == {"cat/broken.png": "unreadable"}


@pytest.mark.parametrize(
    "facts", [[], "x", {"source": 3, "position": "x", "at_ns": []}, {"source": "\ud800", "place": 1, "position": -1}]
)
def test_forged_metadata_speak_for_no_source(dataset: trainset.Workbench, facts: object) -> None:
    (path,) = (dataset.folder / "outcomes").iterdir()
    table = pq.read_table(path).replace_schema_metadata({b"trainset": json.dumps(facts).encode()})
    pq.write_table(table, path.with_name("20990101T000000-00000000.parquet"))
    assert len(names(dataset)) == 2
    path.unlink()
    assert names(dataset) == {}
