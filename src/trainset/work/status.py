"""Status: what is in the dataset, how it is spread, what has been computed, and what changed on disk."""

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
from trainset.model import SPLITS, ClassInfo, Note, Source, Version
from trainset.store import home, ids, log, parts, paths
from trainset.store.dataset import Dataset
from trainset.store.measured import measure_names
from trainset.store.query import open_table
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


@dataclass(frozen=True)
class Status:
    """A dataset at a glance. `counts[label][split]`: samples that are not excluded; the empty name stands for none."""

    folder: str
    medium: str
    at: int
    version: str
    samples: int
    excluded: int
    unlabelled: int
    counts: Mapping[str, Mapping[str, int]]
    classes: tuple[ClassInfo, ...]
    imbalance: float | None
    sources: tuple[Mapping[str, Any], ...]
    versions: tuple[Version, ...]
    notes: tuple[Note, ...]
    computed: Mapping[str, int]
    on_disk: tuple[OnDisk, ...]
    actions: int

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have samples, in the usual order; the empty name last."""
        found = {split for row in self.counts.values() for split in row}
        return tuple(split for split in (*SPLITS, "") if split in found)

    def _repr_html_(self) -> str:
        from trainset.work.show import status_html

        return status_html(self)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **vars(self),
            "classes": [{name: getattr(c, name) for name in ClassInfo.__slots__} for c in self.classes],
            "versions": [
                {name: getattr(v, name) for name in Version.__slots__} | {"at": v.at.isoformat()} for v in self.versions
            ],
            "notes": [
                {name: getattr(n, name) for name in Note.__slots__} | {"at": n.at.isoformat()} for n in self.notes
            ],
            "on_disk": [vars(found) for found in self.on_disk],
            "sources": list(self.sources),
        }


def status(dataset: Dataset, at: str | int | None = None, *, disk: bool = True) -> Status:
    """Counts, classes, versions, notes, what was computed; with `disk` also which files no longer are what they were."""
    position = log.position(dataset, at)
    with open_table(dataset, position, columns=["source"]) as table:
        replayed = table.replay
        rows = table.run("SELECT label, split, excluded, count(*) AS n FROM samples GROUP BY ALL").to_pylist()
        per_source = {
            r["source"]: r["n"]
            for r in table.run("SELECT source, count(*) AS n FROM samples GROUP BY source").to_pylist()
        }
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        if not row["excluded"]:
            splits = counts.setdefault(row["label"] or "", {})
            splits[row["split"] or ""] = splits.get(row["split"] or "", 0) + row["n"]
    totals = {label: sum(splits.values()) for label, splits in counts.items()}
    labelled = [n for label, n in totals.items() if label]
    every = {**{name: ClassInfo(name) for name in totals if name}, **replayed.classes}
    known = log.read_versions(dataset)
    return Status(
        folder=str(dataset.folder), medium=dataset.medium, at=position,
        version=next((v.name for v in reversed(known) if v.seq == position), ""),
        samples=sum(totals.values()), excluded=sum(row["n"] for row in rows if row["excluded"]), unlabelled=totals.get("", 0),
        counts={label: counts[label] for label in sorted(counts, key=lambda label: (-totals[label], label))},
        classes=tuple(ClassInfo(c.name, c.definition, c.good, c.borderline, totals.get(n, 0)) for n, c in sorted(every.items())),
        imbalance=max(labelled) / min(labelled) if len(labelled) > 1 else None,
        sources=tuple(
            {
                "name": s.name, "root": s.root, "format": s.read_as or s.format, "samples": per_source.get(s.name, 0),
                "allowed": home.is_allowed(dataset.folder, s.root),
            }
            for s in replayed.sources.values()
        ),
        versions=tuple(v for v in known if v.seq <= position), notes=tuple(replayed.notes), computed=_computed(dataset),
        on_disk=tuple(_on_disk(dataset, replayed)) if disk else (), actions=len(replayed.actions),
    )  # fmt: skip


def _computed(dataset: Dataset) -> dict[str, int]:
    """Rows of each measure on disk, from the parts' metadata alone."""
    rows = dict.fromkeys(measure_names(dataset), 0)
    for path in dataset.place("measures").glob("*.parquet"):
        with parts.open_part(path) as file:
            for name in rows:
                if name in file.schema_arrow.names:
                    rows[name] += file.metadata.num_rows
    return rows


def _on_disk(dataset: Dataset, replayed: Replay) -> list[OnDisk]:
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
