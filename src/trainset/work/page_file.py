"""The file of a page of ours: it takes the place of an earlier one, and of nothing else."""

from __future__ import annotations

from pathlib import Path

from trainset.errors import TargetExists
from trainset.store.durable import storage_full_is_clear
from trainset.work import page


def check_place(place: Path, begins: str = page.BEGIN) -> None:
    """Raises `TargetExists` when there is something at this place that does not begin as our pages do."""
    if not place.exists():
        return
    begin = b""
    if place.is_file():
        with storage_full_is_clear(place), place.open("rb") as file:
            begin = file.read(len(begins.encode()))
    if begin != begins.encode():
        raise TargetExists(
            "there is something else than an earlier page at this place",
            where=str(place),
            next="name another file, or delete that one",
        )
