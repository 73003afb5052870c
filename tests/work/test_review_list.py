"""A queue as a CSV, and what people and their spreadsheets make of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.work.made import copied, labels, named, rows, write

import trainset
from trainset.errors import BadSource, TargetExists, UnknownName


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """Twelve texts, and a queue of the first six."""
    with copied(tmp_path) as opened:
        opened.queue(where=named(range(6)))
        yield opened


def written(dataset: trainset.Workbench, place: Path) -> list[dict[str, str]]:
    dataset.write_review(place, queue=1)
    with place.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def filled(place: Path, table: list[dict[str, str]], said: list[str]) -> Path:
    for row, answer in zip(table, said, strict=False):
        row["answer"] = answer
    return write(place, [list(table[0]), *(list(row.values()) for row in table)])


def id_of(dataset: trainset.Workbench, number: int) -> str:
    return str(rows(dataset)[f"text {number:02}"]["id"])


def test_what_goes_out_comes_back_as_one_action(dataset: trainset.Workbench, tmp_path: Path) -> None:
    table = written(dataset, tmp_path / "q.csv")
    assert list(table[0]) == ["id", "text", "label", "suggested", "confidence", "answer", "queue"]
    assert [(row["text"], row["label"], row["answer"], row["queue"]) for row in table[:2]] == [
        ("text 00", "cat", "", "1"),
        ("text 01", "dog", "", "1"),
    ]
    done = dataset.answers(filled(tmp_path / "a.csv", table, ["dog", "dog", "?", "", "bird", ""]), person="grace")
    assert (done.queue, done.added, done.changed, done.unanswered, done.cannot_tell) == (1, 4, 2, 2, 1)
    assert {text: label for text, label in labels(dataset).items() if text in ("text 00", "text 04")} == {
        "text 00": "dog",
        "text 04": "bird",
    }
    action = dataset.log()[-1]
    assert (action.seq, action.person, action.reason, action.entries) == (
        done.action, "grace", "queue 1, answered in a.csv", 3,
    )  # fmt: skip
    again = dataset.answers(tmp_path / "a.csv", person="grace")
    assert (again.added, again.present, again.action) == (0, 4, None)
    other = dataset.answers(tmp_path / "a.csv", person="bob")
    assert (other.added, other.others) == (4, 4)
    assert [row["text"] for row in written(dataset, tmp_path / "rest.csv")] == ["text 03", "text 05"]
    assert dataset.write_review(tmp_path / "third.csv", queue=1).left_out == 4


def test_answers_that_were_taken_back_are_taken_again(dataset: trainset.Workbench, tmp_path: Path) -> None:
    place = filled(tmp_path / "a.csv", written(dataset, tmp_path / "q.csv"), ["dog", "cat"])
    dataset.undo(dataset.answers(place).action)
    assert dataset.answers(place).added == 2


def test_rows_that_cannot_be_used_are_named_and_the_others_count(dataset: trainset.Workbench, tmp_path: Path) -> None:
    one, two, outside = id_of(dataset, 0), id_of(dataset, 1), id_of(dataset, 9)
    lines = [
        ("id", "answer", "queue"), (one, "dog", "1"), ("ffffffffffff", "dog", "1"), (two, "cow", "1"), (one, "bird", "1"),
        (one, "dog", "1"), (outside, "cat", "1"), ("3.12E+31", "dog", "1"), (id_of(dataset, 2),), ("", "dog", "1"),
    ]  # fmt: skip
    done = dataset.answers(write(tmp_path / "a.csv", lines))
    assert (done.added, done.refused_count) == (1, 7)
    assert done.refused[2] == "there is no sample 'ffffffffffff'"
    assert done.refused[3] == "there is no class 'cow'"
    assert done.refused[4] == "row 1 says 'dog' of the same sample, and counts"
    assert "is not in queue 1" in done.refused[6]
    assert done.refused[7].endswith("a spreadsheet seems to have read it as a number")
    assert 9 in done.refused


def test_answers_that_a_spreadsheet_changed_are_read_as_what_they_must_mean(tmp_path: Path) -> None:
    names = ("true", "007", "3", "=sum", "Ünï")
    table: list[tuple[str, str]] = [("text", "label"), *((f"t{n}", name) for n, name in enumerate(names))]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", table))
        dataset.queue(where="true")
        sheet = written(dataset, tmp_path / "q.csv")
        assert [row["label"] for row in sheet] == ["true", "007", "3", "'=sum", "Ünï"]
        said = ["TRUE", "7", "3.0", "'=sum", " ünï "]
        done = dataset.answers(filled(tmp_path / "a.csv", sheet, said))
        assert (done.added, done.changed, done.refused_count) == (5, 0, 0)
        assert done.read_as == {"TRUE": "true", "7": "007", "3.0": "3", "'=sum": "=sum", "ünï": "Ünï"}
        assert labels(dataset) == {f"t{n}": name for n, name in enumerate(names)}


def test_what_may_be_two_classes_is_none(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label"), ("one", "Us"), ("two", "US")]))
        dataset.queue(where="true")
        done = dataset.answers(filled(tmp_path / "a.csv", written(dataset, tmp_path / "q.csv"), ["us", "US"]))
        assert (done.added, done.refused) == (1, {1: "there is no class 'us'"})


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.jsonl").write_text(json.dumps({"text": f"{text}\n", "label": text.strip()}) + "\n", encoding="utf-8")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.jsonl")
        dataset.queue(where="true")
        (row,) = written(dataset, tmp_path / "q.csv")
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
        assert dataset.answers(filled(tmp_path / "a.csv", [row], [row["label"]])).added == 1


def test_lists_without_queue_and_columns_of_other_names_are_read(dataset: trainset.Workbench, tmp_path: Path) -> None:
    place = write(tmp_path / "a.csv", [("which", "verdict"), (id_of(dataset, 7), "cat")])
    done = dataset.answers(place, columns={"sample": "which", "label": "verdict"})
    assert (done.queue, done.added) == (None, 1)
    assert dataset.ratings().rows()[0]["queue"] is None
    with pytest.raises(BadSource, match="several queues"):
        dataset.answers(
            write(
                tmp_path / "b.csv",
                [("id", "answer", "queue"), (id_of(dataset, 0), "cat", "1"), (id_of(dataset, 1), "cat", "2")],
            )
        )
    with pytest.raises(BadSource, match="holds no number"):
        dataset.answers(write(tmp_path / "c.csv", [("id", "answer", "queue"), (id_of(dataset, 0), "cat", "one")]))
    with pytest.raises(UnknownName, match="no queue 9"):
        dataset.answers(write(tmp_path / "d.csv", [("id", "answer", "queue"), (id_of(dataset, 0), "cat", "9.0")]))
    with pytest.raises(BadSource, match="no such list"):
        dataset.answers(tmp_path / "nothing.csv")


@pytest.mark.parametrize("between", [";", "\t"])
def test_a_list_that_a_spreadsheet_saved_with_other_separators_is_read(
    dataset: trainset.Workbench, tmp_path: Path, between: str
) -> None:
    lines = [("id", "text", "answer"), (id_of(dataset, 0), "one, with commas", "dog"), (id_of(dataset, 1), "", "?")]
    (tmp_path / "saved.csv").write_text("\n".join(between.join(line) for line in lines), encoding="utf-8")
    done = dataset.answers(tmp_path / "saved.csv")
    assert (done.added, done.refused_count, done.cannot_tell) == (2, 0, 1)


def test_a_list_is_never_written_over(dataset: trainset.Workbench, tmp_path: Path) -> None:
    written(dataset, tmp_path / "q.csv")
    with pytest.raises(TargetExists):
        dataset.write_review(tmp_path / "q.csv", queue=1)


def test_a_sample_that_is_gone_between_making_and_answering_is_told(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    place = filled(tmp_path / "a.csv", written(dataset, tmp_path / "q.csv"), ["dog"])
    dataset.undo(1)
    done = dataset.answers(place)
    assert (done.added, done.refused_count) == (0, 1)


def test_apply_takes_the_answers_of_such_a_list_too(dataset: trainset.Workbench, tmp_path: Path) -> None:
    done = dataset.apply(filled(tmp_path / "a.csv", written(dataset, tmp_path / "q.csv"), ["dog"]))
    assert (done.changed, done.unanswered) == (1, 5)
