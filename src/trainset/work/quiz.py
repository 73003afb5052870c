"""Quiz: a fair draw that people label blind; how far they agree with the labels and with the model is what can be hoped for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn.intervals import wilson
from trainset.store import queues, ratings, runs
from trainset.store.dataset import Dataset
from trainset.store.queues import Queue
from trainset.store.replay import replay
from trainset.store.runs import SEEN
from trainset.work.answer import now_called
from trainset.work.person import acting
from trainset.work.queue import queue
from trainset.work.queues import QUIZ_ORDER as ORDER
from trainset.work.queues import left


@dataclass(frozen=True)
class Agreement:
    """What people said beside something else of the same samples. against: `labels` or the id of a run. classes: of rows (what it says) and columns
    (what people said). matrix: counts. same: samples on which both agree, of `samples`; low, high: the ends of that share at 95 %."""

    against: str
    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    samples: int
    same: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Of samples on which both agree."""
        return self.same / self.samples if self.samples else 0.0


@dataclass(frozen=True)
class QuizResult:
    """A quiz so far. quiz: its number. asked, answered: samples; cannot_tell: of those answered. people: who answered, by the last answer of each
    sample. labels: people beside the labels of when it was drawn; model: beside the latest run, held out; None without one. model_labels: the run beside
    the labels, on the same samples."""

    quiz: int
    asked: int
    answered: int
    cannot_tell: int
    people: tuple[str, ...]
    labels: Agreement
    model: Agreement | None
    model_labels: Agreement | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        shown = {
            name: None
            if one is None
            else {**vars(one), "classes": [*one.classes], "matrix": [[*row] for row in one.matrix]}
            for name, one in (("labels", self.labels), ("model", self.model), ("model_labels", self.model_labels))
        }
        return {**vars(self), "people": [*self.people], **shown}


def quiz(dataset: Dataset, n: int = 100, *, seed: int = 0, person: str = "") -> Queue:
    """The quiz that the person has not finished, or a new one of `n` samples drawn at random from all, answered before or not. Its queue
    goes through `review`, which shows neither label nor name nor suggestion, and changes no label. Raises `BadValue`."""
    who = acting(person)
    if not replay(dataset).classes:
        raise BadValue("there is no class to answer with", next="trainset classes add NAME, then trainset quiz")
    for one in reversed(queues.listed(dataset)):
        if one.order == ORDER and one.person == who and left(dataset, one):
            return one
    return queue(dataset, ORDER, n=n, seed=seed, person=person)


def quiz_result(dataset: Dataset, quiz: int | None = None) -> QuizResult:
    """What people said in a quiz (the latest), beside the labels and the latest run. Raises `UnknownName` when there is none."""
    known = [one for one in queues.listed(dataset) if one.order == ORDER]
    if quiz is not None and quiz not in {one.queue for one in known}:
        raise UnknownName(
            f"there is no quiz {quiz}", expected=", ".join(str(one.queue) for one in known), next="trainset quiz"
        )
    if not known:
        raise UnknownName("there is no quiz yet", next="trainset quiz -n 100")
    one = known[-1] if quiz is None else next(each for each in known if each.queue == quiz)
    rows, replayed = queues.rows(dataset, one), replay(dataset)
    with dataset.people.read() as connection:
        found, questions = ratings.read(connection, queue=one.queue), ratings.read_questions(connection)
    standing = [each for each in found if not each.undone]
    said = {each.sample: now_called(replayed, questions, each) for each in standing}
    samples, labels = rows["sample"].to_pylist(), rows["label"].to_pylist()
    given = [None if label is None else replayed.current_name(label, one.at) for label in labels]
    people = [said.get(sample) for sample in samples]
    run, model = _model(dataset, rows["sample"].combine_chunks())
    classed, judged = _classes(run, given), _classes(run, people)
    return QuizResult(
        one.queue, len(samples), len(said), sum(name is None for name in said.values()), tuple(sorted({each.person for each in standing})),
        _agreement("labels", given, people), None if run is None else _agreement(run.run, model, judged),
        None if run is None else _agreement("labels", classed, [name if name and other else None for name, other in zip(model, judged, strict=True)]),
    )  # fmt: skip


def _model(dataset: Dataset, samples: pa.Array) -> tuple[runs.Run | None, list[str | None]]:
    """What the latest run says of samples that it had not seen."""
    try:
        run = runs.named(dataset)
    except UnknownName:
        return None, [None] * len(samples)
    found = runs.predictions(dataset, run)
    places = pc.index_in(samples, value_set=found.ids).to_pylist()
    return run, [
        None if place is None or found.how[place] == SEEN else run.classes[found.predicted[place]] for place in places
    ]


def _classes(run: runs.Run | None, names: list[str | None]) -> list[str | None]:
    """Labels as the classes that the run makes of them."""
    if run is None:
        return names
    of = {label: run.classes[code] for label, code in zip(run.labels, run.beneath, strict=True)}
    return [None if name is None else of.get(name, name) for name in names]


def _agreement(against: str, one: list[str | None], other: list[str | None]) -> Agreement:
    pairs = [
        (first, second) for first, second in zip(one, other, strict=True) if first is not None and second is not None
    ]
    classes = tuple(sorted({name for pair in pairs for name in pair}))
    matrix: NDArray[np.int64] = np.zeros((len(classes), len(classes)), np.int64)
    for first, second in pairs:
        matrix[classes.index(first), classes.index(second)] += 1
    same = int(np.trace(matrix))
    low, high = wilson(same, len(pairs))
    return Agreement(
        against,
        classes,
        tuple(tuple(row) for row in matrix.tolist()),
        len(pairs),
        same,
        round(float(low), 6),
        round(float(high), 6),
    )
