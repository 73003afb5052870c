"""Facets: how the samples of a selection are spread over a column."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel

from trainset.errors import BadFilter
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.samples import Picked, Where, ids_of, selected
from trainset.store.ids import in_sql

router = APIRouter(route_class=Guarded, tags=["samples"])

BINS = 32
_MOST = 300
"""Values of a column that are told; the rest are counted together."""


class Value(BaseModel):
    """A value of a column (None: none) and how many samples of the selection have it."""

    value: str | bool | None
    count: int


class Facet(BaseModel):
    """A column over a selection. values: the most frequent first, of a text or a yes-no; others: samples of further values. edges: (bins + 1)
    and counts: (bins) of a number; below, above: samples outside the edges, which leave out the lowest and highest thousandth. none: samples
    without a value."""

    column: str
    total: int
    none: int
    values: list[Value]
    others: int
    edges: list[float]
    counts: list[int]
    below: int
    above: int


@router.get("/api/facets")
@allow(Role.REVIEWER)
def facet(desk: AtDesk, column: Annotated[str, Query(max_length=500)], where: Where = [], picked: Picked = "") -> Facet:  # noqa: B006
    """How the samples of a selection are spread over one column."""
    with desk.table() as table:
        conditions = selected(desk, table, [*where], column, picked)
        if column not in table.columns:
            raise BadFilter(f"there is no column {column!r}", expected=", ".join(sorted(table.columns)))
        condition = table.condition(conditions)
        if picked:
            condition = f"({condition}) AND id IN ({in_sql(ids_of(picked))})"
        kind = table.run(f'SELECT "{column}" FROM samples LIMIT 0').schema.field(0).type  # noqa: S608  # a column that there is
        if str(kind) in ("double", "float") or "int" in str(kind):
            found = table.run(f'SELECT "{column}"::DOUBLE AS value FROM samples WHERE {condition}')  # noqa: S608  # checked by `condition`
            return _numbers(column, found["value"].to_numpy())
        rows = table.run(
            f'SELECT "{column}" AS value, count(*) AS n FROM samples WHERE {condition} GROUP BY value ORDER BY n DESC, value'  # noqa: S608
        )
    counts = rows["n"].to_pylist()
    values = rows.slice(0, _MOST + 1)["value"].to_pylist()
    listed_values = [
        Value(value=value if isinstance(value, (bool, str)) else str(value), count=n)
        for value, n in zip(values, counts, strict=False)
        if value is not None
    ][:_MOST]
    none = next((n for value, n in zip(values, counts, strict=False) if value is None), 0)
    total = sum(counts)
    return Facet(
        column=column, total=total, none=none, values=listed_values, others=total - none - sum(v.count for v in listed_values), edges=[],
        counts=[], below=0, above=0,
    )  # fmt: skip


def _numbers(column: str, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Facet:
    finite = values[np.isfinite(values)]
    edges, counts = np.empty(0), np.empty(0, np.int64)
    below = above = 0
    if len(finite):
        low, high = (float(one) for one in np.quantile(finite, [0.001, 0.999]))
        low, high = (low, high) if high > low else (float(finite.min()), float(finite.max()))
        high = high if high > low else low + 1.0
        counts, edges = np.histogram(finite, BINS, (low, high))
        below, above = int((finite < low).sum()), int((finite > high).sum())
    return Facet(
        column=column, total=len(values), none=len(values) - len(finite), values=[], others=0, edges=edges.tolist(),
        counts=counts.tolist(), below=below, above=above,
    )  # fmt: skip
