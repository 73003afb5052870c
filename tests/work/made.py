"""Small datasets of texts, made once and copied: a test that needs no decoding costs milliseconds."""

from __future__ import annotations

import atexit
import csv
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import trainset

CLASSES = ("cat", "dog", "bird")


@cache
def twelve() -> Path:
    """A dataset of twelve texts: `text 00` is a cat, 01 a dog, 02 a bird, and so on; 11 has no label; 05 has no score."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    rows: list[Sequence[object]] = [("text", "label", "speaker", "score")]
    for n in range(12):
        rows.append((f"text {n:02}", CLASSES[n % 3] if n < 11 else "", f"s{n % 4}", n * 9 if n != 5 else ""))
    with trainset.init(folder / "set") as dataset:
        dataset.import_(write(folder / "t.csv", rows))
    return folder


def copied(folder: Path) -> trainset.Workbench:
    """A copy of `twelve` in `folder`, opened."""
    shutil.copytree(twelve() / "set", folder / "set")
    return trainset.open(folder / "set")


def write(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    """A CSV of any cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def rows(dataset: trainset.Workbench, at: str | int | None = None) -> dict[str, dict[str, Any]]:
    """All samples, excluded ones too, by their texts (or paths)."""
    found = dataset.look(where="excluded or not excluded", n=10_000, at=at).rows()
    return {row["text"] if row["path"] is None else row["path"]: row for row in found}


def labels(dataset: trainset.Workbench, at: str | int | None = None) -> dict[str, str | None]:
    """The labels by the texts (or paths)."""
    return {name: row["label"] for name, row in rows(dataset, at).items()}


def named(numbers: Iterable[int]) -> str:
    """A filter for these of the twelve."""
    return "text in (" + ", ".join(f"'text {n:02}'" for n in numbers) + ")"


def digest(samples: Iterable[Mapping[str, Any]]) -> str:
    """What a version's digest must be, from nothing but the documented lines."""
    inside = sorted((row for row in samples if not row["excluded"]), key=lambda row: row["id"])
    lines = [
        json.dumps([row["id"], row["content"], row["label"], row["split"]], ensure_ascii=False, separators=(",", ":"))
        for row in inside
    ]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()
