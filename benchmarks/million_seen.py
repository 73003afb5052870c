"""A dataset of a million texts with everything that the pages show of it: a map, a run with its epochs, two versions.

Places on the map are drawn around a middle for each class rather than laid out: the page shows what is kept, whoever placed it, and a million
embeddings would be 5 GB. Predictions are drawn too, right for three quarters, and imported as any model's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import million_rows
import numpy as np
import pyarrow as pa

CLASSES = 50
EPOCHS = 40


def made(place: Path, rows: int) -> Path:
    """Its folder; what is there already is kept."""
    folder = place / "mil.trainset"
    if not folder.exists():
        million_rows.write(place / "mil.csv", rows)
        _trainset(place, "import", "mil.csv")
    import trainset

    with trainset.open(folder) as dataset:
        if not any(folder.glob("cache/map-*.parquet")):
            _map(dataset)
    if not any(folder.glob("predictions/*.parquet")):
        with trainset.open(folder) as dataset:
            if not dataset.versions():
                dataset.version("v1")
        if not (place / "predictions.npz").exists():
            _predictions(place, folder)
        _trainset(
            place, "import-predictions", "predictions.npz", "--held-out", "yes", "--name", "drawn", "--groups", "none"
        )
        (place / "predictions.npz").unlink()
        with trainset.open(folder) as dataset:
            _epochs(dataset)
        _trainset(place, "label", "class_01", "--where", "label = 'class_00'", "--why", "benchmark")
        _trainset(place, "version", "v2")
    return folder


def _map(dataset: Any) -> None:
    from trainset.store.mapped import SCHEMA, write_map, write_regions
    from trainset.store.query import open_table
    from trainset.work.map_ import regions_of
    from trainset.work.map_view import made_of

    with open_table(dataset, columns=["content", "label"]) as table:
        found = table.select(["content", "label"])
    contents = found["content"].combine_chunks().cast(pa.binary(16)).dictionary_encode()
    n = len(contents.dictionary)
    codes = np.zeros(n, np.int64)
    codes[contents.indices.to_numpy()] = found["label"].combine_chunks().dictionary_encode().indices.to_numpy()
    draw = np.random.default_rng(0)
    middles = draw.random((CLASSES, 2)) * 0.8 + 0.1
    places = middles[codes] + draw.standard_normal((n, 2)) * draw.uniform(0.01, 0.06, CLASSES)[codes][:, None]
    places = np.clip(places, 0, 1).astype(np.float32)
    marks = draw.permutation(n) < 10_000
    table = pa.Table.from_arrays(
        [contents.dictionary, pa.array(places[:, 0]), pa.array(places[:, 1]), pa.array(marks)], schema=SCHEMA
    )
    by = made_of(dataset)
    write_map(dataset, by, table, n)
    region = regions_of(table.filter(table["landmark"]))(places.astype(np.float32))
    told = [
        {"number": one + 1, "name": f"class_{one:02} {0.5:.0%}", "samples": int((region == one).sum()), "traits": [],
         "x": float(np.median(places[region == one, 0])), "y": float(np.median(places[region == one, 1]))}
        for one in np.unique(region).tolist()
    ]  # fmt: skip
    write_regions(dataset, by, 1, told)


def _predictions(place: Path, folder: Path) -> None:
    import trainset
    from trainset.store.query import open_table

    with trainset.open(folder) as dataset, open_table(dataset, columns=["label"]) as table:
        found = table.select(["id", "label"])
    draw = np.random.default_rng(1)
    n = found.num_rows
    encoded = found["label"].combine_chunks().dictionary_encode()
    said = np.where(draw.random(n) < 0.75, encoded.indices.to_numpy(), draw.integers(0, CLASSES, n))
    sure = draw.random((n, CLASSES), np.float32) * np.float32(0.02)
    sure[np.arange(n), said] += draw.random(n, np.float32) * 2
    sure /= sure.sum(axis=1, keepdims=True)
    ids = np.array([bytes(one).hex() for one in found["id"].to_pylist()])
    np.savez(place / "predictions.npz", ids=ids, classes=np.array(encoded.dictionary.to_pylist()), probabilities=sure)


def _epochs(dataset: Any) -> None:
    from trainset.store import epochs, runs

    run = runs.named(dataset)
    n, draw = len(run.classes), np.random.default_rng(2)
    counts = draw.integers(0, 400, (EPOCHS, n, n)).astype(np.uint32)
    for number in range(EPOCHS):
        np.fill_diagonal(counts[number], 400 * number)
    numbers = np.arange(1, EPOCHS + 1, dtype=np.uint32)
    epochs.keep(
        dataset, run, epochs.Epochs(run.classes, numbers, np.linspace(0.2, 0.9, EPOCHS).astype(np.float32), counts)
    )


def _trainset(place: Path, *words: str) -> None:
    command = [sys.executable, "-m", "trainset", *words, "-d", "mil.trainset"]
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
