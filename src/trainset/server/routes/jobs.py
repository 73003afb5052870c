"""Jobs: long work that is started, watched and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from trainset.server import jobs as work
from trainset.server.answers import short
from trainset.server.desk import AtDesk, By
from trainset.server.job_verbs import VERBS, checked
from trainset.server.roles import Guarded, Role, allow
from trainset.store.epochs import read
from trainset.work.forms import presets

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
def every(desk: AtDesk, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[Job]:
    """The latest jobs, the newest first, each with the last of its lines alone: one job by its number has all of them."""
    return [_told(job, desk.dataset.folder, lines=1) for job in desk.jobs.all()[:limit]]


class Choice(BaseModel):
    """A value that can be chosen, and how it reads."""

    value: str
    title: str


class Setting(BaseModel):
    """One thing that can be set before work is started. kind: text, number, whole, choice or many. of: the value of `head` that it needs, of_embedder: that of
    `embedder`. setting: whether it goes into the argument `settings`."""

    name: str
    title: str
    kind: Literal["text", "number", "whole", "choice", "many"]
    default: str | int | float | None
    choices: list[Choice]
    about: str
    of: str
    of_embedder: str
    least: float | None
    most: float | None
    fewest: int
    setting: bool


class Form(BaseModel):
    """Work that can be started with a form. title: as its button says it. presets: of a recipe that can be chosen, the settings it has."""

    verb: str
    title: str
    fields: list[Setting]
    presets: dict[str, dict[str, str | int | float | None]]


@router.get("/api/forms")
@allow(Role.REVIEWER)
def forms(desk: AtDesk) -> list[Form]:
    """What can be started from the page, with what can be set: the settings of a recipe are those that `Recipe` has."""
    known = presets(desk.dataset)
    return [
        Form(verb=verb, title=VERBS[verb].title, fields=[Setting(**asdict(field)) for field in fields], presets=known)
        for verb, fields in desk.dataset.forms().items()
    ]


@router.get(
    "/api/jobs/{number}/epochs", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}}
)
@allow(Role.REVIEWER)
def epochs(desk: AtDesk, number: int, after: Annotated[int, Query(ge=-1, le=2**32)] = -1) -> Response:
    """The confusion matrices of a training that goes on, of the epochs after one: see `/api/runs/{run}/epochs`."""
    desk.jobs.one(number)
    found = read(work.epochs_of(desk.dataset, number))
    return Response(found.packed(after), media_type="application/octet-stream")


@router.get("/api/jobs/{number}")
@allow(Role.REVIEWER)
def one(desk: AtDesk, number: int) -> Job:
    """One job."""
    return _told(desk.jobs.one(number), desk.dataset.folder)


@router.post("/api/jobs")
@allow(Role.ADMIN)
def start(desk: AtDesk, by: By, asked: Start) -> Job:
    """Starts a job. What is imported is an `upload` by its name, or lies in a folder that the server was started for, see `/api/roots`: `source`
    is its path from the one of number `root` on."""
    arguments = dict(checked(asked.verb, asked.arguments))
    if asked.verb == "import":
        upload, root = str(arguments.pop("upload", "") or ""), arguments.pop("root", 0)
        arguments["within"] = [] if upload else [str(folder) for folder in desk.roots]
        arguments["source"] = str(desk.source(upload, str(arguments.get("source") or ""), int(root or 0)))
    return _told(desk.jobs.start(asked.verb, arguments, by.person), desk.dataset.folder)


@router.post("/api/jobs/{number}/cancel")
@allow(Role.ADMIN)
def cancel(desk: AtDesk, number: int) -> Job:
    """Ends a job; what it acknowledged is kept."""
    return _told(desk.jobs.cancel(number), desk.dataset.folder)


def _told(job: work.Job, folder: Path, lines: int = 1_000) -> Job:
    """A job without the folders of this machine: its words come from a process of its own, some of them from Python itself."""
    facts = {name: getattr(job, name) for name in Job.model_fields}
    told = _without_folders({**facts, "lines": list(job.lines[-lines:])}, folder)
    told["arguments"].pop("within", None)
    if "source" in job.arguments:
        told["arguments"]["source"] = str(job.arguments["source"]).rsplit("/", 1)[-1]
    return Job(**told)


def _without_folders(value: Any, folder: Path) -> Any:
    if isinstance(value, str):
        return short(value, folder)
    if isinstance(value, Mapping):
        return {short(str(name), None): _without_folders(inner, folder) for name, inner in value.items()}
    return [_without_folders(inner, folder) for inner in value] if isinstance(value, (list, tuple)) else value
