"""Curve: how the quick model's errors fall as samples are added, and what to collect next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset import registry
from trainset.errors import BadValue, UnknownName
from trainset.learn.curve import Between, Curve
from trainset.learn.curve import curve as fitted
from trainset.learn.labels import balanced
from trainset.learn.pooled import pooled
from trainset.learn.retrained import Head, all_thinned, directions, enough_groups, one_thinned, parts
from trainset.learn.view import Rooted
from trainset.recipe import OWN, Recipe
from trainset.store import log, runs
from trainset.store.dataset import Dataset
from trainset.work.embed import embed
from trainset.work.forecasts import Forecast, Offer, keep_forecast
from trainset.work.material import Material, material
from trainset.work.recipe import meant
from trainset.work.scoring import require_two

SHOWN = 10
"""Classes that a forecast is made for by default: those of which most samples are predicted wrong."""
_FEWEST = 12
"""Samples of a class below which no curve of it is drawn."""
_LABELS = 6
"""Labels beneath a class from which on one more of them is forecast."""


@dataclass(frozen=True)
class Ready:
    """What is trained on, as arrays. balance: what a sample of each class weighs, None for all alike. x: (n, r). by: of the groups."""

    x: NDArray[np.float32]
    codes: NDArray[np.int64]
    beneath: NDArray[np.int64]
    groups: NDArray[np.int64] | None
    balance: NDArray[np.float64] | None
    found: Material
    rows: NDArray[np.int64]

    def head(self, groups: NDArray[np.int64] | None = None, among: NDArray[np.bool_] | None = None) -> Head:
        """The head on these samples, held out by their groups or by others."""
        return Head(
            self.x, self.codes, len(self.found.classes), self.groups if groups is None else groups,
            balance=self.balance, among=among,
        )  # fmt: skip


def curve(
    dataset: Dataset, /, recipe: str = "", *, version: str | int | None = None, more: int | None = None,
    of: Sequence[str] = (), embed_progress: Callable[[int], None] | None = None,
    progress: Callable[[int], None] | None = None, **settings: Any,
) -> Forecast:  # fmt: skip
    """Draws learning curves, forecasts what `more` samples of each class would bring, and keeps the forecast (`forecasts`).

    Every point is a training of the ridge head on a part of the samples, scored on all of them by heads that saw neither a sample nor its
    group. recipe, settings: as for `train`; without any the recipe of the latest run. more: by default half of a middling class. of:
    the classes to forecast; by default the ten of which most is wrong. progress: called with each training. Raises `BadValue` when there are too few samples.
    """
    chosen, remarks = recipe_of(dataset, recipe, settings)
    at = log.position(dataset, version)
    if more is not None and more < 1:
        raise BadValue("a forecast is of more samples", expected="at least 1", got=str(more))
    ready = readied(dataset, chosen, at, embed_progress)
    names, seed = ready.found.classes, chosen.seed
    if ready.x.shape[1] < (dim := ready.found.view.dim):
        remarks.append(
            f"curves are drawn in the {ready.x.shape[1]} widest directions of the embeddings; a run, which has all {dim:,}, may be right more often"
        )
    head = ready.head()
    counts, right = head.counts, head.right
    units, grouped = (ready.groups, True) if enough_groups(ready.codes, ready.groups) else (None, False)
    order = parts(ready.codes, units, draws=head.draws, seed=seed)
    trials = all_thinned(head, order, progress)
    labelled = (ready.codes >= 0).astype(np.float64)
    try:
        whole = fitted(trials, labelled, ready.groups, seed=seed)
    except BadValue as few:
        raise BadValue(
            few.what, expected="about 16 labelled samples of each class", got=f"{int(counts.sum()):,} of {np.count_nonzero(counts)} classes",
            next="trainset label, or trainset import more of them",
        ) from None  # fmt: skip
    codes = _asked(of, names, counts, ready.codes, right, remarks)
    step = more or _step(counts[counts > 0])
    mean = balanced(ready.codes, len(names))
    offers = [_all(whole, fitted(trials, mean, ready.groups, seed=seed), counts, step)]
    by_class = {}
    for code, (own, over_all) in zip(codes, _of_classes(ready, head, order, codes, mean, seed, progress), strict=True):
        by_class[names[code]] = fitted(trials, (ready.codes == code).astype(np.float64), ready.groups, seed=seed)
        offers.append(Offer("class", names[code], int(counts[code]), step, step, own, over_all))
        offers += _labels(ready, code, mean, seed, progress)
    if units is None and ready.groups is not None:
        remarks.append(
            f"too few groups ({ready.found.by.replace(',', ' and ')}) to thin them, so more samples are meant as more from those that are there"
        )
    if whole.sizes[-1] < step or (more is not None and any(more > counts[code] for code in codes)):
        remarks.append("forecasts beyond twice of what is there were never checked against what happened")
    facts = {
        "at": at, "made": log.now().isoformat(timespec="seconds"), "recipe": chosen, "by": ready.found.by,
        "whole_groups": grouped, "samples": int(counts.sum()), "accuracy": float(right[ready.codes >= 0].mean()),
        "remarks": (*ready.found.remarks, *remarks),
    }  # fmt: skip
    return keep_forecast(dataset, facts, whole, by_class, offers)


def recipe_of(dataset: Dataset, name: str, settings: dict[str, Any]) -> tuple[Recipe, list[str]]:
    """The recipe that is meant, and what to know of it. Raises as `meant`; `BadValue` for a model of one's own."""
    if not name and not any(value is not None for value in settings.values()):
        try:
            latest = runs.named(dataset).recipe
        except UnknownName:
            latest = Recipe()
        if latest.head != OWN and latest.embedder in registry.plugins("embedder"):
            settings = {
                key: value for key, value in latest.as_dict().items() if key not in ("model", "command", "hashes")
            }
    chosen = meant(dataset, name, settings)
    if chosen.head == OWN:
        raise BadValue(
            "a model of your own is not trained a hundred times to draw a curve", got=name,
            next="draw it with the ridge head on an embedder: trainset curve --embedder NAME; trainset embedders lists them",
        )  # fmt: skip
    remarks = []
    if chosen.head != "ridge":
        remarks.append(f"the recipe's head is {chosen.head}; curves are those of the ridge head on the same embeddings")
    return chosen, remarks


def readied(dataset: Dataset, chosen: Recipe, at: int, embed_progress: Callable[[int], None] | None = None) -> Ready:
    """What a recipe trains on, embedded and in few directions. Raises `BadValue` when there is nothing to learn from."""
    embed(dataset, chosen.embedder, settings=chosen.settings, progress=embed_progress)
    found = material(dataset, chosen, at)
    rows = np.flatnonzero(found.train & (found.codes >= 0))
    codes = found.codes[rows]
    require_two(codes, found.classes)
    mine = found.view.only(rows)
    x = directions(mine if chosen.values == "plain" else Rooted(mine))
    balance = None
    if chosen.weights == "balanced":
        counts = np.bincount(codes, minlength=len(found.classes))
        balance = len(codes) / np.maximum(counts, 1) / np.count_nonzero(counts)
    groups = np.unique(found.groups[rows], return_inverse=True)[1].reshape(-1) if found.groups is not None else None
    return Ready(x, codes, found.beneath[rows], groups, balance, found, rows)


def _asked(
    asked: Sequence[str], names: Sequence[str], counts: NDArray[np.int64], codes: NDArray[np.int64],
    right: NDArray[np.bool_], remarks: list[str],
) -> list[int]:  # fmt: skip
    """The classes to forecast."""
    for name in asked:
        if name not in names:
            raise UnknownName(f"there is no class {name!r}", expected=", ".join(names)[:500])
        if counts[names.index(name)] < _FEWEST:
            raise BadValue(
                f"there are too few samples of {name!r} for a curve", expected=f"at least {_FEWEST} to train on",
                got=f"{counts[names.index(name)]}",
            )  # fmt: skip
    if asked:
        return [names.index(name) for name in dict.fromkeys(asked)]
    few = [names[code] for code in np.flatnonzero(counts < _FEWEST).tolist()]
    if few:
        listed = ", ".join(few[:5]) + (" ..." if len(few) > 5 else "")
        remarks.append(f"too few samples for a curve of their own (under {_FEWEST}): {listed}")
    worst = _worst(codes, right, counts)
    if len(worst) > SHOWN:
        remarks.append(
            f"forecasts are of the {SHOWN} classes, of {len(worst):,}, of which most is wrong; --of CLASS names others"
        )
    return sorted(worst[:SHOWN])


def _worst(codes: NDArray[np.int64], right: NDArray[np.bool_], counts: NDArray[np.int64]) -> list[int]:
    """Classes of enough samples, that of which most is wrong first."""
    wrong = np.bincount(codes[~right & (codes >= 0)], minlength=len(counts))
    return [code for code in np.argsort(-wrong, kind="stable").tolist() if counts[code] >= _FEWEST]


def _of_classes(
    ready: Ready, head: Head, order: NDArray[np.float64], codes: list[int], mean: NDArray[np.float64], seed: int,
    progress: Callable[[int], None] | None,
) -> list[tuple[Curve, Curve]]:  # fmt: skip
    """Of each class that grows alone, the curves of its recall and of the mean recall. They learn from one another, so some that nobody asked
    of are drawn as well, where that is quick."""
    others = [code for code in _worst(ready.codes, head.right, head.counts) if code not in codes]
    beside = others[: max(0, SHOWN - len(codes))] if head.groups is None else []
    own, over_all, errors = [], [], []
    for code in [*codes, *beside]:
        of_class = ready.codes == code
        thinned = one_thinned(head, order, code, progress)
        own.append(fitted(thinned, of_class.astype(np.float64), ready.groups, seed=seed))
        over_all.append(fitted(thinned, mean, ready.groups, seed=seed))
        errors.append((np.count_nonzero(~head.right[of_class]) + 0.5) / (np.count_nonzero(of_class) + 1))
    return list(zip(pooled(own, errors), pooled(over_all, errors), strict=True))[: len(codes)]


def _all(whole: Curve, mean: Curve, counts: NDArray[np.int64], step: int) -> Offer:
    """As many of every class alike, as they are mixed now."""
    more = int(step * np.count_nonzero(counts))
    return Offer("all", "", int(counts.sum()), more, more, whole, mean)


def _labels(
    ready: Ready, code: int, mean: NDArray[np.float64], seed: int, progress: Callable[[int], None] | None
) -> list[Offer]:
    """Of a class made of several labels: one more label, and as many more samples of those there are, both judged on labels never heard."""
    mine = ready.codes == code
    labels, place = np.unique(ready.beneath[mine], return_inverse=True)
    if len(labels) < _LABELS:
        return []
    groups = np.arange(len(mine)) if ready.groups is None else ready.groups.copy()
    groups[mine] = groups.max() + 1 + place.reshape(-1)
    head = ready.head(groups)
    own, name = mine.astype(np.float64), ready.found.classes[code]
    each = round(int(mine.sum()) / len(labels))
    offers = []
    for kind, units, total in (("label", np.where(mine, groups, 0), len(labels)), ("clips", None, int(mine.sum()))):
        order = parts(np.where(mine, ready.codes, -1), units, draws=head.draws, seed=seed)
        thinned = one_thinned(head, order, code, progress, total=total)
        drawn = [fitted(thinned, weights, groups, seed=seed) for weights in (own, mean)]
        offers.append(Offer(kind, name, total, 1 if kind == "label" else each, each, *drawn))
    return offers


def _step(counts: NDArray[np.int64]) -> int:
    """Half of a middling class, as a round number."""
    half = float(np.median(counts)) / 2
    unit = 10.0 ** max(int(np.floor(np.log10(max(half, 1)))), 0)
    return max(1, int(round(half / unit) * unit))


def points(found: Between) -> str:
    """A gain as a sentence ends: points with their interval, or that it cannot be told from chance."""
    between = f"({100 * found.low:+.1f} to {100 * found.high:+.1f})"
    return (
        f"{100 * found.value:+.1f} points {between}"
        if found.told
        else f"nothing that can be told from chance {between}"
    )
