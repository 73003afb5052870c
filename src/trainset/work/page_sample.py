"""A sample on a page: its picture, its player or its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainset.work import page
from trainset.work.embedded import Embedded

_TEXT = 1000


def shown(medium: str, row: Mapping[str, Any], media: Embedded) -> str:
    """HTML of one sample. row: its facts, as `Samples.rows`; media: of its content."""
    if medium == "text":
        return f"<blockquote>{page.text(row['text'] or '', _TEXT)}</blockquote>"
    if not media.uri:
        return f'<p class="mut">{page.text(media.reason or "there is nothing to show")}</p>'
    said = f"labelled {row['label']}" if row["label"] else "without label"
    if medium == "image":
        small = " pixels" if max(media.width, media.height) <= 64 else ""
        return f'<img class="shot{small}" alt="{page.attribute(f"picture {said}")}" width="{media.width}" height="{media.height}" src="{media.uri}">'
    long = f"{media.seconds:,.2f} s"
    if media.cut is not None:
        long += f", the first {media.cut:.2f} s of it here"
    outline = f'<img class="outline" alt="" width="240" height="48" src="{media.outline}">'
    player = f'<audio controls preload="none" aria-label="{page.attribute(f"recording {said}, {long}")}" src="{media.uri}"></audio>'
    return f'{outline}{player}<p class="mut">{long}</p>'
