"""The query table: samples, measures and the state of the log at one position, joined in memory, made of what is asked for."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa

from trainset.errors import BadFilter, BadValue, DamagedDataset, UnknownName
from trainset.store import filters, ids, log, parts, runs
from trainset.store.dataset import Dataset
from trainset.store.draw import draw
from trainset.store.measured import Beside, measure_names
from trainset.store.replay import Rename, Replay, overlays, replay
from trainset.store.schema import SAMPLES

BASE = (
    "id",
    "source",
    "path",
    "text",
    "content",
    "label",
    "source_label",
    "split",
    "contributor",
    "excluded",
    "meta",
    "size",
)
"""The columns of every dataset, besides its measures."""

PREDICTED = ("predicted", "confidence")
"""The columns of the latest run of that position, which is read only where one is named."""

_OF_PARTS = (*BASE, "remarks")
_FILTER_SECONDS = 30
_WHOLE = re.compile("[0-9a-f]{32}")
_STORED = {"source_label": "label"}  # column here -> column in the parts


class QueryTable:
    """The samples of a dataset at a position of its log, as one table that can only be read."""

    def __init__(
        self,
        dataset: Dataset,
        at: int | None = None,
        columns: Iterable[str] = (),
        only: pa.Array | None = None,
        flags: Mapping[str, pa.Array] | None = None,
        renames: Sequence[Rename] | None = None,
    ) -> None:
        """Makes the table with `id`, `label`, `split`, `excluded` and the columns named (`only`: of these ids). `flags`: columns
        that are true for these ids. `renames`: the names that classes have, those of the position by default. Raises `DamagedDataset`."""
        self.dataset = dataset
        self.replay: Replay = replay(dataset, at)
        if renames is not None:
            self.replay.renames = [*renames]
        self._flags = flags or {}
        self.columns = {"id", "label", "split", "excluded", *columns, *self._flags}
        self._only = only
        self._fields: set[str] = set()
        self._connection = duckdb.connect(
            ":memory:", config={"enable_external_access": "false", "threads": "2", "preserve_insertion_order": "false"}
        )
        self._damage: DamagedDataset | KeyboardInterrupt | None = None
        try:
            self._build()
        except duckdb.Error as error:
            self._connection.close()
            if self._damage is not None:
                raise self._damage from None
            if isinstance(error, duckdb.OutOfMemoryException):
                raise BadValue(
                    "the samples need more memory than there is", where=str(dataset.folder), got=_brief(error),
                    next="ask for fewer columns",
                ) from None  # fmt: skip
            raise
        except BaseException:
            self._connection.close()
            raise
        self._connection.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees its memory."""
        self._connection.close()

    def select(
        self,
        columns: Sequence[str],
        where: Sequence[str] = (),
        *,
        sort: str = "",
        limit: int | None = None,
        seed: int | None = None,
    ) -> pa.Table:
        """The columns of the samples for which every filter in `where` holds: the first `limit` in the order of `sort`
        (`-column`: largest first), or a random draw by `seed`, else in the order of import."""
        condition = self.condition(where)
        chosen = ", ".join(f'"{name}"' for name in columns)
        bound = f" LIMIT {int(limit)}" if limit is not None else ""
        if seed is None:
            return self.run(f"SELECT {chosen} FROM samples WHERE {condition} ORDER BY {self.order_of(sort)}{bound}")
        found = self.run(f"SELECT part, row, id FROM samples WHERE {condition}")
        keep = draw(found["id"], limit if limit is not None else found.num_rows, seed)
        picked = found.take(keep)
        picked = picked.append_column("place", pa.array(range(picked.num_rows)))
        wanted = ", ".join(f'samples."{name}"' for name in columns)
        sql = f"SELECT {wanted} FROM samples JOIN picked USING (part, row) ORDER BY place"
        return self.run(sql, beside={"picked": picked})

    def order_of(self, sort: str) -> str:
        """The SQL of an order (`-column`: largest first; empty: that of import). Raises `BadFilter`."""
        if not sort:
            return "part, row"
        name, down = sort.lstrip("-"), sort.startswith("-")
        key = filters.parse(name, self.columns, condition=False).sql
        ways = [f"TRY_CAST({key} AS DOUBLE)", key] if name.startswith("meta.") else [key]
        return ", ".join(f"{way} {'DESC' if down else 'ASC'} NULLS LAST" for way in ways) + ", part, row"

    def condition(self, where: Sequence[str]) -> str:
        """The SQL of filters that must all hold. Raises `BadFilter`, also for a field of metadata that no sample has."""
        for text in where:
            self._require_fields(filters.parse(text, self.columns).fields)
        return " AND ".join(f"coalesce({filters.parse(text, self.columns).sql}, false)" for text in where) or "true"

    def _require_fields(self, names: Iterable[str]) -> None:
        """A misspelt field would be null everywhere, and `meta.x is null` would mean every sample."""
        for name in sorted(set(names) - self._fields):
            pointer = "/" + name.replace("~", "~0").replace("/", "~1")
            if not self.run("SELECT 1 AS n FROM samples WHERE json_exists(meta, ?) LIMIT 1", [pointer]).num_rows:
                some = self.run(
                    "SELECT DISTINCT unnest(json_keys(meta)) AS name FROM (SELECT meta FROM samples WHERE meta IS NOT NULL LIMIT 1000) ORDER BY name LIMIT 30"
                )
                known = some["name"].to_pylist()
                near = next((other for other in known if other.lower() == name.lower()), "")
                raise BadFilter(
                    f"no sample has the metadata field {name!r}", expected=", ".join(known) or "none: there is no metadata",
                    next=f"use meta.{near}" if near else "trainset look --json shows the metadata of samples",
                )  # fmt: skip
            self._fields.add(name)

    def count(self, where: Sequence[str] = ()) -> int:
        """How many samples these filters hold for."""
        return int(self.run(f"SELECT count(*) AS n FROM samples WHERE {self.condition(where)}")["n"][0].as_py())

    def run(
        self, sql: str, parameters: Sequence[Any] = (), *, beside: Mapping[str, pa.Table] | None = None
    ) -> pa.Table:
        """Runs a query of ours, `beside` other tables by name; it is stopped when it takes longer than a filter may.

        Raises `BadFilter` for type errors."""
        for name, table in (beside or {}).items():
            self._connection.register(name, table)
        timer = threading.Timer(_FILTER_SECONDS, self._connection.interrupt)
        timer.daemon = True  # interrupted before it is cancelled, it must not keep the process
        try:
            timer.start()
            return self._connection.sql(sql, params=list(parameters) or None).to_arrow_table()
        except duckdb.InterruptException:
            raise BadFilter(f"the filter took longer than {_FILTER_SECONDS} seconds", next="make it simpler") from None
        except (duckdb.DataError, duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
            raise BadFilter(
                "the filter does not fit the columns", expected="values of the column's kind", got=_brief(error)
            ) from None
        except duckdb.OutOfMemoryException as error:
            raise BadFilter(
                "the filter needs more memory than there is", got=_brief(error), next="read fewer columns"
            ) from None
        finally:
            timer.cancel()
            for name in beside or {}:
                self._connection.unregister(name)

    def details(self, rows: pa.Table, columns: Sequence[str]) -> pa.Table:
        """Columns of the parts (see `schema.SAMPLES`) for rows with `part` and `row`, reading only what is needed."""
        place, row = rows["part"].to_pylist(), rows["row"].to_pylist()
        pieces, order = [], []
        for part in sorted(set(place)):
            mine = [i for i, other in enumerate(place) if other == part]
            path = self.dataset.place("samples", self.replay.parts[part].name)
            pieces.append(parts.take(path, [row[i] for i in mine], list(columns), SAMPLES))
            order += mine
        if not pieces:
            return SAMPLES.empty_table().select(list(columns))
        return pa.concat_tables(pieces).take(pa.array(np.argsort(order)))

    def find(self, names: Sequence[str]) -> list[bytes]:
        """The ids that whole or printed ids, beginnings of ids, exact paths, or ids of rows in their source stand for. A number shorter than a printed id
        is nobody's beginning, for own ids are often numbers. Raises `UnknownName`, `BadValue`."""
        asked = [bytes.fromhex(name) for name in names if _WHOLE.fullmatch(name)]
        there = (
            {*self.run(f"SELECT id FROM samples WHERE id IN ({ids.in_sql(asked)})")["id"].to_pylist()}
            if asked
            else {*()}
        )  # bytes
        result: list[bytes] = []
        for name in names:
            whole = bytes.fromhex(name) if _WHOLE.fullmatch(name) else b""
            hits = [whole] if whole in there else self._named(name)
            if not hits:
                raise UnknownName(
                    f"there is no sample {name!r}",
                    expected="an id as `trainset look` prints it, a path in its source, or its own id there",
                )
            if len(hits) > 1:
                raise BadValue(
                    f"{name!r} stands for several samples",
                    got=", ".join(hit.hex()[:16] for hit in hits),
                    next="add digits to an id; before a path put the name of its source: SOURCE/PATH",
                )
            result += hits
        return list(dict.fromkeys(result))

    def _named(self, name: str) -> list[bytes]:
        key = ids.row_key(name.encode("utf-8", "surrogateescape"))
        hits = [f"id IN ({ids.in_sql(ids.sample_id(source, key) for source in self.replay.sources)})"]
        asked: list[bytes | str] = []
        with contextlib.suppress(BadValue):  # it is no id
            low = ids.parse_prefix(name)
            if len(low) >= ids.SHOWN or not low.isdecimal():
                hits.append("id BETWEEN ?::BLOB AND ?::BLOB")
                asked += [bytes.fromhex(low.ljust(32, fill)) for fill in "0f"]
        if "path" in self.columns:
            hits.append("path = ?" + (" OR source || '/' || path = ?" if "source" in self.columns else ""))
            asked += [name] * (1 + ("source" in self.columns))
        found = self.run(f"SELECT id FROM samples WHERE {' OR '.join(hits)} LIMIT 3", asked)  # our own words, and bytes
        return found["id"].to_pylist()  # type: ignore[no-any-return]

    def _build(self) -> None:
        measures = [n for n in sorted(self.columns) if n not in (*_OF_PARTS, *PREDICTED) and n not in self._flags]
        predicted = bool(self.columns & {*PREDICTED})
        needed = {*self.columns, *(["content"] if predicted else [])}
        stored = sorted({_STORED.get(name, name) for name in needed if name in _OF_PARTS} - {"excluded"} | {"id"})
        proposing = [number for number, part in enumerate(self.replay.parts) if part.proposes]
        if proposing:
            stored.append("split_proposed")
        con = self._connection
        beside = Beside(self.dataset, measures) if measures else None
        schema = _rows_schema(stored, beside)
        reader = pa.RecordBatchReader.from_batches(schema, self._rows(stored, schema, beside))
        con.register("incoming", reader)
        source = "incoming"
        if self.replay.overlaps or self.replay.renames:  # to be read more than once
            con.execute("CREATE TABLE rows_of_parts AS SELECT * FROM incoming")
            source = "rows_of_parts"
        if self.replay.overlaps:
            source = "(SELECT * FROM rows_of_parts QUALIFY row_number() OVER (PARTITION BY id ORDER BY part DESC, row DESC) = 1)"
        self._overlay()
        joins, picked = (
            "",
            {"label": 's."label"', "split": 's."split"', "excluded": "false", "source_label": 's."label"'},
        )
        if proposing:
            picked["split"] = (
                f'CASE WHEN s.part IN ({", ".join(map(str, proposing))}) THEN s.split_proposed ELSE s."split" END'
            )
        if (renamed := self._renamed(source)) is not None:
            con.register("renamed", renamed)
            joins += ' LEFT JOIN renamed r ON r.part = s.part AND r.old = s."label"'
            picked["label"] = 'coalesce(r.new, s."label")'
        for name in ("label", "split", "excluded"):
            if con.execute("SELECT 1 FROM overlay WHERE field = ? LIMIT 1", [name]).fetchall():
                joins += f" LEFT JOIN overlay o_{name} ON o_{name}.sample = s.id AND o_{name}.field = '{name}'"
                picked[name] = f"CASE WHEN o_{name}.sample IS NULL THEN {picked[name]} ELSE o_{name}.value END"
                if name == "excluded":
                    picked[name] = f"o_{name}.value IS NOT NULL"
        for name, flagged in self._flags.items():
            con.register(name, pa.table({"sample": flagged.cast(pa.binary())}))
            picked[name] = f's.id IN (SELECT sample FROM "{name}")'
        if predicted:
            con.register("predictions", runs.columns(self.dataset, self.replay.at))
            joins += " LEFT JOIN predictions p ON p.id = s.id AND p.content = s.content"
            picked |= {name: f"p.{name}" for name in PREDICTED}
        listed = ", ".join(
            f'{picked.get(name, f"s.{chr(34)}{name}{chr(34)}")} AS "{name}"' for name in sorted(self.columns)
        )
        con.execute(f"CREATE TABLE samples AS SELECT {listed}, s.part, s.row FROM {source} s{joins}")  # names are ours
        con.execute("DROP TABLE IF EXISTS rows_of_parts")
        for name in ("renamed", "incoming", "predictions", *self._flags):
            with contextlib.suppress(duckdb.Error):
                con.unregister(name)

    def _rows(self, stored: list[str], schema: pa.Schema, beside: Beside | None) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._numbered(stored, schema, beside)
        except (DamagedDataset, KeyboardInterrupt) as damage:  # on its way through the database it would lose its words
            self._damage = damage
            raise

    def _numbered(self, stored: list[str], schema: pa.Schema, beside: Beside | None) -> Iterator[pa.RecordBatch]:
        read = sorted({*stored, *(["content"] if beside else [])})
        for number, part in enumerate(self.replay.parts):
            path, places = self.dataset.place("samples", part.name), None
            if self._only is None:
                batches = parts.batches(path, read, SAMPLES)
            else:
                places, found = parts.among(path, self._only, read, SAMPLES)
                batches = iter(found.combine_chunks().to_batches())
            at = 0
            for batch in self._with_measures(batches, beside) if beside else batches:
                stop = at + batch.num_rows
                here = np.arange(at, stop, dtype=np.int64) if places is None else places[at:stop]
                of = [pa.array(np.full(batch.num_rows, number, np.int32)), pa.array(here)]
                yield pa.record_batch([*(batch[name] for name in schema.names[:-2]), *of], schema=schema)
                at = stop

    @staticmethod
    def _with_measures(batches: Iterable[pa.RecordBatch], beside: Beside) -> Iterator[pa.RecordBatch]:
        for table in parts.together(batches, parts.PART_ROWS):
            values = beside.of(parts.one(table["content"]))
            for field, column in zip(beside.fields, values, strict=True):
                table = table.append_column(field, column)
            yield from table.combine_chunks().to_batches()

    def _overlay(self) -> None:
        con = self._connection
        batches = list(overlays(self.dataset, self.replay))
        con.register("said", pa.Table.from_batches(batches))
        con.execute(
            "CREATE TABLE overlay AS SELECT sample, field, value, seq FROM said "
            "QUALIFY row_number() OVER (PARTITION BY sample, field ORDER BY n DESC) = 1"
        )
        con.unregister("said")

    def _renamed(self, source: str) -> pa.Table | None:
        if not self.replay.renames:
            return None
        pairs = self._connection.execute(
            f'SELECT DISTINCT part, "label" FROM {source} WHERE "label" IS NOT NULL'
        ).fetchall()  # ours
        rows = [
            (part, old, self.replay.current_name(old, self.replay.parts[part].seq, from_source=True))
            for part, old in pairs
        ]
        changed = [row for row in rows if row[1] != row[2]]
        columns = list(zip(*changed, strict=True)) if changed else [(), (), ()]
        return pa.table(
            {
                "part": pa.array(columns[0], pa.int32()),
                "old": pa.array(columns[1], pa.string()),
                "new": pa.array(columns[2], pa.string()),
            }
        )


def open_table(
    dataset: Dataset,
    at: int | None = None,
    *,
    where: Sequence[str] = (),
    sort: str = "",
    columns: Iterable[str] = (),
    flags: Mapping[str, pa.Array] | None = None,
) -> QueryTable:
    """A query table with the columns that these filters, this order and this output need, and no others. `flags`: what checks
    flag, column -> ids."""
    flags = flags or {}
    known = {*BASE, *measure_names(dataset), *PREDICTED, *flags}
    needed = set(columns)
    for text in (*where, *([sort.lstrip("-")] if sort else [])):
        needed |= filters.parse(text, known).columns
    if unknown := sorted(needed - known - {"remarks"}):
        raise BadFilter(f"there is no column {unknown[0]!r}", expected=", ".join(sorted(known)))
    kept = dataset.kept
    if kept is not None and kept.has(needed - flags.keys()) and (at is None or at == log.head(dataset)):
        kept.flag(flags)
        return kept
    return QueryTable(dataset, at, needed - flags.keys(), flags=flags)


def _rows_schema(stored: list[str], beside: Beside | None) -> pa.Schema:
    fields = [*(SAMPLES.field(name) for name in stored), *(beside.fields if beside else [])]
    return pa.schema([*fields, pa.field("part", pa.int32()), pa.field("row", pa.int64())])


def _brief(error: Exception) -> str:
    return str(error).split("\n", 1)[0].removeprefix("Conversion Error: ").removeprefix("Binder Error: ")
