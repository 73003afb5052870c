"""Ahead: what a person is asked next in a queue, as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trainset.store import queues as store
from trainset.store.dataset import Dataset
from trainset.store.kept import KeptTable
from trainset.store.queues import Queue
from trainset.work.queues import left

_LONGEST = 100_000
"""Characters of a text."""


@dataclass(frozen=True)
class AskedSample:
    """A sample that waits. place: in the queue, from 1. label: as it is now. suggested: by the run, if that is still a class; confidence: its
    probability. Of a blind queue none of these, and no name."""

    id: str
    place: int
    label: str | None
    name: str
    text: str | None
    suggested: str | None
    confidence: float | None


@dataclass(frozen=True)
class Ahead:
    """blind: whether answers change no label. total: samples of the queue that are still in the dataset; done: those with an answer."""

    queue: Queue
    blind: bool
    total: int
    done: int
    samples: tuple[AskedSample, ...]


def ahead(dataset: Dataset, table: KeptTable, queue: Queue, count: int) -> Ahead:
    """The next `count` samples of a queue that nobody has answered, in its order; what is excluded or gone is passed over."""
    rows = store.rows(dataset, queue)
    ids, suggested, confidence = (rows[name].to_pylist() for name in ("sample", "suggested", "confidence"))
    said = {sample: n for n, sample in enumerate(ids)}
    waiting = left(dataset, queue)
    here = _here(table, ids)
    blind, known = queue.order == "quiz", table.replay.classes
    samples = []
    for sample in [one for one in waiting if one in here][:count]:
        row, place = here[sample], said[sample]
        opinion = suggested[place]
        if opinion is not None and opinion not in known:
            opinion = table.replay.current_name(opinion, queue.at)
        if blind or opinion not in known:
            opinion = None
        name = str(row["path"] or "").rsplit("/", 1)[-1]
        text = row.get("text")
        samples.append(
            AskedSample(
                sample.hex(), place + 1, None if blind else row["label"], "" if blind else name, None if text is None else text[:_LONGEST],
                opinion, None if opinion is None else confidence[place],
            )
        )  # fmt: skip
    gone = sum(one not in here for one in waiting)
    return Ahead(queue, blind, len(ids) - gone, len(ids) - len(waiting), tuple(samples))


def _here(table: KeptTable, wanted: list[bytes]) -> dict[bytes, dict[str, Any]]:
    """Of these samples those that are in the dataset and not excluded."""
    asked = {"asked": pa.table({"id": pa.array(wanted, pa.binary(16))})}
    names = [name for name in ("id", "label", "path", "text") if name in table.columns]
    listed = ", ".join(f's."{name}"' for name in names)
    query = f"SELECT {listed} FROM samples s SEMI JOIN asked ON s.id = asked.id WHERE NOT s.excluded"  # noqa: S608  # our names
    found = table.run(query, beside=asked)
    return {bytes(row["id"]): row for row in found.to_pylist()}
