"""Import: one outcome for every file, nothing twice, nothing lost."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import picture, pictures, texts

import trainset
from trainset.errors import BadSource, BadValue, UnknownName
from trainset.work import decode


def report_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path / "set") as opened:
        yield opened


def test_class_folders_give_labels_and_a_second_import_adds_nothing(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    pictures(tmp_path / "in")
    first = dataset.import_(tmp_path / "in")
    assert first.files == {"added": 10}
    assert first.new_classes == ("cat", "dog")
    again = dataset.import_(tmp_path / "in")
    assert again.files == {"already present": 10}
    assert again.action is None
    assert not again.nothing
    assert dataset.status().samples == 10


def test_split_and_class_folders_keep_the_sources_split(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "in", split="training")
    pictures(tmp_path / "in", split="val", each=2)
    report = dataset.import_(tmp_path / "in")
    assert not report.proposed_split
    assert dataset.status().counts == {"cat": {"train": 5, "validation": 2}, "dog": {"train": 5, "validation": 2}}


def test_only_split_folders_are_asked_about(dataset: trainset.Workbench, tmp_path: Path) -> None:
    for split in ("train", "test"):
        picture(tmp_path / "in" / split / "a.png", 1 + len(split))
    with pytest.raises(BadSource, match="splits or labels"):
        dataset.import_(tmp_path / "in")
    dataset.import_(tmp_path / "in", settings={"folders": "splits"})
    assert dataset.status().counts == {"": {"train": 1, "test": 1}}


def test_a_class_called_train_beside_others_is_a_class(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "in", classes=("train", "car"))
    dataset.import_(tmp_path / "in")
    assert set(dataset.status().counts) == {"train", "car"}


def test_files_without_folders_are_welcome_unlabelled(dataset: trainset.Workbench, tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png", 1)
    dataset.import_(tmp_path / "in")
    status = dataset.status()
    assert (status.samples, status.unlabelled) == (1, 1)


def test_changed_samples_that_a_proposed_split_moves_are_counted(tmp_path: Path) -> None:
    def rows(word: str) -> Path:
        path = tmp_path / "t.csv"
        path.write_text("id,text,label\n" + "".join(f"{n},{word} {n},a\n" for n in range(100)), encoding="utf-8")
        return path

    with trainset.init(tmp_path / "moved") as made:
        made.import_(rows("one"))
        before = {row["meta"]["id"]: row["split"] for row in made.look(n=100).rows()}
        done = made.import_(rows("two"))
        after = {row["meta"]["id"]: row["split"] for row in made.look(n=100).rows()}
        moved = sum(before[one] != after[one] for one in before)
        assert moved > 5
        assert (
            done.about[-1] == f"in another split than before, for proposed splits go by content: {moved:,} that changed"
        )
        assert not any("another split" in one for one in made.import_(rows("two")).about)


def test_a_changed_file_is_the_same_sample_with_other_content(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    dataset.import_(tmp_path / "in")
    before = dataset.look(where="path = 'cat/0.png'").rows()[0]
    picture(tmp_path / "in" / "cat" / "0.png", 77)
    assert dataset.import_(tmp_path / "in").files == {"already present": 9, "changed": 1}
    after = dataset.look(where="path = 'cat/0.png'").rows()[0]
    assert before["id"] == after["id"]
    assert before["content"] != after["content"]
    assert dataset.status().samples == 10


def test_a_moved_file_keeps_id_and_history(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    dataset.import_(tmp_path / "in")
    [identifier] = dataset.look(where="path = 'cat/0.png'").ids
    dataset.label("dog", [identifier])
    (tmp_path / "in" / "new").mkdir()
    (tmp_path / "in" / "cat" / "0.png").rename(tmp_path / "in" / "new" / "renamed.png")
    report = dataset.import_(tmp_path / "in")
    assert report.files == {"already present": 9, "moved": 1}
    assert report.missing == 0
    [row] = dataset.look([identifier]).rows()
    assert (row["path"], row["label"], row["source_label"]) == ("new/renamed.png", "dog", "new")
    picture(tmp_path / "in" / "cat" / "0.png", 99)  # another picture takes the old place: it is another sample
    assert dataset.import_(tmp_path / "in").files == {"already present": 10, "added": 1}
    assert dataset.status().samples == 11
    assert dataset.import_(tmp_path / "in").files == {"already present": 11}


def test_a_missing_file_is_named_and_stays_a_sample(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    dataset.import_(tmp_path / "in")
    (tmp_path / "in" / "cat" / "0.png").unlink()
    report = dataset.import_(tmp_path / "in")
    assert (report.missing, report.missing_names) == (1, ("cat/0.png",))
    status = dataset.status()
    assert status.samples == 10
    assert (status.on_disk[0].missing, status.on_disk[0].names) == (1, ("cat/0.png",))


def test_the_same_bytes_at_two_places_are_two_samples_and_said_to_be_copies(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    pictures(tmp_path / "in", each=2)
    shutil.copy(tmp_path / "in" / "cat" / "0.png", tmp_path / "in" / "dog" / "copy.png")
    report = dataset.import_(tmp_path / "in", report=tmp_path / "report.csv")
    assert report.duplicates == 1
    assert dataset.status().samples == 5
    rows = {row["name"]: row for row in report_rows(tmp_path / "report.csv")}
    assert rows["dog/copy.png"]["remarks"] == "duplicate of: cat/0.png"
    assert len(rows) == 5


def test_system_files_are_ignored_hidden_pictures_are_not_and_the_counts_add_up(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    pictures(tmp_path / "in", each=1)
    picture(tmp_path / "in" / "cat" / ".hidden.png", 5)
    for name in (".DS_Store", "Thumbs.db", "cat/._0.png", "cat/desktop.ini"):
        (tmp_path / "in" / name).write_bytes(b"x")
    (tmp_path / "in" / "cat" / "empty.png").touch()
    (tmp_path / "in" / "cat" / "notes.txt").write_text("a note")
    (tmp_path / "in" / "__MACOSX").mkdir()
    (tmp_path / "in" / "__MACOSX" / "x.png").write_bytes(b"x")
    os.symlink("/etc/passwd", tmp_path / "in" / "cat" / "link.png")
    os.mkfifo(tmp_path / "in" / "cat" / "pipe.png")
    report = dataset.import_(tmp_path / "in")
    assert report.files == {"added": 3, "ignored": 5, "empty": 1, "unreadable": 1, "unsafe": 2}
    assert {bad["name"] for bad in report.bad} == {"cat/empty.png", "cat/notes.txt", "cat/link.png", "cat/pipe.png"}


def test_names_of_any_bytes_keep_their_path(dataset: trainset.Workbench, tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png", 1)
    odd = os.fsencode(tmp_path / "in") + b"/\xff\xfe \n.png"
    os.rename(tmp_path / "in" / "a.png", odd)
    assert dataset.import_(tmp_path / "in").files == {"added": 1}
    assert dataset.import_(tmp_path / "in").files == {"already present": 1}
    with open(odd, "rb") as file:
        assert dataset.look().media(0) == file.read()


def test_a_second_place_of_the_same_name_is_refused(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "one" / "in")
    pictures(tmp_path / "two" / "in", classes=("cow",))
    dataset.import_(tmp_path / "one" / "in")
    with pytest.raises(BadValue, match="another place"):
        dataset.import_(tmp_path / "two" / "in")
    assert dataset.import_(tmp_path / "two" / "in", name="second").files == {"added": 5}


def test_another_medium_is_refused_with_what_to_do(dataset: trainset.Workbench, tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    dataset.import_(tmp_path / "in")
    with pytest.raises(BadValue, match="holds image"):
        dataset.import_(texts(tmp_path / "t.csv", [("hello", "a")]))


def test_a_decoder_that_kills_itself_or_hangs_costs_that_one_file(
    dataset: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path / "in", each=20)
    (tmp_path / "in" / "cat" / "killer.png").write_bytes(b"x")
    (tmp_path / "in" / "dog" / "sleeper.png").write_bytes(b"x")
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(decode, "FILES", "hostile_decoder:files")
    monkeypatch.setattr("trainset.work.import_._ROW_SECONDS", 1.0)
    report = dataset.import_(tmp_path / "in")
    assert report.files == {"added": 40, "unreadable": 2}
    assert {bad["name"] for bad in report.bad} == {"cat/killer.png", "dog/sleeper.png"}
    assert all(bad["reason"] for bad in report.bad)


def test_an_interrupted_import_goes_on_with_what_was_decoded(
    dataset: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(tmp_path / "in", each=60)
    monkeypatch.setattr("trainset.store.parts.PART_ROWS", 30)

    def stop(done: int) -> None:
        stop.seen += done  # type: ignore[attr-defined]
        if stop.seen > 70:  # type: ignore[attr-defined]
            raise KeyboardInterrupt

    stop.seen = 0  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        dataset.import_(tmp_path / "in", progress=stop)
    assert dataset.status().samples == 0
    kept = list(dataset.place("samples").glob("*.parquet"))
    assert kept
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setattr(decode, "FILES", "hostile_decoder:counted")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    report = dataset.import_(tmp_path / "in", report=tmp_path / "report.csv")
    assert report.files == {"added": 120}
    decoded_again = [row for row in report_rows(tmp_path / "report.csv") if row["remarks"] == "decoded again"]
    assert 0 < len(decoded_again) <= 60
    assert dataset.status().computed["width"] == 120


def test_a_report_counts_every_row_of_a_list(dataset: trainset.Workbench, tmp_path: Path) -> None:
    source = texts(tmp_path / "t.csv", [("one", "a"), ("", "b"), ("two", ""), ("one", "b")])
    report = dataset.import_(source)
    assert report.rows == {"added": 3, "empty": 1}
    assert report.files == {"ignored": 1}
    assert dataset.import_(source).rows == {"already present": 3, "empty": 1}
    assert dataset.status().unlabelled == 1


def test_a_line_inserted_above_moves_no_label_to_another_text(dataset: trainset.Workbench, tmp_path: Path) -> None:
    rows = [("same", "a"), ("other", "b"), ("same", "c")]
    dataset.import_(texts(tmp_path / "t.csv", rows))
    ids = {row["id"]: row["text"] for row in dataset.look(n=10).rows()}
    report = dataset.import_(texts(tmp_path / "t.csv", [("new", "a"), *rows]))
    assert report.rows == {"already present": 3, "added": 1}
    after = {row["id"]: row["text"] for row in dataset.look(n=10).rows()}
    assert {k: v for k, v in after.items() if k in ids} == ids


def test_other_labels_in_the_source_update_it_and_peoples_labels_stay(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    dataset.import_(texts(tmp_path / "t.csv", [("one", "a"), ("two", "a")]))
    dataset.label("a", where="text = 'one'")
    dataset.label("b", where="text = 'one'", new_class=True)
    report = dataset.import_(texts(tmp_path / "t.csv", [("one", "c"), ("two", "c")]))
    assert report.rows == {"changed": 2}
    rows = {row["text"]: (row["label"], row["source_label"]) for row in dataset.look(n=10).rows()}
    assert rows == {"one": ("b", "c"), "two": ("c", "c")}


def test_a_row_with_an_id_keeps_it_when_its_text_is_edited(dataset: trainset.Workbench, tmp_path: Path) -> None:
    header = "id,text,label"
    source = tmp_path / "t.csv"
    source.write_text(f"{header}\n7,good mornin,a\n8,bye,b\n")
    dataset.import_(source)
    before = {row["text"]: row["id"] for row in dataset.look().rows()}
    source.write_text(f"{header}\n7,good morning,a\n8,bye,b\n")
    assert dataset.import_(source).rows == {"changed": 1, "already present": 1}
    after = {row["text"]: row["id"] for row in dataset.look().rows()}
    assert after == {"good morning": before["good mornin"], "bye": before["bye"]}


def test_a_list_beside_files_wins_over_folders_and_says_where_they_disagree(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    pictures(tmp_path / "in", each=2)
    lines = [
        "path,label,speaker,take",
        "cat/0.png,cat,ada,1",
        "cat/1.png,dog,bob,2",
        "dog/0.png,dog,ada,3",
        "gone.png,dog,ada,4",
        "../x.png,dog,ada,5",
    ]
    (tmp_path / "in" / "manifest.csv").write_text("\n".join(lines) + "\n")
    report = dataset.import_(tmp_path / "in")
    assert report.files == {"added": 4, "ignored": 1}
    assert report.rows == {"added": 3, "unreadable": 1, "unsafe": 1}
    assert report.remarks["folder and list disagree"] >= 1
    rows = {row["path"]: row for row in dataset.look(n=10).rows()}
    assert rows["cat/1.png"]["label"] == "dog"
    assert rows["cat/1.png"]["contributor"] == "bob"
    assert rows["dog/1.png"]["label"] == "dog"
    assert dataset.look(where="meta.take > 1").total == 2


def test_a_manifest_cannot_lead_out_of_its_folder(dataset: trainset.Workbench, tmp_path: Path) -> None:
    secret = picture(tmp_path / "outside" / "secret.png", 1)
    picture(tmp_path / "in" / "ok.png", 2)
    os.symlink(secret, tmp_path / "in" / "link.png")
    (tmp_path / "in" / "list.csv").write_text(
        f"path,label\nok.png,a\n../outside/secret.png,a\n{secret},a\nlink.png,a\n"
    )
    report = dataset.import_(tmp_path / "in" / "list.csv")
    assert report.rows == {"added": 1, "unsafe": 3}
    with trainset.init(tmp_path / "other") as other:
        report = other.import_(tmp_path / "in" / "list.csv", allow_roots=[str(tmp_path / "outside")])
        assert report.rows == {"added": 4}


def test_an_unknown_format_or_setting_is_answered_with_those_that_exist(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    pictures(tmp_path / "in")
    with pytest.raises(UnknownName, match="no format 'zarr'"):
        dataset.import_(tmp_path / "in", format="zarr")
    with pytest.raises(UnknownName, match="no setting"):
        dataset.import_(tmp_path / "in", settings={"colour": "red"})
    with pytest.raises(BadSource, match="nothing at this place"):
        dataset.import_(tmp_path / "nowhere")


def test_the_proposed_split_depends_on_the_contributor_alone(dataset: trainset.Workbench, tmp_path: Path) -> None:
    lines = ["text,label,speaker", *(f"text {n},a,s{n % 30}" for n in range(600))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    dataset.import_(tmp_path / "t.csv")
    table = dataset.look(n=1000).to_pandas()
    assert (table.groupby("contributor")["split"].nunique() == 1).all()
    assert table["split"].nunique() == 3
    (tmp_path / "t.csv").write_text("\n".join([*lines, *(f"more {n},a,s{n % 60}" for n in range(600))]) + "\n")
    dataset.import_(tmp_path / "t.csv")
    grown = dataset.look(n=2000).to_pandas().set_index("id")["split"]
    assert (grown[table["id"]].to_numpy() == table["split"].to_numpy()).all()
