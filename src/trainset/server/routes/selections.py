"""Selections under names: listed, saved, renamed, removed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from trainset.model import SavedSelection
from trainset.server.desk import AtDesk, By, Desk
from trainset.server.roles import Guarded, Role, allow
from trainset.store.filters import called

router = APIRouter(route_class=Guarded, tags=["samples"])

Name = Annotated[str, Field(max_length=400)]
Key = Annotated[str | None, Field(max_length=100)]


class Selection(BaseModel):
    """A saved selection. filter: what holds for its samples, wherever filters are taken; where: what it stands for. sort, seed: the order it is looked
    at in. samples: how many it held for when it was saved; action, person, at: by which action, of whom, when."""

    name: str
    filter: str
    where: str
    sort: str
    seed: int
    samples: int
    action: int
    person: str
    at: str


class Save(BaseModel):
    """What to save: these samples, or all that filters hold for. replace: whether a selection of that name may be there. key: given again, it is saved once."""

    name: Name
    ids: list[str] = Field(default=[], max_length=20_000)
    where: list[str] = Field(default=[], max_length=50)
    sort: str = Field(default="", max_length=500)
    seed: int = Field(default=0, ge=-1, le=2**31)
    replace: bool = False
    key: Key = None


class Rename(BaseModel):
    """name: of a saved selection; to: its new one. key: given again, it is done once."""

    name: Name
    to: Name
    key: Key = None


class Remove(BaseModel):
    """name: of the saved selection to take away. key: given again, it is done once."""

    name: Name
    key: Key = None


class Removed(BaseModel):
    """The action that took it away; undone, it is there again."""

    action: int


@router.get("/api/selections")
@allow(Role.REVIEWER)
def every(desk: AtDesk) -> list[Selection]:
    """The saved selections, by name."""
    with desk.table() as table:  # it has read the log already
        known = [*table.replay.selections.values()]
    return [_told(one) for one in sorted(known, key=lambda one: (one.name.casefold(), one.name))]


@router.post("/api/selections")
@allow(Role.REVIEWER)
def save(desk: AtDesk, by: By, asked: Save) -> Selection:
    """Saves a selection under a name, as one action of the log."""
    together = (
        " and ".join(f"({text}\n)" for text in asked.where if text.strip())
        if len(asked.where) > 1
        else "".join(asked.where)
    )
    made = desk.dataset.save_selection(
        asked.name, asked.ids, where=together, sort=asked.sort, seed=asked.seed, replace=asked.replace, person=by.person, key=asked.key
    )  # fmt: skip
    return _done(desk, made)


@router.post("/api/selections/rename")
@allow(Role.REVIEWER)
def rename(desk: AtDesk, by: By, asked: Rename) -> Selection:
    """Gives it another name; the old one leads to it until it is given again."""
    return _done(desk, desk.dataset.rename_selection(asked.name, asked.to, person=by.person, key=asked.key))


@router.post("/api/selections/remove")
@allow(Role.REVIEWER)
def remove(desk: AtDesk, by: By, asked: Remove) -> Removed:
    """Takes it away; its samples stay as they are."""
    action = desk.dataset.remove_selection(asked.name, person=by.person, key=asked.key)
    desk.events.moved()
    return Removed(action=action)


def _done(desk: Desk, made: SavedSelection) -> Selection:
    desk.events.moved()
    return _told(made)


def _told(one: SavedSelection) -> Selection:
    return Selection(
        name=one.name, filter=called(one.name), where=one.where, sort=one.sort, seed=one.seed, samples=one.samples, action=one.seq,
        person=one.person, at=one.at.isoformat(),
    )  # fmt: skip
