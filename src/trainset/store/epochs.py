"""Epochs: the confusion matrix of a run at each of them, kept small beside the run, and in the cache while it trains."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.errors import DamagedDataset
from trainset.store import parts
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.runs import Run

MOST_CLASSES = 200
"""Of a run whose epochs are kept: a matrix of more has more cells than a screen shows."""
MOST = 400
"""Epochs that are kept; of more, every second one is left out."""
_BYTES = 16 * 2**20
"""That the counts of all epochs may take before they are compressed."""
_MAGIC = b"TSEP"
_LARGEST = 2**20  # bytes of the names of the classes


@dataclass(frozen=True)
class Epochs:
    """n epochs of a run. classes: names. numbers: (n,) which epoch, rising. in_sample: (n,) float32 share right of what was trained on, NaN when
    not known. counts: (n, classes, classes) uint32 held out, labels on rows."""

    classes: tuple[str, ...]
    numbers: NDArray[np.uint32]
    in_sample: NDArray[np.float32]
    counts: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.numbers)

    def packed(self, after: int = -1) -> bytes:
        """Those after an epoch as bytes: `TSEP`, the length of a JSON object with the names of the classes, that object, then of each epoch
        its number (uint32), in_sample (float32) and counts (uint32), all little-endian."""
        some = np.flatnonzero(self.numbers.astype(np.int64) > after)
        return _head(self.classes) + b"".join(
            _record(int(self.numbers[one]), float(self.in_sample[one]), self.counts[one]) for one in some.tolist()
        )


def none(classes: Sequence[str] = ()) -> Epochs:
    """No epochs."""
    width = len(classes)
    return Epochs(
        tuple(classes), np.empty(0, np.uint32), np.empty(0, np.float32), np.empty((0, width, width), np.uint32)
    )


class Gathered:
    """Gathers the epochs of a training. No more are held than `MOST`, nor more bytes than are allowed: then every second one goes, so that of a
    long training the first epochs stand further apart. The last one is always there."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        fit = _BYTES // max(1, 4 * len(self.classes) ** 2)
        self._most = 0 if len(self.classes) > MOST_CLASSES else max(2, min(MOST, fit))
        self._found: dict[int, tuple[float, NDArray[np.uint32]]] = {}
        self._gone: set[int] = set()

    def add(self, number: int, counts: NDArray[Any], in_sample: float | None = None) -> bool:
        """Takes in an epoch; one that comes again, as in cross-validation, is added to what it was. Returns whether others were left out."""
        if not self._most or number in self._gone:
            return False
        if number in self._found:
            known, before = self._found[number]
            self._found[number] = known, before + counts.astype(np.uint32)
            return False
        thinned = len(self._found) >= self._most
        if thinned:
            drop = sorted(self._found)[1::2]
            self._gone.update(drop)
            for one in drop:
                del self._found[one]
        self._found[number] = float("nan") if in_sample is None else in_sample, counts.astype(np.uint32)
        return thinned

    def all(self) -> Epochs:
        """What was gathered."""
        if not self._found:
            return none(self.classes)
        numbers = sorted(self._found)
        return Epochs(
            self.classes, np.array(numbers, np.uint32), np.array([self._found[one][0] for one in numbers], np.float32),
            np.stack([self._found[one][1] for one in numbers]),
        )  # fmt: skip


def keep(dataset: Dataset, run: Run, found: Epochs) -> None:
    """Keeps the epochs of a run beside it, when there are several."""
    if len(found) < 2:
        return
    fields = _schema(len(found.classes))
    columns = [
        pa.array(found.numbers, pa.uint32()), pa.array(found.in_sample, pa.float32()),
        pa.array([one.astype("<u4").tobytes() for one in found.counts], fields.field("counts").type),
    ]  # fmt: skip
    parts.write(_place(dataset, run), [pa.record_batch(columns, schema=fields)], fields, {"run": run.run})


def kept(dataset: Dataset, run: Run) -> Epochs:
    """The epochs of a run; none when none were kept. Raises `DamagedDataset` for values that cannot be."""
    path = _place(dataset, run)
    if not path.exists():
        return none(run.classes)
    width = len(run.classes)
    fields = _schema(width)
    if width > MOST_CLASSES:
        raise _damaged(path, "more classes than are kept")
    table = pa.Table.from_batches([*parts.batches(path, fields.names, fields)], fields)
    if table.num_rows > MOST or table.num_rows * 4 * width**2 > max(_BYTES, 8 * width**2):
        raise _damaged(path, "more epochs than are kept")
    if any(table[name].null_count for name in fields.names):
        raise _damaged(path, "values are missing")
    numbers = table["epoch"].to_numpy()
    counts = np.frombuffer(b"".join(table["counts"].to_pylist()), "<u4").reshape(-1, width, width)
    if (np.diff(numbers.astype(np.int64)) <= 0).any():
        raise _damaged(path, "epochs are not in their order")
    return Epochs(run.classes, numbers, table["in_sample"].to_numpy(), counts.astype(np.uint32))


class Live:
    """The epochs of a training that goes on, in a file that others read meanwhile."""

    def __init__(self, path: Path, classes: Sequence[str]) -> None:
        self._path, self._gathered = path, Gathered(classes)
        self._write()

    def add(self, number: int, counts: NDArray[Any], in_sample: float | None = None) -> None:
        """Takes in an epoch: at the end of the file, or anew when others were left out."""
        if self._gathered.add(number, counts, in_sample):
            self._write()
        elif len(self._gathered.classes) <= MOST_CLASSES:
            with self._path.open("ab") as file:
                file.write(_record(number, float("nan") if in_sample is None else in_sample, counts))

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(self._path) as file:
            file.write(self._gathered.all().packed())


def read(path: Path) -> Epochs:
    """The epochs in such a file, as far as they are whole; none when there is no file, or another one: it is a cache."""
    try:
        if path.is_symlink() or path.stat().st_size > 4 * _BYTES:
            return none()
        data = path.read_bytes()
        if data[:4] != _MAGIC:
            return none()
        (length,) = struct.unpack_from("<I", data, 4)
        if length > _LARGEST:
            return none()
        classes = tuple(map(str, json.loads(data[8 : 8 + length])["classes"]))
    except (OSError, ValueError, KeyError, TypeError, struct.error, RecursionError):
        return none()
    width = len(classes)
    if not 0 < width <= MOST_CLASSES:
        return none(classes[:MOST_CLASSES])
    kind = np.dtype([("number", "<u4"), ("in_sample", "<f4"), ("counts", "<u4", (width, width))])
    body = data[8 + length :]
    rows = np.frombuffer(body[: len(body) // kind.itemsize * kind.itemsize], kind)
    return Epochs(
        classes,
        rows["number"].astype(np.uint32),
        rows["in_sample"].astype(np.float32),
        rows["counts"].astype(np.uint32),
    )


def _head(classes: Sequence[str]) -> bytes:
    names = json.dumps({"classes": [*classes]}, ensure_ascii=True).encode()
    return _MAGIC + struct.pack("<I", len(names)) + names


def _record(number: int, in_sample: float, counts: NDArray[Any]) -> bytes:
    return struct.pack("<If", number, in_sample) + counts.astype("<u4").tobytes()


def _schema(classes: int) -> pa.Schema:
    return pa.schema(
        [("epoch", pa.uint32()), ("in_sample", pa.float32()), ("counts", pa.binary(4 * classes * classes))]
    )


def _place(dataset: Dataset, run: Run) -> Path:
    return dataset.place("predictions", f"{run.run}.epochs")


def _damaged(path: Path, got: str) -> DamagedDataset:
    return DamagedDataset(
        "the epochs of a run are damaged",
        where=str(path),
        got=got,
        next="delete this file: the run is whole without it",
    )
