"""Samples drawn in characters: pictures as half blocks, recordings as a waveform line, texts as snippets."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainset.cli import output

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from trainset.work.look import Samples

_CELL = 20  # columns of one picture
_ROWS = 10  # lines of one picture; a line holds two rows of pixels
_WAVE = 48


def grid(samples: Samples) -> RenderableType:
    """The samples as their medium is best seen in a terminal."""
    draw = {"image": _pictures, "audio": _recordings}.get(samples.dataset.medium, _texts)
    return draw(samples)


def one(samples: Samples, columns: int, lines: int, width: int) -> list[Text]:
    """The only one of the samples as lines: a picture of at most so many columns and lines, or a waveform of a width."""
    from rich.text import Text

    from trainset.media.preview import read_thumbnail, read_waveform
    from trainset.media.undecodable import Undecodable

    row = samples.rows(measures=False)[0]
    preview = samples.previews().get(bytes.fromhex(row["content"]))
    if preview is None:
        return [Text("(no preview)")]
    try:
        if samples.dataset.medium == "image":
            return half_blocks(read_thumbnail(preview), columns, lines)
        facts = [f"{row['seconds']:.2f} s"] if row.get("seconds") is not None else []
        facts += [f"{row['loudness']:.0f} dBFS"] if row.get("loudness") is not None else []
        return [_kept(waveform_line(read_waveform(preview), width)), Text("  ".join(facts))]
    except Undecodable as fault:
        return [Text(f"({fault.reason})")]


def half_blocks(pixels: NDArray[np.uint8], columns: int, lines: int) -> list[Text]:
    """A picture of (h, w, 3) uint8 as at most `lines` lines of upper half blocks: two pixels per character."""
    from PIL import Image
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    height, width = pixels.shape[:2]
    scale = min(columns / width, 2 * lines / height)
    size = (max(1, round(width * scale)), max(2, round(height * scale / 2) * 2))
    shape = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    small = np.asarray(Image.fromarray(pixels).resize(size, shape))
    if output.console().color_system is None:  # no colours here: one character for two pixels by their brightness
        level = small.astype(np.float32).mean(axis=2).reshape(-1, 2, size[0]).mean(axis=1)
        return [Text("".join(" ░▒▓█"[min(4, int(value / 51.2))] for value in line)) for line in level]
    drawn = []
    for upper, lower in zip(small[::2], small[1::2], strict=True):
        text = Text()
        for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
            text.append("▀", Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        drawn.append(text)
    return drawn


def waveform_line(extremes: NDArray[np.float32], width: int) -> str:
    """(bins, 2) minima and maxima in -1..1 as one line of `width` blocks whose height is the level, 0 to -48 dBFS."""
    if not len(extremes):
        return ""
    level = np.abs(extremes).max(axis=1)
    edges = np.linspace(0, len(level), width + 1).astype(int)
    peaks = np.array([level[a : max(b, a + 1)].max() for a, b in pairwise(edges)])
    height = np.clip((20 * np.log10(np.maximum(peaks, 1e-6)) + 48) / 48, 0, 1)
    return "".join(" ▁▂▃▄▅▆▇█"[round(float(h) * 8)] for h in height)


def _pictures(samples: Samples) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    from trainset.media.preview import read_thumbnail
    from trainset.media.undecodable import Undecodable

    found = samples.previews()
    across = max(1, output.console().width // (_CELL + 2))
    made = Table.grid(padding=(0, 2, 1, 0))
    cells = []
    for row in samples.rows(measures=False):
        lines: list[Text] = [Text("(no preview)")]
        preview = found.get(bytes.fromhex(row["content"]))
        if preview is not None:
            try:
                lines = half_blocks(read_thumbnail(preview), _CELL, _ROWS)
            except Undecodable as fault:
                lines = [Text(f"({fault.reason})")]
        cells.append(Text("\n").join([*lines, *_caption(row, _CELL)]))
    for start in range(0, len(cells), across):
        made.add_row(*cells[start : start + across])
    return made


def _caption(row: dict[str, Any], width: int) -> list[Text]:
    from rich.text import Text

    mark = " excluded" if row["excluded"] else ""
    label = Text(output.safe(row["label"] if row["label"] is not None else "no label", width), style="bold")
    return [label, Text(output.safe(f"{row['split'] or 'no split'}{mark}", width)), Text(row["id"][:12], style="dim")]


def _recordings(samples: Samples) -> RenderableType:
    from trainset.media.preview import read_waveform
    from trainset.media.undecodable import Undecodable

    found = samples.previews()
    rows = []
    for row in samples.rows():
        preview, wave = found.get(bytes.fromhex(row["content"])), ""
        if preview is not None:
            try:
                wave = waveform_line(read_waveform(preview), _WAVE)
            except Undecodable as fault:
                wave = f"({fault.reason})"
        length = f"{row['seconds']:.2f} s" if row.get("seconds") is not None else ""
        level = f"{row['loudness']:.0f} dBFS" if row.get("loudness") is not None else ""
        rows.append(
            [row["id"][:12], _label(row), row["split"] or "", row["contributor"] or "", length, level, _kept(wave)]
        )
    return output.table(["id", "label", "split", "contributor", "length", "level", "waveform"], rows, right=(4, 5))


def _texts(samples: Samples) -> RenderableType:
    width = max(30, output.console().width - 48)
    rows = [
        [row["id"][:12], _label(row), row["split"] or "", output.safe(row["text"] or "", width * 2)]
        for row in samples.rows(measures=False)
    ]
    return output.table(["id", "label", "split", "text"], rows)


def _label(row: dict[str, Any]) -> str:
    return output.safe(
        (row["label"] if row["label"] is not None else "no label") + (" (excluded)" if row["excluded"] else ""), 28
    )


def _kept(wave: str) -> Text:
    from rich.text import Text

    return Text(wave, style="cyan", no_wrap=True)
