"""JSON lines: one object per line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses, Outcomes, format
from trainset.formats import _write
from trainset.formats._columns import parse_mapping
from trainset.formats._tables import JSON_SUFFIXES, read_list


@format("JSON lines", suffixes=JSON_SUFFIXES)
class Jsonl:
    """One JSON object per line and sample: its text, or the path of its file, and its label.

    Keys are found as the columns of a CSV list are; every other key is kept as metadata, with its type. A JSON document
    (one list, or one object over many lines) is refused with advice.
    """

    def read(
        self, source: Path, outcomes: Outcomes, *, map: str = "", encoding: str = "", keep_good_rows: bool = False
    ) -> Iterator[pa.RecordBatch]:
        """`map`: which key is which, as in `text=utterance,label=intent`. `encoding`: when it is no UTF-8. `keep_good_rows`:
        read the good rows of a file with many bad ones."""
        mapping = parse_mapping(map)
        yield from read_list(
            source, outcomes, mapping=mapping, encoding=encoding, delimiter="", keep_good_rows=keep_good_rows
        )

    def write(self, samples: Iterable[pa.RecordBatch], target: Path, *, media: bool = True) -> Losses:
        """`media`: writes the files beside the list."""
        return _write.jsonl(samples, target, media=media)
