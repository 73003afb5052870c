"""Near duplicates from files to findings: copies that are changed are found, what only looks alike is not."""

from __future__ import annotations

import csv
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

import trainset
from trainset.store import parts
from trainset.work import near

CHECKS = ("near_duplicates", "near_split_leak", "near_label_conflicts")


def scene(number: int) -> NDArray[np.uint8]:
    """A picture of large soft shapes, another one for each number."""
    draw = np.random.default_rng(number)
    small = draw.integers(0, 255, (6, 8, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize((96, 72), Image.Resampling.BICUBIC))


def save(pixels: NDArray[np.uint8], place: Path, **how: Any) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(place, **how)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty scenes in two classes, and copies of some: smaller, as JPEG, brighter, cropped, in the test set, under the other label."""
    root = tmp_path_factory.mktemp("near")
    source = root / "in"
    for number in range(60):
        save(scene(number), source / "train" / ("cat" if number % 2 else "dog") / f"{number:02}.png")
    for number in range(60, 75):
        save(scene(number), source / "test" / ("cat" if number % 2 else "dog") / f"{number:02}.png")
    save(np.asarray(Image.fromarray(scene(0)).resize((48, 36))), source / "train/dog/smaller.png")
    save(scene(2), source / "train/dog/coded.jpg", quality=60)
    save((scene(4) * 0.8 + 40).astype(np.uint8), source / "train/dog/brighter.png")
    save(scene(6)[2:-2, 3:-1], source / "train/dog/cropped.png")
    save(scene(8), source / "test/dog/leaks.jpg", quality=80)
    save(scene(10), source / "train/cat/conflict.jpg", quality=80)
    (source / "train/dog/exact.png").write_bytes((source / "train/dog/12.png").read_bytes())
    with trainset.init(root / "set") as dataset:
        dataset.import_(source)
    return root / "set"


def paths(dataset: trainset.Workbench, check: str) -> set[str]:
    return {row["path"] for row in dataset.look(check=check, n=1000).rows()}


def test_changed_copies_are_found_and_one_of_each_is_kept(pictures: Path) -> None:
    with trainset.open(pictures) as dataset:
        result = dataset.audit(only=CHECKS)
        near_ones = {"train/dog/smaller.png", "train/dog/coded.jpg", "train/dog/brighter.png", "train/dog/cropped.png"}
        flagged = paths(dataset, "near_duplicates")
        assert len(flagged) == 6
        assert (
            sum(path in flagged for path in near_ones) + sum(f"train/dog/{n:02}.png" in flagged for n in (0, 2, 4, 6))
            == 4
        )
        assert "train/dog/08.png" in flagged  # the one of the test set stays
        assert paths(dataset, "near_split_leak") == {"train/dog/08.png"}
        assert paths(dataset, "near_label_conflicts") == {"train/dog/10.png", "train/cat/conflict.jpg"}
        assert result["near_duplicates"].about == ("6 pairs: 1 lie in two splits, 1 under two labels",)
        assert any("test/dog/leaks.jpg (test, dog)" in reason for reason in result["near_split_leak"].because)


def test_exact_copies_are_no_near_duplicates(pictures: Path) -> None:
    with trainset.open(pictures) as dataset:
        assert not {"train/dog/exact.png", "train/dog/12.png"} & paths(dataset, "near_duplicates")


def test_a_second_audit_compares_nothing(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with trainset.open(pictures) as dataset:
        before = dataset.audit(only=CHECKS)["near_duplicates"]
        monkeypatch.setattr(near, "neighbours", lambda *given, **how: pytest.fail("compared again"))
        again = dataset.audit(only=CHECKS)["near_duplicates"]
        assert again.ids.equals(before.ids)
        assert again.because == before.because
        more = dataset.audit(only=["near_duplicates"], settings={"near_duplicates": {"pictures": 0.1}})
        assert more["near_duplicates"].flagged > before.flagged
        dataset.exclude(dataset.audit(only=CHECKS)["near_split_leak"].ids.to_pylist()[0].hex(), reason="leaks")
        assert dataset.audit(only=CHECKS)["near_duplicates"].flagged == before.flagged - 1
        dataset.undo()


def test_a_damaged_or_missing_cache_is_made_again(pictures: Path) -> None:
    with trainset.open(pictures) as dataset:
        before = dataset.audit(only=CHECKS)["near_duplicates"].ids
        place = dataset.place("cache", "near.parquet")
        for damage in (b"", b"PAR1 nothing PAR1"):
            place.write_bytes(damage)
            assert dataset.audit(only=CHECKS)["near_duplicates"].ids.equals(before)
        place.unlink()
        assert dataset.audit(only=CHECKS)["near_duplicates"].ids.equals(before)


def test_a_forged_cache_reaches_no_sample_that_is_not_there(pictures: Path) -> None:
    with trainset.open(pictures) as dataset:
        before = dataset.audit(only=CHECKS)["near_duplicates"].ids
        place = dataset.place("cache", "near.parquet")
        table = parts.open_part(place).read()
        rows = table.to_pylist()
        rows[-1]["second"] = 10**6
        place.unlink()
        parts.write(place, [pa.RecordBatch.from_pylist(rows, table.schema)], table.schema, {"version": near._VERSION})
        assert dataset.audit(only=CHECKS)["near_duplicates"].ids.equals(before)


def test_a_set_without_its_measure_says_what_to_do(pictures: Path, tmp_path: Path) -> None:
    shutil.copytree(pictures, tmp_path / "set")
    shutil.rmtree(tmp_path / "set" / "measures")
    (tmp_path / "set" / "cache" / "near.parquet").unlink(missing_ok=True)
    with trainset.open(tmp_path / "set") as dataset:
        result = dataset.audit(only=["near_duplicates"]).results[0]
        assert result.skipped == "there is no measure tiny_picture of its samples yet: trainset measure"


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_samples_are_no_trouble(count: int, tmp_path: Path) -> None:
    for number in range(count):
        save(scene(number), tmp_path / "in" / "a" / f"{number}.png")
    (tmp_path / "in").mkdir(exist_ok=True)
    with trainset.init(tmp_path / "set", "image") as dataset:
        dataset.import_(tmp_path / "in")
        assert dataset.audit(only=CHECKS)["near_duplicates"].flagged == 0


def test_texts_are_the_same_but_for_case_punctuation_or_a_word_of_eight(tmp_path: Path) -> None:
    rows = [
        ("where is the card that I ordered last week", "late", "train"),
        ("Where is the card, that I ordered last week?!", "late", "train"),
        ("where is the card that I ordered last month", "lost", "test"),
        ("please send a new card to my address", "send", "train"),
        ("send it", "send", "train"),
        ("Send it!", "lost", "train"),
        ("send that", "send", "train"),
        ("", "send", "train"),
        ("?!", "send", "train"),
        ("...", "late", "train"),
    ]
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label", "split"), *rows])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "rows.csv")

        def found(check: str) -> set[str]:
            return {row["text"] for row in dataset.look(check=check, n=99).rows()}

        assert found("near_duplicates") == {rows[0][0], rows[1][0], rows[5][0]}
        assert found("near_split_leak") == {rows[0][0], rows[1][0]}
        assert found("near_label_conflicts") == {row[0] for row in (*rows[:3], *rows[4:6])}
        stricter = dataset.audit(only=["near_duplicates"], settings={"near_duplicates": {"texts": 0.0}})
        assert stricter["near_duplicates"].flagged == 2


@pytest.mark.slow
def test_recordings_in_another_level_rate_start_or_codec_are_found(data_folder: Path, tmp_path: Path) -> None:
    clips = sorted(path for path in (data_folder / "audio_fsdd").rglob("*") if path.suffix in (".wav", ".flac"))[::10]
    source = tmp_path / "in"
    source.mkdir()
    changed = {}
    for number, clip in enumerate(clips):
        signal, rate = soundfile.read(clip, dtype="float32")
        soundfile.write(source / f"{number:03}.wav", signal, rate)
        if number % 20 == 0:
            copies = {
                "quiet.wav": (signal * 0.3, rate), "later.wav": (np.concatenate([np.zeros(rate // 10), signal]), rate),
                "coded.mp3": (signal, rate),
            }  # fmt: skip
            name, (new, new_rate) = [*copies.items()][number // 20 % 3]
            soundfile.write(source / f"{number:03}_{name}", new, new_rate)
            changed[f"{number:03}"] = name
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        assert dataset.medium == "audio"
        flagged = paths(dataset, "near_duplicates")
    hit = [name for name in changed if any(path.startswith(name) for path in flagged)]
    assert len(hit) >= 0.9 * len(changed)
    assert len([path for path in flagged if path[:3] not in changed]) <= 0.02 * len(clips)


@pytest.mark.slow
def test_pairs_that_people_call_near_duplicates_are_found_among_small_photos(data_folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(data_folder / "images_cifar10n" / "images.zip") as archive:
        archive.extractall(tmp_path / "in")
    with (data_folder / "images_cifar10n" / "near_duplicates.csv").open() as file:
        judged = {(row["path_a"], row["path_b"]): row["judgement"] for row in csv.DictReader(file)}
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        samples = dataset.look(n=10**6).table
        found = near.near(dataset, samples["content"].combine_chunks(), None)
        names = samples["path"].to_pylist()
    good = found.unlike <= 0.01
    pairs = {
        frozenset((names[a], names[b]))
        for a, b in zip(found.first[good].tolist(), found.second[good].tolist(), strict=True)
    }
    pairs = {pair for pair in pairs if any(name.startswith("test/") for name in pair)}
    true = {frozenset(pair) for pair, judgement in judged.items() if judgement == "near_duplicate"}
    similar = {frozenset(pair) for pair, judgement in judged.items() if judgement == "very_similar"}
    assert len(pairs & true) >= 0.65 * len(true)
    assert len(pairs & true) >= 0.65 * len(pairs - similar)


def test_comparing_counts_each_sample_twice_and_only_once_in_all(pictures: Path) -> None:
    with trainset.open(pictures) as dataset:
        dataset.place("cache", "near.parquet").unlink(missing_ok=True)
        seen: list[int] = []
        pairs = dataset.find_near(progress=seen.append)
        assert pairs >= 6
        assert sum(seen) == 2 * 81  # all contents, the exact copy aside
        assert dataset.find_near(progress=seen.append) == pairs
        assert sum(seen) == 2 * 81
