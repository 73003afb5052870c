"""Small parts of the real test sets as embedders take them, and a plain judge of how good an embedding is."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainset.media.decode import decode
from trainset.work.prepare import resampled, squared


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def digits(data: Path, takes: int) -> tuple[list[NDArray[np.float32]], NDArray[np.str_], NDArray[np.str_]]:
    """Signals at 16 kHz, labels and speakers of the first `takes` takes of each spoken digit."""
    rows = [row for row in table(data / "audio_fsdd" / "manifest.csv") if int(row["take"]) < takes]
    signals = []
    for row in rows:
        found = decode((data / "audio_fsdd" / row["path"]).read_bytes(), "audio")
        signals.append(resampled(found.signal, found.rate, 16_000)[0])  # type: ignore[union-attr]
    return signals, np.array([row["label"] for row in rows]), np.array([row["speaker"] for row in rows])


def photographs(
    data: Path, each: int, side: int
) -> tuple[list[NDArray[np.uint8]], NDArray[np.str_], NDArray[np.bool_]]:
    """Pictures of side x side pixels, true labels, and which are of the test split: the first `each` per class and split."""
    seen: dict[tuple[str, str], int] = {}
    pictures, labels, test = [], [], []
    with zipfile.ZipFile(data / "images_cifar10n" / "images.zip") as file:
        for row in table(data / "images_cifar10n" / "labels.csv"):
            key = row["split"], row["true_label"]
            seen[key] = seen.get(key, 0) + 1
            if seen[key] <= each:
                pictures.append(
                    squared(np.asarray(Image.open(io.BytesIO(file.read(row["path"]))).convert("RGB")), side)
                )
                labels.append(row["true_label"])
                test.append(row["split"] == "test")
    return pictures, np.array(labels), np.array(test)


def questions(data: Path, name: str, every: int, classes: int) -> tuple[list[str], NDArray[np.str_]]:
    """Each `every`-th text of the first `classes` classes of a file of Banking77, and their labels."""
    rows = table(data / "text_banking77" / name)
    kept = set(sorted({row["category"] for row in rows})[:classes])
    some = [row for row in rows if row["category"] in kept][::every]
    return [row["text"] for row in some], np.array([row["category"] for row in some])


def ridge(
    x: NDArray[np.float32], y: NDArray[np.str_], test_x: NDArray[np.float32], test_y: NDArray[np.str_], penalty: float
) -> float:
    """Accuracy of ridge regression on one-hot labels, each number of the embedding made standard on the training side."""
    from sklearn.linear_model import RidgeClassifier

    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    head = RidgeClassifier(alpha=penalty).fit((x - middle) / spread, y)
    return float(head.score((test_x - middle) / spread, test_y))
