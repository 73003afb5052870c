"""What a stretch of the log may have changed, and which action changed it: locks look at nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, select

from trainset.model import EntryKind
from trainset.store import log, parts
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay
from trainset.store.schema import SAMPLES
from trainset.store.tables import actions, entries

ID = pa.binary(16)
_AT_ONCE = 500
_MOVES = (EntryKind.SPLIT, EntryKind.EXCLUDE, EntryKind.RESTORE)
FIELDS: dict[str, tuple[EntryKind, ...]] = {
    "label": (EntryKind.LABEL,), "split": (EntryKind.SPLIT,), "excluded": (EntryKind.EXCLUDE, EntryKind.RESTORE), "copy": _MOVES,
    "near": _MOVES,
}  # fmt: skip
"""Kind of an alarm -> the entries that may cause it, besides imports."""


@dataclass
class Touched:
    """labelled: samples with another label, maybe; moved: those that may have entered a split, left it, or are other ones; classes:
    whether classes may have other names; files: whether samples may have other files."""

    labelled: pa.Array
    moved: pa.Array
    classes: bool
    files: bool


def touched(dataset: Dataset, since: int, until: int) -> Touched:
    """What the actions after `since` up to `until` may have changed; an undo changes what the action changed that it undoes."""
    labelled: list[bytes] = []
    moved: list[bytes] = []
    brought: list[str] = []
    classes = files = False
    with dataset.people.read() as connection:
        spans: list[ColumnElement[bool]] = [(entries.c.seq > since) & (entries.c.seq <= until)]
        spans += [entries.c.seq == origin for _, origin in _undos(connection, since)]
        for span in spans:
            for kind, sample, subject in connection.execute(
                select(entries.c.kind, entries.c.sample, entries.c.subject).where(span)
            ):
                if kind == EntryKind.LABEL:
                    labelled.append(sample)
                elif kind in _MOVES:
                    moved.append(sample)
                elif kind == EntryKind.IMPORT:
                    brought.append(subject)
                classes = classes or str(kind).startswith("class")
                files = files or kind in (EntryKind.IMPORT, EntryKind.SOURCE)
    imported = [_ids_of(dataset, name) for name in brought]
    return Touched(pa.array(labelled, ID), pa.concat_arrays([pa.array(moved, ID), *imported]).unique(), classes, files)


@dataclass
class Causes:
    """Tells which action changed a sample after `position`, in the state `now`."""

    dataset: Dataset
    now: Replay
    position: int
    _imports: list[tuple[int, pa.Array]] | None = field(default=None)

    def of(self, kind: str, samples: Sequence[bytes], otherwise: int) -> list[int]:
        """The action that is why each of these samples is as it is: the last entry that stands, else an undo, else an import."""
        standing, undone = self._by_entries(samples, FIELDS.get(kind, ())) if kind in FIELDS else ({}, {})
        found = []
        rest = [one for one in samples if one not in standing and one not in undone]
        by_import = self._by_imports(rest) if rest and kind != "excluded" else {}
        for one in samples:
            found.append(standing.get(one) or undone.get(one) or by_import.get(one) or otherwise)
        return found

    def merged(self, before: str | None, now: str | None) -> int | None:
        """The merge that made one label the other; None when it was none."""
        name, cause = before, None
        for rename in self.now.renames:
            if rename.seq > self.position and rename.old == name:
                name, cause = rename.new, rename.seq if rename.merged else cause
        return cause if name == now else None

    def _by_entries(
        self, samples: Sequence[bytes], kinds: Sequence[EntryKind]
    ) -> tuple[dict[bytes, int], dict[bytes, int]]:
        stands = set(self.now.standing)
        last: dict[bytes, int] = {}
        undone: dict[bytes, int] = {}
        with self.dataset.people.read() as connection:
            undos = {origin: undo for undo, origin in _undos(connection, self.position)}
            for start in range(0, len(samples), _AT_ONCE):
                statement = select(entries.c.sample, entries.c.seq).where(
                    entries.c.sample.in_(samples[start : start + _AT_ONCE]),
                    entries.c.kind.in_([str(kind) for kind in kinds]),
                )
                for sample, seq in connection.execute(statement):
                    if seq in stands:
                        last[sample] = max(last.get(sample, 0), seq)
                    if seq in undos:
                        undone[sample] = max(undone.get(sample, 0), undos[seq])
        return {sample: seq for sample, seq in last.items() if seq > self.position}, undone

    def _by_imports(self, samples: Sequence[bytes]) -> dict[bytes, int]:
        if self._imports is None:
            self._imports = [*self._brought()]
        wanted, found = pa.array(samples, ID), dict[bytes, int]()
        for seq, ids in self._imports:
            found.update(dict.fromkeys(wanted.filter(pc.is_in(wanted, value_set=ids)).to_pylist(), seq))
        return found

    def _brought(self) -> Iterator[tuple[int, pa.Array]]:
        """Imports after the position and undos of imports, in order, each with the samples it is about."""
        about = {part.seq: part.seq for part in self.now.parts if part.seq > self.position}
        with self.dataset.people.read() as connection:
            about.update(_undos(connection, self.position))
            named = {
                cause: connection.execute(
                    select(entries.c.subject).where(
                        entries.c.seq == origin, entries.c.kind == str(EntryKind.IMPORT)
                    )
                ).scalars().all()
                for cause, origin in about.items()
            }  # fmt: skip
        for cause, names in sorted(named.items()):
            for name in names:
                yield cause, _ids_of(self.dataset, name or "")


def union(arrays: Iterable[pa.Array]) -> pa.Array:
    """Ids, each once."""
    return pa.concat_arrays([pa.array([], ID), *arrays]).unique()


def _undos(connection: Connection, since: int) -> list[tuple[int, int]]:
    """Undos after a position, each with the action that it is about in the end."""
    rows = connection.execute(
        select(actions.c.seq).where(actions.c.seq > since, actions.c.undoes.is_not(None)).order_by(actions.c.seq)
    ).scalars()
    return [(seq, log.origin(connection, seq)) for seq in rows.all()]


def _ids_of(dataset: Dataset, name: str) -> pa.Array:
    path = dataset.place("samples", Path(name).name)
    return pa.concat_arrays(
        [pa.array([], ID), *(batch["id"].cast(ID) for batch in parts.batches(path, ["id"], SAMPLES))]
    )
