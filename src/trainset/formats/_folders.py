"""Writing class folders: one file per sample, and a `metadata.csv` for everything that folders cannot hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses
from trainset.formats import _names, _write


def write(samples: Iterable[pa.RecordBatch], target: Path, *, splits: bool) -> Losses:
    """`class/file`, or with `splits` `split/class/file`; samples without label lie in the folder above.

    `metadata.csv` names every file with its label, split, contributor and metadata, so that what goes out comes back in.
    """
    target.mkdir(parents=True)
    folders: dict[tuple[str, str], str] = {}
    taken: dict[str, set[str]] = defaultdict(set, {"": {_names.fold("metadata.csv")}})
    written = 0

    def inside(folder: str, label: str) -> str:
        if (folder, label) not in folders:
            name = _names.safe_name(label, taken[folder])
            taken[folder].add(_names.fold(name))
            folders[folder, label] = f"{folder}/{name}" if folder else name
        return folders[folder, label]

    def placed() -> Iterable[pa.RecordBatch]:
        nonlocal written
        for batch in samples:
            names = []
            for row in batch.to_pylist():
                folder = inside("", row["split"]) if splits and row["split"] else ""
                folder = inside(folder, row["label"]) if row["label"] is not None else folder
                name = _names.file_name(row["name"] or "text.txt", row["id"][:12], taken[folder])
                path = f"{folder}/{name}" if folder else name
                data = (
                    row["media"] if row["media"] is not None else (row["text"] or "").encode("utf-8", "surrogatepass")
                )
                (target / folder).mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(data)
                names.append(path)
            written += batch.num_rows
            blank = pa.nulls(batch.num_rows, pa.binary())
            table = (
                pa.Table.from_batches([batch])
                .set_column(3, "media", blank)
                .set_column(4, "text", pa.nulls(batch.num_rows, pa.string()))
            )
            yield table.set_column(2, "path", pa.array(names, pa.string())).combine_chunks().to_batches()[0]

    losses = _write.csv(placed(), target / "metadata.csv", path_column="file_name")
    return Losses(written, losses.lost, losses.warnings)
