"""Parquet files as Hugging Face's `datasets` writes and reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses, Unpacked, Unpacking, format
from trainset.formats import _parquet_in, _parquet_out
from trainset.formats._columns import parse_mapping


@format("Hugging Face Parquet", suffixes=(".parquet",))
class HuggingfaceParquet:
    """One Parquet file, or a folder of them named after splits (`train-00000-of-00002.parquet`), with the features of `datasets`.

    Image and Audio columns are written as files into the dataset, ClassLabel numbers become their names (-1: no label), a text
    column is the text of samples without files, and every other column is metadata. A file that is only named and not held is
    never opened. Export writes `data/<split>-00000-of-00001.parquet`, which `datasets.load_dataset` reads.
    """

    @staticmethod
    def fits(source: Path) -> bool:
        """Whether a folder is one of Parquet files, and documents such as a README."""
        return _parquet_in.is_folder_of_them(source)

    def unpack(
        self, source: Path, target: Path, outcomes: Unpacking, *, map: str = "", most_bytes: int = 0
    ) -> Unpacked:
        """`map`: whose column is which, as in `path=photo,label=breed`. `most_bytes`: how many there may be when unpacked
        (0: 20 times the size of the files, at least 512 MB)."""
        return _parquet_in.unpack(source, target, outcomes, parse_mapping(map), most_bytes)

    def write(self, samples: Iterable[pa.RecordBatch], target: Path, *, shard_bytes: int = 256_000_000) -> Losses:
        """`shard_bytes`: size of a file of the folder, about."""
        return _parquet_out.write(samples, target, shard_bytes)
