"""Who is signed in, and the stream of what happens."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from trainset.server.desk import AtDesk, By
from trainset.server.roles import Guarded, Role, allow

router = APIRouter(route_class=Guarded, tags=["session"])


class Session(BaseModel):
    """Who asks. person: the name that the log keeps. role: reviewer or admin. dataset: the name of its folder."""

    person: str
    role: str
    dataset: str
    medium: str


class Event(BaseModel):
    """What the stream of `/api/events` sends. at: position of the log. job: its number."""

    kind: Literal["log", "job", "runs", "findings", "end"]
    at: int | None = None
    job: int | None = None


@router.get("/api/session")
@allow(Role.REVIEWER)
def session(desk: AtDesk, by: By) -> Session:
    """Who is signed in."""
    return Session(
        person=by.person, role=by.role.name.lower(), dataset=desk.dataset.folder.name, medium=desk.dataset.medium
    )


@router.get("/api/events", response_model=Event, responses={200: {"content": {"text/event-stream": {}}}})
@allow(Role.REVIEWER)
def events(desk: AtDesk, by: By) -> StreamingResponse:
    """Server-sent events, each an `Event` as JSON: the log has moved on, a job has news."""
    desk.events.require_room(by.person)
    return StreamingResponse(
        desk.events.listen(by.person), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
