"""Decodes the bytes of one text file, and says what is remarkable about texts, a million at a time."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.media.limits import DEFAULT_LIMITS, Limits
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome


@dataclass(frozen=True, slots=True)
class Text:
    """One decoded text, without its byte order mark. facts: `format`, `encoding`, `bytes`, `characters`."""

    text: str
    facts: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


def decode_text(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Text:
    """Decodes a text file: UTF-8, UTF-16 or UTF-32 with a byte order mark, else a guess, with a remark.

    Raises `Undecodable`, and nothing else, whatever the bytes.
    """
    if len(data) > 4 * limits.characters:
        raise Undecodable(Outcome.TOO_LARGE, f"this text is longer than {limits.characters:,} characters")
    try:
        text, encoding, remarks = _decoded(data)
    except MemoryError:
        raise Undecodable(Outcome.TOO_LARGE, "this text needs more memory than a file may use") from None
    if len(text) > limits.characters:
        raise Undecodable(Outcome.TOO_LARGE, f"this text is longer than {limits.characters:,} characters")
    if "\0" in text:
        raise Undecodable(Outcome.UNREADABLE, "this is no text: it holds NUL characters")
    if not text or text.isspace():
        raise Undecodable(Outcome.EMPTY, "this text has nothing but white space" if text else "this text is empty")
    facts = {"format": "text", "encoding": encoding, "bytes": len(data), "characters": len(text)}
    return Text(text, facts, (*remarks, *text_remarks(pa.array([text], pa.large_string()))[0]))


def text_remarks(texts: pa.Array | pa.ChunkedArray) -> list[tuple[str, ...]]:
    """What is remarkable about each text, in the order of `texts` (strings, null for none).

    One pass with all patterns at once finds the few texts worth a second look.
    """
    remarks: list[tuple[str, ...]] = [()] * len(texts)
    hits = pc.fill_null(pc.match_substring_regex(texts, _ANY), False)
    rows = np.flatnonzero(hits.to_numpy(zero_copy_only=False))
    some = pc.take(texts, pa.array(rows))
    for remark, pattern in _PATTERNS.items():
        for row in rows[pc.match_substring_regex(some, pattern).to_numpy(zero_copy_only=False)]:
            remarks[row] += (remark,)
    return remarks


_MARKS = (
    (codecs.BOM_UTF8, "utf-8", ()),
    (codecs.BOM_UTF32_LE, "utf-32-le", ("not UTF-8: read as UTF-32",)),
    (codecs.BOM_UTF32_BE, "utf-32-be", ("not UTF-8: read as UTF-32",)),
    (codecs.BOM_UTF16_LE, "utf-16-le", ("not UTF-8: read as UTF-16",)),
    (codecs.BOM_UTF16_BE, "utf-16-be", ("not UTF-8: read as UTF-16",)),
)
_GUESS_FROM = 1 << 16
"""Bytes an encoding is guessed from."""
_MOST_CONTROL = 0.02
"""Share of control bytes above which bytes are no text in any 8-bit encoding."""


def _decoded(data: bytes) -> tuple[str, str, tuple[str, ...]]:
    for mark, encoding, remarks in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), encoding, remarks
            except UnicodeDecodeError:
                raise Undecodable(Outcome.UNREADABLE, f"this text announces {encoding.upper()} and is not") from None
    try:
        return data.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > len(data) - 4 and error.start:
            remark = "partly decoded: the text ends inside a character, which is left out"
            return data[: error.start].decode("utf-8"), "utf-8", (remark,)
    return _guessed(data)


def _guessed(data: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Text in another encoding than Unicode's; a remark names the one guessed."""
    from charset_normalizer import from_bytes

    control = sum(map(data[:_GUESS_FROM].count, _CONTROL))
    if control > _MOST_CONTROL * min(len(data), _GUESS_FROM) or b"\0" in data:
        raise Undecodable(Outcome.UNREADABLE, "these bytes are no text in any known encoding")
    best = from_bytes(data[:_GUESS_FROM]).best()
    for encoding in ([best.encoding] if best else []) + ["cp1252", "latin-1"]:
        try:
            text = data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if text == data.decode("cp1252", "replace"):
            encoding = "cp1252"  # of the many tables that agree on this text, the one most likely meant
        return text, encoding, (f"not UTF-8: read as {encoding}",)
    raise Undecodable(Outcome.UNREADABLE, "these bytes are no text in any known encoding")


_CONTROL = [bytes([code]) for code in range(32) if code not in (9, 10, 12, 13, 27)]

_LOW = (
    "\\x{80}-\\x{9f}\\x{a1}-\\x{bf}\\x{152}\\x{153}\\x{160}\\x{161}\\x{178}\\x{17d}\\x{17e}\\x{192}\\x{2c6}\\x{2dc}"
    "\\x{20ac}\\x{2122}"
)
_QUOTES = "\\x{2018}-\\x{201e}\\x{2020}-\\x{2022}\\x{2026}\\x{2030}\\x{2039}\\x{203a}\\x{2013}\\x{2014}"
_TWICE = (
    f"[\\x{{c2}}-\\x{{c5}}][{_LOW}]"
    f"|(?:^|[^A-Z])[\\x{{c2}}\\x{{c3}}][\\x{{a0}}{_QUOTES}]"
    f"|\\x{{e2}}[\\x{{20ac}}\\x{{80}}\\x{{201a}}\\x{{82}}][{_LOW}{_QUOTES}]"
    "|\\x{f0}\\x{178}"
)
"""UTF-8 read as Windows-1252 or Latin-1: lead byte and second byte of letters, punctuation and emoji. A quotation mark
or dash may follow a word in capitals that ends in such a letter (IRMÃ)."""

_PATTERNS = {
    "control characters": "[\\x00-\\x08\\x0b\\x0e-\\x1f\\x7f\\x{80}-\\x{84}\\x{86}-\\x{9f}]",
    "invisible characters": (
        "[\\x{ad}\\x{180e}\\x{200b}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{2064}\\x{2066}-\\x{206f}\\x{feff}"
        "\\x{e0000}-\\x{e007f}]"
    ),
    "replacement characters: letters were lost before": "\\x{fffd}",
    "twice encoded": _TWICE,
    "markup": "<[A-Za-z!/][^<>]*>|&(?:[A-Za-z]{2,8}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});",
    "begins like a spreadsheet formula": "^(?:=[A-Za-z0-9(\"'+-]|[+-][A-Za-z0-9(]|@[A-Za-z.]+\\(|[\\t\\r])",
    "a word that some readers take for missing": "^\\s*(?:(?i:na|n/a|nan|null|none|nil)|#N/A)\\s*$",
    "white space only": "^\\s*$",
}
"""Remark -> pattern (RE2)."""

_ANY = "|".join(f"(?:{pattern})" for pattern in _PATTERNS.values())
