"""Queues: lists of samples that wait for a person's answer."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from trainset.server.desk import AtDesk, By
from trainset.server.roles import Guarded, Role, allow

router = APIRouter(route_class=Guarded, tags=["queues"])


class Asked(BaseModel):
    """What a queue is to hold: these ids in their order, or what filters hold for."""

    ids: list[str] = Field(default=[], max_length=20_000)
    where: list[str] = Field(default=[], max_length=50)


class Made(BaseModel):
    """A queue's number, and how many samples it has."""

    number: int
    samples: int


@router.post("/api/queues")
@allow(Role.REVIEWER)
def queue(desk: AtDesk, by: By, asked: Asked) -> Made:
    """Makes a queue of samples that nobody has answered yet, and keeps it."""
    together = " and ".join(f"({text}\n)" for text in asked.where if text.strip())
    made = desk.dataset.queue(samples=asked.ids, where=together, person=by.person)
    return Made(number=made.queue, samples=made.samples)
