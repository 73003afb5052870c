"""Parquet as Hugging Face's `datasets` writes and loads it: what goes out comes back, bad rows are named, hostile files are errors."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

import trainset
from tests.formats.outcomes import Remembered, write
from tests.helpers import picture, pictures, run, run_json
from trainset.errors import TrainsetError
from trainset.formats._parquet_in import is_folder_of_them
from trainset.formats.huggingface_parquet import HuggingfaceParquet
from trainset.model import Outcome
from trainset.work.workbench import Workbench

FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
IMAGE, AUDIO = {"_type": "Image"}, {"_type": "Audio"}


def classes(*names: str) -> dict[str, Any]:
    return {"names": [*names], "_type": "ClassLabel"}


def shard(place: Path, columns: Mapping[str, pa.Array], features: Mapping[str, Any] | None = None, **how: Any) -> Path:
    """A file as `datasets` writes it: the features stand in the metadata of the schema."""
    place.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(dict(columns))
    if features is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, place, **how)
    return place


def png(folder: Path, seed: int) -> bytes:
    return picture(folder / "made" / f"{seed}.png", seed).read_bytes()


def wav(seed: int) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.random.default_rng(seed).normal(0, 0.2, 8000), 8000, format="WAV")
    return out.getvalue()


def files(*pairs: tuple[bytes | None, str | None] | None) -> pa.Array:
    return pa.array([None if pair is None else {"bytes": pair[0], "path": pair[1]} for pair in pairs], FILE)


def facts(dataset: Workbench) -> list[str]:
    keys = ("label", "split", "contributor", "meta", "content", "text")
    return sorted(str([row[key] for key in keys]) for row in dataset.look(n=100).rows())


def test_a_folder_of_shards_gives_pictures_classes_splits_and_metadata(tmp_path: Path) -> None:
    source, features = (
        tmp_path / "pets",
        {"image": IMAGE, "label": classes("cat", "dog"), "n": {"dtype": "int64", "_type": "Value"}},
    )
    for split, number in (("train", 0), ("train", 1), ("test", 2)):
        both = files((png(tmp_path, number), "../same.png"), (png(tmp_path, number + 10), None))
        name = f"data/{split}-{number % 2:05}-of-00002.parquet"
        shard(source / name, {"image": both, "label": pa.array([0, 1]), "n": pa.array([number, 7])}, features)
    (source / "README.md").write_text("# Pets\n")
    with trainset.init(tmp_path / "set") as dataset:
        report = dataset.import_(source)
        assert (report.source, report.rows, report.files["added"]) == ("pets", {"added": 6}, 6)
        rows = dataset.look(n=10).rows()
        assert sorted((row["label"], row["split"], row["meta"]["n"]) for row in rows) == [
            ("cat", "test", 2), ("cat", "train", 0), ("cat", "train", 1), ("dog", "test", 7), ("dog", "train", 7), ("dog", "train", 7),
        ]  # fmt: skip
        assert sorted(row["path"] for row in rows if row["label"] == "cat")[0] == "test/same.png"
        again = dataset.import_(source)
        assert (again.action, again.files["already present"]) == (None, 6)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("same")] == []


def test_recordings_and_texts_are_read_too(tmp_path: Path) -> None:
    audio = files((wav(1), "a.wav"), (wav(2), "b.wav"))
    said = shard(
        tmp_path / "said.parquet",
        {"audio": audio, "label": pa.array([1, -1]), "speaker": pa.array(["x", "y"])},
        {"audio": AUDIO, "label": classes("no", "yes")},
    )
    texts = shard(
        tmp_path / "train.parquet",
        {"text": pa.array(["hello", "bye"]), "intent": pa.array([1, 0]), "tags": pa.array([["a"], []])},
        {"intent": classes("x", "y")},
    )
    with trainset.init(tmp_path / "a") as dataset:
        dataset.import_(said)
        assert sorted((str(row["label"]), row["contributor"]) for row in dataset.look().rows()) == [
            ("None", "y"),
            ("yes", "x"),
        ]
    with trainset.init(tmp_path / "b") as dataset:
        report = dataset.import_(texts)
        assert report.rows == {"added": 2}
        assert any("'intent'" in text for text in report.about)
        found = sorted((row["text"], row["label"], row["split"], str(row["meta"])) for row in dataset.look().rows())
        assert found == [("bye", "x", "train", "{'tags': []}"), ("hello", "y", "train", "{'tags': ['a']}")]
        assert dataset.import_(texts).action is None


def test_bad_rows_are_named_and_the_others_imported(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(tmp_path, 9))
    images = files(
        (png(tmp_path, 1), "1.png"),
        (None, str(tmp_path / "secret.png")),
        (b"", "e.png"),
        None,
        (png(tmp_path, 2), "2.png"),
        (png(tmp_path, 3), "x.csv"),
    )
    source = shard(
        tmp_path / "x.parquet",
        {"image": images, "label": pa.array([0, 0, 0, 0, 5, None])},
        {"image": IMAGE, "label": classes("cat")},
    )
    with trainset.init(tmp_path / "set") as dataset:
        report = dataset.import_(source)
        assert sum(report.files[word] for word in ("added", "empty")) == 3
        assert {(bad["row"], bad["outcome"]) for bad in report.bad if bad["kind"] == "row"} == {
            (2, "unreadable"),
            (4, "unreadable"),
            (5, "unreadable"),
        }
        reasons = " ".join(str(bad["reason"]) for bad in report.bad)
        assert "label is 5, and there are 1 classes" in reasons
        assert sorted(row["path"] for row in dataset.look().rows()) == ["data/1.png", "data/x.csv.png"]


def test_what_goes_out_comes_back(tmp_path: Path) -> None:
    (tmp_path / "pets.csv").write_text(
        "path,label,split,contributor,n,meta.label\n"
        + "".join(f"pets/cat/{n}.png,{'c/t' if n else ''},{'train' if n % 2 else 'dev'},p{n},{n},x\n" for n in range(5))
    )
    pictures(tmp_path / "pets", classes=("cat",))
    with trainset.init(tmp_path / "a") as one, trainset.init(tmp_path / "b") as other:
        one.import_(tmp_path / "pets.csv")
        report = one.export(tmp_path / "out", format="huggingface_parquet", settings={"shard_bytes": 100})
        assert (report.samples, report.lost) == (5, ())
        assert len(list((tmp_path / "out" / "data").glob("train-*-of-00002.parquet"))) == 2
        assert not [path for path in (tmp_path / "out").rglob("*") if path.name.startswith(".")]
        assert other.import_(tmp_path / "out").samples == 5
        assert facts(one) == facts(other)


def test_types_of_metadata_and_texts_come_back(tmp_path: Path) -> None:
    lines = [
        {
            "text": f"t{n}\0é",
            "label": "a",
            "i": n,
            "f": n / 3,
            "b": n > 1,
            "big": 2**70,
            "mixed": n if n else "x",
            "nested": {"a": [n]},
        }
        for n in range(3)
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with trainset.init(tmp_path / "a") as one, trainset.init(tmp_path / "b") as other:
        one.import_(tmp_path / "in.jsonl")
        lost = one.export(tmp_path / "out", format="huggingface_parquet").lost
        assert lost == ("3 metadata fields of several types, lists or objects become text",)
        other.import_(tmp_path / "out")
        kept = [{key: row["meta"][key] for key in ("i", "f", "b")} for row in other.look(n=9).rows()]
        assert sorted(map(str, kept)) == sorted(str({key: line[key] for key in ("i", "f", "b")}) for line in lines)
        assert {row["text"] for row in other.look(n=9).rows()} == {line["text"] for line in lines}
        assert all(
            row["split"] is not None for row in other.look(n=9).rows()
        )  # none was given: they are proposed again


def test_the_features_are_those_that_datasets_reads(tmp_path: Path) -> None:
    row = {
        "name": "1.png",
        "path": "a/1.png",
        "media": png(tmp_path, 1),
        "label": "cat",
        "split": "train",
        "meta": '{"n": 1}',
    }
    losses = write("huggingface_parquet", [row, {**row, "label": None, "media": png(tmp_path, 2)}], tmp_path / "out")
    assert losses.lost == ()
    file = pq.ParquetFile(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    assert json.loads(file.schema_arrow.metadata[b"huggingface"]) == {
        "info": {"features": {"image": IMAGE, "label": classes("cat"), "n": {"dtype": "int64", "_type": "Value"}}}
    }
    assert file.schema_arrow.field("image").type == FILE
    assert file.read().to_pylist()[0] == {"image": {"bytes": row["media"], "path": "1.png"}, "label": 0, "n": 1}


def unpacked(source: Path, target: Path) -> tuple[Remembered, list[Path]]:
    outcomes = Remembered()
    target.mkdir()
    HuggingfaceParquet().unpack(source, target, outcomes)
    return outcomes, [path for path in target.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "columns",
    [
        {"a": pa.array([1])}, {"image": pa.array([1])}, {"image": pa.array(["x"])}, {"image": pa.array([{"bytes": "x", "path": "y"}])},
        {"image": pa.array([[b"x"]])}, {"image": pa.array([{"bytes": {"bytes": 1}}])}, {"text": pa.array([], pa.string())}, {"text": pa.nulls(3)},
        {"text": pa.array([[["deep"]]])}, {"text": pa.array([b"\xff"])}, {"text": pa.array(["x"]), "label": pa.array([{"a": 1}])},
    ],
)  # fmt: skip
def test_other_columns_than_expected_give_outcomes_only(columns: dict[str, pa.Array], tmp_path: Path) -> None:
    features = {"image": IMAGE, "label": {"_type": "ClassLabel", "names": 7}, "text": [[[]]]}
    outcomes, made = unpacked(shard(tmp_path / "x.parquet", columns, features), tmp_path / "out")
    assert all(path.suffix == ".jsonl" and not path.read_bytes() for path in made)
    assert any(found[0].is_bad for found in outcomes.files.values()) or outcomes.rows


@pytest.mark.parametrize(
    "metadata", [b"", b"{", b"[]", b"\xff", b'{"info": 3}', b'{"info": {"features": []}}', b"[" * 100_000]
)
def test_metadata_that_are_not_what_they_must_be_are_left_alone(metadata: bytes, tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["hello"])}).replace_schema_metadata({b"huggingface": metadata})
    pq.write_table(table, tmp_path / "x.parquet")
    outcomes, made = unpacked(tmp_path / "x.parquet", tmp_path / "out")
    assert [json.loads(path.read_bytes())["text"] for path in made] == ["hello"]
    assert not outcomes.rows


def test_a_file_that_claims_more_rows_than_it_has_bytes_is_too_large(tmp_path: Path) -> None:
    outcomes, made = unpacked(shard(tmp_path / "x.parquet", {"text": pa.array(["a"] * 5_000_000)}), tmp_path / "out")
    assert (outcomes.files["x.parquet"][0], made) == (Outcome.TOO_LARGE, [])


def test_one_large_file_for_many_rows_stays_within_the_limits(tmp_path: Path) -> None:
    large = pa.DictionaryArray.from_arrays(pa.array([0] * 60, pa.int32()), pa.array([bytes(8 * 2**20)]))
    struct = pa.StructArray.from_arrays([large.dictionary_decode(), pa.array(["x.png"] * 60)], ["bytes", "path"])
    source = shard(
        tmp_path / "x.parquet", {"image": struct}, {"image": IMAGE}, compression="zstd", dictionary_pagesize_limit=2**30
    )
    assert source.stat().st_size < 2**20
    outcomes, made = unpacked(source, tmp_path / "out")
    assert (made, outcomes.files["x.parquet (as a whole)"][0]) == ([], Outcome.TOO_LARGE)


def test_mutated_files_raise_nothing_but_our_errors(tmp_path: Path) -> None:
    draw = random.Random(3)
    columns = {
        "image": files(*((draw.randbytes(60), f"{n}.png") for n in range(20))),
        "label": pa.array([n % 2 for n in range(20)]),
    }
    source = shard(tmp_path / "x.parquet", columns, {"image": IMAGE, "label": classes("a", "b")}, row_group_size=7)
    good, read = source.read_bytes(), 0
    for number in range(40):
        data = bytearray(good)
        for _ in range(draw.choice((1, 2, 8))):
            data[draw.randrange(len(data))] = draw.randrange(256)
        source.write_bytes(data[: draw.randrange(len(data))] if number % 10 == 0 else data)
        try:
            outcomes, made = unpacked(source, tmp_path / f"out{number}")
        except TrainsetError:
            continue
        assert outcomes.files
        read += len(made) > 1
    assert read


def test_the_command_line_reads_and_writes_it(tmp_path: Path) -> None:
    pictures(tmp_path / "pets", each=2)
    run_json("import", "pets", cwd=tmp_path)
    done = run("export", "out", "--format", "huggingface-parquet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = run_json(
        "import", "out", "--format", "huggingface-parquet", "-d", "new", "--map", "contributor=", cwd=tmp_path
    )
    assert (found["samples"], sorted(found["new_classes"])) == (4, ["cat", "dog"])


def test_a_linked_shard_is_not_followed_and_a_folder_of_media_is_told_by_its_first_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.parquet"
    pq.write_table(pa.table({"text": ["mine"]}), secret)
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table({"text": ["yours"]}), folder / "train-00000-of-00001.parquet")
    (folder / "test-00000-of-00001.parquet").symlink_to(secret)
    with trainset.init(tmp_path / "set") as dataset:
        report = dataset.import_(folder)
        assert report.files["unsafe"] == 1
        assert [row["text"] for row in dataset.look(n=9).rows()] == ["yours"]
    (folder / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert not is_folder_of_them(folder)
