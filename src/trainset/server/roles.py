"""Who may call what: every route declares a role, and whoever does not hold it is refused before anything runs."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from trainset.errors import TrainsetError

_MOST = 1_000
"""Sessions that are open: each request compares with all of them."""

F = TypeVar("F", bound=Callable[..., Any])


class Role(IntEnum):
    """What somebody may do; each may do all that the ones before it may."""

    NOBODY = 0
    """The page itself and its scripts, which say nothing of the dataset."""
    REVIEWER = 1
    """Looks at everything, fixes samples, leaves notes."""
    ADMIN = 2
    """Imports, trains, names versions, changes classes."""


class NotLetIn(TrainsetError):
    """Somebody without a session, or with one that may not do this."""

    def __init__(self, what: str, *, known: bool, next: str) -> None:
        super().__init__(what, next=next)
        self.known = known


@dataclass(frozen=True)
class Visitor:
    """Who asks: the name that the log keeps, and what they may do."""

    person: str
    role: Role


class Doors:
    """The tokens of this start of the server, and the sessions that they opened. Neither is on disk; both end with the process."""

    def __init__(self, tokens: Mapping[str, Visitor], port: int = 0) -> None:
        """tokens: what opens a door, and who comes in by it."""
        self._tokens = {_digest(token): visitor for token, visitor in tokens.items()}
        self._sessions: dict[str, Visitor] = {}
        self._once: dict[str, Visitor] = {}
        self.cookie = f"trainset_{port}"
        """Its name: browsers share cookies between the ports of one host."""

    def once(self, visitor: Visitor) -> str:
        """A token that opens one session, and is no key of its own."""
        token = secrets.token_urlsafe(32)
        self._once[_digest(token)] = visitor
        return token

    def open(self, token: str) -> str | None:
        """A new session for a token; None when there is no such token. Of very many the oldest ends."""
        visitor = self._find(self._tokens, token) or self._once.pop(_digest(token), None)
        if visitor is None:
            return None
        session = secrets.token_urlsafe(32)
        while len(self._sessions) >= _MOST:
            self._sessions.pop(next(iter(self._sessions)), None)
        self._sessions[_digest(session)] = visitor
        return session

    def visitor(self, request: Request) -> Visitor | None:
        """Who asks, by the session of the cookie or by a token in the header `Authorization: Bearer`."""
        session = request.cookies.get(self.cookie, "")
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and token:
            return self._find(self._tokens, token)
        return self._find(self._sessions, session) if session else None

    def require(self, request: Request, role: Role) -> Visitor | None:
        """Who asks. Raises `NotLetIn` when they may not."""
        if role is Role.NOBODY:
            return None
        found = self.visitor(request)
        if found is None:
            raise NotLetIn(
                "nobody is signed in here", known=False,
                next="open the address that `trainset serve` printed: it holds the token of this start",
            )  # fmt: skip
        if found.role < role:
            raise NotLetIn(
                f"{found.person} is a {found.role.name.lower()} and may not do this", known=True,
                next=f"ask whoever started the server: it takes a {role.name.lower()}",
            )  # fmt: skip
        return found

    @staticmethod
    def _find(known: Mapping[str, Visitor], secret: str) -> Visitor | None:
        asked, found = _digest(secret), None
        for digest, visitor in known.items():  # all of them, so that time tells nothing
            if hmac.compare_digest(digest, asked):
                found = visitor
        return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def allow(role: Role) -> Callable[[F], F]:
    """Declares the role of a route's function."""

    def mark(function: F) -> F:
        function.role = role  # type: ignore[attr-defined]
        return function

    return mark


class Guarded(APIRoute):
    """A route that asks for its role first. One that declares none cannot be made."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        role = getattr(endpoint, "role", None)
        if not isinstance(role, Role):
            raise TypeError(f"the route {path} declares no role")
        self.role = role
        more["openapi_extra"] = {**(more.get("openapi_extra") or {}), "x-role": role.name.lower()}
        super().__init__(path, endpoint, **more)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Asks before the body is read."""
        run = super().get_route_handler()

        async def handler(request: Request) -> Response:
            request.state.visitor = request.app.state.doors.require(request, self.role)
            return await run(request)

        return handler
