"""Ceiling: unlike recipes on the same samples, and whether the next hour is better spent on the data or on the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.learn import logistic, nearest, ridge
from trainset.learn.calibration import probabilities, temperature
from trainset.learn.ceiling import ceiling as compared
from trainset.learn.ceiling import verdict
from trainset.learn.folds import folds
from trainset.learn.label_quality import label_quality
from trainset.learn.labels import balanced
from trainset.learn.view import Rooted, View
from trainset.recipe import Recipe
from trainset.store import log, queues
from trainset.store.dataset import Dataset
from trainset.work.curve import recipe_of
from trainset.work.embed import embed
from trainset.work.material import Material, material
from trainset.work.person import acting
from trainset.work.scoring import require_two
from trainset.work.train import fitted

WEAK: Mapping[str, str] = {"image": "pixels", "audio": "log_mel", "text": "hashed_ngrams"}
"""Medium -> the embedder without weights, which errs in its own way."""
HEADS = ("ridge", "logistic", "nearest")
_EPOCHS = 40


@dataclass(frozen=True)
class Tried:
    """One recipe: embedder, head, and the share it gets right, held out, with its interval at 95 %."""

    embedder: str
    head: str
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class CeilingReport:
    """What unlike recipes reach on the same samples. tried: the best first. errors: of the best one; alike of them all recipes get wrong in the
    same way, helped are right with another recipe, and of the rest nothing is known.
    wrong: labels that are estimated to be wrong. verdict: data, model or open; says: the sentence.
    samples: those that are wrong alike, the surest first: id, label, said. queue: the number of the queue they were put into."""

    at: int
    of: int
    groups: str
    tried: tuple[Tried, ...]
    errors: int
    alike: int
    helped: int
    rest: int
    wrong: int
    wrong_low: int
    wrong_high: int
    verdict: str
    says: str
    samples: tuple[Mapping[str, str], ...]
    queue: int | None
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **vars(self), "tried": [vars(one) for one in self.tried], "samples": [dict(one) for one in self.samples],
            "remarks": list(self.remarks),
        }  # fmt: skip


def ceiling(
    dataset: Dataset, /, recipe: str = "", *, version: str | int | None = None, queue: bool = False, person: str = "",
    embed_progress: Callable[[int], None] | None = None, progress: Callable[[int], None] | None = None, **settings: Any,
) -> CeilingReport:  # fmt: skip
    """Trains ridge, logistic and nearest neighbours on a recipe's embeddings, and ridge on an embedder without weights; all held out by the
    recipe's groups, on samples of the train split. recipe, settings: as for `curve`. queue: puts what all get wrong alike into one for review.
    progress: called with each recipe. Raises `BadValue` when there is nothing to tell apart."""
    chosen, _ = recipe_of(dataset, recipe, settings)
    at = log.position(dataset, version)
    weak = Recipe(**{**vars(chosen), "embedder": WEAK[dataset.medium], "settings": {}})
    views = {}
    for one in (chosen, weak) if weak.embedder != chosen.embedder else (chosen,):
        embed(dataset, one.embedder, settings=one.settings, progress=embed_progress)
        views[one.embedder] = material(dataset, one, at)
    found = views[chosen.embedder]
    rows = np.flatnonzero(found.train & (found.codes >= 0))
    known = {embedder: _rows(each, found, rows) for embedder, each in views.items()}
    both = np.logical_and.reduce([places >= 0 for places in known.values()])  # what either embedder could read
    rows = rows[both]
    codes = found.codes[rows]
    require_two(codes, found.classes)
    groups = np.unique(found.groups[rows], return_inverse=True)[1].reshape(-1) if found.groups is not None else None
    scores, names = [], []
    for embedder, each in views.items():
        view = each.view.only(known[embedder][both])
        for head in HEADS if embedder == chosen.embedder else HEADS[:1]:
            scores.append(_held_out(head, chosen, view, codes, len(found.classes), groups))
            names.append((embedder, head))
            if progress is not None:
                progress(1)
    said = compared(np.stack([each.argmax(axis=1) for each in scores]), codes)
    tried = [Tried(*name, *map(float, of)) for name, *of in zip(names, said.right, said.low, said.high, strict=True)]
    probability = probabilities(scores[said.best], temperature(scores[said.best], codes))
    quality = label_quality(probability, codes, groups=groups)
    wrong = tuple(round(share * len(rows)) for share in (quality.rate.value, quality.rate.low, quality.rate.high))
    errors = int((said.alike | said.helped | said.rest).sum())
    alike = np.flatnonzero(said.alike)
    best = scores[said.best]
    apart = best[alike].max(axis=1) - best[alike, codes[alike]]
    alike = alike[np.argsort(-apart, kind="stable")]
    guess = best[alike].argmax(axis=1)
    samples = _samples(found, rows[alike], guess)
    number = _queued(dataset, found, rows[alike], samples, at, person) if queue and len(alike) else None
    remarks = list(found.remarks)
    spend = verdict(errors / len(rows), quality.rate.low, quality.rate.high)
    if quality.weak:
        remarks.append(quality.why)
    alone = len(views) < 2
    blind = quality.weak and alone and chosen.embedder == weak.embedder
    # what one pair of eyes cannot see looks like wrong labels: there may be fewer of those than estimated, and not more
    if quality.weak or (alone and spend == "data"):
        spend = "model" if blind else "open"
    if alone:
        remarks.append(
            "all recipes share one embedder, so what it cannot see looks like wrong data: name another with --embedder"
        )
    says = _says(spend, errors, len(alike), wrong, chosen.embedder if blind else "")
    return CeilingReport(
        at, len(rows), found.by, tuple(sorted(tried, key=lambda one: -one.accuracy)), errors, len(alike), int(said.helped.sum()),
        int(said.rest.sum()), wrong[0], wrong[1], wrong[2], spend, says, samples, number,
        tuple(remarks),
    )  # fmt: skip


def _rows(one: Material, found: Material, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of samples in the material of another embedder, -1 where it has none."""
    ids = found.ids.take(pa.array(rows))
    places: NDArray[np.int64] = (
        pc.index_in(ids, value_set=one.ids).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return places


def _held_out(
    head: str, recipe: Recipe, view: View, codes: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None
) -> NDArray[np.float32]:
    weights = balanced(codes, classes) if recipe.weights == "balanced" else None
    if head == "ridge":
        made, rooted = fitted(
            recipe, view, codes, classes, groups, weights
        )  # as `train` does, so that both say the same
        return ridge.held_out(made, Rooted(view) if rooted else view, groups)
    if head == "nearest":
        return nearest.held_out(view, codes, classes, groups)
    units = np.arange(len(codes)) if groups is None else groups
    fold = folds(units, codes, min(recipe.folds, len(np.unique(units))), recipe.seed)
    *_, last = logistic.train(
        view,
        codes,
        classes,
        fold,
        weights=weights,
        strength=recipe.strength,
        epochs=min(recipe.epochs, _EPOCHS),
        seed=recipe.seed,
    )
    return last.scores


def _samples(found: Material, rows: NDArray[np.int64], guess: NDArray[np.int64]) -> tuple[dict[str, str], ...]:
    ids = found.ids.take(pa.array(rows)).to_pylist()
    return tuple(
        {"id": one.hex(), "label": found.labels[found.beneath[row]], "said": found.classes[said]}
        for one, row, said in zip(ids, rows.tolist(), guess.tolist(), strict=True)
    )


def _queued(
    dataset: Dataset,
    found: Material,
    rows: NDArray[np.int64],
    samples: tuple[Mapping[str, str], ...],
    at: int,
    person: str,
) -> int:
    """A queue of what all recipes get wrong alike, with what they say as the suggestion where that is one label."""
    labels = [one["label"] for one in samples]
    suggested = [one["said"] if one["said"] in found.labels else None for one in samples]
    none = [None] * len(samples)
    arrays = [
        found.ids.take(pa.array(rows)), pa.array(labels, pa.string()), pa.array(suggested, pa.string()), pa.array(none, pa.float64()),
        pa.array(none, pa.float64()),
    ]  # fmt: skip
    facts = {
        "order": "selected", "purpose": "to look at what unlike recipes get wrong in the same way", "run": "", "hash": "", "at": at,
        "version": "", "where": "", "check": "", "seed": 0, "of": len(samples), "samples": len(samples),
        "expected": {**dict.fromkeys(queues.EXPECTED), "blends": {}}, "remarks": (),
    }  # fmt: skip
    return queues.write(dataset, facts, pa.table(arrays, schema=queues.ROWS), acting(person)).queue


def _says(spend: str, errors: int, alike: int, wrong: tuple[int, ...], blind: str) -> str:
    """Where the next hour is better spent, with the counts it rests on. blind: the embedder, where it sees too little to judge labels."""
    if not errors:
        return "the best recipe makes no error: neither labels nor models can be told to fall short by these samples"
    if blind:
        return (
            f"the next hour is better spent on the model: {blind} sees too little to judge these labels; the best recipe makes {errors:,} "
            f"errors, and all make only {alike:,} of them in the same way"
        )
    facts = (
        f"the best recipe makes {errors:,} errors, all make {alike:,} of them in the same way, and about {wrong[0]:,} labels "
        f"({wrong[1]:,} to {wrong[2]:,}) are estimated to be wrong"
    )
    if spend == "open":
        return f"whether data or model falls short cannot be told: {facts}"
    more = "more" if spend == "data" else "fewer"
    return f"the next hour is better spent on the {spend}: {facts}, {more} than half as many"
