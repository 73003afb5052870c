"""Measures that take many samples at once: decoded samples wait until there are enough of one size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.contracts import MANY, Plugin

_MOST_PIXELS = 4_000_000
"""Of a picture, above which it is averaged down, and of the pictures that wait together."""
_AT_ONCE = 262_144
"""Pixels of one size that are computed with together: enough that asking costs nothing, few enough for a processor's cache."""
_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


class Together:
    """Collects the decoded samples of a batch and puts the values of its measures into their columns."""

    def __init__(self, plugins: Mapping[str, Plugin], columns: Mapping[str, list[Any]]) -> None:
        self._plugins = {name: plugin for name, plugin in plugins.items() if set(plugin.needs) & set(MANY)}
        self._columns = columns
        self._pictures: dict[tuple[int, ...], list[tuple[int, NDArray[np.uint8]]]] = defaultdict(list)
        self._texts: list[tuple[int, str]] = []
        self._pixels = 0

    def take(self, row: int, decoded: Mapping[str, Any]) -> None:
        """A sample whose other values stand in this row of the columns already."""
        if not self._plugins:
            return
        if "pixels" in decoded:
            small = averaged_down(decoded["pixels"])
            same, size = self._pictures[small.shape], small.shape[0] * small.shape[1]
            same.append((row, small))
            self._pixels += size
            if len(same) * size >= _AT_ONCE:
                self._stack(self._pictures.pop(small.shape))
                self._pixels -= len(same) * size
            elif self._pixels >= _MOST_PIXELS:
                self.finish()
        elif "text" in decoded:
            self._texts.append((row, decoded["text"]))

    def finish(self) -> None:
        """Measures all that wait."""
        for waiting in self._pictures.values():
            self._stack(waiting)
        self._pictures.clear()
        self._pixels = 0
        if self._texts:
            texts = pa.array([text for _, text in self._texts], pa.string())
            self._put({"texts": texts}, [row for row, _ in self._texts])
            self._texts = []

    def _stack(self, waiting: Sequence[tuple[int, NDArray[np.uint8]]]) -> None:
        pictures = np.stack([pixels for _, pixels in waiting]) if len(waiting) > 1 else waiting[0][1][None]
        planes = np.ascontiguousarray(pictures.transpose(3, 0, 1, 2)).astype(np.float32)
        lumas = planes[0] * _WEIGHTS[0]  # one by one: a product of matrices would depend on who waits beside whom
        for plane, weight in zip(planes[1:], _WEIGHTS[1:], strict=True):
            lumas += plane * weight
        self._put({"pictures": pictures, "planes": planes, "lumas": lumas}, [row for row, _ in waiting])

    def _put(self, known: Mapping[str, Any], rows: Sequence[int]) -> None:
        for name, plugin in self._plugins.items():
            values = plugin.target(*(known[need] for need in plugin.needs))
            values = values.tolist() if hasattr(values, "tolist") else values
            column = self._columns[name]
            for row, value in zip(rows, values, strict=True):
                column[row] = value


def averaged_down(pixels: NDArray[np.uint8], most: int = _MOST_PIXELS) -> NDArray[np.uint8]:
    """A (h, w, 3) uint8 picture of at most `most` pixels: itself, or averages of k x k blocks; what fills no block is cut."""
    height, width = pixels.shape[:2]
    k = 1
    while max(1, height // k) * max(1, width // k) > most:
        k += 1
    if k == 1:
        return pixels
    k_high, k_wide = min(k, height), min(k, width)
    rows, columns = height // k_high, width // k_wide
    small = np.empty((rows, columns, 3), np.uint8)
    for row in range(rows):  # a strip at a time: a large picture is never in memory twice
        strip = pixels[row * k_high : (row + 1) * k_high, : columns * k_wide].astype(np.uint32)
        small[row] = strip.reshape(k_high, columns, k_wide, 3).sum(axis=(0, 2)) // (k_high * k_wide)
    return small
