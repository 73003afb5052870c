"""Near duplicates between samples that entered training and locked ones, without comparing everything again."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.learn import word_edits
from trainset.learn.neighbours import nearest_of
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.work import near

_FAR = {"image": 0.6, "audio": 0.8, "text": 0.8}
"""Distance of outlines beyond which no copy lies."""
_PAIRS = 2_000
"""The nearest pairs, which are looked at closely."""
_AROUND = {"image": 4_000, "audio": 2_000, "text": 100_000}
"""Contents of the set, from which it is told how alike samples of it usually are; of texts their phrases are counted."""
_K, _BATCH = 4, 5_000
_FEW = 20
"""Texts up to which their words are counted: quicker than to load and fill an index, and an action is mostly about so many."""
_THRESHOLDS = {"image": "pictures", "audio": "recordings", "text": "texts"}

Progress = Callable[[int], None]
Rows = NDArray[np.int64]


def near_locked(
    dataset: Dataset, at: int, entered: pa.Table, locked: pa.Table, progress: Progress = lambda more: None
) -> list[tuple[int, int]]:
    """The pairs (row of entered, row of locked) that are nearly the same, by the threshold of the check `near_split_leak`.

    entered, locked: tables with `content` and, of a dataset of texts, `text`. Two steps: the few locked outlines nearest to each that
    entered; then the closest pairs among a draw of the set, as an audit compares them. A draw of 1 in s makes every distance s times as
    surprising, which is taken back. Raises `LookupError` when nothing is measured to compare by.
    """
    texts = dataset.medium == "text"
    if texts and entered.num_rows <= _FEW:
        own, other = _alike_phrases(_column(entered, "text"), _column(locked, "text"))
        return _alike_texts(dataset, at, entered, locked, own, other) if len(own) else []
    others = near.outlines(dataset, _column(locked, "content"), _column(locked, "text") if texts else None)

    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, entered.num_rows, _BATCH):
            some = entered.slice(start, _BATCH)
            yield near.outlines(dataset, _column(some, "content"), _column(some, "text") if texts else None)

    rows, distances = nearest_of(batches, others, min(_K, len(others)), progress)
    own, place = np.nonzero((distances < _FAR[dataset.medium]) & (rows >= 0))
    closest = np.argsort(distances[own, place], kind="stable")[:_PAIRS]
    own, other = own[closest], rows[own, place][closest]
    if not len(own):
        return []
    chosen = _alike_texts if texts else _alike
    return chosen(dataset, at, entered, locked, own, other)


def _alike_phrases(entered: pa.Array, locked: pa.Array) -> tuple[Rows, Rows]:
    """The pairs whose outlines, were they made, would lie within reach: words and pairs of words, compared by their cosine."""
    least = 1 - _FAR["text"] ** 2 / 2
    counted: dict[str, list[tuple[int, int]]] = {}
    lengths = []
    for row, text in enumerate(entered.to_pylist()):
        found = Counter(near.one_and_two(text or ""))
        lengths.append(sum(n * n for n in found.values()))
        for phrase, n in found.items():
            counted.setdefault(phrase, []).append((row, n))
    pairs: list[tuple[float, int, int]] = []
    for other, text in enumerate(locked.to_pylist()):
        found, shared = Counter(near.one_and_two(text or "")), Counter[int]()
        for phrase in found.keys() & counted.keys():
            for row, n in counted[phrase]:
                shared[row] += n * found[phrase]
        length = sum(n * n for n in found.values()) if shared else 0
        cosines = ((dot / math.sqrt(length * lengths[row]), row) for row, dot in shared.items())
        pairs += [(-cosine, row, other) for cosine, row in cosines if cosine > least]
    pairs.sort()
    of: Counter[int] = Counter()
    kept = []
    for _, row, other in pairs:
        of[row] += 1
        if of[row] <= _K:
            kept.append((row, other))
    rows = np.array(kept, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _alike(
    dataset: Dataset, at: int, entered: pa.Table, locked: pa.Table, own: Rows, other: Rows
) -> list[tuple[int, int]]:
    """Those of the pairs that are alike, told among a draw of the set."""
    with QueryTable(dataset, at, ["content"]) as table:
        total = table.count(["not excluded"])
        around = table.select(["content"], ["not excluded"], limit=_AROUND[dataset.medium], seed=0)
    one, two = _column(entered, "content").take(pa.array(own)), _column(locked, "content").take(pa.array(other))
    contents = pa.concat_arrays([one, two, _column(around, "content")]).unique()
    first, second, unlike = near.compared(dataset, contents, None, lambda more: None)
    good = unlike * max(1.0, total / len(contents)) <= _most(dataset.medium)
    alike = {frozenset(pair) for pair in zip(first[good].tolist(), second[good].tolist(), strict=True)}
    places = zip(*(pc.index_in(some, value_set=contents).to_pylist() for some in (one, two)), strict=True)
    return [(int(a), int(b)) for a, b, pair in zip(own, other, places, strict=True) if frozenset(pair) in alike]


def _alike_texts(
    dataset: Dataset, at: int, entered: pa.Table, locked: pa.Table, own: Rows, other: Rows
) -> list[tuple[int, int]]:
    """Those of the pairs that are of the same letters, or are not as like by chance, told from the phrases of the set."""
    with QueryTable(dataset, at, ["content", "text"]) as table:
        rows = table.select(["content", "text"], ["not excluded"], limit=_AROUND["text"], seed=0)
    distinct = rows.take(
        pa.array(np.unique(rows["content"].combine_chunks().dictionary_encode().indices, return_index=True)[1])
    )
    known, _ = near.read(_column(distinct, "text"))
    texts = pa.concat_arrays([_column(entered, "text"), _column(locked, "text")])
    both = np.stack([own, other + entered.num_rows], axis=1)
    letters = [[word_edits.letters(word_edits.words(texts[int(row)].as_py() or "")) for row in pair] for pair in both]
    found = {(a, b) for (a, b), (x, y) in zip(both.tolist(), letters, strict=True) if x and x == y}
    found |= {(a, b) for a, b, chance in near.copied(known, texts, both) if chance <= _most("text")}
    return sorted((a, b - entered.num_rows) for a, b in found)


def _most(medium: str) -> float:
    return float(registry.plugin("check", "near_split_leak").settings[_THRESHOLDS[medium]].default)


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table[name].combine_chunks()
    whole = column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
    return whole.cast(pa.binary(16)) if name == "content" else whole
