"""Samples and tables as HTML for notebooks: plain text stays text, pictures and players stand in the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from trainset.errors import TrainsetError
from trainset.media import kinds

if TYPE_CHECKING:
    from trainset.work.look import Samples
    from trainset.work.status import Status

_TEXT = 300
_AUDIO_BYTES = 2_000_000  # of one player; larger recordings show their waveform only
_TYPES = {"WAV": "audio/wav", "FLAC": "audio/flac", "OGG": "audio/ogg", "MP3": "audio/mpeg"}


def samples_html(samples: Samples) -> str:
    """A grid of pictures, a list of players or of texts, each with label, split and id."""
    previews = samples.previews()
    cells = []
    for number, row in enumerate(samples.rows()):
        caption = (
            f"<b>{escape(row['label'] or 'no label')}</b> {escape(row['split'] or '')}<br><code>{row['id'][:12]}</code>"
        )
        if row["excluded"]:
            caption += " <i>excluded</i>"
        cells.append(
            f'<div style="{_CELL}">{_body(samples, number, row, previews)}<div style="font-size:11px">{caption}</div></div>'
        )
    wide = "" if samples.dataset.medium == "image" else "flex-direction:column;"
    head = f"<div>{len(samples):,} of {samples.total:,} samples</div>"
    return f'{head}<div style="display:flex;flex-wrap:wrap;gap:8px;{wide}">{"".join(cells)}</div>'


def status_html(status: Status) -> str:
    """The counts by class and split as a table."""
    splits = status.splits
    rows = [
        [label or "no label", *(f"{counts.get(split, 0):,}" for split in splits), f"{sum(counts.values()):,}"]
        for label, counts in status.counts.items()
    ]
    return table_html(
        ["class", *(split or "no split" for split in splits), "all"],
        rows,
        f"{status.samples:,} samples, {status.medium or 'no medium yet'}",
    )


def table_html(names: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "") -> str:
    """Any table, everything escaped."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_CELL = "border:1px solid #8884;border-radius:4px;padding:6px;max-width:640px"


def _body(samples: Samples, number: int, row: dict[str, Any], previews: dict[bytes, bytes]) -> str:
    medium = samples.dataset.medium
    if medium == "text":
        text = row["text"] or ""
        return f'<div style="white-space:pre-wrap">{escape(text[:_TEXT])}{"…" if len(text) > _TEXT else ""}</div>'
    preview = previews.get(bytes.fromhex(row["content"]))
    if medium == "image":
        if preview is None or not preview.startswith(b"\xff\xd8"):
            return "<div>no preview</div>"
        return f'<img alt="{escape(row["label"] or "")}" style="height:96px;image-rendering:auto" src="data:image/jpeg;base64,{_base64(preview)}">'
    return _player(samples, number)


def _player(samples: Samples, number: int) -> str:
    try:
        data = samples.media(number)
    except TrainsetError as error:
        return f"<div>{escape(error.what)}</div>"
    kind = kinds.sniff(data[:4096])
    if kind is None or kind.name not in _TYPES or len(data) > _AUDIO_BYTES:
        return "<div>no player for this recording</div>"
    return f'<audio controls preload="none" src="data:{_TYPES[kind.name]};base64,{_base64(data)}"></audio>'


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
