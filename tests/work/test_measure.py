"""Measures: an import computes them all, and what is missing comes back."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from PIL import Image, ImageFilter
from tests import helpers

import trainset
from trainset.media.decode import decode, values
from trainset.store import measured, parts
from trainset.work.together import Together, averaged_down


def measure_bytes(data: bytes, medium: str) -> dict[str, Any]:
    """Every measure of one file, as the pass over media computes them."""
    decoded = values(decode(data, medium))
    plugins = measured.measures_of(medium)
    columns: dict[str, list[Any]] = {name: [None] for name in plugins}
    together = Together(plugins, columns)
    for name, plugin in plugins.items():
        if set(plugin.needs) <= set(decoded):
            columns[name][0] = plugin.target(*(decoded[need] for need in plugin.needs))
    together.take(0, decoded)
    together.finish()
    return {name: column[0] for name, column in columns.items()}


def image(pixels: np.ndarray, form: str = "PNG", **options: object) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, form, **options)
    return target.getvalue()


def sound(signal: np.ndarray, rate: int = 16_000, subtype: str = "PCM_16") -> bytes:
    target = io.BytesIO()
    soundfile.write(target, signal, rate, subtype=subtype, format="WAV")
    return target.getvalue()


def test_pictures_are_measured_as_they_look() -> None:
    draw = np.random.default_rng(0)
    black, white = np.zeros((40, 60, 3), np.uint8), np.full((40, 60, 3), 255, np.uint8)
    noise = np.repeat(draw.integers(0, 256, (200, 300, 1), dtype=np.uint8), 3, axis=2)
    found = measure_bytes(image(black), "image")
    assert (found["width"], found["height"], found["aspect"], found["channels"]) == (60, 40, 1.5, 3)
    assert (found["brightness"], found["contrast"], found["entropy"], found["sharpness"], found["colourfulness"]) == (
        0,
        0,
        0,
        0,
        0,
    )
    assert measure_bytes(image(white), "image")["brightness"] == pytest.approx(1)
    half = np.concatenate([black, white])
    assert measure_bytes(image(half), "image")["contrast"] == pytest.approx(0.5, abs=1e-4)
    assert measure_bytes(image(half), "image")["entropy"] == pytest.approx(1)
    found = measure_bytes(image(noise), "image")
    assert found["sharpness"] == pytest.approx(1, abs=0.02)
    assert found["entropy"] == pytest.approx(8, abs=0.05)
    assert found["colourfulness"] == pytest.approx(0, abs=1e-3)
    red = black.copy()
    red[:, :, 0] = 200
    assert float(measure_bytes(image(red), "image")["colourfulness"]) > 50


def test_blur_lowers_sharpness_and_contrast_does_not(data_folder: Path) -> None:
    path = sorted((data_folder / "images_flowers" / "val" / "daisy").glob("*.jpg"))[0]
    with Image.open(path) as picture:
        sharp = picture.convert("RGB")
    measured_at = [
        float(measure_bytes(image(np.asarray(sharp.filter(ImageFilter.GaussianBlur(radius)))), "image")["sharpness"])
        for radius in (0, 1, 2, 4, 8)
    ]
    assert measured_at[:4] == sorted(
        measured_at[:4], reverse=True
    )  # beyond that only rounding to 256 levels is left to see
    assert measured_at[4] < measured_at[2]
    assert measured_at[2] < measured_at[0] / 2
    pale = np.asarray(sharp).astype(np.float32) * 0.4 + 100
    found = measure_bytes(image(pale.astype(np.uint8)), "image")["sharpness"]
    assert found == pytest.approx(measured_at[0], rel=0.15)


def test_a_perceptual_hash_survives_size_format_and_brightness(data_folder: Path) -> None:
    paths = sorted((data_folder / "images_flowers" / "val").rglob("*.jpg"))[:12]
    hashes = []
    for path in paths:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        changed = np.clip(
            np.asarray(picture.resize((picture.width // 2, picture.height // 2))).astype(float) * 0.9 + 10, 0, 255
        )
        pair = [
            measure_bytes(data, "image")["perceptual_hash"]
            for data in (path.read_bytes(), image(changed.astype(np.uint8), "JPEG", quality=60))
        ]
        assert distance(*pair) <= 8
        hashes.append(pair[0])
    others = [distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(others) > 8


def distance(a: object, b: object) -> int:
    return (int(str(a), 16) ^ int(str(b), 16)).bit_count()


def test_a_large_picture_is_averaged_down_and_not_copied() -> None:
    pixels = np.zeros((3000, 2000, 3), np.uint8)
    pixels[:, ::2] = 200
    small = averaged_down(pixels, 1_600_000)
    assert small.shape == (1500, 1000, 3)
    assert (small == 100).all()
    assert averaged_down(np.zeros((1, 50, 3), np.uint8), 10).shape == (1, 10, 3)
    assert averaged_down(pixels, 10**7) is pixels


def test_recordings_are_measured_as_they_sound() -> None:
    rate = 16_000
    time = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * 997 * time)
    found = measure_bytes(sound(0.5 * tone), "audio")
    assert (found["seconds"], found["rate"], found["channels"], found["bits"]) == (1.0, rate, 1, 16)
    assert found["loudness"] == pytest.approx(-9.03, abs=0.01)
    assert found["peak"] == pytest.approx(0.5, abs=1e-3)
    assert (found["leading_silence"], found["trailing_silence"]) == (0, 0)
    assert found["clipped"] == 0
    assert float(measure_bytes(sound(np.clip(3 * tone, -1, 1)), "audio")["clipped"]) > 0.3
    assert float(measure_bytes(sound(0.3 * np.clip(3 * tone, -1, 1)), "audio")["clipped"]) > 0.3
    assert measure_bytes(sound(0.2 + 0.1 * tone), "audio")["dc_offset"] == pytest.approx(0.2, abs=1e-3)
    padded = np.concatenate([np.zeros(rate // 2), 0.5 * tone, np.zeros(rate // 4)])
    found = measure_bytes(sound(padded), "audio")
    assert (found["leading_silence"], found["trailing_silence"]) == (
        pytest.approx(0.5, abs=0.02),
        pytest.approx(0.25, abs=0.02),
    )
    assert (found["level_first"], found["level_last"]) == (-120, -120)
    silent = measure_bytes(sound(np.zeros(rate)), "audio")
    assert (silent["loudness"], silent["loudness_gated"], silent["leading_silence"], silent["bandwidth"]) == (
        -120,
        -120,
        1.0,
        None,
    )


def test_gated_loudness_is_that_of_the_recommendation() -> None:
    """ITU-R BS.1770: a 997 Hz sine at 0 dBFS in one channel reads -3.01 LKFS; EBU Tech 3341, case 1: stereo at -23 dBFS reads -23."""
    for rate in (48_000, 44_100, 16_000):
        time = np.arange(rate * 5) / rate
        tone = np.sin(2 * np.pi * 997 * time)
        assert measure_bytes(sound(tone, rate, "FLOAT"), "audio")["loudness_gated"] == pytest.approx(-3.01, abs=0.1)
        tone = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * time)
        stereo = np.stack([tone, tone], axis=1)
        assert measure_bytes(sound(stereo, rate, "FLOAT"), "audio")["loudness_gated"] == pytest.approx(-23.0, abs=0.1)
    # case 3: what is 13 LU below the middle is left out
    parts = [
        10 ** (level / 20) * np.sin(2 * np.pi * 1000 * np.arange(int(48_000 * s)) / 48_000)
        for level, s in ((-36, 10), (-23, 60), (-36, 10))
    ]
    signal = np.concatenate(parts)
    assert measure_bytes(sound(np.stack([signal, signal], axis=1), 48_000, "FLOAT"), "audio")[
        "loudness_gated"
    ] == pytest.approx(-23.0, abs=0.1)


def test_noise_and_bandwidth_are_heard() -> None:
    rate, draw = 16_000, np.random.default_rng(0)
    time = np.arange(2 * rate) / rate
    speech = np.sin(2 * np.pi * 300 * time) * (np.sin(2 * np.pi * 2 * time) > 0)
    for level in (0.1, 0.01, 0.001):
        found = measure_bytes(sound(0.5 * speech + level * draw.normal(size=len(time))), "audio")["snr"]
        assert found == pytest.approx(20 * np.log10(0.354 / level), abs=2.5)
    wide = draw.normal(size=2 * rate) * 0.1
    spectrum = np.fft.rfft(wide)
    spectrum[len(spectrum) // 2 :] = 0
    narrow = np.fft.irfft(spectrum)
    assert float(measure_bytes(sound(wide), "audio")["bandwidth"]) > 7_900
    assert measure_bytes(sound(narrow), "audio")["bandwidth"] == pytest.approx(
        4_000, abs=150
    )  # a window spreads an edge over some bins


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("a b  c\n", "characters", 7), ("a b  c\n", "words", 3), ("ab1!", "non_letters", 0.5), ("", "non_letters", 0), ("naïve 日本", "non_letters", 0),
        ("I would like to know where my new card is", "language", "en"), ("Ich möchte gerne wissen, wo meine neue Karte bleibt", "language", "de"),
        ("short", "language", "unknown"), ("Ã¼ber den WÃ¤ldern schÃ¶n", "mojibake", 3), ("über den Wäldern", "mojibake", 0), ("plain", "mojibake", 0),
        ("a\x07b\x1b[1mc\x85", "control_characters", 3), ("a\tb\r\n", "control_characters", 0),
        ("see <b>this</b> &amp; <a href='x'>that</a>", "markup", 5), ("a < b and b > c, R&D; [b] 3 <3", "markup", 1), ("[text](https://x.org)", "markup", 1),
        ("lost \ufffd\ufffd", "encoding_errors", 2), ("ü", "bytes", 2),
    ],
)  # fmt: skip
def test_texts_are_measured_as_they_read(text: str, name: str, value: object, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "another text, so that the first may be odd"}\n' + trainset_json(text))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.jsonl")
        rows = [row for row in dataset.look().rows() if row["text"] == text]
        found = rows[0][name] if rows else measured.measures_of("text")[name].target(trainset_column(text))[0]
    assert found == (pytest.approx(value) if isinstance(value, float) else value)


def trainset_json(text: str) -> str:
    import json

    return json.dumps({"text": text}) + "\n"


def trainset_column(text: str) -> object:
    import pyarrow as pa

    return pa.array([text])


def test_missing_measures_come_back(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=4)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        before = dataset.look(sort="id", n=100).to_arrow()
        nothing = dataset.measure()
        assert (nothing.measured, nothing.present, nothing.unmeasured) == (0, 8, {})
        for part in (tmp_path / "set" / "measures").iterdir():
            part.unlink()
        assert dataset.look(sort="id", n=100).to_arrow()["brightness"].null_count == 8
        helpers.picture(source / "cat" / "0.png", 99)
        (source / "cat" / "1.png").unlink()
        again = dataset.measure()
        assert (again.measured, again.present) == (6, 0)
        assert sorted(again.unmeasured) == ["the file has changed since its import", "there is no such file"]
        after = dataset.look(sort="id", n=100).to_arrow()
    same = [row for row in range(8) if after["brightness"][row].is_valid]
    assert len(same) == 6
    assert after.take(same).equals(before.take(same))


def test_a_content_is_missing_or_present_once_however_many_samples_have_it(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=4)
    (source / "cat" / "copy.png").write_bytes((source / "cat" / "0.png").read_bytes())
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        first = set((tmp_path / "set" / "measures").iterdir())
        helpers.picture(source / "cat" / "late.png", 99)
        (source / "dog" / "copy.png").write_bytes((source / "cat" / "late.png").read_bytes())
        dataset.import_(source)
        nothing = dataset.measure()
        assert (nothing.measured, nothing.present) == (0, 9)
        for part in first:
            part.unlink()
        some = dataset.measure()
        assert (some.measured, some.present, some.unmeasured) == (8, 1, {})
        assert dataset.look(n=100).to_arrow()["brightness"].null_count == 0


def test_missing_measures_of_texts_come_back(tmp_path: Path) -> None:
    helpers.texts(tmp_path / "t.csv", [(f"text {n}", "a") for n in range(30)])
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.csv")
        for part in (tmp_path / "set" / "measures").iterdir():
            part.unlink()
        assert dataset.measure().measured == 30
        assert dataset.look(where="characters = 6 and words = 2", n=100).total == 10


@pytest.mark.parametrize("name", ["0.parquet", "z.parquet"])
def test_a_later_pass_has_the_last_word_whatever_its_part_is_called(name: str, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(helpers.texts(tmp_path / "t.csv", [("good morning to all of you over there", "a")]))
        (old,) = (dataset.folder / "measures").iterdir()
        table = pq.read_table(old)
        facts = json.loads(table.schema.metadata[b"trainset"])
        facts["measures"]["language"] = "0 "  # made by an older trainset
        old.unlink()
        pq.write_table(table.replace_schema_metadata({b"trainset": json.dumps(facts)}), old.with_name("m.parquet"))
        assert dataset.look(n=1).rows()[0]["language"] is None
        assert dataset.measure().measured == 1
        (new,) = (path for path in old.parent.iterdir() if path.name != "m.parquet")
        new.rename(old.with_name(name))
        assert dataset.look(n=1).rows()[0]["language"] == "en"


@pytest.mark.parametrize("few", [1_000, 0])
def test_values_of_contents_in_several_parts_are_found_once(
    few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many parts hold a content, and whether rows are looked up or all are read."""
    monkeypatch.setattr(measured, "_FEW", few)
    draw = np.random.default_rng(3)
    known = [draw.bytes(16) for _ in range(300)]
    full = measured.schema("text")
    with trainset.init(tmp_path / "set", medium="text") as dataset:
        for _ in range(4):
            chosen = [known[place] for place in draw.permutation(300)[:200]]
            columns = [
                pa.array(chosen, pa.binary(16))
                if field.name == "content"
                else pa.array([content[0] for content in chosen]).cast(field.type)
                if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
                else pa.nulls(200, field.type)
                for field in full
            ]
            measured.write(dataset, [pa.record_batch(columns, schema=full)])
        found = measured.measured(dataset, ["words", "characters"])
        there = {*found["content"].to_pylist()}
        assert len(there) == found.num_rows > 290
        wanted = [*known[:50], draw.bytes(16)]
        some = measured.measured(dataset, ["words", "characters"], only=pa.array(wanted, pa.binary(16)))
        nothing = measured.measured(dataset, ["words"], only=pa.array([draw.bytes(16)], pa.binary(16)))
    assert sorted(some["content"].to_pylist()) == sorted(there & {*wanted})
    for row in [*found.to_pylist(), *some.to_pylist()]:
        assert row["words"] == row["characters"] == row["content"][0]
    assert (nothing.num_rows, nothing.column_names) == (0, ["content", "words"])


@pytest.mark.parametrize("older", [False, True], ids=["whole parts", "a part of an older trainset"])
@pytest.mark.parametrize("rows", [3, 50, 100_000])
def test_measures_beside_samples_are_those_of_their_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, older: bool
) -> None:
    """In whatever order, from however many parts, also for contents that begin alike, that come again, or that have no measures."""
    monkeypatch.setattr(parts, "PART_ROWS", rows)
    draw = np.random.default_rng(rows)
    alike = draw.bytes(8)
    known = [draw.bytes(16) for _ in range(200)] + [alike + draw.bytes(8) for _ in range(3)]
    full = measured.schema("text")
    with trainset.init(tmp_path / "set", medium="text") as dataset:
        for start in range(0, 203, 29):
            chosen = known[start : start + 35]
            columns = [
                pa.array(chosen, pa.binary(16))
                if field.name == "content"
                else pa.array([content[-1] for content in chosen]).cast(field.type)
                if field.name in ("words", "characters")
                else pa.nulls(len(chosen), field.type)
                for field in full
            ]
            if older and start == 29:
                with monkeypatch.context() as then:
                    then.setattr(
                        measured, "_versions", lambda plugins: {name: "0 " for name in plugins if name == "words"}
                    )
                    measured.write(dataset, [pa.record_batch(columns, schema=full)])
                continue
            measured.write(dataset, [pa.record_batch(columns, schema=full)])
        beside = measured.Beside(dataset, ["words", "characters"])
        there = {*measured.measured(dataset, ["words"])["content"].to_pylist()}
        strangers = [draw.bytes(16) for _ in range(20)] + [alike + draw.bytes(8)]
        for some in (known, known[::-1], [*known[100:], *strangers, *known[:120]], strangers, []):
            words, characters = beside.of(pa.array([b"-" * 16, *some], pa.binary(16)).slice(1))
            expected = [content[-1] if content in there else None for content in some]
            assert words.to_pylist() == characters.to_pylist() == expected
    assert [field.name for field in beside.fields] == ["words", "characters"]
    assert len(there) == (203 if not older else 203 - 23)


def test_measures_beside_samples_without_any(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set", medium="text") as dataset:
        beside = measured.Beside(dataset, ["words"])
    assert [column.to_pylist() for column in beside.of(pa.array([b"a" * 16], pa.binary(16)))] == [[None]]
