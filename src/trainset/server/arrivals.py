"""Arrivals: some of the samples of an import while it runs, so that whoever watches sees what comes. A cache, gone when the import has ended."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from trainset.errors import Unsafe
from trainset.media.preview import may_be_thumbnail

MOST = 600
"""Samples that are shown of one import: more than anybody looks at while waiting."""
_A_SECOND = 40
_LONGEST = 300  # characters of a text or a path
_SMALL = 6_000  # bytes of a picture that is its own thumbnail: no other one is kept of it
_LARGEST = MOST * (3 * _LONGEST * 6 + 2 * _SMALL)  # bytes of the file: each sign of a text may be written out


@dataclass(frozen=True)
class Arrival:
    """A sample that was decoded and is not in the log yet. name: its path, or the beginning of its text; content: hash of its bytes; thumb: a small
    JPEG that is shown as it is, or nothing."""

    name: str
    label: str | None
    split: str | None
    content: bytes
    thumb: bytes = b""


class Arrivals:
    """Writes down some of the samples that an import hands on, a few each second, spread over what came."""

    def __init__(self, path: Path) -> None:
        self._path, self._written = path, 0
        self._since, self._left = 0.0, 0

    def __call__(self, samples: pa.RecordBatch, opened: Callable[[str], BinaryIO]) -> None:
        if time.monotonic() - self._since >= 1.0:
            self._since, self._left = time.monotonic(), _A_SECOND
        count = min(samples.num_rows, self._left, MOST - self._written)
        if count <= 0:
            return
        rows = [place * samples.num_rows // count for place in range(count)]
        some = samples.select(["path", "text", "label", "split", "content"]).take(pa.array(rows, pa.int64()))
        with self._path.open("a", encoding="utf-8") as file:
            for row in some.to_pylist():
                name = (row["text"] if row["path"] is None else row["path"]) or ""
                line = {
                    "name": name[:_LONGEST], "label": (row["label"] or "")[:_LONGEST] or None, "split": row["split"],
                    "content": row["content"].hex(), "thumb": "" if row["path"] is None else _thumb(row["path"], opened),
                }  # fmt: skip
                file.write(json.dumps(line) + "\n")
        self._written += count
        self._left -= count


def read_arrivals(path: Path) -> list[Arrival]:
    """What has come so far; nothing of a file that is damaged, or somebody else's."""
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST:
            return []
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in lines[:MOST]:
        try:
            facts: dict[str, Any] = json.loads(line)
            name, label, split = (facts[key] and str(facts[key]) for key in ("name", "label", "split"))
            thumb = base64.b64decode(facts["thumb"])
            known = Arrival(name, label, split, bytes.fromhex(facts["content"]))
            found.append(replace(known, thumb=thumb) if thumb and may_be_thumbnail(thumb) else known)
        except (ValueError, KeyError, TypeError):
            continue  # the last line may be half written
    return found


def _thumb(path: str, opened: Callable[[str], BinaryIO]) -> str:
    """In base 64, the file itself where it is so small that no thumbnail is made of it."""
    if path.lower().endswith((".jpg", ".jpeg")):
        with suppress(OSError, Unsafe), opened(path) as file:
            data = file.read(_SMALL + 1)
            if len(data) <= _SMALL and may_be_thumbnail(data):
                return base64.b64encode(data).decode()
    return ""
