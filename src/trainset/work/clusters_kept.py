"""The parts of classes as they were found last, kept in the cache with a pick for each, so that a page can open them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.picks import keep_pick, picks_in
from trainset.work.clusters import Clusters

_FILE = "clusters.json"
_LONGEST = 20_000_000


@dataclass(frozen=True)
class KeptPart:
    """A part of a class. pick: the filter that holds for its samples; the rest as `Cluster` has it."""

    number: int
    samples: int
    pick: str
    traits: tuple[str, ...]
    nearest: str
    proposal: str
    why: str
    to: str


@dataclass(frozen=True)
class KeptClass:
    """A class and its parts."""

    name: str
    samples: int
    proposed: bool
    why: str
    parts: tuple[KeptPart, ...]


@dataclass(frozen=True)
class KeptClusters:
    """What was found at a position, those to be split first."""

    at: int
    embedder: str
    classes: tuple[KeptClass, ...]
    remarks: tuple[str, ...]


def keep_clusters(dataset: Dataset, found: Sequence[Clusters], embedder: str = "") -> KeptClusters:
    """Keeps what `clusters` found, in the place of what was kept; parts of classes that are one get no pick."""
    said = {
        "at": log.head(dataset), "embedder": embedder, "remarks": [*dict.fromkeys(r for one in found for r in one.remarks)],
        "classes": [
            {
                "name": one.name, "samples": one.samples, "proposed": one.proposed, "why": one.why,
                "parts": [
                    {
                        **part.as_dict(), "traits": [trait.says for trait in part.traits], "samples": len(part.ids),
                        "pick": keep_pick(dataset, part.ids).name if one.proposed else "",
                    }
                    for part in one.parts
                ],
            }
            for one in found
        ],
    }  # fmt: skip
    path = dataset.place("cache", _FILE)
    path.parent.mkdir(exist_ok=True)
    with whole_file(path) as file:
        file.write(json.dumps(said, ensure_ascii=True).encode())
    return _told(said)


def kept_clusters(dataset: Dataset) -> KeptClusters | None:
    """What was found last; None when nothing was, or the file is not what it must be."""
    path = dataset.place("cache", _FILE)
    if not path.is_file() or path.stat().st_size > _LONGEST:
        return None
    try:
        return _told(json.loads(path.read_bytes()))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def _told(said: Any) -> KeptClusters:
    classes = tuple(
        KeptClass(
            str(one["name"]), int(one["samples"]), bool(one["proposed"]), str(one["why"]),
            tuple(
                KeptPart(
                    int(part["number"]), int(part["samples"]), [*picks_in(str(part["pick"])), ""][0], tuple(map(str, part["traits"])),
                    str(part["nearest"]), str(part["proposal"]), str(part["why"]), str(part["to"]),
                )
                for part in one["parts"]
            ),
        )
        for one in said["classes"]
    )  # fmt: skip
    return KeptClusters(int(said["at"]), str(said["embedder"]), classes, tuple(map(str, said["remarks"])))
