"""Arrivals: what an import has decoded so far, before it is in the log."""

from __future__ import annotations

import struct
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from trainset.server.arrivals import MOST, read_arrivals
from trainset.server.desk import AtDesk
from trainset.server.jobs import arrivals_of
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.media import NONE, OUTLINE, PICTURE
from trainset.store import previews as kept

router = APIRouter(route_class=Guarded, tags=["jobs"])


class Arrived(BaseModel):
    """A sample that an import has decoded. name: its path, or the beginning of its text."""

    name: str
    label: str | None
    split: str | None


class Arriving(BaseModel):
    """Some of what an import has decoded so far, in the order it came. medium: empty until it is known."""

    medium: str
    samples: list[Arrived]


After = Annotated[int, Query(ge=0, le=MOST, description="How many are known already.")]


@router.get("/api/jobs/{number}/arrivals")
@allow(Role.REVIEWER)
def arrivals(desk: AtDesk, number: int, after: After = 0) -> Arriving:
    """Samples of an import that goes on; none when it has ended: they are in the dataset then."""
    desk.jobs.one(number)
    found = read_arrivals(arrivals_of(desk.dataset, number))[after:]
    return Arriving(
        medium=desk.dataset.medium, samples=[Arrived(name=one.name, label=one.label, split=one.split) for one in found]
    )


@router.get(
    "/api/jobs/{number}/previews",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
@allow(Role.REVIEWER)
def previews(desk: AtDesk, number: int, after: After = 0, count: Annotated[int, Query(ge=0, le=200)] = 100) -> Response:
    """Their thumbnails and outlines, as `/api/previews` packs them; those that are not kept yet are empty."""
    desk.jobs.one(number)
    asked = read_arrivals(arrivals_of(desk.dataset, number))[after : after + count]
    found = kept.get(desk.dataset, [one.content for one in asked])
    kind = OUTLINE if desk.dataset.medium == "audio" else PICTURE
    body = bytearray()
    for one in asked:
        data = one.thumb or found.get(one.content, b"")
        body += struct.pack("<BI", kind if data else NONE, len(data)) + data
    return Response(bytes(body), media_type="application/octet-stream", headers={"Cache-Control": "no-store"})
