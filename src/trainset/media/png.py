"""The chunks of a PNG: checksums, what the decoder needs of them, and whether every row is there (ISO/IEC 15948)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from trainset.media.undecodable import Undecodable
from trainset.model import Outcome

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(slots=True)
class Chunks:
    """What the chunks of one PNG say."""

    plain: bytes = b""
    """The file reduced to what makes up the picture."""
    width: int = 0
    height: int = 0
    bits: int = 0
    channels: int = 0
    interlaced: bool = False
    frames: int = 1
    exif: bytes = b""
    remarks: list[str] = field(default_factory=list)


def read_chunks(data: bytes) -> Chunks:
    """Checks every chunk. Raises `Undecodable` when one that makes up the picture is damaged or cut off."""
    chunks = Chunks()
    kept: list[bytes] = []
    at, ended, has_pixels = len(SIGNATURE), False, False
    for _ in range(_MOST_CHUNKS):
        if at >= len(data) or ended:
            break
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        after = at + 12 + length
        critical = kind in _PICTURE
        if after > len(data):
            if has_pixels and kind not in (b"IDAT", b"PLTE", b"tRNS"):
                break  # cut off behind the picture: handled as a missing end
            raise Undecodable(Outcome.TRUNCATED, "this PNG picture is cut off")
        if not has_pixels and not kept and kind != b"IHDR":
            raise Undecodable(Outcome.UNREADABLE, "this PNG picture does not begin with its header")
        if zlib.crc32(memoryview(data)[at + 4 : after - 4]) != int.from_bytes(data[after - 4 : after], "big"):
            if critical:
                raise Undecodable(Outcome.UNREADABLE, "this PNG picture is damaged: a checksum does not fit its data")
            chunks.remarks.append("metadata damaged: a checksum of the PNG does not fit")
        elif not critical:
            _read_extra(chunks, kind, data[at + 8 : after - 4])
        if kind == b"IHDR" and not kept:
            _read_header(chunks, data[at + 8 : after - 4])
        has_pixels |= kind == b"IDAT"
        ended = kind == b"IEND"
        if critical:
            kept.append(data[at:after])
        at = after
    else:
        raise Undecodable(Outcome.UNREADABLE, "this PNG picture has more parts than any program writes")
    if not kept:
        raise Undecodable(Outcome.TRUNCATED, "this PNG picture is cut off before its header")
    if not has_pixels:
        raise Undecodable(Outcome.TRUNCATED if not ended else Outcome.UNREADABLE, "this PNG picture has no pixel data")
    if not ended:
        chunks.remarks.append("partly decoded: the end of the PNG file is missing, the picture is whole")
        kept.append(_END)
    elif at < len(data):
        chunks.remarks.append(f"bytes after the end of the picture: {len(data) - at:,}")
    chunks.plain = b"".join((SIGNATURE, *kept))
    return chunks


def rows_there(chunks: Chunks) -> float:
    """Share of the picture, 0 to 1, that the pixel data fill. Costs one more inflation, with bounded memory."""
    expected = sum((1 + (width * chunks.channels * chunks.bits + 7) // 8) * height for width, height in _passes(chunks))
    inflate = zlib.decompressobj()
    found, at = 0, len(SIGNATURE)
    while at < len(chunks.plain) and found < expected and not inflate.eof:
        length = int.from_bytes(chunks.plain[at : at + 4], "big")
        if chunks.plain[at + 4 : at + 8] == b"IDAT":
            found += _inflated(inflate, memoryview(chunks.plain)[at + 8 : at + 8 + length], expected - found)
        at += 12 + length
    return min(1.0, found / expected)


_MOST_CHUNKS = 500_000
_PICTURE = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_END = b"\0\0\0\0IEND\xaeB`\x82"
_MOST_TEXT = 1_000_000
_BLOCK = 1 << 16


def _read_header(chunks: Chunks, header: bytes) -> None:
    if len(header) != 13:
        raise Undecodable(Outcome.UNREADABLE, "this PNG picture has a damaged header")
    chunks.width, chunks.height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    chunks.bits, chunks.channels, chunks.interlaced = header[8], _CHANNELS.get(header[9], 0), header[12] == 1
    if not chunks.width or not chunks.height:
        raise Undecodable(Outcome.UNREADABLE, "this PNG picture declares a width or height of 0")
    if not chunks.channels or chunks.bits not in (1, 2, 4, 8, 16):
        raise Undecodable(Outcome.UNREADABLE, "this PNG picture declares a colour type that does not exist")


def _read_extra(chunks: Chunks, kind: bytes, body: bytes) -> None:
    if kind == b"eXIf":
        chunks.exif = body
    elif kind == b"acTL" and len(body) == 8:
        chunks.frames = max(1, int.from_bytes(body[:4], "big"))
    elif kind in (b"zTXt", b"iTXt") and _is_bomb(kind, body):
        chunks.remarks.append("metadata ignored: a compressed text of more than 1 MB")
    elif not kind[:1].islower():
        raise Undecodable(Outcome.UNSUPPORTED, "this PNG picture needs an extension that is not supported")


def _is_bomb(kind: bytes, body: bytes) -> bool:
    start = body.find(b"\0") + 2
    if kind == b"iTXt":  # keyword, compressed?, method, language, translated keyword, text
        if body[start - 1 : start] != b"\1":
            return False
        start = body.find(b"\0", body.find(b"\0", start + 1) + 1) + 1
    try:
        return len(zlib.decompressobj().decompress(body[start:], _MOST_TEXT + 1)) > _MOST_TEXT
    except zlib.error:
        return False


def _passes(chunks: Chunks) -> list[tuple[int, int]]:
    """Width and height of each pass: one, or the seven of Adam7, without the empty ones."""
    if not chunks.interlaced:
        return [(chunks.width, chunks.height)]
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    sizes = [(-(-(chunks.width - x) // dx), -(-(chunks.height - y) // dy)) for x, y, dx, dy in steps]
    return [(width, height) for width, height in sizes if width > 0 and height > 0]


def _inflated(inflate: zlib._Decompress, body: memoryview, wanted: int) -> int:
    """How many bytes come out of a piece of the stream, at most about `wanted`."""
    found = 0
    for at in range(0, len(body), _BLOCK):
        rest = bytes(body[at : at + _BLOCK])
        while rest and found < wanted and not inflate.eof:
            out = inflate.decompress(rest, _BLOCK * 16)
            found += len(out)
            rest = inflate.unconsumed_tail
            if not out and not rest:
                break
    return found
