"""The sides of a comparison: what each version gives each recipe to learn from, without anything of the test sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn.folds import together
from trainset.recipe import OWN, REST, Recipe
from trainset.store.dataset import Dataset
from trainset.store.replay import replay
from trainset.work.embed import embeddings
from trainset.work.material import Progress, Roster, roster
from trainset.work.scoring import require_two
from trainset.work.test_sets import TestSet, now_called


@dataclass(frozen=True)
class Side:
    """One version with one recipe. classes: those of all sides of the recipe and of the test sets. samples: those of the version. rows: of
    them what is learnt from; codes, keys: (rows,) class of each, and what is drawn together as a number; groups: what is held out together
    when the head is chosen. left_out: how many were not taken, for they are in a test set."""

    version: str
    at: int
    name: str
    recipe: Recipe
    classes: tuple[str, ...]
    samples: Roster
    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    keys: NDArray[np.uint64]
    groups: NDArray[np.int64] | None
    left_out: int

    @property
    def contents(self) -> pa.Array:
        """Of what is learnt from."""
        return self.samples.contents.take(pa.array(self.rows))

    def missing(self, codes: NDArray[np.int64]) -> list[str]:
        """The classes among these codes without a sample to learn from."""
        return [self.classes[code] for code in np.setdiff1d(codes, self.codes).tolist()]


class Classes:
    """The classes that a recipe makes of labels, over several versions."""

    def __init__(self, recipe: Recipe, known: set[str], labels: Sequence[str]) -> None:
        """known: every class there is or was. Raises `UnknownName` for a label of the recipe that is none."""
        self._of = {label: name for name, some in recipe.classes.items() for label in some if label != REST}
        self._rest = next((name for name, some in recipe.classes.items() if REST in some), None)
        if unknown := sorted(self._of.keys() - known):
            raise UnknownName(f"no class is called {unknown[0]!r}", expected=", ".join(sorted(known))[:500])
        self.labels = tuple(sorted({*labels}))
        made = [self.of(label) for label in self.labels]
        self.names = tuple(dict.fromkeys([*(name for name in recipe.classes if name in made), *made]))
        self.beneath = tuple(self.names.index(name) for name in made)

    def of(self, label: str) -> str:
        """The class of a label."""
        return self._of.get(label, label if self._rest is None else self._rest)

    @cached_property
    def _codes(self) -> Mapping[str, tuple[int, int]]:
        return {label: (row, self.beneath[row]) for row, label in enumerate(self.labels)}

    def codes(self, labels: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(n,) which label each is, and (n,) its class; -1 for none."""
        encoded = labels.dictionary_encode()
        table = np.array([*(self._codes[name] for name in encoded.dictionary.to_pylist()), (-1, -1)], np.int64)
        both = table[encoded.indices.fill_null(len(table) - 1).to_numpy(zero_copy_only=False)]
        return both[:, 0], both[:, 1]


def sides(
    dataset: Dataset, name: str, recipe: Recipe, versions: Sequence[tuple[str, int]], tests: Sequence[TestSet],
    read: Callable[[Recipe, int], Roster],
) -> tuple[Classes, list[Side]]:  # fmt: skip
    """What each version gives this recipe. read: `rosters`. Raises `BadValue` when a version leaves nothing to learn from."""
    rosters = [_read(read, recipe, version, at) for version, at in versions]
    labels = [
        now_called(dataset, pa.array(one.labels, pa.string()), at)
        for one, (_, at) in zip(rosters, versions, strict=True)
    ]
    every = {
        *(name for some in labels for name in some.to_pylist()),
        *(n for one in tests for n in one.labels.unique().to_pylist()),
    }
    classes = Classes(recipe, every | {*replay(dataset).classes}, [*every])
    ids, contents = (pa.concat_arrays([getattr(one, what) for one in tests]).unique() for what in ("ids", "contents"))
    found = list[Side]()
    for (version, at), one, named in zip(versions, rosters, labels, strict=True):
        codes = np.append(classes.codes(named)[1], -1)[one.beneath]
        in_test = pc.or_(pc.is_in(one.ids, value_set=ids), pc.is_in(one.contents, value_set=contents))
        tested = in_test.to_numpy(zero_copy_only=False)
        wanted = one.train & (codes >= 0)
        rows = np.flatnonzero(wanted & ~tested)
        if recipe.head != OWN and len(rows):
            view = embeddings(
                dataset, one.contents.take(pa.array(rows)), embedder=recipe.embedder, settings=recipe.settings
            )
            rows = rows[view.known]
        if not len(rows):
            raise BadValue(
                f"the version {version} has nothing to learn from", expected="labelled samples of the train split that no test set has",
                got=f"{np.count_nonzero(wanted):,}, of which {np.count_nonzero(wanted & tested):,} are in a test set",
                next="trainset status shows the splits; trainset move-split changes them",
            )  # fmt: skip
        with _of(version):
            require_two(codes[rows], classes.names)
        groups = None if one.groups is None else one.groups[rows]
        if groups is not None and recipe.groups == "auto" and len(np.unique(groups)) < 2:
            groups = None
        found.append(
            Side(
                version, at, name, recipe, classes.names, one, rows, codes[rows], np.empty(0, np.uint64), groups, int((wanted & tested).sum())
            )
        )  # fmt: skip
    return classes, _keyed(found)


def _read(read: Callable[[Recipe, int], Roster], recipe: Recipe, version: str, at: int) -> Roster:
    with _of(version):
        return read(recipe, at)


@contextmanager
def _of(version: str) -> Iterator[None]:
    """What is wrong is said with the version that it is wrong with."""
    try:
        yield
    except BadValue as wrong:
        where = f"version {version}"
        raise BadValue(wrong.what, where=where, expected=wrong.expected, got=wrong.got, next=wrong.next) from None


def rosters(dataset: Dataset, progress: Progress | None) -> Callable[[Recipe, int], Roster]:
    """Reads the samples of a position with what a recipe holds out together, each once; labels are not grouped into classes."""
    known: dict[tuple[str, int], Roster] = {}

    def read(recipe: Recipe, at: int) -> Roster:
        if (recipe.groups, at) not in known:
            plain = dataclasses.replace(recipe, classes={})
            known[recipe.groups, at] = roster(dataset, plain, at, progress)
        return known[recipe.groups, at]

    return read


def _keyed(found: list[Side]) -> list[Side]:
    """With the key of what is drawn together: of a group over all versions the least of its ids. A sample is one in all versions, by its id or by its
    content, so that what versions share is drawn alike, also where one of them was imported anew under other names."""
    ids = [one.samples.ids.take(pa.array(one.rows)) for one in found]
    union, every = (pa.concat_arrays(some).unique() for some in (ids, [one.contents for one in found]))
    places = [_in(some, union) for some in ids]
    content = np.full(len(union), -1, np.int64)
    fields = [content]
    for one, place in zip(found, places, strict=True):
        content[place] = _in(one.contents, every)
        if one.groups is not None:
            field = np.full(len(union), -1, np.int64)
            field[place] = one.groups
            fields.append(field)
    group = together(len(union), fields)
    raw = np.frombuffer(b"".join(one[:8] for one in union.to_pylist()), ">u8").astype(np.uint64)
    least = np.full(int(group.max(initial=-1)) + 1, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(least, group, raw)
    return [dataclasses.replace(one, keys=least[group[place]]) for one, place in zip(found, places, strict=True)]


def _in(some: pa.Array, all_: pa.Array) -> NDArray[np.int64]:
    place: NDArray[np.int64] = pc.index_in(some, value_set=all_).to_numpy(zero_copy_only=False).astype(np.int64)
    return place
