"""On disk: which files of a source are no longer what was imported."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainset.errors import Unsafe
from trainset.media.limits import Limits
from trainset.model import Source
from trainset.store import home, ids, parts, paths
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay
from trainset.store.schema import SAMPLES

_MOST_FILES = 200_000
_NAMED = 10


@dataclass(frozen=True)
class OnDisk:
    """What became of a source's files since the import: how many were compared, and the first that no longer match."""

    source: str
    compared: int
    missing: int
    changed: int
    names: tuple[str, ...]
    note: str = ""


def on_disk(dataset: Dataset, replayed: Replay) -> list[OnDisk]:
    """What became of the files of each source."""
    latest: dict[str, list[pa.RecordBatch]] = {}
    columns = ["id", "path", "content", "size", "mtime_ns", "ctime_ns"]
    for part in replayed.parts:
        latest.setdefault(part.source, [])
        for batch in parts.batches(dataset.place("samples", part.name), columns, SAMPLES):
            files = batch.filter(pa.compute.is_valid(batch["path"]))
            if files.num_rows:
                latest[part.source].append(files)
    result = []
    for name, batches in latest.items():
        if not batches or name not in replayed.sources:
            continue
        root = replayed.sources[name].root
        if not home.is_allowed(dataset.folder, root):
            note = f"you have not allowed this dataset to read {root}: trainset sources {name!r} --root DIR, if you trust it"
            result.append(OnDisk(name, 0, 0, 0, (), note))
        elif not Path(root).is_dir():
            result.append(OnDisk(name, 0, sum(b.num_rows for b in batches), 0, (), f"{root} is not there"))
        else:
            result.append(_compare(dataset, replayed.sources[name], pa.Table.from_batches(batches)))
    return result


def _compare(dataset: Dataset, source: Source, table: pa.Table) -> OnDisk:
    rows = {
        row["id"]: row for row in table.slice(0, _MOST_FILES).to_pylist()
    }  # of several rows of a sample the last counts
    allowed = [place for place in source.allowed if home.is_allowed(dataset.folder, place)]
    names: list[str] = []
    inside: set[str] = set()
    missing = changed = unsafe = 0
    for row in rows.values():
        try:
            if as_it_was(Path(source.root), row, allowed, inside):
                continue
            changed += 1
        except FileNotFoundError:
            missing += 1
        except OSError:
            changed += 1
        except Unsafe:  # a link out, a device or a folder stands in its place
            changed, unsafe = changed + 1, unsafe + 1
        if len(names) < _NAMED:
            names.append(row["path"])
    notes = [
        f"the first {_MOST_FILES:,} of {table.num_rows:,} files were compared" if table.num_rows > _MOST_FILES else "",
        f"{unsafe:,} paths lead out of the source, or to no regular file: they were not looked at" if unsafe else "",
    ]
    return OnDisk(source.name, len(rows), missing, changed, tuple(names), "; ".join(filter(None, notes)))


def as_it_was(root: Path, row: Mapping[str, Any], allowed: Sequence[str], inside: set[str]) -> bool:
    """Whether a file is what was imported. Looks at nothing outside the root: `inside` are the folders found to be in it.

    Raises `Unsafe`, or `OSError` as `open` does."""
    path = row["path"]
    if not allowed:
        paths.check_relative(path)
    folder = path.rpartition("/")[0] or ("/" if path.startswith("/") else ".")
    if folder not in inside:
        paths.resolve(root, folder, allowed)
        inside.add(folder)
    found = os.lstat(root / paths.local(path))
    if stat.S_ISREG(found.st_mode) and _same(found, row):
        return True
    with paths.open_media(root, path, allowed) as file:
        if _same(os.fstat(file.fileno()), row):
            return True
        return bool(ids.content_hash(file.read(Limits().bytes + 1)) == row["content"])


def _same(found: os.stat_result, row: Mapping[str, Any]) -> bool:
    return bool(
        (found.st_size, found.st_mtime_ns, found.st_ctime_ns) == (row["size"], row["mtime_ns"], row["ctime_ns"])
    )
