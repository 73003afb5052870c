"""What a side costs in use: bytes of its model on disk, and milliseconds for a sample on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
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


def price(dataset: Dataset, side: Side, contents: pa.Array) -> tuple[int | None, float | None]:
    """Bytes of the embedder's files and of the head, and milliseconds to embed and predict a sample that is decoded: the least of three passes over
    some test samples, which other work on the machine disturbs least. None for what runs elsewhere: a command, a logged layer."""
    if side.recipe.head == OWN:
        return None, None
    meant = embedders.chosen(dataset, side.recipe.embedder, side.recipe.settings)
    dim = embeddings(dataset, contents, embedder=side.recipe.embedder, settings=side.recipe.settings).dim
    head = 4 * (dim + 1) * len(np.unique(side.codes))
    inputs, rates = ready_inputs(dataset, meant, contents.slice(0, _SAMPLES))
    if meant.plugin.facts.get("logged") or not inputs:
        return None, None
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
    return sum(path.stat().st_size for path in files) + head, 1000 * spent / len(inputs)


def _least(call: Callable[[], Any]) -> float:
    spent = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)
