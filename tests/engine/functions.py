"""What the workers of these tests run. Each batch has a column `what`: a number, or the harm that its row does."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

Started = Callable[[int], None]


def act(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """The process id and the word of each row, unless the word says to do something worse."""
    words = batch.column("what").to_pylist()
    for i, word in enumerate(words):
        started(i)
        _HARM.get(word, _nothing)()
    said = [settings.get("prefix", "") + word for word in words]
    return pa.record_batch({"said": said, "pid": [os.getpid()] * len(words)}, schema=ANSWER)


def echo(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """The batch itself."""
    for i in range(batch.num_rows):
        started(i)
    return batch


def collect(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """Keeps `megabytes` per row until its end, as decoded rows are: no row alone takes too much."""
    kept = []
    for i in range(batch.num_rows):
        started(i)
        kept.append(bytearray(settings["megabytes"] * 2**20))
    return batch


def enlarge(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """An answer of `megabytes` per row."""
    for i in range(batch.num_rows):
        started(i)
    size = settings["megabytes"] * 2**20
    return pa.record_batch(
        {"what": batch.column("what"), "data": pa.array([bytes(size)] * batch.num_rows, pa.large_binary())}
    )


def careless(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """Crashes at the word `die` and never says which row it is at."""
    if "die" in batch.column("what").to_pylist():
        os.kill(os.getpid(), signal.SIGKILL)
    return batch


def tired(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """Dies at its 5th row, whichever that is: the fault of the rows before."""
    for i in range(batch.num_rows):
        started(i)
        _seen.append(i)
        if len(_seen) == 5:
            os.abort()
    return batch


def environment(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """The names of the variables it has."""
    return pa.record_batch({"names": [" ".join(os.environ)] * batch.num_rows})


def short(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """One row too few."""
    return batch.slice(1)


def settings(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """The settings it got."""
    return pa.record_batch({"settings": [repr(settings)] * batch.num_rows})


def parent(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """Starts a process, writes its number to `file`, and hangs."""
    started(0)
    with subprocess.Popen(["sleep", "600"]) as child:
        Path(settings["file"]).write_text(str(child.pid), "ascii")
    return batch


def forge(batch: pa.RecordBatch, settings: dict[str, Any], started: Started) -> pa.RecordBatch:
    """Writes bytes of its own into the pipe of the answers."""
    for i, word in enumerate(batch.column("what").to_pylist()):
        started(i)
        if word == "forge":
            body = settings["body"].encode()
            length = settings.get("length", len(body))
            for fd in _pipes():
                os.write(fd, b"A" + length.to_bytes(8, sys.byteorder) + body)
            time.sleep(600)
    return batch


ANSWER = pa.schema([("said", pa.string()), ("pid", pa.int64())])

_seen: list[int] = []


def _pipes() -> list[int]:
    fds = [int(name) for name in os.listdir("/proc/self/fd")]
    pipes = [fd for fd in fds if fd > 2 and _target(fd).startswith("pipe:")]
    return [fd for fd in pipes if os.get_blocking(fd) and _writable(fd)]


def _target(fd: int) -> str:
    try:
        return str(Path(f"/proc/self/fd/{fd}").readlink())
    except OSError:
        return ""


def _writable(fd: int) -> bool:
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY


def _nothing() -> None:
    pass


def _segfault() -> None:
    ctypes.string_at(0)


def _hoard() -> None:
    kept = []
    while True:
        kept.append(bytearray(10 * 2**20))


def _hoard_in_c() -> None:
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
    os.abort()


def _print() -> None:
    print("to stdout")
    print("to stderr", file=sys.stderr)
    os.write(1, b"A\0\0\0\0\0\0\0\0")
    subprocess.run(["echo", "from a child"], check=True)


def _chatter() -> None:
    for _ in range(40):
        print("?" * 2**20, flush=True)


def _read_input() -> None:
    if os.read(0, 1) != b"":
        raise AssertionError("there is something on stdin")


def _raise() -> None:
    raise LookupError("no such thing: \udcff\x1b[31m")


def _write_much() -> None:
    import tempfile

    with tempfile.TemporaryFile() as file:
        try:
            for _ in range(200):
                file.write(bytes(2**20))
        except OSError:
            return
    raise AssertionError("200 MB written")


_HARM: dict[str, Callable[[], object]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": _segfault,
    "exit": lambda: os._exit(7),
    "sys.exit": lambda: sys.exit(3),
    "hang": lambda: time.sleep(600),
    "nap": lambda: time.sleep(0.6),
    "hoard": _hoard,
    "hoard in C": _hoard_in_c,
    "print": _print,
    "chatter": _chatter,
    "read": _read_input,
    "raise": _raise,
    "write much": _write_much,
}
