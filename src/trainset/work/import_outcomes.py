"""The outcomes of imports, later on: how many of each, and the files and rows behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import UnknownName
from trainset.model import EntryKind
from trainset.store import log, parts
from trainset.store.dataset import Dataset
from trainset.store.outcomes import SCHEMA as OUTCOMES

_NAME = 15  # characters of an import's name that say when it was


@dataclass(frozen=True)
class Imported:
    """One import. name: of its part. files, rows: outcome -> how many. action: its position in the log (None: it brought nothing new), and
    whether that was undone."""

    name: str
    source: str
    at: datetime
    files: Mapping[str, int]
    rows: Mapping[str, int]
    action: int | None
    undone: bool


def imports(dataset: Dataset) -> list[Imported]:
    """Every import whose outcomes are kept, the latest first. Raises `DamagedDataset`."""
    with dataset.people.read() as connection:
        actions = {action.seq: action for action in log.read_actions(connection)}
        logged = {
            (entry.subject or "").rpartition("-")[0]: seq
            for seq, entry in log.read_entries(connection, [*actions], [EntryKind.IMPORT])
        }
    found = []
    for name in _names(dataset):
        path = dataset.place("outcomes", f"{name}.parquet")
        facts = parts.facts(path)
        counts: dict[str, Counter[str]] = {"file": Counter(), "row": Counter()}
        for batch in parts.batches(path, ["kind", "outcome"], OUTCOMES):
            for kind, counter in counts.items():
                for pair in batch.filter(pc.equal(batch["kind"], kind))["outcome"].value_counts().to_pylist():
                    counter[pair["values"]] += pair["counts"]
        seq = logged.get(name)
        found.append(
            Imported(
                name, str(facts.get("source") or ""), _when(facts.get("at_ns"), name), counts["file"], counts["row"], seq,
                seq is not None and actions[seq].undone,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.at, one.name), reverse=True)


def import_outcomes(
    dataset: Dataset, name: str, *, kind: str = "", outcome: str = "", first: int = 0, count: int = 100
) -> pa.Table:
    """Some of the files and rows of one import, in the columns of `store.outcomes.SCHEMA`: of a kind (file or row) and of an outcome, where
    these are said. Raises `UnknownName`, `DamagedDataset`."""
    if name not in (known := _names(dataset)):
        raise UnknownName(f"there is no import {name[:80]!r}", expected=", ".join(known[-5:]) or "none yet")
    found: list[pa.RecordBatch] = []
    skip, wanted = first, count
    for batch in parts.batches(dataset.place("outcomes", f"{name}.parquet"), OUTCOMES.names, OUTCOMES):
        for column, value in (("kind", kind), ("outcome", outcome)):
            if value:
                batch = batch.filter(pc.equal(batch[column], value))
        piece = batch.slice(min(skip, batch.num_rows), wanted)
        skip -= min(skip, batch.num_rows)
        wanted -= piece.num_rows
        found.append(piece)
        if not wanted:
            break
    return pa.Table.from_batches(found, OUTCOMES)


def _names(dataset: Dataset) -> list[str]:
    folder = dataset.place("outcomes")
    return sorted(path.stem for path in folder.glob("*.parquet") if not path.name.startswith("."))


def _when(ns: object, name: str) -> datetime:
    if isinstance(ns, int):
        return datetime.fromtimestamp(ns / 1e9, UTC)
    try:
        return datetime.strptime(name[:_NAME], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
