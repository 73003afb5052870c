"""Writing lists and reading them back: what goes out comes back in, and what does not is counted."""

from __future__ import annotations

import csv as csv_module
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.outcomes import exported, read, write
from trainset.errors import StorageFull, TargetExists
from trainset.formats import _write

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FULL = WORDS.filter(lambda text: bool(text.strip()))
NO_NUL = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
CSV_WORDS = st.text(NO_NUL | st.sampled_from('"\n\r,; \t\\='), max_size=12)
CSV_FULL = CSV_WORDS.filter(lambda text: bool(text.strip()))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["label", "Text", "id", "file", "meta.x", "x", " y", "y", "speaker", 'odd "name"', "", "ünï", "path"]


def sample(full: st.SearchStrategy[str], meta: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "text": full,
            "label": full | st.none(),
            "split": full | st.none(),
            "contributor": full | st.none(),
            "meta": meta,
        }
    )


def spelled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "meta": json.dumps(row["meta"], ensure_ascii=False) if row["meta"] else None} for row in rows]


def is_clean(row: dict[str, Any]) -> bool:
    return "\0" not in f"{row['label']}{row['split']}{row['contributor']}"


@settings(deadline=None)  # files on a shared disk
@given(
    st.lists(sample(CSV_FULL, st.just({})), min_size=1, max_size=6),
    st.lists(st.sampled_from(FIELDS), unique=True),
    st.data(),
)
def test_a_csv_comes_back_byte_for_byte(rows: list[dict[str, Any]], fields: list[str], data: st.DataObject) -> None:
    for row in rows:
        row["meta"] = {name: data.draw(CSV_WORDS) for name in fields}
    with tempfile.TemporaryDirectory() as folder:
        losses = write("csv", spelled(rows), Path(folder) / "a.csv")
        assert (losses.samples, losses.lost) == (len(rows), ())
        found = read(Path(folder) / "a.csv")
    for name in ("text", "label", "split", "contributor"):
        assert found.column(name) == [row[name] for row in rows]
    assert [json.loads(meta or "{}") for meta in found.column("meta")] == [row["meta"] for row in rows]
    assert found.outcomes.rows == {}


@settings(deadline=None)  # files on a shared disk
@given(
    st.lists(
        sample(FULL, st.dictionaries(st.sampled_from(FIELDS) | WORDS, JSON, max_size=4)).filter(is_clean),
        min_size=1,
        max_size=6,
    )
)
def test_json_lines_come_back_with_their_types(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        losses = write("jsonl", spelled(rows), Path(folder) / "a.jsonl")
        assert (losses.samples, losses.lost) == (len(rows), ())
        found = read(Path(folder) / "a.jsonl")
    for name in ("text", "label", "split", "contributor"):
        assert found.column(name) == [row[name] for row in rows]
    assert [json.loads(meta or "{}") for meta in found.column("meta")] == [row["meta"] for row in rows]


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_media_lie_beside_the_list_under_safe_names_of_their_own(tmp_path: Path, name: str) -> None:
    rows = [
        {"name": "a.png", "path": "cat/a.png", "media": b"1", "label": "cat"},
        {"name": "A.PNG", "path": "dog/A.PNG", "media": b"2", "label": "dog", "split": "test", "contributor": "ada"},
        {"name": "a/..b?.wav", "path": "x", "media": b"3", "meta": '{"take":"7"}'},
    ]
    losses = write(name, rows, tmp_path / f"out.{name}")
    found = read(tmp_path / f"out.{name}")
    paths = found.column("path")
    assert paths == ["out_media/a.png", "out_media/A_000000000000.PNG", "out_media/a%2F..b%3F.wav"]
    assert [(tmp_path / path).read_bytes() for path in paths] == [b"1", b"2", b"3"]
    assert found.column("label") == ["cat", "dog", None]
    assert (found.column("split")[1], found.column("contributor")[1]) == ("test", "ada")
    assert json.loads(found.column("meta")[2]) == {"take": "7"}
    assert losses.lost == (() if name == "jsonl" else ("2 metadata values that are missing come back as empty texts",))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"out.{name}", "out_media"]


def test_media_can_be_left_out(tmp_path: Path) -> None:
    losses = write("csv", [{"name": "a.png", "path": "cat/a.png", "media": b"1"}], tmp_path / "out.csv", media=False)
    assert read(tmp_path / "out.csv").column("path") == ["cat/a.png"]
    assert losses.lost == (
        "the bytes of 1 files: they are named by their paths in the source, where the list must lie to come back in",
    )
    assert not (tmp_path / "out_media").exists()


def test_texts_among_files_become_files(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "é one"},
        {"name": "b.txt", "path": "b.txt", "media": b"two"},
        {"text": "three", "label": "x"},
    ]
    losses = write("csv", rows, tmp_path / "out.csv")
    found = read(tmp_path / "out.csv")
    assert [(tmp_path / path).read_text("utf-8") for path in found.column("path")] == ["é one", "two", "three"]
    assert found.column("label") == [None, None, "x"]
    assert losses.lost == ("2 texts without a file are written as files beside the others",)


def test_what_a_csv_cannot_hold_is_counted(tmp_path: Path) -> None:
    rows = [
        {"text": "a\0b", "meta": '{"n": 1.50, "s": "x", "e": ""}'},
        {"text": "c", "meta": '{"n": [1, null], "h": "\\ud800"}'},
        {"text": "d"},
    ]
    losses = write("csv", rows, tmp_path / "out.csv")
    assert losses.lost == (
        "1 values in text hold NUL characters, which no CSV can: U+FFFD stands in their place",
        "2 metadata values that are numbers, truth values, lists or objects become text",
        "7 metadata values that are missing come back as empty texts",
    )
    found = read(tmp_path / "out.csv")
    assert found.column("text") == ["a\ufffdb", "c", "d"]
    assert json.loads(found.column("meta")[0]) == {"n": "1.5", "s": "x", "e": "", "h": ""}
    assert json.loads(found.column("meta")[1])["h"] == "\ufffd"


def test_cells_that_a_spreadsheet_would_run_are_warned_of(tmp_path: Path) -> None:
    rows = [{"text": text, "label": "a"} for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "fine - really")]
    losses = write("csv", rows, tmp_path / "out.csv")
    assert losses.lost == ()
    assert losses.warnings[0].startswith("5 cells begin with = + - @")
    assert read(tmp_path / "out.csv").column("text") == [row["text"] for row in rows]


def test_a_csv_for_a_spreadsheet_says_that_it_does_not_come_back(tmp_path: Path) -> None:
    losses = write("csv", [{"text": "=1+1", "label": "-"}], tmp_path / "out.csv", for_spreadsheet=True)
    assert losses.lost == ("2 cells begin with a ' for the spreadsheet's sake: this file does not come back unchanged",)
    assert losses.warnings == ()
    assert (tmp_path / "out.csv").read_text() == "text,label,split,contributor\n'=1+1,'-,,\n"


def test_a_csv_has_plain_columns_and_line_feeds(tmp_path: Path) -> None:
    rows = [
        {"text": "a\r\nb", "label": 'say "x"', "meta": '{"label": "m", "domain": "bank"}'},
        {"text": " c ", "split": "dev"},
    ]
    write("csv", rows, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (
        b'text,label,split,contributor,meta.label,domain\n"a\r\nb","say ""x""",,,m,bank\n c ,,dev,,,\n'
    )


def test_files_that_are_there_already_get_a_list(tmp_path: Path) -> None:
    batches = iter(
        exported([{"name": "1.png", "path": "cat/1.png", "label": "cat"}, {"path": "dog/1.png", "label": "dog"}])
    )
    losses = _write.csv(batches, tmp_path / "metadata.csv", path_column="file_name")
    assert losses.lost == ()
    assert (
        tmp_path / "metadata.csv"
    ).read_text() == "file_name,label,split,contributor\ncat/1.png,cat,,\ndog/1.png,dog,,\n"
    assert read(tmp_path / "metadata.csv").column("path") == ["cat/1.png", "dog/1.png"]


@pytest.mark.parametrize("there", ["out.csv", "out_media"])
def test_nothing_is_written_over(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir()
    with pytest.raises(TargetExists):
        write("csv", [{"text": "a"}], tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == [there]


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trainset.store.durable.os.replace", full)
    with pytest.raises(StorageFull):
        write(name, [{"name": "a.png", "path": "a.png", "media": b"1"}], tmp_path / f"out.{name}")
    assert [*tmp_path.iterdir()] == []


def test_no_samples_make_a_list_with_a_header(tmp_path: Path) -> None:
    assert write("csv", [], tmp_path / "out.csv").samples == 0
    assert (tmp_path / "out.csv").read_text() == "text,label,split,contributor\n"


def test_real_texts_come_back(data_folder: Path, tmp_path: Path) -> None:
    with (data_folder / "text_banking77" / "train.csv").open(newline="", encoding="utf-8") as file:
        rows = [{"text": row["text"], "label": row["category"]} for row in csv_module.DictReader(file)]
    for name in ("csv", "jsonl"):
        write(name, rows, tmp_path / f"out.{name}")
        found = read(tmp_path / f"out.{name}")
        assert [{"text": row["text"], "label": row["label"]} for row in found.samples] == rows
