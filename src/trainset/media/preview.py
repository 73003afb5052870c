"""Small stand-ins for the page: a thumbnail of a picture and the outline of a recording, and how to read them back."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from trainset.media.bare_jpeg import MORE_THAN_A_PICTURE
from trainset.media.faults import FAULTS
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

THUMBNAIL_SIDE = 160
"""Pixels of the longest side, at most; of larger pictures at least two thirds of it."""
WAVEFORM_BINS = 240
"""Columns of an outline."""


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG of a (h, w, 3) uint8 picture, its longest side 107 to 160 pixels. A smaller picture is not enlarged."""
    picture = Image.fromarray(pixels)
    side = max(picture.size)
    factor = -(-side // THUMBNAIL_SIDE)
    if 3 * side >= 2 * THUMBNAIL_SIDE * factor > 2 * THUMBNAIL_SIDE:
        picture = picture.reduce(factor)  # averages of whole blocks: a third of the time of any other size
    else:
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=80)
    return target.getvalue()


def may_be_thumbnail(data: bytes) -> bool:
    """Whether a file is small enough to be shown as it is, by `read_thumbnail`, when no thumbnail of it is kept."""
    plain = data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9")
    return len(data) <= _SMALL and plain and MORE_THAN_A_PICTURE.search(data) is None


def is_thumbnail(data: bytes, pixels: NDArray[np.uint8], facts: Mapping[str, Any], *, bare: bool = False) -> bool:
    """Whether the bytes of a (h, w, 3) uint8 picture may stand as its thumbnail: a small RGB or grey JPEG without metadata,
    comments or anything behind it, so that nothing is shown or sent that is not the picture. bare: it is known to be plain."""
    small = max(pixels.shape[:2]) <= THUMBNAIL_SIDE and len(data) <= _SMALL
    if bare or not small:
        return small
    plain = facts.get("format") == "JPEG" and facts.get("mode") in ("RGB", "L") and data.endswith(b"\xff\xd9")
    return plain and MORE_THAN_A_PICTURE.search(data) is None


_SMALL = 16_384


def read_thumbnail(data: bytes) -> NDArray[np.uint8]:
    """(h, w, 3) uint8. Raises `Undecodable` unless the bytes are a JPEG of at most 160 x 160 pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
            if picture.mode in ("RGB", "L") and max(picture.size) <= THUMBNAIL_SIDE:
                return np.asarray(picture.convert("RGB"))
    except (*FAULTS, MemoryError):
        pass
    raise Undecodable(Outcome.UNREADABLE, "this is no thumbnail")


def waveform(signal: NDArray[np.float32], bins: int = WAVEFORM_BINS) -> bytes:
    """The outline of a (frames, channels) float32 signal: per bin an int8 pair (least, greatest; full scale +-127).

    The extremes are over all channels, not of their mean: opposite channels do not look silent. A signal shorter than
    `bins` repeats its frames; an empty one is flat.
    """
    pairs = np.zeros((bins, 2), np.float32)
    if signal.size:
        starts = np.arange(bins) * len(signal) // bins
        pairs[:, 0] = np.minimum.reduceat(signal.min(axis=1), starts)
        pairs[:, 1] = np.maximum.reduceat(signal.max(axis=1), starts)
    return np.rint(np.clip(np.nan_to_num(pairs), -1, 1) * 127).astype(np.int8).tobytes()


def read_waveform(data: bytes, bins: int = WAVEFORM_BINS) -> NDArray[np.float32]:
    """(bins, 2) float32 in +-1: least and greatest. Raises `Undecodable` when the length does not fit."""
    if len(data) != 2 * bins:
        raise Undecodable(Outcome.UNREADABLE, f"this is no waveform of {bins} bins")
    levels: NDArray[np.float32] = np.frombuffer(data, np.int8).reshape(bins, 2).astype(np.float32)
    levels = np.maximum(levels, np.float32(-127))
    levels /= np.float32(127)
    return levels
