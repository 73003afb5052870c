"""What the samples of a part of the matrix share: what is planted is said first, in words; of nothing, that nothing was found."""

from __future__ import annotations

import csv
import dataclasses
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from tests import helpers
from tests.work.made import write

import trainset
from trainset.errors import BadValue, UnknownName
from trainset.store import embedded, runs
from trainset.work import common
from trainset.work.common import Common
from trainset.work.embedders import chosen
from trainset.work.workbench import Workbench

Row = tuple[str, str, str, str, int, str]  # text, label, speaker, batch, score, name


def rows(count: int = 240) -> list[Row]:
    """Texts of three classes by eight speakers: those of `s3` are mostly mislabelled, and of others those of batch `b2` are."""
    draw = np.random.default_rng(0)
    made: list[Row] = []
    for n in range(count):
        label, speaker, batch = "abc"[n % 3], f"s{n // 3 % 8}", f"b{draw.integers(0, 12)}"
        mixed = " ".join(draw.permutation(["one", "two", "three", "four", "five"])[: draw.integers(1, 5)])
        made.append((f"text {n} {mixed}", label, speaker, batch, int(draw.integers(0, 10_000)), f"file {n}"))
    return made


def trained(folder: Path, given: Sequence[Row], lies: NDArray[np.int64]) -> Workbench:
    """A dataset whose embeddings say the class in `lies` of each sample, trained."""
    dataset = trainset.init(folder / "set")
    dataset.import_(
        write(
            folder / "t.csv",
            [("text", "label", "contributor", "batch", "score", "name", "split"), *((*row, "train") for row in given)],
        )
    )
    centres = np.random.default_rng(1).normal(size=(3, 6))
    vectors = centres[lies] + np.random.default_rng(2).normal(size=(len(given), 6)) * 0.05
    content = {row["text"]: row["content"] for row in dataset.look(where="true", n=10_000).rows()}
    places = pa.array([bytes.fromhex(content[row[0]]) for row in given], pa.binary(16))
    embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, places, vectors.astype(np.float32))
    dataset.train(embedder="hashed_ngrams", groups="none")
    return dataset


def classes(given: Sequence[Row]) -> NDArray[np.int64]:
    return np.array(["abc".index(row[1]) for row in given])


@pytest.fixture
def mislabelled(tmp_path: Path) -> Iterator[Workbench]:
    given = rows()
    lies = classes(given)
    wrong = [n for n, row in enumerate(given) if row[2] == "s3"]
    lies[wrong] = (lies[wrong] + 1) % 3
    with trained(tmp_path, given, lies) as dataset:
        yield dataset


def test_a_mislabelled_contributor_comes_first_in_every_cell_row_and_column(mislabelled: Workbench) -> None:
    found = mislabelled.common()
    assert [(one.given, one.predicted) for one in found[:3]] == [("a", "b"), ("b", "c"), ("c", "a")]
    assert all(one.traits[0].field == "contributor" and one.traits[0].value == "s3" for one in found)
    (one,) = mislabelled.common(row="a")
    assert one.sentences[0].startswith(
        "the 10 texts of a taken for others are of the contributor 's3' in 100% of cases, against 0% of the rest of their class (10 of 10; 95 %"
    )
    assert one.samples == one.compared == 10
    assert one.brief.startswith("a taken for others, 10: are of the contributor 's3'")
    assert one.traits[0].corrected < 1e-6
    assert one.as_dict()["traits"][0]["inside"] == 1


def test_a_wrong_batch_of_the_metadata_comes_first(tmp_path: Path) -> None:
    given = rows(480)
    lies = classes(given)
    wrong = [n for n, row in enumerate(given) if row[3] == "b2"]
    lies[wrong] = (lies[wrong] + 1) % 3
    with trained(tmp_path, given, lies) as dataset:
        for (one,) in (dataset.common(cell="a:b"), dataset.common(row="b"), dataset.common(column="a")):
            assert "have meta.batch = 'b2' in 100% of cases, against 0% of the rest of their class" in one.sentences[0]
            assert len(one.traits) == 1  # neither names nor scores


def test_a_word_a_number_of_the_metadata_and_the_length_are_said(tmp_path: Path) -> None:
    given = [
        (
            f"{text} {'however ' * 8 if n % 12 == 0 else ''}",
            label,
            "",
            batch,
            20_000 + score if n % 12 == 0 else score,
            name,
        )
        for n, (text, label, _, batch, score, name) in enumerate(rows(360))
    ]
    lies = classes(given)
    lies[::12] = 1
    with trained(tmp_path, given, lies) as dataset:
        (one,) = dataset.common(cell="a:b")
        said = " ".join(one.sentences)
        assert (
            "have the word 'however' in 100% of cases, against 0%" in said
            or "the word 'however' (100% against 0%)" in said
        )
        assert "higher in meta.score" in said or "meta.score (" in said
        assert "longer" in said
        assert "text" not in {shared.value for shared in one.traits}


def test_who_labelled_them_and_when_is_said(tmp_path: Path) -> None:
    given = rows()
    lies = classes(given)
    wrong = [n for n in range(0, 240, 3) if n % 9 == 0]
    with trained(tmp_path, given, lies) as dataset:
        names = ", ".join(f"'{given[n][0]}'" for n in wrong)
        dataset.label("b", where=f"text in ({names})", person="bob")
        dataset.train(embedder="hashed_ngrams", groups="none")
        (one,) = dataset.common(cell="b:a")
        assert one.traits[0].field in ("labelled_by", "labelled_at")
        assert "were labelled by 'bob'" in one.sentences[0] or "labelled by 'bob' (100% against 0%)" in one.sentences[0]


def test_classes_made_of_labels_say_which_label_beneath_and_a_label_is_a_row(tmp_path: Path) -> None:
    given = rows()
    lies = classes(given)
    wrong = np.flatnonzero(lies == 2)[:20]
    lies[wrong] = 0
    with trained(tmp_path, given, lies) as dataset:
        dataset.train(embedder="hashed_ngrams", groups="none", classes="a,rest=*")
        (one,) = dataset.common(cell="rest:a")
        assert "are of the label 'c' in 100% of cases" in one.sentences[0]
        (one,) = dataset.common(cell="c:a")
        assert (one.given, one.samples, one.compared) == ("c", 20, 20)


def test_of_cells_drawn_by_chance_nothing_is_said_and_how_much_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trained(tmp_path, rows(), classes(rows())) as dataset:
        found, draw, said = dataset.predictions(), np.random.default_rng(7), 0
        for _ in range(10):
            shuffled = found.predicted.copy()
            wrong = draw.choice(240, 60, replace=False)
            shuffled[wrong] = (shuffled[wrong] + draw.integers(1, 3, 60)) % 3
            made = dataclasses.replace(found, predicted=shuffled)
            monkeypatch.setattr(runs, "predictions", lambda *_, made=made: made)
            parts = dataset.common()
            said += any(one.traits for one in parts)
            assert parts[0].looks > 20
        assert said <= 3  # more have a chance of 1 in 900
        assert "nothing in common was found (" in " ".join(text for one in parts for text in one.sentences)


def test_few_samples_and_none_are_said_to_be_too_few(mislabelled: Workbench) -> None:
    assert "too few to say what they share (at least 5)" in mislabelled.common(cell="a:c")[0].sentences[0]
    with pytest.raises(UnknownName):
        mislabelled.common(cell="a:z")
    with pytest.raises(BadValue, match="not several"):
        mislabelled.common(row="a", column="b")


def test_without_a_rest_and_with_small_differences_it_says_so() -> None:
    alone = Common("a", "", 12, 0, "The 12 texts of a taken for others", (), 0, 1.0)
    assert alone.sentences == [
        "The 12 texts of a taken for others: they are all of their class, so there is no rest to compare them with"
    ]
    assert "; 8 are all of their class)" in Common("a", "", 12, 4, "They", (), 0, 1.0).brief
    assert "no difference of 10 points or more was found" in Common("a", "", 90, 90, "They", (), 100, 1e-5).brief
    assert "nothing in common was found" in Common("a", "", 90, 90, "They", (), 100, 1e-2).brief


def test_of_many_samples_a_part_is_compared_with_a_draw_of_its_classes(
    mislabelled: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = mislabelled.common(row="a")[0]
    monkeypatch.setattr(common, "_REST", 60)
    drawn = mislabelled.common(row="a")[0]
    assert (drawn.samples, drawn.compared) == (whole.samples, whole.compared)
    assert drawn.traits[0].says.split(" in ")[0] == whole.traits[0].says.split(" in ")[0]
    inside, code = np.arange(5), np.repeat([0, 1, 2], 100)
    some = common._some(np.arange(300), code, inside)
    assert np.bincount(code[some], minlength=3).tolist() == [65, 0, 0]  # of other classes none
    some = common._some(np.arange(300), code, np.array([0, 1, 250]))
    assert np.bincount(code[some]).tolist() == [32, 0, 31]


def test_the_command_line_says_it_too(mislabelled: Workbench) -> None:
    folder = mislabelled.folder.parent
    shown = helpers.run("confusion", "-d", "set", cwd=folder, COLUMNS="80").stdout
    assert "what the samples of the worst cells, row and column have in common:" in shown
    assert "a taken for b, 10: are of the contributor 's3' in 100% of cases" in " ".join(shown.split())
    assert max(len(line) for line in shown.splitlines() if ": trainset " not in line) <= 80
    part = helpers.run("confusion", "-d", "set", "--cell", "a:b", cwd=folder).stdout
    assert "The 10 texts of a taken for b are of the contributor 's3'" in " ".join(part.split())
    whole = helpers.run_json("confusion", "-d", "set", cwd=folder)
    assert whole["worst"][0]["traits"][0]["value"] == "s3"
    assert helpers.run_json("confusion", "-d", "set", "--row", "a", cwd=folder)["common"]["sentences"]
    error = helpers.run_json("confusion", "-d", "set", "--split", "holdout", cwd=folder, code=2)
    assert error["error"] == "this split has no matrix of its own"


def test_quiet_recordings_that_are_taken_for_silence_are_found_to_be_quiet(data_folder: Path, tmp_path: Path) -> None:
    """One in ten of the spoken digits made 31 dB quieter, a class of near silence, and embeddings that do not see below a level."""
    digits, draw = data_folder / "audio_fsdd", np.random.default_rng(0)
    with (digits / "manifest.csv").open(newline="", encoding="utf-8") as file:
        some = [row for row in csv.DictReader(file) if row["split"] == "train" and int(row["take"]) < 15]
    clips = {}
    for n, row in enumerate(some):
        with wave.open(str(digits / row["path"])) as clip:
            signal = np.frombuffer(clip.readframes(clip.getnframes()), "<i2")
        quiet = np.round(signal * 10 ** (-31 / 20)).astype("<i2")
        clips[f"{n}.wav"] = (quiet if n % 10 == 3 else signal, row["label"], row["speaker"])
    for n in range(60):
        noise = draw.normal(size=draw.integers(2000, 6000)) * draw.uniform(3, 20)
        clips[f"silence {n}.wav"] = (np.round(noise).astype("<i2"), "silence", "")
    folder = tmp_path / "digits"
    folder.mkdir()
    for name, (signal, _, _) in clips.items():
        with wave.open(str(folder / name), "wb") as clip:
            clip.setparams((1, 2, 8000, 0, "NONE", ""))
            clip.writeframes(signal.tobytes())
    write(
        folder / "list.csv",
        [("path", "label", "contributor", "split"), *((name, *facts[1:], "train") for name, facts in clips.items())],
    )
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(folder / "list.csv")
        contents = {row["path"]: bytes.fromhex(row["content"]) for row in dataset.look(where="true", n=10_000).rows()}
        vectors = np.array([_heard(clips[name][0]) for name in contents], np.float32)
        made = chosen(dataset, "log_mel").made
        embedded.write(dataset, made, pa.array(contents.values(), pa.binary(16)), vectors)
        dataset.train(embedder="log_mel", groups="none")
        (one,) = dataset.common(column="silence")
        first = one.traits[0]
        assert one.samples >= 20
        assert first.field == "loudness"
        assert one.sentences[0].startswith(f"the {one.samples} recordings taken for silence are ")
        assert "dB quieter than the rest of their class (median -" in one.sentences[0]
        assert {"peak", "gated loudness"} <= {name.split(" (")[0] for name in first.also}
        assert -36 < first.shift < -27
        assert first.low < -31 < first.high


def _heard(signal: NDArray[np.int16]) -> NDArray[np.float32]:
    """Levels of bands over four quarters and their spread, of what is above a level: of what is below nothing is seen."""
    padded = np.pad(signal / 32768, (0, max(0, 1000 - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 200)[::80] * np.hanning(200)
    bands = np.stack([band.sum(axis=0) for band in np.array_split(np.abs(np.fft.rfft(frames, 256)).T, 32)])
    levels = np.log(bands + 0.2)
    quarters = [part.mean(axis=1) for part in np.array_split(levels, 4, axis=1)]
    return np.concatenate([*quarters, levels.std(axis=1)]).astype(np.float32)
