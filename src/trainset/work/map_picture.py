"""The map as a picture: a point a sample, coloured by its label, with the numbers of the regions; for light and for dark pages."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from trainset.work.map_ import Map

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a500")
"""That colour-blind people can tell apart (Okabe and Ito 2008; the yellow darkened to be seen on white): of the commonest labels, one each."""
OTHERS = "#8a8f9c"
GROUNDS = {False: ("#ffffff", "#1b1d22"), True: ("#16181d", "#e8eaf0")}
"""Dark or not -> ground and writing."""
_SIDE, _EDGE = 1000, 30


def colours(map_: Map) -> tuple[list[tuple[str, str, int]], NDArray[np.int64]]:
    """The legend (label, colour, samples), and of each sample its line of it."""
    labels = map_.table["label"].combine_chunks().fill_null("")
    counted = sorted(
        ((one["counts"], one["values"]) for one in pc.value_counts(labels).to_pylist()), key=lambda pair: (-pair[0], pair[1])
    )  # fmt: skip
    named = [(name, count) for count, name in counted if name][: len(COLOURS)]
    legend = [(name, colour, count) for (name, count), colour in zip(named, COLOURS, strict=False)]
    rest = len(labels) - sum(count for _, _, count in legend)
    codes = pc.index_in(labels, value_set=_texts([name for name, _, _ in legend])).fill_null(len(legend))
    kinds = len(counted) - len(legend)
    if rest:
        named_rest = (
            "no label" if kinds == 1 and counted and not all(name for _, name in counted) else f"{kinds} others"
        )
        legend.append((named_rest, OTHERS, rest))
    return legend, codes.to_numpy(zero_copy_only=False).astype(np.int64)


def png(map_: Map, *, dark: bool = False) -> bytes:
    """1,000 x 1,000 pixels. Where points of several colours lie on one another the last of a fixed shuffle is seen."""
    from PIL import Image, ImageDraw, ImageFont

    ground, writing = GROUNDS[dark]
    legend, codes = colours(map_)
    image = np.empty((_SIDE, _SIDE, 3), np.uint8)
    image[:] = _rgb(ground)
    inks = np.array([_rgb(colour) for _, colour, _ in legend] or [(0, 0, 0)], np.uint8)
    x, y = (map_.table[name].to_numpy() for name in ("x", "y"))
    width = _SIDE - 2 * _EDGE
    across = np.clip(_EDGE + x * width, 0, _SIDE - 1).astype(np.int64)
    down = np.clip(_SIDE - _EDGE - y * width, 0, _SIDE - 1).astype(np.int64)
    order = np.random.default_rng(0).permutation(len(x))
    reach = 6 if len(x) <= 300 else 3 if len(x) <= 3000 else 2 if len(x) <= 20_000 else 1
    for right in range(-reach, reach + 1):
        for lower in range(-reach, reach + 1):
            if right**2 + lower**2 <= reach**2:
                place = np.clip(down[order] + lower, 0, _SIDE - 1), np.clip(across[order] + right, 0, _SIDE - 1)
                image[place] = inks[codes[order]]
    picture = Image.fromarray(image)
    draw: Any = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=26)
    for one in map_.regions:
        middle = (_EDGE + one.x * width, _SIDE - _EDGE - one.y * width)
        draw.text(middle, str(one.number), fill=writing, font=font, anchor="mm", stroke_width=4, stroke_fill=ground)
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _texts(values: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string())
