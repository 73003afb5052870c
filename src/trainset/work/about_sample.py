"""One sample with all that is known of it: its measures against its class, its history, its notes, what the latest run says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from trainset.errors import UnknownName
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.store.kept import KeptTable
from trainset.store.measured import measures_of
from trainset.work.look import meta_of


@dataclass(frozen=True)
class Measured:
    """A measure of a sample. below: the share (0..1) of the samples of its class whose value is smaller, half of the equal ones counted; of all
    samples when it has no label. usual: the median there. None where it is no number or not measured."""

    name: str
    title: str
    unit: str
    value: int | float | str | bool | None
    below: float | None
    usual: float | None


@dataclass(frozen=True)
class Said:
    """What somebody did with a sample: the action's position, when (ISO 8601), who, the kind of entry, and its value; undone: taken back since."""

    seq: int
    at: str
    person: str
    verb: str
    kind: str
    value: str | None
    subject: str | None
    reason: str
    undone: bool


@dataclass(frozen=True)
class AboutSample:
    """All that is known of one sample. meta: field to value, as text. remarks: what the import noticed. definition: of its class."""

    id: str
    source: str
    path: str | None
    text: str | None
    label: str | None
    source_label: str | None
    split: str | None
    excluded: bool
    contributor: str | None
    content: str
    size: int | None
    remarks: list[str]
    meta: dict[str, str]
    definition: str
    predicted: str | None
    confidence: float | None
    measures: list[Measured]
    history: list[Said]
    twins: int
    """Other samples of the same content."""


def about_sample(dataset: Dataset, table: KeptTable, identifier: bytes) -> AboutSample:
    """All that is known of a sample now. Raises `UnknownName`."""
    place = table.place_of(identifier)
    if place is None:
        raise UnknownName(
            f"there is no sample {ids.shown(identifier)}", expected="the whole id of a sample of this dataset"
        )
    known = [name for name in ("predicted", "confidence", "size") if name in table.columns]
    measures = {name: plugin for name, plugin in measures_of(dataset.medium).items() if name in table.columns}
    asked = ["id", "label", "split", "excluded", "content", "part", "row", *known, *measures]
    listed = ", ".join(f'"{name}"' for name in asked)
    row = table.run(f"SELECT {listed} FROM samples WHERE rowid = {place}")  # noqa: S608  # our names
    now = row.to_pylist()[0]
    details = table.details(row, ["source", "path", "text", "label", "contributor", "meta", "remarks"]).to_pylist()[0]
    twins = table.run("SELECT count(*) - 1 AS n FROM samples WHERE content = ?::BLOB", [now["content"]])["n"][0].as_py()
    classes = table.replay.classes
    return AboutSample(
        id=identifier.hex(), source=details["source"], path=details["path"], text=details["text"], label=now["label"],
        source_label=details["label"], split=now["split"], excluded=bool(now["excluded"]), contributor=details["contributor"],
        content=bytes(now["content"]).hex(), size=now.get("size"), remarks=list(details["remarks"] or []), meta=_fields(details["meta"]),
        definition=classes[now["label"]].definition if now["label"] in classes else "", predicted=now.get("predicted"),
        confidence=now.get("confidence"), measures=_measures(table, measures, now), history=_history(dataset, identifier), twins=int(twins),
    )  # fmt: skip


def _measures(table: KeptTable, measures: dict[str, Any], now: dict[str, Any]) -> list[Measured]:
    numbers = [name for name in measures if isinstance(now[name], (int, float)) and not isinstance(now[name], bool)]
    of_class, parameters = ("label = ?", [now["label"]]) if now["label"] is not None else ("true", [])
    told: dict[str, Any] = {}
    if numbers:
        parts = ", ".join(
            f'(count(*) FILTER ("{n}" < {now[n]!r}) + 0.5 * count(*) FILTER ("{n}" = {now[n]!r})) / nullif(count("{n}"), 0) AS "below_{n}", '
            f'median("{n}")::DOUBLE AS "usual_{n}"'
            for n in numbers
        )
        sql = f"SELECT {parts} FROM samples WHERE NOT excluded AND {of_class}"  # noqa: S608  # our names and numbers
        told = table.run(sql, parameters).to_pylist()[0]
    return [
        Measured(
            name,
            plugin.title,
            plugin.facts.get("unit", ""),
            now[name],
            told.get(f"below_{name}"),
            told.get(f"usual_{name}"),
        )
        for name, plugin in measures.items()
    ]


def _history(dataset: Dataset, identifier: bytes) -> list[Said]:
    with dataset.people.read() as connection:
        found = log.entries_about(connection, identifier)
        actions = {action.seq: action for action in log.read_actions(connection)} if found else {}
    return [
        Said(
            seq, actions[seq].at.isoformat(), actions[seq].person, actions[seq].verb, str(entry.kind), entry.value, entry.subject,
            actions[seq].reason, actions[seq].undone,
        )
        for seq, entry in found
        if seq in actions
    ]  # fmt: skip


def _fields(meta: str | None) -> dict[str, str]:
    found = meta_of(meta)
    if not isinstance(found, dict):
        return {} if found is None else {"meta": str(found)[:10_000]}
    return {
        str(name): value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in found.items()
    }
