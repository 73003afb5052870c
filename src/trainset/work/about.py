"""What is known of samples beside their label, as numbers and marks that can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.learn.traits import LEAST, Marks
from trainset.store.dataset import Dataset
from trainset.store.labelled import labelled
from trainset.store.measured import arrow_type, measures_of
from trainset.store.query import QueryTable
from trainset.store.runs import Predictions, Run
from trainset.work.metadata import fields

_VALUES, _WORDS = 50, 500
"""Of a field the commonest values, of texts the commonest words, that are looked at."""
_LETTERS = 4000
"""Of a text, so many characters are read for words."""
_BATCH = 10_000
_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"


@dataclass(frozen=True)
class Number:
    """A number of every sample. field: `measure` or `meta`. less, more: what samples of smaller and larger values are."""

    field: str
    name: str
    title: str
    unit: str = ""
    less: str = ""
    more: str = ""


@dataclass(frozen=True)
class Mark:
    """What samples carry or not. field: what it is a value of. value: None for none. word: whether it is one of several in a text."""

    field: str
    value: str | None
    word: bool = False


@dataclass
class About:
    """Numbers and marks, each with what it is; arrays are one value for each of the samples asked for."""

    count: int
    numbers: list[Number] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    named: list[Mark] = field(default_factory=list)
    _rows: list[NDArray[np.int64]] = field(default_factory=list)
    _marks: list[NDArray[np.int64]] = field(default_factory=list)
    _fields: list[int] = field(default_factory=list)

    @property
    def marks(self) -> Marks:
        """All of them."""
        nothing = np.empty(0, np.int64)
        rows, marks = (np.concatenate([nothing, *some]) for some in (self._rows, self._marks))
        return Marks(rows, marks, np.array(self._fields, np.int64))

    def add_number(self, what: Number, values: NDArray[np.float64]) -> None:
        """One without two different values is left out."""
        known = values[~np.isnan(values)]
        if len(known) and known.min() < known.max():
            self.numbers.append(what)
            self.values.append(values)

    def add_field(self, name: str, column: pa.Array) -> float:
        """Marks for the commonest values of a column, and for none; what fewer than `LEAST` samples share is no mark. Returns the share of
        its values that has one."""
        filled = column.cast(pa.string()).fill_null("\0")
        counts = sorted(
            ((one["counts"], one["values"]) for one in pc.value_counts(filled).to_pylist()),
            key=lambda pair: (-pair[0], pair[1]),
        )  # fmt: skip
        kept = [value for count, value in counts[:_VALUES] if count >= LEAST]
        if kept == ["\0"] or not kept:
            return 0.0
        place = pc.index_in(filled, value_set=pa.array(kept, pa.string()))
        which = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        rows = np.flatnonzero(which >= 0)
        self._put(rows, which[rows], [Mark(name, None if v == "\0" else v) for v in kept], len(self.named))
        there = sum(count for count, value in counts if value in kept and value != "\0")
        return float(there / max(1, len(column) - column.null_count))

    def add_words(self, name: str, column: pa.Array) -> None:
        """Marks for the commonest words of texts, whatever their case."""
        seen: Counter[str] = Counter()
        for _, words in _words(column):
            counted = pc.value_counts(words)
            seen.update(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))
        common = sorted((-count, word) for word, count in seen.items() if LEAST <= count <= len(column) - LEAST)[
            :_WORDS
        ]
        known = pa.array([word for _, word in common], pa.string())
        rows, marks = [], []
        for row, words in _words(column):
            place = pc.index_in(words, value_set=known).fill_null(-1).to_numpy(zero_copy_only=False)
            rows.append(row[place >= 0])
            marks.append(place[place >= 0].astype(np.int64))
        if len(known):
            named = [Mark(name, word, True) for word in known.to_pylist()]
            self._put(np.concatenate(rows), np.concatenate(marks), named, -1)

    def _put(self, rows: NDArray[np.int64], marks: NDArray[np.int64], named: list[Mark], of: int) -> None:
        self._rows.append(rows)
        self._marks.append(marks + len(self.named))
        self.named += named
        self._fields += [of] * len(named)


def about(dataset: Dataset, run: Run, found: Predictions, keep: NDArray[np.int64]) -> About:
    """What is known of some samples of a run (rows of its predictions), as it was at the run's position of the log, and the label beneath
    the class."""
    some = pa.array(keep)
    result = about_samples(dataset, run.at, found.ids.take(some), found.contents.take(some))
    if len({*run.beneath}) < len(run.labels):
        codes = found.beneath[keep]
        result.add_field("label", pa.array(run.labels, pa.string()).take(pa.array(codes, mask=codes < 0)))
    return result


def about_samples(dataset: Dataset, at: int, ids: pa.Array, contents: pa.Array) -> About:
    """What is known of samples (16 bytes each) at a position of the log beside their label: measures, words, fields of metadata, source,
    folder, contributor, split, who labelled them and when, exact copies."""
    plugins = {
        name: plugin for name, plugin in measures_of(dataset.medium).items() if arrow_type(plugin) != pa.binary()
    }
    places = ["text"] if dataset.medium == "text" else ["path"]
    wanted = ["id", "source", "contributor", "split", *places, *plugins]
    with QueryTable(
        dataset, at, [*wanted[1:], "meta"], ids.unique()
    ) as table:  # of a million samples a few are asked for
        rows = table.select(wanted, ["not excluded"])
        meta = fields(table)
        people = labelled(table)
    place = pc.index_in(ids, value_set=rows["id"].combine_chunks().cast(pa.binary(16)))

    def of(column: pa.Array | pa.ChunkedArray) -> pa.Array:
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return whole.take(place)

    result = About(len(ids))
    for name, plugin in plugins.items():
        if arrow_type(plugin) == pa.string():
            result.add_field(name, of(rows[name]))
        else:
            facts = plugin.facts
            what = Number("measure", name, plugin.title, facts["unit"], facts.get("less", ""), facts.get("more", ""))
            result.add_number(what, _numbers(of(rows[name])))
    for name in ("source", "contributor", "split"):
        result.add_field(name, of(rows[name]))
    for name in ("labelled_by", "labelled_at"):
        result.add_field(
            name, pc.utf8_slice_codeunits(of(people[name]), 0, 10) if name == "labelled_at" else of(people[name])
        )
    if "path" in places:
        result.add_field("folder", pc.replace_substring_regex(of(rows["path"]), r"/?[^/]*$", ""))
    for name, column in meta.items():
        _add_metadata(result, f"meta.{name}", of(column))
    result.add_field("copies", pa.array([content.hex()[:12] for content in contents.to_pylist()], pa.string()))
    if "text" in places:
        result.add_words("text", of(rows["text"]))
    return result


def _add_metadata(result: About, name: str, column: pa.Array) -> None:
    """A field as numbers, when nearly all are and there are many; as values; as words, when it has few values in common."""
    count = len(column) - column.null_count
    numbers = pc.if_else(pc.match_substring_regex(column, _NUMBER), column, None)
    if count and len(numbers) - numbers.null_count >= 0.9 * count and len(pc.unique(numbers)) > 10:
        result.add_number(Number("meta", name, name), _numbers(numbers))
    elif result.add_field(name, column) < 0.5:
        result.add_words(name, column)


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False)
    return values


def _words(column: pa.Array) -> Iterator[tuple[NDArray[np.int64], pa.Array]]:
    """The words of texts, each once a text, with the text it is of; so many texts at a time."""
    for start in range(0, len(column), _BATCH):
        short = pc.utf8_slice_codeunits(column.slice(start, _BATCH).fill_null(""), 0, _LETTERS)
        lists = pc.split_pattern_regex(pc.utf8_lower(short), r"[^\p{L}\p{N}_'\x{2019}]+")
        encoded = pc.list_flatten(lists).dictionary_encode()
        words, many = encoded.dictionary, len(encoded.dictionary)
        if not many:
            continue
        of = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
        pairs = np.sort(of * many + encoded.indices.to_numpy(zero_copy_only=False))
        pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])]  # each once; np.unique hashes, which is slower here
        full = words.take(pa.array(pairs % many))
        there = pc.not_equal(full, "").to_numpy(zero_copy_only=False)
        yield start + (pairs // many)[there], full.filter(pa.array(there))
