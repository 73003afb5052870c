"""Filters: what a person may ask, and everything else refused."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainset.errors import BadFilter
from trainset.store import filters

COLUMNS = ("label", "split", "size", "text", "excluded", "meta")


def count(text: str) -> int:
    rows = [("cat", "train", 3, "a b", False, '{"take": "10", "odd/~ name": "x"}'), ("dog", None, 7, "c'd", True, None)]
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE samples (label VARCHAR, split VARCHAR, size BIGINT, text VARCHAR, excluded BOOLEAN, meta VARCHAR)"
        )
        connection.executemany("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?)", rows)
        sql = filters.parse(text, COLUMNS).sql
        found = connection.execute(f"SELECT count(*) FROM samples WHERE {sql}").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("label = 'cat'", 1), ("label <> 'cat'", 1), ("label in ('cat', 'dog')", 2), ("label not in ('cat')", 1), ("split is null", 1),
        ("split is not null", 1), ("size between 3 and 5", 1), ("size not between 3 and 5", 1), ("text like '%''%'", 1), ("text ilike 'A%'", 1),
        ("text not like 'a%'", 1), ("excluded", 1), ("not excluded", 1), ("size * 2 + 1 = 7", 1), ("-size < -5", 1), ("size % 2 = 1 and size > 5", 1),
        ("case when size > 5 then true else false end", 1), ("meta.take > 9", 1), ("meta.take = '10'", 1), ("meta.take between 9 and 11", 1),
        ('meta."odd/~ name" = \'x\'', 1), ("lower(label) = 'cat' or false", 1), ("regexp_matches(text, '^a')", 1), ("coalesce(split, 'none') = 'none'", 1),
        ("LABEL = 'cat'", 1), ("true", 2), ("size = 3e0", 1), ("split is distinct from 'train'", 1), ("label = 'cat' -- a remark", 1),
    ],
)  # fmt: skip
def test_a_filter_selects(text: str, hits: int) -> None:
    assert count(text) == hits


def test_ids_and_contents_are_compared_as_they_are_printed() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE samples (id BLOB, content BLOB)")
        connection.execute("INSERT INTO samples VALUES (from_hex('0aff'), from_hex('bc01'))")
        for text, hits in (
            ("id = '0aff'", 1),
            ("id in ('0aff', 'bc01')", 1),
            ("content like 'bc%'", 1),
            ("id = content", 0),
        ):
            sql = filters.parse(text, ("id", "content")).sql
            assert connection.execute(f"SELECT count(*) FROM samples WHERE {sql}").fetchone() == (hits,)


@pytest.mark.parametrize(
    "text",
    [
        "1=1) union all (select 1", "label = 'x'; drop table samples", "(select 1)", "exists (select 1)", "label in (select 'cat')",
        "repeat(label, 500000000) = 'x'", "lpad(label, 500000000, 'x') = 'x'", "range(10) is null", "list_value(1) is null", "[1, 2] is null",
        "read_text('/etc/passwd') = ''", "getenv('HOME') = ''", "size::varchar = '3'", "cast(size as varchar) = '3'", "count(*) > 1",
        "row_number() over () = 1", "label = $1", "label = ?", "{'a': 1} is null", "x -> x + 1", "*", "columns(*)", "label, split", "", "label =",
        "main.abs(size) = 3", "current_setting('x') = ''", "label collate nocase = 'CAT'", "struct_pack(a := 1) is null", "label || label = 'x'",
        "printf('%d', 1) = '1'", "samples.label = 'cat'", "meta.a.b = 'x'", "people = 'x'", "label = 'a' as b", "\0",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(BadFilter):
        filters.parse(text, COLUMNS)


def test_double_quotes_get_the_hint_for_single_ones() -> None:
    with pytest.raises(BadFilter) as caught:
        filters.parse('label = "cat"', COLUMNS)
    assert caught.value.next == "use 'cat'"


def test_an_unknown_column_is_answered_with_those_that_exist() -> None:
    with pytest.raises(BadFilter, match="there is no column 'loudness'") as caught:
        filters.parse("loudness < -40", COLUMNS)
    assert "split" in caught.value.expected


def test_deep_nesting_ends_in_a_clear_error() -> None:
    with pytest.raises(BadFilter):
        filters.parse("not " * 3000 + "excluded", COLUMNS)
    with pytest.raises(BadFilter):
        filters.parse("(" * 5000 + "excluded" + ")" * 5000, COLUMNS)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_a_text_constant_is_never_more_than_a_text(text: str) -> None:
    quoted = text.replace("\0", "").replace("'", "''")
    sql = filters.parse(f"label = '{quoted}'", COLUMNS).sql
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {sql} FROM (SELECT ? AS label)", [text.replace(chr(0), "")]).fetchone()
    assert found == (True,)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="label split size()'\"=<>,.*-+/%; selctunionfromwhr0123456789\n", max_size=60))
def test_no_text_gets_through_as_anything_but_a_filter(text: str) -> None:
    try:
        found = filters.parse(text, COLUMNS)
    except BadFilter:
        return
    assert found.columns <= set(COLUMNS)
    assert "select" not in found.sql.lower().replace("'", "") or "'" in text
