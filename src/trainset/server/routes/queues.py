"""Queues: lists of samples that wait for a person's answer, what waits in one, and the answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trainset.server.desk import AtDesk, By
from trainset.server.roles import Guarded, Role, allow
from trainset.store import queues as store
from trainset.work.ahead import ahead
from trainset.work.queue import PURPOSES
from trainset.work.queues import Listed

router = APIRouter(route_class=Guarded, tags=["queues"])


class Asked(BaseModel):
    """What a queue is to hold: these ids in their order, or what filters hold for."""

    ids: list[str] = Field(default=[], max_length=20_000)
    where: list[str] = Field(default=[], max_length=50)


class Made(BaseModel):
    """A queue's number, and how many samples it has."""

    number: int
    samples: int


class Order(BaseModel):
    """An order that a queue may have, and what it is for."""

    name: str
    purpose: str


class QueueTold(BaseModel):
    """A queue with what was expected of it and what the answers say: the share of wrong labels with its ends at 95 %, and by how much (0.01: one point) the
    recipe's accuracy rose once it was trained again. reviewed: samples with an answer; judged: those of them with a label and a class as answer;
    disagreed: samples on which people differ."""

    number: int
    order: str
    purpose: str
    where: str
    check: str
    run: str
    made: str
    person: str
    samples: int
    reviewed: int
    judged: int
    wrong: int
    error_rate: float | None
    low: float | None
    high: float | None
    expected_rate: float | None
    disagreed: int
    people: list[str]
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    remarks: list[str]


class AskedSample(BaseModel):
    """A sample that waits. place: in the queue, from 1. In a blind queue neither label nor name nor suggestion is told. suggested: by the run (or a rule),
    with its confidence; text: of a text."""

    id: str
    place: int
    label: str | None
    name: str
    text: str | None
    suggested: str | None
    confidence: float | None


class Ahead(BaseModel):
    """What waits in a queue, the next ones first. done: samples that need no answer any more; blind: answers change no label."""

    number: int
    order: str
    purpose: str
    blind: bool
    total: int
    done: int
    samples: list[AskedSample]


class Answer(BaseModel):
    """label: a class, None for "cannot tell". seconds: that it took. key: given again, it is one answer."""

    sample: str = Field(max_length=32)
    label: str | None = Field(max_length=2_000)
    seconds: float | None = Field(default=None, ge=0, le=1e7)
    key: str | None = Field(default=None, max_length=100)


class Answered(BaseModel):
    """action: what made it the label, None when nothing did. others: what others have answered in this queue, by person."""

    action: int | None
    changed: bool
    others: dict[str, str | None]


class TakenBack(BaseModel):
    """The answer that was taken back."""

    sample: str
    label: str | None


@router.get("/api/queues")
@allow(Role.REVIEWER)
def every(desk: AtDesk) -> list[QueueTold]:
    """All queues, the newest first."""
    return [_told(one) for one in reversed(desk.dataset.queues())]


@router.post("/api/queues")
@allow(Role.REVIEWER)
def queue(desk: AtDesk, by: By, asked: Asked) -> Made:
    """Makes a queue of samples that nobody has answered yet, and keeps it. Those of an order that a model says are made by a job: `queue`."""
    together = " and ".join(f"({text}\n)" for text in asked.where if text.strip())
    made = desk.dataset.queue(samples=asked.ids, where=together, person=by.person)
    desk.events.tell("runs")  # a queue is no action: the log does not move
    return Made(number=made.queue, samples=made.samples)


@router.get("/api/queues/orders")
@allow(Role.REVIEWER)
def orders(desk: AtDesk) -> list[Order]:
    """The orders that a queue may have."""
    return [Order(name=name, purpose=purpose) for name, purpose in PURPOSES.items()]


@router.get("/api/queues/{number}")
@allow(Role.REVIEWER)
def waiting(desk: AtDesk, number: int, count: Annotated[int, Query(ge=1, le=200)] = 40) -> Ahead:
    """What waits in a queue."""
    with desk.table() as table:
        found = ahead(desk.dataset, table, store.named(desk.dataset, number), count)
    samples = [AskedSample(**vars(one)) for one in found.samples]
    facts: dict[str, Any] = {name: getattr(found, name) for name in ("blind", "total", "done")}
    return Ahead(number=number, order=found.queue.order, purpose=found.queue.purpose, samples=samples, **facts)


@router.post("/api/queues/{number}/answers")
@allow(Role.REVIEWER)
def answer(desk: AtDesk, by: By, number: int, asked: Answer) -> Answered:
    """Keeps what a person says a sample is; it becomes the label at once, unless the queue is blind."""
    said = desk.dataset.answer(
        asked.sample, asked.label, queue=number, seconds=asked.seconds, person=by.person, key=asked.key
    )
    desk.events.moved()
    desk.events.tell("runs")  # an answer that changes no label is no action
    return Answered(action=said.action, changed=said.changed, others=dict(said.others))


@router.post("/api/queues/{number}/undo")
@allow(Role.REVIEWER)
def undo(desk: AtDesk, by: By, number: int) -> TakenBack:
    """Takes the last answer of whoever asks in this queue back, and the label that it made."""
    rating = desk.dataset.undo_answer(queue=number, person=by.person)
    desk.events.moved()
    desk.events.tell("runs")
    return TakenBack(sample=rating.sample.hex(), label=rating.answer)


def _told(one: Listed) -> QueueTold:
    queue, said, gain = one.queue, one.measured, one.measured.gain
    return QueueTold(
        number=queue.queue, order=queue.order, purpose=queue.purpose, where=queue.where, check=queue.check, run=queue.run, made=queue.made,
        person=queue.person, samples=queue.samples, reviewed=said.reviewed, judged=said.judged, wrong=said.wrong, error_rate=said.error_rate,
        low=said.low, high=said.high, expected_rate=said.expected_rate, disagreed=said.disagreed, people=[*said.people],
        gain=gain.value if gain else None, gain_low=gain.low if gain else None, gain_high=gain.high if gain else None, remarks=[*queue.remarks],
    )  # fmt: skip
