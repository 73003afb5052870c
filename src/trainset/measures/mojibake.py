"""Text that was read in a wrong encoding."""

from __future__ import annotations

from trainset.contracts import measure

_LONGEST = 20_000  # characters; the first ones tell


@measure("Mojibake", unit="marks", medium="text")
def mojibake(text: str) -> int:
    """Number of places that look like UTF-8 read as another encoding, such as "Ã¼" for "ü" (the heuristic of ftfy, Speer 2019); 0 is
    clean.
    """
    if text.isascii():
        return 0
    from ftfy.badness import badness

    return int(badness(text[:_LONGEST]))
