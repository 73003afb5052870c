"""Predictions that a program hands over in a file (.npy, .npz, CSV, Parquet): read as what they must be, and refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainset.errors import BadSource, BadValue
from trainset.formats import _npy
from trainset.formats._chunk import Rows
from trainset.formats._columns import listed
from trainset.formats._csv_rows import CsvRows
from trainset.formats._lines import NotATable
from trainset.learn.given import Given
from trainset.model import Outcome
from trainset.work.prediction_table import PredictionList, Table, codes_of, row_text

_ARRAYS = ("probabilities", "ids", "classes")
_MOST_BYTES = 2**30  # of a column of texts in a Parquet file


def read(path: Path, known: Sequence[str], columns: Sequence[str], samples: int, fold: str = "") -> PredictionList:
    """Reads a file of predictions; what it is, its first bytes say.

    known: classes that a column may be of. columns: what the columns of an array without names are. samples: how many there are: a file of
    more rows is refused before they are read. fold: the column, or array, that says in which fold a sample was held out.

    Raises `BadSource` for what cannot be read, `BadValue` for what is no prediction.
    """
    if not path.is_file():
        raise BadSource(
            "there is no such file of predictions",
            where=str(path),
            expected="a .npy, .npz, .csv, .tsv or .parquet file",
        )
    try:
        with path.open("rb") as file:
            start = file.read(len(_npy.MAGIC))
        if start == _npy.MAGIC or start[:4] == _npy.ZIP:
            return _of_arrays(path, known, columns, samples, fold)
        if start[:4] == b"PAR1":
            return _of_parquet(path, known, samples, fold)
        if start[:1] == b"\x80" or path.suffix.lower() in _PROGRAMS:
            raise BadSource(
                "this file is refused: reading it runs whatever code it holds", where=str(path), expected=".npy, .npz, .csv or .parquet",
                got=path.suffix or "a pickle", next="numpy.savez(file, ids=ids, classes=classes, probabilities=probabilities)",
            )  # fmt: skip
        return _of_csv(path, known, samples, fold)
    except NotATable as fault:
        raise BadSource("these predictions cannot be read", where=str(path), got=fault.reason) from None
    except OSError as error:
        raise BadSource("these predictions cannot be read", where=str(path), got=error.strerror or str(error)) from None
    except BadValue as fault:
        where = ", ".join(filter(None, (str(path), fault.where)))
        raise BadValue(fault.what, where=where, expected=fault.expected, got=fault.got, next=fault.next) from None


def read_labels(path: Path, classes: Sequence[str], rows: int) -> NDArray[np.int64]:
    """(n,) which of the classes each row of the predictions is labelled as, of a .npy: names, or numbers of columns from 0. Raises
    `BadSource`, `BadValue`."""
    try:
        found = _npy.arrays(path) if path.is_file() else {}
        one = next((found[name] for name in ("", "labels") if name in found), None)
        if one is None:
            raise BadSource(
                "there are no labels in this file", where=str(path), expected="a .npy, or the array `labels` of a .npz"
            )
        if one.shape != (rows,):
            raise BadValue(
                "there is not a label for each row of the predictions",
                where=str(path),
                expected=f"({rows:,},)",
                got=str(one.shape),
            )
        values = one.whole()
    except NotATable as fault:
        raise BadSource("these labels cannot be read", where=str(path), got=fault.reason) from None
    if values.dtype.kind in "US":
        return codes_of(_texts(values, str(path)), classes, str(path))
    whole = np.isfinite(values) & (np.floor(values) == values)
    good = whole & (values >= 0) & (values < len(classes))
    if not good.all():
        row = int(np.flatnonzero(~good)[0])
        what = "a label is no whole number" if not whole.all() else "a label is of no class"
        row = int(np.flatnonzero(~whole)[0]) if not whole.all() else row
        raise BadValue(
            what, where=f"{path}, {row_text(row)}", expected=f"the name of a class, or its number from 0 to {len(classes) - 1}", got=str(values[row]),
        )  # fmt: skip
    return values.astype(np.int64)


_PROGRAMS = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".bin")


def _of_arrays(path: Path, known: Sequence[str], columns: Sequence[str], samples: int, fold: str) -> PredictionList:
    found = _npy.arrays(path)
    main = found.get("", found.get("probabilities"))
    if main is None:
        raise BadValue(
            "there are no probabilities in this file",
            expected="an array `probabilities`",
            got=", ".join(found)[:200] or "nothing",
        )
    if unknown := sorted({*found} - {"", *_ARRAYS, fold}):
        raise BadValue(
            f"there is an array {unknown[0][:80]!r} of unknown meaning",
            expected=", ".join(_ARRAYS),
            next="leave it out",
        )
    if len(main.shape) != 2 or not main.numeric:
        raise BadValue(
            "these are no probabilities", expected="a table of numbers: a row a sample, a column a class", got=f"shape {main.shape} of {main.dtype}",
            next="save what the model says of every class, not its decision alone",
        )  # fmt: skip
    rows, width = main.shape
    names = _array_of_texts(found, "ids", rows)
    if names is None and rows != samples:
        raise BadValue(
            "the rows are not those of the samples", expected=f"{samples:,} rows, one for each sample, in their order",
            got=f"{rows:,}", next="a .npz with the array `ids` beside `probabilities` may have any order and number",
        )  # fmt: skip
    _at_most(rows, samples)
    if "classes" in found:
        named = _array_of_texts(found, "classes", width)
        columns = tuple(named or ())
        _known(columns, known)
    elif width != len(columns):
        raise BadValue(
            "the columns are not those of the classes", expected=f"{len(columns)}: {', '.join(columns)[:300]}", got=str(width),
            next="name them in their order with --classes, or in an array `classes` of a .npz",
        )  # fmt: skip
    folds = _array_of_texts(found, fold, rows) if fold else None
    if fold and folds is None:
        raise BadValue(
            f"there is no array {fold!r} that says what was held out",
            expected="--held-out yes or no, or an array's name",
        )
    given = Given()
    table = np.empty((rows, width), np.float32)
    for batch in main.batches():
        start = given.rows
        table[start : start + len(batch)] = given(batch)
    return PredictionList(names, tuple(columns), table, False, folds, tuple(given.remarks))


def _of_csv(path: Path, known: Sequence[str], samples: int, fold: str) -> PredictionList:
    rows: Rows = CsvRows(path)
    plan = Table(rows.columns, known, fold)
    rows.use({"sample": plan.sample})

    def parts() -> Iterator[Mapping[str, Sequence[Any]]]:
        count = 0
        for chunk in rows.chunks():
            if chunk.faults:
                raise BadValue("a row cannot be read", where=f"row {chunk.faults[0].row:,}", got=chunk.faults[0].why)
            count += len(chunk.rows)
            _at_most(count, samples)
            yield {name: rows.values(chunk, name) for name in plan.columns}

    return plan.made(parts())


def _of_parquet(path: Path, known: Sequence[str], samples: int, fold: str) -> PredictionList:
    try:
        with pq.ParquetFile(path) as file:
            _at_most(file.metadata.num_rows, samples)
            plan = Table(tuple(file.schema_arrow.names), known, fold)
            for name in plan.columns:
                kind = file.schema_arrow.field(name).type
                if not (
                    pa.types.is_string(kind)
                    or pa.types.is_large_string(kind)
                    or pa.types.is_integer(kind)
                    or pa.types.is_floating(kind)
                ):
                    raise BadValue(f"the column {name[:80]!r} holds neither numbers nor texts", got=str(kind)[:80])
            groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
            size = sum(
                group.column(number).total_uncompressed_size for group in groups for number in range(group.num_columns)
            )
            if size > _MOST_BYTES + 8 * samples * (len(known) + 8):
                raise BadValue("this file claims to be larger than predictions are", got=f"{size:,} bytes")
            return plan.made(
                {
                    name: batch[name].to_pylist() if name in plan.texts else batch[name].to_numpy(zero_copy_only=False)
                    for name in plan.columns
                }
                for batch in file.iter_batches(batch_size=10_000, columns=plan.columns)
            )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise NotATable(Outcome.UNREADABLE, str(error).split("\n", 1)[0][:200]) from None


def _array_of_texts(found: Mapping[str, _npy.Stored], name: str, rows: int) -> list[str] | None:
    if name not in found:
        return None
    if found[name].shape != (rows,):
        raise BadValue(
            f"the array {name!r} does not fit the probabilities",
            expected=f"shape ({rows:,},)",
            got=f"shape {found[name].shape}",
        )
    return _texts(found[name].whole(), name)


def _texts(values: NDArray[Any], name: str) -> list[str]:
    try:
        return [(value.decode() if isinstance(value, bytes) else str(value)).strip() for value in values.tolist()]
    except (UnicodeDecodeError, ValueError):
        raise BadValue(f"a text of {name!r} is no text", expected="texts such as ids.astype(str)") from None


def _known(columns: Sequence[str], known: Sequence[str]) -> None:
    if unknown := [name for name in columns if name not in known]:
        raise BadValue(
            f"there is no class {unknown[0][:80]!r}", where="the array `classes`", expected=f"classes of {listed(known)}",
            next="trainset classes add NAME, where it is one",
        )  # fmt: skip
    if len({*columns}) < len(columns):
        raise BadValue("a class is named twice", where="the array `classes`", got=listed(columns))


def _at_most(rows: int, samples: int) -> None:
    if rows > samples:
        raise BadValue(
            "there are more predictions than samples",
            expected=f"at most {samples:,} rows, each of another sample",
            got=f"{rows:,} rows",
        )
