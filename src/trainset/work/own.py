"""A model of one's own: what it says of samples, scored and kept as a run like any other."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import floors
from trainset.learn.calibration import probabilities, reliability, temperature
from trainset.learn.scores import confusion
from trainset.recipe import Recipe
from trainset.store import log, runs
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.runs import APART, HELD_OUT, SEEN, Predictions, Run
from trainset.work import label_list
from trainset.work.material import Roster, summary_of_groups
from trainset.work.scoring import number, packages, scored

_ENOUGH = 50
"""Labelled held-out samples from which on probabilities are calibrated: one number is fitted to them."""
_TINY = 1e-7


@dataclass(frozen=True)
class Told:
    """What a model says of some samples of a roster. rows: their places in it. probabilities: (n, classes) float32, classes as those of the
    roster. how: `HELD_OUT`, `APART` or `SEEN`. by: what was held out together. decided: there are decisions only."""

    rows: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    how: NDArray[np.int64]
    by: str
    decided: bool = False
    remarks: tuple[str, ...] = ()
    history: Sequence[Mapping[str, Any]] = ()


def keep(dataset: Dataset, recipe: Recipe, found: Roster, told: Told) -> Run:
    """Scores what a model of one's own says, calibrates what was held out, and keeps it as a run. Raises `BadValue` without a sample."""
    if not len(told.rows):
        raise BadValue("there is no prediction of a sample of this version", got="0 samples")
    order = np.argsort(told.rows, kind="stable")
    told = dataclasses.replace(
        told, rows=told.rows[order], probabilities=told.probabilities[order], how=told.how[order]
    )
    codes, classes, width = found.codes[told.rows], found.classes, len(found.classes)
    said, warmth, remarks = told.probabilities, None, [*found.remarks, *told.remarks]
    best = said.argmax(axis=1)
    held = (told.how == HELD_OUT) & (codes >= 0)
    if held.sum() >= _ENOUGH and not told.decided:
        scores = np.log(np.maximum(said, _TINY))
        warmth = temperature(scores[held], codes[held])
        said = probabilities(scores, warmth)
        remarks.append(
            f"probabilities are calibrated on the held-out ones (temperature {warmth:.2f}): the order of classes stays"
        )
    held_out = scored(confusion(codes[held], best[held], width), classes)
    sides = {"held_out": held_out, **{name: _apart(found, told, codes, best, name) for name in ("validation", "test")}}
    seen = (told.how == SEEN) & (codes >= 0)
    off = number(reliability(said[held], codes[held]).error) if held.any() else None
    summary = {
        "accuracy": held_out["accuracy"], "in_sample": number((best[seen] == codes[seen]).mean()) if seen.any() else None,
        "reliability": off, "temperature": warmth and number(warmth), "groups": told.by, "rooted": False, "epochs": len(told.history), "penalty": None,
        "floors": _floors(found), "grouped": summary_of_groups(found), "unlabelled": int(np.count_nonzero(found.codes < 0)), **sides,
        **({"history": list(told.history)} if told.history else {}),
    }  # fmt: skip
    if (now := log.head(dataset)) > found.at:
        remarks.append(f"the log has gone on to #{now} since #{found.at}, which this run is of")
    made = {
        "at": found.at, "version": next((v.name for v in reversed(log.read_versions(dataset)) if v.seq == found.at), ""),
        "made": log.now().isoformat(timespec="seconds"), "packages": packages(), "classes": classes, "labels": found.labels,
        "beneath": tuple(found.class_of.tolist()), "scores": summary, "remarks": tuple(remarks),
    }  # fmt: skip
    groups = found.groups if found.groups is not None else np.arange(len(found.codes))
    rows = pa.array(told.rows)
    return runs.write(
        dataset, made, recipe,
        Predictions(
            found.ids.take(rows), found.contents.take(rows), codes, found.beneath[told.rows], found.split.take(rows), told.how,
            groups[told.rows], best, said.max(axis=1), said,
        ),
    )  # fmt: skip


def placed(dataset: Dataset, found: Roster, names: Sequence[str] | None) -> tuple[NDArray[np.int64], list[str]]:
    """(n,) the place in the roster of each named sample, -1 for one that is excluded, and what to say of that. Raises `BadValue` for a
    name that is empty, unknown or there twice."""
    if names is None:
        return np.arange(len(found.ids)), []
    place = _by_hex(found, names)
    if (place < 0).any():
        with open_table(dataset, found.at, columns=["path", "source", "meta"]) as table:
            samples, why = label_list.find(table, names)
        bad = [row for row, problem in enumerate(why) if problem]
        if bad:
            empty = not names[bad[0]]
            raise BadValue(
                "a prediction names no sample" if empty else f"a prediction is of no sample: {why[bad[0]]}",
                where=f"row {bad[0] + 1:,} (the first is 1)" + (f" and {len(bad) - 1:,} more" if len(bad) > 1 else ""),
                expected="an id as trainset prints it, a path, or an id that the metadata has", next="trainset look --json has the ids",
            )  # fmt: skip
        place = _places(found, pa.array(samples, pa.binary(16)))
    there = place[place >= 0]
    if len(np.unique(there)) < len(there):
        first: dict[int, int] = {}
        for row, one in enumerate(place.tolist()):
            if one >= 0 and first.setdefault(one, row) != row:
                raise BadValue(
                    f"the sample {names[row][:80]!r} is predicted twice", where=f"rows {first[one] + 1:,} and {row + 1:,} (the first is 1)",
                    expected="each sample once",
                )  # fmt: skip
    remarks = []
    if gone := int((place < 0).sum()):
        remarks.append(f"{gone:,} predictions are of samples that are excluded, and are left out")
    if lacking := len(found.ids) - len(there):
        remarks.append(f"{lacking:,} of {len(found.ids):,} samples have no prediction")
    return place, remarks


def of_classes(found: Roster, columns: Sequence[str], table: NDArray[np.float32]) -> tuple[Roster, NDArray[np.float32]]:
    """The roster with every class that has a column, and the probabilities in the order of its classes, 0 for one that has no column."""
    classes = tuple(dict.fromkeys([*found.classes, *columns]))
    other = dataclasses.replace(found, classes=classes)
    lacking = [name for name in found.classes if name not in columns]
    if lacking:
        count = int(np.isin(found.codes, [classes.index(name) for name in lacking]).sum())
        names = ", ".join(lacking[:5]) + (" ..." if len(lacking) > 5 else "")
        other = dataclasses.replace(
            other, remarks=(*found.remarks, f"the model does not know {len(lacking)} of the classes ({names}): their {count:,} samples count as mistakes")
        )  # fmt: skip
    if classes == tuple(columns):
        return other, table
    wide = np.zeros((len(table), len(classes)), np.float32)
    wide[:, [classes.index(name) for name in columns]] = table
    return other, wide


def digest_of(path: Path) -> str:
    """The BLAKE2b-128 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _by_hex(found: Roster, names: Sequence[str]) -> NDArray[np.int64]:
    """The places of names that are whole ids, -1 of all others."""
    raw = [bytes.fromhex(name) if len(name) == 32 and not set(name) - _DIGITS else b"" for name in names]
    return _places(found, pa.array([one if len(one) == 16 else None for one in raw], pa.binary(16)))


_DIGITS = set("0123456789abcdef")


def _places(found: Roster, ids: pa.Array) -> NDArray[np.int64]:
    place = pc.index_in(ids, value_set=found.ids)
    places: NDArray[np.int64] = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.where(ids.is_null().to_numpy(zero_copy_only=False), -1, places)


def _apart(
    found: Roster, told: Told, codes: NDArray[np.int64], best: NDArray[np.int64], split: str
) -> dict[str, Any] | None:
    mine = found.of_split(split)[told.rows] & (told.how == APART)
    if not mine.any():
        return None
    shared = int(found.shared[told.rows][mine].sum())
    return {**scored(confusion(codes[mine], best[mine], len(found.classes)), found.classes), "shared": shared}


def _floors(found: Roster) -> dict[str, float | None]:
    """Majority and measures of what is not validation or test; there is no shuffling of labels without training again."""
    codes = found.codes[found.train]
    floor: dict[str, float | None] = {"majority": number(floors.majority(codes)), "shuffled": None, "measures": None}
    measures = found.measures[found.train]
    useful = measures[:, np.isfinite(measures).any(axis=0)]
    if useful.shape[1] and len(np.unique(codes[codes >= 0])) > 1:
        groups = found.groups[found.train] if found.groups is not None else None
        floor["measures"] = number(floors.measures_only(useful, codes, len(found.classes), groups))
    return floor
