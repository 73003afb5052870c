"""Costs: which mistake hurts how much; set in the log, and made into a table for the classes of a run."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn.harm import costs_of_classes
from trainset.model import Cost, Entry, EntryKind
from trainset.store import log
from trainset.store import runs as store
from trainset.store.dataset import Dataset
from trainset.store.replay import COST_MOST, Replay, replay
from trainset.work.person import acting

ANY = "*"


@dataclass(frozen=True)
class CostSet:
    """What was done: action (None: it was so already), the cost before (1 when none was set) and now."""

    action: int | None
    label: str
    predicted: str
    before: float
    cost: float


class Grouped(Protocol):
    """Labels and the classes made of them, as a run has them."""

    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def beneath(self) -> tuple[int, ...]: ...


@dataclass(frozen=True)
class Priced:
    """Costs for a run. of_labels: (labels, classes), of_classes: (classes, classes), 0 for what is right, 1 where none is set. unused: those
    that cannot count here, and why. any: whether any was set that counts."""

    of_labels: NDArray[np.float64]
    of_classes: NDArray[np.float64]
    unused: tuple[str, ...]
    any: bool


def costs(dataset: Dataset, at: str | int | None = None) -> list[Cost]:
    """All costs that are set, by label and prediction; every other mistake costs 1."""
    return [one for _, one in sorted(replay(dataset, log.position(dataset, at)).costs.items())]


def set_cost(
    dataset: Dataset, label: str, predicted: str, cost: float, *, reason: str = "", person: str = ""
) -> CostSet:
    """Says what it costs to take a sample of the class `label` for `predicted`: an action that can be undone. `*` stands for any class.

    Raises `UnknownName` for what is neither a class nor one of a recipe, `BadValue` for what is no cost.
    """
    if (
        isinstance(cost, bool)
        or not isinstance(cost, (int, float))
        or not math.isfinite(cost)
        or not 0 <= cost <= COST_MOST
    ):
        raise BadValue("this is no cost", expected=f"a number of 0 to {COST_MOST:,.0f}", got=repr(cost))
    return _write(dataset, "costs set", label, predicted, float(cost), reason, person)


def unset_cost(dataset: Dataset, label: str, predicted: str, *, reason: str = "", person: str = "") -> CostSet:
    """Takes a cost away: the mistake costs 1 again, or what `*` says. Raises `UnknownName` when none is set."""
    known = replay(dataset).costs
    if (label, predicted) not in known:
        listed = ", ".join(f"{one}:{other}" for one, other in sorted(known)) or "none is set"
        raise UnknownName(
            f"no cost is set for {label}:{predicted}", expected=listed[:500], next="trainset costs lists them"
        )
    return _write(dataset, "costs unset", label, predicted, None, reason, person)


def pair(dataset: Dataset, text: str) -> tuple[str, str]:
    """LABEL:PREDICTED as it was typed; names may hold colons, so every one is tried. Raises `BadValue`."""
    known = _known(dataset, replay(dataset))
    places = [place for place, letter in enumerate(text) if letter == ":"]
    if not places:
        raise BadValue("a cost is of LABEL:PREDICTED, such as cat:child", got=repr(text[:80]))
    for place in places:
        if text[:place] in known and text[place + 1 :] in known:
            return text[:place], text[place + 1 :]
    first, _, second = text.partition(":")
    return first, second


def priced(found: list[Cost], run: Grouped, counts: NDArray[np.int64]) -> Priced:
    """Costs for the labels and classes of a run. counts: (labels,) samples of each.

    For a sample of the label l in the class c, predicted as k, the first that is set counts: l:k, c:k, l:*, c:*, *:k, *:*; else it is 1. So
    a label beneath has the cost of its class, unless it has one of its own. A class costs the mean over its labels. A prediction is a class
    of the run; a label that is a class by itself under another name stands for it, one among several in a class does not.
    """
    beneath = np.array(run.beneath, np.int64)
    of_labels = np.ones((len(run.labels), len(run.classes)))
    columns = {name: [code] for code, name in enumerate(run.classes)}
    for code, mine in enumerate(np.bincount(beneath, minlength=len(run.classes)).tolist()):
        if mine == 1:
            columns.setdefault(run.labels[int(np.flatnonzero(beneath == code)[0])], [code])
    anything: dict[str, Any] = {ANY: slice(None)}
    labels = {name: [row] for row, name in enumerate(run.labels)}
    classes = {name: np.flatnonzero(beneath == code).tolist() for code, name in enumerate(run.classes)}
    # what says less first, so that what says more is written over it
    tiers = (
        (anything, anything),
        (anything, columns),
        (classes, anything),
        (labels, anything),
        (classes, columns),
        (labels, columns),
    )
    used = set()
    for rows, places in tiers:
        for one in found:
            if one.label in rows and one.predicted in places:
                mine = np.arange(len(run.labels))[rows[one.label]]
                of_labels[np.ix_(mine, np.arange(len(run.classes))[places[one.predicted]])] = one.cost
                used.add(one)
    of_labels[np.arange(len(run.labels)), beneath] = 0
    unused = tuple(_why(one, run) for one in found if one not in used or _inside(one, run))
    of_classes = costs_of_classes(of_labels, beneath, counts, len(run.classes))
    return Priced(of_labels, of_classes, unused, len(unused) < len(found))


def _inside(one: Cost, run: Grouped) -> bool:
    """Whether both are of one class here, so that it is no mistake."""
    of = {
        **dict(zip(run.labels, (run.classes[code] for code in run.beneath), strict=True)),
        **{name: name for name in run.classes},
    }
    return one.label != ANY and of.get(one.label, "") == of.get(one.predicted)


def _why(one: Cost, run: Grouped) -> str:
    of = dict(zip(run.labels, (run.classes[code] for code in run.beneath), strict=True))
    what = f"the cost {one.label}:{one.predicted} does not count here"
    if _inside(one, run):
        return f"{what}: both are {of.get(one.label, one.label)!r}"
    if one.predicted in of and one.predicted not in run.classes:
        return f"{what}: {one.predicted!r} is one of several labels of {of[one.predicted]!r}"
    return f"{what}: the run has no such class"


def _known(dataset: Dataset, replayed: Replay) -> set[str]:
    """What a cost may be of: labels, classes of named recipes and of the latest run, any."""
    known = {ANY, *replayed.classes, *(name for _, recipe in replayed.recipes.values() for name in recipe.classes)}
    with contextlib.suppress(UnknownName):  # no run yet
        known |= {*store.named(dataset).classes}
    return known


def _write(
    dataset: Dataset, verb: str, label: str, predicted: str, cost: float | None, reason: str, person: str
) -> CostSet:
    replayed = replay(dataset)
    known = _known(dataset, replayed)
    if cost is not None:
        for name in (label, predicted):
            if name not in known:
                raise UnknownName(f"there is no class {name!r}", expected=", ".join(sorted(known))[:500])
        if label == predicted and label != ANY:
            raise BadValue("what is right costs nothing", got=f"{label}:{predicted}", expected="two classes")
    before = replayed.costs.get((label, predicted))
    result = CostSet(None, label, predicted, before.cost if before else 1.0, 1.0 if cost is None else cost)
    if cost is not None and before is not None and before.cost == cost:
        return result
    entry = Entry(
        EntryKind.COST, subject=label, value=json.dumps({"predicted": predicted, "cost": cost}, ensure_ascii=False)
    )
    seq = log.append(dataset, verb, acting(person), reason, [entry])
    return CostSet(seq, result.label, result.predicted, result.before, result.cost)
