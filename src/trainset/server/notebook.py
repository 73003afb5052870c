"""The workbench inside a notebook: a server in a thread of the notebook's own process, shown in a frame."""

from __future__ import annotations

import html
import secrets
import threading
import time
from dataclasses import dataclass, field

import uvicorn

from trainset.errors import TrainsetError
from trainset.server.app import make_app
from trainset.server.patience import Patient
from trainset.server.roles import Role, Visitor
from trainset.server.serve import bind
from trainset.work.person import acting
from trainset.work.workbench import Workbench

_SECONDS = 20


@dataclass
class Shown:
    """A running workbench that a notebook shows as a frame. `close()` ends it; it ends with the notebook's process in any case."""

    address: str
    height: int
    server: uvicorn.Server = field(repr=False)
    thread: threading.Thread = field(repr=False)

    def close(self) -> None:
        """Ends the server."""
        self.server.should_exit = True
        self.thread.join(_SECONDS)

    def _repr_html_(self) -> str:
        address = html.escape(self.address, quote=True)
        return (
            f'<iframe src="{address}" width="100%" height="{self.height}" style="border:1px solid #8888" title="trainset"></iframe>'
            f'<p><a href="{address}" target="_blank" rel="noopener">open it in a tab of its own</a></p>'
        )


def show(dataset: Workbench, *, page: str = "look", where: str = "", height: int = 700, person: str = "") -> Shown:
    """Opens the workbench of a dataset in the notebook, at a page and a filter. It answers to this machine alone, and lets pages of this machine
    show it in a frame, which `trainset serve` does not. Raises `TrainsetError` when it does not start."""
    from urllib.parse import quote

    sock = bind("127.0.0.1", 0)
    port = int(sock.getsockname()[1])
    token = secrets.token_urlsafe(32)
    # a dataset of its own: its table is kept for the page, and no cell of the notebook waits for it
    own = Workbench(dataset.folder)
    app = make_app(own, tokens={token: Visitor(acting(person), Role.ADMIN)}, port=port, framed=True)
    config = uvicorn.Config(
        app,
        http=Patient,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    def run() -> None:
        with sock, own:
            server.run([sock])

    thread = threading.Thread(target=run, name="trainset-serve", daemon=True)
    thread.start()
    ends = time.monotonic() + _SECONDS
    while not server.started:
        if time.monotonic() > ends or not thread.is_alive():
            raise TrainsetError(
                "the workbench did not start in the notebook", next="trainset serve starts it from a terminal"
            )
        time.sleep(0.02)
    place = f"#/{page}" + (f"?where={quote(where)}" if where else "")
    return Shown(f"http://localhost:{port}/?token={token}{place}", height, server, thread)
