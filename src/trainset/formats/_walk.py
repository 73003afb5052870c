"""Walking a source folder: every entry is either handed on as a candidate or has an outcome."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from trainset.contracts import Outcomes
from trainset.model import Outcome
from trainset.store import paths

SYSTEM = {
    ".ds_store",
    "thumbs.db",
    "desktop.ini",
    ".directory",
    "icon\r",
    ".gitignore",
    ".gitattributes",
    ".gitkeep",
    ".localized",
}
SYSTEM_FOLDERS = {
    "__macosx",
    ".git",
    ".ipynb_checkpoints",
    "@eadir",
    ".trash",
    "$recycle.bin",
    "system volume information",
}


_CARDS = ("data_card.html", "data_card.md")
_USUAL = (b".jpg", b".jpeg", b".png", b".wav", b".flac", b".mp3")


def plain_files(root: Path) -> Iterator[str]:
    """The paths of the regular files below `root`, folder by folder in the order of their names: no links, and nothing that cannot be
    listed. For a first look; `walk` says what becomes of the rest."""
    waiting = [os.fspath(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            continue
        yield from (entry.path for entry in entries if entry.is_file(follow_symlinks=False))
        waiting += [entry.path for entry in reversed(entries) if entry.is_dir(follow_symlinks=False)]


def walk(root: Path, outcomes: Outcomes) -> Iterator[str]:
    """The files below `root` as encoded paths relative to it, sorted by their bytes, so that two walks are the same.

    Links are handed on (they are tested when they are opened); links to folders, system files and other datasets are
    reported and left out.
    """
    top = os.fsencode(root)
    waiting = [_entries(top, b"", outcomes)]  # a stack of our own: folders may be nested deeper than calls can be
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
        elif isinstance(entry, bytes):
            waiting.append(_entries(top, entry, outcomes))
        else:
            yield entry


def _entries(root: bytes, prefix: bytes, outcomes: Outcomes) -> Iterator[str | bytes]:
    """What is in one folder, in order: files as encoded paths, folders to walk as the bytes of their paths."""
    place = os.path.join(root, prefix) if prefix else root  # noqa: PTH118  # bytes: names as they are on disk
    try:
        with os.scandir(place) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        outcomes.file(
            paths.encode(prefix or b"."), Outcome.UNREADABLE, f"the folder cannot be opened: {error.strerror}"
        )
        return
    before = prefix + b"/" if prefix else b""
    for entry in entries:
        relative = before + entry.name
        shown = paths.encode(relative)
        if entry.name.endswith(_USUAL) and not entry.name.startswith(b"._") and entry.is_file(follow_symlinks=False):
            yield shown  # nearly all of them: the tests below are for the others
            continue
        name = paths.encode(entry.name).lower()
        if entry.is_dir(follow_symlinks=False):
            if name in SYSTEM_FOLDERS:
                outcomes.file(shown, Outcome.IGNORED, "a system folder")
            elif name.startswith("."):
                outcomes.file(shown, Outcome.IGNORED, "a hidden folder: import it by itself if it holds samples")
            elif os.path.isfile(os.path.join(entry.path, b"trainset.toml")):  # noqa: PTH113, PTH118  # bytes
                outcomes.file(shown, Outcome.IGNORED, "a dataset of trainset")
            else:
                yield relative
        elif entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112  # bytes
            outcomes.file(shown, Outcome.UNSAFE, "a link to a folder is not followed: import that folder by itself")
        elif name in SYSTEM or name.startswith("._"):
            outcomes.file(shown, Outcome.IGNORED, "a system file")
        elif name in _CARDS and not prefix and entry.is_file(follow_symlinks=False) and _is_card(entry.path):
            outcomes.file(shown, Outcome.IGNORED, "the data card of an export")
        else:
            yield shown


def _is_card(path: bytes) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # bytes
            return b"<!-- made by trainset" in file.read(100)
    except OSError:  # handed on: who opens it says what is the matter
        return False
