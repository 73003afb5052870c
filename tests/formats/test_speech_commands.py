"""The layout of Speech Commands, in and out: words, speakers, the two lists, noise, and what it cannot hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import trainset
from tests import helpers
from tests.formats.outcomes import exported
from trainset import registry
from trainset.contracts import Losses
from trainset.formats._which_set import which_set
from trainset.work.import_ import choose_format
from trainset.work.import_report import ImportReport
from trainset.work.workbench import Workbench

PUBLISHED = {
    "validation": "026290a7 060cd039 099d52ad 0ab3b47d 105e72bb 16db1582 171b56dc 1816b768 8b775397 f9ebdba0 dc2222d7",
    "test": "0487ba9b 096456f9 0c40e715 0d53e045 0ea0e2f4 0f250098 0fa1e7a9 105a0eea 135c6841 2aa787cf ffb86d3c",
}
"""Speakers as the lists that are published with the dataset have them."""


@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_split_of_a_speaker_is_the_published_one(split: str) -> None:
    for speaker in PUBLISHED[split].split():
        assert {which_set(f"{speaker}_nohash_{n}.wav") for n in range(3)} == {split}


def test_the_shares_of_speakers_can_be_set() -> None:
    names = [f"{speaker:08x}_nohash_0.wav" for speaker in range(4000)]
    found = [which_set(name) for name in names]
    assert [found.count(split) / 4000 for split in ("train", "validation", "test")] == pytest.approx(
        [0.8, 0.1, 0.1], abs=0.02
    )
    assert {which_set(name, 0, 0) for name in names} == {"train"}
    assert {which_set(name, 0, 100) for name in names} == {"test"}


WORDS = {
    "zero/026290a7_nohash_0.wav": "train/0/george_5", "zero/026290a7_nohash_1.wav": "train/0/george_6", "zero/0c40e715_nohash_0.wav": "train/0/lucas_5",
    "one/026290a7_nohash_0.wav": "train/1/george_5", "one/0c40e715_nohash_0.wav": "train/1/lucas_5", "one/00f0204f_nohash_0.wav": "train/1/theo_5",
}  # fmt: skip


@pytest.fixture
def words(tmp_path: Path, data_folder: Path) -> Path:
    """A small Speech Commands of real clips: two words, three speakers, noise, documents, both lists."""
    folder = tmp_path / "words"
    for name, clip in {**WORDS, "_background_noise_/hum.wav": "train/9/theo_16"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        place, _, take = clip.rpartition("_")
        shutil.copy(data_folder / "audio_fsdd" / f"{place}_{int(take):02}.wav", folder / name)
    (folder / "README.md").write_text("about")
    (folder / "_background_noise_" / "README.md").write_text("about noise")
    lists(folder, [name for name in WORDS if "026290a7" in name], [name for name in WORDS if "0c40e715" in name])
    return folder


def lists(folder: Path, validation: list[str], testing: list[str]) -> None:
    (folder / "validation_list.txt").write_text("".join(f"{name}\n" for name in validation))
    (folder / "testing_list.txt").write_text("".join(f"{name}\n" for name in testing))


def imported(dataset: Workbench, source: Path, **how: Any) -> tuple[ImportReport, dict[str, dict[str, Any]]]:
    report = dataset.import_(source, **how)
    rows = dataset.look(n=1000, sort="path", source=report.source).rows()
    return report, {row["path"]: row for row in rows}


def by_split(rows: dict[str, dict[str, Any]]) -> dict[str | None, int]:
    splits = [row["split"] for row in rows.values()]
    return {split: splits.count(split) for split in splits}


def test_words_speakers_and_splits_are_read(words: Path, tmp_path: Path) -> None:
    assert choose_format(words).name == "speech_commands"
    with trainset.init(tmp_path / "set") as dataset:
        report, rows = imported(dataset, words)
        assert report.files == {"added": 7, "ignored": 4}
        assert report.rows == {"added": 5}
        assert not report.proposed_split
        assert by_split(rows) == {"validation": 3, "test": 2, "train": 1, None: 1}
        zero = rows["zero/026290a7_nohash_1.wav"]
        assert (zero["label"], zero["split"], zero["contributor"]) == ("zero", "validation", "026290a7")
        again = dataset.import_(words)
        assert (again.action, again.files) == (None, {"already present": 7, "ignored": 4})


def test_noise_is_no_class_and_said_to_be_none(words: Path, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        report, rows = imported(dataset, words)
        noise = rows["_background_noise_/hum.wav"]
        assert (noise["label"], noise["split"], noise["contributor"]) == (None, None, None)
        assert noise["meta"] == {"background_noise": True}
        assert dataset.look(where="meta.background_noise").total == 1
        assert {entry.name for entry in dataset.classes()} == {"zero", "one"}
    assert any(text.startswith("recordings in _background_noise_ (1) are no class") for text in report.about)


def test_rows_that_count_for_nothing_have_an_outcome_each(words: Path, tmp_path: Path) -> None:
    known = "zero/0c40e715_nohash_0.wav"
    validation = [
        "./one/026290a7_nohash_0.wav",
        "",
        "zero/gone_nohash_0.wav",
        "../../secret.wav",
        "one/026290a7_nohash_0.wav",
    ]
    lists(words, [*validation, "_background_noise_/hum.wav", "README.md", known], [known])
    with trainset.init(tmp_path / "set") as dataset:
        report, rows = imported(dataset, words)
    assert report.rows == {"added": 2, "unreadable": 1, "unsafe": 1, "ignored": 4}
    assert sum(report.rows.values()) == 8
    assert {(row["name"], row["row"]) for row in report.bad} == {("validation_list.txt", 3), ("validation_list.txt", 4)}
    assert rows[known]["split"] == "test"
    assert rows[known]["remarks"] == [
        "in both lists: row 1 of testing_list.txt, row 8 of validation_list.txt; it is kept for testing"
    ]
    assert report.remarks["in both lists"] == 1
    assert "validation_list.txt has 1 blank line" in report.about


@pytest.mark.parametrize("why", ["utf-16", "a link out of the folder", "a folder"])
def test_a_list_that_cannot_be_read_makes_nothing_train(why: str, words: Path, tmp_path: Path) -> None:
    place = words / "testing_list.txt"
    text = place.read_text()
    place.unlink()
    if why == "utf-16":
        place.write_text(text, encoding="utf-16")
    elif why == "a folder":
        place.mkdir()
    else:
        (tmp_path / "elsewhere.txt").write_text(text)
        place.symlink_to(tmp_path / "elsewhere.txt")
    with trainset.init(tmp_path / "set") as dataset:
        report, rows = imported(dataset, words, format="speech_commands")
    if why == "a folder":  # then there is no such list
        assert by_split(rows) == {"validation": 3, "train": 3, None: 1}
        assert any("there is no testing_list.txt" in text for text in report.about)
    else:
        assert by_split(rows) == {"validation": 3, None: 4}
        assert [bad["name"] for bad in report.bad] == ["testing_list.txt"]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(words: Path, tmp_path: Path) -> None:
    for name in ("validation_list.txt", "testing_list.txt"):
        place = words / name
        place.write_bytes(b"\xef\xbb\xbf" + place.read_bytes().replace(b"\n", b"\r\n"))
    with trainset.init(tmp_path / "set") as dataset:
        assert by_split(imported(dataset, words)[1]) == {"validation": 3, "test": 2, "train": 1, None: 1}


def test_without_lists_the_layout_is_asked_for_and_the_split_is_the_hash_of_the_speaker(
    words: Path, tmp_path: Path
) -> None:
    for name in ("validation_list.txt", "testing_list.txt"):
        (words / name).unlink()
    assert choose_format(words).name == "class_folders"
    with trainset.init(tmp_path / "set") as dataset:
        report, rows = imported(dataset, words, format="speech_commands")
        assert by_split(rows) == {"validation": 3, "test": 2, "train": 1, None: 1}
        assert any(text.startswith("there are no lists: the split is the hash") for text in report.about)
        assert dataset.import_(words).action is None  # a source is read as it was
    with trainset.init(tmp_path / "other") as dataset:
        given = {"validation_percentage": 0.0, "testing_percentage": 100.0}
        assert by_split(imported(dataset, words, format="speech_commands", settings=given)[1]) == {"test": 6, None: 1}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_goes_out_is_the_folder_that_came_in(words: Path, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        first, rows = imported(dataset, words)
        report = dataset.export(tmp_path / "out", format="speech_commands")
        assert (report.samples, report.lost, report.warnings) == (7, (), ())
    before = {name: data for name, data in files(words).items() if not name.endswith("README.md")}
    after = files(tmp_path / "out")
    for name in ("validation_list.txt", "testing_list.txt"):
        assert sorted(after[name].splitlines()) == sorted(before[name].splitlines())
    assert {name: data for name, data in after.items() if name.endswith(".wav")} == {
        name: data for name, data in before.items() if name.endswith(".wav")
    }
    with trainset.init(tmp_path / "again") as dataset:
        second, back = imported(dataset, tmp_path / "out")
    assert (second.format, second.rows) == ("speech_commands", first.rows)
    claims = ("label", "split", "contributor", "meta", "content")
    assert {p: [row[c] for c in claims] for p, row in back.items()} == {
        p: [row[c] for c in claims] for p, row in rows.items()
    }


def test_real_recordings_of_named_speakers_come_back_counted(tmp_path: Path, data_folder: Path) -> None:
    clips = sorted((data_folder / "audio_fsdd" / "train").glob("[0-2]/*_0[5-9].wav"))
    rows = ["path,label,split,contributor,take"]
    for number, clip in enumerate(clips):
        shutil.copy(clip, tmp_path / f"{number}.wav")
        speaker, _, take = clip.stem.partition("_")
        rows.append(f"{number}.wav,{clip.parent.name},{['train', 'dev', 'test'][number % 3]},{speaker},{take}")
    (tmp_path / "list.csv").write_text("\n".join(rows))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "list.csv")
        report = dataset.export(tmp_path / "out", format="speech_commands")
        before = dataset.look(n=1000, sort="id").rows()
    assert report.samples == len(clips) == len(before) == 90
    assert any(text.startswith("90 samples come back with a hash of their contributor") for text in report.lost)
    assert any(text.startswith("90 samples have metadata") for text in report.lost)
    assert any(text.startswith("90 files have new names") for text in report.warnings)
    assert any("the lists win" in text for text in report.warnings)
    with trainset.init(tmp_path / "again") as dataset:
        second = dataset.import_(tmp_path / "out")
        after = dataset.look(n=1000, sort="id").rows()
    assert (second.files["added"], second.bad_count) == (90, 0)

    def said(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
        return sorted((row["content"], row["label"], row["split"]) for row in rows)

    assert said(after) == said(before)
    speakers = {(row["content"], row["contributor"]) for row in before}
    pairs = {(dict(speakers)[row["content"]], row["contributor"]) for row in after}
    assert len(pairs) == len({who for who, _ in pairs}) == len({hashed for _, hashed in pairs}) == 6


WAV = b"RIFF\x24\0\0\0WAVEfmt "


def write(target: Path, rows: list[dict[str, Any]]) -> Losses:
    losses = registry.plugin("format", "speech-commands").target().write(exported(rows), target)
    assert isinstance(losses, Losses)
    return losses


def sample(name: str, **values: Any) -> dict[str, Any]:
    return {"name": name, "path": name, "media": WAV + name.encode(), "label": "yes", "split": "train", **values}


def test_what_the_layout_cannot_hold_is_said(tmp_path: Path) -> None:
    losses = write(
        tmp_path / "out",
        [
            sample("a.wav", label=None),
            sample("b.flac", media=b"fLaC\0\0\0\x22"),
            sample("c.wav", split="production"),
            sample("d.wav", split=None, contributor="ann"),
            sample("e.wav", meta='{"room": "bath"}', contributor="00f0204f"),
            sample("f.wav", label="a/b"),
            {"text": "no recording", "label": "yes"},
        ],
    )
    assert losses.samples == 3
    assert losses.lost == (
        "1 samples have no label, and so no folder: left out",
        "1 recordings are no WAV files, and the layout has no others: left out",
        "1 samples are of the split production: left out, because what no list names is for training",
        "1 samples come back with a hash of their contributor's name",
        "1 samples have no split: no list names them, and so they come back as train",
        "1 samples have metadata, which no file of this layout holds",
        "1 samples have no contributor: each comes back with one of its own",
        "1 samples have no recording to write: left out",
        "1 classes come back under the name of their folder: 'a/b is a%2Fb'",
    )
    assert "yes/00f0204f_nohash_0.wav" in files(tmp_path / "out")


def test_names_that_clash_are_never_written_over(tmp_path: Path) -> None:
    name = "00f0204f_nohash_0.wav"
    rows = [
        sample(f"{n}.wav" if n % 2 else name, contributor="00f0204f", media=WAV + bytes([n]), split="test")
        for n in range(7)
    ]
    noise = [
        sample("hum.wav", label=None, meta='{"background_noise": true}', media=WAV + bytes([9 + n])) for n in range(2)
    ]
    losses = write(tmp_path / "out", [*rows, *noise])
    found = files(tmp_path / "out")
    assert losses.samples == 9
    assert len({data for path, data in found.items() if path.endswith(".wav")}) == 9
    assert sorted(found["testing_list.txt"].decode().split()) == [f"yes/00f0204f_nohash_{n}.wav" for n in range(7)]
    assert found["validation_list.txt"] == b""


def test_a_contributor_and_a_name_that_disagree_make_one_contributor(tmp_path: Path) -> None:
    rows = [
        sample("0c40e715_nohash_0.wav", contributor="ann"),
        sample("x.wav", contributor="ann"),
        sample("0c40e715_nohash_1.wav"),
    ]
    write(tmp_path / "out", rows)
    names = [Path(path).name for path in files(tmp_path / "out") if path.endswith(".wav")]
    assert "0c40e715_nohash_1.wav" in names  # nobody says otherwise
    (other,) = {name.partition("_")[0] for name in names} - {"0c40e715"}
    assert sorted(names) == sorted([f"{other}_nohash_0.wav", f"{other}_nohash_1.wav", "0c40e715_nohash_1.wav"])


def test_a_class_called_like_the_folder_of_noise_or_a_list_is_a_class(tmp_path: Path) -> None:
    write(tmp_path / "out", [sample("a.wav", label="_background_noise_"), sample("b.wav", label="testing_list.txt")])
    folders = {path.partition("/")[0] for path in files(tmp_path / "out") if path.endswith(".wav")}
    assert folders == {"%5Fbackground_noise_", "%74esting_list.txt"}


def test_splits_that_the_hash_contradicts_are_warned_of_and_the_lists_win(tmp_path: Path) -> None:
    rows = [
        sample(f"0c40e715_nohash_{n}.wav", contributor="0c40e715", split="train" if n else "testing") for n in range(3)
    ]
    losses = write(tmp_path / "out", rows)
    assert losses.warnings[0].startswith("2 of 3 recordings are in another split than the hash of their names says")
    (batch,) = registry.plugin("format", "speech_commands").target().read(tmp_path / "out", _Unheard())
    assert batch["split"].to_pylist() == ["test", "train", "train"]


class _Unheard:
    """Outcomes that nobody asks for."""

    def file(self, *args: object) -> None: ...
    def row(self, *args: object) -> None: ...
    def remark(self, text: str) -> None: ...


def test_a_split_named_by_hand_goes_out_as_what_it_means(words: Path, tmp_path: Path) -> None:
    listed = "".join(f"{name},{name.partition('/')[0]},holdout\n" for name in WORDS)
    (words / "all.csv").write_text("path,label,split\n" + listed)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(words / "all.csv", split_names={"holdout": "test"})
        dataset.export(tmp_path / "out", format="speech_commands")
        dataset.export(tmp_path / "out.csv")
    assert len((tmp_path / "out" / "testing_list.txt").read_text().split()) == 6
    with trainset.init(tmp_path / "again") as dataset:
        dataset.import_(tmp_path / "out.csv")
        assert dataset.look(split="test").total == 6


def test_the_command_line_writes_and_reads_it(words: Path, tmp_path: Path) -> None:
    helpers.run_json("import", words, "-d", "set", cwd=tmp_path)
    out = helpers.run_json("export", "out", "--format", "speech-commands", "-d", "set", cwd=tmp_path)
    assert (out["format"], out["samples"]) == ("speech_commands", 7)
    back = helpers.run_json("import", "out", "-d", "again", cwd=tmp_path)
    assert (back["format"], json.dumps(back["rows"])) == ("speech_commands", '{"added": 5}')
