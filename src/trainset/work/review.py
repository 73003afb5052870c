"""Review: one person goes through a queue, a sample at a time; what comes next, their answer, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from trainset.store import log, ratings
from trainset.store import queues as store
from trainset.store.dataset import Dataset
from trainset.store.queues import Queue
from trainset.store.ratings import QUIZ, WHICH_CLASS, Given, Rating
from trainset.store.replay import replay
from trainset.work import answer
from trainset.work.answer import Answered
from trainset.work.look import Samples
from trainset.work.person import acting
from trainset.work.queues import left

_AHEAD = 50
"""How many samples are read at once: their labels are those of that moment."""


@dataclass(frozen=True)
class Asked:
    """A sample that is to be answered. place: in the queue, from 1. sample: it alone. label: as it is now. suggested: by the run, if that
    is still a class; confidence: its probability."""

    place: int
    sample: Samples
    id: bytes
    label: str | None
    suggested: str | None
    confidence: float | None


class Review:
    """A person's way through a queue. What is answered is kept at once, so that it can end at any moment and go on later.

    `while review.next(): review.answer("cat")` goes through all of it.
    """

    def __init__(self, dataset: Dataset, queue: Queue, person: str) -> None:
        self.dataset, self.queue, self.person = dataset, queue, person
        rows = store.rows(dataset, queue)
        self._place = {sample: place for place, sample in enumerate(rows["sample"].to_pylist(), 1)}
        self._said = dict(
            zip(
                rows["sample"].to_pylist(),
                zip(rows["suggested"].to_pylist(), rows["confidence"].to_pylist(), strict=True),
                strict=True,
            )
        )
        self._left = left(dataset, queue)
        self._read: dict[bytes, Samples | None] = {}  # None: excluded, or gone
        self._known = replay(dataset)
        self.total, self.gone = len(self._place), 0
        self._changed: list[bool] = []
        self.current: Asked | None = None
        self.met: list[Rating] = []
        """Answers of others to samples that were passed over, since they came meanwhile."""

    @property
    def blind(self) -> bool:
        """Whether nothing of the label, the name or the model's opinion may be shown, and no answer changes a label."""
        return self.queue.order == "quiz"

    @property
    def classes(self) -> tuple[str, ...]:
        """What can be answered."""
        return tuple(sorted(self._known.classes))

    @property
    def answered(self) -> int:
        """How many answers of this session stand."""
        return len(self._changed)

    @property
    def changed(self) -> int:
        """How many labels they changed."""
        return sum(self._changed)

    @property
    def done(self) -> int:
        """How many samples need no answer any more."""
        return self.total - len(self._left) - self.gone

    def next(self) -> Asked | None:
        """What is to be answered now: the same until it is. None at the end."""
        self.met = []
        while self._left:
            sample = self._left[0]
            if others := self._standing(sample):
                self.met += others[-1:]
            elif self.current is not None and self.current.id == sample:
                return self.current
            elif (found := self._samples(sample)) is None:
                self.gone += 1
            else:
                self.current = self._asked(sample, found)
                return self.current
            self._left.pop(0)
        self.current = None
        return None

    def answer(self, label: str | None, seconds: float | None = None, *, key: str | None = None) -> Answered:
        """Keeps what the person says of the current sample; None: they cannot tell. Raises `UnknownName` for what is no class (any more)."""
        if self.current is None:
            raise AssertionError("nothing was asked")
        asked = self.current
        given = Given(asked.id, label, seconds, key)
        action, others = answer.keep(
            self.dataset, self._known, [given], person=self.person, queue=self.queue.queue, labels=not self.blind,
            reason=f"queue {self.queue.queue}, {self.queue.order}", question=QUIZ if self.blind else WHICH_CLASS,
        )  # fmt: skip
        changed = action is not None and label != asked.label
        self._changed.append(changed)
        self._left.pop(0)
        self._read.pop(asked.id, None)
        self.current = None
        return Answered(asked.id.hex(), label, action, changed, others.get(asked.id, {}))

    def undo(self) -> Rating:
        """Takes the person's last answer in this queue back, also one of another day; its sample comes next. Raises `UnknownName`,
        `UndoRefused`."""
        rating = answer.undo_answer(self.dataset, queue=self.queue.queue, person=self.person)
        self._read.pop(rating.sample, None)
        if rating.sample not in self._left:
            self._left.insert(0, rating.sample)
        self.current = None
        del self._changed[-1:]
        return rating

    def refresh(self) -> None:
        """Reads the classes and labels anew."""
        self._known, self._read, self.current = replay(self.dataset), {}, None

    def _asked(self, sample: bytes, found: Samples) -> Asked:
        suggested, confidence = self._said[sample]
        if suggested is not None and suggested not in self._known.classes:
            suggested = self._known.current_name(suggested, self.queue.at)
        if suggested not in self._known.classes:
            suggested, confidence = None, None
        label = None if self.blind else found.known["label"][0].as_py()
        return Asked(self._place[sample], found, sample, label, suggested, confidence)

    def _standing(self, sample: bytes) -> list[Rating]:
        """Answers that came since the list was read."""
        with self.dataset.people.read() as connection:
            found = ratings.read(connection, queue=self.queue.queue, sample=sample)
        return [one for one in found if not one.undone]

    def _samples(self, sample: bytes) -> Samples | None:
        """The sample as it is now; None when it is excluded or gone."""
        if sample not in self._read:
            some = self._left[:_AHEAD]
            found = Samples.of(self.dataset, pa.array(some, pa.binary(16)), log.head(self.dataset))
            self._read = dict.fromkeys(some)
            columns = (found.known["id"].to_pylist(), found.known["excluded"].to_pylist())
            for place, (one, excluded) in enumerate(zip(*columns, strict=True)):
                if not excluded:
                    self._read[one] = Samples(self.dataset, found.known.slice(place, 1), 1, found.sources)
        return self._read.get(sample)


def review(dataset: Dataset, queue: int | None = None, *, person: str = "") -> Review:
    """A way through a queue (the latest in which something waits) for one person. Raises `UnknownName`, `DamagedDataset`."""
    who = acting(person)
    if queue is not None:
        return Review(dataset, store.named(dataset, queue), who)
    store.named(dataset)  # says so when there is none
    known = store.listed(dataset)
    open_ = (one for one in reversed(known) if left(dataset, one))
    return Review(dataset, next(open_, known[-1]), who)
