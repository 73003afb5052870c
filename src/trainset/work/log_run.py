"""A run logged from Python: what a model says at each epoch of any loop, and one of its layers as an embedding."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn.given import Given
from trainset.learn.scores import Scores, confusion
from trainset.recipe import OWN, Recipe
from trainset.store import embedded, epochs, log
from trainset.store.dataset import Dataset
from trainset.store.replay import replay
from trainset.store.runs import APART, HELD_OUT, SEEN, Run
from trainset.work.embedders import LAYER, layer_made
from trainset.work.epoch import Epoch
from trainset.work.import_predictions import SAID
from trainset.work.material import roster
from trainset.work.own import Told, keep, of_classes, placed

_SHORT = 12  # hex digits of a printed id


def log_run(
    dataset: Dataset, name: str, *, held_out: str = "", classes: Sequence[str] | Mapping[str, Sequence[str]] = (), version: str | int | None = None,
    groups: str = "auto", best: bool = False, epoch: Callable[[Epoch], None] | None = None,
) -> Logged:  # fmt: skip
    """A run to log to, in a `with` block: at its end it is kept, and when the block fails nothing is.

    name: of the model. held_out: `yes`: what is logged was not seen by the model that says it, as in cross-validation; `no`: the model was trained on
    the train split, so only validation and test are scored. classes: of the columns of probabilities, by default those that have samples, sorted; or class ->
    labels, as in a recipe. best: keep the epoch that was best, not the last: on validation where it is logged. epoch: called after each. Raises
    `BadValue`, `UnknownName`.
    """
    if held_out not in ("yes", "no"):
        raise BadValue(
            "say whether the model had seen what it predicts",
            expected="held_out='yes' (a model trained without these samples) or 'no'",
            got=repr(held_out),
        )
    if not name or len(name) > 200 or not name.isprintable() or name != name.strip():
        raise BadValue(
            "this cannot be a model's name", expected="a printable name such as resnet", got=repr(name)[:200]
        )
    return Logged(dataset, name, held_out, classes, log.position(dataset, version), groups, best=best, epoch=epoch)


class Logged:
    """A run that is being logged. history: of each epoch how many samples were scored, the accuracy, and the share whose prediction has changed.
    matrix: counts of the present epoch, labels on rows. run: the run, once it is kept."""

    run: Run | None = None

    def __init__(
        self, dataset: Dataset, name: str, held_out: str, classes: Sequence[str] | Mapping[str, Sequence[str]], at: int, groups: str, *, best: bool,
        epoch: Callable[[Epoch], None] | None,
    ) -> None:  # fmt: skip
        self._dataset, self._best, self._told, self._held_out = dataset, best, epoch, held_out
        grouped = {key: tuple(labels) for key, labels in classes.items()} if isinstance(classes, Mapping) else {}
        self._recipe = Recipe(head=OWN, model=name, groups=groups, folds=0, classes=grouped)
        found = roster(dataset, self._recipe, at)
        columns = tuple(classes) or found.classes
        known = {*found.classes, *(grouped or replay(dataset, at).classes)}
        if unknown := [one for one in columns if one not in known]:
            raise UnknownName(
                f"there is no class {unknown[0]!r}",
                expected=", ".join(sorted(known))[:500],
                next="trainset classes add NAME",
            )
        if len({*columns}) < len(columns):
            raise BadValue("a class is named twice", got=", ".join(columns)[:200])
        self.classes = columns
        self._found, _ = of_classes(found, columns, np.empty((0, len(columns)), np.float32))
        self._gathered = epochs.Gathered(self._found.classes)
        self._order = np.array([self._found.classes.index(one) for one in columns], np.int64)
        count = len(found.ids)
        self._table = np.zeros((count, len(columns)), np.float32)
        self._of = np.full(count, -1, np.int64)  # the last epoch that each sample was logged at
        self._how = np.where(found.train, HELD_OUT if held_out == "yes" else SEEN, APART)
        self._chooses = self._found.of_split("validation")
        self._places = {one: row for row, one in enumerate(found.ids.to_pylist())}
        self._short: dict[str, int] = {}
        self._epochs: dict[int, dict[str, Any]] = {}
        self._now, self.matrix = -1, np.zeros((0, 0), np.int64)
        self._rounded, self._missed = 0, 0.0
        self._kept: tuple[int, float, NDArray[np.float32], NDArray[np.int64]] | None = None
        self._layer = _Spool(count)
        self._open = False

    @property
    def history(self) -> list[dict[str, Any]]:
        """epoch, samples, accuracy and changed, by epoch."""
        return [
            {
                "epoch": number, "samples": one["samples"], "accuracy": one["right"] / one["samples"] if one["samples"] else None,
                "changed": one["changed"] / one["again"] if one["again"] else None,
            }
            for number, one in sorted(self._epochs.items())
        ]  # fmt: skip

    def log(self, epoch: int, ids: Any, probabilities: Any, *, layer: Any = None) -> None:
        """What the model says of some samples at an epoch: as many calls as there are batches or folds.

        ids: as `trainset` prints them, whole or the first twelve digits, or 16 bytes each, or paths. probabilities: (n, classes), rows that sum to 1 but for
        rounding. layer: (n, d) numbers, one vector for each sample: kept as the embedding `layer:NAME`. Of a sample the last call counts. Raises `BadValue`.
        """
        if not self._open:
            raise BadValue(
                "this run is not open, so nothing that is logged would be kept",
                expected="run.log inside its with block",
                next="with dataset.log_run(...) as run:",
            )
        if not isinstance(epoch, int) or isinstance(epoch, bool) or not 0 <= epoch < 2**31:
            raise BadValue("an epoch is a whole number", got=repr(epoch)[:80])
        rows = self._rows(ids)
        values = np.asarray(probabilities)
        if values.shape != (len(rows), len(self.classes)):
            raise BadValue(
                "probabilities do not fit",
                expected=f"({len(rows)}, {len(self.classes)}): ids, and classes {', '.join(self.classes)[:200]}",
                got=str(values.shape),
            )
        given = Given()
        table = given(values)
        self._rounded, self._missed = self._rounded + given.rounded, max(self._missed, given.missed)
        if epoch != self._now:
            self._close(last=False)
            if self._best and epoch < self._now:
                raise BadValue(
                    "epochs go back, as in cross-validation: there is no best one of all",
                    got=f"{epoch} after {self._now}",
                    next="best=False keeps the last",
                )
            self._now, self.matrix = epoch, np.zeros((len(self._found.classes),) * 2, np.int64)
        if layer is not None:
            self._layer.put(rows, layer)
        self._count(epoch, rows, table)
        self._table[rows], self._of[rows] = table, epoch

    def __enter__(self) -> Self:
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        try:
            if kind is None:
                self._close(last=True)
                self._keep()
        finally:
            self._layer.close()

    def _rows(self, ids: Any) -> NDArray[np.int64]:
        names = ids.to_pylist() if isinstance(ids, (pa.Array, pa.ChunkedArray)) else [*ids]
        found = []
        for name in names:
            row = self._places.get(name) if isinstance(name, bytes) else self._row(str(name))
            found.append(-1 if row is None else row)
        rows = np.array(found, np.int64)
        for place in np.flatnonzero(rows < 0).tolist():
            name = names[place]
            rows[place] = placed(self._dataset, self._found, [name.hex() if isinstance(name, bytes) else str(name)])[0][
                0
            ]
            if rows[place] < 0:
                raise BadValue(
                    "this sample is excluded", where=f"row {place + 1:,} (the first is 1)", got=str(name)[:80]
                )
        if len(np.unique(rows)) < len(rows):
            raise BadValue("a sample is there twice in one call", expected="each once")
        return rows

    def _row(self, name: str) -> int | None:
        if len(name) == 32:
            try:
                return self._places.get(bytes.fromhex(name))
            except ValueError:
                return None
        if not self._short:
            for one, row in self._places.items():
                short = one.hex()[:_SHORT]
                self._short[short] = -1 if short in self._short else row
        row = self._short.get(name, -1)
        return row if row >= 0 else None

    def _count(self, epoch: int, rows: NDArray[np.int64], table: NDArray[np.float32]) -> None:
        """Adds to the matrix and the history, and takes back what the same samples said before in this epoch."""
        one = self._epochs.setdefault(epoch, {"samples": 0, "right": 0, "changed": 0, "again": 0})
        codes = np.where(self._scored[rows], self._found.codes[rows], -1)
        now = self._order[table.argmax(axis=1)]
        before = self._order[self._table[rows].argmax(axis=1)]
        width = len(self._found.classes)
        again = self._of[rows] == epoch
        for sign, some, said in ((1, codes, now), (-1, np.where(again, codes, -1), before)):
            counts = confusion(some, said, width).matrix
            self.matrix += sign * counts
            one["samples"] += sign * int(counts.sum())
            one["right"] += sign * int(np.trace(counts))
        known = (self._of[rows] >= 0) & ~again
        one["again"] += int(known.sum())
        one["changed"] += int((known & (now != before)).sum())

    @property
    def _scored(self) -> NDArray[np.bool_]:
        """What the accuracy of an epoch is of: what the model had not seen; if there is none of that, what it had."""
        fresh = self._how != SEEN
        return fresh if (fresh & (self._found.codes >= 0)).any() else np.ones(len(fresh), bool)

    def _close(self, *, last: bool) -> None:
        """Ends the present epoch: tells of it, and keeps it if it is the best."""
        if self._now < 0:
            return
        self._gathered.add(self._now, self.matrix)
        if self._told is not None:
            codes = self._found.codes[self._found.train & (self._found.codes >= 0)]
            counts = np.bincount(codes, minlength=len(self._found.classes))
            seen = (self._of == self._now) & (self._how == SEEN) & (self._found.codes >= 0)
            right = self._order[self._table[seen].argmax(axis=1)] == self._found.codes[seen]
            share = float(right.mean()) if seen.any() else None
            self._told(
                Epoch(
                    self._now,
                    max(2, self._now),
                    Scores(self.matrix),
                    share,
                    counts.max() / max(1, counts.sum()),
                    self._found.classes,
                    last,
                )
            )
        if self._best:
            judged = (self._of == self._now) & (self._found.codes >= 0)
            chosen = judged & self._chooses if (judged & self._chooses).any() else judged & self._scored
            good = self._order[self._table[chosen].argmax(axis=1)] == self._found.codes[chosen]
            accuracy = float(good.mean()) if chosen.any() else -1.0
            if self._kept is None or accuracy > self._kept[1]:
                self._kept = self._now, accuracy, self._table.copy(), self._of.copy()
                self._layer.mark()

    def _keep(self) -> None:
        remarks = []
        if self._kept is not None:
            number, _, self._table, self._of = self._kept
            self._layer.back()
            remarks.append(f"predictions are of epoch {number}, the best of {len(self._epochs)}")
            if not (self._chooses & (self._of == number)).any():
                remarks.append(
                    "the best epoch was chosen on the samples that are scored, not on validation: scores are too good"
                )
        rows = np.flatnonzero(self._of >= 0)
        if not len(rows):
            raise BadValue(
                "nothing was logged, so there is no run to keep", expected="run.log(epoch, ids, probabilities)"
            )
        of = np.unique(self._of[rows])
        if self._kept is None:
            remarks.append(
                f"predictions are of epoch {of[0]}, the last"
                if len(of) == 1
                else f"predictions are of the last epoch that each sample was logged at, {of[0]} to {of[-1]}"
            )
        if self._rounded:
            remarks.append(
                f"the sums of {self._rounded:,} logged rows missed 1 by rounding ({self._missed:.2g} at most), and were normalised"
            )
        wide = np.zeros((len(rows), len(self._found.classes)), np.float32)
        wide[:, self._order] = self._table[rows]
        told = Told(rows, wide, self._how[rows], SAID, False, tuple(remarks), self.history)
        self.run = keep(self._dataset, self._recipe, self._found, told)
        epochs.keep(self._dataset, self.run, self._gathered.all())
        known = self._layer.known
        if known.any():
            made = layer_made(self._recipe.model, self.run.run, seen=bool((self._how[known] == SEEN).any()))
            self._layer.write(self._dataset, made, self._found.contents)


class _Spool:
    """Vectors of samples in a file, not in memory, until it is known which run they are of. known: (n,) which samples have one."""

    def __init__(self, count: int) -> None:
        self.known = np.zeros(count, bool)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._file: np.memmap[Any, Any] | None = None
        self._marked: tuple[NDArray[np.float32], NDArray[np.bool_]] | None = None

    def put(self, rows: NDArray[np.int64], layer: Any) -> None:
        """(n, d) numbers of these samples."""
        values = np.asarray(layer)
        if (
            values.dtype.kind not in "fiu"
            or values.ndim != 2
            or len(values) != len(rows)
            or not 1 <= values.shape[1] <= embedded.MOST_DIM
        ):
            raise BadValue(
                "a layer is a vector of numbers for each sample", expected=f"({len(rows)}, d), d at most {embedded.MOST_DIM:,}",
                got=f"{values.shape} of {values.dtype}", next="flatten or average what has more dimensions",
            )  # fmt: skip
        if self._file is not None and self._file.shape[1] != values.shape[1]:
            raise BadValue(
                "the layer has another length than before", expected=str(self._file.shape[1]), got=str(values.shape[1])
            )
        with np.errstate(over="ignore"):
            vectors = values.astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(bad):
            raise BadValue(
                "a layer holds NaN or infinity",
                where=f"row {int(bad[0]) + 1:,} (the first is 1)",
                expected="finite numbers",
            )
        if self._file is None:
            self._file = self._mapped("now", values.shape[1])
        self._file[rows] = vectors
        self.known[rows] = True

    def mark(self) -> None:
        """Remembers the vectors as they are."""
        if self._file is None:
            return
        copy = self._mapped("best", self._file.shape[1])
        for start in range(0, len(copy), embedded.PART_ROWS):
            copy[start : start + embedded.PART_ROWS] = self._file[start : start + embedded.PART_ROWS]
        self._marked = copy, self.known.copy()

    def back(self) -> None:
        """The vectors as they were when they were marked."""
        if self._marked is not None:
            self._file, self.known = self._marked  # type: ignore[assignment]

    def write(self, dataset: Dataset, made: embedded.Made, contents: pa.Array) -> None:
        """Keeps them as an embedding, one vector for each content."""
        if self._file is None:
            return
        codes = contents.dictionary_encode().indices.to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(self.known)
        rows = rows[np.sort(np.unique(codes[rows], return_index=True)[1])]
        for start in range(0, len(rows), embedded.PART_ROWS):
            some = rows[start : start + embedded.PART_ROWS]
            embedded.write(dataset, made, contents.take(pa.array(some)), np.asarray(self._file[some]))

    def close(self) -> None:
        """Deletes the file."""
        self._file = self._marked = None
        if self._folder is not None:
            self._folder.cleanup()

    def _mapped(self, name: str, dim: int) -> np.memmap[Any, Any]:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="trainset-")
        return np.memmap(Path(self._folder.name) / name, np.float32, "w+", shape=(len(self.known), dim))


__all__ = ["LAYER", "Logged", "log_run"]
