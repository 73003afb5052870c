"""CSV and TSV lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses, Outcomes, format
from trainset.formats import _write
from trainset.formats._columns import parse_mapping
from trainset.formats._tables import read_list


@format("CSV list", suffixes=(".csv", ".tsv"))
class Csv:
    """A table with a header and a row per sample: its text, or the path of its file, and its label.

    Columns are found by name (`path`, `text`, `label`, `split`, `contributor`, `id` and their synonyms) or as `map` says;
    every other column is kept as metadata. All values stay the texts they are. A table with more than 1 % bad rows is not
    read, unless `keep_good_rows` says so.
    """

    def read(
        self,
        source: Path,
        outcomes: Outcomes,
        *,
        map: str = "",
        encoding: str = "",
        delimiter: str = "",
        keep_good_rows: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """`map`: whose column is which, as in `text=utterance,label=intent`. `encoding`: when it is no UTF-8. `delimiter`:
        when it is no comma (in .tsv: no tab). `keep_good_rows`: read the good rows of a table with many bad ones."""
        mapping = parse_mapping(map)
        yield from read_list(
            source, outcomes, mapping=mapping, encoding=encoding, delimiter=delimiter, keep_good_rows=keep_good_rows
        )

    def write(
        self, samples: Iterable[pa.RecordBatch], target: Path, *, for_spreadsheet: bool = False, media: bool = True
    ) -> Losses:
        """`for_spreadsheet`: puts a ' before what a spreadsheet would run. `media`: writes the files beside the list."""
        return _write.csv(samples, target, media=media, for_spreadsheet=for_spreadsheet)
