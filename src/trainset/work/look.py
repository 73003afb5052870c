"""Look: a random draw, or the first of an order, as values that show themselves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainset.errors import BadValue, Gone, MissingPackage, TargetExists, TrainsetError, Unsafe
from trainset.formats._names import file_name
from trainset.model import Source
from trainset.store import ids, log, previews
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.measured import measure_names, measured
from trainset.store.query import QueryTable
from trainset.work.audit import flagged
from trainset.work.media import read_media
from trainset.work.selection import Named, Selection, opened

_DETAILS = ("path", "text", "content", "contributor", "meta", "remarks")


@dataclass(frozen=True)
class Samples:
    """Some samples, as a table that converts to Arrow, NumPy and pandas; a notebook shows it with pictures and players.

    `total`: how many samples the selection has, of which these are some.
    """

    dataset: Dataset
    known: pa.Table
    total: int
    sources: dict[str, Source]

    @cached_property
    def table(self) -> pa.Table:
        """A row a sample: all columns of the parts, and every measure, read when they are first asked for."""
        return _with_measures(self.dataset, self.known)

    @staticmethod
    def of(dataset: Dataset, identifiers: pa.Array, at: int) -> Samples:
        """The samples of these ids (16 bytes each), in their order, as they are at a position of the log."""
        with QueryTable(dataset, at, only=identifiers) as table:
            rows = table.select(["id", "label", "split", "excluded", "part", "row"])
            known = rows["id"].cast(pa.binary(16)).combine_chunks()
            rows = rows.take(pa.compute.index_in(identifiers, value_set=known).drop_null())
            return _with_details(table, rows, rows.num_rows)

    def __len__(self) -> int:
        return int(self.known.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    @property
    def ids(self) -> list[str]:
        """Their ids as they are printed, which every verb takes."""
        return [ids.shown(identifier) for identifier in self.known["id"].to_pylist()]

    def rows(self, *, measures: bool = True) -> list[dict[str, Any]]:
        """One dictionary a sample, ids and content hashes as hex, metadata as a dictionary of its own (`measures`: and its
        measures)."""
        return [
            {**row, "id": row["id"].hex(), "content": row["content"].hex(), "meta": meta_of(row["meta"])}
            for row in (self.table if measures else self.known).to_pylist()
        ]

    def to_arrow(self) -> pa.Table:
        """As an Arrow table."""
        return self.table

    def to_pandas(self) -> Any:
        """As a pandas data frame, ids as hex. Raises `MissingPackage` without pandas."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingPackage("to_pandas()", "pandas") from None
        return pd.DataFrame(self.rows(), columns=self.table.column_names)

    def to_numpy(self, column: str) -> Any:
        """One column as a NumPy array. Raises `BadValue` with the columns there are."""
        if column not in self.table.column_names:
            raise BadValue(f"there is no column {column!r}", expected=", ".join(self.table.column_names))
        return self.table[column].to_numpy(zero_copy_only=False)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def media(self, number: int) -> bytes:
        """The bytes of the sample at this place: of its file, or of its text in UTF-8. Raises `Gone` or `Unsafe`."""
        if not -len(self) <= number < len(self):
            raise BadValue("there is no sample at this place", expected=f"0 to {len(self) - 1}", got=str(number))
        row = self.known.slice(number % len(self), 1).to_pylist()[0]
        if row["path"] is None:
            return str(row["text"]).encode()
        return read_media(self.dataset, self.sources, row["source"], row["path"], row["content"])

    def previews(self) -> dict[bytes, bytes]:
        """Thumbnails (JPEG) or waveforms by content hash, as far as there are any. A file that is one itself is read again."""
        contents = self.known["content"].to_pylist()
        found = previews.get(self.dataset, contents)
        if self.dataset.medium == "image":
            from trainset.media.preview import may_be_thumbnail

            for number, content in enumerate(contents):
                if content not in found:
                    with contextlib.suppress(
                        Gone, Unsafe
                    ):  # what cannot be read is not shown; reading it by name says why
                        data = self.media(number)
                        if may_be_thumbnail(data):
                            found[content] = data
        return found

    def save(self, folder: str | Path) -> list[str]:
        """Writes their files, or their texts, into a new folder. Returns what could not be saved, as sentences; raises
        the first error when nothing could."""
        target = Path(folder)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise TargetExists("there is something at this place already", where=str(target), next="name a new folder")
        troubles: list[TrainsetError] = []
        taken: set[str] = set()
        for number, row in enumerate(self.rows(measures=False)):
            name = (row["path"] or "text.txt").rsplit("/", 1)[-1]
            try:
                data = self.media(number)
            except TrainsetError as error:
                troubles.append(error)
                continue
            with whole_file(target / file_name(name, row["id"][: ids.SHOWN], taken)) as file:
                file.write(data)
        if len(troubles) == len(self) and troubles:
            raise troubles[0]
        return [f"{error.where}: {error.what}" for error in troubles]

    def _repr_html_(self) -> str:
        from trainset.work.show import samples_html

        return samples_html(self)


def look(
    dataset: Dataset,
    samples: Named = (),
    *,
    where: str = "",
    check: str = "",
    label: str | None = None,
    split: str | None = None,
    source: str | None = None,
    sort: str = "",
    n: int = 12,
    seed: int = 0,
    at: str | int | None = None,
) -> Samples:
    """Draws `n` samples at random by `seed` (another seed, another draw), or the first `n` by `sort` (`-loudness`: largest
    first), of the selection; of what a `check` flags, the worst first. Raises `BadFilter`, `UnknownName`."""
    if not isinstance(n, int) or n < 1:
        raise BadValue("nothing to look at", expected="-n of at least 1", got=str(n))
    selection = Selection.of(samples, where, check, label=label, split=split, source=source)
    table, conditions = opened(
        dataset, selection, log.position(dataset, at), sort=sort, columns=["path", "source"] if samples else []
    )
    with table:
        if samples or check:
            named = pa.array(table.find(selection.ids), pa.binary(16)) if samples else flagged(dataset, check, at)
            if samples and check:
                some = flagged(dataset, check, at)
                named = named.filter(pa.compute.is_in(named, value_set=some))
            rows = table.select(["id", "label", "split", "excluded", "part", "row"], conditions)
            places = pa.compute.index_in(named, value_set=rows["id"].cast(pa.binary(16)).combine_chunks()).drop_null()
            total = len(places)
            rows = rows.take(places if samples else places[:n])
        else:
            total = table.count(conditions)
            rows = table.select(
                ["id", "label", "split", "excluded", "part", "row"],
                conditions,
                sort=sort,
                limit=n,
                seed=None if sort else seed,
            )
        return _with_details(table, rows, total)


def _with_details(table: QueryTable, rows: pa.Table, total: int) -> Samples:
    """All that is known of rows of the table, which have `part` and `row`."""
    details = table.details(rows, ["source", "label", *_DETAILS])
    result = pa.table(
        {
            "id": rows["id"].cast(pa.binary(16)),
            "source": details["source"],
            "path": details["path"],
            "text": details["text"],
            "label": rows["label"],
            "source_label": details["label"],
            "split": rows["split"],
            "contributor": details["contributor"],
            "excluded": rows["excluded"],
            "meta": details["meta"],
            "content": details["content"],
            "remarks": details["remarks"],
        }
    )
    return Samples(table.dataset, result, total, table.replay.sources)


def meta_of(meta: str | None) -> Any:
    """Metadata as it was imported; what is no JSON object (in a damaged part) stays the text it is."""
    try:
        found = json.loads(meta) if meta is not None else None
    except (ValueError, RecursionError):
        return meta
    return found if isinstance(found, dict) or meta is None else meta


def _with_measures(dataset: Dataset, rows: pa.Table) -> pa.Table:
    names = [name for name in measure_names(dataset) if name not in rows.column_names]
    if not names:
        return rows
    wanted = pa.array(rows["content"].to_pylist(), pa.binary(16))
    found = measured(dataset, names, only=wanted)
    places = pa.compute.index_in(wanted, value_set=found["content"].combine_chunks())
    for name in names:
        rows = rows.append_column(
            name,
            found[name].combine_chunks().take(places) if found.num_rows else pa.nulls(rows.num_rows, found[name].type),
        )
    return rows
