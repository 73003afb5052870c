"""Who has the workbench open is told when the log, the runs or a job have moved on: server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import AsyncIterator
from typing import Any

from trainset.errors import BadValue, TrainsetError
from trainset.store import log
from trainset.store.dataset import Dataset

_LOG = logging.getLogger("trainset.server")
_SECONDS = 0.5
"""Between two looks at what other processes did to the log."""
_SILENCE = 15.0
"""Seconds after which a line is sent that says nothing, so that both sides see whether the other is there."""
_MOST = 40
"""Streams of one person."""
_WAITING = 200
"""Events that a slow listener may have waiting; of more, the oldest are dropped, for the newest say where things stand."""


class Events:
    """What happens, to whoever listens. Safe from any thread."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._listening: dict[asyncio.Queue[dict[str, Any]], tuple[asyncio.AbstractEventLoop, str]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watcher: threading.Thread | None = None
        self._seen = -1

    def tell(self, kind: str, **facts: Any) -> None:
        """Sends an event to everyone."""
        with self._lock:
            for waiting, (loop, _) in self._listening.items():
                loop.call_soon_threadsafe(_put, waiting, {"kind": kind, **facts})

    def moved(self) -> None:
        """Looks whether the log has moved on, and says so."""
        head = log.head(self._dataset)
        if head != self._seen:
            self._seen = head
            self.tell("log", at=head)

    def require_room(self, person: str) -> None:
        """Raises `BadValue` when somebody listens too often already: each keeps a connection, and there are not many."""
        with self._lock:
            mine = sum(who == person for _, who in self._listening.values())
        if mine >= _MOST:
            raise BadValue("too many pages of yours are open", expected=f"at most {_MOST}", next="close some")

    async def listen(self, person: str = "") -> AsyncIterator[bytes]:
        """The events from now on, as lines of the stream; the first says where the log is."""
        waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_WAITING)
        with self._lock:
            self._listening[waiting] = asyncio.get_running_loop(), person
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="trainset-events", daemon=True)
                self._watcher.start()
        try:
            yield _line({"kind": "log", "at": await asyncio.to_thread(log.head, self._dataset)})
            while not self._over.is_set():
                try:
                    yield _line(await asyncio.wait_for(waiting.get(), _SILENCE))
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            with self._lock:
                self._listening.pop(waiting, None)

    def close(self) -> None:
        """Ends the watching and all streams."""
        self._over.set()
        self.tell("end")
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(_SECONDS):
            try:
                self.moved()
            except TrainsetError as error:  # the next request of a page says it to the person
                _LOG.warning("the log cannot be read: %s", error.what)


def _put(waiting: asyncio.Queue[dict[str, Any]], event: dict[str, Any]) -> None:
    if waiting.full():
        with contextlib.suppress(asyncio.QueueEmpty):
            waiting.get_nowait()
    waiting.put_nowait(event)


def _line(event: dict[str, Any]) -> bytes:
    number = f"id: {event['at']}\n" if "at" in event else ""
    return f"{number}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
