"""Markup left in a text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import measure

_MARKS = (
    r"(?i)</?[a-z][a-z0-9]*(?:\s[^<>]{0,200})?/?>"  # tags
    r"|&(?:[a-z]{2,8}|#[0-9]{2,6}|#x[0-9a-f]{2,6});"  # entities
    r"|\]\(https?://|\[/?(?:b|i|u|url|img|quote|code)\]"  # links of Markdown, BBCode
)


@measure("Markup", unit="marks", medium="text")
def markup(texts: pa.StringArray) -> pa.Array:
    """Number of HTML tags and entities, links in brackets and BBCode left in the text."""
    return pc.count_substring_regex(texts, _MARKS)
