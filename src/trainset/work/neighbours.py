"""Neighbours: the samples nearest to one, by an embedding, and in what each of them differs from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.neighbours import nearest_to
from trainset.store.dataset import Dataset
from trainset.store.measured import arrow_type, measure_names, measured, measures_of
from trainset.store.query import QueryTable
from trainset.work.look import Samples
from trainset.work.with_vectors import WithVectors, unit, with_vectors

_FIELDS = ("label", "split", "contributor", "source")
_APART = 1.0
"""Measures that differ by less than the middle half of the set spans are not told."""
_MEASURES, _META = 2, 2
_SAMPLE = 10_000
"""Samples that the usual span of a measure is taken from."""


@dataclass(frozen=True)
class Neighbours:
    """The samples nearest to one, nearest first. sample: the row of that one. samples: theirs; distance: 0 (same direction) to 2; differs: in
    what each is another, as phrases, most telling first. of: how many were compared. agree: share of neighbours with its label, None without."""

    sample: Mapping[str, Any]
    samples: Samples
    distance: tuple[float, ...]
    differs: tuple[tuple[str, ...], ...]
    embedder: str
    of: int
    agree: float | None
    remarks: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a neighbour: of the sample, `distance` and `differs`."""
        return [
            {**row, "distance": apart, "differs": list(how)}
            for row, apart, how in zip(self.samples.rows(), self.distance, self.differs, strict=True)
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sample": dict(self.sample), "neighbours": self.rows(), "embedder": self.embedder, "of": self.of, "agree": self.agree,
            "remarks": list(self.remarks),
        }  # fmt: skip

    def _repr_html_(self) -> str:
        return self.samples._repr_html_()


def neighbours(
    dataset: Dataset, sample: str | Mapping[str, Any], *, n: int = 12, embedder: str = "", at: str | int | None = None
) -> Neighbours:
    """The `n` samples nearest to one by the angle between embeddings, exactly: one pass over all vectors.

    sample: an id, its beginning, a path, or a row of `look`; it may be excluded, its neighbours are not. embedder: by default that of the
    latest run, else of the medium. Raises `UnknownName`, and `BadValue` without embeddings.
    """
    if n < 1:
        raise BadValue("nothing to look for", expected="-n of at least 1", got=str(n))
    found = with_vectors(dataset, embedder, at, excluded=True)
    own = _found(dataset, found, sample)
    row = int(pc.index(found.ids, pa.scalar(own, pa.binary(16))).as_py())
    if row < 0:
        name = found.view.made.embedder
        raise BadValue(
            "this sample has no embedding", where=own.hex()[:12], got=f"embedder {name}", next="trainset embed, which says why"
        )  # fmt: skip
    others = ~found.rows["excluded"].to_numpy(zero_copy_only=False).astype(bool)
    others[row] = False
    vector = found.view.take([row])
    vector = vector / np.maximum(np.linalg.norm(vector), np.float32(1e-12))
    order = found.view.stored
    near, apart = nearest_to(vector, unit(found.view.only(order)), min(n, int(others.sum())), others[order])
    rows = order[near[0]]
    ids = pa.concat_arrays([pa.array([own], pa.binary(16)), found.ids.take(pa.array(rows))])
    known = Samples.of(dataset, ids, found.at)
    own_row, *near_rows = known.rows()
    spans = _spans(dataset, found)
    differs = tuple(_differs(dataset.medium, own_row, one, spans) for one in near_rows)
    same = [one["label"] == own_row["label"] for one in near_rows]
    return Neighbours(
        own_row, Samples(dataset, known.known.slice(1), int(others.sum()), known.sources), tuple(float(d) for d in apart[0]), differs,
        found.view.made.embedder, int(others.sum()), sum(same) / len(same) if same and own_row["label"] else None, found.remarks,
    )  # fmt: skip


def _found(dataset: Dataset, found: WithVectors, sample: str | Mapping[str, Any]) -> bytes:
    name = sample["id"] if isinstance(sample, Mapping) and "id" in sample else sample
    if not isinstance(name, str):
        raise BadValue("this is no sample", expected="an id, a path, or a row of look()", got=repr(name)[:80])
    with QueryTable(dataset, found.at, columns=["path", "source"]) as table:
        return table.find([name])[0]


def _spans(dataset: Dataset, found: WithVectors) -> dict[str, float]:
    """Measure -> what its middle half spans over a draw of the samples."""
    names = [
        n for n, plugin in measures_of(dataset.medium).items() if arrow_type(plugin) not in (pa.string(), pa.binary())
    ]
    names = [name for name in measure_names(dataset) if name in names]
    if not names:
        return {}
    some = np.random.default_rng(0).choice(len(found), min(len(found), _SAMPLE), replace=False)
    table = measured(dataset, names, only=found.contents.take(pa.array(np.sort(some))))
    spans = {}
    for name in names:
        values: NDArray[np.float64] = table[name].cast(pa.float64()).drop_null().to_numpy()
        values = values[np.isfinite(values)]
        if len(values):
            low, high = np.quantile(values, [0.25, 0.75])
            spans[name] = float(high - low)
    return spans


def _differs(
    medium: str, one: Mapping[str, Any], other: Mapping[str, Any], spans: Mapping[str, float]
) -> tuple[str, ...]:
    said = ["the same bytes"] if one["content"] == other["content"] else []
    for field in _FIELDS:
        if one[field] != other[field]:
            said.append(f"{field} {other[field] or 'none'}" if field != "label" else other[field] or "no label")
    plugins = measures_of(medium)
    apart = []
    for name, span in spans.items():
        mine, theirs = one.get(name), other.get(name)
        if mine is not None and theirs is not None and span > 0 and abs(theirs - mine) >= _APART * span:
            facts = plugins[name].facts
            word = (
                facts.get("more" if theirs > mine else "less", "") or f"{'higher' if theirs > mine else 'lower'} {name}"
            )
            unit_ = {"dBFS": " dB", "LUFS": " dB"}.get(facts["unit"], f" {facts['unit']}".rstrip())
            unit_ = "" if facts["unit"] == "share" or "/" in unit_ else unit_
            apart.append((-abs(theirs - mine) / span, f"{abs(theirs - mine):.3g}{unit_} {word}"))
    said += [text for _, text in sorted(apart)[:_MEASURES]]
    mine, theirs = (_meta(row["meta"]) for row in (one, other))
    changed = [f"{k} {theirs[k]}" for k in sorted({*mine} & {*theirs}) if mine[k] != theirs[k]]
    return (*said, *changed[:_META])


def _meta(meta: Any) -> dict[str, str]:
    values = meta if isinstance(meta, dict) else {}
    return {name: str(value if isinstance(value, str) else json.dumps(value))[:40] for name, value in values.items()}
