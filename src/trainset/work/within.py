"""A run read within a selection: what it says of these samples, and its scores on them alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.store.dataset import Dataset
from trainset.store.runs import Predictions, Run
from trainset.work.scoring import rescored
from trainset.work.selection import Selection, chosen


def within(dataset: Dataset, run: Run, found: Predictions, where: str) -> tuple[Run, Predictions]:
    """The run and its predictions of the samples that a filter holds for now, scored anew on them; all of them without a filter.

    What a run keeps of all its samples and cannot say of some (accuracy in training, floors, how far confidence is off, epochs) is None there.
    Raises `BadFilter`, `BadValue`.
    """
    if not where:
        return run, found
    ids = chosen(dataset, Selection(where=where))["id"].cast(pa.binary(16)).combine_chunks()
    rows = np.flatnonzero(pc.is_in(found.ids, value_set=ids).to_numpy(zero_copy_only=False))
    take = pa.array(rows)
    arrays = {
        field.name: values.take(take) if isinstance(values, pa.Array | pa.ChunkedArray) else values[rows]
        for field in dataclasses.fields(found)
        for values in (getattr(found, field.name),)
    }
    mine = Predictions(**arrays)
    scored = rescored(run, mine)
    scores: dict[str, Any] = dict(scored.scores)
    scores |= {"in_sample": None, "reliability": None, "grouped": [], "floors": dict.fromkeys(scores["floors"])}
    scores.pop("history", None)
    for name in ("validation", "test"):
        if scores[name]:
            scores[name] = {**scores[name], "shared": 0}
    return dataclasses.replace(scored, scores=scores), mine
