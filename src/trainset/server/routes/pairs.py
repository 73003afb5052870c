"""Pairs: copies beside what they copy."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from trainset.server.desk import AtDesk, By
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.fixes import Done
from trainset.server.routes.samples import Sample, identifier, samples_by_id
from trainset.work.pairs import pairs

router = APIRouter(route_class=Guarded, tags=["findings"])

MOST = 100
"""Pairs of one answer."""


class Pair(BaseModel):
    """Two samples that are the same, or nearly. stays: the one that the check would keep; goes: the one it flags. copies: samples of their
    group. unlike: 0 the same, 1 just within the check's threshold; None: exactly the same."""

    stays: Sample
    goes: Sample
    copies: int
    unlike: float | None


class Pairs(BaseModel):
    """Some pairs, the worst first: under two labels, in two splits, then the most alike."""

    check: str
    total: int
    at: int
    first: int
    pairs: list[Pair]


class Apart(BaseModel):
    """A pair that is no problem: neither is a copy too many of the other. key: given again, it is said once."""

    check: str = Field(max_length=100)
    first: str = Field(max_length=32)
    second: str = Field(max_length=32)
    reason: str = Field(max_length=2_000)
    key: str | None = Field(default=None, max_length=100)


@router.post("/api/pairs/dismiss")
@allow(Role.REVIEWER)
def dismiss(desk: AtDesk, by: By, asked: Apart) -> Done:
    """Says that both samples of a pair may stay; beside a third one they are found."""
    both = [identifier(one).hex() for one in (asked.first, asked.second)]
    action = desk.dataset.dismiss_pair(asked.check, *both, reason=asked.reason, person=by.person, key=asked.key)
    desk.events.moved()
    return Done(action=action, changed=1, unchanged=0)


@router.get("/api/pairs")
@allow(Role.REVIEWER)
def every(
    desk: AtDesk, check: Annotated[str, Query(max_length=100, description="exact_duplicates or near_duplicates.")] = "near_duplicates",
    first: Annotated[int, Query(ge=0, le=2**31)] = 0, count: Annotated[int, Query(ge=0, le=MOST)] = 60,
) -> Pairs:  # fmt: skip
    """Duplicates side by side, those that nobody has decided on."""
    with desk.table() as table:
        kept, at = table, table.replay.at
    found = kept.remember(("pairs", check), lambda: pairs(desk.dataset, check))
    some = found.slice(first, count).to_pylist()
    with desk.table() as table:
        known = samples_by_id(table, [bytes(row[side]) for row in some for side in ("stays", "goes")]) if some else {}
    return Pairs(
        check=check, total=found.num_rows, at=at, first=first,
        pairs=[
            Pair(stays=known[bytes(row["stays"])], goes=known[bytes(row["goes"])], copies=row["copies"], unlike=row["unlike"])
            for row in some
            if bytes(row["stays"]) in known and bytes(row["goes"]) in known
        ],
    )  # fmt: skip
