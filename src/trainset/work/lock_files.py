"""The files of locked samples: which are missing, and which are no longer what they were."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import DamagedDataset, StorageFull, Unsafe
from trainset.model import Source
from trainset.store import blobs, home, parts, paths
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.work.on_disk import as_it_was

AT_ONCE = 10_000
"""Files looked at by a command that was not asked to: all of most test sets, of a larger one a stretch that moves on by the second."""
_OPENED = 100
"""Files hashed by such a command, because they were written anew."""
_SCHEMA = pa.schema(
    [
        ("id", pa.binary(16)), ("source", pa.string()), ("path", pa.string()), ("content", pa.binary(16)), ("size", pa.int64()),
        ("mtime_ns", pa.int64()), ("ctime_ns", pa.int64()), ("state", pa.string()),
    ]
)  # fmt: skip
"""A row per file: as it was when it was last found to be what it was; `missing` or `altered`, or null."""
_VERSION = 1

Progress = Callable[[int], None]


def bad_files(
    dataset: Dataset, since: int, stamp: str, locked: Callable[[], pa.Array], *, everything: bool, progress: Progress = lambda more: None
) -> dict[bytes, str]:  # fmt: skip
    """The locked samples whose file is `missing` or `altered`, as far as was looked: all files, or `AT_ONCE` of them and those that were bad
    before. A file of which the dataset keeps a copy is not missing. Folders that the dataset may not read are not looked at.

    since, stamp: the position at which paths or locks last changed, and its time; what is kept of that position still is so."""
    path = dataset.place("cache", "locked-files.parquet")
    table, sources = _known(dataset, path, since, stamp, locked)
    if not table.num_rows:
        return {}
    chosen = _chosen(table, everything)
    states = table["state"].to_pylist()
    stats = {name: table[name].to_pylist() for name in ("size", "mtime_ns", "ctime_ns")}
    changed, opened = False, 0
    for number, row in zip(chosen, table.take(pa.array(chosen)).to_pylist(), strict=True):
        if opened >= _OPENED and not everything:
            break
        state, now = _state(dataset, sources.get(row["source"]), row)
        opened += state == "altered" or now is not None
        progress(1)
        if now is not None:
            changed = True
            for name, value in now.items():
                stats[name][number] = value
        if state != states[number]:
            states[number], changed = state, True
    if changed:
        for name, values in {**stats, "state": states}.items():
            place = _SCHEMA.names.index(name)
            table = table.set_column(place, _SCHEMA.field(name), pa.array(values, _SCHEMA.field(name).type))
        _keep(path, table, parts.facts(path) if path.exists() else {})
    ids = table["id"].to_pylist()
    return {ids[number]: state for number, state in enumerate(states) if state}


def _chosen(table: pa.Table, everything: bool) -> list[int]:
    count = table.num_rows
    if everything or count <= AT_ONCE:
        return [*range(count)]
    start = int(time.time()) * AT_ONCE % count
    some = {*((start + step) % count for step in range(AT_ONCE))}
    some.update(pc.indices_nonzero(pc.is_valid(table["state"])).to_pylist())
    return sorted(some)


class _Roots:
    """A source that may be read: its folder, what else is allowed, and the folders found to be inside."""

    def __init__(self, dataset: Dataset, source: Source) -> None:
        self.root = Path(source.root)
        self.allowed = [place for place in source.allowed if home.is_allowed(dataset.folder, place)]
        self.inside: set[str] = set()


def _state(dataset: Dataset, roots: _Roots | None, row: dict[str, object]) -> tuple[str | None, dict[str, int] | None]:
    """What a file is; and size and times of one that was written anew and is what it was."""
    if roots is None:  # not allowed: not looked at
        return None, None
    try:
        same = as_it_was(roots.root, row, roots.allowed, roots.inside)
        state = None if same else "altered"
    except FileNotFoundError:
        state = "missing"
    except (OSError, Unsafe):  # unreadable, or something else stands in its place
        state = "altered"
    if state and blobs.has(dataset, bytes(row["content"])):  # type: ignore[call-overload]
        return None, None
    if state is None:
        with contextlib.suppress(OSError):
            found = (roots.root / paths.local(str(row["path"]))).lstat()
            now = {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "ctime_ns": found.st_ctime_ns}
            if now != {name: row[name] for name in now}:
                return None, now
    return state, None


def _known(
    dataset: Dataset, path: Path, since: int, stamp: str, locked: Callable[[], pa.Array]
) -> tuple[pa.Table, dict[str, _Roots]]:
    """The table of files, made anew when the log has gone on, keeping what was found of files that are still the same."""
    kept, facts = _read(path)
    if kept is not None and (facts.get("since"), facts.get("stamp")) == (since, stamp):
        table, roots = kept, facts.get("sources")
        known = {
            str(name): Source(str(name), str(root), "", {}, tuple(map(str, allowed)))
            for name, root, *allowed in (roots if isinstance(roots, list) else [])
        }
    else:
        with QueryTable(dataset, None, ["path"], locked()) as query:
            rows = query.run("SELECT id, part, row FROM samples WHERE path IS NOT NULL ORDER BY id")
            names = ["source", "path", "content", "size", "mtime_ns", "ctime_ns"]
            more = query.details(rows, names)
            known = dict(query.replay.sources)
        table = pa.table(
            [rows["id"].cast(pa.binary(16)), *(more[name] for name in names), pa.nulls(rows.num_rows, pa.string())],
            schema=_SCHEMA,
        )
        if kept is not None:
            table = _with_states(table, kept)
        listed = [[source.name, source.root, *source.allowed] for source in known.values()]
        _keep(path, table, {"version": _VERSION, "since": since, "stamp": stamp, "sources": listed})
    readable = {name: _Roots(dataset, one) for name, one in known.items() if home.is_allowed(dataset.folder, one.root)}
    return table, readable


def _with_states(table: pa.Table, kept: pa.Table) -> pa.Table:
    """Rows of before where sample, path and content are the same: with what was seen of the file since."""
    before = {(row["id"], row["path"], row["content"]): row for row in kept.to_pylist()}
    rows = [before.get((row["id"], row["path"], row["content"]), row) for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, _SCHEMA)


def _read(path: Path) -> tuple[pa.Table | None, dict[str, object]]:
    try:
        if not path.exists():
            return None, {}
        facts = parts.facts(path)
        if facts.get("version") != _VERSION:
            return None, {}
        return pa.Table.from_batches([*parts.batches(path, _SCHEMA.names, _SCHEMA)], _SCHEMA), facts
    except DamagedDataset:
        return None, {}


def _keep(path: Path, table: pa.Table, facts: dict[str, object]) -> None:
    with contextlib.suppress(OSError, StorageFull):
        parts.write(path, _batches(table), _SCHEMA, facts)


def _batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    yield from table.combine_chunks().to_batches()
