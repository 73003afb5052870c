"""Runs: the list of them, one of them with its scores, and its epochs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel

from trainset.learn.calibration import Reliability
from trainset.server.desk import AtDesk, Desk
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.samples import Picked, Where, words_of
from trainset.store import epochs as of_epochs
from trainset.store import runs as store
from trainset.store.runs import Run

router = APIRouter(route_class=Guarded, tags=["runs"])

Split = Annotated[
    Literal["", "validation", "test"], Query(description="Of which samples: empty: what was held out in training.")
]
Decide = Annotated[
    Literal["likely", "harm"],
    Query(description="How a prediction is decided: the likeliest class, or that of least expected harm."),
]


class Side(BaseModel):
    """What was scored: held out (an empty name), validation or test. interval: at 95 %; None where nothing was counted."""

    split: str
    samples: int
    accuracy: float | None
    interval: list[float | None]
    balanced_accuracy: float | None


class RunBrief(BaseModel):
    """One training. recipe: its settings that are not the default's; at: position of the log that it is of; version: its name there; beneath: labels beneath
    its classes, where it groups them; epochs: whether its matrix was kept at each."""

    run: str
    head: str
    embedder: str
    recipe: dict[str, Any]
    at: int
    version: str
    made: str
    classes: int
    beneath: bool
    sides: list[Side]
    remarks: list[str]
    epochs: bool


class ClassScores(BaseModel):
    """How well one class is told from the others, with ends at 95 %."""

    name: str
    samples: int
    predicted: int
    right: int
    precision: float | None
    precision_interval: list[float | None]
    recall: float | None
    recall_interval: list[float | None]
    f1: float | None
    f1_interval: list[float | None]


class Bins(BaseModel):
    """How far confidence can be believed: edges (bins + 1) of confidence, and of each bin its samples, its mean confidence and the share right (None in an
    empty bin). error: expected calibration error, 0 is best."""

    edges: list[float]
    counts: list[int]
    confidence: list[float | None]
    right: list[float | None]
    error: float


class RunTold(BaseModel):
    """A run with the scores of one side. classes: in the order of the matrix; labels: those beneath, with the place of their class each. floors: what guessing
    reaches."""

    brief: RunBrief
    classes: list[str]
    labels: list[str]
    label_class: list[int]
    per_class: list[ClassScores]
    reliability: Bins | None
    floors: dict[str, float | None]
    in_sample: float | None
    latest: bool


@router.get("/api/runs")
@allow(Role.REVIEWER)
def every(desk: AtDesk) -> list[RunBrief]:
    """All runs, the newest first."""
    return [_brief(desk, run) for run in reversed(_listed(desk))]


@router.get("/api/runs/{run}")
@allow(Role.REVIEWER)
def one(
    desk: AtDesk, run: str, split: Split = "", decide: Decide = "likely", where: Where = [], picked: Picked = ""  # noqa: B006
) -> RunTold:  # fmt: skip
    """One run, by its id or number; `latest` is the newest. Within a selection its scores are those of the samples of it."""
    read = desk.runs.read(name_of(run), decide, words_of(where, picked))
    found, bins = read.run, read.believed[split]
    scores = found.scores[split or "held_out"]
    return RunTold(
        brief=_brief(desk, found), classes=[*found.classes], labels=[*found.labels], label_class=[*found.beneath],
        per_class=[_class(one) for one in scores["per_class"]] if scores else [], reliability=_bins(bins) if bins else None,
        floors=dict(found.scores["floors"]), in_sample=found.scores["in_sample"], latest=store.named(desk.dataset).run == found.run,
    )  # fmt: skip


@router.get(
    "/api/runs/{run}/epochs", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}}
)
@allow(Role.REVIEWER)
def epochs(desk: AtDesk, run: str) -> Response:
    """The confusion matrix at each epoch that was kept: `TSEP`, the length (uint32) of a JSON object with `classes`, that object, then of each epoch its number
    (uint32), the share right of what was trained on (float32, NaN when not known) and its counts (uint32, labels on rows); little-endian."""
    found = of_epochs.kept(desk.dataset, store.named(desk.dataset, name_of(run)))
    return Response(found.packed(), media_type="application/octet-stream")


def name_of(run: str) -> str:
    """The name of a run as the store takes it."""
    return "" if run == "latest" else run[:80]


def _listed(desk: Desk) -> list[Run]:
    """All runs; read again when there is another one."""
    with desk.table() as table:
        kept = table
    return kept.remember("runs", lambda: store.listed(desk.dataset))


def _brief(desk: Desk, run: Run) -> RunBrief:
    default = type(run.recipe)().as_dict()
    facts = {name: value for name, value in run.recipe.as_dict().items() if value != default[name] and name != "hashes"}
    return RunBrief(
        run=run.run, head=run.recipe.head, embedder=run.recipe.embedder or run.recipe.model, recipe=facts, at=run.at, version=run.version,
        made=run.made, classes=len(run.classes), beneath=len(run.labels) > len(run.classes),
        sides=[_side(name, run.scores[name or "held_out"]) for name in ("", "validation", "test") if run.scores[name or "held_out"]],
        remarks=[*run.remarks], epochs=desk.dataset.place("predictions", f"{run.run}.epochs").exists(),
    )  # fmt: skip


def _side(name: str, scores: Any) -> Side:
    return Side(
        split=name, samples=scores["samples"], accuracy=scores["accuracy"], interval=[*scores["interval"]],
        balanced_accuracy=scores["balanced_accuracy"],
    )  # fmt: skip


def _class(one: Any) -> ClassScores:
    shares = {name: one[name] for each in ("precision", "recall", "f1") for name in (each, f"{each}_interval")}
    right = one["true_positives"]
    return ClassScores(
        name=one["class"], samples=one["samples"], predicted=right + one["false_positives"], right=right, **shares
    )


def _bins(found: Reliability) -> Bins:
    counted = found.counts > 0
    return Bins(
        edges=found.edges.tolist(), counts=found.counts.tolist(), error=found.error,
        confidence=[float(value) if some else None for value, some in zip(found.confidence, counted, strict=True)],
        right=[float(value) if some else None for value, some in zip(found.right, counted, strict=True)],
    )  # fmt: skip
