"""A model of one's own in a comparison: its command is run on the list of each side, and of each draw, and predicts all test samples at once."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, TrainsetError
from trainset.learn.redraw import times
from trainset.recipe import Recipe
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.work import command, prediction_list
from trainset.work.compare_cells import Cell, keep, kept, key_of
from trainset.work.compare_sides import Side
from trainset.work.material import Roster
from trainset.work.test_sets import TestSet

SEED = "TRAINSET_SEED"
"""The variable that tells a command which draw this is: 0 for the samples as they are."""


def predicted_by_command(
    dataset: Dataset, side: Side, draws: int, contents: pa.Array, tests: Sequence[TestSet], read: Callable[[Recipe, int], Roster],
    progress: Callable[[int], None], step: Callable[[str], None] | None, timeout: float | None, remarks: list[str],
) -> list[Cell]:  # fmt: skip
    """The cells of a side whose recipe is a command. In a draw its list has samples as often as they came (drawn with replacement), contributors
    whole, and `TRAINSET_SEED` is the number of the draw. Raises what a command does wrong."""
    found = list[Cell]()
    for draw in range(draws + 1):
        key = key_of(side, draw, contents)
        cell = kept(dataset, key, len(contents), len(side.classes))
        if cell is None:
            often = times(side.keys, draw) if draw else np.ones(len(side.rows), np.int64)
            if len(np.unique(side.codes[often > 0])) < 2:
                often = np.ones(len(side.rows), np.int64)
            title = f"{side.version}, draw {draw} of {draws}" if draw else f"{side.version}, all samples"
            cell = _run(
                dataset,
                side,
                draw,
                title,
                np.repeat(np.arange(len(side.rows)), often),
                contents,
                tests,
                read,
                step,
                timeout,
                remarks,
            )
            keep(dataset, key, cell)
        found.append(cell)
        progress(1)
    return found


def _run(
    dataset: Dataset, side: Side, draw: int, title: str, train: NDArray[np.int64], contents: pa.Array, tests: Sequence[TestSet],
    read: Callable[[Recipe, int], Roster], step: Callable[[str], None] | None, timeout: float | None, remarks: list[str],
) -> Cell:  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="trainset-"))
    cell = Cell(np.full(len(contents), -1), np.full(len(contents), np.nan, np.float32))
    failed = False
    try:
        with (folder / "train.csv").open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            names = [side.classes[code] for code in side.codes[train].tolist()]
            _write(csv.writer(file), dataset, side.samples, side.rows[train], names, folder)
        place = dict[str, int]()
        with (folder / "test.csv").open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            writer = csv.writer(file)
            for number, test in enumerate(tests):
                samples = read(side.recipe, test.at)
                new = np.array([one not in place for one in map(bytes.hex, test.contents.to_pylist())], bool)
                first = np.unique(
                    np.array(pc.index_in(test.contents, value_set=contents).to_pylist(), np.int64), return_index=True
                )[1]
                chosen = np.sort(first[new[first]])
                rows = (
                    pc.index_in(test.ids.take(pa.array(chosen)), value_set=samples.ids)
                    .to_numpy(zero_copy_only=False)
                    .astype(np.int64)
                )
                there = _write(writer, dataset, samples, rows, None, folder, header=not number)
                known = test.contents.take(pa.array(chosen))
                at = pc.index_in(known, value_set=contents).to_numpy(zero_copy_only=False)
                place |= {
                    one.hex(): int(row) for one, row, good in zip(known.to_pylist(), at, there, strict=True) if good
                }
        if step is not None:
            step(f"{title}: {len(train):,} samples to learn from, {len(place):,} to predict")
        try:
            command.call(side.recipe.command, folder, timeout, {SEED: str(draw)})
            given = prediction_list.read(command.written(folder), side.classes, side.classes, len(place))
            rows = _placed(given.names, place)
        except TrainsetError as error:
            failed = True
            raise command.told(error, title, folder) from None
        of = np.array([side.classes.index(name) for name in given.classes], np.int64)
        cell.predicted[rows] = of[given.probabilities.argmax(axis=1)]
        cell.confidence[rows] = given.probabilities.max(axis=1)
        remarks += [f"{side.name}: {remark}" for remark in given.remarks]
    finally:
        if not failed:
            shutil.rmtree(folder, ignore_errors=True)
    return cell


def _write(
    writer: object, dataset: Dataset, samples: Roster, rows: NDArray[np.int64], labels: Sequence[str] | None, folder: Path, *, header: bool = True
) -> list[bool]:  # fmt: skip
    """Rows of a list, and which could be written: a file that cannot be read has none. The id of a sample to be predicted is its content, which
    is one in all test sets."""
    write = writer.writerow  # type: ignore[attr-defined]
    text = dataset.medium == "text"
    if header:
        write(["id", "text" if text else "path", "label", "split"])
    places = None if text else command.places(dataset, samples, folder)
    there = []
    with open_table(dataset, samples.at) as table:
        known = table.select(["part", "row"], ["not excluded"])  # in the order of the roster
        texts = table.details(known.take(pa.array(rows)), ["text"])["text"].to_pylist() if text else None
    names = (samples.contents if labels is None else samples.ids).take(pa.array(rows)).to_pylist()
    for number, (row, name) in enumerate(zip(rows.tolist(), names, strict=True)):
        what = texts[number] if texts is not None else places[row] if places is not None else ""
        there.append(bool(what) or texts is not None)
        if there[-1]:
            write(
                [
                    name.hex(),
                    what or "",
                    labels[number] if labels is not None else "",
                    "train" if labels is not None else "test",
                ]
            )
    return there


def _placed(names: Sequence[str] | None, place: dict[str, int]) -> NDArray[np.int64]:
    if names is None:
        return np.array([*place.values()], np.int64)
    unknown = next((name for name in names if name not in place), None)
    if unknown is not None:
        raise BadValue(
            "a prediction is of a sample that was not asked for", expected="the ids of {test}", got=unknown[:80]
        )
    if len({*names}) < len(names) or len(names) < len(place):
        raise BadValue(
            "not every sample is predicted once",
            expected=f"{len(place):,} rows, an id of {{test}} each",
            got=f"{len(names):,} rows, {len({*names}):,} ids",
        )
    return np.array([place[name] for name in names], np.int64)
