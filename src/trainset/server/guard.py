"""What every request must pass before a route sees it, and what every answer carries."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trainset.errors import BadValue, TrainsetError
from trainset.server.answers import problem
from trainset.server.patience import BODY_SECONDS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {framed}"
)
"""Nothing from elsewhere, no code in the page, no `eval`. Styles may stand in the page: React writes places of cells there."""

_SAFE = ("GET", "HEAD", "OPTIONS")
_BODY = 1_000_000
"""Bytes that a request may send, where its route does not say more."""
_TRICKS = re.compile(rb"\.\.|\\|//|;|[\x00-\x1f\x7f]|%")
_LONGEST = 16_000
_JSON = ("application/json",)
_FILE = ("application/octet-stream",)


class Guard:
    """Refuses foreign hosts, foreign pages, forms, paths that try something, and bodies that are too large."""

    def __init__(
        self, app: ASGIApp, *, hosts: Iterable[str], framed: bool = False, uploads: str = "/api/uploads/"
    ) -> None:
        """hosts: `name:port` as a browser may call this server. framed: whether pages of this machine, such as a notebook, may show it
        inside themselves. uploads: where files are sent, whose size its route limits."""
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(f"{scheme}://{host}" for host in self._hosts for scheme in ("http", "https"))
        self._uploads = uploads
        around = "http://localhost:* http://127.0.0.1:*" if framed else "'none'"
        self._policy = POLICY.format(framed=around)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        send = self._dressed(scope, send)
        try:
            status, error = self._refused(scope)
        except UnicodeDecodeError:
            status, error = 400, BadValue("the request cannot be read as text")
        if error is not None:
            await problem(error, status)(scope, receive, send)
            return
        limit = None if scope["path"].startswith(self._uploads) else _BODY
        await self._app(scope, _limited(receive, limit), send)

    def _refused(self, scope: Scope) -> tuple[int, TrainsetError | None]:
        headers, method = Headers(scope=scope), scope["method"]
        host = headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return 403, BadValue(
                "this server does not answer to that name", expected=" or ".join(sorted(self._hosts)), got=", ".join(host)[:200],
                next="open the address that `trainset serve` printed",
            )  # fmt: skip
        if len(scope.get("query_string", b"")) > _LONGEST:
            return 414, BadValue("the address is too long", expected=f"at most {_LONGEST:,} bytes")
        raw = scope.get("raw_path") or scope["path"].encode()
        if _TRICKS.search(_twice_decoded(raw)):
            return 400, BadValue("this is no path of this server")
        origins = headers.getlist("origin")
        if len(origins) > 1 or (origins and origins[0].lower() not in self._origins):
            return 403, BadValue("a page of another site asked", got=", ".join(origins)[:200])
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and not _is_visit(
            scope, headers
        ):
            return 403, BadValue("a page of another site asked", got=headers["sec-fetch-site"])
        if method in _SAFE:
            return 200, None
        bearer = headers.get("authorization", "").lower().startswith("bearer ")
        if not origins and not bearer:
            return 403, BadValue("a change must come from the workbench's own page", expected="the header Origin")
        expected = _FILE if scope["path"].startswith(self._uploads) else _JSON
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in expected:
            return 415, BadValue("this type is not taken here", expected=expected[0], got=kind[:100] or "none")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or (int(length) > _BODY and expected is _JSON):
            return 413, BadValue("too much was sent", expected=f"at most {_BODY:,} bytes", got=length[:20])
        return 200, None

    def _dressed(self, scope: Scope, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers.setdefault("Cache-Control", "no-store")
                headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(self)"
            await send(message)

        return dressed


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether somebody follows a link to a page, rather than a page asking for something behind their back."""
    return (
        scope["method"] == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and not scope["path"].startswith("/api/")
    )


def _twice_decoded(raw: bytes) -> bytes:
    """A path as it is after two decodings; a `%` that is left tries for a third."""
    raw = raw.split(b"?")[0]
    once = unquote_to_bytes(raw)
    return unquote_to_bytes(once)


def _limited(receive: Receive, limit: int | None) -> Receive:
    """Reads no more than so many bytes, whatever length was said, and waits for none of them for long."""
    got, whole = 0, False

    async def limited() -> Message:
        nonlocal got, whole
        if whole:  # what comes now is the end of the connection, and of a stream of events that may be tomorrow
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
        except TimeoutError:
            return {"type": "http.disconnect"}
        got += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if limit is not None and got > limit:
            return {"type": "http.disconnect"}
        return message

    return limited


def hosts_of(address: str, port: int) -> list[str]:
    """The names under which a browser on this machine may call a server."""
    names = {"127.0.0.1": ("127.0.0.1", "localhost"), "::1": ("[::1]", "localhost")}.get(address, (address,))
    return [f"{name}:{port}" for name in names] + ([*names] if port == 80 else [])


def origin_of(address: str) -> str:
    """Scheme, host and port of an address."""
    found = urlsplit(address)
    return f"{found.scheme}://{found.netloc}"
