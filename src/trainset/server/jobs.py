"""Long work: one job at a time in a process of its own, with progress, that can be cancelled, and whose record outlives the page."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from trainset.engine.command import search_path
from trainset.errors import BadValue, UnknownName
from trainset.server.events import Events
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file

_LOG = logging.getLogger("trainset.server")

WAITING, RUNNING, DONE, FAILED, CANCELLED, LOST = (
    "waiting",
    "running",
    "done",
    "failed",
    "cancelled",
    "ended with the server",
)
MOST_WAITING = 20
_KEPT = 200
_LINES = 200
_LARGEST, _DEEPEST = 2_000_000, 50
"""Bytes of a record, and levels of what is in it."""
_PATIENCE = 15.0
"""Seconds from a wish to cancel to the end by force."""
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from trainset.server.job import main; main()"
_PAUSE = 0.2
"""Seconds between two events of progress."""


@dataclass(frozen=True)
class Job:
    """One piece of long work. state: waiting, running, done, failed, cancelled, or ended with the server. step: what it is at; done: how many
    of it, of: of how many, where that is known. result: what the verb returned, as JSON; error: as every error is told; lines: what it said."""

    number: int
    verb: str
    arguments: Mapping[str, Any]
    person: str
    made: str
    state: str = WAITING
    started: str = ""
    ended: str = ""
    step: str = ""
    done: int = 0
    of: int | None = None
    live: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    error: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


class Jobs:
    """The jobs of one dataset. Safe from any thread."""

    def __init__(self, dataset: Dataset, events: Events) -> None:
        self._dataset, self._events = dataset, events
        self._lock = threading.RLock()
        self._more = threading.Condition(self._lock)
        self._over = False
        self._process: subprocess.Popen[bytes] | None = None
        self._jobs = {job.number: job for job in _read(self._folder)}
        for job in [*self._jobs.values()]:
            if job.state in (WAITING, RUNNING):
                self._set(job.number, state=LOST, ended=_now())
        self._thread = threading.Thread(target=self._serve, name="trainset-jobs", daemon=True)
        self._thread.start()

    @property
    def _folder(self) -> Path:
        return self._dataset.place("cache", "jobs")

    def start(self, verb: str, arguments: Mapping[str, Any], person: str) -> Job:
        """A new job, which runs when those before it have ended. Raises `BadValue` when too many wait."""
        with self._more:
            waiting = sum(job.state == WAITING for job in self._jobs.values())
            if waiting >= MOST_WAITING:
                raise BadValue(
                    "too much work waits already", expected=f"at most {MOST_WAITING} jobs", next="cancel some, or wait"
                )
            number = max(self._jobs, default=0) + 1
            self._jobs[number] = Job(number, verb, arguments, person, _now())
            self._write(number)
            self._more.notify_all()
        self._events.tell("job", job=number)
        return self._jobs[number]

    def all(self) -> list[Job]:
        """All that are kept, the newest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: -job.number)

    def one(self, number: int) -> Job:
        """Raises `UnknownName`."""
        with self._lock:
            if number not in self._jobs:
                raise UnknownName(
                    f"there is no job {number}", expected=", ".join(map(str, sorted(self._jobs)[-10:])) or "none yet"
                )
            return self._jobs[number]

    def cancel(self, number: int) -> Job:
        """Ends a job: one that waits at once, one that runs as soon as it can stop; what it acknowledged is kept. Raises `UnknownName`."""
        with self._lock:
            job = self.one(number)
            if job.state == WAITING:
                self._set(number, state=CANCELLED, ended=_now())
            elif job.state == RUNNING and self._process is not None:
                self._set(number, step="ending")
                self._stop(self._process)
        self._events.tell("job", job=number)
        return self.one(number)

    def close(self) -> None:
        """Ends the job that runs, and takes no more."""
        with self._more:
            self._over = True
            if self._process is not None:
                self._stop(self._process)
            self._more.notify_all()
        self._thread.join(_PATIENCE + 5)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()  # the sign to stop
        timer = threading.Timer(_PATIENCE, process.kill)
        timer.daemon = True
        timer.start()

    def _serve(self) -> None:
        """The thread that starts every process: they die with it."""
        while True:
            with self._more:
                while not self._over and not any(job.state == WAITING for job in self._jobs.values()):
                    self._more.wait()
                if self._over:
                    return
                number = min(job.number for job in self._jobs.values() if job.state == WAITING)
            try:
                self._run(number)
            except Exception as error:  # noqa: BLE001  # a job must not take the others with it
                _LOG.exception("job %s ended", number)
                self._set(
                    number,
                    state=FAILED,
                    ended=_now(),
                    error={
                        "error": f"a mistake of ours: {type(error).__name__}",
                        "detail": "",
                        "where": "",
                        "next": "",
                    },
                )
            self._events.tell("job", job=number)
            self._events.moved()

    def _run(self, number: int) -> None:
        job = self.one(number)
        command = [sys.executable, "-I", "-X", "utf8", "-c", _BOOT, json.dumps(search_path())]
        asked = {
            "folder": str(self._dataset.folder),
            "number": number,
            "verb": job.verb,
            "arguments": dict(job.arguments),
            "person": job.person,
            "parent": os.getpid(),
        }
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        with self._lock:
            self._process = process
            self._set(number, state=RUNNING, started=_now())
        self._events.tell("job", job=number)
        words = _Tail(process.stderr)
        try:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.write(json.dumps(asked).encode() + b"\n")
                    process.stdin.flush()
            self._listen(number, process.stdout)
            code = process.wait()
        finally:
            with self._lock:
                self._process = None
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
        job = self.one(number)
        if job.state == RUNNING:  # it ended without a word
            stopped = job.step == "ending" or self._over
            state = (LOST if self._over else CANCELLED) if stopped else FAILED
            error = (
                {}
                if stopped
                else {
                    "error": f"the process ended with {code}",
                    "detail": words.text()[-2000:],
                    "where": "",
                    "next": "start it again",
                }
            )
            self._set(number, state=state, ended=_now(), error=error)

    def _listen(self, number: int, stream: IO[bytes] | None) -> None:
        last = 0.0
        for line in stream or ():
            try:
                said = json.loads(line)
            except ValueError:
                continue  # a library printed something
            if not isinstance(said, dict):
                continue
            ends = {"result": DONE, "error": FAILED, "cancelled": CANCELLED}
            over = next((state for name, state in ends.items() if name in said), "")
            changes = {name: said[name] for name in ("step", "done", "of", "live", "result", "error") if name in said}
            if "line" in said:
                changes["lines"] = (*self.one(number).lines, str(said["line"])[:2000])[-_LINES:]
            if over:
                changes |= {"state": LOST if over == CANCELLED and self._over else over, "ended": _now()}
            self._set(number, write=bool(over), **changes)
            if over or "live" in said or time.monotonic() - last > _PAUSE:
                last = time.monotonic()
                self._events.tell("job", job=number)

    def _set(self, number: int, *, write: bool = True, **changes: Any) -> None:
        with self._lock:
            self._jobs[number] = replace(self._jobs[number], **changes)
            if write:
                self._write(number)

    def _write(self, number: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with whole_file(self._folder / f"{number:06}.json") as file:
            file.write(json.dumps(asdict(self._jobs[number]), ensure_ascii=False).encode("utf-8", "backslashreplace"))
        for old in sorted(self._jobs)[:-_KEPT]:
            if self._jobs[old].state not in (WAITING, RUNNING):
                del self._jobs[old]
                for path in (
                    self._folder / f"{old:06}.json",
                    epochs_of(self._dataset, old),
                    arrivals_of(self._dataset, old),
                ):
                    path.unlink(missing_ok=True)


def epochs_of(dataset: Dataset, number: int) -> Path:
    """The file with the epochs of a training that a job runs, see `store.epochs`."""
    return dataset.place("cache", "jobs", f"{number:06}.epochs")


def arrivals_of(dataset: Dataset, number: int) -> Path:
    """The file with samples of an import that a job runs, see `server.arrivals`."""
    return dataset.place("cache", "jobs", f"{number:06}.arrivals")


class _Tail:
    """The end of what a process wrote to stderr, read as it comes so that the process never waits."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._kept = b""
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes] | None) -> None:
        if stream is None:
            return
        with stream:
            for line in stream:
                self._kept = (self._kept + line)[-20_000:]

    def text(self) -> str:
        self._thread.join(5)
        return self._kept.decode("utf-8", "replace")


def _read(folder: Path) -> list[Job]:
    """The records that are there; one that is damaged, or somebody else's, is left out: it is a cache."""
    found = []
    for path in sorted(folder.glob("[0-9]*.json"))[-_KEPT:] if folder.is_dir() else ():
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            if not path.is_file() or path.is_symlink() or path.stat().st_size > _LARGEST:
                continue
            facts = json.loads(path.read_bytes())
            job = Job(**{**facts, "lines": tuple(map(str, facts["lines"]))})
            if path.stem == f"{job.number:06}" and _is_sound(job):
                found.append(job)
    return found


def _is_sound(job: Job) -> bool:
    """Whether every part of a record is what it must be: it is told to every page."""
    texts = (
        job.verb,
        job.person,
        job.made,
        job.state,
        job.started,
        job.ended,
        job.step,
        *job.error.values(),
        *job.error,
    )
    return (
        type(job.number) is int
        and 0 < job.number < 10**9
        and type(job.done) is int
        and (job.of is None or type(job.of) is int)
        and all(isinstance(text, str) for text in texts)
        and all(isinstance(facts, dict) for facts in (job.arguments, job.live))
        and len(job.lines) <= _LINES
        and _depth([job.arguments, job.live, job.result]) < _DEEPEST
    )


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


Say = Callable[..., None]
"""What a verb of a job tells: step, done, of, live, line."""
