"""Import: a source's files and rows become samples, each with exactly one outcome; a second import adds nothing."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import pyarrow as pa

from trainset import registry
from trainset.contracts import Plugin
from trainset.engine.lost import Lost
from trainset.engine.pool import Pool
from trainset.errors import BadSource, BadValue, UnknownName, Unsafe
from trainset.media import kinds
from trainset.model import Entry, EntryKind, Outcome
from trainset.store import home, log, measured, own_media, parts, paths, unpacked
from trainset.store.dataset import Dataset
from trainset.store.outcomes import Spool, duplicates, write_report
from trainset.store.previews import Writer as Previews
from trainset.store.replay import Replay, replay
from trainset.store.schema import SAMPLES
from trainset.work import decode, unpack
from trainset.work import split_names as spellings
from trainset.work.candidates import Kept, Sifter
from trainset.work.chosen_format import choose_format, plugins_for, readers
from trainset.work.diff import diff
from trainset.work.import_report import ImportReport
from trainset.work.known import Known
from trainset.work.person import acting

__all__ = ["ImportReport", "choose_format", "import_", "plugins_for"]

Progress = Callable[[int], None]
"""Called with how many more files or rows are done."""
Arrived = Callable[[pa.RecordBatch, Callable[[str], BinaryIO]], None]
"""Called with samples, columns as in `store.schema.SAMPLES`, and what opens a file of theirs by its path."""

_FILES_AT_ONCE = (8, 256)  # few files are spread over all workers, many come in batches that are worth their way
_TEXTS_AT_ONCE = 5_000
_ROW_SECONDS = 20.0  # longer than this without a sign of life: the decoder hangs
_MEMORY = 450 * 2**20  # of address space for one decoder, so that an import stays under 1 GB


def import_(
    dataset: Dataset, source: str | os.PathLike[str], *, name: str = "", format: str = "", settings: Mapping[str, Any] | None = None,
    allow_roots: Sequence[str] = (), split_names: Mapping[str, str] | None = None, person: str = "", reason: str = "",
    report: str | os.PathLike[str] | None = None, rehash: bool = False, progress: Progress | None = None,
    unpacking: Progress | None = None, waiting: Callable[[], None] | None = None, arrived: Arrived | None = None,
) -> ImportReport:  # fmt: skip
    """Imports a folder, a list, or an archive of them into the dataset, as one action.

    An interrupted import loses nothing: the next one goes on with what was decoded. Files whose size and times on disk are
    the same as before are not read again, unless `rehash`. `settings` are the format's; `allow_roots` names folders outside
    the source that its paths may lead to; `split_names` maps further spellings of splits; `report` receives every outcome as
    CSV. An archive is unpacked into the dataset first; `unpacking` is called with how many more members are. Raises `BadSource`
    when the source is not there or its layout is unclear. `arrived` is handed samples as they are decoded, whose previews are kept by
    then or soon after; they are in the dataset when the import has ended.
    """
    spellings.check(split_names or {})
    place = Path(source).expanduser()
    if not place.exists():
        raise BadSource("there is nothing at this place", where=str(place), expected="a folder or a file to import")
    how, chosen = dict(settings or {}), tuple(os.path.realpath(root) for root in allow_roots)
    packed = unpack.unpacker(place, format)
    with contextlib.ExitStack() as stack:
        found = None
        if packed is None:
            name = name or _known_as(dataset, place) or place.resolve().name
            plugin = choose_format(place, format or _asked_before(dataset, name))
            stack.enter_context(dataset.one_at_a_time("import", waiting))
            unpacked.tidy(dataset)
        else:
            limits = {key: how.pop(key) for key in packed.settings_of("unpack") if key in how}
            named, name = bool(name), name or unpack.known_as(dataset, place) or unpack.default_name(place)
            stack.enter_context(dataset.one_at_a_time("import", waiting))
            unpacked.tidy(dataset)
            found = stack.enter_context(
                unpack.opened(
                    dataset, place, packed, name, limits, named=named, rehash=rehash, progress=unpacking or _unwatched
                )
            )
            place, how = found.place, {} if found.empty else {**found.settings, **how}
            format = "" if format.replace("-", "_") == packed.name else format
            asked = found.format or format or _asked_before(dataset, name)
            plugin = registry.plugin("format", "class_folders") if found.empty else choose_format(place, asked)
        job = Import(dataset, place, plugin, name, how, chosen, split_names or {}, opened=found, arrived=arrived)
        result = job.run(acting(person), reason, rehash, progress or _unwatched)
        if report is not None:
            write_report(dataset, job.token, Path(report))
    return result


def _unwatched(done: int) -> None:
    """Progress that nobody asked for."""


def _known_as(dataset: Dataset, place: Path) -> str:
    """The name under which the dataset knows this very folder, which may have been moved since; empty when it does not."""
    if not place.is_dir():
        return ""
    real = os.path.realpath(place)
    return next((source.name for source in replay(dataset).sources.values() if source.root == real), "")


def _asked_before(dataset: Dataset, name: str) -> str:
    """The layout this source was read as, if it is one that a folder may not show by itself."""
    earlier = replay(dataset).sources.get(name)
    known = readers().get(earlier.format) if earlier is not None else None
    return known.name if known is not None and hasattr(known.target, "fits") else ""


class Import:
    """One import on its way: candidates in, parts and outcomes out. `also`: entries that its action has besides."""

    def __init__(
        self, dataset: Dataset, place: Path, plugin: Plugin, name: str, settings: dict[str, Any], allowed: tuple[str, ...],
        split_names: Mapping[str, str], verb: str = "import", also: Callable[[], Sequence[Entry]] = tuple,
        opened: unpack.Opened | None = None, arrived: Arrived | None = None,
    ) -> None:  # fmt: skip
        self.dataset, self.plugin, self.name, self.verb, self.also = dataset, plugin, name, verb, also
        readable = plugin.settings_of("read")
        for key in settings:
            if key not in readable:
                raise UnknownName(
                    f"the format {plugin.name} has no setting {key!r}", expected=", ".join(readable) or "none"
                )
        self.place, self.opened = place, opened
        self.read_as = opened.read_as(plugin.name) if opened is not None else ""
        self.nothing = opened is not None and opened.empty
        self.root = place.resolve() if place.is_dir() else place.resolve().parent
        self.replay: Replay = replay(dataset)
        if opened is None:
            self._check_name()
        earlier = self.replay.sources.get(name)
        before = dict(earlier.settings) if earlier and earlier.format == plugin.name else {}
        self.split_names = {**spellings.from_text(before.pop(spellings.SETTING, "")), **split_names}
        before = {key: value for key, value in before.items() if key in readable and key not in settings and value}
        self.again = before  # a source is read as it was: who gave it a mapping need not give it twice
        self.settings = {**before, **settings}
        kept = [root for root in (earlier.allowed if earlier else ()) if home.is_allowed(dataset.folder, root)]
        self.allowed = tuple(dict.fromkeys([*allowed, *kept]))
        self.token = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid4().hex[:8]}"
        self.medium = dataset.medium
        self.held: list[pa.RecordBatch] = []
        self.measures: list[pa.RecordBatch] = []
        self.made: list[tuple[str, int, int]] = []
        self.labels: set[str] = set()
        self.replaced = 0
        self.arrived, self.shown = arrived, 0.0

    def run(self, person: str, reason: str, rehash: bool, progress: Progress) -> ImportReport:
        started = time.monotonic()
        known = Known.load(self.dataset, self.replay, self.name, self.root)
        read, new = self.place if self.opened is None else None, self.name not in self.replay.sources
        unlogged = self.opened is not None and new
        spooled = Spool(self.dataset, self.token, self.name, read, self.replay.at, unlogged=unlogged)
        with spooled as spool, Previews(self.dataset) as previews:
            self.spool, self.previews = spool, previews
            if self.opened is not None:
                self.opened.tell(spool)
            self.sifter = Sifter(
                self.name, self.root, known, spool, self.split_names, several=self.place.is_dir(), rehash=rehash
            )
            self.sifter.reusable(self.dataset, self.replay)
            for kept in self._decoded() if not self.nothing else ():
                self._keep(kept, progress)
            progress(self.sifter.present)
            self._flush()
        missing, names = (
            (0, ()) if self.nothing else known.missing()
        )  # of a broken archive nobody knows what is missing
        return self._commit(person, reason, missing, names, time.monotonic() - started)

    def _decoded(self) -> Iterator[Kept]:
        """The candidates that are new or changed, decoded; what is present already is only counted."""
        with contextlib.ExitStack() as pools:

            def pool_of(function: str) -> Pool:
                settings = {"root": str(self.root), "allowed": list(self.allowed)}
                return pools.enter_context(Pool(function, settings, seconds=_ROW_SECONDS, memory=_MEMORY))

            early = pool_of(decode.FILES) if self.place.is_dir() and self.sifter.all_new else None
            if early is not None:
                early.start()  # its processes load their libraries while the folder is walked
            candidates = self._candidates()
            first = next(candidates, None)
            if first is None:
                return
            column = "text" if first["path"].null_count == first.num_rows else "path"
            self.medium = self.medium or self._decide_medium(first, column)
            if column == "text" and self.medium != "text":
                raise BadValue(
                    f"this dataset holds {self.medium}, and the source holds texts",
                    where=str(self.place),
                    next="name another dataset with -d",
                )
            if column == "text" and early is not None:
                early.close()
            pool = pool_of(decode.TEXTS) if column == "text" else early or pool_of(decode.FILES)
            fresh = (self.sifter.sift(batch) for batch in self._same(column, first, candidates))
            yield from self._answered(pool, column, self._reused(fresh))
        yield from self._ready()

    def _answered(self, pool: Pool, column: str, batches: Iterator[pa.RecordBatch]) -> Iterator[Kept]:
        waiting: deque[pa.RecordBatch] = deque()
        medium = self.medium or "image"

        def requests() -> Iterator[pa.RecordBatch]:
            for batch in batches:
                few, many = _FILES_AT_ONCE
                size = max(few, min(many, batch.num_rows // 64)) if column == "path" else _TEXTS_AT_ONCE
                for start in range(0, batch.num_rows, size):
                    piece = batch.slice(start, size)
                    waiting.append(piece)
                    yield piece.select([column]).replace_schema_metadata({"medium": medium})

        def lost(row: pa.RecordBatch, why: Lost) -> pa.RecordBatch:
            outcome = Outcome.TOO_LARGE if why.kind == "out of memory" else Outcome.UNREADABLE
            return decode.lost(row, medium, why.reason, outcome)

        for answer in pool.map(requests(), lost):
            yield self.sifter.decoded(waiting.popleft(), answer)
            yield from self._ready()

    def _reused(self, sifted: Iterator[tuple[pa.RecordBatch, list[Kept]]]) -> Iterator[pa.RecordBatch]:
        """Hands on what must be decoded; what was decoded before waits in `self.ready`."""
        self.ready: deque[Kept] = deque()
        for fresh, reused in sifted:
            self.ready.extend(reused)
            if fresh.num_rows:
                yield fresh

    def _ready(self) -> Iterator[Kept]:
        while self.ready:
            yield self.ready.popleft()

    def _candidates(self) -> Iterator[pa.RecordBatch]:
        reader = self.plugin.target()
        if self.place.is_file() and self.plugin.facts["folder"]:
            from trainset.formats._batch import candidates  # a file by itself: a folder of one

            yield candidates(1, path=[paths.from_local(self.place.name)])
            return
        how = dict(self.settings)
        if self.again:
            told = ", ".join(f"{name}={value}" for name, value in self.again.items())
            self.spool.remark(f"read as before: {told}")
        if self.split_names and "splits" in self.plugin.settings_of("read"):
            how["splits"] = ",".join([*filter(None, [str(how.get("splits", ""))]), *self.split_names])
        yield from (batch for batch in reader.read(self.place, self.spool, **how) if batch.num_rows)

    def _same(self, column: str, first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield first
        for batch in rest:
            if batch[column].null_count:
                raise BadSource(
                    "the source holds files and texts of a list side by side",
                    where=str(self.place),
                    next="import them one by one",
                )
            yield batch

    def _decide_medium(self, first: pa.RecordBatch, column: str) -> str:
        if column == "text":
            return "text"
        found: Counter[str] = Counter()
        names = first["path"].to_pylist()
        for ending, count in Counter(name[name.rfind(".") :] for name in names).items():
            if medium := kinds.medium_of(f"x{ending}"):
                found[medium] += count
        for path in names[:200] if not found else []:
            try:
                with paths.open_media(self.root, path, self.allowed) as file:
                    kind = kinds.sniff(file.read(4096))
            except (OSError, Unsafe):
                continue
            if kind is not None and kind.medium:
                found[kind.medium] += 1
        if len(found) > 1:
            self.spool.remark(
                "the source holds "
                + ", ".join(f"{n:,} {m}" for m, n in sorted(found.items()))
                + ": a dataset holds one medium"
            )
        return max(found, key=lambda medium: found[medium]) if found else ""

    def _keep(self, kept: Kept, progress: Progress) -> None:
        progress(kept.seen)
        self.spool.add(kept.outcomes)
        if not kept.samples.num_rows:
            return
        self.dataset.set_medium(self.medium)
        self.held.append(kept.samples)
        self.labels.update(label for label in kept.samples["label"].unique().to_pylist() if label is not None)
        if kept.measures is not None:
            self.measures.append(kept.measures)
        if kept.previews:
            self.previews.put(kept.previews)
        if self.arrived is not None:
            self.arrived(kept.samples, lambda path: paths.open_media(self.root, path, self.allowed))
            if time.monotonic() - self.shown > 1.0:  # whoever watches wants to see them
                self.shown = time.monotonic()
                self.previews.flush()
        self.replaced += kept.replaces
        if sum(batch.num_rows for batch in self.held) >= parts.PART_ROWS:
            self._flush()

    def _flush(self) -> None:
        self.previews.flush()
        if self.measures:
            table = pa.Table.from_batches(self.measures)
            first = (
                table.append_column("place", pa.array(range(table.num_rows)))
                .group_by("content")
                .aggregate([("place", "min")])
            )
            measured.write(self.dataset, table.take(first["place_min"]).combine_chunks().to_batches())
            self.measures = []
        if self.held:
            part = f"{self.token}-{len(self.made):05}.parquet"
            facts = {"source": self.name, "root": str(self.root), "format": self.plugin.name}
            rows = parts.write(self.dataset.place("samples", part), self.held, SAMPLES, facts)
            self.made.append((part, rows, self.replaced))
            self.held, self.replaced = [], 0

    def _commit(self, person: str, reason: str, missing: int, names: tuple[str, ...], seconds: float) -> ImportReport:
        spool, has_splits = self.spool, self.sifter.has_splits
        entries: list[Entry] = []
        place = {
            "root": own_media.stored(self.dataset.folder, str(self.root)),
            "format": self.plugin.name,
            "settings": self.settings
            | ({spellings.SETTING: spellings.to_text(self.split_names)} if self.split_names else {}),
            "allowed": list(self.allowed),
            **({"read_as": self.read_as} if self.read_as else {}),
        }
        for part, rows, replaced in self.made:
            value = {"source": self.name, "rows": rows, "replaces": replaced, "proposes": not has_splits}
            entries.append(Entry(EntryKind.IMPORT, subject=part, value=json.dumps(value)))
        position = self.replay.at + 1
        current = {self.replay.current_name(label, position, from_source=True) for label in self.labels}
        new = tuple(sorted(current - self.replay.classes.keys()))
        added = sorted(current) if entries else ()  # all of them: an earlier import that had them too may be undone
        entries += [Entry(EntryKind.CLASS_ADDED, subject=label) for label in added]
        entries += self.also()
        seq = None
        earlier = self.replay.sources.get(self.name)
        if entries or (earlier is not None and not self.nothing and set(self.allowed) - set(earlier.allowed)):
            entries.insert(0, Entry(EntryKind.SOURCE, subject=self.name, value=json.dumps(place)))
            for root in (
                self.allowed if self.opened else (str(self.root), *self.allowed)
            ):  # unpacked here: inside the dataset
                home.allow_root(self.dataset.folder, root)
            reason = reason or f"from {self.name}" + (f" ({self.read_as})" if self.read_as else "")
            seq = log.append(self.dataset, self.verb, person, reason, entries)
        self._tidy()
        inside = [str(outcome) for outcome in Outcome if outcome.in_dataset]
        counted = spool.rows if self.sifter.by_rows else spool.files
        return ImportReport(
            source=self.name, format=self.read_as or self.plugin.name, files=dict(spool.files), rows=dict(spool.rows), remarks=dict(spool.remarked),
            about=(*spool.source_remarks, *self._moved(seq)), bad=tuple(spool.bad), bad_count=spool.bad_count, missing=missing, missing_names=names,
            duplicates=duplicates(self.dataset, self.token), new_classes=new, proposed_split=not has_splits,
            samples=sum(counted[outcome] for outcome in inside), seconds=seconds, action=seq,
        )  # fmt: skip

    def _moved(self, seq: int | None) -> tuple[str, ...]:
        """What is to be said of changed samples whose proposed split is another one now."""
        if seq is None or self.sifter.has_splits or not any(replaced for *_, replaced in self.made):
            return ()
        count = diff(self.dataset, f"#{seq - 1}", f"#{seq}").counts.get("moved split", 0)
        return (f"in another split than before, for proposed splits go by content: {count:,} that changed",) * bool(
            count
        )

    def _tidy(self) -> None:
        """Deletes the parts that no import names: what an interrupted one left, used by now. Only one import runs at a time."""
        with self.dataset.people.read() as connection:
            every = [action.seq for action in log.read_actions(connection)]
            named = {entry.subject for _, entry in log.read_entries(connection, every, [EntryKind.IMPORT])}
        for path in self.dataset.place("samples").glob("*.parquet"):
            if path.name not in named:
                path.unlink()

    def _check_name(self) -> None:
        earlier = self.replay.sources.get(self.name)
        if earlier is not None and os.path.realpath(earlier.root) != str(self.root):
            raise BadValue(
                f"this dataset has a source {self.name!r} already, and it is another place", where=str(self.root), got=earlier.root,
                next="give this one a name of its own with --name; if the folder was moved: trainset sources NAME --root DIR",
            )  # fmt: skip
