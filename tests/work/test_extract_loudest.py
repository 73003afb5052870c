"""extract-loudest: windows as new samples, originals and quiet ones excluded, all in one action, nothing written over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests import helpers

import trainset
from trainset.errors import BadValue, DamagedDataset
from trainset.media.audio import decode_audio
from trainset.work.workbench import Workbench

RATE = 8000


def recording(path: Path, loud_at: float, seconds: float = 3.0, level: float = 0.5) -> Path:
    """Quiet noise with half a second of loud noise."""
    rng = np.random.default_rng(sum(path.name.encode()) + sum(path.parent.name.encode()))
    signal = rng.normal(0, 0.0005, int(seconds * RATE))
    at = int(loud_at * RATE)
    signal[at : at + RATE // 2] += rng.uniform(-level, level, len(signal[at : at + RATE // 2]))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, signal, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two that are long, of one name, one short, one too quiet."""
    folder = tmp_path / "in"
    recording(folder / "train" / "yes" / "00f0204f_nohash_0.wav", 1.0)
    recording(folder / "test" / "no" / "00f0204f_nohash_0.wav", 2.5)
    recording(folder / "train" / "yes" / "short.wav", 0.1, seconds=0.7)
    recording(folder / "train" / "no" / "quiet.wav", 1.0, level=0.0001)
    return folder


@pytest.fixture
def dataset(source: Path, tmp_path: Path) -> Any:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        yield dataset


def rows(dataset: Workbench, where: str = "excluded or not excluded") -> dict[str, dict[str, Any]]:
    return {f"{row['source']}/{row['path']}": row for row in dataset.look(where=where, n=1000, sort="path").rows()}


def test_windows_are_new_samples_and_stand_for_their_originals(dataset: Workbench, source: Path) -> None:
    before = {path: path.read_bytes() for path in source.rglob("*.wav")}
    report = dataset.extract_loudest(where="true")
    assert (report.cut, report.whole, report.quiet, report.unchanged, report.replaced, report.failed) == (
        2,
        1,
        1,
        0,
        2,
        (),
    )
    found = rows(dataset)
    window = found["loudest-1s/in/test/no/00f0204f_nohash_0.wav"]
    original = found["in/test/no/00f0204f_nohash_0.wav"]
    assert (window["label"], window["split"], window["excluded"]) == ("no", "test", False)
    assert window["meta"]["original"] == original["id"]
    assert window["seconds"] == 1.0
    assert window["meta"]["original_start"] == pytest.approx(2.0, abs=0.01)  # to the very end
    assert {name for name, row in found.items() if row["excluded"]} == {
        "in/test/no/00f0204f_nohash_0.wav", "in/train/yes/00f0204f_nohash_0.wav", "in/train/no/quiet.wav",
    }  # fmt: skip
    assert before == {path: path.read_bytes() for path in source.rglob("*.wav")}


def test_a_window_is_the_recording_sample_by_sample(dataset: Workbench, source: Path) -> None:
    dataset.extract_loudest(where="true")
    drawn = dataset.look(source="loudest-1s", n=10)
    for number, row in enumerate(drawn.rows()):
        window = decode_audio(drawn.media(number))
        whole = decode_audio((source / row["path"].partition("/")[2]).read_bytes())
        start = round(row["meta"]["original_start"] * RATE)
        assert np.array_equal(window.signal, whole.signal[start : start + RATE])
        assert (window.rate, window.facts["coding"]) == (whole.rate, whole.facts["coding"])


def test_what_is_too_quiet_is_excluded_with_the_reason_and_never_reported_as_fine(dataset: Workbench) -> None:
    report = dataset.extract_loudest(where="true")
    assert report.action is not None
    (reason,) = [entry.value for entry in dataset.entries(report.action) if entry.kind == "exclude" and entry.value]
    assert reason is not None
    assert reason.startswith("too quiet: -6")
    assert reason.endswith("dBFS at its loudest, less than -60")
    assert dataset.look(where="path like '%quiet%'").total == 0
    assert report.as_dict()["quiet"] == 1


def test_a_short_clip_is_judged_by_its_own_length(dataset: Workbench) -> None:
    """Of 0.7 s with a level of -12 dBFS in 0.5 of them; a tool that divides by a whole second finds 1.5 dB less."""
    level = dataset.look(where="path like '%short%'").rows()[0]["loudness"]
    assert dataset.extract_loudest(where="path like '%short%'", below=level - 0.5).whole == 1
    assert dataset.extract_loudest(where="path like '%short%'", below=level + 0.5).quiet == 1


def test_it_is_one_action_and_undo_takes_all_of_it_back(dataset: Workbench) -> None:
    before = rows(dataset)
    report = dataset.extract_loudest(where="true", reason="words have a second")
    last = dataset.log()[0] if dataset.log()[0].seq == report.action else dataset.log()[-1]
    assert (last.seq, last.verb, last.reason) == (report.action, "extract-loudest", "words have a second")
    after = rows(dataset)
    dataset.undo(report.action)
    assert rows(dataset) == before
    again = dataset.extract_loudest(where="true")
    assert (again.cut, again.quiet) == (2, 1)
    assert {name: row["content"] for name, row in rows(dataset).items()} == {
        n: row["content"] for n, row in after.items()
    }
    dataset.undo(again.action)
    undone = dataset.log()[0] if dataset.log()[0].verb == "undo" else dataset.log()[-1]
    dataset.undo(undone.seq)  # and brought back: every sample once
    assert rows(dataset).keys() == after.keys()
    assert dataset.look().total == 3


def test_a_second_run_adds_nothing(dataset: Workbench) -> None:
    first = dataset.extract_loudest(where="true")
    again = dataset.extract_loudest(where="true")  # windows are no longer than a second
    assert (again.action, again.cut, again.whole) == (None, 0, 3)
    named = dataset.extract_loudest([row["id"] for row in rows(dataset).values()])
    assert named.action is None
    assert first.action is not None


def test_originals_can_be_kept_and_then_replaced(dataset: Workbench) -> None:
    report = dataset.extract_loudest(where="true", keep_originals=True)
    assert (report.cut, report.replaced, dataset.look().total) == (2, 0, 5)
    again = dataset.extract_loudest(where="true", keep_originals=True)
    assert (again.action, again.cut, again.unchanged) == (None, 0, 2)
    replaced = dataset.extract_loudest(where="source = 'in'")
    assert (replaced.cut, replaced.unchanged, replaced.replaced, dataset.look().total) == (0, 2, 2, 3)
    assert "its loudest 1 s stand for it" in [action.reason for action in dataset.log()]


def test_files_of_one_name_are_all_kept(tmp_path: Path) -> None:
    recording(tmp_path / "in" / "a" / "x.wav", 1.0)
    recording(tmp_path / "in" / "b" / "x.wav", 1.5)
    recording(tmp_path / "in" / "a" / "x.flac", 0.5)
    recording(tmp_path / "in" / "a" / "x.flac.wav", 2.0)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        assert dataset.extract_loudest(where="true").cut == 4
        drawn = dataset.look(source="loudest-1s", n=10)
        assert len({drawn.media(number) for number in range(4)}) == 4
        places = list((tmp_path / "set" / "media").rglob("*.wav"))
    assert len(places) == 4
    assert {path.name for path in places} >= {"x.wav", "x.flac.wav"}


def test_a_recording_that_changed_or_went_is_named_and_stays(dataset: Workbench, source: Path) -> None:
    (source / "train" / "yes" / "00f0204f_nohash_0.wav").write_bytes(b"")
    (source / "test" / "no" / "00f0204f_nohash_0.wav").unlink()
    report = dataset.extract_loudest(where="true")
    assert (report.cut, report.whole, report.quiet, report.failed_count, report.replaced) == (0, 1, 1, 2, 0)
    assert sorted(text.rpartition(": ")[2] for text in report.failed) == [
        "the file has changed since its import", "there is no such file",
    ]  # fmt: skip
    assert dataset.look().total == 3


def test_samples_without_split_stay_so(tmp_path: Path) -> None:
    recording(tmp_path / "in" / "a" / "x.wav", 1.0)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        dataset.move_split(None, where="true")
        dataset.extract_loudest(where="true")
        assert [row["split"] for row in dataset.look().rows()] == [None]


def test_background_noise_stays_whole_unless_it_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "speech"
    recording(folder / "yes" / "00f0204f_nohash_0.wav", 1.0)
    recording(folder / "_background_noise_" / "rain.wav", 1.0, seconds=20.0)
    for name in ("validation_list.txt", "testing_list.txt"):
        (folder / name).touch()
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(folder)
        report = dataset.extract_loudest(where="true")
        assert (report.cut, report.noise, report.replaced) == (1, 1, 1)
        (noise,) = dataset.look(where="label is null").rows()
        assert (noise["path"], noise["seconds"]) == ("_background_noise_/rain.wav", 20.0)
        assert dataset.extract_loudest(where="true").action is None
        assert dataset.extract_loudest(noise["id"]).cut == 1


def test_labels_that_people_gave_and_metadata_are_taken_over(tmp_path: Path) -> None:
    recording(tmp_path / "in" / "x.wav", 1.0)
    meta = {
        "path": "x.wav",
        "label": "a",
        "contributor": "ann",
        "take": 7,
        "room": None,
        "meta.speaker": "no contributor",
    }
    (tmp_path / "in" / "list.jsonl").write_text(json.dumps(meta))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in" / "list.jsonl")
        dataset.label("b", where="true", new_class=True)
        before = dataset.look().rows()[0]
        dataset.extract_loudest(where="true")
        after = dataset.look().rows()[0]
    assert (after["label"], after["contributor"]) == ("b", "ann")
    assert {name: after["meta"][name] for name in before["meta"]} == before["meta"]


def test_a_dataset_that_was_moved_still_has_its_windows(dataset: Workbench, tmp_path: Path) -> None:
    dataset.extract_loudest(where="true")
    dataset.close()
    shutil.move(tmp_path / "set", tmp_path / "elsewhere" / "set")
    shutil.rmtree(tmp_path / "in")
    with trainset.open(tmp_path / "elsewhere" / "set") as moved:
        drawn = moved.look(source="loudest-1s", n=10)
        assert [decode_audio(drawn.media(number)).rate for number in range(2)] == [RATE, RATE]
        status = moved.status()
        assert {one["name"]: one["allowed"] for one in status.sources}["loudest-1s"]
        (mine,) = [found for found in status.on_disk if found.source == "loudest-1s"]
        assert (mine.compared, mine.missing, mine.changed) == (2, 0, 0)


def test_real_recordings_are_cut_and_go_out_as_speech_commands(tmp_path: Path, data_folder: Path) -> None:
    for name in ("train/9/theo_16.wav", "train/7/theo_36.wav", "train/0/george_05.wav"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data_folder / "audio_fsdd" / name, tmp_path / "in" / name)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        report = dataset.extract_loudest(where="true")
        assert (report.cut, report.whole, report.quiet) == (2, 1, 0)
        assert max(row["seconds"] for row in dataset.look().rows()) == 1.0
        out = dataset.export(tmp_path / "out", format="speech_commands")
        assert out.samples == 3


def test_an_interrupted_run_changes_nothing_and_the_next_one_is_whole(
    dataset: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(dataset)

    def interrupted(*args: object, **how: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("trainset.store.log.append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dataset.extract_loudest(where="true")
    assert rows(dataset) == before
    assert dataset.extract_loudest(where="true").cut == 2
    assert len([*(dataset.folder / "media").rglob("*.wav")]) == 2  # those that were written are used


def test_originals_stay_when_a_window_is_no_sample(dataset: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(dataset)
    with monkeypatch.context() as patch:
        patch.setattr("trainset.work.cut.LOUDEST", "tests.work.hostile_cutter:loudest")
        with pytest.raises(BadValue, match="a window could not be imported") as refused:
            dataset.extract_loudest(where="true")
    assert "no known kind of file" in refused.value.detail
    assert rows(dataset) == before


def test_no_link_in_the_dataset_is_written_through(dataset: Workbench, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (dataset.folder / "media").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DamagedDataset, match="a link"):
        dataset.extract_loudest(where="true")
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_what_cannot_be_is_refused(dataset: Workbench, tmp_path: Path) -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"seconds": 0.0},
        {"seconds": float("nan")},
        {"seconds": 1e9},
        {"below": float("nan")},
    )
    for wrong in refused:
        with pytest.raises(BadValue, match="no length or level"):
            dataset.extract_loudest(where="true", **wrong)
    with pytest.raises(BadValue, match="say which"):
        dataset.extract_loudest()
    with trainset.init(tmp_path / "texts") as texts:
        texts.import_(helpers.texts(tmp_path / "t.csv", [("a", "x")]))
        with pytest.raises(BadValue, match="only recordings"):
            texts.extract_loudest(where="true")


def test_the_command_line_counts_what_became_of_them(dataset: Workbench, tmp_path: Path) -> None:
    dataset.close()
    first = helpers.run("extract-loudest", "--where", "true", "-d", "set", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    said = " ".join(first.stdout.split())
    assert "2 cut to their loudest 1 s; 2 originals excluded, which these stand for; 1 no longer than that" in said
    assert "1 too quiet (below -60 dBFS), excluded" in said
    again = helpers.run_json("extract-loudest", "--where", "true", "-d", "set", cwd=tmp_path)
    assert (again["action"], again["whole"]) == (None, 3)
