"""Split folders with class folders in each: `split/class/file`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses, format
from trainset.formats import _folders


@format("Split and class folders")
class SplitClassFolders:
    """A folder per split with a folder per class in each, for export; `class_folders` reads both layouts."""

    def write(self, samples: Iterable[pa.RecordBatch], target: Path) -> Losses:
        """`split/class/file` and a `metadata.csv` with everything the folders cannot hold."""
        return _folders.write(samples, target, splits=True)
