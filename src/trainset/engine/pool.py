"""A local pool of worker processes for files that cannot be trusted: what crashes or hangs costs one row."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from trainset.engine.crew import Crew
from trainset.engine.lost import Lost
from trainset.engine.process import Process
from trainset.engine.span import Answered, answered, joined

__all__ = ["Lost", "Pool"]

LOOK_AHEAD = 2
"""Batches per worker read from the input before the first of them is answered: one at work, one waiting."""


class Pool:
    """Runs one function over batches in worker processes; see `map`.

    function: "module:name" of `function(batch, settings, started) -> batch`, one row for each row given, in order, and
        always of one schema; it calls `started(i)` before it begins row i. What it prints goes nowhere.
    settings: whatever JSON can hold.
    workers: processes, started when first needed; None: one for each processor this process may use, at most 8.
    seconds: longest time for one row without a sign of life.
    memory: bytes of address space a worker may take beyond what it has after its imports (Linux only).
    """

    def __init__(
        self,
        function: str,
        settings: Mapping[str, Any],
        *,
        workers: int | None = None,
        seconds: float = 20.0,
        memory: int = 600 * 2**20,
    ) -> None:
        if not all(function.partition(":")):
            raise ValueError(f"expected 'module:name', got {function!r}")
        self._workers = _processors() if workers is None else workers
        if self._workers < 1 or seconds <= 0 or memory <= 0:
            raise ValueError(f"expected positive numbers, got {workers=}, {seconds=}, {memory=}")
        settings = json.loads(json.dumps(dict(settings)))  # a copy, and an early error for what JSON cannot hold
        self._crew = Crew(partial(Process, function, settings, seconds=seconds, memory=memory), function)
        self._threads = ThreadPoolExecutor(self._workers, thread_name_prefix="trainset-pool")

    def start(self) -> None:
        """Starts the processes now, beside what the caller does until its first batch; else `map` starts them."""
        for _ in range(self._workers):
            self._threads.submit(self._crew.prepare)

    def map(
        self, batches: Iterable[pa.RecordBatch], lost: Callable[[pa.RecordBatch, Lost], pa.RecordBatch]
    ) -> Iterator[pa.RecordBatch]:
        """The function's answers, batch by batch in the order given.

        batches: read lazily, in the caller's thread. lost: given the row (a batch of one) that ended its worker, and
        why; returns the row to stand in its place. Called in the caller's thread.
        Raises `RuntimeError` with the worker's traceback when the function raises or cannot be imported.
        """
        source, stop = iter(batches), threading.Event()
        waiting: deque[tuple[pa.RecordBatch, Future[list[Answered]]]] = deque()
        try:
            while True:
                for batch in islice(source, LOOK_AHEAD * self._workers - len(waiting)):
                    waiting.append((batch, self._submit(batch, stop)))
                if not waiting:
                    return
                batch, pieces = waiting.popleft()
                yield joined(batch, _result(pieces), lost)
        finally:
            stop.set()
            for _, later in waiting:
                later.cancel()

    def close(self) -> None:
        """Ends all processes and threads, also in the middle of a row. May be called twice."""
        self._crew.close()
        self._threads.shutdown(cancel_futures=True)
        self._crew.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _submit(self, batch: pa.RecordBatch, stop: threading.Event) -> Future[list[Answered]]:
        self._crew.refuse_if_closed()
        return self._threads.submit(self._answer, batch, stop)

    def _answer(self, batch: pa.RecordBatch, stop: threading.Event) -> list[Answered]:
        pieces = []
        for piece in answered(batch, self._crew.ask):
            pieces.append(piece)
            if stop.is_set():  # the caller has left
                break
        return pieces


def _result(pieces: Future[list[Answered]]) -> list[Answered]:
    try:
        return pieces.result()
    except CancelledError:
        raise RuntimeError("the pool is closed") from None


def _processors() -> int:
    # Linux: fewer than the machine has, in a container or under taskset
    affinity = getattr(os, "sched_getaffinity", None)
    return min(8, len(affinity(0)) if affinity else os.cpu_count() or 1)
