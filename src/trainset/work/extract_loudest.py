"""Extract the loudest: each recording is cut to its loudest stretch, as a new sample; what is too quiet is excluded."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import BadValue
from trainset.formats import _json
from trainset.media.limits import DEFAULT_LIMITS
from trainset.model import Entry, EntryKind
from trainset.store import ids, log, paths
from trainset.store.dataset import Dataset
from trainset.store.query import QueryTable
from trainset.store.schema import EXPORTED
from trainset.work import cut
from trainset.work.derived import COLUMNS, Derived, asked_of, marked_noise
from trainset.work.person import acting
from trainset.work.selection import Named, Selection, chosen

Progress = Callable[[int], None]
"""Called with how many more recordings are done."""

QUIET = -60.0
"""dBFS, as in the check near_silent. Warden's extract_loudest_section drops what has a mean magnitude below 0.004, which is
-48 dBFS: among real digits that loses quiet speakers who are well understood."""

_SECONDS_AT_ONCE = 64.0  # of windows in one batch, which travels back as bytes


@dataclass(frozen=True)
class LoudestReport:
    """What became of the recordings asked for: `cut` to new samples of `source`, kept `whole` because they are no longer,
    too `quiet` and excluded, `unchanged` because they had been cut before, background `noise` left as it is, or failed; their sum
    is all of them.

    replaced: originals that are excluded because their loudest stretch stands for them. failed: the first, with reasons.
    """

    source: str
    action: int | None
    cut: int
    whole: int
    quiet: int
    unchanged: int
    noise: int
    replaced: int
    failed: tuple[str, ...]
    failed_count: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "failed": list(self.failed)}


def extract_loudest(
    dataset: Dataset, samples: Named = (), *, seconds: float = 1.0, below: float = QUIET, where: str = "", check: str = "",
    keep_originals: bool = False, reason: str = "", person: str = "", progress: Progress | None = None,
    waiting: Callable[[], None] | None = None,
) -> LoudestReport:  # fmt: skip
    """Cuts recordings to their loudest `seconds`, into new samples of a source of their own, as one action.

    Label, split, contributor and metadata are taken over; `meta.original` names the sample a window is from. Originals are
    excluded, unless `keep_originals`. What is quieter than `below` (dBFS of its loudest stretch) is excluded without being cut,
    and what is no longer than `seconds` stays as it is, as does background noise that is not named: it is long on purpose, and no class.
    Nothing on disk is written over, and a second run adds nothing.
    Raises `BadValue` when the dataset holds no recordings, or the selection is empty.
    """
    started = time.monotonic()
    if dataset.medium != "audio":
        raise BadValue("only recordings can be cut", got=dataset.medium or "an empty dataset")
    if not 0 < seconds <= DEFAULT_LIMITS.seconds or not math.isfinite(below):
        raise BadValue(
            "this is no length or level",
            expected=f"seconds up to {DEFAULT_LIMITS.seconds:g}, and a level in dBFS",
            got=f"{seconds:g} s, {below:g} dBFS",
        )
    with dataset.one_at_a_time("import", waiting):
        selection = Selection.of(samples, where, check)
        found = chosen(dataset, selection)
        wanted = found.filter(pc.invert(found["excluded"]))["id"].combine_chunks().cast(pa.binary(16))
        job = _Extraction(dataset, seconds, below, keep_originals, progress or (lambda done: None))
        job.with_noise = bool(selection.ids)
        action = job.run(wanted, acting(person), reason)
    return LoudestReport(
        job.made.name, action, job.cut, job.whole, len(job.quiet), job.unchanged, job.noise, len(job.replaced), job.made.shown,
        len(job.made.failed), time.monotonic() - started,
    )  # fmt: skip


class _Extraction:
    """One extraction on its way: recordings in, windows written beside one another, a list of them imported."""

    def __init__(self, dataset: Dataset, seconds: float, below: float, keep: bool, progress: Progress) -> None:
        self.dataset, self.seconds, self.below, self.keep, self.progress = dataset, seconds, below, keep, progress
        self.made = Derived(dataset, f"loudest-{seconds:g}s")
        self.cut = self.whole = self.unchanged = self.noise = 0
        self.with_noise = False
        self.quiet: list[Entry] = []
        self.replaced: list[bytes] = []
        self.unsplit: list[bytes] = []
        self.splits = False

    def run(self, wanted: pa.Array, person: str, reason: str) -> int | None:
        """Returns the position of the action; None when nothing had to change."""
        self.before = {
            (str(meta.get("original")), str(meta.get("original_content"))): not row["excluded"]
            for row, meta in self.made.earlier()
        }
        with QueryTable(self.dataset, None, COLUMNS[:7], only=wanted) as table:
            self.made.require_own(table)
            cuts = self._cuts(table)
            first = next(cuts, None)
            if first is None:
                stands = f"its loudest {self.seconds:g} s stand for it"
                reason = reason or (stands if self.replaced else f"quieter than {self.below:g} dBFS")
                return log.append(self.dataset, "extract-loudest", person, reason, self._entries())
            reason = reason or f"cut to the loudest {self.seconds:g} s"
            return self.made.import_(
                chain([first], cuts), "extract-loudest", person, reason, lambda: [*self._entries(), *self._pinned()]
            )

    def _cuts(self, table: QueryTable) -> Iterator[pa.RecordBatch]:
        """The windows, written, as batches of `EXPORTED`; what else became of recordings is counted."""
        rows = self._but_noise(table, table.select(list(COLUMNS)))
        rows = rows.filter(pa.array([self._is_new(row) for row in rows.to_pylist()], pa.bool_()))
        size = max(1, min(64, int(_SECONDS_AT_ONCE / self.seconds)))
        settings = {"seconds": self.seconds, "below": self.below}
        for some, answer in self.made.answers(table, rows, cut.LOUDEST, settings, size, asked_of, cut.failed):
            metas = table.details(some, ["meta"])["meta"].to_pylist()
            made = [
                window
                for row, said, meta in zip(some.to_pylist(), answer.to_pylist(), metas, strict=True)
                if (window := self._became(row, said, meta)) is not None
            ]
            self.progress(some.num_rows)
            if made:
                yield pa.RecordBatch.from_pylist(made, schema=EXPORTED)

    def _but_noise(self, table: QueryTable, rows: pa.Table) -> pa.Table:
        """Without background noise, which is mixed in whole and has no label; it is counted."""
        if self.with_noise:
            return rows
        noise = marked_noise(table, rows)
        self.noise = noise.true_count
        self.progress(self.noise)
        return rows.filter(pc.invert(noise))

    def _is_new(self, row: dict[str, Any]) -> bool:
        """Whether a recording has to be read; one that was cut before is counted, and its window may stand for it again."""
        stands = self.before.get((row["id"].hex(), row["content"].hex()))
        if stands is None:
            return True
        self.unchanged += 1
        if stands and not self.keep:
            self.replaced.append(row["id"])
        self.progress(1)
        return False

    def _became(self, row: dict[str, Any], said: dict[str, Any], meta: str | None) -> dict[str, Any] | None:
        """Counts what became of a recording, and writes its window if it has one."""
        if said["became"] == "failed":
            self.made.failed.append(f"{row['source']}: {row['path']}: {said['reason']}")
        elif said["became"] == "quiet":
            text = f"too quiet: {said['dbfs']:.1f} dBFS at its loudest, less than {self.below:g}"
            self.quiet.append(Entry(EntryKind.EXCLUDE, sample=row["id"], value=text))
        elif said["became"] == "whole":
            self.whole += 1
        else:
            return self._window(row, said, meta)
        return None

    def _window(self, row: dict[str, Any], said: dict[str, Any], meta: str | None) -> dict[str, Any]:
        path = self.made.write(row, said["wav"])
        self.cut += 1
        if not self.keep:
            self.replaced.append(row["id"])
        self.splits |= row["split"] is not None
        if row["split"] is None:
            self.unsplit.append(ids.sample_id(self.made.name, ids.file_key(paths.decode(path))))
        facts = {
            **(_json.loads(meta)[0] if meta else {}), "original": row["id"].hex(), "original_content": row["content"].hex(),
            "original_start": round(said["start"], 6),
        }  # fmt: skip
        return {
            "id": row["id"].hex(), "name": path.rpartition("/")[2], "path": path, "label": row["label"], "split": row["split"],
            "contributor": row["contributor"], "meta": json.dumps(facts),
        }  # fmt: skip

    def _pinned(self) -> list[Entry]:
        """Where a list has no split at all, an import proposes some: windows have that of their originals, which is none."""
        return [] if self.splits else [Entry(EntryKind.SPLIT, sample=identifier) for identifier in self.unsplit]

    def _entries(self) -> list[Entry]:
        return [*(Entry(EntryKind.EXCLUDE, sample=identifier) for identifier in self.replaced), *self.quiet]
