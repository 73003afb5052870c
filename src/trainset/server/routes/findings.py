"""Findings: what the checks say of the set, of which samples, what they would say with other settings, and dismissing it."""

from __future__ import annotations

from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trainset.errors import BadValue, UnknownName
from trainset.server.desk import AtDesk, By, Desk
from trainset.server.findings import Found
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.fixes import Done
from trainset.server.routes.picks import Pick
from trainset.server.routes.samples import Picked, Sample, Where, identifier, ids_within, samples_by_id
from trainset.store import log
from trainset.store.picks import keep_pick
from trainset.work.audit import CheckResult, audit, checks
from trainset.work.check_settings import chosen, declared
from trainset.work.pairs import PAIRED

router = APIRouter(route_class=Guarded, tags=["findings"])

MOST = 200
"""Findings of one answer."""


class Threshold(BaseModel):
    """A setting of a check. kind: number, whole number, yes-no, text."""

    name: str
    kind: str
    default: bool | int | float | str
    help: str


class Check(BaseModel):
    """A check and what it found. bad: files and rows that are no samples; worst: the severity of its worst finding, 0..1; about: what it says of
    the set as a whole; waiting: it has not run yet; again: it is about to look again, and what is said is of before; skipped: why it cannot;
    matters: 1..5; paired: its findings are copies of something."""

    check: str
    title: str
    summary: str
    matters: int
    flagged: int
    bad: int
    worst: float
    dismissed: int
    about: list[str]
    why: str
    next: str
    waiting: bool
    again: bool
    skipped: str
    paired: bool
    settings: list[Threshold]


class Health(BaseModel):
    """All checks, those that matter most first. at: the position of the log that they are of (-1: none yet); behind: changes since; looking:
    whether some are still at work; trouble: why they ended early."""

    at: int
    behind: int
    looking: bool
    trouble: str
    checks: list[Check]


class Flagged(BaseModel):
    """A sample as it is now, and what a check says of it. severity: 0..1, 1 is worst."""

    sample: Sample
    severity: float
    because: str


class BadFile(BaseModel):
    """A file, or a row of a list (counted from 1), that is no sample."""

    source: str
    name: str
    row: int | None
    outcome: str
    reason: str


class FindingsPage(BaseModel):
    """Some findings of a check, worst first. flagged: how many there are; bad: some files that it is about, of bad_count."""

    check: str
    flagged: int
    dismissed: int
    skipped: str
    about: list[str]
    first: int
    findings: list[Flagged]
    bad: list[BadFile]
    bad_count: int


class Again(BaseModel):
    """check: only this one, at once; empty: all of them, in the background."""

    check: str = Field(default="", max_length=100)


class Look(BaseModel):
    """A check, settings other than its own, as JSON, and the selection that is meant."""

    check: str = Field(max_length=100)
    settings: str = Field(default="", max_length=2_000)
    where: list[str] = Field(default=[], max_length=50)
    picked: str = Field(default="", max_length=20_000)


class Dismissal(BaseModel):
    """Findings of a check that are no problem: on these samples, or `all`, of a selection alone where there is one. key: given again, it is done once."""

    check: str = Field(max_length=100)
    ids: list[str] = Field(default=[], max_length=20_000)
    all: bool = False
    where: list[str] = Field(default=[], max_length=50)
    picked: str = Field(default="", max_length=20_000)
    reason: str = Field(max_length=2_000)
    key: str | None = Field(default=None, max_length=100)


CheckName = Annotated[str, Query(max_length=100)]


@router.get("/api/findings")
@allow(Role.REVIEWER)
def health(desk: AtDesk, where: Where = [], picked: Picked = "") -> Health:  # noqa: B006
    """What the checks say of the set, of the samples of a selection alone where there is one; asking begins the looking, when nobody has asked yet."""
    return _health(desk, desk.findings.look(), ids_within(desk, where, picked))


@router.post("/api/findings/again")
@allow(Role.REVIEWER)
def again(desk: AtDesk, asked: Again) -> Health:
    """Looks again, at the samples as they are now."""
    if asked.check:
        desk.findings.set(audit(desk.dataset, only=[_known(desk, asked.check)]).results[0])
        return _health(desk, desk.findings.now())
    return _health(desk, desk.findings.look(again=True))


@router.get("/api/findings/samples")
@allow(Role.REVIEWER)
def findings(
    desk: AtDesk, check: CheckName, settings: Annotated[str, Query(max_length=2_000, description="Other settings, as JSON.")] = "",
    first: Annotated[int, Query(ge=0, le=2**31)] = 0, count: Annotated[int, Query(ge=0, le=MOST)] = 60,
    where: Where = [], picked: Picked = "",  # noqa: B006
) -> FindingsPage:  # fmt: skip
    """A check's findings, worst first, of a selection alone where there is one; with other settings, what it would find. `count=0` counts alone."""
    result = _within(_result(desk, _known(desk, check), settings), ids_within(desk, where, picked))
    wanted = [bytes(one) for one in result.ids[first : first + count].to_pylist()]
    with desk.table() as table:
        known = samples_by_id(table, wanted) if wanted else {}
    places = range(first, first + len(wanted))
    return FindingsPage(
        check=result.check, flagged=result.flagged, dismissed=result.dismissed, skipped=result.skipped, about=[*result.about], first=first,
        findings=[
            Flagged(sample=known[one], severity=result.severity[place], because=result.because[place])
            for one, place in zip(wanted, places, strict=True)
            if one in known
        ],
        bad=[
            BadFile(source=row["source"], name=row["name"], row=row["row"], outcome=row["outcome"], reason=row["reason"])
            for row in result.bad.slice(first, count).to_pylist()
        ],
        bad_count=result.bad_count,
    )  # fmt: skip


@router.post("/api/findings/pick")
@allow(Role.REVIEWER)
def pick(desk: AtDesk, asked: Look) -> Pick:
    """Keeps what a check finds with other settings as a pick, a filter that opens all of it."""
    found = _within(
        _result(desk, _known(desk, asked.check), asked.settings), ids_within(desk, asked.where, asked.picked)
    )
    made = keep_pick(desk.dataset, found.ids)
    return Pick(name=made.name, samples=made.samples)


@router.post("/api/findings/dismiss")
@allow(Role.REVIEWER)
def dismiss(desk: AtDesk, by: By, asked: Dismissal) -> Done:
    """Says that findings are no problem: they stay away until that action is undone."""
    name = _known(desk, asked.check)
    if bool(asked.ids) == asked.all:
        raise BadValue("say which findings", expected="ids, or all of the check")
    ids = asked.ids
    if asked.all and (mine := ids_within(desk, asked.where, asked.picked)) is not None:
        ids = [bytes(one).hex() for one in _result(desk, name, "").within(mine).ids.to_pylist()]
        if not ids:
            return Done(action=None, changed=0, unchanged=0)
    action, count = desk.dataset.dismiss(name, ids, reason=asked.reason, person=by.person, key=asked.key)
    desk.events.moved()
    found = desk.findings.now().results.get(name)
    if found is not None:
        gone = pa.array([identifier(one) for one in ids], pa.binary(16)) if ids else found.ids
        desk.findings.dismissed(name, gone)
    return Done(action=action, changed=count, unchanged=max(0, len(ids) - count))


def _known(desk: Desk, check: str) -> str:
    if check not in checks(desk.dataset):
        raise UnknownName(f"there is no check {check[:80]!r} for these samples")
    return check


def _result(desk: Desk, check: str, settings: str) -> CheckResult:
    """As it was found; or now, with other settings, or when it has not been found yet."""
    given = chosen(checks(desk.dataset)[check], settings)
    found = desk.findings.now().results.get(check)
    if found is not None and not given:
        return found
    with desk.table() as table:
        kept = table
    return kept.remember(
        ("check", check, *sorted(given.items())),
        lambda: audit(desk.dataset, only=[check], settings={check: given}).results[0],
    )


def _within(result: CheckResult, mine: pa.Array | None) -> CheckResult:
    return result if mine is None else result.within(mine)


def _health(desk: Desk, found: Found, mine: pa.Array | None = None) -> Health:
    told = []
    for name, plugin in checks(desk.dataset).items():
        known = found.results.get(name)
        result = None if known is None else _within(known, mine)
        told.append(
            Check(
                check=name, title=plugin.title, summary=" ".join(plugin.doc.split("\n\n")[0].split()), matters=plugin.facts["matters"],
                flagged=result.flagged if result else 0, bad=result.bad_count if result else 0,
                worst=float(result.severity[0]) if result and result.flagged else 0.0, dismissed=result.dismissed if result else 0,
                about=[*result.about] if result else [], why=plugin.section("Why it matters"),
                next=result.next if result and result.next else plugin.section("What to do"), waiting=result is None,
                again=result is not None and name in found.waiting, skipped=result.skipped if result else "", paired=name in PAIRED,
                settings=[Threshold(**vars(one)) for one in declared(plugin, desk.dataset.medium)],
            )
        )  # fmt: skip
    told.sort(
        key=lambda c: (
            bool(c.skipped),
            c.waiting,
            not (c.flagged or c.about or c.bad),
            -c.matters,
            -c.flagged - c.bad,
            c.check,
        )
    )
    behind = max(0, log.head(desk.dataset) - found.at) if found.at >= 0 else 0
    return Health(at=found.at, behind=behind, looking=bool(found.waiting), trouble=found.trouble, checks=told)
