"""The confusion matrix: its counts, its harm, the samples of a part of it and what they share."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import Response
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from trainset.server.desk import AtDesk, By
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.runs import Decide, Split, name_of
from trainset.server.routes.samples import Picked, Sample, Where, samples_of, words_of
from trainset.work import runs as work

router = APIRouter(route_class=Guarded, tags=["runs"])

_BINARY: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}
Name = Annotated[str, Query(max_length=2_000)]


class PartOfMatrix(BaseModel):
    """The samples of a cell, or the mistakes of a row or a column, the surest first. total: how many there are; `samples`: as they are now, from the
    place `first` on; predicted, confidence: by this run. gone: how many of those asked for are no longer in the dataset."""

    total: int
    first: int
    gone: int
    samples: list[Sample]


class Shared(BaseModel):
    """What the samples of a part have in common against the rest of their class, as sentences; or that nothing was found, and why."""

    sentences: list[str]
    found: bool


class SetCost(BaseModel):
    """What it costs to take a sample of the class `label` for `predicted` (`*`: any); cost None takes it away."""

    label: str = Field(max_length=2_000)
    predicted: str = Field(max_length=2_000)
    cost: float | None
    reason: str = Field(default="", max_length=2_000)


class CostNow(BaseModel):
    """The action (None: it was so already), what the mistake cost before and costs now."""

    action: int | None
    before: float
    cost: float


class RuleTold(BaseModel):
    """What a rule of decision does: accuracy, and harm for 1,000 samples with its ends at 95 %."""

    rule: str
    accuracy: float | None
    per_thousand: float | None
    low: float | None
    high: float | None


class CostSet(BaseModel):
    """A cost that is set."""

    label: str
    predicted: str
    cost: float


class Harm(BaseModel):
    """A run read by what its mistakes cost. saved: by how much the rule of least harm does less of it for 1,000 samples, with its ends at
    95 %. unused: costs that cannot count for this run, and why."""

    rules: list[RuleTold]
    saved: list[float | None]
    costs: list[CostSet]
    unused: list[str]
    samples: int


@router.get("/api/runs/{run}/counts", response_class=Response, responses=_BINARY)
@allow(Role.REVIEWER)
def counts(
    desk: AtDesk, run: str, split: Split = "", decide: Decide = "likely",
    beneath: Annotated[bool, Query(description="A row for each label beneath the classes.")] = False,
    where: Where = [], picked: Picked = "",  # noqa: B006
) -> Response:  # fmt: skip
    """The counts of the matrix, row after row, labels on rows: little-endian uint32."""
    kept = desk.runs.read(name_of(run), decide, words_of(where, picked))
    one, found = kept.run, kept.found
    return _bytes((work.counts_beneath if beneath else work.counts)(found, one, split).astype("<u4"))


@router.get("/api/runs/{run}/harm/cells", response_class=Response, responses=_BINARY)
@allow(Role.REVIEWER)
def harm_cells(
    desk: AtDesk, run: str, split: Split = "", decide: Decide = "likely", where: Where = [], picked: Picked = ""  # noqa: B006
) -> Response:  # fmt: skip
    """The harm of each cell, then what one mistake of each costs: little-endian float32, two matrices of (classes, classes)."""
    found = desk.runs.harm(name_of(run), split, decide, words_of(where, picked))
    return _bytes(np.concatenate([found.chosen.cells, found.of_classes]).astype("<f4"))


@router.get("/api/runs/{run}/harm")
@allow(Role.REVIEWER)
def harm(
    desk: AtDesk, run: str, split: Split = "", decide: Decide = "likely", where: Where = [], picked: Picked = ""  # noqa: B006
) -> Harm:  # fmt: skip
    """How much harm the mistakes of a run do by the costs that are set now, by both rules of decision."""
    found = desk.runs.harm(name_of(run), split, decide, words_of(where, picked))
    facts = found.as_dict(most=0)
    return Harm(
        rules=[RuleTold(**{name: rule[name] for name in RuleTold.model_fields}) for rule in facts["rules"]], saved=facts["saved"],
        costs=[CostSet(label=one.label, predicted=one.predicted, cost=one.cost) for one in found.costs], unused=[*found.unused],
        samples=found.samples,
    )  # fmt: skip


@router.get("/api/runs/{run}/part")
@allow(Role.REVIEWER)
def part(
    desk: AtDesk, run: str, label: Name = "", predicted: Name = "", split: Split = "", decide: Decide = "likely",
    first: Annotated[int, Query(ge=0, le=2**31)] = 0, count: Annotated[int, Query(ge=0, le=300)] = 60,
    where: Where = [], picked: Picked = "",  # noqa: B006
) -> PartOfMatrix:  # fmt: skip
    """The samples of a cell (label and predicted), or the mistakes of a row (label alone) or a column (predicted alone)."""
    kept = desk.runs.read(name_of(run), decide, words_of(where, picked))
    one, found = kept.run, kept.found
    rows = work.surest(found, work.part(one, found, split=split, **_asked(label, predicted)))
    some = rows[first : first + count]
    ids = [bytes(value) for value in found.ids.take(some).to_pylist()]
    told = {
        name.hex(): (one.classes[code], sure)
        for name, code, sure in zip(ids, found.predicted[some].tolist(), found.confidence[some].tolist(), strict=True)
    }
    with desk.table() as table:
        samples = samples_of(table, ids)
    for sample in samples:
        sample.predicted, sample.confidence = told[sample.id]
    return PartOfMatrix(total=len(rows), first=first, gone=len(ids) - len(samples), samples=samples)


@router.get("/api/runs/{run}/common")
@allow(Role.REVIEWER)
def common(
    desk: AtDesk, run: str, label: Name = "", predicted: Name = "", split: Split = "", decide: Decide = "likely",
    where: Where = [], picked: Picked = "",  # noqa: B006
) -> Shared:  # fmt: skip
    """What the samples of a part have in common."""
    found = desk.runs.common(name_of(run), split, decide, words_of(where, picked), _asked(label, predicted))
    return Shared(sentences=found.sentences, found=bool(found.traits))


@router.post("/api/costs")
@allow(Role.ADMIN)
def set_cost(desk: AtDesk, by: By, asked: SetCost) -> CostNow:
    """Says what a mistake costs, or takes that away: an action that can be undone."""
    if asked.cost is None:
        done = desk.dataset.unset_cost(asked.label, asked.predicted, reason=asked.reason, person=by.person)
    else:
        done = desk.dataset.set_cost(asked.label, asked.predicted, asked.cost, reason=asked.reason, person=by.person)
    desk.events.moved()
    return CostNow(action=done.action, before=done.before, cost=done.cost)


def _asked(label: str, predicted: str) -> dict[str, str]:
    """A cell, a row or a column, as the verbs take them."""
    if label and predicted:
        return {"cell": f"{label}:{predicted}"}
    return {"row": label, "column": predicted}


def _bytes(values: NDArray[Any]) -> Response:
    return Response(np.ascontiguousarray(values).tobytes(), media_type="application/octet-stream")
