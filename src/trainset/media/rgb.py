"""A decoded picture as RGB, the way a viewer shows it: any mode of Pillow in, (h, w, 3) uint8 out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STRIP = 1 << 22
"""Pixels converted at a time: a large picture is never in memory three times."""


def to_rgb(picture: Image.Image) -> NDArray[np.uint8]:
    """(h, w, 3) uint8. Transparency lies over white. Colour profiles are not applied.

    16-bit values map their full range. Values without a full scale (32 bits, floating point) map 0..1 when they lie in
    it, else 0..255 when they lie in that, else their own minimum..maximum.
    """
    width, height = picture.size
    scale = _scale(picture)
    if width * height <= STRIP:
        return _strip(picture, scale)
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        part = picture.crop((0, top, width, min(height, top + rows)))
        pixels[top : top + rows] = _strip(part, scale)
    return pixels


def turned(pixels: NDArray[np.uint8], orientation: int | None) -> NDArray[np.uint8]:
    """The picture upright, for an EXIF orientation of 1 to 8 (EXIF 2.3, 4.6.4 A); otherwise unchanged."""
    if orientation is None or not 2 <= orientation <= 8:
        return pixels
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    flip_rows, flip_columns = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(pixels[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1])


def is_constant(pixels: NDArray[np.uint8]) -> bool:
    """Whether all pixels are the same colour."""
    first = pixels[0, 0]
    if pixels[-1, -1].tobytes() != first.tobytes():
        return False
    height, width = pixels.shape[:2]
    if (pixels[:: height // 16 + 1, :: width // 16 + 1] != first).any():  # settles nearly all others
        return False
    return all(bool((row == first).all()) for row in pixels)


def _strip(picture: Image.Image, scale: tuple[float, float]) -> NDArray[np.uint8]:
    mode = picture.mode
    if mode in ("F", "I") or mode.startswith("I;16"):
        grey = _scaled(np.asarray(picture), *scale)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if mode != "RGB" or "transparency" in picture.info:
        picture = _opaque(picture)
    width, height = picture.size
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(height, width, 3)


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        if picture.mode in ("La", "RGBa"):
            picture = picture.convert(picture.mode.upper())
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, (255, 255, 255, 255)), picture)
    return picture.convert("RGB")


def _scale(picture: Image.Image) -> tuple[float, float]:
    """The values shown as black and white."""
    if picture.mode.startswith("I;16"):
        return 0.0, 65535.0
    if picture.mode == "F":
        values = np.asarray(picture)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    elif picture.mode == "I":
        low, high = (float(value) for value in picture.getextrema())  # type: ignore[arg-type]  # of one band, so two numbers
    else:
        return 0.0, 255.0
    if low >= 0 and high <= 255:
        return 0.0, 1.0 if high <= 1 and picture.mode == "F" else 255.0
    if low >= 0 and high <= 65535 and picture.mode == "I":
        return 0.0, 65535.0
    return low, high


def _scaled(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    wide = np.nan_to_num(values.astype(np.float32), nan=low, posinf=high, neginf=low)
    grey: NDArray[np.uint8] = np.clip((wide - low) * (255.0 / max(high - low, 1e-30)), 0, 255).astype(np.uint8)
    return grey
