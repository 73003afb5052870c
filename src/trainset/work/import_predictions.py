"""Predictions that a model made elsewhere, brought in as a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.recipe import OWN, Recipe, grouping
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.replay import replay
from trainset.store.runs import APART, HELD_OUT, SEEN, Run
from trainset.work import prediction_list
from trainset.work.material import Roster, roster
from trainset.work.own import Told, digest_of, keep, of_classes, placed

SAID = "said"
"""In place of what held-out groups are made of: nobody but the person knows."""
_OTHER_ORDER = 0.5
"""Share of labels that must agree with the dataset's: of rows in another order far fewer do, whoever changed some labels."""


def import_predictions(
    dataset: Dataset, path: str | os.PathLike[str], *, held_out: str = "", name: str = "", version: str | int | None = None,
    labels: str | os.PathLike[str] | None = None, classes: str | Mapping[str, Sequence[str]] = "", groups: str = "auto",
    compare_progress: Callable[[int], None] | None = None,
) -> Run:  # fmt: skip
    """Makes a run of predictions that a model of one's own made elsewhere (.npy, .npz, CSV or Parquet), on a version.

    held_out: `yes`: the model was trained without the samples; `no`: it was trained on all but validation and test, and its predictions
    of the others judge no label; else the column that says in which fold a sample was held out, empty for none. name: of the model, by
    default the file's. labels: a .npy with the label of each row, as name or number: shows rows in another order. classes: as
    in a recipe, in the order of the columns of an array without names. Raises `BadSource`, `BadValue` for a file that is no such thing.
    """
    place = Path(path).expanduser()
    if not held_out:
        raise BadValue(
            "say whether the model had seen these samples", expected="yes (it was trained without them), no, or the column that holds the fold",
            next="--held-out yes: only such predictions judge labels; --held-out no: only validation and test are scored",
        )  # fmt: skip
    grouped = grouping(classes)
    digest = {place.name: digest_of(place)} if place.is_file() else {}
    recipe = Recipe(head=OWN, model=name or place.stem, classes=grouped, groups=groups, folds=0, hashes=digest)
    at = log.position(dataset, version)
    found = roster(dataset, recipe, at, compare_progress)
    known = tuple(dict.fromkeys([*found.classes, *(grouped or replay(dataset, at).classes)]))
    fold = held_out if held_out not in ("yes", "no") else ""
    given = prediction_list.read(place, known, tuple(grouped) or found.classes, len(found.ids), fold)
    rows, remarks = placed(dataset, found, given.names)
    found, table = of_classes(found, given.classes, given.probabilities)
    if labels is not None:
        codes = prediction_list.read_labels(Path(labels).expanduser(), given.classes, len(table))
        remarks += _compared(found, rows, codes, given.classes)
    kept = rows >= 0
    how = _how(
        found,
        rows[kept],
        held_out,
        [one for one, good in zip(given.folds, kept, strict=True) if good] if given.folds else None,
        remarks,
    )
    told = Told(
        rows[kept], table[kept], how, SAID if not fold else f"column {fold}", given.decided, (*given.remarks, *remarks),
    )  # fmt: skip
    return keep(dataset, recipe, found, told)


def _how(
    found: Roster, rows: NDArray[np.int64], held_out: str, folds: Sequence[str] | None, remarks: list[str]
) -> NDArray[np.int64]:
    train = found.train[rows]
    if folds is None:
        return np.where(train, HELD_OUT if held_out == "yes" else SEEN, APART)
    held = np.array([bool(fold) for fold in folds])
    if found.groups is not None and held.any():
        names, inside = np.array(folds)[held & train], found.groups[rows][held & train]
        pairs = np.unique(np.stack([inside, np.unique(names, return_inverse=True)[1].reshape(-1)], axis=1), axis=0)
        parted = int((np.bincount(pairs[:, 0]) > 1).sum()) if len(pairs) else 0
        if parted:
            remarks.append(
                f"{parted:,} groups ({found.by.replace(',', ', ')}) are parted by these folds: models knew the likes of what they predict, so scores "
                "are too good"
            )
    return np.where(held, np.where(train, HELD_OUT, APART), SEEN)


def _compared(found: Roster, rows: NDArray[np.int64], codes: NDArray[np.int64], names: Sequence[str]) -> list[str]:
    """What labels beside the predictions say against those of the dataset. Raises `BadValue` when the rows are in another order."""
    theirs = np.array([found.classes.index(name) for name in names], np.int64)[codes]
    ours = np.where(rows >= 0, found.codes[rows], -1)
    both = ours >= 0
    same = float((theirs[both] == ours[both]).mean()) if both.any() else 1.0
    if same < _OTHER_ORDER:
        raise BadValue(
            "the labels beside these predictions are not those of the dataset: rows are in another order, or of other samples",
            expected=f"most of {int(both.sum()):,} labels to agree", got=f"{same:.0%}", next="give ids: a .npz with `ids`, or a table with a column id",
        )  # fmt: skip
    remarks = []
    if same < 1:
        remarks.append(
            f"{int((theirs[both] != ours[both]).sum()):,} of the labels beside the predictions are others than those of the dataset, which count"
        )
    lacking = [names[code] for code in range(len(names)) if not (codes == code).any()]
    if lacking:
        remarks.append(f"of {', '.join(lacking[:5])} there is no example among the labels beside the predictions")
    return remarks
