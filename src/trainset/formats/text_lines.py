"""Plain lists: one text per line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Outcomes, format
from trainset.formats._batch import ROWS, candidates
from trainset.formats._chunk import CHARACTERS
from trainset.formats._lines import Lines, NotATable
from trainset.model import Outcome
from trainset.store import paths


@format("Text lines", suffixes=(".txt", ".text", ".md"))
class TextLines:
    """One unlabelled text per line; blank lines are skipped. The row of a text is its line, counted from 1."""

    def read(self, source: Path, outcomes: Outcomes, *, encoding: str = "") -> Iterator[pa.RecordBatch]:
        """`encoding`: when it is no UTF-8."""
        name, setting = paths.from_local(source.name), "text_lines.encoding"
        try:
            remarks = _checked(Lines(source, encoding, setting=setting))
        except NotATable as error:
            outcomes.file(name, error.outcome, error.reason)
            return
        outcomes.file(name, Outcome.IGNORED, "a list: its lines are the samples", remarks)
        texts: list[str] = []
        numbers: list[int] = []
        characters = 0
        for number, line in enumerate(Lines(source, encoding, setting=setting), 1):
            if line.isspace():
                continue
            texts.append(line.rstrip("\r\n"))
            numbers.append(number)
            characters += len(line)
            if len(texts) >= ROWS or characters > CHARACTERS:
                yield candidates(len(texts), text=texts, list=[name] * len(texts), row=numbers)
                texts, numbers, characters = [], [], 0
        if texts:
            yield candidates(len(texts), text=texts, list=[name] * len(texts), row=numbers)


def _checked(lines: Lines) -> tuple[str, ...]:
    """Remarks on the whole file, read to its end."""
    blank = 0
    for line in lines:
        blank += line.isspace()
        if lines.has_nul and "\0" in line:
            raise NotATable(Outcome.UNREADABLE, "this is no text: it holds NUL characters")
    if blank == lines.number:
        raise NotATable(Outcome.EMPTY, "this file has nothing but blank lines")
    return (*lines.remarks, f"{blank:,} blank line{'s' * (blank > 1)} skipped") if blank else lines.remarks
