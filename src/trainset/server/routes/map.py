"""The map: where samples lie, what they are coloured by, what its regions are called, and the parts of classes."""

from __future__ import annotations

import json
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Response
from numpy.typing import NDArray
from pydantic import BaseModel

from trainset.errors import UnknownName
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.samples import Picked, Where, ids_of, selected
from trainset.store.filters import FLAGGED
from trainset.store.mapped import read_regions
from trainset.work.clusters_kept import kept_clusters
from trainset.work.map_view import DIMMED, SPECIAL, made_of

router = APIRouter(route_class=Guarded, tags=["map"])

Embedder = Annotated[
    str, Query(max_length=300, description="Of `choices`; empty: that of the latest run, else of the medium.")
]
BINARY: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


class Choice(BaseModel):
    """An embedding that there is, or that can be made. contents: how many have one. mapped: whether there is a map by it."""

    embedder: str
    contents: int
    mapped: bool
    default: bool


class Region(BaseModel):
    """A hill of the map, its middle, and what it was called."""

    number: int
    name: str
    samples: int
    traits: list[str]
    x: float
    y: float


class About(BaseModel):
    """What there is of a map. samples: on it; without: how many more have no place on it yet. named_at: position of the log that its regions were
    named at. columns: what it can be coloured by besides the dataset's columns. key: of its rows, as the other answers of the map have it."""

    embedder: str
    choices: list[Choice]
    mapped: bool
    samples: int
    without: int
    named_at: int
    regions: list[Region]
    columns: list[str]
    key: str


class Part(BaseModel):
    """A part of a class. pick: the filter that holds for its samples. proposal: split, relabel, queue or leave; to: the label proposed."""

    number: int
    samples: int
    pick: str
    traits: list[str]
    nearest: str
    proposal: str
    why: str
    to: str


class OfClass(BaseModel):
    """A class and the parts that it falls into."""

    name: str
    samples: int
    proposed: bool
    why: str
    parts: list[Part]


class Clusters(BaseModel):
    """The parts of classes as they were found last. at: position of the log then; -1: never."""

    at: int
    embedder: str
    classes: list[OfClass]
    remarks: list[str]


@router.get("/api/map")
@allow(Role.REVIEWER)
def about(desk: AtDesk, embedder: Embedder = "") -> About:
    """Whether there is a map, of what, and what its regions are called. The job `map` makes one; `embed` what it is made of."""
    choices = [Choice(**vars(one)) for one in desk.maps.choices()]
    made = made_of(desk.dataset, embedder)
    facts: dict[str, Any] = {"mapped": False, "samples": 0, "without": 0, "key": ""}
    try:
        with desk.table() as table:
            rows = desk.maps.rows(table, embedder)
            facts = {"mapped": True, "samples": len(rows.x), "without": rows.without, "key": rows.key}
    except UnknownName:
        pass  # the page offers to make it
    at, regions = read_regions(desk.dataset, made)
    columns = [name for name in SPECIAL if name != "cluster" or kept_clusters(desk.dataset)]
    return About(
        embedder=made.embedder, choices=choices, named_at=at, regions=[Region(**one) for one in regions], columns=columns, **facts
    )  # fmt: skip


@router.get("/api/map/places", response_class=Response, responses=BINARY)
@allow(Role.REVIEWER)
def places(desk: AtDesk, embedder: Embedder = "") -> Response:
    """Where samples lie, by the cells of a grid: a header (see `_answer`) with n, key, cells (of a side) and box (west, south, width, height), then n
    float32 of x and n of y, 0 to 1, y upwards, and cells * cells + 1 uint32: where the samples of each cell begin, row after row from south-west."""
    with desk.table() as table:
        rows = desk.maps.rows(table, embedder)
    header = {"n": len(rows.x), "key": rows.key, "cells": rows.cells, "box": rows.box}
    return _answer(header, rows.x, rows.y, rows.start)


@router.get("/api/map/ids", response_class=Response, responses=BINARY)
@allow(Role.REVIEWER)
def identifiers(desk: AtDesk, embedder: Embedder = "") -> Response:
    """Which samples they are, in the same order: the header, then 16 bytes each."""
    with desk.table() as table:
        rows = desk.maps.rows(table, embedder)
    return _answer({"n": len(rows.x), "key": rows.key}, np.frombuffer(rows.ids, np.uint8))


@router.get("/api/map/colours", response_class=Response, responses=BINARY)
@allow(Role.REVIEWER)
def colours(desk: AtDesk, column: Annotated[str, Query(max_length=500)] = "label", embedder: Embedder = "") -> Response:
    """What they are coloured by: a header with kind, values and counts, or low and high, and the position of the log that it is of; then
    n uint16 (kind `classes`) or float32 (`numbers`)."""
    with desk.table() as table:
        if column.startswith(FLAGGED):
            selected(desk, table, [column])
        rows = desk.maps.rows(table, embedder)
        found = desk.maps.colours(table, rows, column, embedder)
        at = table.replay.at
    header = {
        "n": len(rows.x), "key": rows.key, "at": at, "kind": found.kind, "values": found.values, "counts": found.counts, "low": found.low,
        "high": found.high,
    }  # fmt: skip
    return _answer(header, found.codes)


@router.get("/api/map/shown", response_class=Response, responses=BINARY)
@allow(Role.REVIEWER)
def shown(desk: AtDesk, where: Where = [], picked: Picked = "", embedder: Embedder = "") -> Response:  # noqa: B006
    """Which of them a selection holds: a header with how many, then n bytes, 0: it does, 1: it does not, 2: excluded."""
    with desk.table() as table:
        conditions = selected(desk, table, [*where], picked=picked)
        rows = desk.maps.rows(table, embedder)
        state = desk.maps.shown(table, rows, conditions)
        at = table.replay.at
    if picked:
        listed = np.isin(np.frombuffer(rows.ids, "S16"), np.array(ids_of(picked), "S16"))
        state = np.where(listed, state, np.maximum(state, DIMMED)).astype(np.uint8)
    return _answer({"n": len(rows.x), "key": rows.key, "at": at, "shown": int((state == 0).sum())}, state)


@router.get("/api/clusters")
@allow(Role.REVIEWER)
def clusters(desk: AtDesk) -> Clusters:
    """The parts of classes as the job `clusters` found them last, those to be split first."""
    held = kept_clusters(desk.dataset)
    if held is None:
        return Clusters(at=-1, embedder="", classes=[], remarks=[])
    classes = [
        OfClass(
            name=one.name, samples=one.samples, proposed=one.proposed, why=one.why,
            parts=[Part(**{**vars(part), "traits": [*part.traits]}) for part in one.parts],
        )
        for one in held.classes
    ]  # fmt: skip
    return Clusters(at=held.at, embedder=held.embedder, classes=classes, remarks=[*held.remarks])


def _answer(header: dict[str, Any], *columns: NDArray[Any]) -> Response:
    """Four bytes for the header's length (little-endian), the header as JSON filled up with spaces to a multiple of four, and the columns. It is not
    compressed: numbers like these hardly get smaller, and a million of them would wait for it."""
    told = json.dumps(header, ensure_ascii=False).encode("utf-8", "backslashreplace")
    told += b" " * (-len(told) % 4)
    body = len(told).to_bytes(4, "little") + told + b"".join(column.tobytes() for column in columns)
    return Response(body, media_type="application/octet-stream", headers={"Content-Encoding": "identity"})
