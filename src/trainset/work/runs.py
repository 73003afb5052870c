"""Runs: the list of them, one of them, and the samples of a cell, row or column of its confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn.scores import confusion
from trainset.store import log
from trainset.store import runs as store
from trainset.store.dataset import Dataset
from trainset.store.runs import APART, HELD_OUT, Predictions, Run
from trainset.work.look import Samples


def runs(dataset: Dataset) -> list[Run]:
    """All runs, the oldest first. Raises `DamagedDataset` for one that is not what it must be."""
    return store.listed(dataset)


def run(dataset: Dataset, name: str = "", *, decide: str = "likely", where: str = "") -> Run:
    """One run, by its id or number; without a name the latest. decide: `harm` gives its scores by the predictions of least expected harm, see
    `harm`. where: its scores on the samples that a filter holds for now. Raises `UnknownName`, `BadFilter`, `DamagedDataset`."""
    return store.named(dataset, name) if decide == "likely" and not where else read(dataset, name, decide, where)[0]


def predictions(dataset: Dataset, name: str = "", *, decide: str = "likely", where: str = "") -> Predictions:
    """What a run says of each sample, as arrays. decide, where: see `run`. Raises `UnknownName`, `BadFilter`, `DamagedDataset`."""
    return read(dataset, name, decide, where)[1]


def confused(
    dataset: Dataset, name: str = "", *, cell: str = "", row: str = "", column: str = "", split: str = "", n: int = 12,
    decide: str = "likely", where: str = "",
) -> Samples:  # fmt: skip
    """The samples of a part of a run's confusion matrix, the surest mistakes first, as they are now.

    cell: `LABEL:PREDICTED`, where LABEL is a class, or a label beneath one. row: mistakes of the class; column: mistakes that were
    predicted as it. split: validation or test, else what was held out. decide, where: see `run`. Raises `UnknownName`, `BadValue`, `BadFilter`.
    """
    one, found = read(dataset, name, decide, where)
    first = surest(found, part(one, found, cell, row, column, split))
    samples = Samples.of(dataset, found.ids.take(pa.array(first[:n])), log.head(dataset))
    place = pc.index_in(samples.known["id"].combine_chunks().cast(pa.binary(16)), value_set=found.ids)
    names = pa.array(one.classes, pa.string()).take(pa.array(found.predicted).take(place))
    table = samples.known.append_column("predicted", names)
    table = table.append_column("confidence", pa.array(found.confidence.astype(np.float64)).take(place))
    return Samples(dataset, table, len(first), samples.sources)


@dataclass(frozen=True)
class Part:
    """A part of a run's matrix. given, predicted: the names asked for, empty for any. rows: of its samples among the predictions. beneath:
    whether `given` is a label beneath a class."""

    given: str
    predicted: str
    rows: NDArray[np.int64]
    beneath: bool = False


def part(one: Run, found: Predictions, cell: str = "", row: str = "", column: str = "", split: str = "") -> Part:
    """The samples of a cell, or the mistakes of a row or a column. Raises `UnknownName`, `BadValue`."""
    if sum(map(bool, (cell, row, column))) > 1:
        raise BadValue("a cell, a row or a column, not several of them")
    wanted = side(found, split) & (found.given >= 0)
    given, to = _cell(one, cell) if cell else (row, column)
    if not given and not to:
        raise BadValue("which part of the matrix", expected="a cell, a row or a column")
    if given:
        wanted &= _of(one, found, given)
    wanted &= found.predicted == _code(one, to) if to else found.predicted != found.given
    if column:
        wanted &= found.predicted != found.given
    return Part(given, to, np.flatnonzero(wanted), bool(given) and given not in one.classes)


def surest(found: Predictions, some: Part) -> NDArray[np.int64]:
    """Rows of the samples of a part among the predictions, the surest mistake first."""
    return some.rows[np.argsort(-found.confidence[some.rows], kind="stable")]


def counts(found: Predictions, run: Run, split: str = "") -> NDArray[np.int64]:
    """(classes, classes) how many samples of each class were predicted as each."""
    rows = np.flatnonzero(side(found, split))
    return confusion(found.given[rows], found.predicted[rows], len(run.classes)).matrix


def counts_beneath(found: Predictions, run: Run, split: str = "") -> NDArray[np.int64]:
    """(labels, classes) how many samples of each label were predicted as each class."""
    rows = np.flatnonzero(side(found, split) & (found.beneath >= 0))
    cells = np.bincount(
        found.beneath[rows] * len(run.classes) + found.predicted[rows], minlength=len(run.labels) * len(run.classes)
    )
    return cells.reshape(len(run.labels), len(run.classes))


def side(found: Predictions, split: str = "") -> NDArray[np.bool_]:
    """Which samples are meant: held out (an empty text), or of `validation` or `test`."""
    if split not in ("", "validation", "test"):
        raise BadValue("this split has no matrix of its own", expected="validation or test", got=repr(split[:80]))
    if not split:
        held: NDArray[np.bool_] = found.how == HELD_OUT
        return held
    mine: NDArray[np.bool_] = pc.equal(found.split, split).fill_null(False).to_numpy(zero_copy_only=False)
    apart: NDArray[np.bool_] = mine & (found.how == APART)
    return apart


def read(dataset: Dataset, name: str, decide: str = "likely", where: str = "") -> tuple[Run, Predictions]:
    """A run with its predictions, by a rule of decision, of all samples or within a filter."""
    from trainset.work.harm import decided  # late: both stand on this file
    from trainset.work.within import within

    one = store.named(dataset, name)
    return decided(dataset, *within(dataset, one, store.predictions(dataset, one), where), decide)


def _cell(run: Run, text: str) -> tuple[str, str]:
    """Label and prediction; names may hold colons, so every one is tried."""
    known = {*run.classes, *run.labels}
    places = [place for place, letter in enumerate(text) if letter == ":"]
    for place in places:
        if text[:place] in known and text[place + 1 :] in run.classes:
            return text[:place], text[place + 1 :]
    if not places:
        raise BadValue("a cell is LABEL:PREDICTED", got=repr(text[:80]))
    first, _, second = text.partition(":")
    return first, second


def _of(run: Run, found: Predictions, name: str) -> Any:
    """The samples of a class, or of a label beneath one."""
    if name in run.classes:
        return found.given == run.classes.index(name)
    if name in run.labels:
        return found.beneath == run.labels.index(name)
    return found.given == _code(run, name)


def _code(run: Run, name: str) -> int:
    if name not in run.classes:
        raise UnknownName(f"the run {run.run} has no class {name!r}", expected=", ".join(run.classes)[:500])
    return run.classes.index(name)
