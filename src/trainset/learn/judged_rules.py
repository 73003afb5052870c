"""How right the label model is on what people labelled, each sample judged without its own label, and how far its confidence can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn import calibration
from trainset.learn.label_model import label_model, majority

ENOUGH = 50
"""Judged samples from which on confidence is calibrated: it is one number."""
_FOLDS = 5
_LEAST = 1e-12


@dataclass(frozen=True)
class Judged:
    """count: samples. hits, most: those that the label model and most votes have right. said: how sure the model is of them, on average, after
    calibration; None without any. temperature: of that; 1 where there were too few."""

    count: int
    hits: int
    most: int
    said: float | None
    temperature: float

    @property
    def calibrated(self) -> bool:
        """Whether there were enough to calibrate on."""
        return self.count >= ENOUGH

    def sure(self, chances: NDArray[np.float64]) -> NDArray[Any]:
        """(n, classes) probabilities of the label model, calibrated."""
        return calibration.probabilities(np.log(np.maximum(chances, _LEAST)), self.temperature)


def judged(
    fired: NDArray[np.bool_], says: NDArray[np.int64], codes: NDArray[np.int64], rows: NDArray[np.int64], classes: int
) -> Judged:
    """fired, says, classes: as of `label_model`. codes: (n,), `classes` for a label that no rule can mean. rows: those that people labelled.
    Five models, each of what the others hold; the temperature is the one that makes what they say of the rest likeliest."""
    if not len(rows) or not len(says):
        return Judged(0, 0, 0, None, 1.0)
    own = codes[rows]
    fold = np.random.default_rng(0).permutation(len(rows)) % _FOLDS  # what comes in turns is in all of them
    chances = np.ones((len(rows), classes))
    for part in np.unique(fold):
        others = rows[fold != part]
        seen = np.full(len(codes), -1)
        seen[others] = np.where(codes[others] < classes, codes[others], -1)
        chances[fold == part] = label_model(fired, says, seen, classes).probabilities(fired[rows[fold == part]])
    hits = int((chances.argmax(axis=1) == own).sum())
    most = int((majority(fired[rows], says, classes).argmax(axis=1) == own).sum())
    known, heat = own < classes, 1.0
    if len(rows) >= ENOUGH and known.any():
        heat = calibration.temperature(np.log(np.maximum(chances, _LEAST)), np.where(known, own, -1))
        heat = float(np.clip(heat, 1 / 4, 4))
    found = Judged(len(rows), hits, most, None, heat)
    return Judged(len(rows), hits, most, float(found.sure(chances).max(axis=1).mean()), heat)
