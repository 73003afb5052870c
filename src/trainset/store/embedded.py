"""Embeddings at rest: parts of vectors by content hash, and a view of those of some samples that never holds them all."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from trainset.errors import DamagedDataset
from trainset.store import parts
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file

PART_ROWS = 10_000
"""Vectors of a part at most: what a killed process loses."""
MOST_DIM = 65_536
_GROUP_BYTES = 4 * 2**20
"""Of a row group: what is read to have one vector of it."""
_KEPT_BYTES = 64 * 2**20
"""Of row groups that stay in memory while vectors are taken one after the other."""
_FACTS = ("embedder", "version", "settings", "dim")


@dataclass(frozen=True)
class Made:
    """What an embedding was made by; vectors of another one are never mixed with it.

    settings: those that change the numbers.
    """

    embedder: str
    version: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, and for the metadata of a part."""
        return {"embedder": self.embedder, "version": self.version, "settings": dict(self.settings)}

    @property
    def key(self) -> str:
        """16 hex digits that the names of its parts begin with."""
        text = json.dumps(self.as_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def schema(dim: int) -> pa.Schema:
    """`content`, and `vector`: `dim` little-endian float32, one after the other. As a list of numbers Parquet reads them ten times
    slower."""
    return pa.schema([("content", pa.binary(16)), ("vector", pa.binary(4 * dim))])


def write(dataset: Dataset, made: Made, contents: pa.Array, vectors: NDArray[np.float32]) -> None:
    """Writes one part, which appears under its name when it is complete. vectors: (n, dim), finite."""
    dim = vectors.shape[1]
    data = pa.py_buffer(np.ascontiguousarray(vectors, "<f4"))
    column = pa.FixedSizeBinaryArray.from_buffers(pa.binary(4 * dim), len(vectors), [None, data])
    fields = parts.with_facts(schema(dim), {**made.as_dict(), "dim": dim})
    table = pa.Table.from_arrays([contents.cast(pa.binary(16)), column], schema=fields)
    path = dataset.place("embeddings", f"{made.key}-{uuid4().hex}.parquet")
    how = {"compression": "none", "use_dictionary": False}  # numbers like these hardly get smaller
    with whole_file(path) as file, pq.ParquetWriter(file, fields, **how) as writer:
        writer.write_table(table, row_group_size=max(1, _GROUP_BYTES // (4 * dim)))


def contents_of(dataset: Dataset, made: Made) -> pa.Array:
    """The contents (16 bytes each) that have an embedding made by this. Raises `DamagedDataset`."""
    found = [part.contents() for part in _parts(dataset, made)]
    return pa.concat_arrays([pa.array([], pa.binary(16)), *found])


def all_made(dataset: Dataset, start: str) -> list[tuple[Made, int, int]]:
    """What made the embeddings there are, of embedders whose names begin with `start`: with their length, and how many there are. Parts that do
    not say are left out."""
    found: dict[str, tuple[Made, int, int]] = {}
    for path in sorted(dataset.place("embeddings").glob("*.parquet")):
        facts = parts.facts(path)
        name, version, settings, dim = (facts.get(fact) for fact in _FACTS)
        if not (
            isinstance(name, str)
            and name.startswith(start)
            and isinstance(version, str)
            and isinstance(settings, dict)
            and isinstance(dim, int)
        ):
            continue
        made = Made(name, version, settings)
        with parts.open_part(path) as file:
            count = file.metadata.num_rows
        if path.name.startswith(f"{made.key}-"):
            found[made.key] = made, dim, found[made.key][2] + count if made.key in found else count
    return [*found.values()]


@dataclass(frozen=True)
class _Part:
    """One part, tested to be what its name says."""

    path: Path
    dim: int

    def contents(self) -> pa.Array:
        batches = parts.batches(self.path, ["content"])
        found: pa.Array = pa.concat_arrays([pa.array([], pa.binary(16)), *(batch["content"] for batch in batches)])
        if found.null_count:
            raise _damaged(self.path, "a vector has no content hash")
        return found


class Embeddings:
    """The embeddings of samples, in their order: what is read stands in memory no longer than it is used.

    known: (n,) bool, which of the samples have one; where there is none the vector is NaN.
    """

    def __init__(self, dataset: Dataset, made: Made, contents: pa.Array | pa.ChunkedArray) -> None:
        """contents: the content hash of each sample. Raises `DamagedDataset` when a part is damaged or forged."""
        self.made = made
        held = _parts(dataset, made)
        if len({part.dim for part in held}) > 1:
            raise _damaged(held[0].path, "its vectors have another length than those of the other parts")
        self.dim = held[0].dim if held else 0
        stored = [part.contents() for part in held]
        self._groups: list[tuple[Path, int]] = []
        starts = [0]
        for part, those in zip(held, stored, strict=True):
            with parts.open_part(part.path) as file:
                sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
            if sum(sizes) != len(those):
                raise _damaged(part.path, "its row groups do not add up")
            self._groups += [(part.path, number) for number in range(len(sizes))]
            for size in sizes:
                starts.append(starts[-1] + size)
        self._starts = np.array(starts, np.int64)
        wanted = contents.combine_chunks() if isinstance(contents, pa.ChunkedArray) else contents
        everything = pa.concat_arrays([pa.array([], pa.binary(16)), *stored])
        place = pc.index_in(wanted.cast(pa.binary(16)), value_set=everything)
        self._place: NDArray[np.int64] = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._place)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) which of the samples have an embedding."""
        return self._place >= 0

    @property
    def stored(self) -> NDArray[np.int64]:
        """(n,) the samples in the order in which their vectors lie on disk: `only` of it reads each row group once."""
        return np.argsort(self._place, kind="stable")

    def only(self, rows: NDArray[np.integer[Any]] | NDArray[np.bool_] | Sequence[int]) -> Self:
        """The embeddings of some of the samples (a mask, or their rows), in the order of `rows`."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._place = self._place[np.asarray(rows)]
        other._kept = OrderedDict()
        return other

    def batches(self, size: int = 4096) -> Iterator[NDArray[np.float32]]:
        """(up to `size`, dim) float32, all samples in their order. Where that is far from the order of embedding, row groups are read
        again for every batch; see `stored`."""
        for start in range(0, len(self), size):
            yield self._taken(self._place[start : start + size])

    def take(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """(len(rows), dim) float32 of these samples."""
        return self._taken(self._place[np.asarray(rows, np.int64)])

    def _taken(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        found = np.full((len(places), self.dim), np.nan, np.float32)
        group = np.where(places >= 0, np.searchsorted(self._starts, places, side="right") - 1, -1)
        for number in np.unique(group[group >= 0]).tolist():
            here = np.flatnonzero(group == number)
            found[here] = self._group(number)[places[here] - self._starts[number]]
        return found

    def _group(self, number: int) -> NDArray[np.float32]:
        """The vectors of one row group."""
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        path, within = self._groups[number]
        with parts.open_part(path, schema(self.dim)) as file:
            try:
                column = file.read_row_group(within, columns=["vector"])["vector"].combine_chunks()
            except (pa.ArrowException, OSError) as error:
                raise _damaged(path, str(error).split("\n", 1)[0]) from error
        count = int(self._starts[number + 1] - self._starts[number])
        if len(column) != count or column.null_count:
            raise _damaged(path, "vectors are missing")
        flat = np.frombuffer(column.buffers()[1], "<f4", count * self.dim, column.offset * 4 * self.dim)
        vectors = flat.reshape(count, self.dim)
        if not np.isfinite(vectors).all():
            raise _damaged(path, "a vector holds NaN or infinity")
        self._kept[number] = vectors
        while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return vectors


def _parts(dataset: Dataset, made: Made) -> list[_Part]:
    """The parts made by this, each tested: what it says of itself, and its columns."""
    found = []
    for path in sorted(dataset.place("embeddings").glob(f"{made.key}-*.parquet")):
        facts = parts.facts(path)
        said = {name: facts.get(name) for name in _FACTS}
        dim = said.pop("dim")
        if said != made.as_dict():
            raise _damaged(path, "it says that something else made it than its name does")
        if not isinstance(dim, int) or isinstance(dim, bool) or not 1 <= dim <= MOST_DIM:
            raise _damaged(path, "its vectors have an impossible length")
        with parts.open_part(path, schema(dim)):
            found.append(_Part(path, dim))
    return found


def _damaged(path: Path, got: str) -> DamagedDataset:
    return DamagedDataset(
        "a part of the embeddings is damaged", where=str(path), got=got,
        next="delete this file and run trainset embed: embeddings are computed again",
    )  # fmt: skip
