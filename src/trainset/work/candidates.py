"""From candidates to samples: identity, what is known already, what changed or moved, and the outcome of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.model import SPLIT_SPELLINGS, Outcome
from trainset.store import ids, parts, paths
from trainset.store.dataset import Dataset
from trainset.store.outcomes import SCHEMA as OUTCOMES
from trainset.store.outcomes import Spool
from trainset.store.replay import Replay
from trainset.store.schema import SAMPLES
from trainset.work.known import Known
from trainset.work.proposed_split import proposed_split

_CLAIMS = {"label": "label", "split": "canonical", "split_given": "split", "contributor": "contributor", "meta": "meta"}
"""What a source says of a sample besides its content: column of a part -> column of a candidate."""
_STAT = ("size", "mtime_ns", "ctime_ns")


@dataclass(frozen=True)
class Kept:
    """Some candidates, done: their samples, measures (null when made before), previews, and outcomes."""

    samples: pa.RecordBatch
    measures: pa.RecordBatch | None
    previews: list[tuple[bytes, bytes]]
    outcomes: pa.RecordBatch
    replaces: int

    @property
    def seen(self) -> int:
        """How many candidates they were."""
        return int(self.outcomes.num_rows)


class Sifter:
    """Tells new from known, and turns what was decoded into rows of the dataset."""

    def __init__(
        self,
        source: str,
        root: Path,
        known: Known,
        spool: Spool,
        split_names: Mapping[str, str],
        *,
        several: bool,
        rehash: bool,
    ) -> None:
        """`several`: whether the source may hold several lists, whose rows then carry the list's name in their identity."""
        self.source, self.root, self.known, self.spool, self.rehash = source, root, known, spool, rehash
        self.several = several
        self.splits = {**SPLIT_SPELLINGS, **{spelling.lower(): name for spelling, name in split_names.items()}}
        self.present = 0
        self.has_splits = False
        self.by_rows = False
        self._occurrences: dict[bytes, int] = {}
        self._texts_seen = np.empty(0, np.uint64)
        self._list = ""
        self._named: set[str] = set()
        self._before: dict[str, dict[str, Any]] = {}

    def reusable(self, dataset: Dataset, replay: Replay) -> None:
        """Takes note of what an interrupted import of this source has decoded: parts that no action names."""
        named = {part.name for part in replay.parts}
        for path in sorted(dataset.place("samples").glob("*.parquet")):
            facts = parts.facts(path)
            if path.name in named or facts.get("source") != self.source or facts.get("root") != str(self.root):
                continue
            for batch in parts.batches(path, SAMPLES.names, SAMPLES):
                self._before.update({row["path"]: row for row in batch.to_pylist() if row["path"] is not None})

    @property
    def all_new(self) -> bool:
        """Whether nothing of this source is in the dataset yet."""
        return not self.known.table.num_rows

    def sift(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Kept]]:
        """The candidates of a batch that must be decoded, with an `id`; and those that need not be, done."""
        self.has_splits |= batch["split"].null_count < batch.num_rows
        self.by_rows |= batch["path"].null_count == batch.num_rows
        canonical, unknown = self._canonical(batch["split"])
        batch = batch.set_column(batch.schema.names.index("remarks"), "remarks", unknown(batch["remarks"]))
        if self.by_rows:
            batch, contents = self._identified(batch)
            place = self.known.by_id(batch["id"])
            before = self.known.contents.take(place)
            same = pc.fill_null(pc.equal(before, contents), False)
        else:
            batch = self._once(batch)
            canonical, _ = self._canonical(batch["split"])
            batch = batch.append_column("id", pa.nulls(batch.num_rows, pa.binary(16)))
            place = self.known.by_path(batch["path"])
            same = self._same_on_disk(batch, place)
        batch = batch.append_column("canonical", canonical)
        reused: list[Kept] = []
        if pc.any(pc.is_valid(place)).as_py():
            self.known.seen[place.drop_null().to_numpy()] = True
            reused += self._known_rows(batch.filter(same), place.filter(same))
        fresh = batch.filter(pc.invert(same))
        if self._before and not self.by_rows:
            fresh, again = self._decoded_before(fresh)
            reused += again
        return fresh, reused

    def _once(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Files by their plain paths, each the first time it is named; `./a//b` is `a/b`."""
        plain = [paths.normal(path) for path in batch["path"].to_pylist()]
        first = [path not in self._named and not self._named.add(path) for path in plain]  # type: ignore[func-returns-value]
        place = batch.schema.get_field_index("path")
        batch = batch.set_column(place, batch.schema.field(place), pa.array(plain, pa.string()))
        if all(first):
            return batch
        for row in batch.filter(pa.array([not new for new in first])).select(["path", "list", "row"]).to_pylist():
            reason = f"{row['path']!r} is named by an earlier row, which counts"
            self.spool.row(row["list"] or "", row["row"] or 0, Outcome.UNREADABLE, reason)
        return batch.filter(pa.array(first))

    def decoded(self, batch: pa.RecordBatch, answer: pa.RecordBatch) -> Kept:
        """Puts candidates and what the decoding pass said of them together."""
        outcomes = answer["outcome"].to_pylist()
        replaces = 0
        if self.by_rows:
            identifiers, contents = batch["id"], batch["content"]
            edited = pc.is_valid(
                self.known.by_id(identifiers)
            ).to_pylist()  # a row with an id of its own, its text changed
            edited = [e and o == Outcome.ADDED for e, o in zip(edited, outcomes, strict=True)]
            outcomes = [str(Outcome.CHANGED) if e else o for e, o in zip(edited, outcomes, strict=True)]
            replaces = sum(edited)
        else:
            contents = answer["content"]
            if self.known.places:
                chosen: Sequence[bytes | None] = self._file_identities(batch, contents, outcomes)
                replaces = sum(outcome in (Outcome.CHANGED, Outcome.MOVED) for outcome in outcomes)
            else:  # a new source: every file is new
                chosen = ids.file_ids(self.source, [paths.decode(path) for path in batch["path"].to_pylist()])
            identifiers = pa.array(chosen, pa.binary(16))
            identifiers = pc.if_else(pc.is_valid(contents), identifiers, pa.scalar(None, pa.binary(16)))
        good = pc.is_in(pa.array(outcomes), pa.array([str(o) for o in Outcome if o.in_dataset]))
        remarks = answer["remarks"]
        if batch["remarks"].null_count < batch.num_rows:
            both = zip(batch["remarks"].to_pylist(), remarks.to_pylist(), strict=True)
            remarks = pa.array([[*(a or []), *(b or [])] for a, b in both], pa.list_(pa.string()))
        text = batch["text"] if self.by_rows else answer["text"]
        size = pc.binary_length(pc.cast(text, pa.binary())).cast(pa.int64()) if self.by_rows else answer["size"]
        samples = self._samples(
            batch,
            identifiers,
            contents,
            text,
            remarks,
            {"size": size, "mtime_ns": answer["mtime_ns"], "ctime_ns": answer["ctime_ns"]},
        )
        numbers = [
            name
            for name in answer.schema.names
            if name not in ("outcome", "reason", "remarks", "content", "preview", "text", *_STAT)
        ]
        measures = pa.record_batch(
            [contents.cast(pa.binary(16)), *(answer[name] for name in numbers)], names=["content", *numbers]
        )
        previews = [
            (c, p)
            for c, p in zip(contents.to_pylist(), answer["preview"].to_pylist(), strict=True)
            if c is not None and p is not None
        ]
        done = _outcomes(batch, outcomes, answer["reason"], remarks, contents)
        new = pc.and_(
            good, pc.not_equal(pa.array([str(o) for o in outcomes]), str(Outcome.ALREADY_PRESENT))
        )  # else only touched
        return Kept(samples.filter(new), measures.filter(good), previews, done, replaces)

    def _file_identities(self, batch: pa.RecordBatch, contents: pa.Array, outcomes: list[str]) -> list[bytes | None]:
        """The ids of decoded files (none where there is no sample); their outcomes are brought up to date."""
        chosen: list[bytes | None] = []
        for row, (path, content) in enumerate(zip(batch["path"].to_pylist(), contents.to_pylist(), strict=True)):
            if outcomes[row] != Outcome.ADDED:
                chosen.append(None)
                continue
            identifier, outcomes[row] = self._file_identity(path, content)
            if outcomes[row] == Outcome.ALREADY_PRESENT and self._says_otherwise(
                batch.slice(row, 1), self.known.places[path]
            ):
                outcomes[row] = Outcome.CHANGED
            chosen.append(identifier)
        return chosen

    def _samples(
        self,
        batch: pa.RecordBatch,
        identifiers: pa.Array,
        contents: pa.Array,
        text: pa.Array,
        remarks: pa.Array,
        stat: Mapping[str, pa.Array],
    ) -> pa.RecordBatch:
        hashed = [
            proposed_split(c, k) for c, k in zip(batch["contributor"].to_pylist(), contents.to_pylist(), strict=True)
        ]
        values = {
            "id": identifiers, "source": pa.array([self.source] * batch.num_rows), "path": batch["path"], "text": text, "content": contents,
            "label": batch["label"], "split": batch["canonical"], "split_given": batch["split"], "split_proposed": pa.array(hashed, pa.string()),
            "contributor": batch["contributor"], "meta": batch["meta"], "remarks": remarks, **stat,
        }  # fmt: skip
        return pa.record_batch([values[field.name].cast(field.type) for field in SAMPLES], schema=SAMPLES)

    def _known_rows(self, batch: pa.RecordBatch, place: pa.Array) -> list[Kept]:
        """Rows whose content is known: present as they are, or changed in what the source says of them."""
        if not batch.num_rows:
            return []
        rows = self.known.table.take(place)
        changed = _differ(rows, batch)
        keep = pa.array(changed)
        outcomes = [str(Outcome.CHANGED if c else Outcome.ALREADY_PRESENT) for c in changed]
        reasons = pa.array(["the source says other things of it" if c else "" for c in changed])
        done = _outcomes(batch, outcomes, reasons, rows["remarks"].combine_chunks(), rows["content"].combine_chunks())
        self.present += int((~changed).sum())
        if not changed.any():
            self.spool.add(done)
            return []
        stat = {name: rows[name].combine_chunks() for name in _STAT}
        text = batch["text"]
        samples = self._samples(
            batch,
            rows["id"].combine_chunks(),
            rows["content"].combine_chunks(),
            text,
            rows["remarks"].combine_chunks(),
            stat,
        )
        return [Kept(samples.filter(keep), None, [], done, int(changed.sum()))]

    def _decoded_before(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[Kept]]:
        found = [self._before.get(path) for path in batch["path"].to_pylist()]
        stats = [self._stat(path) for path in batch["path"].to_pylist()]
        again = [
            row is not None and tuple(row[name] for name in _STAT) == stat
            for row, stat in zip(found, stats, strict=True)
        ]
        if not any(again):
            return batch, []
        rows = [row for row, good in zip(found, again, strict=True) if good and row is not None]
        mine = batch.filter(pa.array(again))
        contents = pa.array([row["content"] for row in rows], pa.binary(16))
        identities = [self._file_identity(row["path"], row["content"]) for row in rows]
        remarks = pa.array([row["remarks"] for row in rows], pa.list_(pa.string()))
        stat = {name: pa.array([row[name] for row in rows], pa.int64()) for name in _STAT}
        text = pa.array([row["text"] for row in rows], pa.string())
        samples = self._samples(
            mine, pa.array([i for i, _ in identities], pa.binary(16)), contents, text, remarks, stat
        )
        outcomes = [str(outcome) for _, outcome in identities]
        done = _outcomes(mine, outcomes, pa.array([""] * len(rows)), remarks, contents)
        replaces = sum(outcome in (Outcome.CHANGED, Outcome.MOVED) for _, outcome in identities)
        return batch.filter(pa.array([not good for good in again])), [Kept(samples, None, [], done, replaces)]

    def _says_otherwise(self, row: pa.RecordBatch, place: int) -> bool:
        return bool(_differ(self.known.table.slice(place, 1), row)[0])

    def _file_identity(self, path: str, content: bytes) -> tuple[bytes, Outcome]:
        """The id of a decoded file, and whether it is new, changed, or a known one that moved here."""
        known = self.known
        place = known.places.get(path)
        if place is not None:
            same = known.contents[place].as_py() == content
            return known.ids[place].as_py(), Outcome.ALREADY_PRESENT if same else Outcome.CHANGED
        if known.vanished.get(content):
            place = known.vanished[content].pop(0)
            known.seen[place] = True
            return known.ids[place].as_py(), Outcome.MOVED
        identifier = ids.sample_id(self.source, ids.file_key(paths.decode(path)))
        if identifier in known.taken:  # the sample that had this path first has moved elsewhere
            identifier = ids.sample_id(self.source, ids.file_key(paths.decode(path) + b"\0" + content))
        return identifier, Outcome.ADDED

    def _same_on_disk(self, batch: pa.RecordBatch, place: pa.Array) -> pa.Array:
        if self.rehash or place.null_count == len(place):
            return pa.array(np.zeros(batch.num_rows, bool))
        stat = [self.known.table[name] for name in _STAT]
        result = []
        for path, where in zip(batch["path"].to_pylist(), place.to_pylist(), strict=True):
            result.append(where is not None and self._stat(path) == tuple(column[where].as_py() for column in stat))
        return pa.array(result, pa.bool_())

    def _stat(self, path: str) -> tuple[int, int, int] | None:
        try:
            found = (self.root / paths.local(path)).stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _identified(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Array]:
        """Rows without files: content hash of the text, and the id from the row's own id or the text and its occurrence."""
        encoded = [text.encode() for text in batch["text"].to_pylist()]
        contents = [ids.content_hash(text) for text in encoded]
        keys = []
        for key, name in zip(batch["key"].to_pylist(), batch["list"].to_pylist(), strict=True):
            if name != self._list:
                self._list, self._occurrences, self._texts_seen = name, {}, np.empty(0, np.uint64)
            keys.append(ids.row_key(key) if key is not None else None)
        counted = self._counted([content for content, key in zip(contents, keys, strict=True) if key is None])
        several = self._list.encode() + b"\0" if self.several else b""
        chosen = [
            ids.sample_id(self.source, several + (key if key is not None else ids.text_key(content, next(counted))))
            for content, key in zip(contents, keys, strict=True)
        ]
        hashed = pa.array(contents, pa.binary(16))
        batch = batch.append_column("id", pa.array(chosen, pa.binary(16))).append_column("content", hashed)
        return batch, hashed

    def _counted(self, contents: Sequence[bytes]) -> Any:
        """For each content how many equal ones came before it in its list. Only texts that occur again cost memory:
        of the others the first 8 bytes of the hash are kept, sorted."""
        if not contents:
            return iter(())
        first = np.frombuffer(b"".join(contents), "<u8")[::2]
        seen = self._texts_seen
        before = np.zeros(len(first), bool)
        if len(seen):
            before = seen[np.minimum(np.searchsorted(seen, first), len(seen) - 1)] == first
        values, where, inverse, counts = np.unique(first, return_index=True, return_inverse=True, return_counts=True)
        again = before | (counts[inverse] > 1)
        result = []
        for content, old, repeated in zip(contents, before.tolist(), again.tolist(), strict=True):
            if not repeated:
                result.append(0)
                continue
            count = self._occurrences.get(content, 1 if old else 0)
            result.append(count)
            self._occurrences[content] = count + 1
        fresh = values[~before[where]]
        self._texts_seen = np.insert(seen, np.searchsorted(seen, fresh), fresh)  # sorted stays sorted, in one pass
        return iter(result)

    def _canonical(self, given: pa.Array) -> tuple[pa.Array, Any]:
        if given.null_count == len(given):
            return pa.nulls(len(given), pa.string()), lambda remarks: remarks
        spelled = given.unique().to_pylist()
        names = {spelling: self.splits.get(spelling.strip().lower()) for spelling in spelled if spelling is not None}
        odd = {spelling for spelling, name in names.items() if name is None}
        canonical = pa.array([names.get(spelling) for spelling in given.to_pylist()], pa.string())

        def remarked(remarks: pa.Array) -> pa.Array:
            if not odd:
                return remarks
            both = zip(remarks.to_pylist(), given.to_pylist(), strict=True)
            return pa.array(
                [[*(r or []), f"unknown split: {s}"] if s in odd else r for r, s in both], pa.list_(pa.string())
            )

        return canonical, remarked


def _differ(rows: pa.Table, batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Whether the source says other things of samples than it did: label, split, contributor, metadata."""
    changed = np.zeros(batch.num_rows, bool)
    for name, theirs in _CLAIMS.items():
        before, now = rows[name].combine_chunks(), batch[theirs]
        unequal = pc.fill_null(pc.not_equal(before, now), False)
        changed |= np.asarray(pc.or_(unequal, pc.xor(pc.is_null(before), pc.is_null(now))))
    return changed


def _outcomes(
    batch: pa.RecordBatch, outcomes: Sequence[str], reasons: pa.Array, remarks: pa.Array, contents: pa.Array
) -> pa.RecordBatch:
    """Outcomes in the columns of the spool: one per file, and one per row of a list."""
    listed = pc.is_valid(batch["row"])
    filed = pc.is_valid(batch["path"])
    found = pa.array([str(outcome) for outcome in outcomes])
    good = pc.is_in(found, pa.array([str(o) for o in Outcome if o.in_dataset]))
    content = pc.if_else(good, contents.cast(pa.binary(16)), pa.scalar(None, pa.binary(16)))
    nothing = pa.nulls(batch.num_rows, pa.binary(16))

    def rows(kind: str, name: pa.Array, row: pa.Array, content: pa.Array, mask: pa.Array) -> pa.RecordBatch:
        echoes = filed if kind == "row" else pc.invert(filed)
        whole = pa.record_batch(
            [pa.array([kind] * batch.num_rows), name, row, found, reasons, remarks, content, echoes], schema=OUTCOMES
        )
        return whole.filter(mask)

    pieces = [
        rows("file", batch["path"], pa.nulls(batch.num_rows, pa.int64()), content, filed),
        rows("row", batch["list"], batch["row"], pc.if_else(filed, nothing, content), listed),
    ]
    return pa.Table.from_batches(pieces).combine_chunks().to_batches()[0] if batch.num_rows else pieces[0]
