"""What the checks say, found in the background while somebody looks at the samples, and kept with the position they are of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import TrainsetError
from trainset.server.events import Events
from trainset.store import log
from trainset.work.audit import CheckResult, audit, checks
from trainset.work.workbench import Workbench

_LOG = logging.getLogger("trainset.server")


@dataclass(frozen=True)
class Found:
    """The results of the checks so far, by name. at: the position they are of; waiting: the checks that have not run there; trouble: why they ended."""

    at: int
    results: Mapping[str, CheckResult]
    waiting: tuple[str, ...]
    trouble: str = ""


class Findings:
    """Runs every check, one after the other, when asked to; the results of before stay until new ones are there. Safe from any thread."""

    def __init__(self, dataset: Workbench, events: Events) -> None:
        self._dataset, self._events = dataset, events
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._found = Found(-1, {}, ())

    def now(self) -> Found:
        """What is known."""
        with self._lock:
            return self._found

    def look(self, *, again: bool = False) -> Found:
        """What is known; begins to look when nothing is, or `again` when the log has moved on."""
        head = log.head(self._dataset)
        with self._lock:
            busy = self._thread is not None and self._thread.is_alive()
            stale = self._found.at < 0 or (again and self._found.at != head) or bool(again and self._found.trouble)
            if stale and not busy and not self._over.is_set() and self._dataset.medium:
                self._found = Found(head, self._found.results, tuple(checks(self._dataset)))
                self._thread = threading.Thread(target=self._run, args=(head,), name="trainset-checks", daemon=True)
                self._thread.start()
            return self._found

    def set(self, result: CheckResult) -> None:
        """Takes in what a check said with other settings, or after a dismissal."""
        with self._lock:
            self._found = Found(
                self._found.at, {**self._found.results, result.check: result}, self._found.waiting, self._found.trouble
            )
        self._events.tell("findings")

    def dismissed(self, check: str, some: pa.Array) -> None:
        """Takes findings of a check off the list (ids of 16 bytes each): somebody dismissed them just now."""
        with self._lock:
            old = self._found.results.get(check)
        if old is None:
            return
        stays = pc.invert(pc.is_in(old.ids.cast(pa.binary(16)), value_set=some.cast(pa.binary(16))))
        rows = pc.indices_nonzero(stays).to_pylist()
        self.set(
            replace(
                old, ids=old.ids.filter(stays), severity=[old.severity[row] for row in rows],
                because=[old.because[row] for row in rows], dismissed=old.dismissed + len(old.ids) - len(rows),
            )
        )  # fmt: skip

    def close(self) -> None:
        """Ends after the check that runs."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self, at: int) -> None:
        results: dict[str, Any] = {}
        trouble = ""
        try:
            for name in checks(self._dataset):
                if self._over.is_set():
                    return
                results[name] = audit(self._dataset, only=[name], at=at).results[0]
                with self._lock:
                    waiting = tuple(one for one in self._found.waiting if one != name)
                    self._found = Found(at, {**self._found.results, name: results[name]}, waiting)
                self._events.tell("findings")
        except TrainsetError as error:
            trouble = error.what
        except Exception as error:  # noqa: BLE001  # said to whoever looks, and in the terminal
            _LOG.exception("the checks ended")
            trouble = f"a mistake of ours: {type(error).__name__}"
        with self._lock:
            self._found = Found(at, self._found.results, (), trouble)
        self._events.tell("findings")
