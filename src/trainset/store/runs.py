"""Runs at rest: one Parquet part each, with its recipe, scores and predictions; read as what they must be, whoever made them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import DamagedDataset, UnknownName
from trainset.model import SPLITS
from trainset.recipe import Recipe, seen
from trainset.store import parts
from trainset.store.dataset import Dataset

_NAME = re.compile(r"r([0-9]{4,9})-[0-9a-f]{6}\.parquet")
_BATCH = 10_000
_FACTS = ("run", "recipe", "at", "version", "made", "packages", "classes", "labels", "beneath", "scores", "remarks")
HELD_OUT, APART, SEEN = 0, 1, 2
"""How a sample was predicted: by a head trained without it and its group; by one trained on the train split, which it is not of; by a model
that may have seen it and its label, which judges nothing."""


@dataclass(frozen=True)
class Run:
    """One execution of a recipe on a position of the log.

    run: its id. at: the position; version: its name there, if it has one. made: time in ISO 8601. packages: name -> version.
    classes: what was told apart, in the order of every column of probabilities. labels, beneath: the labels, and the class of each.
    scores: the summary, see `work.scoring`. remarks: what to know of it.
    """

    run: str
    recipe: Recipe
    at: int
    version: str
    made: str
    packages: Mapping[str, str]
    classes: tuple[str, ...]
    labels: tuple[str, ...]
    beneath: tuple[int, ...]
    scores: Mapping[str, Any]
    remarks: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "recipe": self.recipe.as_dict()}


@dataclass(frozen=True)
class Predictions:
    """What a run says of each sample, in the order of import: arrays of n.

    ids, contents: 16 bytes each. given: code of the class, -1 for none. beneath: code of the label, -1 for none. split: text or null.
    how: `HELD_OUT`, `APART` or `SEEN`. group: number of what was held out together. predicted: code of the class. confidence: float32, its
    probability. probabilities: (n, classes) float32, calibrated.
    """

    ids: pa.Array
    contents: pa.Array
    given: NDArray[np.int64]
    beneath: NDArray[np.int64]
    split: pa.Array
    how: NDArray[np.int64]
    group: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.given)


def schema(classes: int) -> pa.Schema:
    """The columns of a run; `probabilities`: `classes` little-endian float32, one after the other."""
    return pa.schema(
        [
            ("id", pa.binary(16)), ("content", pa.binary(16)), ("given", pa.int32()), ("beneath", pa.int32()),
            ("split", pa.string()), ("how", pa.int8()), ("group", pa.int64()), ("predicted", pa.int32()),
            ("confidence", pa.float32()), ("probabilities", pa.binary(4 * classes)),
        ]
    )  # fmt: skip


def write(dataset: Dataset, made: Mapping[str, Any], recipe: Recipe, found: Predictions) -> Run:
    """Keeps a run under the next number; it appears when it is complete. made: the fields of `Run` but its id and recipe."""
    with dataset.one_at_a_time("runs"):
        number = max((number for number, _ in _files(dataset)), default=0) + 1
        run = Run(f"r{number:04}-{recipe.hash[:6]}", recipe, **made)
        fields = schema(len(run.classes))
        parts.write(dataset.place("predictions", f"{run.run}.parquet"), _batches(found, fields), fields, run.facts())
    return run


def listed(dataset: Dataset) -> list[Run]:
    """All runs, the oldest first. Raises `DamagedDataset` for one that is not what it must be."""
    return [_read(path) for _, path in _files(dataset)]


def named(dataset: Dataset, name: str = "", at: int | None = None) -> Run:
    """The run of this id, beginning of an id, or number; without one the latest (of a position of the log up to `at`). Raises
    `UnknownName`, `DamagedDataset`."""
    files = _files(dataset)
    wanted = name.strip().lower()
    if not wanted:
        for _, path in reversed(files):
            run = _read(path)
            if at is None or run.at <= at:
                return run
        raise UnknownName(
            "there is no run yet" + (" of this position of the log" if files else ""), next="trainset train"
        )
    digits = wanted.removeprefix("r")
    for number, path in files:
        if (digits.isdecimal() and len(digits) < 10 and int(digits) == number) or path.stem == wanted:
            return _read(path)
    known = ", ".join(path.stem for _, path in files[-10:]) or "none yet: trainset train"
    raise UnknownName(f"there is no run {name!r}", expected=known, next="trainset runs lists them")


def predictions(dataset: Dataset, run: Run) -> Predictions:
    """What a run says of each sample. Raises `DamagedDataset` for values that cannot be."""
    return _checked(dataset, run, schema(len(run.classes)).names)


def decisions(dataset: Dataset, run: Run) -> Predictions:
    """The same without probabilities, (n, 0): of many classes they are nearly all of a run. Raises `DamagedDataset`."""
    return _checked(dataset, run, [name for name in schema(len(run.classes)).names if name != "probabilities"])


def probabilities(dataset: Dataset, run: Run) -> Iterator[NDArray[np.float32]]:
    """(rows, classes) at a time, in the order of the predictions. Raises `DamagedDataset`."""
    path, fields = dataset.place("predictions", f"{run.run}.parquet"), schema(len(run.classes))
    for batch in parts.batches(path, ["probabilities"], fields):
        values = _probabilities(batch["probabilities"], len(run.classes))
        if batch["probabilities"].null_count or not _are_shares(values):
            raise _damaged(path, "values that no run can have")
        yield values


def _checked(dataset: Dataset, run: Run, names: list[str]) -> Predictions:
    path = dataset.place("predictions", f"{run.run}.parquet")
    whole = schema(len(run.classes))
    fields = pa.schema([whole.field(name) for name in names])
    table = pa.Table.from_batches([*parts.batches(path, names, whole)], fields)
    columns = {name: table[name].combine_chunks() for name in fields.names}
    columns = {n: c if isinstance(c, pa.Array) else pa.array([], fields.field(n).type) for n, c in columns.items()}
    if any(columns[name].null_count for name in fields.names if name != "split"):
        raise _damaged(path, "values are missing")
    numbers = {name: columns[name].to_numpy(zero_copy_only=False) for name in ("how", "group", "confidence")}
    codes = {
        name: columns[name].to_numpy(zero_copy_only=False).astype(np.int64)
        for name in ("given", "beneath", "predicted")
    }
    count, width = table.num_rows, len(run.classes)
    values = (
        _probabilities(columns["probabilities"], width)
        if "probabilities" in columns
        else np.empty((count, 0), np.float32)
    )
    sound = (
        _within(codes["given"], -1, width) and _within(codes["predicted"], 0, width)
        and _within(codes["beneath"], -1, len(run.labels)) and _within(numbers["how"], HELD_OUT, SEEN + 1)
        and _are_shares(values) and _are_shares(numbers["confidence"])
        and bool(pc.all(pc.is_in(columns["split"].drop_null(), value_set=pa.array(SPLITS))).as_py() is not False)
    )  # fmt: skip
    if not sound:
        raise _damaged(path, "values that no run can have")
    return Predictions(
        columns["id"], columns["content"], codes["given"], codes["beneath"], columns["split"], numbers["how"].astype(np.int64),
        numbers["group"].astype(np.int64), codes["predicted"], numbers["confidence"], values,
    )  # fmt: skip


def _are_shares(values: NDArray[Any]) -> bool:
    return not values.size or bool(values.min() >= 0 and values.max() <= 1.001)  # NaN is neither


def _probabilities(flat: pa.Array, width: int) -> NDArray[np.float32]:
    count = len(flat)
    data = flat.buffers()[1] if count else None
    values = np.frombuffer(data, "<f4", count * width, flat.offset * 4 * width) if data else np.empty(0, np.float32)
    return values.reshape(count, width)


def columns(dataset: Dataset, at: int | None = None) -> pa.Table:
    """`id`, `content`, `predicted` (the class) and `confidence` of the latest run up to a position: columns of filters. Only of samples
    that its model had not seen."""
    run = named(dataset, at=at)
    found = decisions(dataset, run)
    table = pa.table(
        {
            "id": found.ids, "content": found.contents,
            "predicted": pa.array(run.classes, pa.string()).take(pa.array(found.predicted)),
            "confidence": pa.array(found.confidence.astype(np.float64)),
        }
    )  # fmt: skip
    return table.filter(pa.array((found.how != SEEN) & (not seen(run.recipe))))


def _batches(found: Predictions, fields: pa.Schema) -> Iterator[pa.RecordBatch]:
    data = np.ascontiguousarray(found.probabilities, "<f4")
    width = data.shape[1]
    for start in range(0, len(found), _BATCH):
        some = slice(start, start + _BATCH)
        rows = data[some]
        binary = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(4 * width), len(rows), [None, pa.py_buffer(rows.tobytes())]
        )
        values = [
            found.ids[some], found.contents[some], found.given[some], found.beneath[some], found.split[some], found.how[some],
            found.group[some], found.predicted[some], found.confidence[some],
        ]  # fmt: skip
        arrays = [
            pa.array(value, field.type) if isinstance(value, np.ndarray) else value.cast(field.type)
            for value, field in zip(values, fields, strict=False)
        ]
        yield pa.record_batch([*arrays, binary], schema=fields)


def _files(dataset: Dataset) -> list[tuple[int, Path]]:
    """Number and place of each run, in their order."""
    found = []
    for path in dataset.place("predictions").glob("r*.parquet"):
        if match := _NAME.fullmatch(path.name):
            found.append((int(match[1]), path))
    return sorted(found)


def _read(path: Path) -> Run:
    facts = parts.facts(path)
    try:
        if {*facts} != {*_FACTS} or facts["run"] != path.stem:
            raise ValueError("it is not the run that its name says")
        run = Run(
            path.stem, Recipe.from_dict(facts["recipe"]), _whole(facts["at"]), _text(facts["version"]), _text(facts["made"]),
            {_text(key): _text(value) for key, value in _object(facts["packages"]).items()}, _texts(facts["classes"]),
            _texts(facts["labels"]), tuple(map(_whole, _list(facts["beneath"]))), _object(facts["scores"]), _texts(facts["remarks"]),
        )  # fmt: skip
        if (
            not run.classes
            or len(run.beneath) != len(run.labels)
            or any(code >= len(run.classes) for code in run.beneath)
        ):
            raise ValueError("its classes and labels do not fit")
        check_scores(run.scores, run.classes)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, str(error)[:200]) from None
    return run


_NUMBERS = ("precision", "recall", "f1")
_COUNTS = ("samples", "true_positives", "false_positives", "false_negatives", "true_negatives")


def check_scores(scores: Mapping[str, Any], classes: Sequence[str]) -> None:
    """Raises `ValueError` when a summary lacks something that is printed, or holds another thing in its place."""
    for name in ("accuracy", "in_sample", "reliability"):
        _share(scores[name])
    for name in ("majority", "shuffled", "measures"):
        _share(_object(scores["floors"])[name])
    for epoch in _list(scores.get("history", [])):
        _whole(_object(epoch)["epoch"])
        _whole(epoch["samples"])
        _share(epoch["accuracy"])
        _share(epoch["changed"])
    _text(scores["groups"])
    _whole(scores["unlabelled"])
    for one in _list(scores["grouped"]):
        _text(_object(one)["class"])
        for name in ("samples", "labels", "contributors"):
            _whole(one[name])
    for split in ("held_out", "validation", "test"):
        if (found := scores[split]) is not None or split == "held_out":
            _check_side(_object(found), classes)
            if split != "held_out":
                _whole(found["shared"])


def _check_side(scores: Mapping[str, Any], classes: Sequence[str]) -> None:
    for value in (scores["accuracy"], scores["balanced_accuracy"], *_pair(scores["interval"])):
        _share(value)
    _whole(scores["samples"])
    matrix = _list(scores["matrix"])
    if len(matrix) != len(classes) or any(len(_list(row)) != len(classes) for row in matrix):
        raise ValueError("its matrix has another size")
    for count in (count for row in matrix for count in row):
        _whole(count)
    if [_object(one)["class"] for one in _list(scores["per_class"])] != [*classes]:
        raise ValueError("its table is of other classes")
    for one in scores["per_class"]:
        for value in (value for name in _NUMBERS for value in (one[name], *_pair(one[f"{name}_interval"]))):
            _share(value)
        for name in _COUNTS:
            _whole(one[name])


def _pair(value: object) -> Sequence[Any]:
    found = _list(value)
    if len(found) != 2:
        raise ValueError("an interval has no two ends")
    if any(end is None for end in found):
        raise ValueError("an interval has no end")
    return found


def _share(value: object) -> None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value)
    ):
        raise ValueError("a score is no number")


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise ValueError("a count is no whole number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is none")
    return value


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object is none")
    return value


def _list(value: object) -> Sequence[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is none")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(each) for each in _list(value))


def _within(values: NDArray[Any], low: int, high: int) -> bool:
    return not len(values) or bool(values.min() >= low and values.max() < high)


def _damaged(path: Path, got: str) -> DamagedDataset:
    return DamagedDataset(
        "a run is damaged", where=str(path), got=got, next="delete this file; trainset train makes another run"
    )
