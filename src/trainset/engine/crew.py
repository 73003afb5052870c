"""The worker processes of a pool: one per thread, started when first needed, watched, replaced, ended."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pyarrow as pa

from trainset.engine.process import Gone, Process, Raised

_TICK = 0.2  # seconds between two looks at the processes


class Crew:
    """Gives every thread a process of its own: Linux ends a process with the thread that started it.

    start: makes a process. name: of the function, for messages.
    """

    def __init__(self, start: Callable[[], Process], name: str) -> None:
        self._start, self._name = start, name
        self._own = threading.local()
        self._lock = threading.Lock()
        self._processes: set[Process] = set()
        self._watcher: threading.Thread | None = None
        self._closed = threading.Event()

    def ask(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The answer of this thread's process. Raises `Gone`, and the next call starts a fresh process.

        Raises `RuntimeError` when the function raises, a process cannot be started, or the crew is closed.
        """
        process = self._mine()
        try:
            return process.ask(batch)
        except Raised as error:
            raise RuntimeError(f"{self._name} raised in a worker process:\n\n{error}") from None
        except Gone:
            self._dismiss(process)
            self.refuse_if_closed()
            raise

    def prepare(self) -> None:
        """Starts this thread's process. What goes wrong is told when it is asked."""
        with contextlib.suppress(RuntimeError):
            self._mine()

    def close(self) -> None:
        """Ends all processes, also in the middle of a row: a thread that asks gets a `RuntimeError`."""
        with self._lock:
            self._closed.set()
            for process in self._processes:
                process.kill()

    def clear(self) -> None:
        """Closes files and the watching thread. Only when no thread asks any more. May be called twice."""
        for process in tuple(self._processes):
            self._dismiss(process)
        if self._watcher is not None:
            self._watcher.join()

    def refuse_if_closed(self) -> None:
        """Raises `RuntimeError` after `close`."""
        if self._closed.is_set():
            raise RuntimeError("the pool is closed")

    def _mine(self) -> Process:
        process: Process | None = getattr(self._own, "process", None)
        if process is not None and not process.usable:
            self._dismiss(process)
            process = None
        if process is None:
            process = self._own.process = self._started()
        return process

    def _started(self) -> Process:
        """A process that has imported the function, at the second attempt if need be."""
        words = ""
        for _ in range(2):
            process = self._hired()
            try:
                process.begin()
            except Raised as error:
                self._dismiss(process)
                raise RuntimeError(f"{self._name} cannot be imported in a worker process:\n\n{error}") from None
            except Gone as gone:
                words = f"{gone.lost.reason}\n\n{process.last_words()}".strip()
                self._dismiss(process)
                self.refuse_if_closed()
            else:
                return process
        raise RuntimeError(f"a worker process for {self._name} ended at its start, twice: {words}")

    def _hired(self) -> Process:
        with self._lock:  # held while it starts: `close` must not miss it
            self.refuse_if_closed()
            process = self._start()
            self._processes.add(process)
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="trainset-pool-watch", daemon=True)
                self._watcher.start()
        return process

    def _dismiss(self, process: Process) -> None:
        self._own.process = None
        with self._lock:
            self._processes.discard(process)
        process.end()

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._closed.wait(_TICK):
            now = time.monotonic()
            # bounded: while this very thread was stopped (Ctrl-Z, a laptop asleep) nobody was silent
            elapsed, last = min(now - last, 2 * _TICK), now
            with self._lock:
                for process in self._processes:
                    process.tick(elapsed)
