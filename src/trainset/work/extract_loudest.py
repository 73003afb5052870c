"""Extract the loudest: each recording is cut to its loudest stretch, as a new sample; what is too quiet is excluded."""

from __future__ import annotations

import json
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count
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
from trainset.media.limits import DEFAULT_LIMITS
from trainset.model import Entry, EntryKind, Source
from trainset.store import durable, home, ids, log, own_media, paths
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.store.schema import EXPORTED
from trainset.work import cut
from trainset.work.import_ import Import
from trainset.work.person import acting
from trainset.work.selection import Named, Selection, chosen

Progress = Callable[[int], None]
"""Called with how many more recordings are done."""

QUIET = -60.0
"""dBFS, as in the check near_silent. Warden's extract_loudest_section drops what has a mean magnitude below 0.004, which is
-48 dBFS: among real digits that loses quiet speakers who are well understood."""

_SECONDS_AT_ONCE = 64.0  # of windows in one batch, which travels back as bytes
_COLUMNS = ("id", "source", "path", "content", "label", "split", "contributor", "part", "row")
_NAMED = 20
_NOISE = "background_noise"  # the field of metadata by which Speech Commands marks what is no word


@dataclass(frozen=True)
class LoudestReport:
    """What became of the recordings asked for: `cut` to new samples of `source`, kept `whole` because they are no longer,
    too `quiet` and excluded, `unchanged` because they had been cut before, background `noise` left as it is, or failed; their sum
    is all of them.

    replaced: originals that are excluded because their loudest stretch stands for them. failed: the first, with reasons.
    """

    source: str
    action: int | None
    cut: int
    whole: int
    quiet: int
    unchanged: int
    noise: int
    replaced: int
    failed: tuple[str, ...]
    failed_count: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "failed": list(self.failed)}


def extract_loudest(
    dataset: Dataset, samples: Named = (), *, seconds: float = 1.0, below: float = QUIET, where: str = "", check: str = "",
    keep_originals: bool = False, reason: str = "", person: str = "", progress: Progress | None = None,
    waiting: Callable[[], None] | None = None,
) -> LoudestReport:  # fmt: skip
    """Cuts recordings to their loudest `seconds`, into new samples of a source of their own, as one action.

    Label, split, contributor and metadata are taken over; `meta.original` names the sample a window is from. Originals are
    excluded, unless `keep_originals`. What is quieter than `below` (dBFS of its loudest stretch) is excluded without being cut,
    and what is no longer than `seconds` stays as it is, as does background noise that is not named: it is long on purpose, and no class.
    Nothing on disk is written over, and a second run adds nothing.
    Raises `BadValue` when the dataset holds no recordings, or the selection is empty.
    """
    started = time.monotonic()
    if dataset.medium != "audio":
        raise BadValue("only recordings can be cut", got=dataset.medium or "an empty dataset")
    if not 0 < seconds <= DEFAULT_LIMITS.seconds or not math.isfinite(below):
        raise BadValue(
            "this is no length or level",
            expected=f"seconds up to {DEFAULT_LIMITS.seconds:g}, and a level in dBFS",
            got=f"{seconds:g} s, {below:g} dBFS",
        )
    with dataset.one_at_a_time("import", waiting):
        selection = Selection.of(samples, where, check)
        found = chosen(dataset, selection)
        wanted = found.filter(pc.invert(found["excluded"]))["id"].combine_chunks().cast(pa.binary(16))
        job = _Extraction(dataset, seconds, below, keep_originals, progress or (lambda done: None))
        job.with_noise = bool(selection.ids)
        action = job.run(wanted, acting(person), reason)
    return LoudestReport(
        job.name, action, job.cut, job.whole, len(job.quiet), job.unchanged, job.noise, len(job.replaced), tuple(job.failed[:_NAMED]),
        len(job.failed), time.monotonic() - started,
    )  # fmt: skip


class _Extraction:
    """One extraction on its way: recordings in, windows written beside one another, a list of them imported."""

    def __init__(self, dataset: Dataset, seconds: float, below: float, keep: bool, progress: Progress) -> None:
        self.dataset, self.seconds, self.below, self.keep, self.progress = dataset, seconds, below, keep, progress
        self.name = f"loudest-{seconds:g}s"
        self.root = dataset.place(own_media.FOLDER, self.name)
        self.cut = self.whole = self.unchanged = self.noise = 0
        self.with_noise = False
        self.quiet: list[Entry] = []
        self.replaced: list[bytes] = []
        self.failed: list[str] = []
        self.unsplit: list[bytes] = []
        self.splits = False

    def run(self, wanted: pa.Array, person: str, reason: str) -> int | None:
        """Returns the position of the action; None when nothing had to change."""
        self._read_earlier()
        with QueryTable(self.dataset, None, _COLUMNS[:7], only=wanted) as table:
            source = table.replay.sources.get(self.name)
            if source is not None and os.path.realpath(source.root) != os.path.realpath(self.root):
                raise BadValue(
                    f"this dataset has a source {self.name!r} already, and it is another place", where=source.root,
                    next="other --seconds make a source of another name",
                )  # fmt: skip
            cuts = self._cuts(table)
            first = next(cuts, None)
            if first is None:
                stands = f"its loudest {self.seconds:g} s stand for it"
                reason = reason or (stands if self.replaced else f"quieter than {self.below:g} dBFS")
                return log.append(self.dataset, "extract-loudest", person, reason, self._entries())
            place = self._free_list()
            writer = registry.plugin("format", "jsonl")
            with durable.storage_full_is_clear(place):
                writer.target().write(chain([first], cuts), place, media=False)
                os.sync()  # once for all windows
        job = Import(
            self.dataset, place, writer, self.name, {}, (), {}, verb="extract-loudest", also=lambda: self._checked(job)
        )
        reason = reason or f"cut to the loudest {self.seconds:g} s"
        return job.run(person, reason, False, lambda done: None).action

    def _read_earlier(self) -> None:
        """Which samples have been cut before, and the places of their windows."""
        self.before: dict[tuple[str, str], bool] = {}
        self.taken: set[str] = set()
        quoted = self.name.replace("'", "''")
        with open_table(self.dataset, columns=["path", "source"]) as table:
            rows = table.select(["path", "excluded", "part", "row"], [f"source = '{quoted}'"])
            metas = table.details(rows, ["meta"])["meta"].to_pylist()
        for path, excluded, meta in zip(rows["path"].to_pylist(), rows["excluded"].to_pylist(), metas, strict=True):
            said = _json.loads(meta)[0] if meta else {}
            self.before[str(said.get("original")), str(said.get("original_content"))] = not excluded
            self.taken.add(path)

    def _cuts(self, table: QueryTable) -> Iterator[pa.RecordBatch]:
        """The windows, written, as batches of `EXPORTED`; what else became of recordings is counted."""
        rows = self._but_noise(table, table.select(list(_COLUMNS)))
        for name, source in sorted(table.replay.sources.items()):
            mine = rows.filter(pc.equal(rows["source"], name))
            if mine.num_rows:
                yield from self._of_source(table, source, mine)

    def _but_noise(self, table: QueryTable, rows: pa.Table) -> pa.Table:
        """Without background noise, which is mixed in whole and has no label; it is counted."""
        if self.with_noise:
            return rows
        nameless = rows.filter(pc.is_null(rows["label"]))
        metas = table.details(nameless, ["meta"])["meta"].to_pylist()
        noise = [bool(meta) and bool(_json.loads(meta)[0].get(_NOISE)) for meta in metas]
        self.noise = sum(noise)
        self.progress(self.noise)
        left = nameless["id"].filter(pa.array(noise, pa.bool_()))
        return rows.filter(pc.invert(pc.is_in(rows["id"], value_set=left.combine_chunks())))

    def _of_source(self, table: QueryTable, source: Source, rows: pa.Table) -> Iterator[pa.RecordBatch]:
        try:
            home.require_root(self.dataset.folder, source.name, source.root)
        except TrainsetError as error:
            self.failed += [f"{source.name}: {path}: {error.what}" for path in rows["path"].to_pylist()]
            return
        allowed = [place for place in source.allowed if home.is_allowed(self.dataset.folder, place)]
        asked: deque[pa.Table] = deque()
        size = max(1, min(64, int(_SECONDS_AT_ONCE / self.seconds)))

        def requests() -> Iterator[pa.RecordBatch]:
            for start in range(0, rows.num_rows, size):
                some = rows.slice(start, size)
                some = some.filter(pa.array([self._is_new(row) for row in some.to_pylist()], pa.bool_()))
                if some.num_rows:
                    asked.append(some)
                    contents = some["content"].combine_chunks().cast(pa.binary(16))
                    yield pa.record_batch({"path": some["path"].combine_chunks(), "content": contents})

        settings = {"root": source.root, "allowed": allowed, "seconds": self.seconds, "below": self.below}
        with Pool(cut.LOUDEST, settings) as pool:
            for answer in pool.map(requests(), lambda row, why: _lost(why)):
                some = asked.popleft()
                metas = table.details(some, ["meta"])["meta"].to_pylist()
                made = [
                    window
                    for row, said, meta in zip(some.to_pylist(), answer.to_pylist(), metas, strict=True)
                    if (window := self._became(row, said, meta)) is not None
                ]
                self.progress(some.num_rows)
                if made:
                    yield pa.RecordBatch.from_pylist(made, schema=EXPORTED)

    def _is_new(self, row: dict[str, Any]) -> bool:
        """Whether a recording has to be read; one that was cut before is counted, and its window may stand for it again."""
        stands = self.before.get((row["id"].hex(), row["content"].hex()))
        if stands is None:
            return True
        self.unchanged += 1
        if stands and not self.keep:
            self.replaced.append(row["id"])
        self.progress(1)
        return False

    def _became(self, row: dict[str, Any], said: dict[str, Any], meta: str | None) -> dict[str, Any] | None:
        """Counts what became of a recording, and writes its window if it has one."""
        if said["became"] == "failed":
            self.failed.append(f"{row['source']}: {row['path']}: {said['reason']}")
        elif said["became"] == "quiet":
            text = f"too quiet: {said['dbfs']:.1f} dBFS at its loudest, less than {self.below:g}"
            self.quiet.append(Entry(EntryKind.EXCLUDE, sample=row["id"], value=text))
        elif said["became"] == "whole":
            self.whole += 1
        else:
            return self._window(row, said, meta)
        return None

    def _window(self, row: dict[str, Any], said: dict[str, Any], meta: str | None) -> dict[str, Any]:
        path = self._write(row, said["wav"])
        self.cut += 1
        if not self.keep:
            self.replaced.append(row["id"])
        self.splits |= row["split"] is not None
        if row["split"] is None:
            self.unsplit.append(ids.sample_id(self.name, ids.file_key(paths.decode(path))))
        facts = {
            **(_json.loads(meta)[0] if meta else {}), "original": row["id"].hex(), "original_content": row["content"].hex(),
            "original_start": round(said["start"], 6),
        }  # fmt: skip
        return {
            "id": row["id"].hex(), "name": path.rpartition("/")[2], "path": path, "label": row["label"], "split": row["split"],
            "contributor": row["contributor"], "meta": json.dumps(facts),
        }  # fmt: skip

    def _write(self, row: dict[str, Any], data: bytes) -> str:
        """Puts a window where nothing else is, under the source and path of its recording, and returns that place."""
        *folders, name = row["path"].split("/")
        name = name if name.lower().endswith(".wav") else f"{name}.wav"
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

    def _free_list(self) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        return next(
            place
            for n in count(1)
            if not (place := self.dataset.place(own_media.FOLDER, self.name, f"{n:04}.jsonl")).exists()
        )

    def _checked(self, job: Import) -> list[Entry]:
        """The entries beside the import, once it is certain that every window is a sample: none of its originals is lost."""
        if job.spool.bad_count:
            bad = job.spool.bad[0]
            raise BadValue(
                "a window could not be imported, and so nothing was changed", where=str(self.root / str(bad["name"])), got=str(bad["reason"]),
                next="run the same command again",
            )  # fmt: skip
        pinned = [] if self.splits else [Entry(EntryKind.SPLIT, sample=identifier) for identifier in self.unsplit]
        return [*self._entries(), *pinned]  # pinned: where a list has no split at all, an import proposes some

    def _entries(self) -> list[Entry]:
        return [*(Entry(EntryKind.EXCLUDE, sample=identifier) for identifier in self.replaced), *self.quiet]


def _holds(place: Path, data: bytes) -> bool:
    return place.is_file() and place.stat().st_size == len(data) and place.read_bytes() == data


def _lost(why: Lost) -> pa.RecordBatch:
    return cut.failed(why.reason)
