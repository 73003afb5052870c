"""Samples made from samples: recordings cut in worker processes, what is cut written below the dataset and imported by a list."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset import registry
from trainset.engine.lost import Lost
from trainset.engine.pool import Pool
from trainset.errors import BadValue, TrainsetError
from trainset.formats import _json
from trainset.formats._names import file_name, safe_name
from trainset.model import Entry, Source
from trainset.store import durable, home, own_media
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.work.import_ import Import

COLUMNS = ("id", "source", "path", "content", "label", "split", "contributor", "part", "row")
"""Of the recordings that are cut."""
NOISE = "background_noise"
"""The field of metadata by which Speech Commands marks what is no word."""
_NAMED = 20


@dataclass
class Derived:
    """A source of its own, in `media/<name>`. failed: which recordings could not be cut, with reasons."""

    dataset: Dataset
    name: str
    failed: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    @property
    def root(self) -> Path:
        """Where the files are."""
        return self.dataset.place(own_media.FOLDER, self.name)

    @property
    def shown(self) -> tuple[str, ...]:
        """The first that failed."""
        return tuple(self.failed[:_NAMED])

    def earlier(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each sample that was made before: its row (path, split, excluded) and its metadata. Their places are taken from then on."""
        quoted = self.name.replace("'", "''")
        with open_table(self.dataset, columns=["path", "source"]) as table:
            rows = table.select(["path", "split", "excluded", "part", "row"], [f"source = '{quoted}'"])
            metas = table.details(rows, ["meta"])["meta"].to_pylist()
        for row, meta in zip(rows.to_pylist(), metas, strict=True):
            self.taken.add(row["path"])
            yield row, _json.loads(meta)[0] if meta else {}

    def require_own(self, table: QueryTable) -> None:
        """Raises `BadValue` when the dataset has a source of that name that is something else."""
        source = table.replay.sources.get(self.name)
        if source is not None and os.path.realpath(source.root) != os.path.realpath(self.root):
            raise BadValue(
                f"this dataset has a source {self.name!r} already, and it is another place", where=source.root,
                next="other --seconds make a source of another name",
            )  # fmt: skip

    def answers(
        self, table: QueryTable, rows: pa.Table, task: str, settings: Mapping[str, Any], size: int,
        requests: Callable[[pa.Table], pa.RecordBatch | None], failed: Callable[[str], pa.RecordBatch],
    ) -> Iterator[tuple[pa.Table, pa.RecordBatch]]:  # fmt: skip
        """Some rows of one source at a time, `size` at most, and what a worker process says of them.

        requests: rows to the batch that is asked; None: nothing of them. failed: the answer for a file that killed its process.
        """
        for name, source in sorted(table.replay.sources.items()):
            mine = rows.filter(pc.equal(rows["source"], name))
            if mine.num_rows:
                yield from self._of_source(source, mine, task, settings, size, requests, failed)

    def _of_source(
        self, source: Source, rows: pa.Table, task: str, settings: Mapping[str, Any], size: int,
        requests: Callable[[pa.Table], pa.RecordBatch | None], failed: Callable[[str], pa.RecordBatch],
    ) -> Iterator[tuple[pa.Table, pa.RecordBatch]]:  # fmt: skip
        try:
            home.require_root(self.dataset.folder, source.name, source.root)
        except TrainsetError as error:
            paths_of = dict.fromkeys(rows["path"].to_pylist())
            self.failed += [f"{source.name}: {path}: {error.what}" for path in paths_of]
            return
        asked: deque[pa.Table] = deque()

        def batches() -> Iterator[pa.RecordBatch]:
            for start in range(0, rows.num_rows, size):
                some = rows.slice(start, size)
                if (batch := requests(some)) is not None:
                    asked.append(some)
                    yield batch

        def lost(_: pa.RecordBatch, why: Lost) -> pa.RecordBatch:
            return failed(why.reason)

        allowed = [place for place in source.allowed if home.is_allowed(self.dataset.folder, place)]
        with Pool(task, {"root": source.root, "allowed": allowed, **settings}) as pool:
            for answer in pool.map(batches(), lost):
                yield asked.popleft(), answer

    def write(self, row: Mapping[str, Any], data: bytes, mark: str = "") -> str:
        """Puts a WAV where nothing else is, under the source and path of its recording (`mark`: after its name), and returns that place."""
        *folders, name = row["path"].split("/")
        stem = name[:-4] if name.lower().endswith(".wav") else name
        name = f"{stem}{mark}{name[len(stem) :]}" if stem != name else f"{name}{mark}.wav"
        safe = [safe_name(part) for part in (row["source"], *folders)]
        names: set[str] = set()
        while True:  # each time another name: with the id of the recording, then with a number too
            path = "/".join([*safe, file_name(name, row["id"].hex(), names)])
            place = self.dataset.place(own_media.FOLDER, self.name, *path.split("/"))
            if path not in self.taken and (not place.exists() or _holds(place, data)):
                break  # the same bytes: left by a run that was undone
        self.taken.add(path)
        if not place.exists():
            with durable.storage_full_is_clear(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                temporary = place.with_name(f".{row['id'].hex()}{durable.TEMPORARY}")
                temporary.write_bytes(data)
                temporary.replace(place)
        return path

    def import_(
        self, made: Iterable[pa.RecordBatch], verb: str, person: str, reason: str, entries: Callable[[], list[Entry]]
    ) -> int | None:  # fmt: skip
        """Writes batches of `store.schema.EXPORTED` as a list and imports it, as one action with these entries besides. They are made once
        every sample is certain. Returns its position."""
        self.root.mkdir(parents=True, exist_ok=True)
        place = next(place for n in count(1) if not (place := self.root / f"{n:04}.jsonl").exists())
        writer = registry.plugin("format", "jsonl")
        with durable.storage_full_is_clear(place):
            writer.target().write(made, place, media=False)
            os.sync()  # once for all files

        def checked() -> list[Entry]:
            if job.spool.bad_count:
                bad = job.spool.bad[0]
                raise BadValue(
                    "a window could not be imported, and so nothing was changed", where=str(self.root / str(bad["name"])), got=str(bad["reason"]),
                    next="run the same command again",
                )  # fmt: skip
            return entries()

        job = Import(self.dataset, place, writer, self.name, {}, (), {}, verb=verb, also=checked)
        return job.run(person, reason, False, lambda done: None).action


def asked_of(rows: pa.Table) -> pa.RecordBatch:
    """The columns `path` and `content` as worker processes take them."""
    contents = rows["content"].combine_chunks().cast(pa.binary(16))
    return pa.record_batch({"path": rows["path"].combine_chunks(), "content": contents})


def marked_noise(table: QueryTable, rows: pa.Table) -> pa.BooleanArray:
    """Which rows are background noise: without label, and marked by their metadata."""
    nameless = rows.filter(pc.is_null(rows["label"]))
    metas = table.details(nameless, ["meta"])["meta"].to_pylist()
    noise = [bool(meta) and bool(_json.loads(meta)[0].get(NOISE)) for meta in metas]
    found = nameless["id"].filter(pa.array(noise, pa.bool_()))
    return pc.is_in(rows["id"].combine_chunks(), value_set=found.combine_chunks())


def _holds(place: Path, data: bytes) -> bool:
    return place.is_file() and place.stat().st_size == len(data) and place.read_bytes() == data
