"""What checks ask of models: what the latest run says of samples, and their embeddings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset import registry
from trainset.contracts import Said
from trainset.errors import TrainsetError, UnknownName
from trainset.recipe import seen
from trainset.store import runs
from trainset.store.dataset import Dataset
from trainset.work.embed import embeddings
from trainset.work.embedders import LAYER
from trainset.work.vectors import Embeddings

_CHANGED = 0.25
"""Share of labels that may be others than in the run; of more, it has learnt another question than the one asked."""


def said(dataset: Dataset, at: int, ids: pa.Array, label: pa.Array) -> Said:
    """What the latest run up to position `at` says of samples, given the id (16 bytes) and the present label of each.

    Raises `LookupError` with the reason when there is no run, or one of too many other labels. A label given since that run is judged by it
    all the same: the head was trained without the sample.
    """
    try:
        run = runs.named(dataset, at=at)
    except UnknownName:
        raise LookupError("there is no run yet: trainset train") from None
    if seen(run.recipe):
        raise LookupError(f"the run {run.run} is on a layer of a model that had seen these labels, so it judges none")
    found = runs.predictions(dataset, run)
    place = pc.index_in(ids.cast(pa.binary(16)), value_set=found.ids.cast(pa.binary(16)))
    rows = place.fill_null(-1).to_numpy(zero_copy_only=False)
    if len(found):  # a model that saw a label says nothing of it
        rows = np.where(found.how[rows] == runs.SEEN, -1, rows)
    if not (rows >= 0).any() and (found.how == runs.SEEN).any():
        raise LookupError(f"the model of run {run.run} had seen every sample that it predicts, so it judges none")
    probabilities = (
        np.where((rows >= 0)[:, None], found.probabilities[rows], np.float32("nan"))
        if len(found)
        else np.full((len(rows), len(run.classes)), np.float32("nan"))
    )
    class_of = dict(zip(run.labels, run.beneath, strict=True))
    encoded = label.dictionary_encode()
    codes = np.array([*(class_of.get(name, -1) for name in encoded.dictionary.to_pylist()), -1], np.int64)
    groups = np.where(rows >= 0, found.group[rows], -1) if len(found) else np.full(len(rows), -1)
    given = codes[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    then = found.given[rows] if len(found) else np.full(len(rows), -1)
    judged = (rows >= 0) & (given >= 0) & (then >= 0)
    changed = int((given != then)[judged].sum())
    if changed > _CHANGED * judged.sum():
        raise LookupError(f"{changed:,} of {judged.sum():,} labels have changed since run {run.run}: trainset train")
    beneath: dict[str, tuple[str, ...]] = {}
    for name, code in class_of.items():
        beneath[run.classes[code]] = (*beneath.get(run.classes[code], ()), name)
    grouped = {name: labels for name, labels in beneath.items() if labels != (name,)}
    return Said(run.classes, probabilities.astype(np.float32), given, groups, run.run, grouped)


def vectors(dataset: Dataset, at: int, content: pa.Array) -> Embeddings:
    """The embeddings of samples, given the content of each: those of the latest run's embedder, else of the default one.

    Raises `LookupError` with the reason when there are none. Only built-in embedders: a run may come from a stranger, and the model that
    it names is neither looked for nor run.
    """
    name, settings = "", None
    try:
        recipe = runs.named(dataset, at=at).recipe
        name, settings = recipe.embedder, dict(recipe.settings)
    except UnknownName:
        pass
    if name and name not in registry.plugins("embedder") and not name.startswith(LAYER):
        raise LookupError("the latest run's embedder is a model of one's own, which a check does not open")
    try:
        found = embeddings(dataset, content, embedder=name, settings=settings)
    except TrainsetError as error:
        raise LookupError(error.what) from None
    if not found.known.any():
        flag = f" --embedder {name}" if name in registry.plugins("embedder") else ""
        raise LookupError(f"there are no embeddings by {found.made.embedder} yet: trainset embed{flag}")
    return found
