"""Comparisons of versions that were made: their table, kept so that a data card can show it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainset.errors import DamagedDataset
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file

_NAME = re.compile(r"c(\d{4,})\.json")
_LARGEST = 2**20


@dataclass(frozen=True)
class Row:
    """A version with a recipe. at: its position; hash, seed: of the recipe; trained_on: samples."""

    version: str
    at: int
    recipe: str
    hash: str
    seed: int
    trained_on: int


@dataclass(frozen=True)
class ByTestSet:
    """A test set."""

    name: str
    at: int
    samples: int


@dataclass(frozen=True)
class Cell:
    """What `rows[row]` reached on `columns[column]`: accuracy with its interval at 95 %, 0 to 1."""

    row: int
    column: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Changed:
    """What `rows[before]` had right and `rows[after]` has wrong on `columns[column]`, and the reverse: how many samples, and the picks that hold them
    (see `store/picks.py`; empty for none)."""

    before: int
    after: int
    column: int
    lost: int
    gained: int
    lost_pick: str
    gained_pick: str


@dataclass(frozen=True)
class Kept:
    """A comparison. made: time in ISO 8601; draws: how often each side was trained again; sentences: what may be concluded, and what not. changed:
    what is wrong now and was right, side by side."""

    made: str
    draws: int
    rows: tuple[Row, ...]
    columns: tuple[ByTestSet, ...]
    cells: tuple[Cell, ...]
    sentences: tuple[str, ...]
    changed: tuple[Changed, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def keep(dataset: Dataset, made: Kept) -> None:
    """Keeps a comparison, under the next number; it appears when it is complete."""
    with dataset.one_at_a_time("comparisons"):
        number = max((number for number, _ in _files(dataset)), default=0) + 1
        place = dataset.place("comparisons", f"c{number:04}.json")
        place.parent.mkdir(exist_ok=True)
        with whole_file(place) as file:
            file.write(json.dumps(made.as_dict(), ensure_ascii=False).encode())


def latest(dataset: Dataset, at: int) -> Kept | None:
    """The last comparison in which the version at this position took part. Raises `DamagedDataset` for one that is not what it must be."""
    for _, path in reversed(_files(dataset)):
        found = _read(path)
        if any(row.at == at for row in found.rows):
            return found
    return None


def listed(dataset: Dataset, most: int = 20) -> list[tuple[int, Kept]]:
    """The last comparisons with their numbers, the newest first. Raises `DamagedDataset`."""
    return [(number, _read(path)) for number, path in _files(dataset)[: -most - 1 : -1]]


def _files(dataset: Dataset) -> list[tuple[int, Path]]:
    folder = dataset.place("comparisons")
    named = ((_NAME.fullmatch(path.name), path) for path in folder.glob("c*.json"))
    return sorted((int(match[1]), dataset.place("comparisons", path.name)) for match, path in named if match)


def _read(path: Path) -> Kept:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        facts = json.loads(path.read_bytes())
        found = Kept(
            _text(facts["made"]), _whole(facts["draws"]), tuple(_made(Row, one) for one in facts["rows"]),
            tuple(_made(ByTestSet, one) for one in facts["columns"]), tuple(_made(Cell, one) for one in facts["cells"]),
            tuple(map(_text, facts["sentences"])), tuple(_made(Changed, one) for one in facts.get("changed", ())),
        )  # fmt: skip
        if any(one.row >= len(found.rows) or one.column >= len(found.columns) for one in found.cells):
            raise ValueError("a cell stands outside its table")
        if any(
            max(one.before, one.after) >= len(found.rows) or one.column >= len(found.columns) for one in found.changed
        ):
            raise ValueError("a change stands outside its table")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedDataset(
            "a comparison that was kept cannot be read", where=str(path), got=repr(error)[:200], next="delete the file; trainset compare makes another"
        ) from None  # fmt: skip
    return found


def _made(kind: type[Any], facts: Mapping[str, Any]) -> Any:
    checks = {"int": _whole, "float": _share, "str": _text}
    return kind(**{name: checks[str(of)](facts[name]) for name, of in kind.__annotations__.items()})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise TypeError(f"{value!r} is no share")
    return float(value)
