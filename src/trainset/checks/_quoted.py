"""Names from data in sentences."""

from __future__ import annotations

_LONGEST = 60  # a class may be called by a whole paragraph; a sentence about it must still end


def quoted(name: object) -> str:
    """A name in quotes, what cannot be seen escaped, a long one shortened."""
    return repr(shortened(name))


def shortened(name: object) -> str:
    """A name, a long one cut in its middle: begin and end tell most apart."""
    whole = str(name)
    return whole if len(whole) <= _LONGEST else f"{whole[: _LONGEST * 2 // 3]}…{whole[1 - _LONGEST // 3 :]}"


def counted(count: int, one: str, several: str = "") -> str:
    """How many, with the word in its number."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
