"""Queues: what each was expected to find, and what the answers say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, DamagedDataset
from trainset.learn.intervals import wilson
from trainset.store import queues as store
from trainset.store import ratings, runs
from trainset.store.dataset import Dataset
from trainset.store.queues import Queue
from trainset.store.ratings import Rating
from trainset.store.replay import Replay, replay
from trainset.store.runs import HELD_OUT, Run
from trainset.work.answer import now_called

QUIZ_ORDER = "quiz"
"""The order of a queue that is asked blind, whose answers change no label."""


@dataclass(frozen=True)
class Gain:
    """How much more a later run of the same recipe gets right, held out, than the run that the queue was made from.

    run: the later one; at: its position, whose labels both are scored against. value: the change of accuracy, 0.01 = one point; low, high:
    its paired interval at 95 %. samples: those that both held out; no sample of validation or test.
    """

    run: str
    at: int
    value: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True)
class Measured:
    """What the answers to a queue say. reviewed: samples with an answer; cannot_tell: those of which nobody could tell.

    judged: samples whose label was confirmed or replaced; wrong: those of them whose label was another one. error_rate: wrong of judged,
    with its interval at 95 %; of a random queue that of all it was drawn from. expected_rate: the mean chance of the same samples when the
    queue was made. labelled: samples that had no label, and got one. disagreed: samples on which reviewers differ. gain: see `Gain`.
    """

    reviewed: int
    cannot_tell: int
    judged: int
    wrong: int
    error_rate: float | None
    low: float | None
    high: float | None
    expected_rate: float | None
    labelled: int
    disagreed: int
    people: tuple[str, ...]
    gain: Gain | None


@dataclass(frozen=True)
class Listed:
    """A queue, and what was measured."""

    queue: Queue
    measured: Measured

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        gain = self.measured.gain
        measured = {
            **vars(self.measured),
            "people": [*self.measured.people],
            "gain": None if gain is None else vars(gain),
        }
        return {**vars(self.queue), "remarks": [*self.queue.remarks], "measured": measured}


def queues(dataset: Dataset, queue: int | None = None) -> list[Listed]:
    """All queues (or one), the oldest first, with what was measured. Raises `UnknownName`, `DamagedDataset`."""
    wanted = store.listed(dataset) if queue is None else [store.named(dataset, queue)]
    if not wanted:
        return []
    known = replay(dataset)
    with dataset.people.read() as connection:
        questions = ratings.read_questions(connection)
        found: dict[int, list[Rating]] = {}
        for one in ratings.read(connection, queue=queue):
            if one.queue is not None and one.question in (ratings.WHICH_CLASS, ratings.QUIZ) and not one.undone:
                found.setdefault(one.queue, []).append(one)
    kept = runs.listed(dataset)
    return [Listed(one, _measured(dataset, one, known, questions, found.get(one.queue, []), kept)) for one in wanted]


def _measured(
    dataset: Dataset, queue: Queue, known: Replay, questions: Mapping[tuple[str, int], ratings.Question], said: list[Rating], kept: list[Run]
) -> Measured:  # fmt: skip
    rows = store.rows(dataset, queue)
    before = {
        sample: (None if label is None else known.current_name(label, queue.at), chance)
        for sample, label, chance in zip(
            *(rows[name].to_pylist() for name in ("sample", "label", "chance")), strict=True
        )
    }
    verdict: dict[bytes, str | None] = {}
    by: dict[bytes, dict[str, str | None]] = {}
    for one in said:
        if one.sample not in before:
            raise DamagedDataset(
                f"an answer belongs to queue {queue.queue} and its sample does not", where="people.db",
                next="restore people.db from a backup",
            )  # fmt: skip
        name = now_called(known, questions, one)
        verdict[one.sample] = name if name is not None else verdict.get(one.sample)
        by.setdefault(one.sample, {})[one.person] = name
    judged = {sample: name for sample, name in verdict.items() if name is not None and before[sample][0] is not None}
    wrong = sum(name != before[sample][0] for sample, name in judged.items())
    chances = [chance for sample in judged if (chance := before[sample][1]) is not None and math.isfinite(chance)]
    low, high = wilson(wrong, len(judged))
    some = bool(judged)
    return Measured(
        reviewed=len(verdict), cannot_tell=sum(name is None for name in verdict.values()), judged=len(judged), wrong=wrong,
        error_rate=_rounded(wrong / len(judged)) if some else None, low=_rounded(low) if some else None,
        high=_rounded(high) if some else None, expected_rate=_rounded(np.mean(chances)) if chances else None,
        labelled=sum(name is not None and before[sample][0] is None for sample, name in verdict.items()),
        disagreed=sum(len({*each.values()}) > 1 for each in by.values()),
        people=tuple(sorted({one.person for one in said})), gain=_gain(dataset, queue, said, kept),
    )  # fmt: skip


def _gain(dataset: Dataset, queue: Queue, said: list[Rating], kept: list[Run]) -> Gain | None:
    """By the first run of the same recipe that has all answers given so far."""
    last = max((one.action for one in said if one.action is not None), default=None)
    first = next((run for run in kept if run.run == queue.run), None)
    if last is None or first is None:
        return None
    after = next((run for run in kept if run.recipe.hash == queue.hash and run.at >= last), None)
    return None if after is None else _compared(dataset, first, after)


def _compared(dataset: Dataset, first: Run, after: Run) -> Gain | None:
    """How much more `after` gets right than `first`, against the labels of `after`, on what both held out; None when nothing is."""
    one, other = runs.predictions(dataset, first), runs.predictions(dataset, after)
    place = pc.index_in(other.ids, value_set=one.ids)
    theirs = place.fill_null(0).to_numpy(zero_copy_only=False)
    same = pc.equal(other.contents, one.contents.take(place)).fill_null(False).to_numpy(zero_copy_only=False)
    both = np.flatnonzero(
        same.astype(bool) & (other.how == HELD_OUT) & (one.how[theirs] == HELD_OUT) & (other.given >= 0)
    )
    if not len(both):
        return None
    of = np.array([after.classes.index(name) if name in after.classes else -1 for name in first.classes], np.int64)
    right: NDArray[np.bool_] = other.given[both] == other.predicted[both]
    before: NDArray[np.bool_] = other.given[both] == of[one.predicted[theirs[both]]]
    difference = right.astype(np.float64) - before
    value = float(difference.mean())
    half = 1.96 * float(difference.std()) / math.sqrt(len(both))
    return Gain(after.run, after.at, _rounded(value), _rounded(value - half), _rounded(value + half), len(both))


def waiting(dataset: Dataset, queue: int | None = None) -> list[str]:
    """The ids of the samples of a queue (the latest) that nobody has answered, in its order. Raises `UnknownName`."""
    return [sample.hex() for sample in left(dataset, store.named(dataset, queue))]


def left(dataset: Dataset, queue: Queue) -> list[bytes]:
    """The same as 16 bytes each."""
    with dataset.people.read() as connection:
        done = {rating.sample for rating in ratings.read(connection, queue=queue.queue) if not rating.undone}
    return [sample for sample in store.rows(dataset, queue)["sample"].to_pylist() if sample not in done]


def _rounded(value: Any) -> float:
    return round(float(value), 6)


def refuse_quiz(one: Queue) -> None:
    """Raises `BadValue` for a quiz: a list would show the labels, and its answers would become labels."""
    if one.order == QUIZ_ORDER:
        raise BadValue("a quiz is answered blind, and not in a list", got=f"queue {one.queue}", next="trainset quiz")
