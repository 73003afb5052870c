"""TensorBoard's projector: vectors and what is known of each sample as tables, pictures in one sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from trainset.contracts import Losses, format
from trainset.media.preview import may_be_thumbnail, read_thumbnail
from trainset.media.undecodable import Undecodable

_COLUMNS = ("label", "split", "id", "what", "contributor")
_SIDE, _SHEET = 64, 8192
"""Pixels of a picture, and of the largest sheet that browsers take."""
_TEXT = 200
_NONE = 200  # the grey of a sample without a picture


@format("TensorBoard projector")
class Projector:
    """A folder for the projector of TensorBoard (`tensorboard --logdir FOLDER`, or the files loaded at its page): `tensors.tsv` with a vector a
    line, `metadata.tsv` with label, split, id, path or text and contributor, for pictures `sprite.png`, and `projector_config.pbtxt`, which
    names them. It needs embeddings, those of the latest run's embedder or of the medium's, and is for looking: it does not come back in.
    """

    vectors = True
    """Batches come with `vector` (float32 values, little-endian; null without) and `preview` (JPEG) beside the columns of an export."""

    def write(self, samples: Iterable[pa.RecordBatch], target: Path) -> Losses:
        """Samples without an embedding are left out, and counted."""
        target.mkdir(parents=True)
        spool = target / "tiles"
        written, without, pictures = 0, 0, 0
        with (
            (target / "tensors.tsv").open("w", encoding="ascii", newline="") as tensors,
            (target / "metadata.tsv").open("w", encoding="utf-8", newline="", errors="replace") as metadata,
            spool.open("wb") as tiles,
        ):
            metadata.write("\t".join(_COLUMNS) + "\n")
            for batch in samples:
                for row in batch.select(
                    ["id", "path", "text", "label", "split", "contributor", "vector", "preview"]
                ).to_pylist():
                    if row["vector"] is None:
                        without += 1
                        continue
                    vector = np.frombuffer(row["vector"], "<f4")
                    tensors.write("\t".join(f"{value:.6g}" for value in vector.tolist()) + "\n")
                    row["what"] = row["path"] if row["path"] is not None else row["text"]
                    metadata.write("\t".join(_cell(row[name]) for name in _COLUMNS) + "\n")
                    tile = _tile(row["preview"])
                    pictures += tile is not None
                    tiles.write((tile if tile is not None else np.full((_SIDE, _SIDE, 3), _NONE, np.uint8)).tobytes())
                    written += 1
        lost = [f"{without:,} samples without an embedding: trainset embed"] if without else []
        side = _sheet(spool, written, target / "sprite.png") if pictures else 0
        if pictures and not side:
            lost.append(f"pictures: {written:,} do not fit into one sheet of {_SHEET:,} pixels")
        spool.unlink()
        (target / "projector_config.pbtxt").write_text(_config(side), encoding="ascii")
        return Losses(written, tuple(lost))


def _config(side: int) -> str:
    sprite = (
        f'  sprite {{\n    image_path: "sprite.png"\n    single_image_dim: {side}\n    single_image_dim: {side}\n  }}\n'
        if side
        else ""
    )
    return f'embeddings {{\n  tensor_name: "trainset"\n  tensor_path: "tensors.tsv"\n  metadata_path: "metadata.tsv"\n{sprite}}}\n'


def _cell(value: str | None) -> str:
    """On one line, and in one cell."""
    return " ".join((value or "")[: 4 * _TEXT].split())[:_TEXT]


def _tile(preview: bytes | None) -> NDArray[np.uint8] | None:
    """A picture of 64 x 64, its shape kept; None without one."""
    if preview is None or not may_be_thumbnail(preview):
        return None
    try:
        picture = Image.fromarray(read_thumbnail(preview))
    except Undecodable:
        return None
    picture.thumbnail((_SIDE, _SIDE))
    tile = np.full((_SIDE, _SIDE, 3), 255, np.uint8)
    shown = np.asarray(picture)
    top, left = (_SIDE - shown.shape[0]) // 2, (_SIDE - shown.shape[1]) // 2
    tile[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return tile


def _sheet(spool: Path, count: int, target: Path) -> int:
    """Writes the sheet, as many rows as columns, in the order of the vectors. Returns the side of a picture; 0 when there are too many."""
    across = math.ceil(math.sqrt(count))
    side = next((side for side in (64, 32, 16) if across * side <= _SHEET), 0)
    if not side:
        return 0
    sheet = np.full((across * side, across * side, 3), 255, np.uint8)
    tiles = np.memmap(spool, np.uint8, "r", shape=(count, _SIDE, _SIDE, 3))
    step = _SIDE // side
    for number in range(count):
        top, left = divmod(number, across)
        small = tiles[number].reshape(side, step, side, step, 3).mean(axis=(1, 3)).astype(np.uint8)
        sheet[top * side : (top + 1) * side, left * side : (left + 1) * side] = small
    del tiles
    Image.fromarray(sheet).save(target)
    return side
