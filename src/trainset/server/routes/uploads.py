"""Sources for an import: what lies below the open folders, what a browser uploads, and what an import of either would read."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from trainset.errors import BadSource, BadValue
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.store import paths
from trainset.work.preview import preview

router = APIRouter(route_class=Guarded, tags=["imports"])

MOST = 1_000
"""Entries of a folder that are listed."""
_PIECE = 2**20


Text = Annotated[str, Field(max_length=20_000)]


class Root(BaseModel):
    """A folder that may be imported from, by its number and its last name."""

    number: int
    name: str


class FolderEntry(BaseModel):
    """A file or folder. size: bytes of a file."""

    name: str
    folder: bool
    size: int | None


class Folder(BaseModel):
    """What lies in a folder below a root. path: from the root on, empty for itself. more: there is more than is listed."""

    root: int
    path: str
    entries: list[FolderEntry]
    more: bool


class Sent(BaseModel):
    """A file of an upload. stored: bytes on disk."""

    path: str
    stored: int


class Have(BaseModel):
    """Files that a page is about to send: their paths and sizes in bytes."""

    upload: str = Field(max_length=200)
    paths: list[str] = Field(max_length=5_000)
    sizes: list[int] = Field(max_length=5_000)


class Missing(BaseModel):
    """Places in that list of the files that are not there yet."""

    missing: list[int]


class Source(BaseModel):
    """What to import: an upload, or a place below a root; how it is to be read: a format and its settings."""

    upload: str = Field(default="", max_length=200)
    root: int = Field(default=0, ge=0, le=1_000)
    path: str = Field(default="", max_length=4_000)
    format: str = Field(default="", max_length=100)
    settings: dict[Text, Text] = Field(default={}, max_length=20)


class LeftOut(BaseModel):
    """A file or row that would be no sample."""

    name: str
    outcome: str
    reason: str


class SourcePreview(BaseModel):
    """What an import would read. unit: file, row or member. media: medium -> files by their names. mapping: our column -> theirs. rows: some
    of them. trouble: why nothing can be read as it is, and next: what to do then. settings: what may be chosen: folders, map."""

    format: str
    title: str
    count: int
    unit: str
    more: bool
    media: dict[str, int]
    labels: dict[str, int]
    classes: int
    unlabelled: int
    splits: dict[str, int]
    columns: list[str]
    mapping: dict[str, str]
    rows: list[dict[str, str | None]]
    remarks: list[str]
    left_out: list[LeftOut]
    left_out_count: int
    trouble: str
    next: str
    settings: list[str]


@router.get("/api/roots")
@allow(Role.ADMIN)
def roots(desk: AtDesk) -> list[Root]:
    """The folders that may be imported from."""
    return [Root(number=number, name=root.name or "/") for number, root in enumerate(desk.roots)]


@router.get("/api/folder")
@allow(Role.ADMIN)
def folder(
    desk: AtDesk, root: Annotated[int, Query(ge=0, le=1_000)] = 0, path: Annotated[str, Query(max_length=4_000)] = ""
) -> Folder:
    """What lies in a folder: folders first, by name. Hidden ones, and links that lead out, are not listed."""
    place = desk.inside(path or ".", root)
    if not place.is_dir():
        raise BadSource("this is no folder", where=place.name)
    found = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or (entry.is_symlink() and not desk.is_open(place / entry.name)):
                    continue
                is_folder = entry.is_dir()
                if not is_folder and not entry.is_file():
                    continue
                size = None if is_folder else entry.stat().st_size
                found.append(FolderEntry(name=paths.from_local(entry.name), folder=is_folder, size=size))
    except OSError as error:
        raise BadSource("this folder cannot be opened", where=place.name, got=error.strerror or "") from None
    found.sort(key=lambda one: (not one.folder, one.name.lower(), one.name))
    return Folder(root=root, path=path, entries=found[:MOST], more=len(found) > MOST)


@router.post("/api/uploaded")
@allow(Role.ADMIN)
def uploaded(desk: AtDesk, asked: Have) -> Missing:
    """Which files of an upload are still to be sent, so that one that was interrupted goes on."""
    if len(asked.paths) != len(asked.sizes):
        raise BadValue("say a size for every path")
    return Missing(missing=desk.uploads.missing(asked.upload, [*zip(asked.paths, asked.sizes, strict=True)]))


@router.put(
    "/api/uploads/file",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
@allow(Role.ADMIN)
async def upload(
    desk: AtDesk, request: Request, upload: Annotated[str, Query(max_length=200)], path: Annotated[str, Query(max_length=2_000)]
) -> Sent:  # fmt: skip
    """One file of an upload, as the bytes it has. It is there when all of it is on disk, and not before; nothing sends it out again but by the
    id of the sample that it becomes."""
    said = request.headers.get("content-length", "")
    with ExitStack() as stack:
        # each step in a thread: the disk may be slow, and the page waits for nobody
        writing = await asyncio.to_thread(
            stack.enter_context, desk.uploads.file(upload, path, int(said) if said.isdecimal() else None)
        )
        held = bytearray()
        try:
            async for chunk in request.stream():
                held += chunk
                if len(held) >= _PIECE:
                    await asyncio.to_thread(writing.write, bytes(held))
                    held.clear()
        except ClientDisconnect:
            raise BadValue("the upload ended early", where=path[:80]) from None
        await asyncio.to_thread(writing.write, bytes(held))
        await asyncio.to_thread(stack.close)
    return Sent(path=path, stored=writing.written)


@router.post("/api/preview")
@allow(Role.ADMIN)
def look(desk: AtDesk, asked: Source) -> SourcePreview:
    """What an import would read, by the format and settings asked for; nothing changes."""
    place = desk.source(asked.upload, asked.path, asked.root)
    facts: dict[str, Any] = vars(preview(desk.dataset, place, format=asked.format, settings=asked.settings))
    left = [LeftOut(name=name, outcome=outcome, reason=reason) for name, outcome, reason in facts["left_out"]]
    return SourcePreview(**{**facts, "left_out": left})
