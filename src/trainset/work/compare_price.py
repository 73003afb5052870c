"""What a side costs in use: bytes of its model on disk, and milliseconds for a sample on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from trainset.embed import _models
from trainset.recipe import OWN
from trainset.store.dataset import Dataset
from trainset.work import embedders
from trainset.work.compare_sides import Side
from trainset.work.embed import embeddings, ready_inputs

_SAMPLES, _TIMES = 64, 3


@dataclass(frozen=True)
class Price:
    """bytes: of the embedder's files and of the head. milliseconds: to embed and predict a sample that is decoded. None where they cannot be
    known; why says why."""

    bytes: int | None = None
    milliseconds: float | None = None
    why: str = ""


def price(dataset: Dataset, side: Side, contents: pa.Array) -> Price:
    """What a side costs: the time is the least of three passes over some test samples, which other work on the machine disturbs least."""
    if side.recipe.head == OWN:
        return Price(why="its command learns and predicts in one go, and keeps its model where it likes")
    meant = embedders.chosen(dataset, side.recipe.embedder, side.recipe.settings)
    dim = embeddings(dataset, contents, embedder=side.recipe.embedder, settings=side.recipe.settings).dim
    head = 4 * (dim + 1) * len(np.unique(side.codes))
    inputs, rates = ready_inputs(dataset, meant, contents.slice(0, _SAMPLES))
    if meant.plugin.facts.get("logged"):
        return Price(why="its vectors were logged, by a model that runs elsewhere")
    if not inputs:
        return Price(why="no test sample can be read")
    size = max(1, min(int(meant.plugin.facts["batch"]), len(inputs)))

    def embed() -> list[Any]:
        found = []
        for start in range(0, len(inputs), size):
            some = slice(start, start + size)
            needs = {"rates": rates[some]}
            found.append(meant(*(needs.get(name, inputs[some]) for name in meant.plugin.needs)))
        return found

    _, files = _models.files_of(embed)
    classes = len(np.unique(side.codes))
    spent = _least(
        lambda: [
            np.asarray(batch, np.float32) @ np.zeros((np.shape(batch)[1], classes), np.float32) for batch in embed()
        ]
    )
    return Price(sum(path.stat().st_size for path in files) + head, 1000 * spent / len(inputs))


def _least(call: Callable[[], Any]) -> float:
    spent = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)
