"""Folders as people really have them: documents beside lists, lists that cannot be used, splits beside other folders."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import trainset
from tests import helpers
from trainset.errors import BadSource, BadValue
from trainset.work.import_report import ImportReport


def imported(folder: Path, source: Path, **how: Any) -> tuple[ImportReport, list[dict[str, Any]]]:
    with trainset.init(folder) as dataset:
        report = dataset.import_(source, **how)
        return report, dataset.look(n=1000, sort="id").rows()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of texts as people publish them."""
    for name in ("train.csv", "test.csv"):
        helpers.texts(tmp_path / "repo" / name, [(f"{name} one", "x"), (f"{name} two", "y")])
    for name in ("README.md", "LICENSE", "dataset_infos.json", "card.yaml"):
        (tmp_path / "repo" / name).write_text("# about\n")
    return tmp_path / "repo"


def test_documents_beside_lists_of_texts_are_no_samples(repository: Path, tmp_path: Path) -> None:
    report, rows = imported(tmp_path / "set", repository)
    assert (report.rows, report.files) == ({"added": 4}, {"ignored": 6})
    assert {row["split"] for row in rows} == {"train", "test"}


def test_a_chosen_list_of_texts_is_read_alone(repository: Path, tmp_path: Path) -> None:
    report, rows = imported(tmp_path / "set", repository, settings={"list": "train.csv"})
    assert report.rows == {"added": 2}
    assert any("test.csv" in text for text in report.about)
    helpers.picture(repository / "figure.png", 1)
    report, rows = imported(tmp_path / "again", repository, settings={"list": "train.csv", "map": "text=text"})
    assert (report.rows, len(rows)) == ({"added": 2}, 2)


def test_a_table_beside_others_named_after_splits_is_said_to_be_left_out(repository: Path, tmp_path: Path) -> None:
    helpers.texts(repository / "extra.csv", [("more", "x")])
    report, _ = imported(tmp_path / "set", repository)
    assert any(text.startswith("not used: extra.csv") for text in report.about)


UNUSABLE = {
    "semicolons": "file_name;label\n1.png;dog\n", "no such column": "name,label\n1.png,dog\n", "other suffix": "file_name,label\n1.jpg,dog\n",
    "an open quote": 'file_name,label\n"1.png,dog\n', "a header alone": "file_name,label\n",
}  # fmt: skip


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_list_that_cannot_be_used_is_told_with_the_reason(why: str, tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", classes=("cat",), each=2)
    (source / "metadata.csv").write_text(UNUSABLE[why])
    report, _ = imported(tmp_path / "set", source)
    assert any(text.startswith("metadata.csv is not used: ") for text in report.about)


def test_semicolons_can_be_set_for_a_folder(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", classes=("cat",), each=2)
    (source / "metadata.csv").write_text("file_name;label\ncat/1.png;dog\n")
    _, rows = imported(tmp_path / "set", source, settings={"delimiter": ";"})
    assert sorted(row["label"] for row in rows) == ["cat", "dog"]


@pytest.mark.parametrize("header", ["path,file_name,label", "file_name,path,label"])
def test_the_column_that_names_files_is_the_path(header: str, tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", classes=("cat",), each=2)
    values = {"path": "/data/original/a.png", "file_name": "cat/1.png", "label": "dog"}
    (source / "metadata.csv").write_text(f"{header}\n" + ",".join(values[name] for name in header.split(",")) + "\n")
    _, rows = imported(tmp_path / "set", source)
    assert sorted(row["label"] for row in rows) == ["cat", "dog"]


def test_a_hidden_folder_is_no_class(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", split="train")
    helpers.pictures(source, split="test")
    helpers.picture(source / ".cache" / "x.png", 1)
    helpers.picture(source / "train" / "cat" / ".hidden.png", 2)
    report, rows = imported(tmp_path / "set", source)
    assert report.files == {"added": 21, "ignored": 1}
    assert {(row["split"], row["label"]) for row in rows} == {(s, c) for s in ("train", "test") for c in ("cat", "dog")}


def test_splits_beside_another_folder_are_asked_about(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", split="train")
    helpers.pictures(source, split="holdout")
    with pytest.raises(BadSource, match="named like splits") as asked:
        imported(tmp_path / "set", source)
    assert "--map-split holdout=test" in asked.value.next
    _, rows = imported(tmp_path / "set", source, split_names={"holdout": "test"})
    assert {row["split"] for row in rows} == {"train", "test"}
    with trainset.open(tmp_path / "set") as dataset:  # a source is read as it was before
        again = dataset.import_(source)
        assert again.action is None
        assert dataset.look(split="test").total == 10


def test_a_class_called_train_is_a_class(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", classes=("car", "plane", "train"), each=2)
    _, rows = imported(tmp_path / "set", source)
    assert {row["label"] for row in rows} == {"car", "plane", "train"}


def test_a_split_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", split="train")
    with pytest.raises(BadValue, match="no such split"):
        imported(tmp_path / "set", source, split_names={"holdout": "bogus"})


def test_split_names_given_later_change_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label,split\na,x,train\nb,x,holdout\n")
    with trainset.init(tmp_path / "set") as dataset:
        assert dataset.import_(tmp_path / "t.csv").remarks == {"unknown split": 1}
        report = dataset.import_(tmp_path / "t.csv", split_names={"holdout": "test"})
        assert report.rows == {"already present": 1, "changed": 1}
        assert dataset.look(split="test").total == 1
        assert dataset.import_(tmp_path / "t.csv").action is None


def test_a_mapping_given_once_is_used_again(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("utterance,intent\na,x\n")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.csv", settings={"map": "text=utterance,label=intent"})
        (tmp_path / "t.csv").write_text("utterance,intent\na,x\nb,y\n")
        report = dataset.import_(tmp_path / "t.csv")
        assert report.rows == {"already present": 1, "added": 1}
        assert any("map=text=utterance,label=intent" in text for text in report.about)


def test_a_moved_source_keeps_its_samples(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=2)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        source.rename(tmp_path / "elsewhere")
        with pytest.raises(trainset.TrainsetError) as gone:
            dataset.export(tmp_path / "out")
        assert "trainset sources 'in' --root DIR" in gone.value.next
        dataset.point_source("in", tmp_path / "elsewhere")
        again = dataset.import_(tmp_path / "elsewhere")
        assert (again.files, again.source) == ({"already present": 4}, "in")


def test_an_emptied_source_is_no_failure(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=2)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        for path in source.rglob("*.png"):
            path.unlink()
        report = dataset.import_(source)
    assert (report.missing, report.nothing) == (4, False)


def test_a_report_has_one_line_for_each_file_whatever_its_name(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for number, name in enumerate(("a\rb", "c\nd", 'e"f', "g,h", "\u2028")):
        helpers.picture(source / name / "1.png", number)
    imported(tmp_path / "set", source, report=tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert sorted(names) == sorted(f"{name}/1.png" for name in ("a\rb", "c\nd", 'e"f', "g,h", "\u2028"))


def test_metadata_in_filters_is_read_as_what_it_is_compared_with(tmp_path: Path) -> None:
    rows = [{"text": f"t{n}", "label": "a", "n": n, "ok": n % 2 == 0, "Take": str(n)} for n in range(10)]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.jsonl")

        def count(where: str) -> int:
            return dataset.look(where=where).total

        assert [count(f"meta.ok{rest}") for rest in (" = true", " <> true", "", " = 'true'", " is not null")] == [
            5,
            5,
            5,
            5,
            10,
        ]
        assert count("not meta.ok and meta.n > 4") == 3
        assert count("round(meta.n / 2) >= 4 or meta.n + 1 = 1") == 4
        assert count("meta.n < characters") == 2
        for typo in ("meta.camra is null", "meta.take = '1'"):
            with pytest.raises(trainset.TrainsetError, match="no sample has the metadata field"):
                count(typo)
        with pytest.raises(trainset.TrainsetError) as wrong:
            count("meta.take = '1'")
        assert wrong.value.next == "use meta.Take"


def test_a_path_of_two_sources_is_named_with_its_source(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        for name in ("one", "two"):
            helpers.pictures(tmp_path / name / "in", each=1)
            dataset.import_(tmp_path / name / "in", name=name)
        with pytest.raises(BadValue, match="several samples") as several:
            dataset.label("dog", ["cat/0.png"])
        assert "SOURCE/PATH" in several.value.next
        assert dataset.label("dog", ["two/cat/0.png"]).changed == 1
        assert dataset.label("dog", dataset.look(where="source = 'one'")).changed == 1
        assert dataset.label("cat", dataset.look(where="source = 'one'", n=1).ids[0]).changed <= 1
        with pytest.raises(BadValue, match="no sample"):
            dataset.label("dog", [3])
        assert any(
            "what was written is empty" in text
            for text in dataset.export(tmp_path / "out", where="label = 'none'").warnings
        )
