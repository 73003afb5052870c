"""Status: what is in the dataset, how it is spread, what has been computed, and what changed on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainset.errors import TrainsetError
from trainset.model import SPLITS, ClassInfo, Lock, Note, Version
from trainset.store import home, log, parts
from trainset.store.dataset import Dataset
from trainset.store.measured import measure_names
from trainset.store.query import open_table
from trainset.work.locks import Alarm, alarms, unlooked
from trainset.work.on_disk import OnDisk, on_disk


@dataclass(frozen=True)
class Status:
    """A dataset at a glance. `counts[label][split]`: samples that are not excluded; the empty name stands for none. locks: those of the
    position; alarms: what has happened to locked samples by now and nobody acknowledged; alarms_note: what could not be looked at, and why."""

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
    locks: tuple[Lock, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    alarms_note: str = ""

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
            "locks": [
                {name: getattr(one, name) for name in Lock.__slots__} | {"at": one.at.isoformat()} for one in self.locks
            ],
            "alarms": [one.as_dict() for one in self.alarms],
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
    found, note = _alarms(dataset)
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
        on_disk=tuple(on_disk(dataset, replayed)) if disk else (), actions=len(replayed.actions),
        locks=tuple(sorted(replayed.locks.values(), key=lambda one: one.seq)), alarms=found, alarms_note=note,
    )  # fmt: skip


def _alarms(dataset: Dataset) -> tuple[tuple[Alarm, ...], str]:
    try:
        found, waiting = tuple(alarms(dataset)), unlooked(dataset)
    except TrainsetError as error:  # what else there is to know is said all the same
        return (), f"locked test sets cannot be looked at: {error.what}"
    return found, f"{waiting:,} samples of train are not compared with locked test sets yet" if waiting else ""


def _computed(dataset: Dataset) -> dict[str, int]:
    """Rows of each measure on disk, from the parts' metadata alone."""
    rows = dict.fromkeys(measure_names(dataset), 0)
    for path in dataset.place("measures").glob("*.parquet"):
        with parts.open_part(path) as file:
            for name in rows:
                if name in file.schema_arrow.names:
                    rows[name] += file.metadata.num_rows
    return rows
