"""Archives as sources: they import as the folder or list in them would, once, wherever the dataset is moved."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.formats.archives import MODES, pack, pack_folder
from tests.helpers import picture, pictures, run, run_json, texts
from tests.security import forge

import trainset
from trainset.contracts import Plugin
from trainset.errors import BadValue, StorageFull, TrainsetError
from trainset.formats.archive import Archive
from trainset.work.workbench import Workbench


def facts(dataset: Workbench) -> list[tuple[object, ...]]:
    return sorted(
        (row["id"], row["label"], row["split"], row["path"], row["text"]) for row in dataset.look(n=100).rows()
    )


@pytest.mark.parametrize(("suffix", "prefix"), [*((suffix, "") for suffix in (".zip", *MODES)), (".zip", "pets/")])
def test_an_archive_imports_as_its_folder_does(suffix: str, prefix: str, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "pets"
    pictures(folder, each=2, split="train")
    pictures(folder, each=1, split="val")
    archive = pack_folder(tmp_path / f"pets{suffix}", folder, prefix)
    with trainset.init(tmp_path / "a") as one, trainset.init(tmp_path / "b") as other:
        plain, packed = one.import_(folder), other.import_(archive)
        assert facts(one) == facts(other)
        assert one.version("v").digest == other.version("v").digest
        assert (plain.files, plain.source) == (packed.files, packed.source)
        assert (plain.format, packed.format) == ("class_folders", "archive of class_folders")
        again = other.import_(archive)
        assert (again.action, again.files) == (None, {"already present": 6})
        status = other.status()
        assert [found.missing + found.changed for found in status.on_disk] == [0]
        assert status.sources[0]["allowed"]


def test_a_list_of_files_and_packed_lists_of_texts_import_as_they_are(tmp_path: Path) -> None:
    pictures(tmp_path / "set", classes=("x",), each=2)
    (tmp_path / "set" / "metadata.csv").write_text("file_name,label,who\nx/0.png,cat,ada\nx/1.png,dog,bob\n")
    said = texts(tmp_path / "said.csv", [("hello", "a"), ("bye", "b")])
    (tmp_path / "said.csv.gz").write_bytes(gzip.compress(said.read_bytes()))
    (tmp_path / "said.jsonl.gz").write_bytes(gzip.compress(b'{"utterance": "hi", "label": "a"}\n'))
    with trainset.init(tmp_path / "a") as one:
        one.import_(pack_folder(tmp_path / "set.zip", tmp_path / "set"))
        assert {(row["label"], row["meta"]["who"]) for row in one.look(n=9).rows()} == {("cat", "ada"), ("dog", "bob")}
    with trainset.init(tmp_path / "b") as one, trainset.init(tmp_path / "c") as other:
        one.import_(said)
        report = other.import_(tmp_path / "said.csv.gz")
        assert facts(one) == facts(other)
        assert (report.source, report.format, report.rows) == ("said.csv", "archive of csv", {"added": 2})
        assert other.import_(tmp_path / "said.jsonl.gz", settings={"map": "text=utterance"}).rows == {"added": 1}
        assert other.import_(tmp_path / "said.jsonl.gz").rows == {"already present": 1}


def test_a_changed_archive_updates_and_the_same_bytes_elsewhere_add_nothing(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in" / "pets", each=2)
    archive = pack_folder(tmp_path / "pets.zip", folder)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
        os.utime(archive, (1, 1))
        assert dataset.import_(archive).action is None
        shutil.copy(archive, tmp_path / "in" / "pets.zip")
        assert dataset.import_(tmp_path / "in" / "pets.zip").action is None
        picture(folder / "cat" / "0.png", 77)
        picture(folder / "dog" / "new.png", 78)
        (folder / "dog" / "1.png").unlink()
        pack_folder(archive, folder)
        report = dataset.import_(archive)
        assert (report.files, report.missing) == ({"already present": 2, "changed": 1, "added": 1}, 1)
        assert not [name for name in os.listdir(tmp_path / "set" / "unpacked") if name.startswith(".")]


def test_another_archive_of_the_same_name_is_asked_about(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for number, place in enumerate((one, other)):
        picture(place / "in" / "cat" / "1.png", number)
        pack_folder(place / "pets.zip", place / "in")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(one / "pets.zip")
        with pytest.raises(BadValue, match="another archive"):
            dataset.import_(other / "pets.zip")
        assert dataset.import_(other / "pets.zip", name="pets").files == {"changed": 1}
        with pytest.raises(BadValue, match="another place"):
            dataset.import_(pictures(tmp_path / "pets"))
        dataset.import_(pictures(tmp_path / "birds"))
        with pytest.raises(BadValue, match="it is a folder"):
            dataset.import_(one / "pets.zip", name="birds")


def test_a_moved_dataset_still_reads_what_was_unpacked_into_it(tmp_path: Path) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=2))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
    archive.unlink()
    shutil.rmtree(tmp_path / "pets")
    (tmp_path / "set").rename(tmp_path / "moved")
    with trainset.open(tmp_path / "moved") as dataset:
        assert dataset.export(tmp_path / "out").samples == 4
        assert [found.missing + found.changed for found in dataset.status().on_disk] == [0]
        assert dataset.measure() is not None


@pytest.mark.parametrize(
    "root",
    ["unpacked/../../elsewhere", "unpacked/link", "unpacked/pets/../../..", "unpacked", "unpacked//etc", "elsewhere"],
)
def test_a_forged_root_of_an_archive_leads_nowhere(root: str, tmp_path: Path) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=1))
    secret = picture(tmp_path / "elsewhere" / "cat" / "0.png", 99)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
    forge.source(tmp_path / "set", root=root)
    (tmp_path / "set" / "unpacked" / "link").symlink_to(tmp_path / "elsewhere")
    from trainset.store import ids

    forge.rewrite(tmp_path / "set", content=ids.content_hash(secret.read_bytes()))
    with trainset.open(tmp_path / "set") as dataset:
        with pytest.raises(TrainsetError):
            dataset.export(tmp_path / "out")
        dataset.status()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("where", ["unpacked", "unpacked/pets", "unpacked/pets/files", "unpacked/pets/files/cat"])
def test_a_link_in_the_place_of_what_was_unpacked_is_neither_read_nor_written(where: str, tmp_path: Path) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=1))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
    shutil.move(tmp_path / "set" / where, tmp_path / "outside")
    (tmp_path / "set" / where).symlink_to(tmp_path / "outside")
    before = forge.insides(tmp_path / "outside")
    picture(tmp_path / "pets" / "cat" / "new.png", 5)
    pack_folder(archive, tmp_path / "pets")
    with trainset.open(tmp_path / "set") as dataset:
        for verb in (lambda: dataset.export(tmp_path / "out"), lambda: dataset.import_(archive)):
            try:
                verb()
            except TrainsetError:
                continue
    assert forge.insides(tmp_path / "outside") == before


@pytest.mark.parametrize("record", [b"", b"{}", b"[1]", b'{"path": "../../.."}', b"\xff" * 100, b"[" * 100_000])
def test_a_record_that_is_not_what_it_must_be_is_unpacked_anew(record: bytes, tmp_path: Path) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=1))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
        place = dataset.place("unpacked", "pets", "record.json")
        if record.startswith(b'{"path"'):
            place.write_text(json.dumps({**json.loads(place.read_bytes()), **json.loads(record)}))
        else:
            place.write_bytes(record)
        assert dataset.import_(archive).files == {"already present": 2}


def test_what_was_refused_is_said_again(tmp_path: Path) -> None:
    members = {"cat/1.png": picture(tmp_path / "1.png", 1).read_bytes(), "../out.png": b"x", "cat/2.png": b""}
    archive = pack(tmp_path / "pets.zip", members)
    with trainset.init(tmp_path / "set") as dataset:
        first, again = dataset.import_(archive), dataset.import_(archive, report=tmp_path / "report.csv")
    assert first.files == {"added": 1, "unsafe": 1, "empty": 1}
    assert again.files == {"already present": 1, "unsafe": 1, "empty": 1}
    assert "../out.png" in (tmp_path / "report.csv").read_text()


def listed(dataset: Workbench) -> dict[str, str]:
    """What the check `unreadable` lists: names and outcomes."""
    (found,) = dataset.audit(only=["unreadable"]).results
    return {row["name"]: row["outcome"] for row in found.bad.to_pylist()}


REFUSED = {"../out.png": b"x", "cat/1.png\\..": b"y"}


def test_an_archive_of_which_all_is_refused_is_no_source_and_the_audit_names_each_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[Path] = []
    reads = Plugin.reads

    def watched(self: Plugin, source: Path) -> bool:
        walked.append(source)
        return reads(self, source)

    monkeypatch.setattr(Plugin, "reads", watched)
    archive = pack(tmp_path / "pets.zip", REFUSED)
    with trainset.init(tmp_path / "set", "image") as dataset:
        picture(tmp_path / "set" / "cat" / "mine.png", 1)  # what lies in the dataset's own folder is nobody's source
        for _ in range(2):
            report = dataset.import_(archive)
            assert (report.format, report.files, report.action) == ("archive", {"unsafe": 2}, None)
        assert report.nothing
        assert (walked, dataset.sources(), dataset.status().sources) == ([], [], ())
        assert listed(dataset) == dict.fromkeys(REFUSED, "unsafe")
        pack(archive, {"cat/1.png": (tmp_path / "set" / "cat" / "mine.png").read_bytes(), "../late.png": b"x"})
        assert dataset.import_(archive).files == {"unsafe": 1, "added": 1}
        assert listed(dataset) == {"../late.png": "unsafe"}  # the latest import has the last word
        assert tmp_path / "set" not in walked
    done = run("audit", "-d", "set", "--only", "unreadable", cwd=tmp_path)
    assert "../late.png" in done.stdout


def test_an_archive_that_breaks_later_leaves_its_source_as_it_was(tmp_path: Path) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=1))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
        before = dataset.sources()
        pack(archive, REFUSED)
        report = dataset.import_(archive, allow_roots=[str(tmp_path / "pets")])
        assert (report.action, report.missing, dataset.sources()) == (None, 0, before)
        assert listed(dataset) == dict.fromkeys(REFUSED, "unsafe")
        assert dataset.export(tmp_path / "out").samples == 2


def test_a_packed_list_that_is_mended_is_no_longer_bad(tmp_path: Path) -> None:
    packed = tmp_path / "said.csv.gz"
    whole = gzip.compress(b"text,label\na,b\nc,d\n")
    with trainset.init(tmp_path / "set", "text") as dataset:
        for data, wanted in ((whole, {}), (b"no gzip", {"said.csv": "unreadable"}), (whole, {})):
            packed.write_bytes(data)
            dataset.import_(packed)
            assert listed(dataset) == wanted


def test_what_was_read_is_named_and_a_second_import_reads_it_so_again(tmp_path: Path) -> None:
    said = pa.table({"text": ["hello", "bye"], "label": ["a", "b"]})
    pq.write_table(said, tmp_path / "said.parquet")
    (tmp_path / "said.jsonl.gz").write_bytes(gzip.compress(b'{"utterance": "hi", "label": "a"}\n'))
    with trainset.init(tmp_path / "set") as dataset:
        assert dataset.import_(tmp_path / "said.parquet").format == "huggingface_parquet"
        dataset.import_(tmp_path / "said.jsonl.gz", settings={"map": "text=utterance"})
        shown = {source["name"]: source["format"] for source in dataset.status().sources}
        assert shown == {"said.parquet": "huggingface_parquet", "said.jsonl": "archive of jsonl"}
        assert dataset.log()[-1].reason == "from said.jsonl (archive of jsonl)"
        for name in ("said.parquet", "said.jsonl.gz"):
            again = dataset.import_(tmp_path / name)
            assert (again.action, set(again.rows)) == (None, {"already present"})
        assert again.format == "archive of jsonl"


def test_progress_counts_members_and_an_interruption_leaves_nothing_half_made(tmp_path: Path) -> None:
    archive = pack(tmp_path / "many.zip", {f"a/{n}.png": b"x" for n in range(250)})
    told: list[int] = []

    def interrupted(done: int) -> None:
        raise KeyboardInterrupt

    with trainset.init(tmp_path / "set", "image") as dataset:
        with pytest.raises(KeyboardInterrupt):
            dataset.import_(archive, unpacking=interrupted)
        assert not os.listdir(tmp_path / "set" / "unpacked")
        assert not dataset.sources()
        assert dataset.import_(archive, unpacking=told.append).files == {"unreadable": 250}
        assert sum(told) == 250
        assert len(told) > 1


@pytest.mark.parametrize("failing", [1, 2])
def test_an_interruption_between_the_renames_of_an_update_keeps_what_was_there(
    failing: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=1))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
        picture(tmp_path / "pets" / "cat" / "0.png", 77)
        pack_folder(archive, tmp_path / "pets")
        renamed: list[object] = []

        def replace(source: object, target: object) -> None:
            renamed.append(target)
            if len(renamed) == failing:
                raise KeyboardInterrupt
            plainly(source, target)  # type: ignore[arg-type]

        plainly = os.replace
        monkeypatch.setattr("trainset.store.unpacked.os.replace", replace)
        with pytest.raises(KeyboardInterrupt):
            dataset.import_(archive)
        monkeypatch.undo()
        assert os.listdir(tmp_path / "set" / "unpacked") == ["pets"]
        assert dataset.export(tmp_path / "out").samples == 2
        assert dataset.import_(archive).files == {"changed": 1, "already present": 1}


def test_a_link_in_the_place_of_what_was_put_aside_is_not_put_back(tmp_path: Path) -> None:
    pictures(tmp_path / "outside", each=1)
    with trainset.init(tmp_path / "set") as dataset:
        (tmp_path / "set" / "unpacked").mkdir()
        (tmp_path / "set" / "unpacked" / ".pets.aside.tmp").symlink_to(tmp_path / "outside")
        dataset.import_(pictures(tmp_path / "birds", each=1))
        assert not (tmp_path / "set" / "unpacked" / "pets").exists()
        assert len(list((tmp_path / "outside").rglob("*.png"))) == 2


def test_an_interrupted_unpacking_leaves_nothing_that_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=2))
    unpack = Archive.unpack

    def interrupted(self: Archive, source: Path, target: Path, outcomes: object) -> None:
        (target / "half.png").write_bytes(b"half")
        raise KeyboardInterrupt

    with trainset.init(tmp_path / "set") as dataset:
        monkeypatch.setattr(Archive, "unpack", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dataset.import_(archive)
        left = tmp_path / "set" / "unpacked" / ".0.tmp"  # as a process leaves it that was killed
        (left / "files").mkdir(parents=True)
        (left / "files" / "half.png").write_bytes(b"half")
        monkeypatch.setattr(Archive, "unpack", unpack)
        assert dataset.import_(archive).files == {"added": 4}
        assert os.listdir(tmp_path / "set" / "unpacked") == ["pets"]


def test_a_full_disk_while_unpacking_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=2))

    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    with trainset.init(tmp_path / "set") as dataset:
        monkeypatch.setattr("trainset.formats._members.os.write", full)
        with pytest.raises(StorageFull, match="disk is full"):
            dataset.import_(archive)
        monkeypatch.undo()
        assert not os.listdir(tmp_path / "set" / "unpacked")
        assert dataset.status().samples == 0


def test_a_broken_archive_says_nothing_of_what_is_missing(tmp_path: Path) -> None:
    archive = pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=2))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(archive)
        archive.write_bytes(archive.read_bytes()[:500])
        report = dataset.import_(archive)
        assert (report.files, report.missing) == ({"truncated": 1}, 0)
        assert dataset.export(tmp_path / "out").samples == 4  # what was unpacked before is still there


def test_the_command_line_takes_archives_and_their_settings(tmp_path: Path) -> None:
    pack_folder(tmp_path / "pets.zip", pictures(tmp_path / "pets", each=1))
    (tmp_path / "said.csv.gz").write_bytes(gzip.compress(b"text,label\na,b\nc\n"))
    assert run_json("import", "pets.zip", cwd=tmp_path)["samples"] == 2
    assert run_json("import", "pets.zip", "--folders", "none", cwd=tmp_path)["files"] == {"changed": 2}
    done = run("import", "pets.zip", "-d", "new", "--set", "archive.most_members=1", cwd=tmp_path)
    assert (done.returncode, "too large" in done.stdout) == (3, True)
    found = run_json("import", "said.csv.gz", "-d", "said", "--set", "csv.keep_good_rows=true", cwd=tmp_path)
    assert found["rows"] == {"unreadable": 1, "added": 1}
    assert run("pets.zip", cwd=tmp_path).returncode == 0
