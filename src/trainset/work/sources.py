"""Sources: where samples came from, and whether this dataset may read there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from trainset.errors import BadSource, UnknownName
from trainset.model import Entry, EntryKind, Source
from trainset.store import home, log
from trainset.store.dataset import Dataset
from trainset.store.replay import replay
from trainset.work.person import acting


def sources(dataset: Dataset) -> list[Source]:
    """All sources by name."""
    return [source for _, source in sorted(replay(dataset).sources.items())]


def point_source(
    dataset: Dataset, name: str, root: str | os.PathLike[str], *, person: str = "", reason: str = ""
) -> int | None:
    """Says where a source's folder is on this machine, and allows the dataset to read there.

    Returns the action's position, None when it was there already and only had to be allowed. Raises `UnknownName`, `BadSource`.
    """
    known = replay(dataset).sources
    if name not in known:
        raise UnknownName(f"there is no source {name!r}", expected=", ".join(sorted(known)) or "none yet")
    place = Path(root).expanduser()
    if not place.is_dir():
        raise BadSource("there is no folder at this place", where=str(place))
    home.allow_root(dataset.folder, str(place))
    source = known[name]
    if os.path.realpath(source.root) == os.path.realpath(place):
        return None
    value = {
        "root": os.path.realpath(place),
        "format": source.format,
        "settings": dict(source.settings),
        "allowed": list(source.allowed),
    }
    return log.append(
        dataset, "sources", acting(person), reason, [Entry(EntryKind.SOURCE, subject=name, value=json.dumps(value))]
    )
