"""Imports: what became of every file and row."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from trainset.model import Outcome
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.store.kept import KeptTable
from trainset.work.import_outcomes import import_outcomes, imports

router = APIRouter(route_class=Guarded, tags=["imports"])

MOST = 200
"""Files and rows of one answer."""


class Count(BaseModel):
    """How many files, or rows of lists, had an outcome. inside: they are samples now; bad: their owner should hear of them."""

    kind: str
    outcome: str
    count: int
    inside: bool
    bad: bool


class Import(BaseModel):
    """One import. action: its position in the log; None: it brought nothing new."""

    name: str
    source: str
    at: str
    action: int | None
    undone: bool
    counts: list[Count]


class FileOrRow(BaseModel):
    """A file, or a row of a list (counted from 1), and what became of it. sample: its id, where it is one now."""

    kind: str
    name: str
    row: int | None
    outcome: str
    reason: str
    remarks: list[str]
    sample: str | None


@router.get("/api/imports")
@allow(Role.REVIEWER)
def every(desk: AtDesk) -> list[Import]:
    """All imports, the latest first, with how many files and rows had which outcome."""
    order = {str(outcome): number for number, outcome in enumerate(Outcome)}
    return [
        Import(
            name=one.name, source=one.source, at=one.at.isoformat(timespec="seconds"), action=one.action, undone=one.undone,
            counts=[
                Count(
                    kind=kind, outcome=outcome, count=count, inside=Outcome(outcome).in_dataset, bad=Outcome(outcome).is_bad
                )
                for kind, counted in (("file", one.files), ("row", one.rows))
                for outcome, count in sorted(counted.items(), key=lambda pair: order.get(pair[0], 99))
                if outcome in order
            ],
        )
        for one in imports(desk.dataset)
    ]  # fmt: skip


@router.get("/api/imports/outcomes")
@allow(Role.REVIEWER)
def outcomes(
    desk: AtDesk, name: Annotated[str, Query(max_length=100)], kind: Annotated[str, Query(max_length=10)] = "",
    outcome: Annotated[str, Query(max_length=40)] = "", first: Annotated[int, Query(ge=0, le=2**31)] = 0,
    count: Annotated[int, Query(ge=0, le=MOST)] = 100,
) -> list[FileOrRow]:  # fmt: skip
    """Files and rows of one import, by their outcome, with the reason of each."""
    rows = import_outcomes(desk.dataset, name, kind=kind, outcome=outcome, first=first, count=count).to_pylist()
    with desk.table() as table:
        known = _samples(table, [bytes(row["content"]) for row in rows if row["content"] is not None])
    return [
        FileOrRow(
            kind=row["kind"], name=row["name"], row=row["row"], outcome=row["outcome"], reason=row["reason"],
            remarks=[*(row["remarks"] or [])],
            sample=known.get((row["content"], row["name"])) or known.get((row["content"], None)),
        )
        for row in rows
    ]  # fmt: skip


def _samples(table: KeptTable, contents: list[bytes]) -> dict[tuple[bytes | None, str | None], str]:
    """(content, path) -> id, and (content, None) -> the first id of that content."""
    if not contents:
        return {}
    listed = ", ".join(f"'{one.hex()}'" for one in contents)
    rows = table.run(f"SELECT id, content, path FROM samples WHERE lower(hex(content)) IN ({listed})")  # noqa: S608  # hex
    found: dict[tuple[bytes | None, str | None], str] = {}
    for row in rows.to_pylist():
        content, identifier = bytes(row["content"]), bytes(row["id"]).hex()
        found.setdefault((content, None), identifier)
        if row["path"] is not None:
            found[content, row["path"]] = identifier
    return found
