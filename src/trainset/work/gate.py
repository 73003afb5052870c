"""The gate: whether a comparison lets the last version pass, for a build that must not ship a worse one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from trainset.errors import BadValue
from trainset.work.compare_says import called, ends
from trainset.work.compare_says import points as in_points
from trainset.work.compared import Compared


@dataclass(frozen=True)
class Gate:
    """points: the loss that must be ruled out; None: the last version must not be shown to be worse. reasons: why it does not pass, a sentence
    each; looked_at: how many results were judged."""

    passed: bool
    points: float | None
    reasons: tuple[str, ...]
    looked_at: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "reasons": list(self.reasons)}


def gate(found: Compared, most: float | None = None) -> Gate:
    """Judges the last version against the first, of each recipe on each test set.

    Without a number it fails when the last is worse beyond chance. With `most` points it fails unless the interval rules out that the last is
    worse by more: what is not known does not pass. An alarm of a lock that nobody acknowledged fails it either way."""
    first, last = found.entrants[0].version, found.entrants[-1].version
    mine = [one for one in found.pairs if one.same_recipe and (one.before[0], one.after[0]) == (first, last)]
    if not mine:
        raise BadValue("a gate judges the last version against the first", expected="two versions", got=first)
    reasons = [f"alarm: {one.says}" for one in found.alarms]
    for pair in mine:
        change = pair.found.accuracy
        text = f"{called(found, pair.after)} on {pair.test_set}: {in_points(change.value)} points ({ends(change)})"
        if most is None and change.verdict == "worse":
            reasons.append(f"worse than {pair.before[0]}, {text}")
        elif most is not None and not change.low >= -most / 100:
            reasons.append(f"a loss of more than {most:g} points is not ruled out, {text}")
    return Gate(not reasons, most, tuple(reasons), len(mine))


def points(text: str) -> float:
    """Points as typed. Raises `BadValue`."""
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not math.isfinite(found) or not 0 <= found <= 100:
        raise BadValue("a gate takes points", expected="a number of 0 to 100, or nothing", got=repr(text[:80]))
    return found
