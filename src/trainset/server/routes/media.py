"""Media and previews, by the id of their sample and nothing else."""

from __future__ import annotations

import re
import struct
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Query, Request, Response

from trainset.errors import BadValue
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.server.routes.samples import identifier, ids_of
from trainset.store.ids import in_sql
from trainset.work.look import Samples
from trainset.work.shown import shown

router = APIRouter(route_class=Guarded, tags=["media"])

MOST = 200
"""Previews of one answer."""
NONE, PICTURE, OUTLINE = 0, 1, 2
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"


@router.get(
    "/api/media/{sample}",
    response_class=Response,
    responses={200: {"content": {"image/*": {}, "audio/*": {}, "text/plain": {}}}, 206: {}},
)
@allow(Role.REVIEWER)
def media(desk: AtDesk, request: Request, sample: str) -> Response:
    """The bytes of a sample, with the type that its first bytes have, whatever its name says; of kinds that browsers do not know, the same as
    PNG or WAV. Nothing in them is run: they come with a policy that forbids all."""
    found = shown(desk.dataset, identifier(sample), desk.pool)
    headers = {
        "Content-Security-Policy": _ALONE, "Content-Disposition": f'inline; filename="{sample[:12]}"', "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600", "X-Own-Bytes": "yes" if found.own else "no",
    }  # fmt: skip
    return _part(found.data, found.type, request.headers.get("range", ""), headers)


@router.get("/api/previews", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
@allow(Role.REVIEWER)
def previews(
    desk: AtDesk, picked: Annotated[str, Query(description="Ids with commas between them, at most 200.")]
) -> Response:
    """Thumbnails and outlines of many samples in one answer: of each, in the order asked for, a byte for its kind (0: none, 1: a JPEG, 2: an
    outline of int8 pairs), four for its length (little-endian), and its bytes."""
    asked = ids_of(picked)
    if len(asked) > MOST:
        raise BadValue("too many previews at once", expected=f"at most {MOST}", got=str(len(asked)))
    with desk.table() as table:
        rows = table.run(f"SELECT id, part, row, content FROM samples WHERE id IN ({in_sql(asked)})")  # noqa: S608  # bytes
        details = table.details(rows, ["source", "path", "text"])
        sources = table.replay.sources
    known = pa.table(
        {
            "id": rows["id"],
            "content": rows["content"].cast(pa.binary(16)),
            **{n: details[n] for n in details.column_names},
        }
    )
    found = Samples(desk.dataset, known, known.num_rows, sources).previews()
    contents = dict(zip((bytes(one) for one in rows["id"].to_pylist()), rows["content"].to_pylist(), strict=True))
    kind = OUTLINE if desk.dataset.medium == "audio" else PICTURE
    body = bytearray()
    for one in asked:
        data = found.get(contents.get(one, b""), b"")
        body += struct.pack("<BI", kind if data else NONE, len(data)) + data
    return Response(
        bytes(body), media_type="application/octet-stream", headers={"Cache-Control": "private, max-age=3600"}
    )


def _part(data: bytes, kind: str, asked: str, headers: dict[str, str]) -> Response:
    """The whole, or the part that a player asks for."""
    match = _RANGE.fullmatch(asked.strip())
    if not match or not any(match.groups()):
        return Response(data, media_type=kind, headers=headers)
    first, last = match.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(len(data) - 1, int(last)) if first and last else len(data) - 1
    if start > end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    headers = {**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"}
    return Response(data[start : end + 1], 206, media_type=kind, headers=headers)
