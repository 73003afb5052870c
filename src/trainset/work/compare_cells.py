"""The cells of a comparison: a side trained, and trained again on draws of its samples, predicts all test samples. Each is kept in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.learn import logistic, ridge
from trainset.learn.calibration import probabilities, temperature
from trainset.learn.labels import balanced
from trainset.learn.redraw import redrawn
from trainset.learn.view import Rooted, View, Whole
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.work.compare_sides import Side
from trainset.work.embed import embeddings
from trainset.work.scoring import packages
from trainset.work.train import Trained, heads

MOST_BYTES = 2**28
"""Of cells that are kept, those used last: of 10,000 test samples some 3,000 trainings."""
_IN_MEMORY = 2**28
"""Bytes of embeddings that are held while they are trained on again and again; of more they are read each time."""


@dataclass(frozen=True)
class Cell:
    """What one training predicts of (m,) contents. predicted: classes of the side, -1 where nothing could be predicted. confidence: float32,
    calibrated; NaN of draws, which are for counting."""

    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]


def predicted_by_heads(
    dataset: Dataset, side: Side, draws: int, contents: pa.Array, progress: Callable[[int], None]
) -> list[Cell]:
    """The cells of a side whose recipe has a head of ours: all samples as they are, then each draw. progress: called with 1 after each."""
    keys = [key_of(side, draw, contents) for draw in range(draws + 1)]
    cells = [kept(dataset, key, len(contents), len(side.classes)) for key in keys]
    if all(cells):
        progress(len(cells))
        return [cell for cell in cells if cell]
    recipe = side.recipe
    view = _held(embeddings(dataset, side.contents, embedder=recipe.embedder, settings=recipe.settings))
    asked = embeddings(dataset, contents, embedder=recipe.embedder, settings=recipe.settings)
    known = np.flatnonzero(asked.known)
    test = asked.only(known)
    present, codes = np.unique(side.codes, return_inverse=True)
    weights = balanced(codes, len(present)) if recipe.weights == "balanced" else None
    *_, trained = heads(recipe, view, codes, len(present), side.groups, weights)
    warmth = temperature(trained.scores, codes)
    found = list[Cell]()
    for draw, (key, cell) in enumerate(zip(keys, cells, strict=True)):
        if cell is None:
            cell = Cell(np.full(len(contents), -1), np.full(len(contents), np.nan, np.float32))
            slope = _drawn(trained, side, view, codes, len(present), weights, draw) if draw else None
            at = 0
            for batch in (Rooted(test) if trained.rooted else test).batches():
                rows, at = known[at : at + len(batch)], at + len(batch)
                said = trained.predict(batch) if slope is None else batch @ slope[0] + slope[1]
                cell.predicted[rows] = present[said.argmax(axis=1)]
                if slope is None:
                    cell.confidence[rows] = probabilities(said, warmth).max(axis=1)
            keep(dataset, key, cell)
        found.append(cell)
        progress(1)
    return found


def _drawn(
    trained: Trained, side: Side, view: View, codes: NDArray[np.int64], classes: int, weights: Any, draw: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The head of a draw of the training samples: with what was chosen on all of them, and the draw added to the recipe's seed."""
    drawn, recipe = redrawn(side.keys, draw), side.recipe
    if weights is not None:
        drawn = drawn * weights
    if trained.ridge is not None:
        return ridge.solved(
            Rooted(view) if trained.rooted else view, codes, classes, trained.ridge.penalty, weights=drawn
        )
    way = "" if recipe.resample == "none" else recipe.resample
    *_, last = logistic.train(
        view, codes, classes, np.full(len(codes), -1), weights=drawn, resample=way, strength=recipe.strength, epochs=recipe.epochs,
        seed=recipe.seed + draw,
    )  # fmt: skip
    return last.coefficients, last.base


def _held(view: Any) -> View:
    """The embeddings in memory, when they are not many."""
    if 4 * len(view) * view.dim > _IN_MEMORY:
        return view  # type: ignore[no-any-return]
    return Whole(np.concatenate([*view.batches()]))


def key_of(side: Side, draw: int, contents: pa.Array) -> str:
    """What a cell is kept under: all that it depends on."""
    total = hashlib.blake2b(digest_size=16)
    facts = [side.recipe.text, [*side.classes], draw, packages()]
    total.update(json.dumps(facts, ensure_ascii=True).encode())
    for one in (side.contents, side.samples.ids.take(pa.array(side.rows)), contents):
        total.update(len(one).to_bytes(8, "big"))
        total.update(b"".join(one.to_pylist()))
    groups = side.groups if side.groups is not None else np.empty(0, np.int64)
    for values in (side.codes, side.keys, np.unique(groups, return_inverse=True)[1].reshape(-1).astype(np.int64)):
        total.update(values.tobytes())
    return total.hexdigest()


def kept(dataset: Dataset, key: str, count: int, classes: int) -> Cell | None:
    """A cell of an earlier comparison; None when there is none, or it is not what it must be."""
    path = dataset.place("cache", "compare", key)
    try:
        data = path.read_bytes() if path.stat().st_size == 8 * count else b""
    except OSError:
        return None
    with contextlib.suppress(OSError):  # the folder may be one that cannot be written to
        os.utime(path)  # used now: `prune` keeps it
    if len(data) != 8 * count:
        return None
    predicted, confidence = (
        np.frombuffer(data, "<i4", count).astype(np.int64),
        np.frombuffer(data, "<f4", count, 4 * count),
    )
    good = not count or (predicted.min() >= -1 and predicted.max() < classes)
    return Cell(predicted, confidence.astype(np.float32)) if good else None


def keep(dataset: Dataset, key: str, cell: Cell) -> None:
    """Keeps a cell, so that an interrupted comparison goes on where it was."""
    with whole_file(dataset.place("cache", "compare", key)) as file:
        file.write(cell.predicted.astype("<i4").tobytes())
        file.write(cell.confidence.astype("<f4").tobytes())


def prune(dataset: Dataset) -> None:
    """Takes away the cells that were used longest ago, beyond `MOST_BYTES`. Whoever needs one again trains it again."""
    found = []
    with contextlib.suppress(OSError):
        for path in dataset.place("cache", "compare").iterdir():
            facts = path.lstat()
            if stat.S_ISREG(facts.st_mode):
                found.append((facts.st_mtime_ns, facts.st_size, path))
    room = MOST_BYTES
    for _, size, path in sorted(found, reverse=True):
        room -= size
        if room < 0:
            with contextlib.suppress(OSError):
                path.unlink()
