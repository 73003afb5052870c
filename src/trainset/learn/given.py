"""Probabilities that another program computed: tested to be some, and brought to sums of 1 where only rounding is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue

ROUNDING = 0.01
"""How far the sum of a row may be from 1: float16 misses by 0.001, two decimals of ten classes by less than this mostly."""
_TINY = 1e-6  # float32 and the order of summing; also how far below 0 a value may be


class Given:
    """Tests batches of probabilities one after the other. rounded: rows whose sum missed 1; missed: by how much at most."""

    def __init__(self) -> None:
        self.rows = self.rounded = 0
        self.missed = 0.0

    def __call__(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """(n, classes) float32 whose rows sum to 1, of (n, classes) numbers that do but for rounding. Raises `BadValue` with the row,
        counted from 1 over all batches, for anything else."""
        table = np.asarray(values)
        if table.ndim != 2 or table.dtype.kind not in "fiu":
            raise BadValue(
                "these are no probabilities", expected="a table of numbers: a row a sample, a column a class", got=f"shape {table.shape} of {table.dtype}",
                next="save what the model says of every class, not its decision alone",
            )  # fmt: skip
        wide = table.astype(np.float64)
        first = self.rows + 1
        good = np.isfinite(wide).all(axis=1)
        if not good.all():
            row = int(np.flatnonzero(~good)[0])
            got = "NaN" if np.isnan(wide[row]).any() else "infinity"
            _refuse(
                "a probability is no number",
                first,
                np.flatnonzero(~good),
                "finite numbers",
                got,
                "find out why the model gives it",
            )
        sums = wide.sum(axis=1)
        off = np.abs(sums - 1)
        wrong = (wide < -_TINY).any(axis=1) | (off > ROUNDING)
        if wrong.any():
            _explain(wide, sums, wrong, first)
        self.rows += len(wide)
        rounded = off > _TINY
        self.rounded += int(rounded.sum())
        self.missed = max(self.missed, float(off.max(initial=0)))
        np.clip(wide, 0, None, out=wide)
        wide /= wide.sum(axis=1, keepdims=True)
        return wide.astype(np.float32)

    @property
    def remarks(self) -> list[str]:
        """What was done to them, in a sentence; empty when nothing was."""
        if not self.rounded:
            return []
        return [
            f"the sums of {self.rounded:,} of {self.rows:,} rows missed 1 by rounding ({self.missed:.2g} at most), and were normalised"
        ]


def spread(codes: NDArray[np.int64], confidence: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """(n, classes) probabilities of which only the class (n,) and its own (n,) are known: the rest is spread evenly over the others."""
    rest = (1 - confidence) / max(classes - 1, 1)
    table = np.repeat(rest[:, None], classes, axis=1)
    table[np.arange(len(codes)), codes] = confidence if classes > 1 else 1.0
    return table


def _explain(wide: NDArray[np.float64], sums: NDArray[np.float64], wrong: NDArray[np.bool_], first: int) -> None:
    """Raises what the first wrong row is told to be by all the others."""
    rows = np.flatnonzero(wrong)
    row = int(rows[0])
    most = rows.size > 0.9 * len(wide)
    if most and (np.abs(sums - 100) <= 100 * ROUNDING).all() and (wide >= 0).all():
        _refuse(
            "these are percent, not probabilities",
            first,
            rows,
            "rows that sum to 1",
            f"a sum of {sums[row]:.4g}",
            "divide them by 100",
        )
    if most and (wide.min() < 0 or wide.max() > 1):
        _refuse(
            "these look like logits or scores, not probabilities", first, rows, "numbers from 0 to 1, rows that sum to 1",
            f"{wide[row].min():.4g} to {wide[row].max():.4g}, a sum of {sums[row]:.4g}", "pass them through softmax",
        )  # fmt: skip
    if (wide[row] < -_TINY).any():
        _refuse(
            "a probability is negative",
            first,
            rows,
            "numbers from 0 to 1",
            f"{wide[row].min():.4g}",
            "find out why the model gives it",
        )
    _refuse(
        "the probabilities of a row do not sum to 1", first, rows, f"1, but for rounding of at most {ROUNDING}", f"{sums[row]:.4g}",
        "one class must be the right one: models that say yes or no to each class are not what this is for",
    )  # fmt: skip


def _refuse(what: str, first: int, rows: NDArray[np.int64], expected: str, got: str, next: str) -> None:
    more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
    raise BadValue(
        what, where=f"row {first + int(rows[0]):,} (the first is 1){more}", expected=expected, got=got, next=next
    )
