"""Tables of predictions: which column is what, and the rows as probabilities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.formats._columns import listed, plain_name
from trainset.learn.given import Given, spread

SAMPLE = ("id", "sample", "path", "file", "file_name")
PREDICTED = ("predicted", "prediction", "predicted_label")
CONFIDENCE = ("confidence", "probability", "score")
_BESIDE = ("label", "split", "text", "source", "content", "contributor", "given", "true_label")
_INDEX = re.compile(r"(?:column|unnamed:) \d+|__index_level_\d+__", re.IGNORECASE)
"""What a program calls the numbers of its rows."""


@dataclass(frozen=True)
class PredictionList:
    """names: what each row names its sample by; None: rows are the samples in the order of import. classes: of the columns of
    `probabilities`, (n, classes) float32 that sum to 1. decided: the file has decisions and no probabilities. folds: of each row, as asked
    for; empty for none. remarks: what was done to them."""

    names: Sequence[str] | None
    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    decided: bool
    folds: Sequence[str] | None
    remarks: tuple[str, ...]


class Table:
    """Which column of a table is what. sample: the one that names samples. columns: all that are read; texts: those that are no numbers."""

    def __init__(self, names: Sequence[str], known: Sequence[str], fold: str) -> None:
        plain = {plain_name(name): name for name in reversed(names)}
        self.known = tuple(known)
        self.sample = next((plain[name] for name in SAMPLE if name in plain), "")
        if not self.sample:
            raise BadValue(
                "no column names the samples",
                expected=" or ".join(SAMPLE),
                got=listed(names),
                next="trainset look --json has their ids",
            )
        if fold and fold not in names:
            raise BadValue(
                f"there is no column {fold!r} that says what was held out",
                expected=f"yes, no, or one of {listed(names)}",
            )
        self.fold = fold
        others = [name for name in names if name not in (self.sample, fold)]
        self.classes = {name: name.strip() for name in others if name.strip() in self.known}
        self.predicted = next(
            (plain[name] for name in PREDICTED if plain.get(name) in others and plain[name] not in self.classes), ""
        )
        self.confidence = next(
            (plain[name] for name in CONFIDENCE if plain.get(name) in others and plain[name] not in self.classes), ""
        )
        beside = {plain[name] for name in (*_BESIDE, *PREDICTED, *CONFIDENCE, *SAMPLE) if name in plain}
        unknown = [
            name for name in others if name not in self.classes and name not in beside and not _INDEX.fullmatch(name)
        ]
        if unknown and not (self.predicted and not self.classes):
            raise BadValue(
                f"the column {unknown[0][:80]!r} is of no class", expected=f"columns called {listed(self.known)}", got=listed(unknown),
                next="leave it out, or trainset classes add NAME",
            )  # fmt: skip
        if not self.classes and not self.predicted:
            raise BadValue(
                "there are no predictions in this table", expected=f"a column for each class ({listed(self.known)}), or one called predicted",
                got=listed(names),
            )  # fmt: skip
        rest = [self.predicted, self.confidence] if not self.classes else []
        self.columns = [name for name in (self.sample, fold, *self.classes, *rest) if name]
        self.texts = {self.sample, fold, *([self.predicted] if not self.classes else [])}

    def made(self, parts: Iterable[Mapping[str, Sequence[Any]]]) -> PredictionList:
        """The predictions of all parts, of which one at a time stands in memory."""
        names, folds, given = list[str](), list[str](), Given()
        width = len(self.classes or self.known)
        found, remarks = [np.empty((0, width), np.float32)], list[str]()
        for part in parts:
            start = given.rows
            names += [_cell(value) for value in part[self.sample]]
            folds += [_cell(value) for value in part[self.fold]] if self.fold else []
            numbers = [_numbers(part[name], name, start) for name in self.classes]
            found.append(given(np.stack(numbers, axis=1) if numbers else self._decided(part, start)))
        if self.classes:
            remarks = given.remarks
        elif self.confidence:
            remarks = [
                "only the confidence of each decision is known: the rest is spread evenly over the other classes"
            ]
        else:
            remarks = [
                "there are decisions and no probabilities: every decision counts as certain, and nothing ranks them"
            ]
        classes = tuple(self.classes.values()) or self.known
        decided = not self.classes and not self.confidence
        return PredictionList(
            names, classes, np.concatenate(found), decided, folds if self.fold else None, tuple(remarks)
        )

    def _decided(self, part: Mapping[str, Sequence[Any]], start: int) -> NDArray[np.float64]:
        """Probabilities of decisions, and of how sure they are."""
        codes = codes_of([_cell(value) for value in part[self.predicted]], self.known, "", start)
        if not self.confidence:
            return spread(codes, np.ones(len(codes)), len(self.known))
        sure = _numbers(part[self.confidence], self.confidence, start)
        bad = np.flatnonzero(~((sure >= 0) & (sure <= 1)))
        if len(bad):
            where, got = row_text(start + int(bad[0])), f"{sure[bad[0]]:g}"
            raise BadValue("a confidence is no probability", where=where, expected="0 to 1", got=got)
        return spread(codes, sure, len(self.known))


def _cell(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()  # NaN is not itself


def _numbers(values: Sequence[Any], name: str, start: int) -> NDArray[np.float64]:
    try:
        return np.asarray(values, np.float64)
    except (ValueError, TypeError):
        for place, value in enumerate(values):
            try:
                float(value)
            except (ValueError, TypeError):
                got = repr(value)[:80]
                raise BadValue(
                    f"a value of {name[:80]!r} is no number",
                    where=row_text(start + place),
                    expected="a probability",
                    got=got,
                ) from None
        raise


def codes_of(texts: Sequence[str], classes: Sequence[str], where: str, start: int = 0) -> NDArray[np.int64]:
    """(n,) which of the classes each text is. start: rows before them. Raises `BadValue` for one that is none."""
    place = pc.index_in(pa.array(texts, pa.string()), value_set=pa.array(classes, pa.string()))
    codes: NDArray[np.int64] = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    bad = np.flatnonzero(codes < 0)
    if len(bad):
        more = f" and {len(bad) - 1:,} more" if len(bad) > 1 else ""
        place_of = ", ".join(filter(None, (where, row_text(start + int(bad[0])) + more)))
        raise BadValue(
            f"there is no class {texts[bad[0]][:80]!r}", where=place_of, expected=f"one of {listed(classes)}",
            next="trainset classes add NAME, where it is one",
        )  # fmt: skip
    return codes


def row_text(place: int) -> str:
    """A row as errors name it."""
    return f"row {place + 1:,} (the first is 1)"
