"""Near duplicates: pairs of contents that nearly are the same, found without comparing all with all, and kept in the cache."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.contracts import Near
from trainset.errors import BadValue, DamagedDataset
from trainset.learn import aligned, phrases, tiny_pictures, word_edits
from trainset.learn.chance import K, chances, pairs
from trainset.learn.neighbours import neighbours
from trainset.store import log, measured, parts
from trainset.store.dataset import Dataset
from trainset.store.query import open_table

_SCHEMA = pa.schema(
    [("content", pa.binary(16)), ("first", pa.int32()), ("second", pa.int32()), ("unlike", pa.float32())]
)
"""A row per content, then a row per pair of them."""
_VERSION = 2
_MOST = {"image": 0.1, "audio": 0.25, "text": 0.01}
"""How unlike a pair may be that is kept: beyond what any check asks for by default, so that another threshold computes nothing."""
_STALE = 1.25
"""Times as many contents as there are now that may have been compared, for the comparison to stand."""
_BATCH = 5_000
_TEXT_DIM = 256
_TEXT_FAR = 0.8  # distance above which texts share too few words to be copies
_FAMILY = 16  # texts like one of a pair, which tell nothing of how usual its words are
_CANDIDATES = 48  # recordings are told apart frame by frame, among these

_FILE = ("cache", "near.parquet")

Progress = Callable[[int], None]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def find_near(dataset: Dataset, *, at: str | int | None = None, progress: Progress | None = None) -> int:
    """Finds the near duplicates among the samples that are not excluded, which an audit does by itself; returns how many pairs.

    progress: called with how many more samples are done, each twice. What was compared before is not compared again. Raises
    `BadValue` when nothing is measured to compare by.
    """
    texts = ["text"] if dataset.medium == "text" else []
    with open_table(dataset, log.position(dataset, at), columns=["content", *texts]) as table:
        rows = table.select(["content", *texts], ["not excluded"])
    if not rows.num_rows:
        return 0
    text = rows["text"].combine_chunks() if texts else None
    try:
        found = near(dataset, rows["content"].combine_chunks().cast(pa.binary(16)), text, progress)
    except LookupError as missing:
        raise BadValue(str(missing.args[0]), next="trainset measure") from None
    return len(found.first)


def near(dataset: Dataset, content: pa.Array, text: pa.Array | None, progress: Progress | None = None) -> Near:
    """The near duplicates among samples, given the content of each (16 bytes) and, of texts, the text.

    Exact copies are no pair: of each content its first sample stands for it. Raises `LookupError` with the reason when nothing is
    measured to compare by.
    """
    encoded = content.dictionary_encode()
    contents = encoded.dictionary
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    place = np.full(len(contents), len(codes), np.int64)
    np.minimum.at(place, codes, np.arange(len(codes)))
    found = _kept(dataset, contents)
    if found is None:
        texts = text.take(pa.array(place)) if text is not None else None
        found = compared(dataset, contents, texts, progress or (lambda more: None))
        _keep(dataset, contents, found)
    first, second, unlike = found
    return Near(place[first], place[second], unlike, dataset.medium or "")


def compared(dataset: Dataset, contents: pa.Array, texts: pa.Array | None, progress: Progress) -> Pairs:
    """The pairs among these contents, each once, as rows of them, and how unlike they are; nothing is kept. Raises `LookupError`."""
    if dataset.medium == "text":
        return _texts(texts, progress) if texts is not None else _none()
    name, length, by = _BY[dataset.medium]
    prints = _measured(dataset, name, contents, length)
    known = np.flatnonzero(prints.any(axis=1))
    if len(contents) and not len(known):
        raise LookupError(f"there is no measure {name} of its samples yet: trainset measure")
    first, second, unlike = by(prints if len(known) == len(prints) else prints[known], progress)
    return known[first], known[second], unlike


def outlines(dataset: Dataset, contents: pa.Array, texts: pa.Array | None) -> NDArray[np.float32]:
    """(n, dim) float32 of unit length: what near duplicates of these contents are looked for by, zeros where nothing is measured."""
    if dataset.medium == "text":
        hashing = _hashing()
        words = texts.fill_null("").to_pylist() if texts is not None else []
        return np.asarray(hashing.transform(words).toarray(), np.float32)
    name, length, _ = _BY[dataset.medium]
    prints = _measured(dataset, name, contents, length)
    if dataset.medium == "image":
        return tiny_pictures.vectors(prints.reshape(-1, 8, 8, 3))
    return aligned.outlines(prints[:, :-2].reshape(-1, 96, 16))


def _hashing() -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(n_features=_TEXT_DIM, analyzer=one_and_two, dtype=np.float32)


def _pictures(prints: NDArray[np.uint8], progress: Progress) -> Pairs:
    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(prints), _BATCH):
            yield tiny_pictures.vectors(prints[start : start + _BATCH].reshape(-1, 8, 8, 3))

    rows, distances = neighbours(batches, len(prints), prints.shape[1], _k(len(prints)), progress)
    return _unusual(rows, distances, _MOST["image"])


def _recordings(prints: NDArray[np.uint8], progress: Progress) -> Pairs:
    levels, inside = prints[:, :-2].reshape(-1, 96, 16), prints[:, -2:]

    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(levels), _BATCH):
            yield aligned.outlines(levels[start : start + _BATCH])

    rows, _ = neighbours(batches, len(levels), 256, min(_CANDIDATES, max(1, len(levels) - 1)), progress)
    distances = aligned.distances(levels, inside, rows)
    order = np.argsort(distances, axis=1, kind="stable")[:, : _k(len(levels))]
    return _unusual(
        np.take_along_axis(rows, order, axis=1), np.take_along_axis(distances, order, axis=1), _MOST["audio"]
    )


def _texts(texts: pa.Array, progress: Progress) -> Pairs:
    """Texts of the same letters, and those of the nearest that differ in at most one word of eight, unless others of the set would
    be as like them by chance."""
    hashing = _hashing()

    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(texts), _BATCH):
            yield hashing.transform(texts.slice(start, _BATCH).fill_null("").to_pylist()).toarray()

    known, same = read(texts)
    rows, distances = neighbours(batches, len(texts), _TEXT_DIM, min(K, max(1, len(texts) - 1)), progress)
    own, place = np.nonzero((distances < _TEXT_FAR) & (rows >= 0))
    other = rows[own, place].astype(np.int64)
    both = np.unique(np.stack([np.minimum(own, other), np.maximum(own, other)], axis=1), axis=0)
    found = [(int(a), int(b), 0.0) for a, b in same] + [*copied(known, texts, both)]
    first, second, unlike = zip(*found, strict=True) if found else ((), (), ())
    return np.array(first, np.int64), np.array(second, np.int64), np.array(unlike, np.float64)


def copied(known: phrases.Phrases, texts: pa.Array, both: NDArray[np.int64]) -> Iterator[tuple[int, int, float]]:
    """Those of the pairs (m, 2) of texts that differ in at most one word of eight, and not by chance: its rows, and that chance."""
    words = lru_cache(maxsize=100_000)(lambda row: word_edits.words(texts[row].as_py() or ""))
    changed = [(one, two, word_edits.differing(words(one), words(two))) for one, two in both.tolist()]
    alike: dict[int, list[int]] = defaultdict(list)
    for one, two, words_changed in changed:
        if words_changed:
            alike[one].append(two)
            alike[two].append(one)
    for one, two, words_changed in changed:
        if words_changed:
            family = {row for row in (*alike[one][:_FAMILY], *alike[two][:_FAMILY]) if row not in (one, two)}
            chance = phrases.chance_of_copy(known, words(one), words(two), words_changed, map(words, family))
            if chance <= _MOST["text"]:
                yield one, two, chance


def one_and_two(text: str) -> list[str]:
    words = word_edits.words(text)
    return [*words, *map(" ".join, pairwise(words))]


def read(texts: pa.Array) -> tuple[phrases.Phrases, NDArray[np.int64]]:
    """The phrases of all texts that differ; and (m, 2) each text that has the letters of an earlier one, and that one."""
    known, seen = phrases.Phrases(len(texts)), set[bytes]()
    hashed = np.empty(len(texts), "S16")
    for start in range(0, len(texts), _BATCH):
        words = [word_edits.words(text or "") for text in texts.slice(start, _BATCH).to_pylist()]
        once = []
        for row, some in enumerate(words, start):
            joined = word_edits.letters(some) or f"\0{row}"  # a text without words is like no other
            hashed[row] = hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
            if hashed[row] not in seen:
                seen.add(hashed[row])
                once.append(some)
        known.add(once)
    _, first, group = np.unique(hashed, return_index=True, return_inverse=True)
    later = np.flatnonzero(first[group] != np.arange(len(texts)))
    return known, np.stack([first[group][later], later], axis=1).astype(np.int64)


def _unusual(rows: NDArray[np.int32], distances: NDArray[np.float32], most: float) -> Pairs:
    if rows.shape[1] < 2:
        return _none()
    return pairs(rows, chances(rows, distances), most)


def _k(count: int) -> int:
    return max(1, min(K, count - 1))


def _none() -> Pairs:
    return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)


_BY: Mapping[str, tuple[str, int, Callable[[NDArray[np.uint8], Progress], Pairs]]] = {
    "image": ("tiny_picture", 192, _pictures), "audio": ("log_mel", 1538, _recordings),
}  # fmt: skip
"""Medium -> the measure that samples are compared by, its bytes, and how."""


def _measured(dataset: Dataset, name: str, contents: pa.Array, length: int) -> NDArray[np.uint8]:
    """(n, length) the bytes of a measure of these contents; zeros where there are none, or of another length."""
    prints = np.zeros((len(contents), length), np.uint8)
    if name not in measured.measures_of(dataset.medium):
        return prints
    table = measured.measured(dataset, [name], only=contents)
    place = pc.index_in(table["content"].cast(pa.binary(16)), value_set=contents.cast(pa.binary(16)))
    table = table.append_column("place", place)
    for batch in table.filter(pc.equal(pc.binary_length(table[name]), length)).to_batches():
        data = batch[name].cast(pa.binary(length))
        where = batch["place"].to_numpy(zero_copy_only=False)
        prints[where] = np.frombuffer(data.buffers()[1], np.uint8)[
            data.offset * length : (data.offset + len(data)) * length
        ].reshape(-1, length)
    return prints


def _kept(dataset: Dataset, contents: pa.Array) -> Pairs | None:
    """What was compared before, when that was these contents, or these and few more; rows of `contents`."""
    path = dataset.place(*_FILE)
    try:
        if not path.exists() or parts.facts(path).get("version") != _VERSION:
            return None
        table = pa.Table.from_batches([*parts.batches(path, _SCHEMA.names, _SCHEMA)], _SCHEMA)
    except DamagedDataset:  # it is a cache: made again
        return None
    before = table["content"].drop_null().combine_chunks()
    if not len(contents) <= len(before) <= _STALE * len(contents):
        return None
    place = pc.index_in(before, value_set=contents).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    if int((place >= 0).sum()) < len(contents):
        return None
    found = table.filter(pc.is_valid(table["first"]))
    first, second = (found[name].to_numpy().astype(np.int64) for name in ("first", "second"))
    if found.num_rows and not 0 <= min(first.min(), second.min()) <= max(first.max(), second.max()) < len(before):
        return None
    first, second = place[first], place[second]
    good = (first >= 0) & (second >= 0)
    return first[good], second[good], found["unlike"].to_numpy().astype(np.float64)[good]


def _keep(dataset: Dataset, contents: pa.Array, found: Pairs) -> None:
    first, second, unlike = found
    count, more = len(contents), len(first)
    batches = [
        pa.record_batch(
            [contents.cast(pa.binary(16)), *(pa.nulls(count, _SCHEMA.field(name).type) for name in _SCHEMA.names[1:])],
            schema=_SCHEMA,
        ),
        pa.record_batch(
            [
                pa.nulls(more, pa.binary(16)),
                pa.array(first, pa.int32()),
                pa.array(second, pa.int32()),
                pa.array(unlike, pa.float32()),
            ],
            schema=_SCHEMA,
        ),
    ]
    parts.write(dataset.place(*_FILE), batches, _SCHEMA, {"version": _VERSION})
