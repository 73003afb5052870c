"""Cut windows: recordings that hold no class, such as background noise, become samples of one: windows along them."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import BadFilter, BadValue
from trainset.media.limits import DEFAULT_LIMITS
from trainset.model import Entry, EntryKind
from trainset.store import ids, paths
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable, open_table
from trainset.store.schema import EXPORTED
from trainset.work import cut
from trainset.work.derived import COLUMNS, NOISE, Derived, asked_of
from trainset.work.person import acting
from trainset.work.selection import Named, Selection, chosen

Progress = Callable[[int], None]
"""Called with how many more windows are done."""

PARTS = 10
"""Stretches of each recording, where there are too few recordings for every split to have one of its own."""
_AT_ONCE = 64  # windows in one batch, or seconds of them, which travels back as bytes
_ORDER = ("train", "test", "validation")
"""Which split has a stretch first, where there are fewer stretches than splits."""


@dataclass(frozen=True)
class WindowsReport:
    """What became of the recordings asked for. windows: how many new samples of `source`; per split in `splits`, with how many `stretches`
    they are from. mean: samples of a class of this set, in the mean. apart: what is on one side: `recording` or `stretch`. overlap: whether windows
    overlap. unchanged: recordings cut before; short: those shorter than a window; failed: the first that failed, with reasons."""

    source: str
    action: int | None
    label: str
    length: float
    windows: int
    recordings: int
    mean: int
    apart: str
    overlap: bool
    splits: Mapping[str, Mapping[str, int]]
    unchanged: int
    short: int
    failed: tuple[str, ...]
    failed_count: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "failed": list(self.failed)}


@dataclass(frozen=True)
class Stretch:
    """A part of a recording, all windows of which are on one side: part `part` of `parts` equal ones. fits: windows side by side."""

    row: int
    part: int
    parts: int
    fits: int
    order: bytes
    split: str = ""
    windows: int = 0


def cut_windows(
    dataset: Dataset, label: str, samples: Named = (), *, seconds: float = 0.0, count: int = 0, volume: float = 0.0, where: str = "",
    reason: str = "", person: str = "", progress: Progress | None = None, waiting: Callable[[], None] | None = None,
) -> WindowsReport:  # fmt: skip
    """Cuts recordings into windows of `seconds`, as samples labelled `label` in a source of their own, as one action.

    samples, where: which recordings; by default those marked `meta.background_noise`. seconds: 0 for the median of what has a label. count:
    how many in all; 0 for as many as a class has in the mean, or as fit side by side: windows that overlap say little new. volume: each
    window is as loud as it was times a number between this and 1, drawn by its place; 1 leaves all as they were. Windows go to the splits
    as the other samples do; those of one recording are on one side, or of one stretch of it where there are fewer recordings than it takes.
    The recordings stay as they are; a second run adds nothing. Raises `BadValue` when there is nothing to cut.
    """
    started = time.monotonic()
    if dataset.medium != "audio":
        raise BadValue("only recordings can be cut", got=dataset.medium or "an empty dataset")
    if not label.strip() or label != label.strip():
        raise BadValue("windows need the name of their class", got=repr(label[:80]), expected="a name such as silence")
    if not (0 <= seconds <= DEFAULT_LIMITS.seconds and 0 <= volume <= 1 and 0 <= count <= 10_000_000):
        raise BadValue(
            "this is no length, number or volume", got=f"{seconds:g} s, {count} windows, volume {volume:g}",
            expected=f"seconds up to {DEFAULT_LIMITS.seconds:g}, windows up to 10,000,000, a volume from 0 to 1",
        )  # fmt: skip
    with dataset.one_at_a_time("import", waiting):
        wanted = _recordings(dataset, Selection.of(samples, where))
        length, sizes = _others(dataset, label)
        job = _Cutting(dataset, label, seconds or length, volume, progress or (lambda done: None))
        action = job.run(wanted, sizes, count, acting(person), reason)
    apart = "recording" if job.whole else "stretch"
    return WindowsReport(
        job.made.name, action, label, job.seconds, sum(job.cut.values()), len(job.used), round(sum(sizes.values())), apart, job.overlap,
        {split: {"windows": number, "stretches": len(job.stretches[split])} for split, number in sorted(job.cut.items())},
        job.unchanged, job.short, job.made.shown, len(job.made.failed), time.monotonic() - started,
    )  # fmt: skip


def planned(stretches: Sequence[Stretch], wanted: Mapping[str, float], have: Mapping[str, int], *, overlap: bool) -> list[Stretch]:  # fmt: skip
    """Stretches with their split and how many windows each gives. wanted: windows a split should have; have: stretches it has already.

    Every split gets a stretch before one gets a second; the rest goes where most is missing. The order is that of the content's hash.
    """
    held, total = Counter(have), sum(wanted.values()) or 1.0
    placed: list[Stretch] = []
    for one in sorted(stretches, key=lambda some: some.order):
        split = one.split or _neediest({name: share / total for name, share in wanted.items()}, held)
        held[split] += 1
        placed.append(replace(one, split=split))
    found = []
    for split in dict.fromkeys(one.split for one in placed):
        mine = sorted((one for one in placed if one.split == split), key=lambda some: some.fits)
        left = max(1, round(wanted.get(split, 0) * len(mine) / held[split]))
        for number, one in enumerate(mine):  # what a short one cannot give, the longer ones do
            own = math.ceil(left / (len(mine) - number))
            own = own if overlap else min(own, one.fits)
            left -= own
            found.append(replace(one, windows=own))
    return [one for one in found if one.windows > 0]


class _Cutting:
    """One cutting on its way."""

    def __init__(self, dataset: Dataset, label: str, seconds: float, volume: float, progress: Progress) -> None:
        self.label, self.seconds, self.volume, self.progress = label, seconds, volume, progress
        self.dataset, self.made = dataset, Derived(dataset, f"windows-{seconds:g}s")
        self.cut: Counter[str] = Counter()
        self.stretches: dict[str, set[str]] = {}
        self.used: set[bytes] = set()
        self.unsplit: list[bytes] = []
        self.unchanged = self.short = 0
        self.whole, self.overlap = True, False

    def run(
        self, wanted: pa.Array, sizes: Mapping[str, float], count: int, person: str, reason: str
    ) -> int | None:  # fmt: skip
        """Returns the position of the action; None when nothing had to change."""
        before, have = set(), dict[str, set[str]]()
        for row, meta in self.made.earlier():
            before.add((meta.get("original"), meta.get("original_content")))
            have.setdefault(row["split"] or "", set()).add(str(meta.get("stretch")))
        with QueryTable(self.dataset, None, [*COLUMNS[:7], "seconds"], only=wanted) as table:
            self.made.require_own(table)
            rows = table.select([*COLUMNS, "seconds"])
            known = [
                (row["id"].hex(), row["content"].hex()) in before for row in rows.select(["id", "content"]).to_pylist()
            ]
            self.unchanged = sum(known)
            rows = rows.filter(pa.array([not one for one in known], pa.bool_()))
            if not rows.num_rows:
                return None
            each = _asked_for(sizes, count) if count else sizes
            plan = planned(
                self._stretches(rows, each),
                each,
                {split: len(some) for split, some in have.items()},
                overlap=bool(count),
            )
            if not plan:
                return None
            self.overlap = any(one.windows > one.fits for one in plan)
            cuts = self._cuts(table, rows, plan)
            first = next(cuts, None)
            if first is None:
                return None
            reason = reason or f"windows of {self.seconds:g} s, labelled {self.label}"
            return self.made.import_(chain([first], cuts), "cut-windows", person, reason, self._pinned)

    def _stretches(self, rows: pa.Table, wanted: Mapping[str, float]) -> list[Stretch]:
        """Each recording as one stretch; where there are not enough, as several."""
        lengths = np.array([value or 0.0 for value in rows["seconds"].to_pylist()])
        fits = np.floor(lengths / self.seconds + 1e-6).astype(np.int64)
        self.short = int((fits < 1).sum())
        self.whole = int((fits >= 1).sum()) > len(wanted)  # so that training has two, of which one is held out
        found = []
        for row, most in enumerate(fits.tolist()):
            parts = 1 if self.whole else min(PARTS, most)
            content, split = rows["content"][row].as_py(), rows["split"][row].as_py() or ""
            for part in range(parts):
                order = ids.content_hash(content + part.to_bytes(2, "big"))
                room = math.floor(lengths[row] / parts / self.seconds + 1e-6)
                found.append(Stretch(row, part, parts, room, order, split))
        return found

    def _cuts(self, table: QueryTable, rows: pa.Table, plan: Sequence[Stretch]) -> Iterator[pa.RecordBatch]:
        """The windows, written, as batches of `EXPORTED`."""
        plan = sorted(plan, key=lambda one: (one.row, one.part))
        each = [(one, window) for one in plan for window in range(one.windows)]
        asked = rows.take(pa.array([one.row for one, _ in each], pa.int64()))
        for name in ("part", "parts", "window", "count"):
            values = [{"window": window, "count": one.windows}.get(name, getattr(one, name, 0)) for one, window in each]
            asked = asked.append_column(f"cut_{name}", pa.array(values, pa.int64()))
        asked = asked.append_column("cut_split", pa.array([one.split for one, _ in each], pa.string()))
        size = max(1, min(_AT_ONCE, int(_AT_ONCE / self.seconds)))
        settings = {"seconds": self.seconds, "volume": self.volume}
        for some, answer in self.made.answers(table, asked, cut.WINDOWS, settings, size, _asked, cut.failed):
            made = [
                self._window(row, said)
                for row, said in zip(some.to_pylist(), answer.to_pylist(), strict=True)
                if self._is_cut(row, said)
            ]
            self.progress(some.num_rows)
            if made:
                yield pa.RecordBatch.from_pylist(made, schema=EXPORTED)

    def _is_cut(self, row: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
        if said["became"] == "failed":
            why = f"{row['source']}: {row['path']}: {said['reason']}"
            self.made.failed += [why] if why not in self.made.failed else []
        return bool(said["became"] == "cut")

    def _window(self, row: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
        path = self.made.write(row, said["wav"], f"_{round(said['start'] * 1000):07}")
        split, stretch = row["cut_split"], f"{row['id'].hex()}:{row['cut_part'] + 1}/{row['cut_parts']}"
        self.cut[split] += 1
        self.stretches.setdefault(split, set()).add(stretch)
        self.used.add(row["id"])
        if not split:
            self.unsplit.append(ids.sample_id(self.made.name, ids.file_key(paths.decode(path))))
        facts = {
            "original": row["id"].hex(), "original_content": row["content"].hex(), "original_start": round(said["start"], 6),
            "stretch": stretch,
        }  # fmt: skip
        return {
            "id": row["id"].hex(), "name": path.rpartition("/")[2], "path": path, "label": self.label, "split": split or None,
            "contributor": row["contributor"], "meta": json.dumps(facts),
        }  # fmt: skip

    def _pinned(self) -> list[Entry]:
        """Where no sample has a split an import would propose some, one by one, and so on both sides of a stretch."""
        return [Entry(EntryKind.SPLIT, sample=identifier) for identifier in self.unsplit]


def _asked(rows: pa.Table) -> pa.RecordBatch:
    batch = asked_of(rows)
    for name in ("part", "parts", "window", "count"):
        batch = batch.append_column(name, rows[f"cut_{name}"].combine_chunks())
    return batch


def _recordings(dataset: Dataset, selection: Selection) -> pa.Array:
    """The ids of the recordings to cut."""
    noise = selection.empty
    try:
        found = chosen(dataset, Selection(where=f"meta.{NOISE}") if noise else selection)
    except BadFilter:
        if not noise:
            raise
        found = None
    if found is None or not found.num_rows:
        raise BadValue(
            "no recording is marked as background noise" if noise else "no recording is in this selection",
            expected=f"meta.{NOISE}, as the format speech_commands gives it" if noise else "",
            next='name the recordings to cut: trainset cut-windows LABEL ID..., or --where "source = \'rooms\'"',
        )  # fmt: skip
    return found.filter(pc.invert(found["excluded"]))["id"].combine_chunks().cast(pa.binary(16))


def _others(dataset: Dataset, label: str) -> tuple[float, dict[str, float]]:
    """The median seconds of what has another label, and how many samples of each split a class has in the mean."""
    with open_table(dataset, columns=["seconds"]) as table:
        rows = table.select(["label", "split", "seconds"], ["not excluded", "label is not null"])
    rows = rows.filter(pc.not_equal(rows["label"], label))
    classes = len(pc.unique(rows["label"]))
    splits = Counter(split or "" for split in rows["split"].to_pylist() if split != "production")
    known = [value for value in rows["seconds"].to_pylist() if value]
    if not classes or not splits or not known:
        raise BadValue(
            "there is no other class, and so no length and no number to go by", got="no labelled recording",
            next="import recordings with labels first",
        )  # fmt: skip
    return round(float(np.median(known)), 3), {split: number / classes for split, number in splits.items()}


def _asked_for(sizes: Mapping[str, float], count: int) -> dict[str, float]:
    """So many windows, shared out as the samples are; the largest split has what rounding leaves."""
    each = {split: float(round(count * size / sum(sizes.values()))) for split, size in sizes.items()}
    most = max(each, key=lambda split: each[split])
    return {**each, most: count - (sum(each.values()) - each[most])}


def _neediest(shares: Mapping[str, float], held: Mapping[str, int]) -> str:
    empty = [split for split in (*_ORDER, *sorted(shares)) if split in shares and not held.get(split, 0)]
    if empty:
        return empty[0]
    total = 1 + sum(held.values())
    return max(sorted(shares), key=lambda split: shares[split] * total - held.get(split, 0))
