"""Versions: names for positions of the log, what changed between two, what comparisons and forecasts said, locks with their alarms, the card."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from trainset.server.desk import AtDesk, By
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.fixes import Done
from trainset.store import comparisons as of_comparisons
from trainset.work.card import FIELDS
from trainset.work.card_page import page_of
from trainset.work.versions_view import Changes, Now, changes, known

router = APIRouter(route_class=Guarded, tags=["versions"])

At = Annotated[str, Query(max_length=500, description="A version, `#12` or `now`.")]
_CARD = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox; frame-ancestors 'self'"
_FORECASTS = 10


class NamedVersion(BaseModel):
    """A name for a position of the log, with the digest of what the dataset was there."""

    name: str
    seq: int
    at: str
    person: str
    message: str
    samples: int
    digest: str


class NewVersion(BaseModel):
    """A name for now."""

    name: str = Field(max_length=300)
    message: str = Field(default="", max_length=2_000)


class Comparison(BaseModel):
    """A comparison as it was kept: a table of versions by test sets, and what may be concluded."""

    number: int
    made: str
    draws: int
    rows: list[of_comparisons.Row]
    columns: list[of_comparisons.ByTestSet]
    cells: list[of_comparisons.Cell]
    sentences: list[str]
    changed: list[of_comparisons.Changed]


class Lock(BaseModel):
    """A test set that must not change."""

    name: str
    seq: int
    at: str
    person: str
    reason: str
    where: str
    samples: int


class Alarm(BaseModel):
    """Something that happened to a locked test set. samples: the locked ones; others: those in train."""

    alarm: str
    lock: str
    kind: str
    says: str
    count: int
    samples: Now
    others: Now
    action: int | None
    person: str
    at: str
    reason: str
    acknowledged: int | None


class Locks(BaseModel):
    """The locks that stand, and their alarms, open ones first. unlooked: samples of train that are still to be compared with locked ones."""

    locks: list[Lock]
    alarms: list[Alarm]
    unlooked: int


class NewLock(BaseModel):
    """where: a filter; empty: the test split."""

    name: str = Field(max_length=300)
    where: str = Field(default="", max_length=20_000)
    reason: str = Field(default="", max_length=2_000)


class Acknowledge(BaseModel):
    """name: of an alarm, or of a lock for all of its alarms."""

    name: str = Field(max_length=300)
    reason: str = Field(max_length=2_000)


class CardField(BaseModel):
    """A field of the card. text: what somebody said on it, empty for nothing yet."""

    name: str
    about: str
    text: str
    person: str
    at: str


class Say(BaseModel):
    """field: of the card; an empty text takes it away."""

    field: str = Field(max_length=100)
    text: str = Field(max_length=20_000)
    reason: str = Field(default="", max_length=2_000)


@router.get("/api/versions")
@allow(Role.REVIEWER)
def versions(desk: AtDesk) -> list[NamedVersion]:
    """All versions, the newest first."""
    return [
        NamedVersion(
            name=v.name, seq=v.seq, at=v.at.isoformat(), person=v.person, message=v.message, samples=v.samples, digest=v.digest
        )
        for v in reversed(desk.dataset.versions())
    ]  # fmt: skip


@router.post("/api/versions")
@allow(Role.ADMIN)
def version(desk: AtDesk, by: By, asked: NewVersion) -> NamedVersion:
    """Names the present position. Answers 400 for a name that is taken."""
    v = desk.dataset.version(asked.name, asked.message, person=by.person)
    desk.events.tell("runs")  # a name is no action: the log does not move
    return NamedVersion(
        name=v.name, seq=v.seq, at=v.at.isoformat(), person=v.person, message=v.message, samples=v.samples, digest=v.digest
    )  # fmt: skip


@router.get("/api/diff")
@allow(Role.REVIEWER)
def diff(desk: AtDesk, a: At, b: At = "now") -> Changes:
    """What changed from `a` to `b`, by kind, old and new value and action. Of one action: from `#11` to `#12`."""
    with desk.table() as table:
        kept = table
        now = table.run("SELECT id FROM samples ORDER BY part, row")["id"].cast(pa.binary(16)).combine_chunks()
    return kept.remember(("diff", a, b), lambda: changes(desk.dataset, now, a, b))


@router.get("/api/comparisons")
@allow(Role.REVIEWER)
def comparisons(desk: AtDesk) -> list[Comparison]:
    """The last comparisons, the newest first."""
    return [Comparison(number=number, **kept.as_dict()) for number, kept in of_comparisons.listed(desk.dataset)]


@router.get("/api/locks")
@allow(Role.REVIEWER)
def locks(desk: AtDesk) -> Locks:
    """The locked test sets and what happened to them."""
    found = desk.dataset.alarms(acknowledged=True)
    with desk.table() as table:
        told = [
            Alarm(
                **{
                    **vars(one), "samples": known(desk.dataset, table, one.samples),
                    "others": known(desk.dataset, table, one.others),
                }
            )
            for one in found
        ]  # fmt: skip
    standing = [
        Lock(name=k.name, seq=k.seq, at=k.at.isoformat(), person=k.person, reason=k.reason, where=k.where, samples=k.samples)
        for k in desk.dataset.locks()
    ]  # fmt: skip
    told.sort(key=lambda one: one.acknowledged is not None)
    return Locks(locks=standing, alarms=told, unlooked=desk.dataset.unlooked() if standing else 0)


@router.post("/api/locks")
@allow(Role.ADMIN)
def lock(desk: AtDesk, by: By, asked: NewLock) -> Lock:
    """Locks a test set: from now on whatever happens to it is an alarm."""
    k = desk.dataset.lock(asked.name, where=asked.where, reason=asked.reason, person=by.person)
    desk.events.moved()
    return Lock(name=k.name, seq=k.seq, at=k.at.isoformat(), person=k.person, reason=k.reason, where=k.where, samples=k.samples)  # fmt: skip


@router.post("/api/alarms/acknowledge")
@allow(Role.ADMIN)
def acknowledge(desk: AtDesk, by: By, asked: Acknowledge) -> Done:
    """Ends alarms, with a reason that the log keeps."""
    ended = desk.dataset.acknowledge(asked.name, asked.reason, person=by.person)
    desk.events.moved()
    return Done(action=ended[0].acknowledged, changed=len(ended), unchanged=0)


@router.get("/api/forecasts")
@allow(Role.REVIEWER)
def forecasts(desk: AtDesk) -> list[dict[str, Any]]:
    """The last forecasts, the newest first, each as `trainset forecasts --json` tells one: the learning curve, and what to collect first."""
    prices = desk.dataset.prices()
    return [one.as_dict(prices) for one in desk.dataset.forecasts()[: -_FORECASTS - 1 : -1]]


@router.get("/api/card")
@allow(Role.REVIEWER)
def card(desk: AtDesk) -> list[CardField]:
    """What only people know of the dataset, field by field."""
    texts = desk.dataset.card_texts()
    return [
        CardField(
            name=name, about=about, text=texts[name].text if name in texts else "", person=texts[name].person if name in texts else "",
            at=texts[name].at.isoformat() if name in texts else "",
        )
        for name, about in FIELDS.items()
    ]  # fmt: skip


@router.post("/api/card")
@allow(Role.ADMIN)
def say(desk: AtDesk, by: By, asked: Say) -> Done:
    """Says something on the card, as an action that can be undone."""
    made = desk.dataset.set_card(asked.field, asked.text, reason=asked.reason, person=by.person)
    desk.events.moved()
    return Done(action=made.action, changed=int(made.action is not None), unchanged=int(made.action is None))


@router.get("/api/card/page", response_class=Response, responses={200: {"content": {"text/html": {}}}})
@allow(Role.REVIEWER)
def card_page(desk: AtDesk, at: At = "now") -> Response:
    """The card as a page that runs nothing and loads nothing, without looking for problems, which takes as long as an audit."""
    made = desk.dataset.card(at, problems=False)
    html, _ = page_of(made, desk.dataset)
    return Response(html, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _CARD})
