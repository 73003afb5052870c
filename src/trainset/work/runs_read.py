"""Runs as pages ask for them: read once, kept without their probabilities, with what was reckoned from these."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.learn.calibration import Reliability, reliability_of
from trainset.learn.scores import decide
from trainset.store import log
from trainset.store import runs as store
from trainset.store.dataset import Dataset
from trainset.store.filters import FLAGGED
from trainset.store.runs import Predictions, Run
from trainset.work.common import Common, compared
from trainset.work.costs import costs
from trainset.work.harm import RULES, HarmRead, check_rule, harm_of, least_harm, prices_of
from trainset.work.runs import part, side
from trainset.work.within import within

_READ = 4
"""Runs that are kept, each by one rule: at a million samples 80 MB."""
_RECKONED = 64
_SPLITS = ("", "validation", "test")


@dataclass(frozen=True)
class Read:
    """A run by a rule of decision. found: without probabilities. believed: how far its confidence can be believed, by split."""

    run: Run
    found: Predictions
    believed: Mapping[str, Reliability | None]


class RunsRead:
    """Remembers the runs that were asked for last. Safe from any thread."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()
        self._read: OrderedDict[Hashable, Read] = OrderedDict()
        self._reckoned: OrderedDict[Hashable, Any] = OrderedDict()

    def read(self, name: str, rule: str = "likely", where: str = "") -> Read:
        """A run by its name and a rule of decision, of the samples that a filter holds for now. Raises `UnknownName`, `DamagedDataset`, `BadValue`,
        `BadFilter`."""
        check_rule(rule)
        run = store.named(self._dataset, name)
        found: Read = self._kept(self._read, _READ, self._key(run, rule, where), lambda: self._made(run, rule, where))
        return found

    def harm(self, name: str, split: str, rule: str, where: str = "") -> HarmRead:
        """How much harm a run does by the costs of now. Raises as `read`."""
        check_rule(rule)
        run = store.named(self._dataset, name)
        at, set_ = log.head(self._dataset), costs(self._dataset)
        by = {each: self.read(run.run, each, where).found for each in RULES}
        key = "harm", split, self._key(run, "harm", where)
        found: HarmRead = self._kept(self._reckoned, _RECKONED, key, lambda: harm_of(run, by, set_, split, rule, at))
        return dataclasses.replace(found, decide=rule, at=at)

    def common(self, name: str, split: str, rule: str, where: str, asked: Mapping[str, str]) -> Common:
        """What the samples of a part share, as they were when the run was made. asked: cell, row or column. Raises as `read`."""
        one = self.read(name, rule, where)
        some = part(one.run, one.found, split=split, **asked)
        key = "common", split, self._key(one.run, rule, where), *sorted(asked.items())
        found: Common = self._kept(
            self._reckoned, _RECKONED, key, lambda: compared(one.run, one.found, [some], split, self._dataset)[0]
        )
        return found

    def _made(self, run: Run, rule: str, where: str) -> Read:
        whole = store.decisions(self._dataset, run)
        run, found = within(self._dataset, run, whole, where)
        inside: NDArray[np.bool_] = pc.is_in(whole.ids, value_set=found.ids).to_numpy(zero_copy_only=False)
        prices = prices_of(costs(self._dataset), run, found) if rule == "harm" else None
        sure: list[NDArray[Any]] = []
        best: list[NDArray[Any]] = []
        own: list[NDArray[Any]] = []
        predicted: list[NDArray[Any]] = []
        confidence: list[NDArray[Any]] = []
        first = start = 0
        for batch in store.probabilities(self._dataset, run):
            values = batch[inside[first : first + len(batch)]]
            rows, given = np.arange(len(values)), found.given[start : start + len(values)]
            first, start = first + len(batch), start + len(values)
            sure.append(values.max(axis=1))
            best.append(values.argmax(axis=1))
            own.append(values[rows, np.maximum(given, 0)])
            if prices is not None:
                predicted.append(decide(values, prices.of_classes))
                confidence.append(values[rows, predicted[-1]])
        one, two, three = (np.concatenate([np.empty(0, np.float32), *some]) for some in (sure, best, own))
        sides = {split: self._believed(found, split, one, two, three) for split in _SPLITS}
        if prices is not None and predicted:
            other = dataclasses.replace(
                found, predicted=np.concatenate(predicted), confidence=np.concatenate(confidence)
            )
            run, found = least_harm(run, other)
        return Read(run, found, sides)

    @staticmethod
    def _believed(
        found: Predictions, split: str, sure: NDArray[Any], best: NDArray[Any], own: NDArray[Any]
    ) -> Reliability | None:
        rows = np.flatnonzero(side(found, split) & (found.given >= 0))
        if not len(rows):
            return None
        right = best[rows] == found.given[rows]
        return reliability_of(sure[rows].astype(np.float64), right, own[rows].astype(np.float64))

    def _key(self, run: Run, rule: str, where: str) -> tuple[Hashable, ...]:
        """Changes when a run does, or what its decisions or a filter depend on; what checks found may change without a sign of it."""
        state = self._dataset.place("predictions", f"{run.run}.parquet").stat()
        now: list[Hashable] = [*costs(self._dataset)] if rule == "harm" else []
        if where:
            now += [where, log.head(self._dataset), self._dataset.kept.state if self._dataset.kept else None]
            now += [object()] if FLAGGED in where.lower() else []
        return run.run, rule, state.st_mtime_ns, state.st_size, *now

    def _kept(self, known: OrderedDict[Hashable, Any], most: int, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:  # two who ask for the same wait for one reading of it
            if key not in known:
                known[key] = make()
                while len(known) > most:
                    known.popitem(last=False)
            known.move_to_end(key)
            return known[key]
