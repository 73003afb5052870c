"""The workbench as one ASGI app, assembled from what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from trainset import __version__
from trainset.server import answers, pages
from trainset.server.desk import Desk
from trainset.server.guard import Guard, hosts_of
from trainset.server.roles import Doors, Visitor
from trainset.server.routes import (
    arrivals,
    facets,
    findings,
    fixes,
    imports,
    jobs,
    matrix,
    media,
    pairs,
    picks,
    queues,
    runs,
    samples,
    selections,
    session,
    sheets,
    uploads,
    versions,
)  # fmt: skip
from trainset.server.routes import dataset as of_dataset
from trainset.server.routes import map as of_map
from trainset.work.workbench import Workbench

ROUTERS = (
    session.router,
    of_dataset.router,
    samples.router,
    picks.router,
    selections.router,
    of_map.router,
    versions.router,
    media.router,
    facets.router,
    fixes.router,
    queues.router,
    sheets.router,
    findings.router,
    pairs.router,
    imports.router,
    uploads.router,
    jobs.router,
    arrivals.router,
    runs.router,
    matrix.router,
    pages.router,
)


def make_app(
    dataset: Workbench, *, tokens: Mapping[str, Visitor], port: int, address: str = "127.0.0.1", hosts: Iterable[str] = (),
    roots: Sequence[Path] = (), framed: bool = False,
) -> FastAPI:  # fmt: skip
    """The workbench of one dataset.

    tokens: what each opens, and for whom. port, address: where it is served, for the names it answers to; hosts: more of them. roots: folders
    that may be imported from. framed: whether pages of this machine, such as a notebook, may show it inside themselves.
    """

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        if dataset.medium:
            app.state.desk.warm()
        yield
        app.state.desk.close()

    app = FastAPI(
        title="trainset", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=life, redirect_slashes=False,
        responses=answers.PROBLEMS,
        summary="The workbench of one dataset: look at it, fix it, name a version, prove that it is better.",
    )  # fmt: skip
    app.state.desk = Desk(dataset, roots)
    app.state.doors = Doors(tokens, port)
    answers.install(app, dataset.folder)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(Guard, hosts=[*hosts_of(address, port), *hosts], framed=framed)
    return app
