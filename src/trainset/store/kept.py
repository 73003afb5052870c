"""A query table that stays open for many questions and follows the log, so that no question waits for it to be made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Self, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from trainset.model import EntryKind
from trainset.store import log, runs
from trainset.store.dataset import Dataset
from trainset.store.draw import draw
from trainset.store.filters import PICKED
from trainset.store.ids import in_sql
from trainset.store.measured import measure_names
from trainset.store.query import BASE, PREDICTED, QueryTable
from trainset.store.replay import replay
from trainset.store.tables import actions, entries

T = TypeVar("T")

_OF_SAMPLES = {
    EntryKind.LABEL: "label",
    EntryKind.SPLIT: "split",
    EntryKind.EXCLUDE: "excluded",
    EntryKind.RESTORE: "excluded",
}
_WHOLE = (EntryKind.SOURCE, EntryKind.IMPORT, EntryKind.CLASS_RENAMED, EntryKind.CLASS_MERGED)
"""Entries after which the table is made anew."""
_ORDERS = 24
_REMEMBERED = 64
_PICKS = 60
"""Columns of picks, more than filters may be asked together; the oldest goes first."""


class KeptTable(QueryTable):
    """All columns of all samples as they are now. Use it in a `with`, from any thread: one at a time, each sees the log as it is then.

    Of texts it holds all; of other media none, they are read where they are shown.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._one_at_a_time = threading.RLock()
        self._inside = 0
        self._orders: OrderedDict[Hashable, tuple[int, NDArray[np.int32]]] = OrderedDict()
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._picks: list[str] = []
        self._runs: tuple[str, ...] = ()
        self._measured: tuple[str, ...] = ()
        self.made = 0
        """How often it was made: places of samples count until it is made again."""
        self.dataset = dataset
        self._make()

    def __enter__(self) -> Self:
        self._one_at_a_time.acquire()
        try:
            if not self._inside:
                self._follow()
        except BaseException:
            self._one_at_a_time.release()
            raise
        self._inside += 1
        return self

    def __exit__(self, *exception: object) -> None:
        self._inside -= 1
        self._one_at_a_time.release()

    def end(self) -> None:
        """Frees its memory, for good."""
        with self._one_at_a_time:
            super().close()

    def close(self) -> None:
        """Does nothing: whoever borrowed it gives it back by leaving the `with`."""

    def has(self, columns: Iterable[str]) -> bool:
        """Whether it holds these columns."""
        return self.columns >= set(columns)

    def flag(self, flags: Mapping[str, pa.Array]) -> None:
        """Adds, or sets anew, columns that are true for these ids."""
        with self._one_at_a_time:
            for name, ids in flags.items():
                if name.startswith(PICKED) and name in self.columns:
                    continue  # what a pick holds never changes
                self._drop_old_picks()
                if name not in self.columns:
                    self._connection.execute(f'ALTER TABLE samples ADD COLUMN "{name}" BOOLEAN DEFAULT false')
                    self.columns.add(name)
                    if name.startswith(PICKED):
                        self._picks.append(name)
                self._connection.register("flagged", pa.table({"sample": ids.cast(pa.binary())}))
                self._connection.execute(f'UPDATE samples SET "{name}" = id IN (SELECT sample FROM flagged)')  # noqa: S608  # a check's name
                self._connection.unregister("flagged")

    def _drop_old_picks(self) -> None:
        while len(picks := [name for name in self._picks if name in self.columns]) >= _PICKS:
            self._connection.execute(f'ALTER TABLE samples DROP COLUMN "{picks[0]}"')
            self.columns.discard(picks[0])
        self._picks = picks

    @property
    def state(self) -> tuple[Hashable, ...]:
        """Changes when anything does that it holds, but for flags."""
        return self.replay.at, self._runs, self._measured, self.made

    def remember(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What was computed of this position of the log, these measures and these runs, or computes it."""
        with self._one_at_a_time:
            whole = key, *self.state
            if whole in self._known:
                self._known.move_to_end(whole)
                return self._known[whole]  # type: ignore[no-any-return]
        found = compute()
        with self._one_at_a_time:
            self._known[whole] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def order(
        self,
        where: Sequence[str],
        *,
        sort: str = "",
        seed: int | None = 0,
        only: Sequence[bytes] = (),
        since: int | None = None,
    ) -> tuple[int, NDArray[np.int32]]:
        """Position of the log and (n,) places of the samples for which every filter holds: by `sort`, else drawn by `seed`, else in the
        order of import; with `only`, of these ids, in their order unless `sort` says another. since: an order made at that position is
        given again, if it is still known, so that nothing moves while somebody works through it. Raises `BadFilter`."""
        kind = (tuple(where), sort, seed, tuple(only))
        for at in ([since] if since is not None else []) + [self.replay.at]:
            if (kind, at) in self._orders:
                self._orders.move_to_end((kind, at))
                return self._orders[kind, at]
        condition = self.condition(where)
        if only:
            condition = f"({condition}) AND id IN ({in_sql(only)})"
        if only and not sort:
            found = self.run(f"SELECT rowid AS place, id FROM samples WHERE {condition}")  # noqa: S608  # ids are hex
            rows = pc.index_in(
                pa.array(only, pa.binary(16)), value_set=found["id"].cast(pa.binary(16)).combine_chunks()
            )
            places = found["place"].take(rows.drop_null()).to_numpy()
        elif sort or seed is None:
            found = self.run(
                f"SELECT rowid AS place FROM samples WHERE {condition} ORDER BY {self.order_of(sort)}"  # noqa: S608  # checked by `condition`
            )
            places = found["place"].to_numpy()
        else:
            found = self.run(f"SELECT rowid AS place, id FROM samples WHERE {condition}")  # noqa: S608  # as above
            places = found["place"].to_numpy()[draw(found["id"], found.num_rows, seed).to_numpy()]
        self._orders[kind, self.replay.at] = self.replay.at, places.astype(np.int32)
        while len(self._orders) > _ORDERS:
            self._orders.popitem(last=False)
        return self._orders[kind, self.replay.at]

    def at_places(self, places: NDArray[np.int32], columns: Sequence[str]) -> pa.Table:
        """Columns of the samples at these places, in their order."""
        wanted = ", ".join(f'"{name}"' for name in columns)
        listed = ", ".join(map(str, places.tolist())) or "-1"
        found = self.run(f"SELECT rowid AS place, {wanted} FROM samples WHERE rowid IN ({listed})")  # noqa: S608  # numbers and our names
        rows = pc.index_in(pa.array(places, pa.int64()), value_set=found["place"].combine_chunks())
        return found.take(rows.drop_null()).drop_columns(["place"])

    def place_of(self, identifier: bytes) -> int | None:
        """Where a sample is; None for one that is not there."""
        found = self.run("SELECT rowid AS place FROM samples WHERE id = ?::BLOB", [identifier])
        return int(found["place"][0].as_py()) if found.num_rows else None

    def _make(self) -> None:
        dataset = self.dataset
        self._runs, self._measured = _run_names(dataset), _measure_files(dataset)
        columns = {*BASE, *measure_names(dataset), *(PREDICTED if _some_run(dataset) else ())}
        if dataset.medium != "text":
            columns -= {"text"}
        old = getattr(self, "_connection", None)
        super().__init__(dataset, None, columns)
        if old is not None:
            old.close()
        self.made += 1
        self._orders.clear()

    def _follow(self) -> None:
        """Takes in what the log says since."""
        if _run_names(self.dataset) != self._runs or _measure_files(self.dataset) != self._measured:
            self._make()
            return
        head, here = log.head(self.dataset), self.replay.at
        if head == here:
            return
        with self.dataset.people.read() as connection:
            undone = _undone_since(connection, here, head)
            about = ((entries.c.seq > here) & (entries.c.seq <= head)) | entries.c.seq.in_(undone)
            kinds = {
                EntryKind(kind) for kind in connection.execute(select(entries.c.kind).where(about).distinct()).scalars()
            }
            touched = connection.execute(
                select(entries.c.sample).where(about, entries.c.kind.in_([str(kind) for kind in _OF_SAMPLES])).distinct()
            ).scalars().all()  # fmt: skip
            said = [] if undone else log.read_entries(connection, range(here + 1, head + 1), _OF_SAMPLES)
            told = [(entry.kind, entry.sample, entry.value) for _, entry in said]
        if kinds & {*_WHOLE} or (EntryKind.CLASS_ADDED in kinds and self.replay.renames):
            self._make()
            return
        if undone:
            with QueryTable(self.dataset, head, only=pa.array(touched, pa.binary(16))) as fresh:
                self._set(fresh.select(["id", "label", "split", "excluded"]), ("label", "split", "excluded"))
        for name in ("label", "split", "excluded"):
            last = {sample: (kind, value) for kind, sample, value in told if _OF_SAMPLES[kind] == name}
            if last:
                values = [kind is EntryKind.EXCLUDE if name == "excluded" else value for kind, value in last.values()]
                ids = pa.array(last.keys(), pa.binary())
                self._set(
                    pa.table({"id": ids, name: pa.array(values, pa.bool_() if name == "excluded" else pa.string())}),
                    (name,),
                )
        self.replay = replay(self.dataset, head)  # not to the end: somebody may have gone on meanwhile

    def _set(self, rows: pa.Table, names: Sequence[str]) -> None:
        self._connection.register("said", rows)
        sets = ", ".join(f'"{name}" = said."{name}"' for name in names)
        self._connection.execute(f"UPDATE samples SET {sets} FROM said WHERE samples.id = said.id")  # noqa: S608  # ours
        self._connection.unregister("said")


def _undone_since(connection: Connection, seq: int, until: int) -> set[int]:
    """The actions that were undone, or brought back, after a position."""
    found: set[int] = set()
    since = (actions.c.seq > seq) & (actions.c.seq <= until) & actions.c.undoes.is_not(None)
    new = {*connection.execute(select(actions.c.undoes).where(since)).scalars()}
    while new:
        found |= new
        statement = select(actions.c.undoes).where(actions.c.seq.in_(new), actions.c.undoes.is_not(None))
        new = {*connection.execute(statement).scalars()} - found
    return found


def _run_names(dataset: Dataset) -> tuple[str, ...]:
    folder = dataset.place("predictions")
    return tuple(sorted(path.name for path in folder.glob("*.parquet"))) if folder.is_dir() else ()


def _measure_files(dataset: Dataset) -> tuple[str, ...]:
    folder = dataset.place("measures")
    return tuple(sorted(path.name for path in folder.glob("*.parquet"))) if folder.is_dir() else ()


def _some_run(dataset: Dataset) -> bool:
    return bool(runs.listed(dataset)) if _run_names(dataset) else False
