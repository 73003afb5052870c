"""Samples: a window of an order of them, and one of them with all that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Query
from pydantic import BaseModel

from trainset.errors import BadValue
from trainset.server.desk import AtDesk, Desk
from trainset.server.roles import Guarded, Role, allow
from trainset.store import filters, ids
from trainset.store.filters import FLAGGED, PICKED
from trainset.store.ids import in_sql
from trainset.store.kept import KeptTable
from trainset.work.about_sample import AboutSample, about_sample
from trainset.work.selection import flags_named, spelled_out

router = APIRouter(route_class=Guarded, tags=["samples"])

MOST = 500
"""Samples of one answer."""
_SHOWN = ("id", "label", "split", "excluded", "content", "path")

Where = Annotated[
    list[str], Query(description="Filters that must all hold, as `trainset look --where` takes them.", max_length=50)
]
Picked = Annotated[str, Query(description="Ids with commas between them: only these.")]


class Sample(BaseModel):
    """A sample as a grid shows it. name: its file's, or the beginning of its text. sorted_by: its value of the order's column."""

    id: str
    label: str | None
    split: str | None
    excluded: bool
    name: str
    predicted: str | None
    confidence: float | None
    sorted_by: int | float | str | bool | None


class Window(BaseModel):
    """Some samples of an order. total: how many it has. at: position of the log that the samples are shown at; order: the one that
    the order was made at: give it again as `order`, and nothing moves while labels change. first: the place of the first one."""

    total: int
    at: int
    order: int
    first: int
    samples: list[Sample]


@router.get("/api/samples")
@allow(Role.REVIEWER)
def window(
    desk: AtDesk,
    where: Where = [],  # noqa: B006  # FastAPI copies it
    sort: Annotated[
        str, Query(description="A column, `-column` for the largest first; empty: a draw by `seed`.", max_length=500)
    ] = "",
    seed: Annotated[int, Query(ge=-1, le=2**31, description="Of the draw; -1: the order of import.")] = 0,
    picked: Picked = "",
    first: Annotated[int, Query(ge=0, le=2**31)] = 0,
    count: Annotated[int, Query(ge=0, le=MOST)] = 60,
    order: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Window:
    """A window of the samples that a selection holds, in an order that is the same for everyone who asks with the same words."""
    with desk.table() as table:
        conditions = selected(desk, table, where, sort, picked)
        at, places = table.order(
            conditions, sort=sort, seed=None if seed < 0 else seed, only=ids_of(picked), since=order
        )
        more = [name for name in ("predicted", "confidence", "text") if name in table.columns]
        key = sort.lstrip("-")
        keyed = [key] if key and key in table.columns and key not in (*_SHOWN, *more) else []
        rows = table.at_places(places[first : first + count], [*_SHOWN, *more, *keyed])
        position = table.replay.at
    return Window(
        total=len(places), at=position, order=at, first=first, samples=[_sample(row, key) for row in rows.to_pylist()]
    )


class Finding(BaseModel):
    """What a check says of a sample. severity: 0..1, 1 is worst."""

    check: str
    title: str
    severity: float
    because: str


class Neighbour(BaseModel):
    """A sample near to another. distance: 0 (same direction) to 2. differs: in what else it differs. same: whether its label is the same."""

    id: str
    name: str
    label: str | None
    distance: float
    differs: list[str]
    same: bool


class Near(BaseModel):
    """The samples nearest to one. of: how many were compared; agree: the share of neighbours with its label."""

    neighbours: list[Neighbour]
    embedder: str
    of: int
    agree: float | None


@router.get("/api/samples/{sample}/findings")
@allow(Role.REVIEWER)
def findings(desk: AtDesk, sample: str) -> list[Finding]:
    """What the checks that have run say of one sample, worst first."""
    wanted = identifier(sample)
    found = []
    for result in desk.findings.look().results.values():
        place = (
            pc.index(result.ids.cast(pa.binary(16)), pa.scalar(wanted, pa.binary(16))).as_py() if result.flagged else -1
        )
        if place >= 0:
            found.append(
                Finding(
                    check=result.check,
                    title=result.title,
                    severity=result.severity[place],
                    because=result.because[place],
                )
            )
    return sorted(found, key=lambda one: -one.severity)


@router.get("/api/samples/{sample}/neighbours")
@allow(Role.REVIEWER)
def neighbours(desk: AtDesk, sample: str, n: Annotated[int, Query(ge=1, le=100)] = 12) -> Near:
    """The samples nearest to one by the angle between embeddings. Answers 400 when there are none: `trainset embed` makes them."""
    found = desk.dataset.neighbours(identifier(sample).hex(), n=n)
    return Near(
        neighbours=[
            Neighbour(
                id=row["id"], name=str(row["text"] or row["path"] or "").rsplit("/", 1)[-1][:600], label=row["label"], distance=row["distance"],
                differs=row["differs"], same=row["label"] == found.sample["label"],
            )
            for row in found.rows()
        ],
        embedder=found.embedder, of=found.of, agree=found.agree,
    )  # fmt: skip


@router.get("/api/samples/{sample}")
@allow(Role.REVIEWER)
def one(desk: AtDesk, sample: str) -> AboutSample:
    """One sample with its measures against its class, its history, notes, and what the latest run says of it."""
    with desk.table() as table:
        return about_sample(desk.dataset, table, identifier(sample))


def samples_of(table: KeptTable, wanted: list[bytes]) -> list[Sample]:
    """These samples in their order, as they are now; those that are gone left out."""
    if not wanted:
        return []
    more = [name for name in ("predicted", "confidence", "text") if name in table.columns]
    rows = table.at_places(table.order((), only=wanted)[1], [*_SHOWN, *more])
    return [_sample(row, "") for row in rows.to_pylist()]


def selected(desk: Desk, table: KeptTable, where: list[str], sort: str = "", picked: str = "") -> tuple[str, ...]:
    """The filters of a selection, whose checks have been run and whose picks are there. Excluded samples are left out unless a filter speaks of them."""
    texts = [spelled_out(desk.dataset, text, table.replay) for text in where if text.strip()]
    if any(start in "".join([*texts, sort]).lower() for start in (FLAGGED, PICKED)):
        table.flag(flags_named(desk.dataset, [*texts, *([sort.lstrip("-")] if sort else [])]))
    spoken = any("excluded" in filters.parse(text, table.columns).columns for text in texts)
    return tuple(texts) if picked or spoken else (*texts, "not excluded")


def samples_by_id(table: KeptTable, wanted: Sequence[bytes]) -> dict[bytes, Sample]:
    """These samples as they are now, by id; those that are not there are left out."""
    more = [name for name in ("predicted", "confidence", "text") if name in table.columns]
    names = ", ".join(f'"{name}"' for name in [*_SHOWN, *more])
    rows = table.run(f"SELECT {names} FROM samples WHERE id IN ({in_sql(wanted)})")  # noqa: S608  # bytes, and names of ours
    return {bytes(row["id"]): _sample(row, "") for row in rows.to_pylist()}


def ids_within(desk: Desk, where: list[str], picked: str = "") -> pa.Array | None:
    """The ids of the samples of a selection, 16 bytes each; None for all."""
    text = words_of(where, picked)
    if not text:
        return None
    with desk.table() as table:
        conditions = selected(desk, table, [text])

        def compute() -> pa.Array:
            return table.select(["id"], conditions)["id"].cast(pa.binary(16)).combine_chunks()

        return table.remember(("within", conditions), compute)


def words_of(where: list[str], picked: str = "") -> str:
    """A selection as one filter; empty for all samples. Raises `BadValue`."""
    texts = [f"({text})" for text in where if text.strip()]
    if picked:
        texts.append("id in (" + ", ".join(f"'{one.hex()}'" for one in ids_of(picked)) + ")")
    return " and ".join(texts)


def ids_of(picked: str) -> tuple[bytes, ...]:
    """The ids of a list with commas. Raises `BadValue`."""
    return tuple(identifier(one) for one in picked.split(",") if one)


def identifier(text: str) -> bytes:
    """The 16 bytes of an id written whole. Raises `BadValue`."""
    if len(text) != 32:
        raise BadValue("this is no whole id", expected="32 hex digits", got=repr(text[:40]))
    return bytes.fromhex(ids.parse_prefix(text))


def _sample(row: dict[str, Any], key: str) -> Sample:
    text = row.get("text")
    name = str(row["path"] or "").rsplit("/", 1)[-1] if not text else str(text)[:600]
    return Sample(
        id=bytes(row["id"]).hex(), label=row["label"], split=row["split"], excluded=bool(row["excluded"]), name=name,
        predicted=row.get("predicted"), confidence=row.get("confidence"), sorted_by=_plain(row.get(key)) if key else None,
    )  # fmt: skip


def _plain(value: Any) -> int | float | str | bool | None:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)
