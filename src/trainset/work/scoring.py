"""Scoring: the summary of a run as plain numbers, ready for JSON and for the file that keeps it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import floors, ridge
from trainset.learn.scores import Scores, Share, confusion
from trainset.learn.view import View
from trainset.store.runs import Predictions, Run
from trainset.work.runs import side

_PACKAGES = ("trainset", "numpy", "scipy", "scikit-learn", "onnxruntime")


def scored(scores: Scores, classes: Sequence[str]) -> dict[str, Any]:
    """accuracy with its interval, balanced_accuracy, samples, matrix, and `per_class`: one object a class."""
    accuracy = scores.accuracy
    return {
        "accuracy": number(accuracy.value), "interval": [number(accuracy.low), number(accuracy.high)],
        "balanced_accuracy": number(scores.balanced_accuracy), "samples": scores.samples,
        "matrix": scores.matrix.tolist(), "per_class": per_class(scores, classes),
    }  # fmt: skip


def rescored(run: Run, found: Predictions) -> Run:
    """The run with the scores of other predictions, or of some of them: None for a split of which there are none."""
    scores = dict(run.scores)
    for name in ("held_out", "validation", "test"):
        if scores[name] is not None:
            rows = np.flatnonzero(side(found, "" if name == "held_out" else name) & (found.given >= 0))
            table = confusion(found.given[rows], found.predicted[rows], len(run.classes))
            some = len(rows) > 0 or name == "held_out"
            scores[name] = {**scores[name], **scored(table, run.classes)} if some else None
    scores["accuracy"] = scores["held_out"]["accuracy"]
    return dataclasses.replace(run, scores=scores)


def per_class(scores: Scores, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Precision, recall and F1 with intervals at 95 %, and the four counts, of each class."""
    shares = {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
    counts = {
        "true_positives": scores.true_positives, "false_positives": scores.false_positives,
        "false_negatives": scores.false_negatives, "true_negatives": scores.true_negatives,
    }  # fmt: skip
    support = scores.matrix.sum(axis=1)
    return [
        {
            "class": name, "samples": int(support[code]),
            **{key: number(share.value[code]) for key, share in shares.items()},
            **{f"{key}_interval": _interval(share, code) for key, share in shares.items()},
            **{key: int(values[code]) for key, values in counts.items()},
        }
        for code, name in enumerate(classes)
    ]  # fmt: skip


def honest_floors(
    view: View, codes: NDArray[np.int64], classes: int, groups: NDArray[Any] | None, weights: NDArray[Any] | None,
    measures: NDArray[np.float64], seed: int, head: ridge.Ridge | None = None,
) -> dict[str, float | None]:  # fmt: skip
    """What guessing reaches: the largest class, a ridge head on shuffled labels, a ridge head on the measures alone. Held out by the same
    groups; None where there is nothing to compute it from."""
    found: dict[str, float | None] = {"majority": number(floors.majority(codes)), "shuffled": None, "measures": None}
    head = head or ridge.fit(view, codes, classes, weights=weights, groups=groups)
    found["shuffled"] = number(floors.shuffled(head, view, groups, seed=seed))
    useful = measures[:, np.isfinite(measures).any(axis=0)]
    if useful.shape[1]:
        found["measures"] = number(floors.measures_only(useful, codes, classes, groups))
    return found


def number(value: Any) -> float | None:
    """A number for JSON, rounded to six digits: None for NaN."""
    found = float(value)
    return None if math.isnan(found) else round(found, 6)


def require_two(codes: NDArray[np.int64], classes: Sequence[str]) -> None:
    """Raises `BadValue` when there are not two classes to tell apart."""
    present = np.unique(codes[codes >= 0])
    if len(present) < 2:
        raise BadValue(
            "there is one class only, and nothing to tell apart", got=repr(classes[int(present[0])]) if len(present) else "none",
            expected="labelled samples of at least two classes, outside validation and test", next="label some samples of another class",
        )  # fmt: skip


def _interval(share: Share, code: int) -> list[float | None]:
    return [number(share.low[code]), number(share.high[code])]


def packages() -> dict[str, str]:
    """The versions of what a run depends on, as far as it is installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
