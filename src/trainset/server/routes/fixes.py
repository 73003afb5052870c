"""What people change: labels, splits, exclusions, notes; undoing; the log of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trainset.server.desk import AtDesk, By, Desk
from trainset.server.roles import Guarded, NotLetIn, Role, allow
from trainset.work.fix import Change

router = APIRouter(route_class=Guarded, tags=["fixes"])

_OF_REVIEWERS = ("label", "exclude", "restore", "move-split", "note", "dismiss", "review")
"""Verbs that a reviewer has, and may undo, whoever did them: not imports, locks or costs."""


class Which(BaseModel):
    """The samples that are meant: ids, or every sample that filters hold for. key: given again, the same change is made once."""

    ids: list[str] = Field(default=[], max_length=20_000)
    where: list[str] = Field(default=[], max_length=50)
    reason: str = Field(default="", max_length=2_000)
    key: str | None = Field(default=None, max_length=100)

    def named(self) -> dict[str, Any]:
        """As the verbs take it."""
        together = " and ".join(f"({text}\n)" for text in self.where if text.strip())
        return {"samples": self.ids, "where": together}


class Label(Which):
    """to: the class, None for no label. new_class: whether it may be a new one."""

    to: str | None
    new_class: bool = False


class Move(Which):
    """to: the split, None for none."""

    to: str | None


class Note(BaseModel):
    """A remark on samples, on a class, or on the dataset."""

    text: str = Field(max_length=20_000)
    ids: list[str] = Field(default=[], max_length=20_000)
    label: str = Field(default="", max_length=500)
    key: str | None = Field(default=None, max_length=100)


class Undo(BaseModel):
    """seq: the action; None: the last one of whoever asks that still stands. key: given again, nothing more is taken back."""

    seq: int | None = Field(default=None, ge=1, le=2**62)
    key: str | None = Field(default=None, max_length=100)


class Done(BaseModel):
    """What was changed: the action's position (None: nothing had to change), and how many samples were and were not."""

    action: int | None
    changed: int
    unchanged: int


class Undone(BaseModel):
    """The new action, and the one it took back."""

    action: int
    undid: int
    verb: str


class Action(BaseModel):
    """An action of the log. entries: how many changes it has. undoes: the action it takes back."""

    seq: int
    at: str
    person: str
    verb: str
    reason: str
    entries: int
    undoes: int | None
    undone: bool


@router.post("/api/fixes/label")
@allow(Role.REVIEWER)
def label(desk: AtDesk, by: By, asked: Label) -> Done:
    """Gives samples a label, as one action. A new class is an admin's to make."""
    if asked.new_class and by.role < Role.ADMIN:
        raise NotLetIn(
            f"{by.person} is a reviewer and may not make a class", known=True, next="ask whoever started the server"
        )
    change = desk.dataset.label(
        asked.to, **asked.named(), reason=asked.reason, person=by.person, new_class=asked.new_class, key=asked.key
    )
    return _done(desk, change)


@router.post("/api/fixes/exclude")
@allow(Role.REVIEWER)
def exclude(desk: AtDesk, by: By, asked: Which) -> Done:
    """Takes samples out of the dataset; restoring brings them back."""
    return _done(desk, desk.dataset.exclude(**asked.named(), reason=asked.reason, person=by.person, key=asked.key))


@router.post("/api/fixes/restore")
@allow(Role.REVIEWER)
def restore(desk: AtDesk, by: By, asked: Which) -> Done:
    """Brings excluded samples back."""
    return _done(desk, desk.dataset.restore(**asked.named(), reason=asked.reason, person=by.person, key=asked.key))


@router.post("/api/fixes/split")
@allow(Role.REVIEWER)
def split(desk: AtDesk, by: By, asked: Move) -> Done:
    """Moves samples to another split."""
    change = desk.dataset.move_split(asked.to, **asked.named(), reason=asked.reason, person=by.person, key=asked.key)
    return _done(desk, change)


@router.post("/api/notes")
@allow(Role.REVIEWER)
def note(desk: AtDesk, by: By, asked: Note) -> Done:
    """Leaves a remark."""
    seq = desk.dataset.note(asked.text, asked.ids, label=asked.label, person=by.person, key=asked.key)
    desk.events.moved()
    return Done(action=seq, changed=max(1, len(asked.ids)), unchanged=0)


@router.post("/api/undo")
@allow(Role.REVIEWER)
def undo(desk: AtDesk, by: By, asked: Undo) -> Undone:
    """Takes an action back. Of somebody else's work only what nobody built on since, and a reviewer only what reviewers do; answers 409 otherwise."""
    only = () if by.role >= Role.ADMIN else _OF_REVIEWERS
    seq, action = desk.dataset.undo(asked.seq, person=by.person, key=asked.key, only=only)
    desk.events.moved()
    return Undone(action=seq, undid=action.seq, verb=action.verb)


@router.get("/api/log")
@allow(Role.REVIEWER)
def log(
    desk: AtDesk,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> list[Action]:
    """The latest actions, the newest first; `before`: of those before a position."""
    found = [action for action in desk.dataset.log() if before is None or action.seq < before]
    return [
        Action(
            seq=a.seq, at=a.at.isoformat(), person=a.person, verb=a.verb, reason=a.reason, entries=a.entries, undoes=a.undoes,
            undone=a.undone,
        )
        for a in reversed(found[-limit:])
    ]  # fmt: skip


def _done(desk: Desk, change: Change) -> Done:
    desk.events.moved()
    return Done(action=change.action, changed=change.changed, unchanged=change.unchanged)
