"""Rehearse: a run's own head trained again and again on what the labels may truly be, to say which review would gain most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.errors import BadValue
from trainset.learn import logistic, ridge
from trainset.learn.folds import folds
from trainset.learn.labels import balanced
from trainset.learn.useful import TRUSTS, WORLDS, Useful, most_useful
from trainset.learn.view import Rooted, View
from trainset.recipe import Recipe
from trainset.store.dataset import Dataset
from trainset.store.runs import HELD_OUT, Predictions, Run
from trainset.work.material import material

TRAININGS = 1 + len(TRUSTS) * WORLDS
"""How often the head is trained for one order."""
_FOLDS = 3

Held = Callable[[NDArray[np.int64]], NDArray[Any]]


def rehearsed(
    dataset: Dataset, run: Run, said: Predictions, at: int, *, may: pa.Array, reviewed: pa.Array, count: int, seed: int,
    progress: Callable[[int], None] | None = None,
) -> tuple[pa.Array, Useful]:  # fmt: skip
    """The ids of the samples that the run's recipe trains on, and in which order to review `count` of them.

    said: the run's predictions. may: the ids that may be chosen; reviewed: those whose labels are known to be right. Labels are those at
    position `at`. No sample of validation or test is read. Raises `BadValue` when classes are others than those of the run.
    """
    if run.recipe.head not in ("ridge", "logistic"):
        raise BadValue(
            "the run is of a model of one's own, which cannot be trained again and again to rehearse a review", got=run.run,
            next="name a run of trainset train with --run, or choose another order, such as --order likely-wrong",
        )  # fmt: skip
    if run.recipe.embedder not in registry.plugins("embedder"):
        raise BadValue(
            "the run's embedder is a model of one's own, which is not opened because a run names it", got=run.recipe.embedder,
            next="choose another order, such as --order likely-wrong",
        )  # fmt: skip
    found = material(dataset, run.recipe, at)
    place = pc.index_in(found.ids, value_set=said.ids)
    theirs = place.fill_null(0).to_numpy(zero_copy_only=False)
    same = pc.equal(found.contents, said.contents.take(place)).fill_null(False).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(found.train & same & (said.how[theirs] == HELD_OUT))
    if new := sorted({found.classes[code] for code in np.unique(found.codes[rows]) if code >= 0} - {*run.classes}):
        raise BadValue(
            f"the run {run.run} does not know the class {new[0]!r}, which samples have by now", next="trainset train"
        )
    class_of = np.array([*(run.classes.index(name) if name in run.classes else -1 for name in found.classes), -1])
    codes = class_of[found.codes[rows]].astype(np.int64)
    groups = found.groups[rows] if found.groups is not None else None
    ids = found.ids.take(pa.array(rows))
    view: View = found.view.only(rows)
    if run.recipe.head == "ridge":
        held = _ridge(
            run.recipe, Rooted(view) if run.scores.get("rooted") is True else view, codes, groups, len(run.classes)
        )
    else:
        held = _logistic(run.recipe, view, codes, groups, len(run.classes))

    def counted(labels: NDArray[np.int64]) -> NDArray[Any]:
        scores = held(labels)
        if progress is not None:
            progress(1)
        return scores

    among, done = (
        pc.is_in(ids, value_set=some).to_numpy(zero_copy_only=False).astype(bool) for some in (may, reviewed)
    )
    probability = said.probabilities[theirs[rows]]
    return ids, most_useful(probability, codes, counted, count=count, reviewed=done, among=among, seed=seed)


def _ridge(
    recipe: Recipe, view: View, codes: NDArray[np.int64], groups: NDArray[np.int64] | None, classes: int
) -> Held:
    """Held-out scores for any labels, with the penalty chosen for those given: where the same rows have labels, the Gram matrix stays."""

    def weights(labels: NDArray[np.int64]) -> NDArray[np.float64] | None:
        return balanced(labels, classes) if recipe.weights == "balanced" else None

    head = ridge.fit(view, codes, classes, weights=weights(codes), groups=groups, penalty=recipe.penalty)

    def held(labels: NDArray[np.int64]) -> NDArray[Any]:
        if ((labels < 0) == (codes < 0)).all():
            return ridge.held_out(ridge.relabelled(head, view, labels), view, groups)
        other = ridge.fit(view, labels, classes, weights=weights(labels), penalty=head.penalty)
        return ridge.held_out(other, view, groups)

    return held


def _logistic(
    recipe: Recipe, view: View, codes: NDArray[np.int64], groups: NDArray[np.int64] | None, classes: int
) -> Held:
    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1) if groups is not None else np.arange(len(codes))
    labelled = len(np.unique(numbers[codes >= 0]))
    fold = folds(numbers.astype(np.int64), codes, min(_FOLDS, recipe.folds, labelled), recipe.seed)
    way = "" if recipe.resample == "none" else recipe.resample

    def held(labels: NDArray[np.int64]) -> NDArray[Any]:
        weights = balanced(labels, classes) if recipe.weights == "balanced" else None
        *_, last = logistic.train(
            view, labels, classes, fold, weights=weights, resample=way, strength=recipe.strength, epochs=recipe.epochs,
            seed=recipe.seed,
        )  # fmt: skip
        return last.scores

    return held
