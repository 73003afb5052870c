"""Harm: a run read by what its mistakes cost, and by which rule of decision they cost least."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import harm as of_harm
from trainset.learn.scores import decide
from trainset.model import Cost
from trainset.store import log
from trainset.store import runs as store
from trainset.store.dataset import Dataset
from trainset.store.runs import Predictions, Run
from trainset.work.costs import Priced, costs, priced
from trainset.work.runs import side
from trainset.work.scoring import number, rescored
from trainset.work.within import within

RULES = ("likely", "harm")
"""How a prediction is decided: the likeliest class, or that of least expected harm (Elkan 2001) by the calibrated probabilities."""


@dataclass(frozen=True)
class Rule:
    """What one rule of decision does. per_thousand: harm for 1,000 samples, low and high its ends at 95 %. counts, cells: (classes, classes)
    samples and their harm, labels on rows."""

    rule: str
    accuracy: float
    per_thousand: float
    low: float
    high: float
    counts: NDArray[np.int64]
    cells: NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        rates = {name: number(getattr(self, name)) for name in ("accuracy", "per_thousand", "low", "high")}
        return {"rule": self.rule, **rates, "counts": self.counts.tolist(), "cells": self.cells.tolist()}


@dataclass(frozen=True)
class HarmRead:
    """A run read by harm. decide: the rule asked for. rules: both. saved: by how much the rule of least harm does less of it for 1,000 samples,
    with its ends at 95 % (paired). costs: those that are set at position `at`; unused: those that cannot count here, and why. of_classes:
    (classes, classes) what each mistake costs."""

    run: str
    split: str
    samples: int
    decide: str
    rules: tuple[Rule, Rule]
    saved: tuple[float, float, float]
    classes: tuple[str, ...]
    of_classes: NDArray[np.float64]
    costs: tuple[Cost, ...]
    unused: tuple[str, ...]
    at: int

    @property
    def chosen(self) -> Rule:
        """The rule asked for."""
        return self.rules[RULES.index(self.decide)]

    @property
    def counts_costs(self) -> bool:
        """Whether any cost that is set counts for this run."""
        return len(self.unused) < len(self.costs)

    def worst(self, count: int) -> list[dict[str, Any]]:
        """The cells of most harm by the rule asked for: label, predicted, samples, cost (the mean of one) and harm."""
        rule = self.chosen
        order = np.argsort(-rule.cells, axis=None, kind="stable")[:count].tolist()
        cells = [divmod(at, len(self.classes)) for at in order if rule.cells.flat[at] > 0]
        return [
            {
                "label": self.classes[row], "predicted": self.classes[to], "samples": int(rule.counts[row, to]),
                "cost": number(rule.cells[row, to] / rule.counts[row, to]), "harm": number(rule.cells[row, to]),
            }
            for row, to in cells
        ]  # fmt: skip

    def as_dict(self, most: int = 100) -> dict[str, Any]:
        """For JSON; `worst` are the first `most` cells."""
        return {
            "split": self.split, "samples": self.samples, "decide": self.decide, "rules": [rule.as_dict() for rule in self.rules],
            "saved": [number(end) for end in self.saved], "worst": self.worst(most), "of_classes": self.of_classes.tolist(),
            "costs": [dataclasses.asdict(one) for one in self.costs], "unused": list(self.unused), "at": self.at,
        }  # fmt: skip


def harm(
    dataset: Dataset,
    name: str = "",
    *,
    split: str = "",
    decide: str = "likely",
    at: str | int | None = None,
    where: str = "",
) -> HarmRead:
    """How much harm the mistakes of a run do by the costs set at a position of the log (None: now), by both rules of decision: what was
    held out, or a split; within a filter. A run keeps probabilities and no costs, so an old run is read by what is known to matter today.

    Raises `UnknownName`, `BadValue`.
    """
    check_rule(decide)
    position = log.position(dataset, at)
    one = store.named(dataset, name)
    found, set_ = within(dataset, one, store.predictions(dataset, one), where)[1], costs(dataset, position)
    prices = prices_of(set_, one, found)
    return harm_of(one, {rule: _decided(found, prices, rule) for rule in RULES}, set_, split, decide, position)


def harm_of(
    one: Run, by: Mapping[str, Predictions], set_: list[Cost], split: str, decide: str, position: int
) -> HarmRead:
    """The same of predictions by each rule, by costs that are known."""
    found = by["likely"]
    prices = prices_of(set_, one, found)
    rows = np.flatnonzero(side(found, split) & (found.given >= 0) & (found.beneath >= 0))
    rules, spent = [], []
    for rule in RULES:
        predicted = by[rule].predicted[rows]
        wide = np.bincount(
            found.beneath[rows] * len(one.classes) + predicted, minlength=len(one.labels) * len(one.classes)
        )
        beneath = wide.reshape(len(one.labels), len(one.classes))
        said = of_harm.harm(beneath, prices.of_labels)
        into = np.eye(len(one.classes), dtype=np.int64)[:, np.array(one.beneath, np.int64)]
        right = float((predicted == found.given[rows]).mean()) if len(rows) else float("nan")
        rules.append(Rule(rule, right, said.per_thousand, said.low, said.high, into @ beneath, into @ said.cells))
        spent.append(prices.of_labels[found.beneath[rows], predicted])
    return HarmRead(
        one.run, split, len(rows), decide, (rules[0], rules[1]), of_harm.saved(*spent), one.classes, prices.of_classes, tuple(set_),
        prices.unused, position,
    )  # fmt: skip


def decided(dataset: Dataset, run: Run, found: Predictions, rule: str) -> tuple[Run, Predictions]:
    """A run and its predictions by a rule of decision: with `harm`, predictions are those of least expected harm by the costs of now, and all
    scores are those of these predictions."""
    check_rule(rule)
    if rule == "likely":
        return run, found
    return least_harm(run, _decided(found, prices_of(costs(dataset), run, found), rule))


def least_harm(run: Run, other: Predictions) -> tuple[Run, Predictions]:
    """A run whose scores are those of predictions of least expected harm, and these."""
    remark = "predictions are those of least expected harm; accuracy in training, confidence and floors are of the likeliest class"
    return dataclasses.replace(rescored(run, other), remarks=(*run.remarks, remark)), other


def check_rule(rule: str) -> None:
    """Raises `BadValue` for a rule that does not exist."""
    if rule not in RULES:
        raise BadValue("there is no such rule of decision", expected=" or ".join(RULES), got=repr(rule))


def ranked_by(by: str) -> str:
    """Raises `BadValue` unless it is count or harm."""
    if by not in ("count", "harm"):
        raise BadValue("mistakes are ranked by count or by harm", got=repr(by))
    return by


def spent(dataset: Dataset, run: Run, found: Predictions) -> NDArray[np.float64]:
    """(n,) what each prediction costs, by the costs of now; 0 without a label."""
    prices = prices_of(costs(dataset), run, found)
    each = prices.of_labels[np.maximum(found.beneath, 0), found.predicted]
    return np.where(found.beneath >= 0, each, 0.0)


def prices_of(set_: list[Cost], run: Run, found: Predictions) -> Priced:
    """Costs as they count for a run: those of labels it has predictions of."""
    counts = np.bincount(found.beneath[found.beneath >= 0], minlength=len(run.labels))
    return priced(set_, run, counts)


def _decided(found: Predictions, prices: Priced, rule: str) -> Predictions:
    if rule == "likely":
        return found
    predicted = decide(found.probabilities, prices.of_classes)
    sure = found.probabilities[np.arange(len(predicted)), predicted]
    return dataclasses.replace(found, predicted=predicted, confidence=sure)
