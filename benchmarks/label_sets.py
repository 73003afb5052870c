"""Sets with labels known to be wrong, and their embeddings, for the benchmarks of the learner."""

from __future__ import annotations

import csv
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

DATA = Path(os.environ.get("TRAINSET_DATA", Path(__file__).parents[1] / "../shared/data"))
CACHE = Path(os.environ.get("TRAINSET_EMBEDDINGS", Path(tempfile.gettempdir()) / "trainset-embeddings"))
"""Where embeddings are kept between runs: <set>.npz with `key` and `x`."""


@dataclass(frozen=True)
class Labelled:
    """x: (n, d) float32. labels: name to (n,) codes. wrong: name to (n,) whether that label is known to be wrong. truth: (n,) codes, None
    where only the error is known. test_x, test_y: what is held back, with true labels; empty without any."""

    x: NDArray[np.float32]
    classes: tuple[str, ...]
    labels: Mapping[str, NDArray[np.int64]]
    wrong: Mapping[str, NDArray[np.bool_]]
    truth: NDArray[np.int64] | None
    test_x: NDArray[np.float32]
    test_y: NDArray[np.int64]


def labelled(name: str) -> Labelled:
    """One of cifar, roman, sentiment, fsdd, banking, flowers, clinc (the training split)."""
    rows, key, label_columns, truth_column = _rows(name)
    vectors = embeddings(name)
    test = [row for row in rows if row["split"] == "test"]
    train = [row for row in rows if row["split"] != "test"]
    classes = tuple(sorted({row[column] for row in train for column in label_columns.values()}))

    def codes(some: list[dict[str, str]], column: str) -> NDArray[np.int64]:
        return np.array([classes.index(row[column]) for row in some], np.int64)

    def x(some: list[dict[str, str]]) -> NDArray[np.float32]:
        width = len(next(iter(vectors.values())))
        return np.array([vectors[row[key].strip()] for row in some], np.float32).reshape(len(some), width)

    labels = {title: codes(train, column) for title, column in label_columns.items()}
    truth = codes(train, truth_column) if truth_column in train[0] else None
    if name == "roman":
        wrong = {title: np.array([row["label_error"] == "true" for row in train]) for title in labels}
    else:
        wrong = {title: own != truth for title, own in labels.items()} if truth is not None else {}
    return Labelled(
        x(train),
        classes,
        labels,
        wrong,
        truth,
        x(test),
        codes(test, truth_column or "label") if test else np.empty(0, np.int64),
    )


def embeddings(name: str) -> dict[str, NDArray[np.float32]]:
    """Path or text to embedding, by the default embedder of the set's medium; kept in `CACHE`."""
    kept = CACHE / f"{name}.npz"
    if not kept.exists():
        keys, vectors = _embed(name)
        CACHE.mkdir(parents=True, exist_ok=True)
        np.savez(kept, key=np.array(keys), x=vectors)
    with np.load(kept) as file:
        return {key.strip(): own for key, own in zip(file["key"].tolist(), file["x"], strict=True)}


def _embed(name: str) -> tuple[list[str], NDArray[np.float32]]:
    import trainset

    with tempfile.TemporaryDirectory() as place:
        source = _source(name, Path(place))
        dataset: Any
        with trainset.init(Path(place) / "set") as dataset:
            dataset.import_(source)
            dataset.embed()
            samples = dataset.look(n=10**9).table
            view = dataset.embeddings(samples["content"])
            keys = samples["text" if dataset.medium == "text" else "path"].to_pylist()
            return keys, view.take(np.arange(len(view)))


def _source(name: str, place: Path) -> Path:
    if name in ("cifar", "roman"):
        packed = {"cifar": "images_cifar10n/images.zip", "roman": "images_roman/v1.zip"}[name]
        with zipfile.ZipFile(DATA / packed) as archive:
            archive.extractall(place / name)
        return place / name
    if name in ("fsdd", "flowers"):
        return DATA / {"fsdd": "audio_fsdd", "flowers": "images_flowers"}[name]
    rows, _, _, _ = _rows(name)
    path = place / f"{name}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text"], *([row["text"]] for row in rows)])
    return path


def _rows(name: str) -> tuple[list[dict[str, str]], str, dict[str, str], str]:
    """The rows of a set, the column that tells its samples apart, its columns of labels, and that of the truth."""
    if name == "cifar":
        labels = {"aggregate": "aggre_label", "random": "random_label1", "worst": "worse_label"}
        return _csv("images_cifar10n/labels.csv"), "path", labels, "true_label"
    if name == "roman":
        return _csv("images_roman/v1_review.csv"), "path", {"given": "given_label"}, ""
    if name == "sentiment":
        rows = [row | {"split": "train"} for row in _csv("text_sentiment_mturk/items.csv")]
        return rows, "text", {"single rater": "single_rater_label"}, "true_label"
    if name == "fsdd":
        return _csv("audio_fsdd/manifest.csv"), "path", {"flipped": "flipped_label"}, "label"
    if name == "flowers":
        return _csv("images_flowers/manifest.csv"), "path", {"given": "label"}, "label"
    if name == "clinc":
        rows = [row for row in _csv("text_clinc150/clinc150.csv") if row["split"] == "train" and row["label"] != "oos"]
        return rows, "text", {"given": "label"}, "label"
    banking = [row | {"split": split} for split in ("train", "test") for row in _csv(f"text_banking77/{split}.csv")]
    return banking, "text", {"given": "category"}, "category"


def _csv(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
