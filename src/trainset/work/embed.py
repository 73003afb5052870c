"""Embeddings of what has none yet: files decoded in worker processes, the embedder here, parts as they fill."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.engine.lost import Lost
from trainset.engine.pool import Pool
from trainset.errors import BadValue, PluginError, TrainsetError
from trainset.model import Source
from trainset.store import embedded, home, log
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.work import embedders as of_embedders
from trainset.work import prepare
from trainset.work.embedders import Embedder, Listed
from trainset.work.vectors import Embeddings

Progress = Callable[[int], None]
"""Called with how many more contents are done."""

_FILES, _BYTES = 16, 8_000_000
"""Of a request to a worker process, at most: what it decodes to must fit into memory several times."""
_SECONDS = 60.0
"""After which what is computed is written, though the part is not full."""
_NAMED = 1_000
_REFUSED = 10_000  # samples of a source that may not be read, at a time
_COPIES = 4
"""Of one content that are tried, one after the other."""


@dataclass(frozen=True)
class EmbedReport:
    """What was embedded. `present`: contents that had been. `left_out`: how many of each reason; `named`: the first thousand of
    them with sample, path and reason."""

    embedder: str
    version: str
    settings: Mapping[str, Any]
    dim: int
    embedded: int
    present: int
    left_out: Mapping[str, int]
    named: Sequence[Mapping[str, str]] = field(repr=False)  # up to a thousand of them, in a notebook
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dict(vars(self))


def embed(
    dataset: Dataset, embedder: str | Path | Callable[..., Any] = "", *, settings: Mapping[str, Any] | None = None, name: str = "",
    version: str = "", side: int = 0, rate: int = 0, progress: Progress | None = None,
) -> EmbedReport:  # fmt: skip
    """Computes the embedding of every content that has none by this embedder, version and settings.

    embedder: see `embedders`; nothing: the default of the medium. A function takes a sequence of samples and returns (n, dim)
    numbers; name and version: what its embeddings are kept under; side: pictures come stretched to squares of so many pixels (0: as
    they are); rate: recordings come at so many frames a second (0: 16,000).

    Samples that are excluded are embedded too, as they are measured: a version before the exclusion has them. Equal contents are
    computed once. What is complete stays when it is interrupted. Files that cannot be read or have changed, and samples for which
    the embedder gives NaN, get none and are named with the reason.
    """
    started = time.monotonic()
    meant = of_embedders.chosen(dataset, embedder, settings, name=name, version=version, side=side, rate=rate)
    of_embedders.ready(meant)
    columns = ["source", "path", "content", "size"]
    with dataset.one_at_a_time("embed"), open_table(dataset, columns=columns) as table:
        missing, present = _missing(dataset, table, meant)
        if meant.plugin.facts.get("logged"):
            return _logged(dataset, meant, missing, present)
        pass_ = _Pass(dataset, meant, progress or (lambda more: None))
        try:
            for number in range(1, _COPIES + 1):  # a content whose first file is gone may lie elsewhere too
                some = missing.filter(pc.equal(missing["copy"], number))
                if number > 1:
                    some = some.filter(pc.is_in(some["content"], value_set=pa.array(pass_.again, some["content"].type)))
                pass_.again = []
                for samples in _samples(dataset, table, some, meant):
                    pass_.take(samples)
            pass_.finish()
        finally:  # interrupted: what is computed is kept
            pass_.write()
    made, dim = meant.made, pass_.dim
    left_out = dict(sorted(pass_.left_out.items(), key=lambda pair: -pair[1]))
    return EmbedReport(
        meant.name, made.version, dict(made.settings), dim, pass_.done, present, left_out, pass_.named, time.monotonic() - started
    )  # fmt: skip


def embeddings(
    dataset: Dataset, contents: pa.Array | pa.ChunkedArray | None = None, *, embedder: str | Path | Callable[..., Any] = "",
    settings: Mapping[str, Any] | None = None, name: str = "", version: str = "", side: int = 0, rate: int = 0,
    at: str | int | None = None,
) -> Embeddings:  # fmt: skip
    """The embeddings of samples, read as they are used; `embed` computes them.

    contents: the content hash of each sample, in any order, as often as it occurs; None: of all samples that are not excluded, in
    the order of their import. Those without embedding are told apart by `known`. Raises `DamagedDataset` for forged parts.
    """
    meant = of_embedders.chosen(dataset, embedder, settings, name=name, version=version, side=side, rate=rate)
    if contents is None:
        with open_table(dataset, log.position(dataset, at), columns=["content"]) as table:
            contents = table.select(["content"], ["not excluded"])["content"]
    return Embeddings(dataset, meant.made, contents)


def ready_inputs(dataset: Dataset, meant: Embedder, contents: pa.Array) -> tuple[list[Any], list[int]]:
    """Some samples as an embedder takes them, with their rates: to time it. Those that cannot be read are left out."""
    inputs, rates = list[Any](), list[int]()
    with open_table(dataset, columns=["source", "path", "content", "size"]) as table:
        rows = table.run(
            "SELECT id, source, path, content, size, part, row, 1 AS copy, 1 AS copies FROM samples SEMI JOIN asked USING (content) "
            "QUALIFY row_number() OVER (PARTITION BY content ORDER BY part, row) = 1 ORDER BY part, row",
            beside={"asked": pa.table({"content": contents})},
        )
        for some in _samples(dataset, table, rows, meant):
            inputs += some.inputs
            rates += some.rates or [0] * len(some.inputs)
    return inputs, rates


def embedders(dataset: Dataset) -> list[Listed]:
    """The embedders that fit the medium of this dataset, the default first, with the pip command for what is not installed."""
    built_in = [one for one in of_embedders.listed() if one.medium == dataset.medium or not dataset.medium]
    return [*built_in, *of_embedders.layers(dataset)]


def _logged(dataset: Dataset, meant: Embedder, missing: pa.Table, present: int) -> EmbedReport:
    """A layer, or a function known by its name alone, is there as far as it was logged or kept."""
    lacking = int(pc.sum(pc.equal(missing["copy"], 1)).as_py() or 0)
    left_out = {"no vector of it was logged or kept": lacking} if lacking else {}
    dim = embedded.Embeddings(dataset, meant.made, pa.array([], pa.binary(16))).dim
    return EmbedReport(meant.name, meant.made.version, dict(meant.made.settings), dim, 0, present, left_out, [], 0.0)


@dataclass
class _Samples:
    """Some samples ready for the embedder, and those that are not, with the reason."""

    asked: pa.Table
    ready: Sequence[int]
    inputs: Sequence[Any]
    rates: Sequence[int] = ()
    failed: Mapping[int, str] = field(default_factory=dict)


class _Pass:
    """What one run of `embed` has computed, and what it could not."""

    def __init__(self, dataset: Dataset, embedder: Embedder, progress: Progress) -> None:
        self._dataset, self._embedder, self._progress = dataset, embedder, progress
        known = embedded.Embeddings(dataset, embedder.made, pa.array([], pa.binary(16))).dim
        self.dim = known or int(embedder.plugin.facts["dim"])
        self.done = 0
        self.left_out: dict[str, int] = {}
        self.named: list[dict[str, str]] = []
        self.again: list[bytes] = []
        self._waiting: list[tuple[bytes, dict[str, Any], Any, int]] = []
        self._contents: list[bytes] = []
        self._vectors: list[NDArray[np.float32]] = []
        self._written = time.monotonic()

    def take(self, samples: _Samples) -> None:
        """Embeds what has gathered to a batch, and writes what has gathered to a part."""
        rows = samples.asked.select(["id", "content", "path", "copy", "copies"]).to_pylist()
        for row, reason in samples.failed.items():
            if rows[row]["copy"] < rows[row]["copies"]:
                self.again.append(rows[row]["content"])
            else:
                self.leave_out(rows[row], reason)
        rates = samples.rates or [0] * len(samples.ready)
        for row, one, rate in zip(samples.ready, samples.inputs, rates, strict=True):
            self._waiting.append((rows[row]["content"], rows[row], one, rate))
        batch = min(max(1, self._embedder.plugin.facts["batch"]), embedded.PART_ROWS)
        while len(self._waiting) >= batch:
            self._compute(batch)
            if len(self._contents) + batch > embedded.PART_ROWS or time.monotonic() - self._written > _SECONDS:
                self.write()

    def finish(self) -> None:
        """Embeds the rest."""
        if self._waiting:
            self._compute(len(self._waiting))

    def leave_out(self, row: Mapping[str, Any], reason: str) -> None:
        """A sample that gets no embedding."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1
        if len(self.named) < _NAMED:
            self.named.append({"sample": row["id"].hex(), "path": row["path"] or "", "reason": reason})
        self._progress(1)

    def write(self) -> None:
        """Writes what is computed as one part."""
        if self._contents:
            embedded.write(
                self._dataset,
                self._embedder.made,
                pa.array(self._contents, pa.binary(16)),
                np.concatenate(self._vectors),
            )
            self._contents, self._vectors = [], []
        self._written = time.monotonic()

    def _compute(self, count: int) -> None:
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        needs = {"rates": [rate for *_, rate in batch]}
        inputs = [one for _, _, one, _ in batch]
        vectors = self._checked(
            self._embedder(*(needs.get(name, inputs) for name in self._embedder.plugin.needs)), count
        )
        good = np.isfinite(vectors).all(axis=1)
        for number in np.flatnonzero(~good).tolist():
            self.leave_out(batch[number][1], "the embedder gave NaN or infinity")
        self._contents += [batch[number][0] for number in np.flatnonzero(good).tolist()]
        self._vectors.append(vectors[good])
        self.done += int(good.sum())
        self._progress(int(good.sum()))

    def _checked(self, given: Any, count: int) -> NDArray[np.float32]:
        """What an embedder gave, if that is a vector per sample, all of one length."""
        try:
            with np.errstate(over="ignore"):  # too large for a float32 is infinite, and said so
                vectors = np.asarray(given).astype(np.float32, copy=False)
        except (TypeError, ValueError):
            vectors = np.empty(0, np.float32)
        dim = self.dim or (vectors.shape[1] if vectors.ndim == 2 else 0)
        if vectors.ndim != 2 or vectors.shape != (count, dim) or not 1 <= dim <= embedded.MOST_DIM:
            raise PluginError(
                f"embedder {self._embedder.name} did not give a vector for each sample, all of one length",
                expected=f"({count}, {dim or 'dim'}) numbers",
                got=f"shape {vectors.shape}" if vectors.size else type(given).__name__,
                next="a function that has changed needs another version",
            )
        self.dim = dim
        return vectors


def unembedded(dataset: Dataset, embedder: str = "", settings: Mapping[str, Any] | None = None) -> int:
    """How many contents have no embedding by this embedder and settings: what `embed` would compute."""
    meant = of_embedders.chosen(dataset, embedder, settings)
    with open_table(dataset, columns=["source", "path", "content", "size"]) as table:
        missing, _ = _missing(dataset, table, meant)
    return int(pc.sum(pc.equal(missing["copy"], 1)).as_py() or 0)


def _missing(dataset: Dataset, table: QueryTable, embedder: Embedder) -> tuple[pa.Table, int]:
    """The samples of contents without embedding, in the order of import, and how many contents have one. `copy`: which of the
    `copies` of its content a sample is, both at most `_COPIES`."""
    have = {"have": pa.table({"content": embedded.contents_of(dataset, embedder.made)})}
    missing = table.run(
        "SELECT id, source, path, content, size, part, row, row_number() OVER (PARTITION BY content ORDER BY part, row) AS copy, "
        "least(count(*) OVER (PARTITION BY content), ?) AS copies FROM samples ANTI JOIN have USING (content) "
        "QUALIFY copy <= ? ORDER BY part, row",
        [_COPIES, _COPIES],
        beside=have,
    )
    contents = table.run("SELECT count(DISTINCT content) AS n FROM samples")["n"][0].as_py()
    return missing, int(contents) - int(pc.sum(pc.equal(missing["copy"], 1)).as_py() or 0)


def _samples(dataset: Dataset, table: QueryTable, missing: pa.Table, embedder: Embedder) -> Iterator[_Samples]:
    if dataset.medium == "text":
        size = embedder.plugin.facts["batch"]
        for start in range(0, missing.num_rows, size):
            yield _texts(table, missing.slice(start, size))
        return
    for name in dict.fromkeys(missing["source"].to_pylist()):
        mine = missing.filter(pc.equal(missing["source"], name))
        source = table.replay.sources.get(name)
        try:
            if source is None:
                raise BadValue("the log does not know its source")
            home.require_root(dataset.folder, name, source.root)
        except TrainsetError as refused:
            for start in range(0, mine.num_rows, _REFUSED):
                some = mine.slice(start, _REFUSED)
                yield _Samples(some, [], [], failed=dict.fromkeys(range(some.num_rows), refused.what))
            continue
        yield from _decoded(dataset, source, mine, embedder)


def _texts(table: QueryTable, asked: pa.Table) -> _Samples:
    """Texts stand in the dataset itself, those of files too."""
    texts = table.details(asked, ["text"])["text"].to_pylist()
    failed = {row: "it has no text" for row, text in enumerate(texts) if text is None}
    ready = [row for row in range(len(texts)) if row not in failed]
    return _Samples(asked, ready, [texts[row] for row in ready], failed=failed)


def _decoded(dataset: Dataset, source: Source, rows: pa.Table, embedder: Embedder) -> Iterator[_Samples]:
    medium = dataset.medium
    allowed = [place for place in source.allowed if home.is_allowed(dataset.folder, place)]
    settings = {
        "root": source.root, "allowed": allowed, "medium": medium, "side": embedder.side, "rate": embedder.plugin.facts["rate"],
    }  # fmt: skip
    waiting: deque[pa.Table] = deque()

    def requests() -> Iterator[pa.RecordBatch]:
        for some in _requests(rows):
            waiting.append(some)
            yield pa.record_batch({"path": some["path"].combine_chunks()})

    def lost(_: pa.RecordBatch, why: Lost) -> pa.RecordBatch:
        return prepare.lost(why.reason)

    with Pool(prepare.PREPARED, settings) as pool:
        for answer in pool.map(requests(), lost):
            yield _arrays(waiting.popleft(), answer, medium)


def _requests(rows: pa.Table) -> Iterator[pa.Table]:
    """Files for a worker process at a time: not many, and not many bytes."""
    sizes = rows["size"].fill_null(_BYTES).to_pylist()
    start = held = 0
    for number, size in enumerate(sizes):
        if number > start and (number - start >= _FILES or held + size > _BYTES):
            yield rows.slice(start, number - start)
            start, held = number, 0
        held += size
    if start < len(sizes):
        yield rows.slice(start)


def _arrays(asked: pa.Table, answer: pa.RecordBatch, medium: str) -> _Samples:
    """The samples of an answer whose file still is what the dataset knows."""
    contents = asked["content"].to_pylist()
    ready, inputs, rates, failed = list[int](), list[Any](), list[int](), dict[int, str]()
    for row, (content, got) in enumerate(zip(contents, answer.to_pylist(), strict=True)):
        if got["data"] is None:
            failed[row] = got["reason"]
        elif got["content"] != content:
            failed[row] = "the file has changed since its import"
        else:
            ready.append(row)
            rates.append(got["rate"] or 0)
            if medium == "image":
                inputs.append(np.frombuffer(got["data"], np.uint8).reshape(got["height"], got["width"], 3))
            else:
                inputs.append(np.frombuffer(got["data"], np.float32))
    return _Samples(asked, ready, inputs, rates, failed)
