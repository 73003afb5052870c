"""Pairs: copies beside what they copy."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.samples import Sample, samples_by_id
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
