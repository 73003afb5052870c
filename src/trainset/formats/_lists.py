"""Lists beside files: `metadata.csv` of any folder, or the one table in the top folder that names the files beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import Outcomes
from trainset.errors import BadSource, UnknownName, Unsafe
from trainset.formats import _tables
from trainset.formats._columns import SYNONYMS, listed, parse_mapping, plain_name
from trainset.formats._names import safe_name
from trainset.model import SPLIT_SPELLINGS, Outcome
from trainset.store import paths
from trainset.store.schema import CANDIDATES

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson")

_CLAIMS = ("label", "split", "contributor", "meta")
_MOST_TRIED = 50


@dataclass
class Listing:
    """The lists of a folder. `rows`: for lists of files, one row per listed path, in the columns of `CANDIDATES`."""

    lists: frozenset[str] = frozenset()
    tables: tuple[_tables.Table, ...] = ()
    rows: pa.Table = field(default_factory=CANDIDATES.empty_table)
    seen: set[int] = field(default_factory=set)

    @property
    def has_labels(self) -> bool:
        """Whether a list says the label of files."""
        return any("label" in table.mapped and "path" in table.mapped for table in self.tables)

    def joined(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Walked files with what the lists say of them: a list's columns win over folder names, a disagreement is a remark."""
        if not self.rows.num_rows:
            return batch
        place = pc.index_in(batch["path"], value_set=self.rows["path"].combine_chunks())
        self.seen.update(place.drop_null().to_pylist())
        in_list = pc.is_valid(place)
        said = self.rows.take(place)
        columns = {name: batch[name] for name in CANDIDATES.names}
        remarks = [list(r or []) for r in said["remarks"].to_pylist()]
        mapped = {ours for table in self.tables for ours in table.mapped}
        for name in _CLAIMS:
            theirs = said[name].combine_chunks()
            if name in ("label", "split") and name in mapped:
                self._remark(name, batch[name], theirs, remarks)
                columns[name] = pc.if_else(in_list, theirs, batch[name])
            elif name not in ("label", "split"):
                columns[name] = pc.if_else(in_list, theirs, batch[name])
        columns |= {
            "list": said["list"].combine_chunks(),
            "row": said["row"].combine_chunks(),
            "remarks": pa.array(remarks, CANDIDATES.field("remarks").type),
        }
        return pa.record_batch([columns[name] for name in CANDIDATES.names], schema=CANDIDATES)

    def _remark(self, name: str, folders: pa.Array, listed: pa.Array, remarks: list[list[str]]) -> None:
        differ = np.asarray(pc.fill_null(pc.not_equal(folders, listed), False))
        for row in np.flatnonzero(differ):
            folder, said = folders[int(row)].as_py(), listed[int(row)].as_py()
            same_split = name == "split" and SPLIT_SPELLINGS.get(folder.lower()) == SPLIT_SPELLINGS.get(
                said.lower(), said
            )
            if not same_split and not (name == "label" and folder == safe_name(said)):
                remarks[row].append(f"folder and list disagree: {name} {folder} in the folder, {said} in the list")

    def report_missing(self, outcomes: Outcomes) -> None:
        """Rows of the lists whose file was not found by walking: outside, missing, or a file that the walk left out."""
        for place in sorted(set(range(self.rows.num_rows)) - self.seen):
            row = self.rows.slice(place, 1).to_pylist()[0]
            outcome, reason = Outcome.UNREADABLE, f"there is no file {row['path']!r}"
            try:
                paths.check_relative(row["path"])
            except Unsafe as fault:
                outcome, reason = Outcome.UNSAFE, f"{fault.what}: {row['path']!r}"
            outcomes.row(row["list"], row["row"], outcome, reason)

    def texts(self, outcomes: Outcomes) -> Iterator[pa.RecordBatch]:
        """The rows of lists of texts; a list named after a split (`train.csv`) gives its rows that split."""
        for table in self.tables:
            stem = PurePosixPath(table.name).stem.lower()
            for batch in table.batches(outcomes):
                if "split" not in table.mapped and stem in SPLIT_SPELLINGS:
                    given = pa.array([PurePosixPath(table.name).stem] * batch.num_rows)
                    batch = batch.set_column(CANDIDATES.get_field_index("split"), CANDIDATES.field("split"), given)
                yield batch


def find(
    source: Path,
    files: list[str],
    outcomes: Outcomes,
    *,
    chosen: str,
    mapping: str,
    delimiter: str = "",
    encoding: str = "",
) -> Listing:
    """The lists of a folder and what they are lists of. Raises `BadSource` when several tables could be meant.

    Lists are of the files beside them, unless there are none but documents such as a README: then their rows are the samples.
    """
    candidates = [path for path in files if path.lower().endswith(SUFFIXES)]
    if chosen == "none" or not candidates:
        return Listing()
    if chosen and chosen not in candidates:
        raise UnknownName(f"there is no list {chosen!r} in this folder", expected=", ".join(candidates))
    others = set(files) - set(candidates)
    documents = {path for path in others if _is_document(path)}
    opener = _Opener(source, set(files), mapping, delimiter, encoding)
    media = bool(others - documents)
    if chosen and "path" not in opener.table(chosen).mapped:
        return _of_texts([chosen], candidates, others, opener, outcomes)
    if not media:
        splits = [path for path in candidates if PurePosixPath(path).stem.lower() in SPLIT_SPELLINGS]
        return _of_texts([chosen] if chosen else splits or candidates, candidates, documents, opener, outcomes)
    if chosen:
        wanted = [chosen]
    else:
        wanted = [path for path in candidates if PurePosixPath(path).stem.lower() == "metadata"]
        wanted = wanted or [path for path in candidates if "/" not in path][:_MOST_TRIED]
    tables = []
    for path in wanted:
        try:
            table = opener.of_files(path)
        except _tables.NotATable as fault:
            outcome = fault.outcome if chosen or fault.outcome is Outcome.UNSAFE else Outcome.IGNORED
            outcomes.file(path, outcome, f"a table that is not used: {fault.reason}")
            if len(wanted) <= _FEW_NAMED:  # it may have been meant to say the labels: not only the report should tell
                outcomes.remark(f"{path} is not used: {fault.reason}")
        else:
            tables.append(table)
    if len(tables) > 1 and not all(PurePosixPath(t.name).stem.lower() == "metadata" for t in tables):
        raise BadSource(
            "several tables in this folder name its files: which one is meant?", where=str(source), got=", ".join(t.name for t in tables),
            next=f"--set list={tables[0].name}, or --set list=none",
        )  # fmt: skip
    for table in tables:
        outcomes.file(table.name, Outcome.IGNORED, "a list: what it says of the files is used", table.remarks)
        outcomes.remark(_described(table))
    for path in sorted(set(candidates) - set(wanted)):
        outcomes.file(path, Outcome.IGNORED, "a table that is not used")
    return Listing(frozenset(candidates), tuple(tables), _rows(tables, outcomes))


def _of_texts(
    wanted: list[str], candidates: list[str], others: set[str], opener: _Opener, outcomes: Outcomes
) -> Listing:
    """Lists whose rows are the samples; every other file of the folder is left out, and said to be."""
    tables = []
    for path in wanted:
        try:
            table = opener.table(path)
        except _tables.NotATable as fault:
            outcomes.file(path, fault.outcome, fault.reason)
            continue
        tables.append(table)
        outcomes.file(path, Outcome.IGNORED, "a list: its rows are the samples", table.remarks)
        outcomes.remark(_described(table))
    unused = sorted(set(candidates) - set(wanted))
    for path in unused:
        reason = "a table beside others named after splits, or beside the one chosen: import it by itself if it holds samples"
        outcomes.file(path, Outcome.IGNORED, reason)
    if unused:
        shown = ", ".join(unused[:5]) + (f" and {len(unused) - 5:,} more" if len(unused) > 5 else "")
        outcomes.remark(f"not used: {shown}; import such a table by itself if it holds samples")
    for path in sorted(others):
        outcomes.file(path, Outcome.IGNORED, "a file beside lists of texts")
    return Listing(frozenset([*candidates, *others]), tuple(tables))


class _Opener:
    """Opens the tables of one folder."""

    def __init__(self, source: Path, files: set[str], mapping: str, delimiter: str, encoding: str) -> None:
        self._source, self._files, self._mapping = source, files, parse_mapping(mapping)
        self._delimiter, self._encoding = delimiter, encoding

    def table(self, path: str, mapping: Mapping[str, str] | None = None) -> _tables.Table:
        """Raises `NotATable`."""
        place, mapping = _inside(self._source, path), {**self._mapping, **(mapping or {})}
        return _tables.open_table(place, path, mapping=mapping, delimiter=self._delimiter, encoding=self._encoding)

    def of_files(self, path: str) -> _tables.Table:
        """A table with a column that names files of the folder: the one called `path` or so, else another of such a name.

        Raises `NotATable` when there is none.
        """
        table = self.table(path)
        if self._names_files(table):
            return table
        for column in (column for column in table.other if plain_name(column) in SYNONYMS["path"]):
            if "path" not in self._mapping and self._names_files(other := self.table(path, {"path": column})):
                return other
        named = table.mapped.get("path")
        reason = f"its column {named!r} names no file of this folder" if named else "no column of it names files"
        raise _tables.NotATable(Outcome.IGNORED, reason)

    def _names_files(self, table: _tables.Table) -> bool:
        if "path" not in table.mapped:
            return False
        parent = PurePosixPath(table.name).parent.as_posix()
        prefix = "" if parent == "." else parent + "/"
        first = next(table.batches(_Unheard()), None)
        return first is not None and any(
            prefix + paths.normal(path) in self._files for path in first["path"].to_pylist()
        )


def _is_document(path: str) -> bool:
    """Whether a file is about a set and no part of it, such as README.md."""
    name = PurePosixPath(path)
    return name.stem.lower() in _DOCUMENTS or name.suffix.lower() in (
        ".yaml",
        ".yml",
        ".toml",
        ".py",
        ".pdf",
        ".bib",
        ".cff",
    )


_DOCUMENTS = frozenset(
    ("readme", "license", "licence", "copying", "notice", "citation", "changelog", "contributing", "authors", "dataset_infos", "dataset_card", "data_card",
     "datasheet")
)  # fmt: skip
_FEW_NAMED = 5


def _inside(source: Path, path: str) -> Path:
    """Where a list really is, links followed. Raises `NotATable` when that is outside the folder: what it says of samples
    would be read from anywhere."""
    try:
        return Path(paths.resolve(source, path))
    except Unsafe as fault:
        raise _tables.NotATable(Outcome.UNSAFE, f"{fault.what}: import that list by itself if you trust it") from None
    except OSError as error:
        raise _tables.NotATable(Outcome.UNREADABLE, f"this list cannot be opened: {error.strerror}") from None


def _rows(tables: list[_tables.Table], outcomes: Outcomes) -> pa.Table:
    """All rows of lists of files, their paths made relative to the source; of a path named twice the first row counts."""
    batches = []
    for table in tables:
        parent = PurePosixPath(table.name).parent.as_posix()
        for batch in table.batches(outcomes):
            if parent != ".":
                full = pa.array([f"{parent}/{path}" for path in batch["path"].to_pylist()], pa.string())
                batch = batch.set_column(CANDIDATES.get_field_index("path"), CANDIDATES.field("path"), full)
            batches.append(batch)
    rows = pa.Table.from_batches(batches, CANDIDATES)
    normal = pa.array([paths.normal(path) for path in rows["path"].to_pylist()], pa.string())
    rows = rows.set_column(CANDIDATES.get_field_index("path"), CANDIDATES.field("path"), normal)
    counted = rows.append_column("place", pa.array(range(rows.num_rows))).group_by("path").aggregate([("place", "min")])
    first = set(counted["place_min"].to_pylist())
    for place in sorted(set(range(rows.num_rows)) - first):
        row = rows.slice(place, 1).to_pylist()[0]
        outcomes.row(
            row["list"], row["row"], Outcome.IGNORED, f"the list names {row['path']!r} twice: the first row counts"
        )
    return rows.filter(pa.array([place in first for place in range(rows.num_rows)], pa.bool_()))


def _described(table: _tables.Table) -> str:
    mapped = ", ".join(f"{ours} = {theirs}" for ours, theirs in table.mapped.items())
    return f"{table.name}: {mapped}" + (f"; kept as metadata: {listed(table.other)}" if table.other else "")


class _Unheard:
    """Outcomes of a look at a table that is read for good later."""

    def file(self, path: str, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """Not kept."""

    def row(self, list_name: str, row: int, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """Not kept."""

    def remark(self, text: str) -> None:
        """Not kept."""
