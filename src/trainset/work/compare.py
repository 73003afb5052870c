"""Compare: the same recipe trained on each version and tested on the same test sets, and what may be concluded from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.compare import Comparison
from trainset.learn.compare import compare as compared
from trainset.learn.scores import confusion
from trainset.recipe import OWN, Recipe, seen
from trainset.store import log
from trainset.store.comparisons import keep
from trainset.store.dataset import Dataset
from trainset.store.picks import keep_pick
from trainset.work import test_sets as of_tests
from trainset.work.compare_cells import Cell, predicted_by_heads, prune
from trainset.work.compare_command import predicted_by_command
from trainset.work.compare_price import Price, price
from trainset.work.compare_sides import Classes, Side, rosters, sides
from trainset.work.compared import Compared, Doubt, Entrant, Pair, Score, Tested, kept
from trainset.work.costs import costs, priced
from trainset.work.embed import embed
from trainset.work.locks import alarms
from trainset.work.material import Roster
from trainset.work.recipe import meant
from trainset.work.test_sets import TestSet

DRAWS, DRAWS_OF_COMMANDS = 8, 3
"""How often each side is trained again, when nothing is said."""
_SURE = 0.5
"""So sure must every version's model be of another class for a test label to be in doubt: more likely wrong than right."""

Progress = Callable[[int], None]


@dataclass(frozen=True)
class _Trained:
    """A side and what it predicts of all contents of the test sets: as it is, and of each draw."""

    side: Side
    classes: Classes
    cells: list[Cell]


def compare(
    dataset: Dataset, /, *versions: str | int, recipe: str = "", recipes: Sequence[str] = (), test_sets: Sequence[str] = (),
    seeds: int | None = None, timeout: float | None = None, embed_progress: Progress | None = None, compare_progress: Progress | None = None,
    progress: Progress | None = None, step: Callable[[str], None] | None = None, **settings: Any,
) -> Compared:  # fmt: skip
    """Trains a recipe on the train split of each version, tests all of them on the same test sets, and says what may be concluded.

    test_sets: the name of a lock, or `VERSION` for its test split; without any those of the versions. Labels are those of the test set. What a test set has, by
    id or by content, is not trained on. recipe, settings: as in `train`, a command too. recipes: several names, each a row for each version.
    seeds: how often each side is trained again on another draw of its training samples (contributors whole), with the number of the draw added to
    the recipe's seed; 0 says less: it is then of these two models. By default 8, and 3 for commands. Everything trained is kept in the
    cache, so that an interrupted comparison goes on; the table itself is kept for the data card. progress: called as trainings end.

    Intervals: `trainset.learn.compare`. Raises `UnknownName`, and `BadValue` where there is nothing to compare or to test on.
    """
    named = [("now" if one is None else f"#{one}" if isinstance(one, int) else one) for one in versions]
    asked = [*recipes] or [recipe]
    _check(named, asked, seeds)
    places = [(name, log.position(dataset, name)) for name in named]
    recipes_ = [meant(dataset, name, settings) for name in asked]
    if nothing := next((one for one in recipes_ if one.head == OWN and not one.command), None):
        raise BadValue(
            "this recipe has no command to train with",
            got=nothing.model,
            next='--recipe "python train.py --train {train} ..."',
        )
    meant_ = [(_called(name, one), one) for name, one in zip(asked, recipes_, strict=True)]
    tests = of_tests.test_sets(dataset, test_sets, places)
    contents = pa.concat_arrays([one.contents for one in tests]).unique()
    read, remarks = rosters(dataset, compare_progress), list[str]()
    trained = list[_Trained]()
    for name, one in meant_:
        if one.head != OWN:
            embed(dataset, one.embedder, settings=one.settings, progress=embed_progress)
        if seen(one):
            remarks.append(
                f"the recipe {name} stands on a layer of a model that had seen labels: if those of a test set are among them, its score is too good"
            )
        classes, found = sides(dataset, name, one, places, tests, read)
        for side in found:
            draws = seeds if seeds is not None else DRAWS_OF_COMMANDS if one.head == OWN else DRAWS
            cells = (
                predicted_by_command(
                    dataset, side, draws, contents, tests, read, progress or _nothing, step, timeout, remarks
                )
                if one.head == OWN
                else predicted_by_heads(dataset, side, draws, contents, progress or _nothing)
            )
            trained.append(_Trained(side, classes, cells))
    good = np.all([one.cells[0].predicted >= 0 for one in trained], axis=0)
    at = [
        pc.index_in(one.contents, value_set=contents).to_numpy(zero_copy_only=False).astype(np.int64) for one in tests
    ]
    if lost := int(sum((~good[place]).sum() for place in at)):
        remarks.append(
            f"{lost:,} test samples are left out: not every recipe has a prediction of them (no embedding, or a file that cannot be read)"
        )
    tests = [one.only(good[place]) for one, place in zip(tests, at, strict=True)]
    at = [place[good[place]] for place in at]
    if not all(len(one) for one in tests):
        raise BadValue("no test sample can be predicted", next="trainset embed says why")
    found_ = _judged(dataset, trained, tests, at, read, remarks)
    result = _priced(dataset, found_, trained, contents) if len(asked) > 1 else found_
    prune(dataset)
    keep(dataset, kept(result, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", lambda ids: keep_pick(dataset, ids).name))
    return result


def _nothing(more: int) -> None:
    pass


def _check(versions: Sequence[str], recipes: Sequence[str], seeds: int | None) -> None:
    for what, some in (("version", versions), ("recipe", recipes)):
        twice = next((one for one in some if some.count(one) > 1), None)
        if twice is not None:
            raise BadValue(f"a {what} is named twice", got=repr(twice))
    if len(versions) * len(recipes) < 2:
        raise BadValue(
            "there is nothing to compare", expected="two versions or more, or one with --recipes A,B", got=", ".join(versions) or "none",
            next="trainset versions lists them",
        )  # fmt: skip
    if seeds is not None and not 0 <= seeds <= 1000:
        raise BadValue("seeds is out of range", expected="0 to 1,000", got=str(seeds))


def _called(name: str, recipe: Recipe) -> str:
    """How a recipe is spoken of: by its name, else by what it is made of."""
    return name or ", ".join(filter(None, (recipe.embedder, recipe.head)))


def _judged(
    dataset: Dataset, trained: list[_Trained], tests: list[TestSet], at: list[NDArray[np.int64]], read: Callable[[Recipe, int], Roster],
    remarks: list[str],
) -> Compared:  # fmt: skip
    scores, pairs, doubts = list[Score](), list[Pair](), list[Doubt]()
    tested = [_tested(one, read(trained[0].side.recipe, one.at)) for one in tests]
    couples = _couples(trained)
    level = 1 - 0.05 / max(1, len(couples))
    set_ = costs(dataset)
    for number, (test, place) in enumerate(zip(tests, at, strict=True)):
        prices = list[NDArray[np.float64] | None]()
        for one in trained:
            rows, codes = one.classes.codes(test.labels)
            cost = None
            if set_:
                counts = np.bincount(rows, minlength=len(one.classes.labels))
                made = priced(set_, _Named(one.classes.names, one.classes.labels, one.classes.beneath), counts)
                remarks += made.unused
                cost = made.of_labels if made.any else None
            prices.append(cost)
            said = one.cells[0].predicted[place]
            score = confusion(codes, said, len(one.classes.names))
            spent = None if cost is None else float(1000 * cost[rows, said].mean())
            share = score.accuracy
            missing = tuple(one.side.missing(codes))
            scores.append(
                Score(
                    one.side.version,
                    one.side.name,
                    test.name,
                    float(share.value),
                    float(share.low),
                    float(share.high),
                    score.balanced_accuracy,
                    spent,
                    missing,
                )
            )
        for first, second in couples:
            pairs.append(_pair(trained[first], trained[second], test, place, tested[number], prices[first], level))
        doubts.append(_doubt(trained, test, place))
    entrants = [_entrant(one, tests) for one in trained]
    return Compared(
        tuple(entrants), tuple(replace(one, doubtful=doubt) for one, doubt in zip(tested, doubts, strict=True)), tuple(scores), tuple(pairs),
        min(len(one.cells) for one in trained) - 1, tuple(dict.fromkeys(remarks)), log.head(dataset), tuple(alarms(dataset)),
    )  # fmt: skip


def _priced(dataset: Dataset, found: Compared, trained: list[_Trained], contents: pa.Array) -> Compared:
    """With what each side costs in use: measured once a recipe, for versions differ by classes alone."""
    known: dict[str, Price] = {}
    for one in trained:
        if one.side.name not in known:
            known[one.side.name] = price(dataset, one.side, contents)
    made = [
        replace(one, bytes=known[one.name].bytes, milliseconds=known[one.name].milliseconds) for one in found.entrants
    ]
    why = [f"{name}: size and time of a sample are not known: {one.why}" for name, one in known.items() if one.why]
    return replace(found, entrants=tuple(made), remarks=(*found.remarks, *why))


@dataclass(frozen=True)
class _Named:
    """What costs are made for."""

    classes: tuple[str, ...]
    labels: tuple[str, ...]
    beneath: tuple[int, ...]


def _couples(trained: list[_Trained]) -> list[tuple[int, int]]:
    """Which sides are set beside each other: of each recipe the first version and every other; over recipes the last version of the one
    and the first of the other."""
    found = []
    recipes = list(dict.fromkeys(one.side.name for one in trained))
    of = {name: [number for number, one in enumerate(trained) if one.side.name == name] for name in recipes}
    for mine in of.values():
        found += [(mine[0], other) for other in mine[1:]]
    for first in recipes:
        found += [(of[first][0], of[second][-1]) for second in recipes if second != first]
    # of one version either way round is the same
    return [one for place, one in enumerate(found) if one[::-1] not in found[:place]]


def _pair(
    before: _Trained, after: _Trained, test: TestSet, place: NDArray[np.int64], tested: Tested, prices: NDArray[np.float64] | None, level: float
) -> Pair:  # fmt: skip
    names = tuple(dict.fromkeys([*before.classes.names, *after.classes.names]))
    into = [np.array([names.index(name) for name in one.classes.names], np.int64) for one in (before, after)]
    rows, own = before.classes.codes(test.labels)
    codes = into[0][own]
    same = before.classes.names == after.classes.names

    def of(one: _Trained, number: int) -> NDArray[np.int64]:
        return np.stack([into[number][cell.predicted[place]] for cell in one.cells])

    then, now = of(before, 0), of(after, 1)
    draws = min(len(then), len(now))
    again = (then[1:draws], now[1:draws]) if draws > 2 else None
    found: Comparison = compared(
        codes,
        then[0],
        now[0],
        len(names),
        again=again,
        groups=tested.groups,
        costs=prices if same else None,
        rows=rows,
        level=level,
    )
    return Pair(
        (before.side.version, before.side.name), (after.side.version, after.side.name), test.name, names, found, test.ids,
        then[0], now[0], codes,
    )  # fmt: skip


def _tested(test: TestSet, samples: Roster) -> Tested:
    """A test set with the contributors and near duplicates among its samples, which are resampled whole."""
    groups = None
    if samples.groups is not None:
        where = pc.index_in(test.ids, value_set=samples.ids).fill_null(-1).to_numpy(zero_copy_only=False)
        groups = np.where(where >= 0, samples.groups[where], samples.groups.max() + 1 + np.arange(len(where)))
    counts = test.labels.value_counts()
    return Tested(
        test.name,
        test.at,
        len(test),
        {one["values"].as_py(): one["counts"].as_py() for one in counts},
        test.unlabelled,
        groups,
        samples.by,
    )


def _entrant(one: _Trained, tests: list[TestSet]) -> Entrant:
    side, samples = one.side, one.side.samples
    tied = dict.fromkeys((test.name for test in tests), 0)
    if samples.groups is not None:  # a tie to what was left out is none
        near = samples.shared & np.isin(samples.groups, samples.groups[side.rows]) & ~samples.train
        for test in tests:
            mine = pc.is_in(samples.ids, value_set=test.ids).to_numpy(zero_copy_only=False)
            tied[test.name] = int((mine & near).sum())
    return Entrant(
        side.version, side.at, side.name, side.recipe, len(side.rows), side.left_out, tied, len({*side.codes.tolist()})
    )


def _doubt(trained: list[_Trained], test: TestSet, place: NDArray[np.int64]) -> Doubt:
    """The test samples of which every side's model, none of which has seen them, says the same other class and is sure."""
    agreed, sure = np.ones(len(place), bool), np.ones(len(place), np.float32)
    first: NDArray[Any] | None = None
    for one in trained:
        names = np.array(one.classes.names)
        _, codes = one.classes.codes(test.labels)
        said = one.cells[0].predicted[place]
        first = names[said] if first is None else first
        agreed &= (said != codes) & (names[said] == first)
        confidence = one.cells[0].confidence[place]
        agreed &= confidence >= _SURE
        sure = np.minimum(sure, np.nan_to_num(confidence))
    rows = np.flatnonzero(agreed)
    rows = rows[np.argsort(-sure[rows], kind="stable")]
    said_ = [] if first is None else first[rows].tolist()
    mine = pa.array(rows)
    return Doubt(test.ids.take(mine), tuple(test.labels.take(mine).to_pylist()), tuple(said_), sure[rows])
