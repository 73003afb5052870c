"""One worker process as its parent sees it: started, asked, watched, ended."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from typing import IO, Any, cast

import pyarrow as pa

from trainset.engine import frames
from trainset.engine.command import command
from trainset.engine.limits import environment
from trainset.engine.lost import Lost
from trainset.engine.worker import HEAD, NOT_STARTED

START_SECONDS = 60.0
"""Longest time for the imports of a worker: a cold disk is slow, and nothing untrusted runs yet."""

_END_SECONDS = 5.0
"""Longest wait for a killed process: one that reads from a dead network drive cannot be killed, and is left behind."""

_ROW = struct.Struct("q")

_NO_MEMORY = (b"bad_alloc", b"memory allocation of", b"out of memory", b"Cannot allocate memory")
"""What C++, Rust and C libraries say before they abort for want of memory."""


class Gone(Exception):
    """The process ended before it answered. row: the row of the batch it was at, None when it was at none."""

    def __init__(self, lost: Lost, row: int | None) -> None:
        super().__init__(lost.reason)
        self.lost, self.row = lost, row


class Raised(Exception):
    """The function raised: the text of its traceback. The process lives on."""


class Process:
    """A worker process. One thread asks; any thread may `tick` and `kill`."""

    def __init__(self, function: str, settings: Mapping[str, Any], *, seconds: float, memory: int) -> None:
        self._setup = {"function": function, "settings": settings, "memory": memory, "parent": os.getpid()}
        self._seconds, self._memory = seconds, memory
        self._lock = threading.Lock()
        self._watched, self._killed, self._hung = False, False, False
        self._patience, self._silent, self._seen = 0.0, 0.0, NOT_STARTED
        with contextlib.ExitStack() as undo:
            self._log = undo.enter_context(tempfile.TemporaryFile(prefix="trainset-worker-", buffering=0))
            self._log.write(bytes(HEAD))  # written, not truncated to: a full disk must not become a SIGBUS later
            self._counter = undo.enter_context(mmap.mmap(self._log.fileno(), HEAD))
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no shell
                command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=environment(os.environ),
                start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone; children die with the group
            )
            self._files = undo.pop_all()
        self._stdin, self._stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def begin(self) -> None:
        """Waits until the function is imported. Raises `Gone` or, for an import that fails, `Raised`."""
        self._exchange(frames.SETUP, json.dumps(self._setup).encode(), max(START_SECONDS, self._seconds), rows=0)

    def ask(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The function's answer for the batch. Raises `Gone`, after which this object is of no use, or `Raised`."""
        rows = batch.num_rows
        reply = self._exchange(frames.BATCH, frames.encode(batch), self._seconds, rows)
        try:
            answer = frames.decode(reply)
        except (pa.ArrowException, ValueError, OSError, StopIteration) as damage:
            raise self._gone(rows, Lost("crashed", f"the worker's answer cannot be read: {damage}")) from damage
        if answer.num_rows != rows:
            raise self._gone(rows, Lost("crashed", f"the worker answered {answer.num_rows} rows instead of {rows}"))
        return answer

    def tick(self, elapsed: float) -> None:
        """Counts `elapsed` seconds; ends the process when it has been silent for longer than is allowed."""
        with self._lock:
            if not self._watched:
                return
            row = self._row()
            self._silent = self._silent + elapsed if row == self._seen else 0.0
            self._seen = row
            if self._silent > self._patience:
                self._hung = True
                self._kill()

    def kill(self) -> None:
        """Ends the process and its children at once. Harmless when it is over already."""
        with self._lock:
            self._kill()

    @property
    def usable(self) -> bool:
        """Whether it makes sense to ask it again."""
        return not self._killed

    def end(self) -> None:
        """Ends the process, leaves no zombie and no open file. May be called twice."""
        self.kill()
        self._exit_code(_END_SECONDS)
        self._stdout.close()
        with contextlib.suppress(OSError):  # what was still to be written goes nowhere
            self._stdin.close()
        self._files.close()

    def last_words(self) -> str:
        """The end of what it wrote to stderr. Only after it has ended, and before `end`."""
        return _printable(self._tail()).strip()

    def _exchange(self, kind: bytes, payload: bytes | pa.Buffer, patience: float, rows: int) -> bytes:
        """Sends one frame and returns the payload of the answer."""
        with self._lock:
            _ROW.pack_into(self._counter, 0, NOT_STARTED)
            self._seen, self._silent, self._patience, self._watched = NOT_STARTED, 0.0, patience, True
        try:
            with contextlib.suppress(BrokenPipeError):  # it may have said why before it went
                frames.send(self._stdin, kind, payload)
            answer, body = frames.receive(self._stdout, limit=self._memory)
        except (EOFError, OSError):
            raise self._gone(rows) from None
        except ValueError as damage:
            raise self._gone(rows, Lost("crashed", f"the worker's answer cannot be read: {damage}")) from damage
        finally:
            with self._lock:
                self._watched = False
        if answer == frames.ERROR:
            raise Raised(_printable(body))
        if answer == frames.MEMORY:
            raise self._gone(rows, Lost("out of memory", self._memory_sentence()))
        return body

    def _gone(self, rows: int, lost: Lost | None = None) -> Gone:
        if lost is None:
            self._exit_code(1.0)  # the pipe closes a moment before the process is over
        self.kill()
        code = self._exit_code(_END_SECONDS)
        row = self._seen if self._hung else self._row()
        return Gone(lost or self._cause(code), row if 0 <= row < rows else None)

    def _exit_code(self, seconds: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode

    def _cause(self, code: int | None) -> Lost:
        if self._hung:
            return Lost("hung", f"no sign of life for {self._patience:g} seconds")
        if any(words in self._tail() for words in _NO_MEMORY):
            return Lost("out of memory", self._memory_sentence())
        if code is None:
            return Lost("hung", "the worker process stopped answering and cannot be ended")
        if code >= 0:
            return Lost("crashed", f"the worker process ended with exit code {code}")
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        hint = ", perhaps because the machine ran out of memory" if name == "SIGKILL" else ""
        return Lost("crashed", f"the worker process was ended by signal {name}{hint}")

    def _memory_sentence(self) -> str:
        return f"it takes more than the {self._memory / 2**20:,.0f} MB a worker may use"

    def _kill(self) -> None:
        if self._killed:  # its number may belong to another process by now
            return
        self._killed = True
        with contextlib.suppress(ProcessLookupError, PermissionError):  # over already
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _row(self) -> int:
        row: int = _ROW.unpack_from(self._counter, 0)[0]
        return row

    def _tail(self) -> bytes:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(min(size, max(HEAD, size - 4000)))
        return self._log.read()


def _printable(text: bytes) -> str:
    """Text of a worker, which may repeat what stands in a hostile file: no control sequence reaches the terminal."""
    lines = text.decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in lines)
