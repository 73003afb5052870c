"""Embeddings as a stranger may have written them: other vectors than they say, links, bombs, noise; nothing of it is run or fetched."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import trainset
from tests import helpers
from trainset.errors import DamagedDataset, TrainsetError
from trainset.store import embedded
from trainset.work.map_view import MapView


@pytest.fixture
def vectors(trusted: Path) -> Path:
    """The dataset of six pictures, with their embeddings; the only part of them."""
    with trainset.open(trusted) as dataset:
        dataset.embed("pixels")
    (found,) = (trusted / "embeddings").iterdir()
    return found


def rewrite(part: Path, **changes: object) -> None:
    """The part with other columns, or facts."""
    table = pq.read_table(part)
    facts = json.loads(table.schema.metadata[b"trainset"]) | {
        k: v for k, v in changes.items() if k in ("embedder", "settings", "dim", "version")
    }
    for name in ("content", "vector"):
        if name in changes:
            table = table.set_column(table.schema.get_field_index(name), name, changes[name])
    pq.write_table(
        table.replace_schema_metadata({b"trainset": json.dumps(facts).encode()}),
        part,
        compression="none",
        use_dictionary=False,
    )


def binary(values: np.ndarray) -> pa.Array:
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(4 * values.shape[1]), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def lists(values: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])


NAN = np.full((6, 768), np.nan, np.float32)
FORGED: dict[str, Callable[[Path], object]] = {
    "nothing": lambda part: part.write_bytes(b""),
    "noise": lambda part: part.write_bytes(os.urandom(5000)),
    "cut": lambda part: part.write_bytes(part.read_bytes()[:5000]),
    "nan": lambda part: rewrite(part, vector=binary(NAN)),
    "shorter": lambda part: rewrite(part, vector=binary(NAN[:, :5])),
    "lists": lambda part: rewrite(part, vector=lists(np.zeros((6, 768), np.float32))),
    "no vectors": lambda part: rewrite(part, vector=pa.nulls(6, pa.binary(3072))),
    "no contents": lambda part: rewrite(part, content=pa.nulls(6, pa.binary(16))),
    "another embedder": lambda part: rewrite(part, embedder="efficientnet_lite0"),
    "another setting": lambda part: rewrite(part, settings={"side": 9}),
    "a negative length": lambda part: rewrite(part, dim=-1),
    "a huge length": lambda part: rewrite(part, dim=2**40),
    "a text for a length": lambda part: rewrite(part, dim="768"),
    "true for a length": lambda part: rewrite(part, dim=True),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_part_is_a_clear_error_that_says_what_to_do(name: str, vectors: Path) -> None:
    FORGED[name](vectors)
    with trainset.open(vectors.parents[1]) as dataset:
        with pytest.raises(DamagedDataset) as caught:
            np.concatenate([*dataset.embeddings(embedder="pixels").batches()])
        assert str(vectors) in str(caught.value)
        vectors.unlink()
        assert dataset.embed("pixels").embedded == 6


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_are_a_clear_error_or_other_numbers(seed: int, vectors: Path) -> None:
    random = np.random.default_rng(seed)
    data = bytearray(vectors.read_bytes())
    for place in random.integers(0, len(data), 1 + seed):
        data[-place % min(len(data), 3000)] = random.integers(0, 256)
    vectors.write_bytes(data)
    with trainset.open(vectors.parents[1]) as dataset:
        try:
            found = dataset.embeddings(embedder="pixels")
            assert np.concatenate([*found.batches()]).shape == (6, found.dim)
        except TrainsetError as error:
            assert str(error)


def test_a_link_in_place_of_a_part_or_of_the_folder_is_not_followed(vectors: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere.parquet"
    shutil.move(vectors, other)
    vectors.symlink_to(other)
    with trainset.open(vectors.parents[1]) as dataset, pytest.raises(DamagedDataset, match="link"):
        dataset.embeddings(embedder="pixels")
    vectors.unlink()
    vectors.parent.rmdir()
    (tmp_path / "folder").mkdir()
    vectors.parent.symlink_to(tmp_path / "folder")
    with trainset.open(vectors.parents[1]) as dataset, pytest.raises(DamagedDataset, match="link"):
        dataset.embed("pixels")
    assert not [*(tmp_path / "folder").iterdir()]


def test_parts_of_two_lengths_are_a_clear_error(trusted: Path) -> None:
    with trainset.open(trusted) as dataset:
        made = embedded.Made("odd", "1", {"given": [0, 16_000]})
        for dim in (2, 3):
            embedded.write(dataset, made, pa.array([bytes(16)], pa.binary(16)), np.ones((1, dim), np.float32))
        with pytest.raises(DamagedDataset, match="damaged"):
            embedded.Embeddings(dataset, made, pa.array([bytes(16)], pa.binary(16)))


def test_a_strangers_dataset_reads_no_file_that_its_owner_was_not_allowed(images: Path) -> None:
    with trainset.open(images) as dataset:
        report = dataset.embed("pixels")
        assert report.embedded == 0
        assert [*report.left_out.values()] == [6]
        assert "not allowed" in next(iter(report.left_out))


def test_a_dataset_that_names_an_embedder_fetches_and_runs_nothing(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts made by models of the stranger's own lie there; opening and auditing looks for none of those models."""
    from trainset.embed import _huggingface, _own

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a stranger's dataset chose a model")

    for module, name in ((_huggingface, "fetched"), (_own, "of_file"), (_own, "of_folder"), (_own, "of_function")):
        monkeypatch.setattr(module, name, never)
    with trainset.open(images) as dataset:
        for stranger in ("hf:mallory/model", str(images / "evil.onnx"), "../evil.onnx"):
            made = embedded.Made(stranger, "1", {})
            embedded.write(dataset, made, pa.array([bytes(16)], pa.binary(16)), np.ones((1, 2), np.float32))
        dataset.status()
        dataset.look()
        dataset.audit()
        dataset.embedders()
        dataset.embeddings(embedder="pixels")
        assert not [one for one in MapView(dataset).choices() if ":" in one.embedder or "." in one.embedder]
    assert helpers.run("status", "-d", images).returncode == 0
