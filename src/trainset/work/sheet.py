"""Pages that are plug-ins: what one says of the samples of a selection."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from trainset import registry
from trainset.contracts import Plugin, Sheet, Table, needed_columns
from trainset.errors import PluginError, TrainsetError
from trainset.store.dataset import Dataset
from trainset.store.measured import measure_names
from trainset.store.query import PREDICTED
from trainset.store.runs import listed
from trainset.work.selection import Selection, opened

_TABLES, _ROWS, _COLUMNS, _SAYS, _LONGEST = 50, 2_000, 40, 100, 2_000
"""At most, of what is shown."""


def pages(dataset: Dataset) -> Mapping[str, Plugin]:
    """The pages that there are for a medium, by name."""
    return {
        name: one
        for name, one in registry.plugins("page").items()
        if not one.facts["medium"] or one.facts["medium"] == dataset.medium
    }


def page(dataset: Dataset, name: str, /, *, where: str = "", **settings: Any) -> Sheet:
    """What a page says of the samples that a filter holds for (all without one). settings: the page's own. Raises `UnknownName`, `BadFilter`; `PluginError`
    for a page that fails, or returns what cannot be shown."""
    one = registry.plugin("page", name)
    values = {key: setting.default for key, setting in one.settings.items()}
    for key, value in settings.items():
        if key not in values:
            raise PluginError(f"the page {one.name} has no setting {key!r}", expected=", ".join(values) or "none")
        values[key] = one.settings[key].parse(str(value))
    needs = needed_columns(one, measure_names(dataset))
    there = [need for need in needs if need not in PREDICTED or listed(dataset)]
    table, conditions = opened(dataset, Selection(where=where), None, columns=there)
    with table:
        found = table.select(["id", *there], conditions)
    columns = [_column(found, need) for need in needs]
    try:
        sheet = one.target(*columns, **values)
    except TrainsetError:
        raise
    except Exception as error:  # whoever wrote the page is told where it failed, and nothing else ends
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        raise PluginError(
            f"the page {one.name} failed: {type(error).__name__}: {str(error)[:500]}", where=f"{one.module}, line {place.tb_lineno if place else 0}",
            next="whoever wrote the page can mend it; all others work",
        ) from error  # fmt: skip
    return _checked(one, sheet)


def _column(found: pa.Table, need: str) -> Any:
    """Texts as an Arrow array, numbers as (n,) float64 with NaN for none, as a check gets them."""
    if need not in found.column_names:
        empty: Any = pa.nulls(found.num_rows, pa.string())
        return np.full(found.num_rows, np.nan) if need == "confidence" else empty
    column = found[need].combine_chunks()
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return column.cast(pa.binary(16)) if need == "id" else column.cast(pa.string())


def _checked(one: Plugin, sheet: Any) -> Sheet:
    """What can be shown, no more of it than anybody reads. Raises `PluginError`."""
    if not isinstance(sheet, Sheet) or isinstance(sheet.says, str):
        raise _wrong(one, "it returns no Sheet", f"a {type(sheet).__name__}")
    says = [_text(one, said) for said in [*sheet.says][:_SAYS]]
    return Sheet(says, [_table(one, table) for table in [*sheet.tables][:_TABLES]])


def _table(one: Plugin, table: Any) -> Table:
    if not isinstance(table, Table) or isinstance(table.columns, str):
        raise _wrong(one, "a table is no Table", f"a {type(table).__name__}")
    columns = [_text(one, name) for name in table.columns]
    rows, where = [*table.rows], [*table.where]
    if not 0 < len(columns) <= _COLUMNS:
        raise _wrong(one, f"a table has 1 to {_COLUMNS} columns", f"{len(columns)}")
    if where and len(where) != len(rows):
        raise _wrong(one, "`where` has a filter for each row", f"{len(where)} for {len(rows)}")
    for row in rows:
        if isinstance(row, str) or len(row) != len(columns):
            raise _wrong(one, "each row has a value for each column", repr(row)[:80])
    return Table(
        _text(one, table.title), columns, [[_value(one, value) for value in row] for row in rows[:_ROWS]],
        [name for name in table.shares if name in columns], [_text(one, text) for text in where[:_ROWS]], _text(one, table.about),
    )  # fmt: skip


def _value(one: Plugin, value: Any) -> str | float | bool | None:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _text(one, value)


def _text(one: Plugin, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(one, "a value is a text, a number, yes or no, or None", f"a {type(value).__name__}")
    return value[:_LONGEST].encode("utf-8", "backslashreplace").decode()


def _wrong(one: Plugin, what: str, got: str) -> PluginError:
    return PluginError(f"the page {one.name} cannot be shown: {what}", where=one.module, got=got)


__all__: Sequence[str] = ("page", "pages")
