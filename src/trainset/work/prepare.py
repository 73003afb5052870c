"""Samples as embedders take them: decoded, made small, still of the bytes that the dataset knows. Runs inside worker processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from trainset.errors import Unsafe
from trainset.media import decode as media
from trainset.media.limits import Limits
from trainset.media.undecodable import Undecodable
from trainset.store import ids, paths
from trainset.work.together import averaged_down

if TYPE_CHECKING:
    from numpy.typing import NDArray

PREPARED = "trainset.work.prepare:prepared"

SCHEMA = pa.schema(
    [("content", pa.binary(16)), ("data", pa.large_binary()), ("height", pa.int32()), ("width", pa.int32()), ("rate", pa.int32()),
     ("reason", pa.string())]
)  # fmt: skip
"""content: hash of the whole file. data: of a picture height x width x 3 bytes, of a recording its float32 frames, channels averaged, at
`rate`. reason: why there is no data."""

_MOST_PIXELS = 1_000_000
"""Of a picture that an embedder takes as it is."""


def prepared(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Prepares the files in column `path`. settings: root, allowed, medium, side (pixels; 0: any), rate (a second; 0: any). Returns
    `SCHEMA`, a row per file."""
    rows = []
    reader = paths.Reader(settings["root"], settings["allowed"])
    try:
        for number, path in enumerate(batch["path"].to_pylist()):
            started(number)
            rows.append(_row(reader, path, settings))
    finally:
        reader.close()
    return pa.RecordBatch.from_pylist(rows, SCHEMA)


def lost(reason: str) -> pa.RecordBatch:
    """The answer for a file whose worker died over it."""
    return pa.RecordBatch.from_pylist([{"reason": reason}], SCHEMA)


def _row(reader: paths.Reader, path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    try:
        _, data = reader.read(path, Limits().bytes + 1)
        decoded: Any = media.decode(data, settings["medium"])
        row: dict[str, Any] = {"content": ids.content_hash(data), "reason": ""}
        if settings["medium"] == "image":
            pixels = (
                squared(decoded.pixels, settings["side"])
                if settings["side"]
                else averaged_down(decoded.pixels, _MOST_PIXELS)
            )
            return row | {"data": pixels.tobytes(), "height": pixels.shape[0], "width": pixels.shape[1]}
        signal, rate = resampled(decoded.signal, decoded.rate, settings["rate"] or decoded.rate)
        return row | {"data": signal.tobytes(), "rate": rate}
    except Undecodable as fault:
        return {"reason": fault.reason}
    except Unsafe as fault:
        return {"reason": fault.what}
    except FileNotFoundError:
        return {"reason": "there is no such file"}
    except OSError as fault:
        return {"reason": f"the file cannot be opened: {fault.strerror or fault}"}
    except MemoryError:
        return {"reason": "it needs more memory than one file may take"}


def squared(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The whole picture stretched to side x side: nothing is cut off, and every picture has one size."""
    from PIL import Image

    if pixels.shape[:2] == (side, side):
        return pixels
    size = (side, side)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0))


def resampled(signal: NDArray[np.float32], rate: int, wanted: int) -> tuple[NDArray[np.float32], int]:
    """A recording's channels averaged, at the rate wanted, and that rate."""
    mono = signal.mean(axis=1, dtype=np.float32) if signal.ndim > 1 else signal
    if rate == wanted or not len(mono):
        return mono, wanted
    from scipy.signal import resample_poly

    step = Fraction(wanted, rate).limit_denominator(_FINEST)
    return resample_poly(mono, step.numerator, step.denominator).astype(np.float32), wanted


_FINEST = 1000
"""Denominator of a change of rate: an odd rate is met to a thousandth, which no embedder hears, and its filter stays short."""
