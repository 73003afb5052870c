"""Preview: what an import would read, without reading the files themselves or changing the dataset."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import Plugin
from trainset.errors import TrainsetError
from trainset.formats import _lists
from trainset.formats._columns import match, parse_mapping
from trainset.formats._csv_rows import CsvRows
from trainset.formats._json_rows import JsonRows
from trainset.formats._lines import NotATable
from trainset.formats._room import TooMuch
from trainset.formats._tables import JSON_SUFFIXES
from trainset.formats._walk import plain_files
from trainset.formats._zip import ENTRY, FAULTS, opened
from trainset.media import kinds
from trainset.model import SPLIT_SPELLINGS, Outcome
from trainset.store import paths
from trainset.store.dataset import Dataset
from trainset.work import unpack
from trainset.work.chosen_format import choose_format

MOST = 200_000
"""Files and rows that are looked at; of more it is said that there are more."""
_SHOWN, _NAMED, _CLASSES = 8, 20, 200
_LONGEST = 300  # characters of a text that is shown
_LISTS = 10  # lists of a folder that are looked into for their columns


@dataclass(frozen=True)
class Preview:
    """What an import would read. format: as `trainset import --format` takes it; title: for people; count: of files or rows; unit: file, row or member;
    more: there are more than were counted; media: medium -> how many files by their names; labels, splits: name -> how many; columns: of the
    list, in its order; mapping: our column -> theirs; rows: some as they would be; remarks: what the format says; left_out: files and rows that
    are none, with outcome and reason, the first of left_out_count; trouble: why nothing can be read as it is, and next: what to do then;
    settings: those of the format that a person may choose here."""

    format: str
    title: str
    count: int = 0
    unit: str = "file"
    more: bool = False
    media: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    classes: int = 0
    unlabelled: int = 0
    splits: Mapping[str, int] = field(default_factory=dict)
    columns: Sequence[str] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Mapping[str, str | None]] = ()
    remarks: Sequence[str] = ()
    left_out: Sequence[tuple[str, str, str]] = ()
    left_out_count: int = 0
    trouble: str = ""
    next: str = ""
    settings: Sequence[str] = ()


def preview(
    dataset: Dataset, source: str | os.PathLike[str], *, format: str = "", settings: Mapping[str, Any] | None = None
) -> Preview:
    """Looks at a folder, list or archive as an import with this format and these settings would. Raises `BadSource`, `BadValue`."""
    place, chosen = Path(source), dict(settings or {})
    packed = unpack.unpacker(place, format)
    if packed is not None:
        return _packed(place, packed)
    plugin = choose_format(place, format)
    known = plugin.settings_of("read")
    counts, heard = _Counts(), _Heard()
    trouble = following = ""
    columns: Sequence[str] = ()
    mapping: Mapping[str, str] = {}
    try:
        columns, mapping = _columns(place, plugin, chosen)
        if place.is_file() and plugin.facts["folder"]:
            counts.one(paths.from_local(place.name))
        else:
            reads = plugin.target().read(
                place, heard, **{name: value for name, value in chosen.items() if name in known}
            )
            for batch in reads:
                counts.add(batch)
                if counts.count >= MOST:
                    break
    except TrainsetError as error:
        trouble, following = ". ".join(filter(None, [error.what, error.detail])), error.next
    if not counts.count and not trouble:
        trouble = heard.left_out[0][2] if heard.left_out else "there is nothing to import here"
        following = "say which column is which" if columns else ""
    return Preview(
        plugin.name, plugin.title, counts.count, "row" if counts.texts else "file", counts.count >= MOST, counts.media,
        dict(counts.labels.most_common(_CLASSES)), len(counts.labels), counts.unlabelled, dict(counts.splits), columns, mapping, counts.rows,
        heard.remarks, heard.left_out, heard.count, trouble, following, [name for name in ("folders", "map") if name in known],
    )  # fmt: skip


class _Counts:
    def __init__(self) -> None:
        self.count = self.unlabelled = 0
        self.texts = False
        self.media: Counter[str] = Counter()
        self.labels: Counter[str] = Counter()
        self.splits: Counter[str] = Counter()
        self.rows: list[dict[str, str | None]] = []

    def one(self, path: str) -> None:
        """A file by itself."""
        self.count = self.unlabelled = 1
        self.media[kinds.medium_of(path) or "other"] += 1
        self.rows = [{"path": path, "text": None, "label": None, "split": None, "contributor": None}]

    def add(self, batch: pa.RecordBatch) -> None:
        """Candidates as the format hands them on."""
        self.count += batch.num_rows
        self.texts = self.texts or batch["path"].null_count == batch.num_rows
        for name, counter in (("label", self.labels), ("split", self.splits)):
            for pair in batch[name].value_counts().to_pylist():
                if pair["values"] is not None:
                    counter[pair["values"]] += pair["counts"]
        self.unlabelled += batch["label"].null_count
        files = batch["path"].drop_null()
        if len(files):
            endings = pc.utf8_lower(pc.replace_substring_regex(files, r".*(\.[^./]*)$", r"\1"))
            for pair in endings.value_counts().to_pylist():
                self.media[kinds.medium_of("x" + pair["values"][-20:]) or "other"] += pair["counts"]
        if len(self.rows) < _SHOWN:
            some = batch.slice(0, _SHOWN - len(self.rows)).select(["path", "text", "label", "split", "contributor"])
            self.rows += [
                {name: None if value is None else value[:_LONGEST] for name, value in row.items()}
                for row in some.to_pylist()
            ]


class _Heard:
    """What a format reports on its way. Implements `contracts.Outcomes`."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self.left_out: list[tuple[str, str, str]] = []
        self.count = 0

    def file(self, path: str, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """A file that is no sample; a list whose rows are the samples is none that is left out."""
        self.remarks += [] if len(self.remarks) > _NAMED else remarks
        if outcome.is_bad or not reason.startswith("a list:"):
            self._left(path, outcome, reason)

    def row(self, list_name: str, row: int, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """A row that is no sample."""
        self._left(f"{list_name}, row {row}", outcome, reason)

    def remark(self, text: str) -> None:
        """Something about the source as a whole."""
        if len(self.remarks) <= _NAMED:
            self.remarks.append(text)

    def _left(self, name: str, outcome: Outcome, reason: str) -> None:
        self.count += 1
        if len(self.left_out) < _NAMED:
            self.left_out.append((name, str(outcome), reason))


def _columns(place: Path, plugin: Plugin, chosen: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The columns of the list, and which of them is which of ours; none where there is no list, or it has no header."""
    mapping = parse_mapping(str(chosen.get("map", "")))
    if place.is_dir():
        if plugin.name != "class_folders" or chosen.get("list") == "none":
            return [], {}
        files = [paths.from_local(os.path.relpath(path, place)) for path in plain_files(place)]
        lists = [path for path in files if path.lower().endswith(_lists.SUFFIXES)]
        shown = next((path for path in lists if path.rsplit("/", 1)[-1].lower().startswith("metadata.")), "")
        top = [path for path in lists if "/" not in path][:_LISTS]
        shown = str(chosen.get("list") or shown)
        if not shown and top:  # the one of which most is known: the others may be notes beside it
            found = [_matched(place / paths.local(path), chosen, mapping) for path in top]
            return max(found, key=lambda pair: len(pair[1]))
        if not shown:
            return [], {}
        place = place / paths.local(shown)
    elif plugin.name not in ("csv", "jsonl"):
        return [], {}
    return _matched(place, chosen, mapping)


def _matched(place: Path, chosen: Mapping[str, Any], mapping: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """The columns of one list, and which of them is which of ours."""
    options = {name: str(chosen.get(name, "")) for name in ("encoding", "delimiter")}
    try:
        rows: CsvRows | JsonRows = (
            JsonRows(place, encoding=options["encoding"])
            if place.suffix.lower() in JSON_SUFFIXES
            else CsvRows(place, **options)
        )
    except NotATable:
        return [], {}
    names = list(rows.columns)
    try:
        return names, dict(match(rows.columns, mapping, place.name).mapped)
    except NotATable:
        return names, {ours: theirs for ours, theirs in mapping.items() if theirs in names}


def _packed(place: Path, packed: Plugin) -> Preview:
    """Of an archive only the names, where they can be had without unpacking; the rest is said after the import."""
    title, settings = packed.title, [name for name in ("map",) if name in packed.settings_of("unpack")]
    if place.is_file() and place.suffix.lower() == ".zip":
        try:
            with place.open("rb") as file, opened(file, ENTRY * MOST) as archive:
                names = [one.filename for one in archive.infolist() if not one.is_dir()]
        except (*FAULTS, TooMuch, MemoryError) as error:
            return Preview(packed.name, title, trouble=f"this archive cannot be read: {str(error)[:200]}")
        media = Counter(kinds.medium_of(name) or "other" for name in names[:MOST])
        read = [_by_folders(name) for name in names[:MOST] if kinds.medium_of(name)]
        clear = bool(read) and len({len(one) for one in read}) == 1 and bool(read[0])  # else the import finds out
        labels = Counter(one["label"] for one in read) if clear else Counter[str]()
        splits = Counter(one["split"] for one in read if "split" in one) if clear else Counter[str]()
        rows = [
            {"path": name[:_LONGEST], "text": None, **(_by_folders(name) if clear else {})} for name in names[:_SHOWN]
        ]
        return Preview(
            packed.name, title, len(names), "member", media=media, labels=dict(labels.most_common(_CLASSES)), classes=len(labels),
            splits=dict(splits), rows=rows, settings=settings,
        )  # fmt: skip
    if place.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        try:
            facts = pq.ParquetFile(place)
            columns = list(facts.schema_arrow.names)
        except (OSError, pa.ArrowException) as error:
            return Preview(packed.name, title, trouble=f"this file cannot be read: {str(error)[:200]}")
        return Preview(
            packed.name, title, facts.metadata.num_rows, "row", columns=columns, settings=settings,
        )  # fmt: skip
    return Preview(packed.name, title, 1, "file", settings=settings)


def _by_folders(name: str) -> dict[str, str]:
    """What the folders around a file most likely mean: `class/file` or `split/class/file`."""
    folders = name.split("/")[:-1]
    if len(folders) == 2 and folders[0].lower() in SPLIT_SPELLINGS:
        return {"label": folders[1], "split": folders[0]}
    return {"label": folders[0]} if len(folders) == 1 and folders[0].lower() not in SPLIT_SPELLINGS else {}
