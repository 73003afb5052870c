"""Picks: more samples than an address holds, under a name that a filter takes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from trainset.errors import BadValue
from trainset.server.desk import AtDesk
from trainset.server.roles import Guarded, Role, allow
from trainset.store.picks import MOST, keep_pick

router = APIRouter(route_class=Guarded, tags=["samples"])


class Pick(BaseModel):
    """name: a filter that holds for these samples. samples: how many they are."""

    name: str
    samples: int


_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}  # fmt: skip


@router.post("/api/uploads/pick", openapi_extra=_BODY)
@allow(Role.REVIEWER)
async def pick(desk: AtDesk, request: Request) -> Pick:
    """Keeps a list of samples, 16 bytes each, in the cache. The same samples get the same name."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > 16 * MOST:
            raise BadValue("too many samples for one pick", expected=f"at most {MOST:,}")
    made = await run_in_threadpool(keep_pick, desk.dataset, bytes(data))
    return Pick(name=made.name, samples=made.samples)
