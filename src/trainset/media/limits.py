"""What one file may cost: the limits every decoder holds before it believes a header."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one file. The defaults fit into 600 MB of memory beside the interpreter.

    There is no bound on frames or pages: only the first is decoded.
    """

    bytes: int = 256_000_000
    """Size of the file."""
    pixels: int = 64_000_000
    """Width times height as declared by the header."""
    seconds: float = 600.0
    """Length of a recording."""
    values: int = 50_000_000
    """Frames times channels of a recording."""
    channels: int = 64
    """Channels of a recording."""
    rates: tuple[int, int] = (1_000, 768_000)
    """Usual sample rates in Hz; a recording outside of them is decoded, with a remark."""
    characters: int = 10_000_000
    """Length of a text."""


DEFAULT_LIMITS = Limits()
