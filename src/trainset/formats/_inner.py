"""Where the samples of an unpacked archive lie: many archives hold one folder that holds everything."""

from __future__ import annotations

import os
from pathlib import Path

from trainset.contracts import Outcomes
from trainset.formats._lists import SUFFIXES
from trainset.formats._walk import SYSTEM, SYSTEM_FOLDERS
from trainset.model import SPLIT_SPELLINGS, Outcome
from trainset.store import paths


def folder(target: Path, stem: str, outcomes: Outcomes) -> str:
    """The folder below `target` to read, as an encoded path; empty: `target` itself.

    One top folder by itself is entered when it is called as the archive, or holds folders or a list. A folder with nothing but
    files in it is a class, and one that is named like a split is one. System files beside it are reported here.
    """
    at, place = "", target
    while (only := _only_folder(place)) is not None:
        name = paths.from_local(only)
        inside = list(os.scandir(place / only))
        holds = any(_counts(entry) and (entry.is_dir(follow_symlinks=False) or _is_list(entry)) for entry in inside)
        if name.lower() in SPLIT_SPELLINGS or not (holds or name.lower() == stem.lower()):
            break
        for entry in os.scandir(place):
            if entry.name != only:
                beside = paths.from_local(entry.name)
                what = "a system folder" if entry.is_dir(follow_symlinks=False) else "a system file"
                outcomes.file(f"{at}/{beside}" if at else beside, Outcome.IGNORED, what)
        at, place = f"{at}/{name}" if at else name, place / only
    return at


def _only_folder(place: Path) -> str | None:
    entries = [entry for entry in os.scandir(place) if _counts(entry)]
    return entries[0].name if len(entries) == 1 and entries[0].is_dir(follow_symlinks=False) else None


def _counts(entry: os.DirEntry[str]) -> bool:
    name = paths.from_local(entry.name).lower()
    if entry.is_dir(follow_symlinks=False):
        return name not in SYSTEM_FOLDERS and not name.startswith(".")
    return name not in SYSTEM and not name.startswith("._")


def _is_list(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(SUFFIXES)
