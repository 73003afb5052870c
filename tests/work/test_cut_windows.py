"""cut-windows: noise as samples of a class, each recording on one side, one action; and what a run then says of quiet clips."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests import helpers

import trainset
from trainset.errors import BadValue
from trainset.work.cut_windows import Stretch, planned
from trainset.work.workbench import Workbench

RATE = 8000
WORDS = ("down", "go", "no", "yes")


def noise(path: Path, seconds: float, level: float = 0.2, colour: float = 0.0) -> Path:
    """White noise, or with more of its low end: power falls with frequency to the `colour`."""
    rng = np.random.default_rng(sum(path.name.encode()))
    spectrum = np.fft.rfft(rng.normal(size=int(seconds * RATE)))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (colour / 2)
    signal = np.fft.irfft(spectrum, int(seconds * RATE))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, level * signal / np.abs(signal).max(), RATE, subtype="PCM_16")
    return path


def word(path: Path, pitch: float) -> None:
    """A second with a rising tone in it."""
    rng = np.random.default_rng(sum(path.as_posix().encode()))
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * (pitch + rng.normal(0, 20)) * time * (1 + time)) * np.hanning(RATE)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.4 * tone + rng.normal(0, 0.002, RATE), RATE, subtype="PCM_16")


def words(folder: Path, noises: int = 6, seconds: float = 8.0) -> Path:
    """Four words by ten speakers, of whom one is for validation and one for the test, and recordings of noise."""
    lists: dict[int, list[str]] = {8: [], 9: []}
    for number, name in enumerate(WORDS):
        for speaker in range(10):
            path = f"{name}/{speaker:08x}_nohash_0.wav"
            word(folder / path, 300 + 250 * number)
            lists.get(speaker, []).append(path)
    for number in range(noises):
        noise(folder / "_background_noise_" / f"noise{number}.wav", seconds, colour=number % 3)
    (folder / "validation_list.txt").write_text("".join(f"{path}\n" for path in lists[8]))
    (folder / "testing_list.txt").write_text("".join(f"{path}\n" for path in lists[9]))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return words(tmp_path_factory.mktemp("made") / "words")


@pytest.fixture
def dataset(made: Path, tmp_path: Path) -> Iterator[Workbench]:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(made)
        yield dataset


def windows(dataset: Workbench, label: str = "silence") -> list[dict[str, Any]]:
    return dataset.look(where=f"label = '{label}'", n=10_000, sort="path").rows()


def sides(rows: list[dict[str, Any]], by: str = "stretch") -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["meta"][by], set()).add(row["split"])
    return found


def test_noise_becomes_a_class_as_large_as_the_others_with_each_recording_on_one_side(
    dataset: Workbench, made: Path
) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*.wav")}
    report = dataset.cut_windows("silence")
    assert (report.source, report.label, report.length, report.windows) == ("windows-1s", "silence", 1.0, 10)
    assert (report.recordings, report.mean, report.apart, report.overlap) == (6, 10, "recording", False)
    assert {split: (one["windows"], one["stretches"]) for split, one in report.splits.items()} == {
        "train": (8, 4), "validation": (1, 1), "test": (1, 1),
    }  # fmt: skip
    rows = windows(dataset)
    assert Counter(row["split"] for row in rows) == {"train": 8, "validation": 1, "test": 1}
    assert all(len(some) == 1 for some in sides(rows, "original").values())
    assert {row["path"].count("/") for row in rows} == {2}  # under the source and path of the recording
    assert all(row["seconds"] == 1.0 for row in dataset.look(where="label = 'silence' and seconds = 1", n=99).rows())
    recordings = dataset.look(where="meta.background_noise", n=99)
    assert recordings.total == 6
    assert {row["label"] for row in recordings.rows()} == {None}
    assert before == {path: path.read_bytes() for path in made.rglob("*.wav")}


def test_windows_of_a_recording_do_not_overlap_unless_more_are_asked_for(dataset: Workbench) -> None:
    dataset.cut_windows("silence", seconds=0.5, count=24)
    starts: dict[str, list[float]] = {}
    for row in windows(dataset):
        starts.setdefault(row["meta"]["original"], []).append(row["meta"]["original_start"])
    gaps = [b - a for some in starts.values() for a, b in zip(sorted(some), sorted(some)[1:], strict=False)]
    assert min(gaps) >= 0.5
    report = dataset.cut_windows("hiss", seconds=2, count=60)
    assert report.overlap
    assert report.windows == 60
    short = dataset.cut_windows("buzz", seconds=3)
    assert (short.windows, short.overlap, short.mean) == (12, False, 21)  # of six recordings two each


def compared(dataset: Workbench, made: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each window, and the stretch of the recording that it was cut from."""
    found = []
    for row in windows(dataset):
        original = Path(row["path"]).with_name(Path(row["path"]).name.split("_")[0] + ".wav")
        whole = soundfile.read(made.parent / original)[0]
        start = round(row["meta"]["original_start"] * RATE)
        window = soundfile.read(dataset.folder / "media" / "windows-1s" / row["path"])[0]
        found.append((window, whole[start : start + RATE]))
    return found


def test_a_window_is_the_recording_sample_by_sample_or_quieter(dataset: Workbench, made: Path) -> None:
    first = dataset.cut_windows("silence", volume=1)
    pairs = compared(dataset, made)
    assert len(pairs) == 10
    assert all(np.array_equal(window, whole) for window, whole in pairs)
    assert first.action is not None
    dataset.undo(first.action)
    dataset.cut_windows("silence", volume=0.5)
    volumes = [float(window @ whole / (whole @ whole)) for window, whole in compared(dataset, made)]
    assert 0.5 <= min(volumes) < 0.75 < max(volumes) <= 1


def test_it_is_one_action_a_second_run_adds_nothing_and_undo_takes_all_of_it_back(dataset: Workbench) -> None:
    report = dataset.cut_windows("silence", reason="as in the paper", person="ada")
    assert report.action == 2
    action = dataset.log()[-1]
    assert (action.verb, action.reason, action.person) == ("cut-windows", "as in the paper", "ada")
    again = dataset.cut_windows("silence")
    assert (again.action, again.windows, again.unchanged) == (None, 0, 6)
    ids = {row["id"] for row in windows(dataset)}
    dataset.undo(2)
    assert not windows(dataset)
    assert "silence" not in {each.name for each in dataset.classes()}
    assert dataset.cut_windows("silence").windows == 10  # the same ones
    assert {row["id"] for row in windows(dataset)} == ids


def test_a_recording_added_later_gives_its_share_and_moves_nothing(made: Path, tmp_path: Path) -> None:
    source = tmp_path / "words"
    shutil.copytree(made, source)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        dataset.cut_windows("silence")
        before = {row["id"]: row["split"] for row in windows(dataset)}
        noise(source / "_background_noise_" / "rain.wav", 8)
        dataset.import_(source)
        report = dataset.cut_windows("silence")
        assert (report.recordings, report.unchanged) == (1, 6)
        after = {row["id"]: row["split"] for row in windows(dataset)}
        assert before.items() < after.items()


def test_few_recordings_are_held_apart_by_stretches(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(words(tmp_path / "words", noises=2, seconds=12))
        report = dataset.cut_windows("silence", seconds=0.5)
        assert (report.apart, report.recordings, report.windows) == ("stretch", 2, 10)
        rows = windows(dataset)
        assert len(sides(rows)) == report.windows
        assert all(len(some) == 1 for some in sides(rows).values())
        for row in rows:  # within its stretch
            part, parts = map(int, row["meta"]["stretch"].split(":")[1].split("/"))
            assert 12 * (part - 1) / parts <= row["meta"]["original_start"] <= 12 * part / parts - 0.5


def test_what_cannot_be_cut_is_counted_and_named(made: Path, tmp_path: Path) -> None:
    source = tmp_path / "words"
    shutil.copytree(made, source)
    noise(source / "_background_noise_" / "blip.wav", 0.5)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        (source / "_background_noise_" / "noise0.wav").unlink()
        noise(source / "_background_noise_" / "noise1.wav", 9)
        report = dataset.cut_windows("silence")
        assert (report.short, report.failed_count) == (1, 2)
        assert [text.split(": ", 1)[1] for text in report.failed] == [
            "_background_noise_/noise0.wav: there is no such file",
            "_background_noise_/noise1.wav: the file has changed since its import",
        ]
        assert report.recordings == 4
        assert report.windows


def test_without_noise_or_classes_it_says_what_to_do(made: Path, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "bare") as bare:
        bare.import_(made / "yes")
        with pytest.raises(BadValue, match="no recording is marked as background noise"):
            bare.cut_windows("silence")
        with pytest.raises(BadValue, match="there is no other class"):
            bare.cut_windows("silence", where="seconds > 0")
        for wrong in ({"seconds": -1}, {"volume": 2}, {"count": -1}):
            with pytest.raises(BadValue, match="no length, number or volume"):
                bare.cut_windows("silence", where="seconds > 0", **wrong)  # type: ignore[arg-type]
        with pytest.raises(BadValue, match="name of their class"):
            bare.cut_windows(" ")
    with trainset.init(tmp_path / "pictures") as pictures:
        pictures.import_(helpers.pictures(tmp_path / "in"))
        with pytest.raises(BadValue, match="only recordings"):
            pictures.cut_windows("silence")


def stretch(row: int, fits: int = 10, split: str = "") -> Stretch:
    return Stretch(row, 0, 1, fits, bytes([row]), split)


def test_every_split_has_a_stretch_before_one_has_a_second_and_what_is_short_is_made_up_for() -> None:
    sizes = {"train": 80.0, "validation": 10.0, "test": 10.0}
    plan = planned([stretch(row, fits=100) for row in range(6)], sizes, {}, overlap=False)
    assert Counter(one.split for one in plan) == {"train": 4, "validation": 1, "test": 1}
    assert {one.split: sum(some.windows for some in plan if some.split == one.split) for one in plan} == sizes
    uneven = planned([stretch(0, fits=5), stretch(1, fits=50), stretch(2, fits=50)], {"train": 90.0}, {}, overlap=False)
    assert [(one.row, one.windows) for one in uneven] == [(0, 5), (1, 43), (2, 42)]
    assert [one.windows for one in planned([stretch(0, fits=5)], {"train": 90.0}, {}, overlap=True)] == [90]
    given = planned([stretch(0, split="test"), stretch(1)], {"train": 5.0, "test": 5.0}, {}, overlap=False)
    assert [(one.row, one.split) for one in given] == [(0, "test"), (1, "train")]
    assert planned([stretch(0)], {"train": 8.0, "test": 2.0}, {"train": 4}, overlap=False)[0].split == "test"


def test_a_run_holds_out_each_recording_with_all_its_windows(dataset: Workbench) -> None:
    dataset.cut_windows("silence")
    run = dataset.train(embedder="log_mel", classes="yes,no,silence,other=*")
    assert run.classes == ("yes", "no", "silence", "other")
    assert run.scores["groups"].split(",")[:2] == ["original", "contributor"]
    said = dataset.predictions()
    group = dict(zip([identifier.hex() for identifier in said.ids.to_pylist()], said.group.tolist(), strict=True))
    groups: dict[str, set[int]] = {}
    for row in windows(dataset):
        groups.setdefault(row["meta"]["original"], set()).add(group[row["id"]])
    assert len(groups) == 6
    assert all(len(some) == 1 for some in groups.values())
    dataset.undo(2)
    with pytest.raises(BadValue, match="no sample was cut from a recording"):
        dataset.train(embedder="log_mel", groups="original")


def test_a_recording_and_its_loudest_second_are_held_out_together(dataset: Workbench) -> None:
    dataset.extract_loudest(where="label = 'yes'", seconds=0.5, keep_originals=True)
    dataset.train(embedder="log_mel", groups="original")
    said = dataset.predictions()
    group = dict(zip([identifier.hex() for identifier in said.ids.to_pylist()], said.group.tolist(), strict=True))
    for row in dataset.look(where="meta.original is not null", n=99).rows():
        assert group[row["id"]] == group[row["meta"]["original"]]


def test_the_command_says_how_many_windows_of_how_many_recordings(made: Path, tmp_path: Path) -> None:
    assert helpers.run("import", made, cwd=tmp_path).returncode == 0
    done = helpers.run("cut-windows", "silence", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "#2: 10 windows of 1 s from 6 recordings, labelled silence" in done.stdout
    assert "train: 8 of 4 recordings" in done.stdout
    again = helpers.run_json("cut-windows", "silence", cwd=tmp_path)
    assert (again["action"], again["unchanged"]) == (None, 6)
    refused = helpers.run("cut-windows", "silence", "--where", "width > 3", cwd=tmp_path)
    assert refused.returncode != 0


@pytest.mark.slow
def test_quiet_clips_are_taken_for_silence_and_the_column_shows_them(data_folder: Path, tmp_path: Path) -> None:
    """What the article found among Speech Commands: here every sixth clip is 31 dB quieter, in some noise."""
    digits = {"0": "zero", "1": "one", "2": "two", "3": "three"}
    rng, quiet = np.random.default_rng(0), set()
    for label, name in digits.items():
        for speaker, who in enumerate(("george", "jackson", "lucas", "nicolas", "theo", "yweweler")):
            for take in range(5, 11):
                signal = soundfile.read(data_folder / "audio_fsdd" / "train" / label / f"{who}_{take:02}.wav")[0][:RATE]
                whole = np.zeros(RATE)
                whole[(RATE - len(signal)) // 2 :][: len(signal)] = signal
                path = f"{name}/{speaker:08x}_nohash_{take}.wav"
                if take == 7:
                    whole = whole * 10 ** (-31 / 20) + rng.normal(0, 10 ** (-35 / 20), RATE)
                    quiet.add(path)
                (tmp_path / "words" / name).mkdir(parents=True, exist_ok=True)
                soundfile.write(tmp_path / "words" / path, whole, RATE, subtype="PCM_16")
    for number in range(6):
        noise(tmp_path / "words" / "_background_noise_" / f"n{number}.wav", 12, 0.3, colour=number % 3)
    for name in ("validation_list.txt", "testing_list.txt"):
        (tmp_path / "words" / name).write_text("")
    assert helpers.run("import", "words", cwd=tmp_path).returncode == 0
    assert helpers.run_json("cut-windows", "silence", cwd=tmp_path)["windows"] == 36
    run = helpers.run_json("train", "--classes", "zero,one,silence,other=*", cwd=tmp_path)
    of = run["labels"].index("silence")
    assert run["matrix"][of][of] > 0.7 * sum(run["matrix"][of])
    assert [one for one in run["grouped"] if one["class"] == "other"] == [
        {"class": "other", "samples": 72, "labels": 2, "contributors": 6}
    ]
    taken = helpers.run_json("confusion", "--column", "silence", "-n", "99", cwd=tmp_path)
    paths = [row["path"] for row in taken["samples"]]
    assert len(quiet & {*paths}) >= 0.5 * len(quiet)
    assert len(quiet & {*paths}) >= 0.7 * len(paths)
