"""Serving one dataset on this machine until it is stopped."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import uvicorn

from trainset.errors import BadValue
from trainset.server.app import make_app
from trainset.server.patience import Patient
from trainset.server.roles import Role, Visitor
from trainset.work.person import acting
from trainset.work.workbench import Workbench

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORT = 8765
_GRACE = 3
"""Seconds that open streams have to end."""


def bind(address: str, port: int) -> socket.socket:
    """A socket that listens, before anything else is done. Raises `BadValue` for a port that is taken or an address that is not this machine's."""
    if address not in LOOPBACK:
        raise BadValue(
            "the workbench is served to this machine only", expected=" or ".join(LOOPBACK), got=address[:100],
            next="there are no accounts yet, and whoever reaches the address could change the dataset: use an SSH tunnel, "
            f"ssh -L {port or PORT}:127.0.0.1:{port or PORT} THIS-MACHINE",
        )  # fmt: skip
    if not 0 <= port <= 65_535:
        raise BadValue("there is no such port", expected="0 to 65535; 0: any that is free", got=str(port))
    family = socket.AF_INET6 if address == "::1" else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((address, port))
        found.listen(128)
    except OSError as error:
        found.close()
        raise BadValue(
            f"port {port} of {address} cannot be used", got=error.strerror or str(error),
            next="another trainset may be running there: stop it, or trainset serve --port 0 takes any that is free",
        ) from None  # fmt: skip
    return found


def serve(
    dataset: Workbench, sock: socket.socket, *, person: str = "", reviewers: Sequence[str] = (), roots: Sequence[Path] = (),
    started: Callable[[str, dict[str, str], str], None] | None = None,
) -> None:  # fmt: skip
    """Serves until Ctrl-C or a signal. started: told the address of whoever started it, and those of the reviewers by name, each with a
    token of this start in it, and one that opens once: a browser gets it on a command line, which everyone on the machine can read."""
    address, port = sock.getsockname()[:2]
    tokens = {secrets.token_urlsafe(32): Visitor(acting(person), Role.ADMIN)}
    tokens |= {secrets.token_urlsafe(32): Visitor(acting(name), Role.REVIEWER) for name in reviewers}
    app = make_app(dataset, tokens=tokens, port=port, address=address, roots=roots)
    host = f"[{address}]" if ":" in address else address
    links = [(who, f"http://{host}:{port}/?token={token}") for token, who in tokens.items()]
    config = uvicorn.Config(
        app, http=Patient, log_level="warning", access_log=False, server_header=False, date_header=False, timeout_graceful_shutdown=_GRACE,
        limit_concurrency=200, timeout_keep_alive=30, ws="none", lifespan="on",
    )  # fmt: skip
    server = uvicorn.Server(config)
    if started is not None:
        once = app.state.doors.once(links[0][0])
        started(links[0][1], {who.person: link for who, link in links[1:]}, f"http://{host}:{port}/?token={once}")
    with closing(sock):
        server.run([sock])
