"""A proposal of `clusters` done: the labels are changed, the recipe of the latest run trains again, and what that brought is said."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName, Unsafe
from trainset.learn.compare import Comparison
from trainset.learn.compare import compare as compared
from trainset.recipe import OWN, Recipe
from trainset.store import home, log
from trainset.store import runs as store
from trainset.store.dataset import Dataset
from trainset.store.runs import APART, HELD_OUT, Predictions, Run
from trainset.work.apply import Applied
from trainset.work.apply import apply as apply_list
from trainset.work.clusters import Clusters
from trainset.work.clusters_list import save_clusters
from trainset.work.compared import by_class, change
from trainset.work.scoring import number
from trainset.work.train import train

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Part:
    """A class that a proposal made. of: the class that it was a part of. samples: of those that are judged; recall: the share of them that is
    predicted as this class, and not as its other parts or anything else."""

    name: str
    of: str
    samples: int
    recall: float


@dataclass(frozen=True)
class Brought:
    """What a proposal brought. before, after: runs of one recipe, on the labels before it and after it. judged: `test` or `held out`. classes: names
    that `found` counts by: new parts count as the class that they were of, so that a split by itself changes no score. parts: the new classes."""

    applied: Applied
    before: Run
    after: Run
    judged: str
    classes: tuple[str, ...]
    found: Comparison
    parts: tuple[Part, ...]

    @property
    def sentence(self) -> str:
        """What may be concluded."""
        one = self.found.accuracy
        how = f"{100 * one.value:+.1f} points of accuracy ({100 * one.low:+.1f} to {100 * one.high:+.1f})"
        told = {"better": "the model is better for it", "worse": "the model is worse for it"}
        return f"{told.get(one.verdict, 'no difference can be told')}: {how}, parts counted as one class"

    def per_class(self) -> list[dict[str, Any]]:
        """As `compared.by_class`."""
        return by_class(self.found, self.classes)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        one = self.found
        return {
            "applied": self.applied.as_dict(), "before": self.before.run, "after": self.after.run, "judged": self.judged, "samples": one.samples,
            "accuracy_before": number(one.before), "accuracy_after": number(one.after), "accuracy": change(one.accuracy),
            "sentence": self.sentence, "per_class": self.per_class(),
            "parts": [{**vars(part), "recall": number(part.recall)} for part in self.parts],
        }  # fmt: skip


def apply_clusters(
    dataset: Dataset, given: str | os.PathLike[str] | Sequence[Clusters], *, reason: str = "", person: str = "", step: Callable[[str], None] | None = None,
    embed_progress: Progress | None = None, compare_progress: Progress | None = None, timeout: float | None = None,
) -> Brought:  # fmt: skip
    """Does what is proposed, as one action, trains the recipe of the latest run again (the default one without a run), and compares.

    given: what `clusters` found, or the list that `save_clusters` wrote, looked through. Where no run is of the labels as they are, the recipe
    trains on them first, so that nothing but the proposal makes the difference. Both are judged by the labels as they are afterwards: on the
    test split, where there is one, else held out. step: told what is being done. Raises `BadValue` when nothing would change or the recipe
    cannot train again; then no label is changed.
    """
    tell = step or (lambda text: None)
    settings = _again(dataset)

    def trained() -> Run:
        return train(
            dataset,
            embed_progress=embed_progress,
            compare_progress=compare_progress,
            step=step,
            timeout=timeout,
            **settings,
        )

    before = _present(dataset)
    if before is None:
        tell("training on the labels as they are")
        before = trained()
    applied = _applied(dataset, given, reason, person)
    tell(f"#{applied.action}: {applied.changed:,} labels changed; training again")
    after = trained()
    return _brought(applied, before, after, store.predictions(dataset, before), store.predictions(dataset, after))


def _again(dataset: Dataset) -> dict[str, Any]:
    """The settings of the latest run's recipe. A run may come from a stranger: its command runs only where it was typed at this machine."""
    try:
        latest = store.named(dataset).recipe
    except UnknownName:
        return {}
    if latest.head == OWN and not latest.command:
        raise BadValue(
            "the latest run's predictions came from elsewhere, so its recipe cannot train again", got=latest.model,
            next="trainset train, or trainset apply FILE --new-class without training",
        )  # fmt: skip
    if latest.command and not home.is_typed(dataset.folder, latest.command):
        raise Unsafe(
            "the latest run is of a command that nobody has typed at this machine, and a dataset may not choose what runs here",
            got=latest.command, next="trainset train --recipe COMMAND, if you trust it",
        )  # fmt: skip
    usual = Recipe()
    made = {one.name: getattr(latest, one.name) for one in fields(Recipe) if one.name != "hashes"}
    return {name: value for name, value in made.items() if value != getattr(usual, name)}


def _present(dataset: Dataset) -> Run | None:
    """The latest run, when it is of the present."""
    try:
        latest = store.named(dataset)
    except UnknownName:
        return None
    return latest if latest.at == log.head(dataset) else None


def _applied(dataset: Dataset, given: str | os.PathLike[str] | Sequence[Clusters], reason: str, person: str) -> Applied:
    if isinstance(given, str | os.PathLike):
        done = apply_list(dataset, given, new_class=True, reason=reason, person=person)
    else:
        some = [one for one in given if one.proposed]
        why = reason or f"clusters of {', '.join(one.name for one in some)}"[:200]
        with tempfile.TemporaryDirectory() as place:
            path = save_clusters(dataset, Path(place) / "clusters.csv", some)
            done = apply_list(dataset, path, new_class=True, reason=why, person=person)
    if done.action is None:
        raise BadValue(
            "nothing is proposed that changes a label", expected="a part to be split or relabelled",
            got=f"{done.unchanged:,} samples with the label they have, {done.refused_count:,} rows refused", next="trainset clusters",
        )  # fmt: skip
    return done


def _brought(applied: Applied, before: Run, after: Run, then: Predictions, now: Predictions) -> Brought:
    place = pc.index_in(now.ids.cast(pa.binary(16)), value_set=then.ids.cast(pa.binary(16)))
    rows = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    labelled = (rows >= 0) & (now.given >= 0)
    test = pc.equal(now.split, "test").fill_null(False).to_numpy(zero_copy_only=False) & (now.how == APART)
    apart = test & labelled & (then.how[rows] == APART)
    held = labelled & (now.how == HELD_OUT) & (then.how[rows] == HELD_OUT)
    chosen, judged = (apart, "test") if apart.any() else (held, "held out")
    if not chosen.any():
        raise BadValue(
            "no sample is predicted by both runs without having been learnt from",
            next=f"trainset undo {applied.action}",
        )
    names = tuple(dict.fromkeys([*before.classes, *after.classes]))
    home_of = _home(before, after, then.given[rows], now.given, labelled)
    into = np.array([names.index(home_of[name]) for name in after.classes], np.int64)
    old = np.array([names.index(name) for name in before.classes], np.int64)
    mine = np.flatnonzero(chosen)
    found = compared(
        into[now.given[mine]], old[then.predicted[rows[mine]]], into[now.predicted[mine]], len(names), groups=now.group[mine]
    )  # fmt: skip
    made = []
    for code, name in enumerate(after.classes):
        if home_of[name] != name:
            own = mine[now.given[mine] == code]
            share = float((now.predicted[own] == code).mean()) if len(own) else float("nan")
            made.append(Part(name, home_of[name], len(own), share))
    return Brought(applied, before, after, judged, names, found, tuple(made))


def _home(
    before: Run, after: Run, then: NDArray[np.int64], now: NDArray[np.int64], known: NDArray[np.bool_]
) -> dict[str, str]:
    """Of each class now the one that it was: itself, else that of most of its samples."""
    found = {}
    for code, name in enumerate(after.classes):
        came = then[known & (now == code) & (then >= 0)]
        found[name] = (
            name if name in before.classes or not len(came) else before.classes[int(np.bincount(came).argmax())]
        )
    return found
