"""Export: what goes out comes back in, and what cannot is said."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import picture, pictures
from tests.work.made import copied, named, write

import trainset
from trainset.errors import BadFilter, BadSource, TargetExists, TrainsetError, UnknownName

FORMATS = ("csv", "jsonl", "class_folders", "split_class_folders")
SUFFIX = {"csv": ".csv", "jsonl": ".jsonl"}


def held(dataset: trainset.Workbench, at: str | int | None = None) -> Counter[tuple[Any, ...]]:
    """What an export must carry over, of every sample that is not excluded. In a CSV an empty cell is no value."""
    found = dataset.look(n=100_000, at=at).rows()
    return Counter(
        (r["content"], r["label"], r["split"], r["contributor"], json.dumps(fields(r["meta"]), sort_keys=True))
        for r in found
    )


def fields(meta: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (meta or {}).items() if value not in ("", None)}


def round_trip(dataset: trainset.Workbench, folder: Path, name: str, **how: Any) -> Counter[tuple[Any, ...]]:
    target = folder / f"out{SUFFIX.get(name, '')}"
    report = dataset.export(target, format=name, **how)
    assert (report.failed_count, report.selected) == (0, report.samples)
    with trainset.init(folder / "back") as back:
        imported = back.import_(target)
        assert imported.samples == report.samples
        assert imported.bad_count == 0
        return held(back)


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)
NASTY = st.sampled_from(
    ['"', "'", ",", ";", "\t", "\n", "\r\n", "\\", "=1+1", " ", "é", "e\u0301", "\ufeff", "日本", "\u2028", "null"]
)
TEXT = st.lists(WORDS | NASTY, min_size=1, max_size=4).map("".join).filter(lambda text: bool(text.strip()))
ROW = st.fixed_dictionaries(
    {
        "text": TEXT,
        "label": st.none() | TEXT,
        "split": st.sampled_from([None, "train", "dev", "Testing", "production"]),
        "contributor": st.none() | TEXT,
        "meta": st.dictionaries(st.sampled_from(["take", "room no", "ünï", "label2"]), TEXT, max_size=3),
    }
)


@settings(max_examples=12, deadline=None)  # three imports each
@given(rows=st.lists(ROW, min_size=1, max_size=8), name=st.sampled_from(["csv", "jsonl"]))
def test_texts_come_back_whatever_they_hold(rows: list[dict[str, Any]], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            json.dumps({k: v for k, v in {**row, **row["meta"]}.items() if k != "meta" and v is not None})
            for row in rows
        ]
        source = Path(folder) / "in.jsonl"
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with trainset.init(Path(folder) / "set") as dataset:
            assert dataset.import_(source).rows == {"added": len(rows)}
            assert {row["text"] for row in dataset.look(n=100)} == {row["text"] for row in rows}
            dataset.exclude(dataset.look(n=1).ids)
            dataset.label(None, where="label = 'null'") if dataset.look(label="null").total else None
            if dataset.look(where="split is not null").total:
                assert round_trip(dataset, Path(folder), name) == held(dataset)


@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out"])
def test_an_export_without_any_split_says_that_an_import_will_propose_them(target: str, tmp_path: Path) -> None:
    rows = [{"text": "a", "split": "train", "label": "x"}, {"text": "b", "label": "x"}]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in.jsonl")
        assert dataset.export(tmp_path / f"all_{target}").warnings == ()
        report = dataset.export(tmp_path / target, where="split is null")
    assert [text for text in report.warnings if "proposes" in text]


@pytest.fixture
def images(everything: trainset.Workbench) -> trainset.Workbench:
    everything.point_source("in", everything.folder.parent / "in")  # each test has a home of its own: allow it again
    return everything


@pytest.fixture(scope="module")
def everything() -> Iterator[trainset.Workbench]:
    """Pictures with everything: odd classes, no class, two of one name, splits, contributors, metadata, one excluded."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "in"
        lines = [("path", "label", "split", "speaker", "take", "say")]
        labels = ["a/b", "CON", "cat", "Cat", "cat ", "..", "", "日本", "50% off", "cat", "metadata.csv", "x" * 300]
        for n, label in enumerate(labels):
            path = f"{n % 3}/{n % 4}.png" if n < 11 else "odd name, é.png"
            picture(root / path, n)
            lines.append(
                (path, label, ["train", "dev", "test", ""][n % 4], f"s{n % 3}" if n % 2 else "", str(n), 'a "b",\nc')
            )
        picture(root / "2" / "copy.png", 0)
        lines.append(("2/copy.png", "cat", "test", "s1", "", ""))
        write(root / "list.csv", lines)
        with trainset.init(Path(folder) / "set") as dataset:
            assert dataset.import_(root).files == {"added": 13, "ignored": 1}
            dataset.exclude(["0/3.png"])
            dataset.label("cat", ["1/3.png"])
            dataset.move_split("production", ["2/2.png"])
            dataset.version("v1")
            yield dataset


@pytest.mark.parametrize("name", FORMATS)
def test_pictures_come_back_with_all_that_is_known_of_them(
    images: trainset.Workbench, tmp_path: Path, name: str
) -> None:
    expected = held(images)
    assert sum(expected.values()) == 12
    assert round_trip(images, tmp_path, name) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_a_selection_of_a_version_goes_out(images: trainset.Workbench, tmp_path: Path, name: str) -> None:
    target = tmp_path / f"out{SUFFIX.get(name, '')}"
    report = images.export(target, format=name, at="v1", where="label = 'cat'")
    assert report.samples == images.look(label="cat", at="v1").total > 1
    assert report.format == name
    media = target if target.is_dir() else tmp_path / "out_media"
    assert len([*media.rglob("*.png")]) == report.samples


def test_class_folders_have_safe_names_and_a_list_with_the_true_ones(
    images: trainset.Workbench, tmp_path: Path
) -> None:
    images.export(tmp_path / "out", format="class_folders")
    folders = {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert {"a%2Fb", "%43ON", "%2E%2E", "50%25 off"} <= folders
    assert len({name.casefold() for name in folders}) == len(folders)
    with (tmp_path / "out" / "metadata.csv").open(newline="", encoding="utf-8") as file:
        labels = Counter(row["label"] or None for row in csv.DictReader(file))
    assert labels == Counter(row["label"] for row in images.look(n=100))
    every = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.is_relative_to(tmp_path / "out") for path in every)


def test_a_class_and_a_file_without_one_may_have_the_same_name(tmp_path: Path) -> None:
    for n, path in enumerate(("0.png/a.png", "x/0.png", "METADATA.CSV/b.png", "x/1.png")):
        picture(tmp_path / "in" / path, n)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        dataset.label(None, where="label = 'x'")
        assert round_trip(dataset, tmp_path, "class_folders") == held(dataset)


def test_split_folders_are_folders_of_splits(images: trainset.Workbench, tmp_path: Path) -> None:
    images.export(tmp_path / "out", format="split-class-folders", where="split is not null")
    tops = {path.name for path in (tmp_path / "out").iterdir()}
    assert tops - {"metadata.csv", "data_card.html", "data_card.md"} <= {
        "train",
        "dev",
        "validation",
        "test",
        "production",
    }


def test_a_list_without_media_names_the_files_of_the_source(images: trainset.Workbench, tmp_path: Path) -> None:
    report = images.export(tmp_path / "out.jsonl", settings={"media": False}, card=False)
    assert "the bytes of 12 files" in report.lost[0]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    paths = {json.loads(line)["path"] for line in (tmp_path / "out.jsonl").read_text().splitlines()}
    assert paths == {row["path"] for row in images.look(n=100)}


def test_the_targets_name_says_the_format(images: trainset.Workbench, tmp_path: Path) -> None:
    where = "label = 'cat'"
    for name, meant in (("a.csv", "csv"), ("a.JSONL", "jsonl"), ("folder", "split_class_folders")):
        assert images.export(tmp_path / meant / name, where=where).format == meant
    with pytest.raises(BadSource, match="which format"):
        images.export(tmp_path / "a.xyz")
    with pytest.raises(UnknownName, match="no format"):
        images.export(tmp_path / "a", format="zip")
    with pytest.raises(UnknownName, match="import only"):
        images.export(tmp_path / "a.txt", format="text_lines")
    with pytest.raises(UnknownName, match="no setting"):
        images.export(tmp_path / "a.csv", settings={"colour": "red"})
    with pytest.raises(BadFilter):
        images.export(tmp_path / "a.csv", where="nope = 1")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "jsonl", "split_class_folders"]


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_written_over(images: trainset.Workbench, tmp_path: Path, name: str) -> None:
    target = tmp_path / f"out{SUFFIX.get(name, '')}"
    for there in (target, *([tmp_path / "out_media"] if name in SUFFIX else [])):
        there.mkdir()
        (there / "mine.txt").write_text("precious")
        with pytest.raises(TargetExists):
            images.export(target, format=name)
        assert [path.name for path in tmp_path.rglob("*")] == [there.name, "mine.txt"]
        shutil.rmtree(there)
    target.write_text("precious")
    with pytest.raises(TargetExists):
        images.export(target, format=name)
    assert target.read_text() == "precious"
    target.unlink()
    target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(TargetExists):
        images.export(target, format=name)


def test_an_empty_folder_may_be_the_target(images: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert images.export(tmp_path / "out").samples == 12


@pytest.mark.parametrize("name", FORMATS)
def test_changed_and_missing_files_are_named_and_the_rest_goes_out(tmp_path: Path, name: str) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=2))
        picture(tmp_path / "in" / "cat" / "0.png", 99)
        (tmp_path / "in" / "dog" / "1.png").unlink()
        seen: list[int] = []
        target = tmp_path / f"out{SUFFIX.get(name, '')}"
        report = dataset.export(target, format=name, progress=seen.append)
        assert (report.selected, report.samples, report.failed_count, sum(seen)) == (4, 2, 2, 4)
        assert report.failed == (
            "in: cat/0.png: the file has changed since",
            "in: dog/1.png: the file is no longer there",
        )
        with trainset.init(tmp_path / "back") as back:
            assert back.import_(target).samples == 2


def test_when_no_file_is_left_nothing_is_written(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=1))
        shutil.rmtree(tmp_path / "in")
        with pytest.raises(TrainsetError, match="no longer there"):
            dataset.export(tmp_path / "out")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["set"]


def test_kept_media_come_back_when_the_source_is_gone(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=2))
        dataset.version("v1", keep_media=True)
        expected = held(dataset)
        picture(tmp_path / "in" / "cat" / "0.png", 99)
        dataset.import_(tmp_path / "in")
        shutil.rmtree(tmp_path / "in")
        assert round_trip(dataset, tmp_path, "split_class_folders", at="v1") == expected
        assert dataset.export(tmp_path / "now").failed == ("in: cat/0.png: the file is no longer there",)


def test_for_a_spreadsheet_nothing_runs(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label", "m"), ("=1+1", "-", "@x"), ("fine", "a", "b")]))
        plain = dataset.export(tmp_path / "plain.csv")
        assert plain.lost == ()
        assert "3 cells begin with" in plain.warnings[0]
        safe = dataset.export(tmp_path / "safe.csv", settings={"for_spreadsheet": True})
        assert "does not come back unchanged" in safe.lost[0]
        with (tmp_path / "safe.csv").open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_unlabelled_texts_stay_so_and_excluded_ones_stay_here(tmp_path: Path) -> None:
    with copied(tmp_path) as dataset:
        dataset.label(None, where=named([0]))
        dataset.exclude(where=named([1, 2]))
        for name in ("csv", "jsonl"):
            (tmp_path / name).mkdir()
            back = round_trip(dataset, tmp_path / name, name)
            assert back == held(dataset)
            assert sum(n for (_, label, *_), n in back.items() if label is None) == 2
            assert sum(back.values()) == 10
        everything = dataset.export(tmp_path / "all.csv", where="excluded or not excluded")
        assert everything.samples == 12
        assert dataset.export(tmp_path / "none.csv", where="false").samples == 0


def test_texts_as_folders_are_files_of_texts(tmp_path: Path) -> None:
    with copied(tmp_path) as dataset:
        dataset.export(tmp_path / "out", format="class_folders")
        with trainset.init(tmp_path / "back") as back:
            assert back.import_(tmp_path / "out").samples == 12
            assert {(c, label) for c, label, *_ in held(back)} == {(c, label) for c, label, *_ in held(dataset)}
            assert back.medium == "text"


def test_a_report_is_json(images: trainset.Workbench, tmp_path: Path) -> None:
    found = json.loads(json.dumps(images.export(tmp_path / "a.csv").as_dict()))
    assert (found["target"], found["samples"], found["failed"]) == (str(tmp_path / "a.csv"), 12, [])
