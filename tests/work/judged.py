"""Texts whose embeddings are made up, so that a run takes no time and what it says is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from tests.work.made import write

import trainset
from trainset.store import embedded
from trainset.store.runs import Run
from trainset.work.embedders import chosen

CLASSES = ("cat", "dog", "owl")
WRONG = (0, 10, 20, 31, 44)
"""Texts that lie with the next class."""


def judged(
    folder: Path, count: int = 60, *, wrong: Sequence[int] = WRONG, test: int = 12, unlabelled: int = 0
) -> trainset.Workbench:
    """`text 00`, ... in turn a cat, a dog and an owl by six speakers; the last `test` in the test split; the first ones of another
    `unlabelled` have no label."""
    rows: list[tuple[str, ...]] = [("text", "label", "speaker", "split")]
    for n in range(count):
        rows.append((f"text {n:02}", CLASSES[n % 3], f"s{n // 3 % 6}", "test" if n >= count - test else "train"))
    rows += [(f"new {n:02}", "", "s9", "train") for n in range(unlabelled)]
    dataset = trainset.init(folder / "set")
    dataset.import_(write(folder / "t.csv", rows))
    place = {row["text"]: bytes.fromhex(row["content"]) for row in dataset.look(n=10_000).rows()}
    centres, draw = np.random.default_rng(1).normal(size=(3, 6)), np.random.default_rng(2)
    names = [row[0] for row in rows[1:]]
    codes = [(n + (n in wrong)) % 3 for n in range(len(names))]
    vectors = np.array([centres[code] + draw.normal(size=6) * 0.1 for code in codes], np.float32)
    made = chosen(dataset, "hashed_ngrams").made
    embedded.write(dataset, made, pa.array([place[name] for name in names], pa.binary(16)), vectors)
    return dataset


def train(dataset: trainset.Workbench) -> Run:
    """A run on these embeddings."""
    return dataset.train(embedder="hashed_ngrams", groups="none")


def texts_of(dataset: trainset.Workbench, queue: int) -> list[str]:
    """The texts that wait in a queue, in its order."""
    waiting = dataset.waiting(queue)
    return [row["text"] for row in dataset.look(waiting, n=10_000).rows()] if waiting else []
