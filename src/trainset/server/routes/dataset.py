"""The dataset as a whole: its classes, counts and columns."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from trainset.contracts import Plugin
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.store import log
from trainset.store.filters import FLAGGED, FUNCTIONS
from trainset.store.measured import measures_of
from trainset.work.audit import checks

router = APIRouter(route_class=Guarded, tags=["dataset"])


class Class(BaseModel):
    """One of the names a label can be. samples: how many have it, excluded ones not counted."""

    name: str
    definition: str
    good: list[str]
    borderline: list[str]
    samples: int


class Column(BaseModel):
    """What a filter, an order or a facet may speak of. kind: text, number, yes-no. less, more: what a small and a large value mean."""

    name: str
    title: str
    kind: str
    unit: str
    less: str
    more: str
    about: str


class Version(BaseModel):
    """A name for a position of the log."""

    name: str
    at: int


class Overview(BaseModel):
    """The dataset at a glance. at: position of the log. functions: what a filter may call."""

    name: str
    medium: str
    at: int
    samples: int
    excluded: int
    unlabelled: int
    classes: list[Class]
    splits: dict[str, int]
    columns: list[Column]
    functions: list[str]
    versions: list[Version]


_PLAIN = {
    "label": "label", "predicted": "predicted class", "confidence": "confidence of the prediction", "split": "split", "source": "source",
    "contributor": "contributor", "source_label": "label of the source", "excluded": "excluded", "size": "bytes of the file", "path": "path",
    "text": "text", "id": "id",
}  # fmt: skip
_NUMBERS = ("confidence", "size")


@router.get("/api/dataset")
@allow(Role.REVIEWER)
def overview(desk: AtDesk) -> Overview:
    """Its classes, counts, and the columns that filters and orders may name."""
    with desk.table() as table:
        rows = table.run(
            "SELECT split, excluded, label IS NULL AS bare, count(*) AS n FROM samples GROUP BY ALL"
        ).to_pylist()
        at, held = table.replay.at, table.columns
    splits: dict[str, int] = {}
    for row in rows:
        if not row["excluded"]:
            splits[row["split"] or ""] = splits.get(row["split"] or "", 0) + row["n"]
    return Overview(
        name=desk.dataset.folder.name, medium=desk.dataset.medium, at=at, samples=sum(splits.values()),
        excluded=sum(row["n"] for row in rows if row["excluded"]),
        unlabelled=sum(row["n"] for row in rows if row["bare"] and not row["excluded"]),
        classes=[
            Class(name=c.name, definition=c.definition, good=[*c.good], borderline=[*c.borderline], samples=c.samples)
            for c in desk.dataset.classes()
        ],
        splits=splits, columns=_columns(desk.dataset.medium, held, [*checks(desk.dataset).items()]), functions=[*FUNCTIONS],
        versions=[Version(name=version.name, at=version.seq) for version in log.read_versions(desk.dataset)],
    )  # fmt: skip


def _columns(medium: str, held: set[str], known: list[tuple[str, Plugin]]) -> list[Column]:
    found = [
        Column(
            name=name, title=title, kind="number" if name in _NUMBERS else "yes-no" if name == "excluded" else "text", unit="", less="",
            more="", about="",
        )
        for name, title in _PLAIN.items()
        if name in held
    ]  # fmt: skip
    for name, plugin in measures_of(medium).items():
        if name in held:
            returned = str(plugin.target.__annotations__.get("return", "float"))
            kind = "text" if "str" in returned else "yes-no" if "bool" in returned else "number"
            found.append(
                Column(
                    name=name, title=plugin.title, kind=kind, unit=plugin.facts.get("unit", ""), less=plugin.facts.get("less", ""),
                    more=plugin.facts.get("more", ""), about=plugin.summary,
                )
            )  # fmt: skip
    for name, plugin in known:
        found.append(
            Column(
                name=FLAGGED + name, title=plugin.title, kind="yes-no", unit="", less="", more="", about=plugin.summary,
            )
        )  # fmt: skip
    return found
