"""Train: one recipe on one version; every sample predicted by a head that never saw it, scored, and kept as a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import logistic, ridge
from trainset.learn.calibration import probabilities, reliability, temperature
from trainset.learn.folds import folds
from trainset.learn.labels import balanced
from trainset.learn.scores import confusion
from trainset.learn.view import Rooted, View
from trainset.recipe import OWN, Recipe, seen
from trainset.store import epochs, log, runs
from trainset.store.dataset import Dataset
from trainset.store.runs import APART, HELD_OUT, Predictions, Run
from trainset.work.command import run_command
from trainset.work.embed import embed
from trainset.work.epoch import Epoch
from trainset.work.material import Material, material, summary_of_groups
from trainset.work.recipe import meant
from trainset.work.scoring import honest_floors, number, packages, require_two, scored

_PLAIN = 0.99
"""Of the error held out with square roots: plain values are taken when they err less than that. Where both err alike, square roots rank
label errors better (chosen on CIFAR-10N and the spoken digits; sentiment and the Roman numerals confirm)."""


@dataclass
class Trained:
    """What a head gives. scores: (train samples, classes) held out; it changes with every epoch. predict: scores of other samples, from
    their embeddings. ridge: the head itself, when it is that one. rooted: whether it takes square roots of the embeddings."""

    scores: NDArray[np.float32]
    predict: Callable[[NDArray[np.float32]], NDArray[Any]]
    in_sample: float
    number: int
    last: bool
    ridge: ridge.Ridge | None = None
    rooted: bool = False


def train(
    dataset: Dataset, /, recipe: str = "", *, version: str | int | None = None, embed_progress: Callable[[int], None] | None = None,
    compare_progress: Callable[[int], None] | None = None, epoch: Callable[[Epoch], None] | None = None,
    step: Callable[[str], None] | None = None, timeout: float | None = None, **settings: Any,
) -> Run:  # fmt: skip
    """Trains a recipe on a version (None: the present), predicts every sample held out, and keeps it as a run.

    recipe: a name given with `recipe`; settings: of a `trainset.recipe.Recipe`, in place of its own. What has no embedding yet is
    embedded first. Samples of validation and test are predicted by the head trained on the rest, all others held out: with the ridge
    head exactly, by the logistic head in folds. A contributor's samples and near duplicates are on one side. epoch: called after each.

    recipe may also be a command with {train}, {test} and {out} (see `work.command`): step is told each of its calls, of which none may take
    more than `timeout` seconds. Raises `BadValue` when there is nothing to learn from.
    """
    chosen = meant(dataset, recipe, settings)
    at = log.position(dataset, version)
    if chosen.head == OWN:
        if not chosen.command:
            raise BadValue(
                "this recipe has no command to train with", got=chosen.model, next="trainset import-predictions FILE"
            )
        return run_command(dataset, chosen, at, progress=compare_progress, step=step, timeout=timeout)
    embed(dataset, chosen.embedder, settings=chosen.settings, progress=embed_progress)
    found = material(dataset, chosen, at, compare_progress)
    rows = np.flatnonzero(found.train)
    codes, classes = found.codes[rows], len(found.classes)
    require_two(codes, found.classes)
    groups = found.groups[rows] if found.groups is not None else None
    mine, other = found.view.only(rows), found.view.only(np.flatnonzero(~found.train))
    weights = balanced(codes, classes) if chosen.weights == "balanced" else None
    counts = np.bincount(codes[codes >= 0], minlength=classes)
    trained: Trained | None = None
    gathered = epochs.Gathered(found.classes)
    for trained in heads(chosen, mine, codes, classes, groups, weights):
        scores = confusion(codes, trained.scores.argmax(axis=1), classes)
        gathered.add(trained.number, scores.matrix, trained.in_sample)
        if epoch is not None:
            most = 1 if chosen.head == "ridge" else chosen.epochs
            epoch(
                Epoch(
                    trained.number,
                    most,
                    scores,
                    trained.in_sample,
                    counts.max() / counts.sum(),
                    found.classes,
                    trained.last,
                )
            )
    if trained is None:
        raise AssertionError("a head without an epoch")
    warmth = temperature(trained.scores, codes)
    said = np.empty((len(found.codes), classes), np.float32)
    said[rows] = probabilities(trained.scores, warmth)
    said[~found.train] = _predicted(trained, Rooted(other) if trained.rooted else other, classes, warmth)
    best = said.argmax(axis=1)
    held_out = scored(confusion(codes, best[rows], classes), found.classes)
    sides = {
        "held_out": held_out,
        **{name: _apart(found, name, best) for name in ("validation", "test")},
    }
    summary = {
        "accuracy": held_out["accuracy"], "in_sample": number(trained.in_sample),
        "reliability": number(reliability(said[rows], codes).error), "temperature": number(warmth),
        "groups": found.by, "rooted": trained.rooted, "epochs": trained.number, "penalty": number(trained.ridge.penalty) if trained.ridge else None,
        "floors": honest_floors(Rooted(mine) if trained.rooted else mine, codes, classes, groups, weights, found.measures[rows], chosen.seed, trained.ridge),
        "grouped": summary_of_groups(found), "unlabelled": int(np.count_nonzero(found.codes < 0)), **sides,
    }  # fmt: skip
    remarks = [*found.remarks, *_remarks(dataset, found, counts, groups, codes)]
    if seen(chosen):
        remarks.append(
            "the layer is of a model that had seen these labels: held out is too good, and no label is judged by this run"
        )
    made = {
        "at": at, "version": next((v.name for v in reversed(log.read_versions(dataset)) if v.seq == at), ""),
        "made": log.now().isoformat(timespec="seconds"), "packages": packages(), "classes": found.classes, "labels": found.labels,
        "beneath": tuple(found.class_of.tolist()), "scores": summary, "remarks": tuple(remarks),
    }  # fmt: skip
    everyone = found.groups if found.groups is not None else np.arange(len(found.codes))
    run = runs.write(
        dataset, made, chosen,
        Predictions(
            found.ids, found.contents, found.codes, found.beneath, found.split, np.where(found.train, HELD_OUT, APART), everyone,
            best, said.max(axis=1), said,
        ),
    )  # fmt: skip
    epochs.keep(dataset, run, gathered.all())
    return run


def heads(
    recipe: Recipe,
    view: View,
    codes: NDArray[np.int64],
    classes: int,
    groups: NDArray[np.int64] | None,
    weights: Any = None,
) -> Iterator[Trained]:
    """The head of a recipe, epoch by epoch; with one yield where there are none."""
    train_ = _ridge if recipe.head == "ridge" else _logistic
    return train_(recipe, view, codes, classes, groups, weights)


def _ridge(
    recipe: Recipe, plain: View, codes: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None, weights: Any
) -> Iterator[Trained]:
    head, rooted = fitted(recipe, plain, codes, classes, groups, weights)
    view: View = Rooted(plain) if rooted else plain
    scores = ridge.held_out(head, view, groups)
    right, at = 0, 0
    for batch in view.batches():
        own = codes[at : at + len(batch)]
        right += int(((head.predict(batch).argmax(axis=1) == own) & (own >= 0)).sum())
        at += len(batch)
    yield Trained(scores, head.predict, right / np.count_nonzero(codes >= 0), 1, True, head, rooted)


def fitted(
    recipe: Recipe, plain: View, codes: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None, weights: Any
) -> tuple[ridge.Ridge, bool]:
    """The ridge head of a recipe, and whether it takes square roots of the embeddings."""
    ways = (True, False) if recipe.values == "auto" and recipe.penalty is None else (recipe.values != "plain",)
    made: list[tuple[ridge.Ridge, bool]] = []
    for rooted in ways:  # one at a time in memory: Gram matrices may be large
        head = ridge.fit(
            Rooted(plain) if rooted else plain, codes, classes, weights=weights, groups=groups, penalty=recipe.penalty
        )
        if not made or _error(head) < _PLAIN * _error(made[0][0]):
            made = [(head, rooted)]
    return made[0]


def _error(head: ridge.Ridge) -> float:
    """The squared error held out, at the penalty chosen."""
    return min((error for _, error in head.tried), default=0.0)


def _logistic(
    recipe: Recipe, view: View, codes: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None, weights: Any
) -> Iterator[Trained]:
    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1) if groups is not None else np.arange(len(codes))
    labelled = len(np.unique(numbers[codes >= 0]))
    if labelled < 2:
        raise BadValue(
            "one group holds every labelled sample: without it there is nothing to learn from",
            expected="at least two groups with labels", next="hold out another kind of group: --groups none",
        )  # fmt: skip
    fold = folds(numbers.astype(np.int64), codes, min(recipe.folds, labelled), recipe.seed)
    way = "" if recipe.resample == "none" else recipe.resample
    for found in logistic.train(
        view,
        codes,
        classes,
        fold,
        weights=weights,
        resample=way,
        strength=recipe.strength,
        epochs=recipe.epochs,
        seed=recipe.seed,
    ):
        slope, base = found.coefficients, found.base

        def predict(batch: NDArray[np.float32], slope: Any = slope, base: Any = base) -> NDArray[Any]:
            return np.asarray(batch @ slope + base, np.float32)

        yield Trained(found.scores, predict, found.in_sample, found.number, found.last)


def _predicted(trained: Trained, view: View, classes: int, warmth: float) -> NDArray[np.float32]:
    found = [np.empty((0, classes), np.float32)]
    found += [probabilities(trained.predict(batch), warmth) for batch in view.batches()]
    return np.concatenate(found)


def _apart(found: Material, split: str, best: NDArray[np.int64]) -> dict[str, Any] | None:
    """The scores of a split that was not trained on; None when it has no labelled sample. shared: how many of its samples have a sample of
    their contributor, or a near duplicate, in training."""
    mine = found.of_split(split)
    if not mine.any():
        return None
    shared = int(found.shared[mine].sum())
    return {**scored(confusion(found.codes[mine], best[mine], len(found.classes)), found.classes), "shared": shared}


def _remarks(
    dataset: Dataset,
    found: Material,
    counts: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    codes: NDArray[np.int64],
) -> Iterator[str]:
    numbers = groups if groups is not None else np.arange(len(codes))
    lone = [
        found.classes[code] for code in np.flatnonzero(counts).tolist() if len(np.unique(numbers[codes == code])) < 2
    ]  # fmt: skip
    if lone:
        names = ", ".join(lone[:3]) + (" ..." if len(lone) > 3 else "")
        one, them = ("class is", "it") if len(lone) == 1 else ("classes are", "them")
        yield (
            f"{len(lone):,} {one} known from one {'sample' if groups is None else 'group'} only, without which nothing is known of "
            f"{them}: {names}"
        )
    missing = [name for name, count in zip(found.classes, counts.tolist(), strict=True) if not count]
    if missing:
        yield f"classes without a sample to learn from: {', '.join(missing[:5])}" + (" ..." if len(missing) > 5 else "")
    if groups is not None:
        largest = np.bincount(np.unique(groups, return_inverse=True)[1].reshape(-1)).max() / len(groups)
        if largest >= 0.4:
            yield f"one group holds {largest:.0%} of what is trained on: predictions without it come from the little that is left"
    if (now := log.head(dataset)) > found.at:
        yield f"the log has gone on to #{now} since #{found.at}, which this run is of"
