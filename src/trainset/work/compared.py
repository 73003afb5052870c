"""What a comparison found: the table of versions x test sets, the pairs with their intervals, and what is in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.learn.compare import Change, Comparison
from trainset.recipe import Recipe
from trainset.store import ids
from trainset.store.comparisons import ByTestSet, Cell, Changed, Kept, Row
from trainset.work.locks import Alarm
from trainset.work.scoring import number

_NAMED = 1000
"""Samples that are named in JSON, of each kind."""
Who = tuple[str, str]
"""A version, and the name of a recipe."""


def by_class(found: Comparison, names: Sequence[str]) -> list[dict[str, Any]]:
    """Recall of each class with test samples, before and after, with the change and its ends; the largest change first."""
    all_ = found.classes
    codes = np.flatnonzero(all_.samples)
    order = codes[np.lexsort((-np.abs(all_.value[codes]), ~all_.changed[codes]))]
    return [
        {
            "class": names[code], "samples": int(all_.samples[code]), "before": number(all_.before[code]),
            "after": number(all_.after[code]), "change": number(all_.value[code]),
            "interval": [number(all_.low[code]), number(all_.high[code])], "changed": bool(all_.changed[code]),
        }
        for code in order.tolist()
    ]  # fmt: skip


@dataclass(frozen=True)
class Doubt:
    """Test samples whose label may be wrong: every version's model, which has not seen them, is sure of the same other class. ids; labels, said:
    the label, and that class; sure: the least confidence. The surest first."""

    ids: pa.Array
    labels: tuple[str, ...]
    said: tuple[str, ...]
    sure: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self) -> list[dict[str, Any]]:
        """One object a sample."""
        some = zip(self.ids.to_pylist(), self.labels, self.said, self.sure.tolist(), strict=True)
        return [
            {"id": ids.shown(one), "label": label, "predicted": said, "confidence": number(sure)}
            for one, label, said, sure in [*some][:_NAMED]
        ]


@dataclass(frozen=True)
class Tested:
    """A test set. classes: samples by label. unlabelled: samples that do not count, for they have no label. groups: (n,) contributors and near
    duplicates that are resampled whole, by what `by` says; None: each sample by itself."""

    name: str
    at: int
    samples: int
    classes: Mapping[str, int]
    unlabelled: int
    groups: NDArray[np.int64] | None = field(repr=False)
    by: str = "none"
    doubtful: Doubt | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        many = 0 if self.groups is None else len(np.unique(self.groups))
        doubtful = self.doubtful
        return {
            "test_set": self.name, "at": self.at, "samples": self.samples, "classes": dict(self.classes), "unlabelled": self.unlabelled,
            "groups": many, "by": self.by, "doubtful": len(doubtful) if doubtful else 0, "doubtful_samples": doubtful.rows() if doubtful else [],
        }  # fmt: skip


@dataclass(frozen=True)
class Entrant:
    """A version with a recipe. trained_on: samples learnt from; classes: how many they are of. left_out: samples of the train split that are in a
    test set, by id or content, and were not learnt from. tied: of each test set the samples that have one of their contributor, or a near
    duplicate, in training. bytes, milliseconds: of the model on disk, and for one sample; None where not measured."""

    version: str
    at: int
    name: str
    recipe: Recipe
    trained_on: int
    left_out: int
    tied: Mapping[str, int]
    classes: int
    bytes: int | None = None
    milliseconds: float | None = None

    @property
    def who(self) -> Who:
        """Version and recipe."""
        return self.version, self.name

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "version": self.version, "at": self.at, "recipe": self.name, "hash": self.recipe.hash, "trained_on": self.trained_on,
            "left_out": self.left_out, "tied": dict(self.tied), "classes": self.classes, "bytes": self.bytes,
            "milliseconds": None if self.milliseconds is None else number(self.milliseconds),
        }  # fmt: skip


@dataclass(frozen=True)
class Score:
    """One cell of the table: accuracy with its interval (Wilson, of this model alone), macro recall, harm for 1,000 samples (None without
    costs), and the classes of the test set that the version has no sample of."""

    version: str
    recipe: str
    test_set: str
    accuracy: float
    low: float
    high: float
    macro_recall: float
    harm: float | None
    missing: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "version": self.version, "recipe": self.recipe, "test_set": self.test_set, "accuracy": number(self.accuracy),
            "interval": [number(self.low), number(self.high)], "macro_recall": number(self.macro_recall),
            "harm": None if self.harm is None else number(self.harm), "missing": list(self.missing),
        }  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """Two sides on one test set. found: see `learn.compare`. classes: names; ids: of the test samples; then, now, given: (n,) what was predicted
    before and after, and the label, as classes."""

    before: Who
    after: Who
    test_set: str
    classes: tuple[str, ...]
    found: Comparison
    ids: pa.Array = field(repr=False)
    then: NDArray[np.int64] = field(repr=False)
    now: NDArray[np.int64] = field(repr=False)
    given: NDArray[np.int64] = field(repr=False)

    @property
    def same_recipe(self) -> bool:
        """Whether only the data differ."""
        return self.before[1] == self.after[1]

    def samples(self, *, gained: bool = False) -> list[dict[str, Any]]:
        """The samples that were right and are wrong, or the reverse, the steadiest first: id, label, what was predicted, and the share of
        draws in which it is so."""
        rows = (self.found.gained if gained else self.found.lost)[:_NAMED]
        return [
            {
                "id": ids.shown(self.ids[row].as_py()), "label": self.classes[self.given[row]], "before": self.classes[self.then[row]],
                "after": self.classes[self.now[row]], "steady": number(self.found.steady[row]),
            }
            for row in rows.tolist()
        ]  # fmt: skip

    def per_class(self) -> list[dict[str, Any]]:
        """As `by_class`."""
        return by_class(self.found, self.classes)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        one = self.found
        return {
            "before": {"version": self.before[0], "recipe": self.before[1]}, "after": {"version": self.after[0], "recipe": self.after[1]},
            "test_set": self.test_set, "samples": one.samples, "groups": one.groups, "accuracy": change(one.accuracy),
            "macro_recall": change(one.macro_recall), "saved": None if one.saved is None else change(one.saved), "p": number(one.p),
            "lost": len(one.lost), "gained": len(one.gained), "lost_samples": self.samples(), "gained_samples": self.samples(gained=True),
            "per_class": self.per_class(),
        }  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """All of a comparison. entrants: the rows of the table; test_sets: its columns; scores: its cells. pairs: which sides were set beside which.
    seeds: how many draws of training samples the intervals know of. alarms: of locked test sets, that nobody acknowledged."""

    entrants: tuple[Entrant, ...]
    test_sets: tuple[Tested, ...]
    scores: tuple[Score, ...]
    pairs: tuple[Pair, ...]
    seeds: int
    remarks: tuple[str, ...]
    at: int
    alarms: tuple[Alarm, ...] = ()

    def score(self, who: Who, test_set: str) -> Score:
        """A cell of the table."""
        return next(one for one in self.scores if (one.version, one.recipe) == who and one.test_set == test_set)

    @property
    def sentences(self) -> list[str]:
        """What may be concluded, and what may not."""
        from trainset.work.compare_says import sentences

        return sentences(self)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "rows": [one.as_dict() for one in self.entrants], "test_sets": [one.as_dict() for one in self.test_sets],
            "scores": [one.as_dict() for one in self.scores], "pairs": [one.as_dict() for one in self.pairs], "seeds": self.seeds,
            "sentences": self.sentences, "remarks": list(self.remarks), "alarms": [one.as_dict() for one in self.alarms], "at": self.at,
        }  # fmt: skip


def kept(found: Compared, made: str, pick: Callable[[pa.Array], str]) -> Kept:
    """What of a comparison is kept. made: the time, ISO 8601. pick: keeps samples and returns the name of that."""
    who, sets = [one.who for one in found.entrants], [one.name for one in found.test_sets]
    return Kept(
        made, found.seeds,
        tuple(Row(one.version, one.at, one.name, one.recipe.hash, one.recipe.seed, one.trained_on) for one in found.entrants),
        tuple(ByTestSet(one.name, one.at, one.samples) for one in found.test_sets),
        tuple(
            Cell(who.index((one.version, one.recipe)), sets.index(one.test_set), one.accuracy, one.low, one.high)
            for one in found.scores
        ),
        tuple(found.sentences),
        tuple(
            Changed(
                who.index(one.before), who.index(one.after), sets.index(one.test_set), len(one.found.lost), len(one.found.gained),
                *(pick(one.ids.take(pa.array(rows))) if len(rows) else "" for rows in (one.found.lost, one.found.gained)),
            )
            for one in found.pairs
        ),
    )  # fmt: skip


def change(one: Change) -> dict[str, Any]:
    """A change for JSON."""
    return {
        "change": number(one.value), "interval": [number(one.low), number(one.high)], "level": number(one.level), "verdict": one.verdict,
        "of_test": number(one.of_test), "of_training": number(one.of_training),
    }  # fmt: skip
