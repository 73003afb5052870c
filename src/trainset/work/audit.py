"""Audit: every check over the columns of the dataset, and what each of them says of which samples."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.contracts import COLUMNS, Findings, Near, Plugin, Said, needed_columns
from trainset.errors import BadValue, DamagedDataset, UnknownName
from trainset.model import Entry, EntryKind
from trainset.store import bad as bad_files
from trainset.store import labelled, log, reports
from trainset.store.dataset import Dataset
from trainset.store.measured import arrow_type, measures_of
from trainset.store.query import open_table
from trainset.store.replay import Replay
from trainset.work.dismissed import apart, dismissals
from trainset.work.metadata import fields
from trainset.work.person import acting
from trainset.work.vectors import Embeddings

Progress = Callable[[int], None]
"""Called with how many more checks are done."""

_NUMBERS = ("confidence",)
_LATER = ("predicted", "confidence", "embeddings", "probabilities")
"""What is no column of the query table."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found. `ids`: the flagged samples, worst first; `severity` (0..1, 1 = worst) and `because` in their order.

    about: sentences on the set as a whole. skipped: why it did not run; empty when it did. dismissed: flagged samples and pairs that
    somebody has dismissed, which are left out. bad: files and rows of the sources that are no samples, the worst first, with source,
    kind, name, row, outcome and reason; most checks are not about them.
    """

    check: str
    title: str
    matters: int
    ids: pa.Array = field(repr=False)
    severity: Sequence[float] = field(repr=False)
    because: Sequence[str] = field(repr=False)
    about: tuple[str, ...]
    why: str
    next: str
    dismissed: int = 0
    skipped: str = ""
    bad: pa.Table = field(default_factory=bad_files.SCHEMA.empty_table, repr=False)

    @property
    def flagged(self) -> int:
        """How many samples."""
        return len(self.ids)

    @property
    def bad_count(self) -> int:
        """How many files and rows that are no samples."""
        return int(self.bad.num_rows)

    def within(self, ids: pa.Array) -> CheckResult:
        """What of it is of these samples (16 bytes each); what it says of the set and of files stays."""
        rows = pc.indices_nonzero(pc.is_in(self.ids.cast(pa.binary(16)), value_set=ids)).to_pylist()
        some = pa.array(rows, pa.int64())
        return replace(
            self, ids=self.ids.take(some), severity=[self.severity[n] for n in rows], because=[self.because[n] for n in rows]
        )  # fmt: skip

    def as_dict(self, most: int = 1000) -> dict[str, Any]:
        """For JSON; `samples`, `findings` and `bad` are the first `most`."""
        shown = [identifier.hex() for identifier in self.ids[:most].to_pylist()]
        findings = zip(shown, self.severity[:most], self.because[:most], strict=True)
        return {
            "check": self.check, "title": self.title, "matters": self.matters, "flagged": self.flagged, "samples": shown,
            "findings": [{"id": i, "severity": s, "because": b} for i, s, b in findings],
            "about": list(self.about), "why": self.why, "next": self.next, "dismissed": self.dismissed, "skipped": self.skipped,
            "bad": self.bad.slice(0, most).to_pylist(), "bad_count": self.bad_count,
        }  # fmt: skip


@dataclass(frozen=True)
class Audit:
    """The results of checks, those that matter most first. at: position of the log; settings: check -> setting -> value, as asked for."""

    results: tuple[CheckResult, ...]
    samples: int
    seconds: float
    at: int
    settings: Mapping[str, Mapping[str, Any]]

    @property
    def found(self) -> tuple[CheckResult, ...]:
        """Those that found something."""
        return tuple(result for result in self.results if result.flagged or result.about)

    def __getitem__(self, check: str) -> CheckResult:
        for result in self.results:
            if result.check == check.replace("-", "_"):
                return result
        raise UnknownName(f"the check {check!r} was not run", expected=", ".join(r.check for r in self.results))

    def _repr_html_(self) -> str:
        from trainset.work.show import table_html

        rows = [
            (r.title, f"{r.flagged or r.bad_count:,}", "; ".join([*r.about, *r.because[:3]]), r.next)
            for r in self.found
        ]
        return table_html(("check", "flagged", "found", "what to do"), rows, f"{self.samples:,} samples audited")


def checks(dataset: Dataset) -> dict[str, Plugin]:
    """The checks that fit the dataset's medium, by name."""
    known = registry.plugins("check")
    return {name: plugin for name, plugin in known.items() if plugin.facts["medium"] in ("", dataset.medium)}


def audit(
    dataset: Dataset, *, only: Sequence[str] = (), settings: Mapping[str, Mapping[str, Any]] | None = None,
    at: str | int | None = None, progress: Progress | None = None,
) -> Audit:  # fmt: skip
    """Runs the checks (`only` these) over the samples that are not excluded. Nothing is decoded: checks judge columns.

    settings: check -> setting -> value. Raises `UnknownName` for a check or setting that does not exist.
    """
    started = time.monotonic()
    known = checks(dataset)
    wanted = {name.replace("-", "_"): _named(known, name, dataset) for name in only} or known
    chosen = {name: _settings(wanted, name, given) for name, given in (settings or {}).items()}
    columns = _Columns(dataset, log.position(dataset, at), wanted.values())
    dismissed = {
        name: pa.array([sample for some in by.values() for sample in some], pa.binary(16))
        for name, by in dismissals(dataset, columns.at).items()
    }
    results = []
    for name, plugin in wanted.items():
        results.append(_run(plugin, columns, chosen.get(name, {}), dismissed.get(name, pa.array([], pa.binary(16)))))
        if progress is not None:
            progress(1)
    results.sort(
        key=lambda r: (bool(r.skipped), not (r.flagged or r.about), -r.matters, -r.flagged - r.bad_count, r.check)
    )
    return Audit(tuple(results), columns.count, time.monotonic() - started, columns.at, chosen)


def flagged(dataset: Dataset, check: str, at: str | int | None = None) -> pa.Array:
    """The ids (16 bytes each) of the samples that a check flags, worst first. Raises `UnknownName`, `BadValue` when it cannot run."""
    result = audit(dataset, only=[check], at=at).results[0]
    if result.skipped:
        raise BadValue(f"the check {check} cannot run", got=result.skipped)
    return result.ids


def dismiss(
    dataset: Dataset, check: str, samples: Iterable[Any] = (), *, reason: str, person: str = "", key: str | None = None
) -> tuple[int | None, int]:
    """Dismisses findings of a check, on samples or on all that it flags: they stay dismissed until that action is undone.

    Returns the action's position (None when there was nothing to dismiss) and how many. Raises `BadValue` without a reason.
    """
    if not reason.strip():
        raise BadValue("say why these findings are no problem", next="--why TEXT; the log keeps it")
    name = _named(checks(dataset), check, dataset).name
    found = flagged(dataset, name).to_pylist()
    named = tuple(samples)
    if named:
        from trainset.work.selection import Selection

        with open_table(dataset, columns=["path", "source"]) as table:
            asked = set(table.find(Selection.of(named).ids))
        found = [identifier for identifier in found if identifier in asked]
    entries = [Entry(EntryKind.DISMISSED, sample=identifier, subject=name) for identifier in found]
    return log.append(dataset, "dismiss", acting(person), reason, entries, key=key), len(entries)


def dismiss_pair(
    dataset: Dataset, check: str, first: str, second: str, *, reason: str, person: str = "", key: str | None = None
) -> int:
    """Says that two samples are no problem beside each other: a check of duplicates is silent of this pair until that action is undone, and finds
    either of them beside a third. Returns the action's position. Raises `BadValue` without a reason, and for a check that finds no pairs."""
    if not reason.strip():
        raise BadValue("say why this pair is no problem", next="--why TEXT; the log keeps it")
    plugin = _named(checks(dataset), check, dataset)
    if "apart" not in plugin.needs:
        pairing = [name for name, one in checks(dataset).items() if "apart" in one.needs]
        raise BadValue(f"the check {plugin.name} finds no pairs", expected=" or ".join(pairing))
    with open_table(dataset, columns=["path", "source"]) as table:
        both = [table.find([one])[0] for one in (first, second)]
    if both[0] == both[1]:
        raise BadValue("a pair is two samples", got=f"{first[:80]!r} twice")
    entry = Entry(EntryKind.DISMISSED, sample=both[0], subject=plugin.name, value=both[1].hex())
    seq = log.append(dataset, "dismiss", acting(person), reason, [entry], key=key)
    if seq is None:
        raise AssertionError("an action without entries")
    return seq


class _Columns:
    """The columns that checks ask for, each made once."""

    def __init__(self, dataset: Dataset, at: int, plugins: Iterable[Plugin]) -> None:
        self.at = at
        self._measures = measures_of(dataset.medium)
        needs = {need for plugin in plugins for need in needed_columns(plugin, _every_measure())}
        numbers = [
            name for name, plugin in self._measures.items() if arrow_type(plugin) not in (pa.string(), pa.binary())
        ]
        read = {
            need
            for need in needs
            if need in self._measures or (need in COLUMNS and need not in (*_LATER, *labelled.NAMES, *reports.NAMES))
        }
        read |= {*numbers} if "measures" in needs else set()
        read |= {"label"} if "said" in needs else set()
        read |= {"content"} if "embeddings" in needs else set()
        read |= ({"content", "text"} if dataset.medium == "text" else {"content"}) if "near" in needs else set()
        with open_table(dataset, at, columns=sorted(read - {"id"}) + (["meta"] if "meta" in needs else [])) as table:
            rows = table.select(["id", *sorted(read - {"id"})], ["not excluded"])
            self._meta = fields(table) if "meta" in needs else {}
            self._bad: Any = _bad(dataset, table.replay) if "bad" in needs else None
            people = labelled.labelled(table) if needs & {*labelled.NAMES} else pa.table({})
        self.count = rows.num_rows
        self._arrays: dict[str, Any] = {name: people[name].combine_chunks() for name in people.column_names}
        for name in rows.column_names:
            column = rows[name].combine_chunks()
            if isinstance(column, pa.ChunkedArray):  # no rows
                column = pa.array([], rows.schema.field(name).type)
            self._arrays[name] = _numbers(column) if name in numbers or name in _NUMBERS else _plain(name, column)
        self.ids = self._arrays["id"]
        self._dataset = dataset
        if needs & {*reports.NAMES}:
            self._arrays |= _reported(dataset, self.ids)
        self._near: Near | None = None
        self._apart: dict[str, NDArray[np.int64]] | None = None
        self._said: Said | None = None
        self._vectors: Embeddings | None = None
        self._numbers = {name: self._arrays[name] for name in numbers if name in self._arrays}

    def of(self, plugin: Plugin) -> list[Any]:
        """What a check asks for. Raises `LookupError` with the reason when something is missing."""
        found: list[Any] = []
        for need in plugin.needs:
            if need == "measures":
                found.append(self._numbers)
            elif need == "meta":
                found.append(self._meta)
            elif need == "bad":
                if isinstance(self._bad, DamagedDataset):
                    raise LookupError(f"{self._bad.what}: {Path(self._bad.where).name}")
                found.append(self._bad)
            elif need == "near":
                from trainset.work.near import (
                    near,
                )  # what finds duplicates and learns is loaded when a check asks for it

                self._near = self._near or near(self._dataset, self._arrays["content"], self._arrays.get("text"))
                found.append(self._near)
            elif need == "apart":
                if self._apart is None:
                    self._apart = apart(self._dataset, self.ids, self.at)
                found.append(self.apart(plugin.name))
            elif need == "said":
                from trainset.work.learned import said

                self._said = self._said or said(self._dataset, self.at, self.ids, self._arrays["label"])
                found.append(self._said)
            elif need == "embeddings":
                from trainset.work.learned import vectors

                self._vectors = self._vectors or vectors(self._dataset, self.at, self._arrays["content"])
                found.append(self._vectors)
            elif need in self._arrays:
                found.append(self._arrays[need])
            else:
                raise LookupError(f"there is no {need} in this dataset")
        return found

    def apart(self, check: str) -> NDArray[np.int64]:
        """The rows of the pairs that were dismissed of a check, as far as it asked for them."""
        return (self._apart or {}).get(check, np.empty((0, 2), np.int64))


def _reported(dataset: Dataset, ids: pa.Array) -> dict[str, pa.Array]:
    """The latest report of each sample, in the columns `reports.NAMES`."""
    found = reports.latest(dataset)
    place = pc.index_in(ids, value_set=found["sample"].combine_chunks())
    return {name: found[name].combine_chunks().take(place) for name in reports.NAMES}


def _run(plugin: Plugin, columns: _Columns, settings: Mapping[str, Any], dismissed: pa.Array) -> CheckResult:
    nothing = pa.array([], pa.binary(16))
    why, what = plugin.section("Why it matters"), plugin.section("What to do")
    facts = plugin.facts["matters"]
    try:
        given = columns.of(plugin)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, on a column without any value
            found: Findings = plugin.target(*given, **settings)
    except LookupError as missing:
        return CheckResult(
            plugin.name, plugin.title, facts, nothing, (), (), (), why, what, skipped=str(missing.args[0])
        )
    rows = np.flatnonzero(found.flagged)
    if len(rows) != len(found.because):
        raise AssertionError(f"check {plugin.name} gives {len(found.because)} reasons for {len(rows)} flagged samples")
    order = np.argsort(-found.severity[rows], kind="stable")
    identifiers = columns.ids.take(pa.array(rows[order]))
    kept = pc.invert(pc.is_in(identifiers, value_set=dismissed)).to_numpy(zero_copy_only=False)
    order = order[kept]
    return CheckResult(
        plugin.name, plugin.title, facts, identifiers.filter(pa.array(kept)), [round(float(s), 4) for s in found.severity[rows[order]]],
        [found.because[int(row)] for row in order], tuple(found.about), why, found.next or what, int((~kept).sum()) + len(columns.apart(plugin.name)),
        bad=bad_files.SCHEMA.empty_table() if found.bad is None else found.bad,
    )  # fmt: skip


def _named(known: Mapping[str, Plugin], name: str, dataset: Dataset) -> Plugin:
    plugin = known.get(name.replace("-", "_"))
    if plugin is None:
        raise UnknownName(
            f"there is no check {name!r} for {dataset.medium or 'an empty dataset'}", expected=", ".join(known)
        )
    return plugin


def _settings(wanted: Mapping[str, Plugin], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    plugin = wanted.get(name.replace("-", "_"))
    if plugin is None:
        raise UnknownName(f"there is no check {name!r} to set anything of", expected=", ".join(wanted))
    chosen = {}
    for key, value in given.items():
        if key not in plugin.settings:
            raise UnknownName(
                f"the check {plugin.name} has no setting {key!r}", expected=", ".join(plugin.settings) or "none"
            )
        chosen[key] = plugin.settings[key].parse(value) if isinstance(value, str) else value
    return chosen


def _every_measure() -> list[str]:
    return [*registry.plugins("measure")]


def _numbers(column: pa.Array) -> Any:
    return column.cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False)


def _plain(name: str, column: pa.Array) -> pa.Array:
    return column.cast(pa.binary(16)) if name in ("id", "content") else column


def _bad(dataset: Dataset, replayed: Replay) -> pa.Table | DamagedDataset:
    """Outcomes are a cache: damaged ones cost the check that is about them, and no other."""
    try:
        return bad_files.bad(dataset, replayed)
    except DamagedDataset as damage:
        return damage
