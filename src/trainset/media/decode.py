"""The one door: the bytes of a file and the medium of the dataset in, its decoded content out, or why there is none."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeAlias

from trainset.media.kinds import HEAD, HTML, KINDS, SVG, XML, medium_of, sniff, suffix_fits
from trainset.media.limits import DEFAULT_LIMITS, Limits
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

if TYPE_CHECKING:
    from trainset.media.audio import Audio
    from trainset.media.image import Image
    from trainset.media.text import Text

    Decoded: TypeAlias = Image | Audio | Text


def decode(data: bytes, medium: str, limits: Limits = DEFAULT_LIMITS) -> Decoded:
    """Decodes a file as `image`, `audio` or `text`. Raises `Undecodable`, and nothing else, whatever the bytes."""
    if not data:
        raise Undecodable(Outcome.EMPTY, "this file has 0 bytes")
    if len(data) > limits.bytes:
        raise Undecodable(Outcome.TOO_LARGE, f"this file has {len(data):,} bytes; the limit is {limits.bytes:,}")
    kind = sniff(data)
    if medium == "text":
        if kind is not None and kind not in (HTML, XML, SVG):
            raise Undecodable(Outcome.UNSUPPORTED, f"this is {kind.phrase}, not a text")
        from trainset.media.text import decode_text

        return decode_text(data, limits)
    if kind is None:
        what = "plain text" if _looks_like_text(data[:HEAD]) else "no known kind of file"
        raise Undecodable(Outcome.UNREADABLE, f"this is {what}, not {_WANTED[medium]}")
    if kind.medium != medium:
        raise Undecodable(Outcome.UNSUPPORTED, f"this is {kind.phrase}, not {_WANTED[medium]}")
    if medium == "image":
        from trainset.media.image import decode_image

        return decode_image(data, limits)
    from trainset.media.audio import decode_audio

    return decode_audio(data, limits)


def values(decoded: Decoded) -> dict[str, Any]:
    """What a measure may ask for, by name: see `contracts.DECODED`."""
    return {name: getattr(decoded, name) for name in decoded.__dataclass_fields__ if name not in _OURS}


def preview(decoded: Decoded, data: bytes = b"") -> bytes:
    """The thumbnail of a picture or the waveform of a recording; empty for a text, and for a JPEG that is a thumbnail already.

    data: the file's bytes.
    """
    from trainset.media.preview import is_thumbnail, thumbnail, waveform

    shown = values(decoded)
    if "pixels" in shown:
        bare = getattr(decoded, "bare", False)
        if not decoded.remarks and is_thumbnail(data, shown["pixels"], shown["facts"], bare=bare):
            return b""
        return thumbnail(shown["pixels"])
    return waveform(shown["signal"]) if "signal" in shown else b""


def remark_on_name(name: str, decoded: Decoded) -> tuple[str, ...]:
    """A remark when the suffix of a file's name belongs to another kind than its content."""
    kind = KINDS[decoded.facts["format"]]
    if suffix_fits(name, kind) or (kind.medium == "text" and not medium_of(name)):
        return ()
    suffix = PurePosixPath(name).suffix
    known = suffix.isascii() and suffix.isprintable() and len(suffix) <= 8
    return (f"wrong extension: {kind.phrase} named {suffix if known else 'something else'}",)


_OURS = ("remarks", "bare")
_WANTED = {"image": "a picture", "audio": "a recording"}


def _looks_like_text(head: bytes) -> bool:
    try:
        return all(letter.isprintable() or letter in "\r\n\t\f" for letter in head.decode("utf-8"))
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and error.start > 0
