"""Whatever a class or a file is called: an export writes inside its target, and comes back as the same labels."""

from __future__ import annotations

import contextlib
import csv
import json
import unicodedata
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import DamagedDataset, TrainsetError
from trainset.store.ids import content_hash
from trainset.store.schema import SAMPLES

NAMES = [
    "../x", "..", ".", "/etc/x", "a/b", "a\\b", "..\\..\\x", "C:\\x", "CON", "con.txt", "nul", "COM1", "x.", "x ", " x", "~", "-rf", "Cat", "cat", "CAT", "caf\u00e9",
    "cafe\u0301", "x" * 300, "x" * 299 + "y", "\u00e4" * 300, "new\nline", "cr\r", "tab\t", "\x1b[31m", "\u202eabc", "\u200b", "a\u2028b", "%2e%2e", "%", "%~", ".git",
    "__MACOSX", "desktop.ini", "*", "?", "|", "<script>", '"', "'; DROP TABLE samples", "=1+1", "train", "test", "\U000f0080", "\ud7ff", "\uffff", "\U0010ffff",
    "metadata", "metadata.csv ", "x.csv", "CON ", "lpt\u00b9", "$recycle.bin",
]  # fmt: skip


@pytest.fixture
def named(images: Path) -> Path:
    """A dataset with one picture for each of the names, as its class, its file and its contributor, and some without."""
    photos = images / "photos"
    photos.mkdir()
    helpers.picture(photos / "one.png", 1)
    row = forge.rows(images)[0]
    content = content_hash((photos / "one.png").read_bytes())
    rows = [
        {
            **row,
            "id": content_hash(f"{n}".encode()),
            "path": "one.png",
            "content": content,
            "label": name,
            "contributor": name,
            "meta": json.dumps({name: name}),
        }
        for n, name in enumerate([*NAMES, None])
    ]
    pq.write_table(pa.Table.from_pylist(rows, SAMPLES), forge.part(images))
    forge.source(images, root=str(photos))
    return images


def labels(folder: Path) -> Counter[str | None]:
    with trainset.open(folder) as dataset:
        return Counter(row["label"] for row in dataset.look(n=1_000).rows())


@pytest.mark.parametrize("target", ["folders", "split folders", "list.csv", "list.jsonl"])
def test_every_label_comes_back_and_nothing_is_written_elsewhere(target: str, named: Path, tmp_path: Path) -> None:
    out = tmp_path / "way" / "out"
    out.mkdir(parents=True)
    before = {path for path in tmp_path.rglob("*") if out not in path.parents}
    with trainset.open(named) as dataset:
        format = {"folders": "class_folders", "split folders": "split_class_folders"}.get(target, "")
        report = dataset.export(out / target, format=format)
    assert report.samples == len(NAMES) + 1
    made = [path for path in (out / target).parent.rglob("*") if path.is_file()]
    after = {path for path in tmp_path.rglob("*") if out not in path.parents}
    assert {path for path in after - before if path.parent != named / "cache"} == before - after == set()
    for path in made:
        below = path.relative_to(out)
        assert all(len(part.encode()) <= 255 for part in below.parts)
        assert all(part not in ("..", ".") and part == part.strip() and not part.endswith(".") for part in below.parts)
        assert "Cc" not in {unicodedata.category(c) for c in below.as_posix()}
    with trainset.init(tmp_path / "back") as back:
        found = back.import_(out / target)
    assert found.samples == len(NAMES) + 1
    assert labels(tmp_path / "back") == labels(named)


def test_class_folders_without_their_list_still_give_most_labels_back(named: Path, tmp_path: Path) -> None:
    with trainset.open(named) as dataset:
        dataset.export(tmp_path / "out", format="class_folders")
    (tmp_path / "out" / "metadata.csv").unlink()
    with trainset.init(tmp_path / "back") as back:
        back.import_(tmp_path / "out")
    assert len(labels(tmp_path / "back")) >= len(labels(named)) - 3


@pytest.mark.parametrize("name", ["metadata.csv", "metadata_media", "one.png"])
@pytest.mark.parametrize("format", ["class_folders", "split_class_folders"])
def test_a_class_that_is_called_like_a_file_beside_it_is_exported(
    name: str, format: str, named: Path, tmp_path: Path
) -> None:
    rows = forge.rows(named)
    forge.rewrite(
        named,
        label=[name if n % 2 else None for n in range(len(rows))],
        split=None,
        split_given=None,
        split_proposed=None,
    )
    with trainset.open(named) as dataset:
        assert dataset.export(tmp_path / "out", format=format).samples == len(rows)
    with trainset.init(tmp_path / "back") as back:
        back.import_(tmp_path / "out")
    assert labels(tmp_path / "back") == labels(named)


@pytest.mark.parametrize("split", ["../../x", "/etc", "a/b", "\0", "\n", "x" * 300, "Train", "..", ""])
def test_odd_splits_stay_inside_the_target(split: str, named: Path, tmp_path: Path) -> None:
    forge.rewrite(named, split=split, split_given=split, split_proposed=split)
    out = tmp_path / "way" / "out"
    out.mkdir(parents=True)
    with trainset.open(named) as dataset, contextlib.suppress(TrainsetError):
        dataset.export(out / "folders")
    assert {path.name for path in tmp_path.iterdir()} <= {"images", "way"}
    assert {path.name for path in out.parent.iterdir()} == {"out"}


FILES = [
    "new\nline.png", "-rf.png", "n" * 246 + ".png", "\u00e4" * 123 + ".png", "..png", "...png", " .png", "a\tb.png", "\x1b[31m.png", "\u202egnp.png", "*.png", "a\\b.png", "CON.png",
    "%2e%2e.png", "=1+1.png", "A.png", "a.png", "\udc80.png", "a;b.png", "a,b.png", 'a"b.png', "~.png", "Thumbs.png", "a%00b.png", "x.png.", "x.PNG ",
]  # fmt: skip


def test_files_of_any_name_go_in_out_and_back(tmp_path: Path) -> None:
    for n, name in enumerate(FILES):
        for m, folder in enumerate(("one", "two")):
            helpers.picture(tmp_path / folder / "cat" / "x.png", 100 * m + n).rename(tmp_path / folder / "cat" / name)
    with trainset.init(tmp_path / "set") as dataset:
        for folder in ("one", "two"):
            report = dataset.import_(tmp_path / folder)
            assert report.samples == len(FILES), report.bad
        again = dataset.import_(tmp_path / "one")
        assert (again.action, again.missing) == (None, 0)
        assert dataset.look(n=100).save(tmp_path / "saved") == []
        contents = {row["content"] for row in dataset.look(n=100).rows()}
        for target in ("out", "list.csv", "rows.jsonl"):
            assert dataset.export(tmp_path / "exported" / target).samples == 2 * len(FILES)
    assert len([*(tmp_path / "saved").iterdir()]) == 2 * len(FILES)
    for target in ("out", "list.csv", "rows.jsonl"):
        with trainset.init(tmp_path / f"back {target}") as back:
            assert back.import_(tmp_path / "exported" / target).samples == 2 * len(FILES)
            assert {row["content"] for row in back.look(n=100).rows()} == contents


@pytest.mark.parametrize(
    "kind", ["file", "full folder", "link to a folder", "dangling link", "full media folder", "media link"]
)
@pytest.mark.parametrize("target", ["out", "out.csv"])
def test_nothing_is_written_over_or_through_a_link(kind: str, target: str, named: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_bytes(b"mine")
    if kind == "full media folder":
        (tmp_path / "out_media").mkdir()
        (tmp_path / "out_media" / "mine").write_bytes(b"mine")
    elif kind == "media link":
        (tmp_path / "out_media").symlink_to(outside)
    elif kind == "file":
        (tmp_path / target).write_bytes(b"mine")
    elif kind == "full folder":
        (tmp_path / target).mkdir()
        (tmp_path / target / "mine").write_bytes(b"mine")
    else:
        (tmp_path / target).symlink_to(outside if kind == "link to a folder" else tmp_path / "nowhere")
    before = forge.insides(outside)
    with trainset.open(named) as dataset:
        if "media" in kind and target == "out":
            dataset.export(tmp_path / target)
        else:
            with pytest.raises(TrainsetError, match="already"):
                dataset.export(tmp_path / target)
    assert forge.insides(outside) == before
    assert not (tmp_path / "nowhere").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]


def test_formulas_in_cells_are_warned_of_and_made_harmless_on_demand(texts: Path, tmp_path: Path) -> None:
    forge.rewrite(texts, text=["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "a"], label="=HYPERLINK(1)")
    with trainset.open(texts) as dataset:
        plain = dataset.export(tmp_path / "plain.csv")
        assert any("11 cells" in warning for warning in plain.warnings)
        dataset.export(tmp_path / "safe.csv", settings={"for_spreadsheet": True})
    with (tmp_path / "safe.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    done = helpers.run("export", tmp_path / "cli.csv", "-d", texts)
    assert "warning" in done.stdout


def test_metadata_deeper_than_anyone_needs_are_not_exported(texts: Path, tmp_path: Path) -> None:
    forge.rewrite(texts, meta='{"a":' * 500 + "1" + "}" * 500)
    with trainset.open(texts) as dataset, pytest.raises(DamagedDataset):
        dataset.export(tmp_path / "out.jsonl")
