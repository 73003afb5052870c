"""The worker process: batches come in through a pipe, one function runs on them, its answers go back, until it closes.

Nothing here may trust itself to come back from the function: the row it is at stands in memory shared with the parent.
"""

from __future__ import annotations

import importlib
import json
import mmap
import os
import traceback
from collections.abc import Callable
from typing import IO, Any

import pyarrow as pa

from trainset.engine import frames, limits
from trainset.lean import collect_rarely, leave_pandas_out

HEAD = mmap.PAGESIZE
"""Bytes at the start of the log that hold the row being processed; the text of stderr follows."""

NOT_STARTED = -1

_LONGEST_TRACEBACK = 20_000  # characters, of its end

Function = Callable[[pa.RecordBatch, dict[str, Any], Callable[[int], None]], pa.RecordBatch]


def main() -> None:
    """Never returns. Stdin and stdout are the pipes, stderr is the log that the parent made."""
    leave_pandas_out()
    collect_rarely()
    requests, answers = _take_pipes()
    setup = json.loads(frames.receive(requests)[1])
    limits.die_with(setup["parent"])
    try:
        function = load(setup["function"])
    except BaseException:  # noqa: BLE001  # whatever it is, the parent must hear of it; SystemExit too
        frames.send(answers, frames.ERROR, _traceback())
        os._exit(1)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    limits.limit(setup["memory"])
    frames.send(answers, frames.READY)
    # no destructor of a library may hold up the end
    os._exit(_serve(function, setup["settings"], requests, answers))


def load(function: str) -> Function:
    """The function named "module:name"."""
    module, _, name = function.partition(":")
    found: Function = getattr(importlib.import_module(module), name)
    return found


def _serve(function: Function, settings: dict[str, Any], requests: IO[bytes], answers: IO[bytes]) -> int:
    row = memoryview(mmap.mmap(2, HEAD)).cast("q")

    def started(number: int) -> None:
        row[0] = number

    while True:
        try:
            request = frames.receive(requests)[1]
            _empty_log()
            batch = frames.decode(request)
            answer = function(batch, settings, started)
            row[0] = batch.num_rows  # all rows done: what goes wrong from here on is the fault of none of them
            _check(answer, batch)
            reply = frames.encode(answer)
        except EOFError:
            return 0
        except MemoryError:
            frames.send(answers, frames.MEMORY)
            return 1
        except BaseException:  # noqa: BLE001  # a bug of the function: told to the parent, which raises it there
            frames.send(answers, frames.ERROR, _traceback())
        else:
            frames.send(answers, frames.ANSWER, reply)


def _take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The protocol's pipes, moved out of the reach of prints and of child processes."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


def _empty_log() -> None:
    """Keeps the messages of one batch only, so that a talkative library never meets the limit of a file's size."""
    os.ftruncate(2, HEAD)
    os.lseek(2, HEAD, os.SEEK_SET)


def _check(answer: object, batch: pa.RecordBatch) -> None:
    if not isinstance(answer, pa.RecordBatch):
        raise TypeError(f"expected a pyarrow.RecordBatch, got {type(answer).__name__}")
    if answer.num_rows != batch.num_rows:
        raise ValueError(f"expected {batch.num_rows} rows, one per row given, got {answer.num_rows}")


def _traceback() -> bytes:
    return traceback.format_exc()[-_LONGEST_TRACEBACK:].encode("utf-8", "backslashreplace")
