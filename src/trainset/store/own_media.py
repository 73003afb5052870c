"""Media that live in the dataset's folder, `media/NAME` and `unpacked/NAME/files`: roots that go wherever the dataset goes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from trainset.model import Source

FOLDER = "media"

UNPACKED = "unpacked"

_OWN = re.compile(rf"{FOLDER}/(?!\.)[^/\\\0]+|{UNPACKED}/(?!\.)[^/\\\0]+/files(/(?!\.{{1,2}}(/|\Z))[^/\0]+)*")


def stored(dataset: Path, root: str) -> str:
    """A source's root as the log keeps it: relative to the dataset when it is a folder of those."""
    relative = os.path.relpath(root, dataset)
    return relative if _OWN.fullmatch(relative) else root


def any_of(dataset: Path, sources: Iterable[Source]) -> bool:
    """Whether one of the sources holds samples that were made from others."""
    return any(stored(dataset, source.root).startswith(f"{FOLDER}/") for source in sources)


def found(dataset: Path, root: str) -> str:
    """The root that the log keeps, where the dataset is now. Any other relative path stays one, and is allowed by nobody."""
    return str(dataset / root) if _OWN.fullmatch(root) else root
