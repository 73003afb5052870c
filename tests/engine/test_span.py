"""Which rows are run again and which are lost, with a function in place of the processes."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainset.engine.lost import Kind, Lost
from trainset.engine.process import Gone
from trainset.engine.span import Answered, answered, joined

Ask = Callable[[pa.RecordBatch], pa.RecordBatch]


def batch(rows: list[str]) -> pa.RecordBatch:
    return pa.record_batch({"row": pa.array(rows, pa.string())})


def dying(kind: Kind = "crashed", *, tells: bool = True) -> Ask:
    """Answers, but dies at rows that begin with `x`."""

    def ask(asked: pa.RecordBatch) -> pa.RecordBatch:
        rows = asked["row"].to_pylist()
        at = next((i for i, row in enumerate(rows) if row.startswith("x")), None)
        if at is not None:
            raise Gone(Lost(kind, "it did"), at if tells else None)
        return asked

    return ask


def rows(whole: pa.RecordBatch, pieces: list[Answered]) -> list[str]:
    def mourn(row: pa.RecordBatch, lost: Lost) -> pa.RecordBatch:
        return batch([f"{row['row'][0]} {lost.kind}"])

    answer: list[str] = joined(whole, pieces, mourn)["row"].to_pylist()
    return answer


@given(st.lists(st.sampled_from(["a", "b", "x"])), st.booleans(), st.sampled_from(["crashed", "hung", "out of memory"]))
def test_every_row_is_answered_in_its_place_or_lost(words: list[str], tells: bool, kind: Kind) -> None:
    whole = batch([f"{word}{i}" for i, word in enumerate(words)])
    expected = [f"{row} {kind}" if row.startswith("x") else row for row in whole["row"].to_pylist()]
    assert rows(whole, list(answered(whole, dying(kind, tells=tells)))) == expected


@pytest.mark.parametrize(("kind", "asked"), [("crashed", 2), ("out of memory", 2), ("hung", 1)])
def test_a_row_has_a_second_chance_alone_unless_it_hung(kind: Kind, asked: int) -> None:
    seen: list[list[str]] = []

    def ask(part: pa.RecordBatch) -> pa.RecordBatch:
        seen.append(part["row"].to_pylist())
        return dying(kind)(part)

    list(answered(batch(["a", "x", "b"]), ask))
    assert [part for part in seen if "x" in part] == [["a", "x", "b"], ["x"]][:asked]


def test_a_batch_without_rows_that_ends_its_worker_is_an_error() -> None:
    def ask(part: pa.RecordBatch) -> pa.RecordBatch:
        raise Gone(Lost("crashed", "it did"), None)

    with pytest.raises(RuntimeError, match="without rows ended its worker: it did"):
        list(answered(batch([]), ask))
