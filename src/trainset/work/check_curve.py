"""Check a curve: what a kept forecast said of samples that have arrived since, beside what they brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.errors import BadValue
from trainset.learn.curve import LEVEL, Between
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.work.curve import Ready, readied
from trainset.work.forecasts import Forecast, forecast_named
from trainset.work.material import material


@dataclass(frozen=True)
class Arrived:
    """One kind of growth. kind, name: of the offer. samples: how many came. forecast: the gain that was said of so many; happened: what it was,
    a share. now: how often the samples of then are right with them."""

    kind: str
    name: str
    samples: int
    forecast: Between
    happened: float
    now: float

    @property
    def inside(self) -> bool:
        """Whether the interval holds it."""
        return self.forecast.low <= self.happened <= self.forecast.high


@dataclass(frozen=True)
class CurveCheck:
    """A forecast beside what happened. level: of the intervals. then: samples of the forecast that are still there; arrived: new ones."""

    forecast: int
    at: int
    now: int
    level: float
    then: int
    arrived: int
    rows: tuple[Arrived, ...]
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        rows = [
            {**vars(one), "class": one.name, "forecast": vars(one.forecast), "inside": one.inside} for one in self.rows
        ]
        for row in rows:
            del row["name"]
        return {**vars(self), "rows": rows, "remarks": list(self.remarks)}


def check_curve(
    dataset: Dataset, forecast: int | None = None, *, embed_progress: Callable[[int], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> CurveCheck:  # fmt: skip
    """Compares a forecast (the latest) with what the samples that arrived since have brought.

    Measured on the samples that were there then, with the labels they have now, each held out, by the forecast's recipe without and with
    the new ones: so a label that was corrected or a test set that grew is no part of it. Raises `UnknownName` without a forecast,
    `BadValue` when nothing has arrived.
    """
    said = forecast_named(dataset, forecast)
    if said.recipe.embedder not in registry.plugins("embedder"):
        raise BadValue(
            "the forecast's embedder is a model of one's own, which is not opened because a forecast names it", got=said.recipe.embedder[:200],
            next="trainset curve --embedder NAME draws the curve as it is now",
        )  # fmt: skip
    at = log.head(dataset)
    before = material(dataset, said.recipe, said.at)
    old = before.ids.filter(pa.array(before.train & (before.codes >= 0)))
    ready = readied(dataset, said.recipe, at, embed_progress)
    ids = ready.found.ids.take(pa.array(ready.rows))
    then = pc.is_in(ids, value_set=old).to_numpy(zero_copy_only=False).astype(bool)
    new = ~then
    if not new.any():
        raise BadValue(
            f"no sample to train on has arrived since forecast {said.number}", got=f"#{said.at} to #{at}",
            next="import more, then trainset curve --check",
        )  # fmt: skip
    remarks = []
    if gone := len(old) - int(then.sum()):
        remarks.append(f"{gone:,} of the samples of then are no longer trained on")
    labels = [ready.found.labels[code] for code in np.unique(ready.beneath[new]) if code >= 0]
    if unheard := sorted({*labels} - {*before.labels}):
        remarks.append(f"labels that nobody knew of then: {', '.join(unheard[:5])}")
    mixed = _mixed(ready, then, new)
    if mixed:
        remarks.append(
            "what arrived is mixed otherwise than what was there, and the forecast over all is of more of the same mix"
        )
    rows = tuple(_rows(said, ready, then, new, progress))
    return CurveCheck(said.number, said.at, at, LEVEL, int(then.sum()), int(new.sum()), rows, tuple(remarks))


def _rows(
    said: Forecast,
    ready: Ready,
    then: NDArray[np.bool_],
    new: NDArray[np.bool_],
    progress: Callable[[int], None] | None,
) -> Iterator[Arrived]:
    head = ready.head(among=then)
    names = ready.found.classes
    for offer in said.offers:
        code = names.index(offer.name) if offer.kind == "class" and offer.name in names else None
        if offer.kind != "all" and code is None:
            continue
        came = new if code is None else new & (ready.codes == code)
        scored = then if code is None else then & (ready.codes == code)
        if not came.any() or not scored.any():
            continue
        right, _ = head.trained(then | came, code=code, penalty=None if code is None else head.penalty)
        if progress is not None:
            progress(1)
        now = float(right[scored].mean())
        yield Arrived(
            offer.kind, offer.name, int(came.sum()), offer.own.gain(int(came.sum())), now - float(head.right[scored].mean()), now
        )  # fmt: skip


def _mixed(ready: Ready, then: NDArray[np.bool_], new: NDArray[np.bool_]) -> bool:
    """Whether classes come in other shares than before: by a tenth of all samples or more."""
    shares = [np.bincount(ready.codes[some], minlength=len(ready.found.classes)) / some.sum() for some in (then, new)]
    return bool(np.abs(shares[0] - shares[1]).sum() / 2 >= 0.1)
