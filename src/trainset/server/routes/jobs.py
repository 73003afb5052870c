"""Jobs: long work that is started, watched and cancelled."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from trainset.server import jobs as work
from trainset.server.desk import AtDesk, By
from trainset.server.job_verbs import checked
from trainset.server.roles import Guarded, Role, allow

router = APIRouter(route_class=Guarded, tags=["jobs"])


class Job(BaseModel):
    """One piece of long work. state: waiting, running, done, failed, cancelled, or ended with the server. done of `of`: how far the step is; live:
    what a run says of its last epoch; lines: what it said."""

    number: int
    verb: str
    arguments: dict[str, Any]
    person: str
    made: str
    state: str
    started: str
    ended: str
    step: str
    done: int
    of: int | None
    live: dict[str, Any]
    result: Any
    error: dict[str, str]
    lines: list[str]


class Start(BaseModel):
    """verb: import, measure, embed, train, ...; arguments: of that verb."""

    verb: str = Field(max_length=50)
    arguments: dict[str, Any] = {}


@router.get("/api/jobs")
@allow(Role.REVIEWER)
def every(desk: AtDesk) -> list[Job]:
    """All jobs that are kept, the newest first."""
    return [_told(job) for job in desk.jobs.all()]


@router.get("/api/jobs/{number}")
@allow(Role.REVIEWER)
def one(desk: AtDesk, number: int) -> Job:
    """One job."""
    return _told(desk.jobs.one(number))


@router.post("/api/jobs")
@allow(Role.ADMIN)
def start(desk: AtDesk, by: By, asked: Start) -> Job:
    """Starts a job. What is imported must lie in a folder that the server was started for, see `/api/roots`."""
    arguments = dict(checked(asked.verb, asked.arguments))
    if asked.verb == "import":
        arguments["source"] = str(desk.inside(str(arguments.get("source", ""))))
    return _told(desk.jobs.start(asked.verb, arguments, by.person))


@router.post("/api/jobs/{number}/cancel")
@allow(Role.ADMIN)
def cancel(desk: AtDesk, number: int) -> Job:
    """Ends a job; what it acknowledged is kept."""
    return _told(desk.jobs.cancel(number))


def _told(job: work.Job) -> Job:
    given = dict(job.arguments)
    if "source" in given:
        given["source"] = str(given["source"]).rsplit("/", 1)[-1]  # no folder of the machine
    facts = {name: getattr(job, name) for name in Job.model_fields}
    return Job(
        **{**facts, "arguments": given, "live": dict(job.live), "error": dict(job.error), "lines": list(job.lines)}
    )
