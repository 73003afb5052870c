"""Answers for all rows of one batch, although some rows end the process that works on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from trainset.engine.lost import Lost
from trainset.engine.process import Gone


@dataclass(frozen=True, order=True)
class Span:
    """Rows start..stop of a batch. suspect: one row that was at work when a process ended, now alone on a fresh one."""

    start: int
    stop: int
    suspect: bool = False

    @property
    def rows(self) -> int:
        """How many."""
        return self.stop - self.start


Answered = tuple[Span, pa.RecordBatch | Lost]


def answered(batch: pa.RecordBatch, ask: Callable[[pa.RecordBatch], pa.RecordBatch]) -> Iterator[Answered]:
    """The batch's rows in spans that together cover it, in no order: their answer, or for one row why it has none.

    ask: raises `Gone` when the process ended; it uses a fresh process the next time. A row is lost when it hangs, or
    when a process ends at it twice, the second time with nothing else to do: the first may be the fault of rows before.
    Raises `RuntimeError` when a batch without rows ends a process twice.
    """
    todo = [Span(0, batch.num_rows)]
    while todo:
        span = todo.pop()
        try:
            yield span, ask(batch.slice(span.start, span.rows))
        except Gone as gone:
            for rest in _rest(span, gone.row):
                hung = gone.lost.kind == "hung" and gone.row == rest.start - span.start
                if rest.suspect and (span.suspect or hung):
                    if rest.rows == 0:
                        raise RuntimeError(f"a batch without rows ended its worker: {gone.lost.reason}") from None
                    yield rest, gone.lost
                else:
                    todo.append(rest)


def joined(
    batch: pa.RecordBatch, pieces: Iterable[Answered], lost: Callable[[pa.RecordBatch, Lost], pa.RecordBatch]
) -> pa.RecordBatch:
    """The pieces as one batch in the order of its rows, with the answer of `lost` for those that have none."""
    parts = [
        lost(batch.slice(span.start, span.rows), piece) if isinstance(piece, Lost) else piece
        for span, piece in sorted(pieces, key=lambda piece: piece[0])
    ]
    whole = parts[0] if len(parts) == 1 else pa.concat_batches(parts)
    if whole.num_rows != batch.num_rows:
        raise ValueError(f"expected one row for each that was lost, got {whole.num_rows} for {batch.num_rows} in all")
    return whole


def _rest(span: Span, row: int | None) -> Iterator[Span]:
    """What is to be run again after a process ended, the suspect last so that it comes first onto a fresh process."""
    if span.rows <= 1:
        yield Span(span.start, span.stop, suspect=True)
    elif row is None:  # no row to blame: perhaps all together are too much, and halves are not
        yield from _halves(span.start, span.stop)
    else:
        at = span.start + row
        if at + 1 < span.stop:
            yield Span(at + 1, span.stop)
        # in halves, because what these took together may be what was missing at the row
        yield from _halves(span.start, at)
        yield Span(at, at + 1, suspect=True)


def _halves(start: int, stop: int) -> Iterator[Span]:
    middle = (start + stop) // 2
    for half in (Span(middle, stop), Span(start, middle)):
        if half.rows:
            yield half
