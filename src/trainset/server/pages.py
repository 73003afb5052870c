"""The page and its scripts, as the build left them; and the door that turns a token into a session."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from trainset.errors import MissingPackage
from trainset.server.roles import Guarded, NotLetIn, Role, allow

STATIC = Path(__file__).parents[1] / "static"
"""The built page; `hatch_build.py` puts it there."""

_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".html": "text/html; charset=utf-8",
}

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/")
@allow(Role.NOBODY)
def index(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The page. A token in the address is exchanged for a cookie, and leaves the address at once."""
    doors = request.app.state.doors
    if token:
        session = doors.open(token)
        if session is None:
            raise NotLetIn(
                "this token opens nothing",
                known=False,
                next="open the address that the running `trainset serve` printed",
            )
        answer = RedirectResponse("./", 303)
        answer.set_cookie(doors.cookie, session, httponly=True, samesite="strict", path="/")
        return answer
    return _file("index.html", "no-cache")


@router.get("/favicon.ico")
@allow(Role.NOBODY)
def icon() -> Response:
    """The icon."""
    return _file("icon.svg", "no-cache")


@router.get("/icon.svg")
@allow(Role.NOBODY)
def vector() -> Response:
    """The icon."""
    return _file("icon.svg", "no-cache")


@router.get("/assets/{name}")
@allow(Role.NOBODY)
def asset(name: str) -> Response:
    """A script or a style; its name changes with its content."""
    if name not in {path.name for path in (STATIC / "assets").glob("*")}:
        raise HTTPException(404)
    return _file(f"assets/{name}", _FOREVER)


def _file(name: str, caching: str) -> Response:
    path = STATIC / name
    if not path.is_file():
        raise MissingPackage("the page", "the built page of trainset", install="trainset")
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=kind, headers={"Cache-Control": caching})
