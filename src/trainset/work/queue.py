"""Queue: an ordered list of samples for people to look at, kept with what is expected of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.learn import orders
from trainset.learn.label_quality import label_quality
from trainset.learn.useful import believed
from trainset.recipe import seen
from trainset.store import log, queues, runs
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.store.queues import Queue
from trainset.store.runs import HELD_OUT, SEEN, Predictions, Run
from trainset.work.answer import reviewed
from trainset.work.audit import flagged
from trainset.work.costs import costs, priced
from trainset.work.person import acting
from trainset.work.rehearse import rehearsed
from trainset.work.selection import Named, Selection, opened
from trainset.work.weak import weak

PURPOSES: Mapping[str, str] = {
    "likely-wrong": "to clean labels: those that are most likely wrong first",
    "most-useful": "to raise the recipe's accuracy",
    "most-harmful": "to clean labels: those that are expected to do most harm first, by the costs that are set",
    "random": "to know the share of wrong labels: drawn at random",
    "entropy": "to look at what the model is least sure of, over all classes",
    "margin": "to look at what lies between two classes",
    "suggested": "to check what labelling rules suggest: what they are least sure of first",
    "quiz": "to know what people can tell: drawn at random, asked blind, and no label is changed",
    "selected": "to look at what was selected, in its order",
}
"""Every order, and what it is for."""
_TRAINS_ONLY = ("most-useful", "entropy", "margin")
"""What is to help a model learn is chosen from what it is trained on; a wrong label is wrong in a test set too."""
_DRAWN = ("random", "quiz")
_UNJUDGED = (*_DRAWN, "selected", "suggested")
_MANY = 100


@dataclass(frozen=True)
class _Judged:
    """What a run says of samples. rows: of the table of candidates. probability: (k, classes). codes: (k,) the class of the present label.
    trained: (k,) bool. chance: (k,) that the label is wrong."""

    run: Run
    said: Predictions
    rows: NDArray[np.int64]
    probability: NDArray[np.float32]
    codes: NDArray[np.int64]
    trained: NDArray[np.bool_]
    chance: NDArray[np.float64]
    expected: Mapping[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def queue(
    dataset: Dataset, order: str = "", *, n: int | None = None, share: float | None = None, run: str = "", samples: Named = (), where: str = "",
    check: str = "", seed: int = 0, person: str = "", progress: Callable[[int], None] | None = None,
) -> Queue:  # fmt: skip
    """Makes a queue of `n` samples (100; or a share, 0 to 1, of those it can choose from) that nobody has answered yet, and keeps it.

    order: of `PURPOSES`; without one, what `samples`, `where` or a `check` selects as it is (all of it, a check's worst first), and without those
    the likeliest errors. run: whose predictions are meant, the latest by default. seed: another one, another draw. progress: called
    with each training of a rehearsal. Raises `UnknownName` when there is no run, `BadValue` when nothing is left to look at.
    """
    named = Selection.of(samples).ids
    name = _order(order, where or " ".join(named[:1]), check)
    at = log.head(dataset)
    table = _candidates(dataset, at)
    may = _may(dataset, table, where, check, at)
    if named:
        with QueryTable(dataset, at, columns=["path", "source"]) as asking:
            wanted = pa.array(asking.find(named), pa.binary(16))
        may = may[np.isin(may, pc.index_in(wanted, value_set=table["id"].combine_chunks()).drop_null().to_numpy())]
    done = reviewed(dataset)
    answered = pc.is_in(table["id"], value_set=pa.array([*done], pa.binary(16))).to_numpy(zero_copy_only=False)
    judged = _judged(dataset, table, run, done, needed=name not in _UNJUDGED)
    open_ = np.zeros(table.num_rows, np.bool_)
    open_[may] = True
    before = int(open_.sum())
    if name != "quiz":  # what was reviewed is part of the set too
        open_ &= ~answered.astype(bool)
    asked = int(open_.sum())
    if judged is not None and name not in _UNJUDGED:
        known = np.zeros(table.num_rows, np.bool_)
        known[judged.rows[judged.trained] if name in _TRAINS_ONLY else judged.rows] = True
        open_ &= known
    labelled = table["label"].is_valid().to_numpy(zero_copy_only=False).astype(bool)
    if name in _DRAWN and (open_ & labelled).any():
        open_ &= labelled
    rules = _by_rules(dataset, table, at, open_) if name == "suggested" else None
    if rules is not None:
        open_ &= np.isfinite(rules.confidence)
    of = int(open_.sum())
    if not of:
        raise _nothing(before, asked, judged)
    count = _count(n, share, of, name)
    expected: dict[str, Any] = dict.fromkeys((*queues.EXPECTED, "blends"))
    expected["blends"] = {}
    if name == "selected":
        chosen = np.array([row for row in may.tolist() if open_[row]], np.int64)[:count]
    elif rules is not None:
        chosen = orders.first(-rules.confidence, count, open_)
    elif name in _DRAWN:
        chosen = orders.first(orders.at_random(table.num_rows, seed), count, open_)
    elif judged is None:
        raise AssertionError("an order without a run")
    elif name == "most-useful":
        ids, useful = rehearsed(
            dataset, judged.run, judged.said, at, may=table["id"].filter(pa.array(open_)), reviewed=_certain(table, done),
            count=count, seed=seed, progress=progress,
        )  # fmt: skip
        best = orders.first(useful.values, count, useful.values > 0)
        chosen = pc.index_in(ids.take(pa.array(best)), value_set=table["id"]).to_numpy(zero_copy_only=False)
        expected["gain"] = _rounded(useful.expected[useful.trust])
        expected["blends"] = {f"{trust:.2f}": _rounded(gain) for trust, gain in useful.expected.items()}
    else:
        values = (
            orders.harmful(judged.probability, judged.codes, _prices(dataset, judged))
            if name == "most-harmful"
            else orders.order(name.replace("-", "_"), judged.probability, judged.codes)
        )
        chosen = judged.rows[orders.first(values, count, open_[judged.rows])]
    rows, chances = _rows(table, chosen, judged)
    known_chances = chances[np.isfinite(chances)]
    if len(known_chances):
        expected["error_rate"] = _rounded(known_chances.mean())
    if rules is not None:
        rows = _with_said(rows, [rules.label.get(row) for row in chosen.tolist()], rules.confidence[chosen])
    if name == "quiz":
        rows = _unsaid(rows)
    if judged is not None and name == "random":
        expected |= judged.expected if not (where or check or named) else {"error_rate": _mean(judged, open_)}
        rows = _unsaid(rows)
    facts = {
        "order": name, "purpose": PURPOSES[name], "run": judged.run.run if judged else "",
        "hash": judged.run.recipe.hash if judged else "", "at": at, "version": _version(dataset, at), "where": where, "check": check,
        "seed": seed, "of": of, "samples": rows.num_rows, "expected": expected, "remarks": (rules.remark,) if rules else judged.remarks if judged else (),
    }  # fmt: skip
    return queues.write(dataset, facts, rows, acting(person))


def _order(order: str, where: str, check: str) -> str:
    name = order.strip().replace("_", "-") or ("selected" if where or check else "likely-wrong")
    if name not in PURPOSES:
        raise BadValue("there is no such order", expected=", ".join(PURPOSES), got=repr(order[:80]))
    if name == "selected" and not (where or check):
        raise BadValue("say which samples", next="--where FILTER, or --check CHECK")
    return name


def _candidates(dataset: Dataset, at: int) -> pa.Table:
    """Every sample that is not excluded, in the order of import."""
    with open_table(dataset, at, columns=["content"]) as table:
        found = table.select(["id", "content", "label"], ["not excluded"])
    columns = [found[name].combine_chunks() for name in found.column_names]
    if not found.num_rows:
        raise BadValue("there is no sample to look at", next="trainset import SOURCE")
    return pa.table([columns[0].cast(pa.binary(16)), columns[1].cast(pa.binary(16)), columns[2]], found.column_names)


def _may(dataset: Dataset, table: pa.Table, where: str, check: str, at: int) -> NDArray[np.int64]:
    """The rows that are selected, in the order of the selection: a check's worst first."""
    if not where and not check:
        return np.arange(table.num_rows)
    selected, conditions = opened(dataset, Selection(where=where), at)
    with selected:
        ids = selected.select(["id"], conditions)["id"].combine_chunks().cast(pa.binary(16))
    if check:
        some = flagged(dataset, check, at)
        ids = some.filter(pc.is_in(some, value_set=ids))
    places = pc.index_in(ids, value_set=table["id"].combine_chunks()).drop_null()
    found: NDArray[np.int64] = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _judged(
    dataset: Dataset, table: pa.Table, name: str, done: Mapping[bytes, str | None], *, needed: bool
) -> _Judged | None:
    """What the run says; None without a run where none is needed. Raises `UnknownName`."""
    try:
        run = runs.named(dataset, name)
    except UnknownName:
        if needed or name:
            raise
        return None
    said = runs.predictions(dataset, run)
    place = pc.index_in(table["id"].combine_chunks(), value_set=said.ids)
    same = pc.equal(table["content"].combine_chunks(), said.contents.take(place)).fill_null(False)
    rows = np.flatnonzero(same.to_numpy(zero_copy_only=False))
    theirs = place.fill_null(0).to_numpy(zero_copy_only=False)[rows]
    unseen = (said.how[theirs] != SEEN) & (not seen(run.recipe))  # a model that saw a label says nothing of it
    rows, theirs = rows[unseen], theirs[unseen]
    names = table["label"].combine_chunks().take(pa.array(rows)).dictionary_encode()
    class_of = dict(zip(run.labels, run.beneath, strict=True))
    known = np.array([*(class_of.get(each, -1) for each in names.dictionary.to_pylist()), -1], np.int64)
    codes = known[names.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    probability = said.probabilities[theirs]
    ids = table["id"].combine_chunks().take(pa.array(rows))
    right = pc.is_in(ids, value_set=_certain(table, done)).to_numpy(zero_copy_only=False).astype(bool)
    chance, remarks, expected = np.full(len(rows), np.nan), [], {}
    if (codes >= 0).any():
        quality = label_quality(probability, codes, groups=said.group[theirs])
        belief = believed(probability, codes, right)
        given = belief[np.arange(len(codes)), np.maximum(codes, 0)]
        chance = np.where(codes >= 0, np.clip(1 - given, 0, 1), np.nan)
        rate = quality.rate
        expected = {"error_rate": _rounded(rate.value), "low": _rounded(rate.low), "high": _rounded(rate.high)}
        if quality.weak:
            remarks.append(quality.why)
    unknown = table.num_rows - len(rows)
    if unknown:
        remarks.append(
            f"run {run.run} says nothing of {unknown:,} {'sample' if unknown == 1 else 'samples'}: new since, or seen by its model"
        )
    trained = said.how[theirs] == HELD_OUT
    return _Judged(run, said, rows, probability, codes, trained, chance, expected, tuple(remarks))


def _prices(dataset: Dataset, judged: _Judged) -> NDArray[np.float64]:
    """(classes, classes) what mistakes cost now, truth on rows."""
    set_ = costs(dataset)
    prices = priced(
        set_, judged.run, np.bincount(judged.said.beneath[judged.said.beneath >= 0], minlength=len(judged.run.labels))
    )
    if not prices.any:
        raise BadValue(
            "no cost is set that counts for this run", expected="a mistake that is worse than others", got="; ".join(prices.unused),
            next="trainset costs set LABEL:PREDICTED COST, or --order likely-wrong",
        )  # fmt: skip
    return prices.of_classes


@dataclass(frozen=True)
class _ByRules:
    """What rules suggest. label: row -> class. confidence: (n,), NaN where they suggest nothing. remark: which rules, and how far to believe them."""

    label: Mapping[int, str]
    confidence: NDArray[np.float64]
    remark: str


def _by_rules(dataset: Dataset, table: pa.Table, at: int, open_: NDArray[np.bool_]) -> _ByRules:
    report = weak(dataset, confidence=0, at=at)
    ids = pa.array([bytes.fromhex(one.id) for one in report.suggestions], pa.binary(16))
    places = pc.index_in(ids, value_set=table["id"].combine_chunks()).to_pylist()
    confidence = np.full(table.num_rows, np.nan)
    confidence[places] = [one.confidence for one in report.suggestions]
    if not (open_ & np.isfinite(confidence)).any():
        raise BadValue(
            "no labelling rule suggests anything for these samples", got=f"{len(report.suggestions):,} suggestions of all",
            next="trainset weak add adds a rule, trainset weak lists them; or leave out --where and --check",
        )  # fmt: skip
    names = sorted({rule for one in report.suggestions for rule in one.rules})
    some = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    sure = f"calibrated on {report.judged:,}" if report.calibrated else f"not calibrated: {report.judged:,} judged"
    remark = f"suggested by {some} as they are at #{at}; how sure they are is {sure} that people labelled"
    labels = {place: one.label for place, one in zip(places, report.suggestions, strict=True)}
    return _ByRules(labels, confidence, remark)


def _with_said(rows: pa.Table, labels: list[str | None], confidence: NDArray[np.float64]) -> pa.Table:
    """With what rules say instead of what a model says."""
    for name, values in (("suggested", pa.array(labels, pa.string())), ("confidence", pa.array(confidence))):
        rows = rows.set_column(rows.column_names.index(name), queues.ROWS.field(name), values)
    return rows


def _unsaid(rows: pa.Table) -> pa.Table:
    """Without what the model says: who is to measure the share of wrong labels must not be swayed by it."""
    for name in ("suggested", "confidence"):
        place = rows.column_names.index(name)
        rows = rows.set_column(place, queues.ROWS.field(name), pa.nulls(rows.num_rows, queues.ROWS.field(name).type))
    return rows


def _suggested(judged: _Judged, row: int, label: str | None) -> str | None:
    """The label that a predicted class stands for: the present one when it is of that class, else the class's only one."""
    said = int(judged.probability[row].argmax())
    if judged.codes[row] == said:
        return label
    beneath = [name for name, code in zip(judged.run.labels, judged.run.beneath, strict=True) if code == said]
    return beneath[0] if len(beneath) == 1 else None


def _certain(table: pa.Table, done: Mapping[bytes, str | None]) -> pa.Array:
    """The ids of the samples whose label is what a reviewer said last."""
    ids = pa.array([*done], pa.binary(16))
    now = table["label"].combine_chunks().take(pc.index_in(ids, value_set=table["id"].combine_chunks()))
    said = pa.array([*done.values()], pa.string())
    return ids.filter(pc.equal(now, said).fill_null(False))


def _rows(table: pa.Table, chosen: NDArray[np.int64], judged: _Judged | None) -> tuple[pa.Table, NDArray[np.float64]]:
    places = pa.array(chosen, pa.int64())
    count = len(chosen)
    suggested: list[str | None] = [None] * count
    confidence, chance = np.full(count, np.nan), np.full(count, np.nan)
    if judged is not None:
        labels = table["label"].take(places).to_pylist()
        at = np.searchsorted(judged.rows, chosen)
        for number, known in enumerate(at.tolist()):
            if known < len(judged.rows) and judged.rows[known] == chosen[number]:
                suggested[number] = _suggested(judged, known, labels[number])
                confidence[number] = judged.probability[known].max()
                chance[number] = judged.chance[known]
    arrays = [
        table["id"].take(places).combine_chunks(), table["label"].take(places).combine_chunks(), pa.array(suggested, pa.string()),
        pa.array(confidence), pa.array(chance),
    ]  # fmt: skip
    return pa.table(arrays, schema=queues.ROWS), chance


def _count(n: int | None, share: float | None, of: int, name: str) -> int:
    if n is not None and share is not None:
        raise BadValue("a number of samples or a share, not both")
    if share is not None:
        if not 0 < share <= 1:
            raise BadValue("this is no share of the samples", expected="above 0, up to 1 (100%)", got=str(share))
        return max(1, math.ceil(share * of))
    if n is not None and n < 1:
        raise BadValue("there is nothing to put into the queue", expected="at least 1", got=str(n))
    return min(of, n if n is not None else of if name == "selected" else _MANY)


def _nothing(selected: int, asked: int, judged: _Judged | None) -> BadValue:
    if not selected:
        return BadValue("no sample is selected", next="trainset look shows what a filter or a check selects")
    if not asked:
        return BadValue("nothing is left to look at: people have answered all of them", got=f"{selected:,} samples")
    run = judged.run.run if judged is not None else ""
    return BadValue(
        f"the run {run} says nothing of these samples, or was not trained on them", got=f"{asked:,} samples",
        next="trainset train, or another order: trainset queue --order random",
    )  # fmt: skip


def _version(dataset: Dataset, at: int) -> str:
    return next((one.name for one in reversed(log.read_versions(dataset)) if one.seq == at), "")


def _mean(judged: _Judged, open_: NDArray[np.bool_]) -> float | None:
    """The mean chance of a wrong label over what can be drawn."""
    some = judged.chance[open_[judged.rows] & np.isfinite(judged.chance)]
    return _rounded(some.mean()) if len(some) else None


def _rounded(value: Any) -> float:
    return round(float(value), 6)
