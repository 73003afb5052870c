"""Errors as answers: the one JSON shape, the status codes, and nothing about the machine."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from trainset import errors
from trainset.server.roles import NotLetIn

_LOG = logging.getLogger("trainset.server")

_CODES: tuple[tuple[type[errors.TrainsetError], int], ...] = (
    (errors.UnknownName, 404),
    (errors.Gone, 410),
    (errors.Unsafe, 403),
    (errors.UndoRefused, 409),
    (errors.TargetExists, 409),
    (errors.StorageFull, 507),
    (errors.MissingPackage, 501),
    (errors.DamagedDataset, 500),
    (errors.DamagedModel, 500),
    (errors.PluginError, 500),
    (errors.Offline, 502),
)


class Problem(BaseModel):
    """What went wrong, with what was expected and found, where, and what to do next; empty where there is nothing to say."""

    error: str
    detail: str
    where: str
    next: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text}
    for code, text in (
        (400, "what was asked cannot be"),
        (401, "nobody is signed in"),
        (403, "not for this person, this host or this page"),
        (404, "there is no such thing"),
        (409, "others have built on it, or it is there already"),
        (410, "the file is gone or has changed"),
        (413, "too large"),
        (415, "not the type that is taken here"),
        (422, "what was sent does not have the shape"),
        (500, "the dataset is damaged, or a mistake of ours"),
        (501, "a package is not installed"),
        (507, "the disk is full"),
    )
}
"""The answers that every route may give, for the schema."""


def code(error: errors.TrainsetError) -> int:
    """The status code of an error."""
    if isinstance(error, NotLetIn):
        return 403 if error.known else 401
    return next((number for kind, number in _CODES if isinstance(error, kind)), 400)


def problem(error: errors.TrainsetError, status: int | None = None, *, folder: Path | None = None) -> JSONResponse:
    """An error as an answer. Places on this machine are said from the dataset on, or by their last name."""
    told = {name: short(text, folder) for name, text in error.as_dict().items()}
    return JSONResponse(told, status or code(error))


def install(app: FastAPI, folder: Path) -> None:
    """Makes every error of the app an answer of that shape."""

    @app.exception_handler(errors.TrainsetError)
    def known(_request: Request, error: errors.TrainsetError) -> JSONResponse:
        return problem(error, folder=folder)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        what = "there is no such page" if error.status_code == 404 else str(error.detail)
        return problem(errors.BadValue(what, where=request.url.path[:200]), error.status_code, folder=folder)

    @app.exception_handler(RequestValidationError)
    def shape(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))[:200]
        return problem(
            errors.BadValue("what was sent does not have the shape that is taken here", where=place, got=str(first["msg"])[:500]),
            422, folder=folder,
        )  # fmt: skip

    @app.exception_handler(Exception)
    def ours(request: Request, error: Exception) -> JSONResponse:
        _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
        return problem(
            errors.TrainsetError("a mistake of ours", got=type(error).__name__, next="the terminal where `trainset serve` runs has the details"),
            500, folder=folder,
        )  # fmt: skip


_PLACE = re.compile(r"(?<![\w.~/\\-])(?:/[^\s/:'\"(),;]+){2,}/?")


def short(text: str, folder: Path | None) -> str:
    """A text without the folders of this machine: places are said from the dataset on, or by their last name. What is no character, as in names of
    files that are no UTF-8, is spelled out: no answer could hold it."""
    text = text.encode("utf-8", "backslashreplace").decode()
    if folder is not None:
        text = text.replace(str(folder), folder.name).replace(
            os.fsencode(folder).decode("utf-8", "replace"), folder.name
        )
    return _PLACE.sub(lambda found: "…/" + found.group().rstrip("/").rsplit("/", 1)[-1], text)
