"""The parts of classes as a list for `trainset apply`: a sample a row, with the part it is in and the label that is proposed for it."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from trainset.errors import TargetExists
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.work.clusters import Clusters

COLUMNS = ("id", "class", "cluster", "proposal", "label")


def save_clusters(dataset: Dataset, target: str | os.PathLike[str], found: Sequence[Clusters]) -> Path:
    """Writes a CSV of every sample of these classes: `label` is what `apply` makes of it, so edit it first. Raises `TargetExists`."""
    place = Path(target).expanduser().resolve()
    if place.exists() or place.is_symlink():
        raise TargetExists("there is something at this place already", where=str(place), next="choose another name")
    with whole_file(place) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in found:
            for part in one.parts:
                ids = (identifier.hex() for identifier in part.ids.to_pylist())
                writer.writerows([each, one.name, part.number, part.proposal, part.to or one.name] for each in ids)
        text.flush()
        text.detach()
    return place
