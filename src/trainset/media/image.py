"""Decodes the bytes of one picture to RGB pixels, with what the file says of itself and what its owner should know."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL import Image as Pillow

from trainset.media.bare_jpeg import decode_bare
from trainset.media.exif import GPS, ORIENTATION, Exif, read_exif
from trainset.media.faults import FAULTS
from trainset.media.frames import MOST, gif_frames, tiff_pages, webp_size
from trainset.media.jpeg import END, GREY, Layout, missing_share, plain_size, read_layout
from trainset.media.kinds import sniff
from trainset.media.limits import DEFAULT_LIMITS, Limits
from trainset.media.png import Chunks, read_chunks, rows_there
from trainset.media.rgb import is_constant, to_rgb, turned
from trainset.media.strict_jpeg import decode_strictly
from trainset.media.undecodable import Undecodable
from trainset.model import Outcome


@dataclass(frozen=True, slots=True)
class Image:
    """One decoded picture. pixels: (h, w, 3) uint8, RGB as a viewer shows it: upright, transparency over white.

    facts: `format`, `bytes`, `width`, `height` (as stored; of a TIFF upright), `mode`, `channels`, `bits`, `frames` and,
    when the file tells it, `orientation`.
    """

    pixels: NDArray[np.uint8]
    facts: Mapping[str, Any]
    remarks: tuple[str, ...] = ()
    bare: bool = False
    """Whether the file is surely whole and holds nothing but this picture."""


def decode_image(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Image:
    """Decodes the first picture of a file in full. Raises `Undecodable`, and nothing else, whatever the bytes."""
    kind = sniff(data)
    if kind is None or kind.medium != "image":
        raise Undecodable(Outcome.UNREADABLE, "this is no known kind of picture")
    if kind.name == "JPEG" and (plain := decode_bare(data, limits.pixels)) is not None:
        return Image(*plain, bare=True)
    job = _Job(data, kind.name, limits)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _DECODERS[kind.name](job)
    except MemoryError:
        raise Undecodable(Outcome.TOO_LARGE, _NO_MEMORY) from None
    except FAULTS as fault:
        if "truncated" in str(fault).lower():
            raise Undecodable(Outcome.TRUNCATED, f"this {kind.name} picture is cut off") from None
        raise Undecodable(Outcome.UNREADABLE, f"this {kind.name} picture is damaged and cannot be decoded") from None


_NO_MEMORY = "decoding this picture needs more memory than a file may use"
_DAMAGED = "picture damaged: its data were changed, what it shows may be wrong"
_WHOLE_ENOUGH = 0.1
"""Up to this share of the picture may be missing: it is decoded, with a remark. Beyond it the file is truncated."""


@dataclass(slots=True)
class _Job:
    """What is known of one picture while it is decoded."""

    data: bytes
    format: str
    limits: Limits
    exif: Exif = field(default_factory=Exif)
    remarks: list[str] = field(default_factory=list)

    def check_size(self, width: int, height: int) -> None:
        if width < 1 or height < 1:
            raise Undecodable(Outcome.UNREADABLE, f"this {self.format} picture declares a width or height of 0")
        if width * height > self.limits.pixels:
            reason = f"it declares {width:,} x {height:,} pixels; the limit is {self.limits.pixels:,} in all"
            raise Undecodable(Outcome.TOO_LARGE, reason)

    def result(self, picture: Pillow.Image, *, bits: int = 0, frames: int = 1) -> Image:
        """What Pillow decoded, with the facts and remarks that every format has."""
        return self.shown(to_rgb(picture), picture.mode, picture.size, bits=bits, frames=frames)

    def shown(
        self, pixels: NDArray[np.uint8], mode: str, size: tuple[int, int], *, bits: int = 0, frames: int = 1
    ) -> Image:
        """The picture upright, with the facts and remarks that every format has."""
        width, height = size
        facts = {"format": self.format, "bytes": len(self.data), "width": width, "height": height, "mode": mode}
        facts |= {"channels": Pillow.getmodebands(mode), "bits": bits or _BITS.get(mode, 8), "frames": frames}
        remarks = self.remarks
        orientation = self.exif.orientation
        if orientation is not None:
            facts["orientation"] = orientation
            if not 1 <= orientation <= 8:
                remarks.append(f"metadata damaged: an orientation of {orientation} has no meaning")
        if self.exif.damaged:
            remarks.append("metadata damaged: the EXIF block cannot be read")
        if self.exif.gps:
            remarks.append("holds a GPS position")
        if width * height > 1 and is_constant(pixels):
            remarks.append("every pixel is the same")
        upright = pixels if self.format == "TIFF" else turned(pixels, orientation)  # Pillow turns TIFF by itself
        return Image(upright, facts, tuple(dict.fromkeys(remarks)))


_BITS = {"1": 1, "I": 32, "F": 32, "I;16": 16, "I;16B": 16, "I;16L": 16, "I;16N": 16}


def _jpeg(job: _Job) -> Image:
    layout = read_layout(job.data)
    if layout.exif:
        job.exif = read_exif(layout.exif)
    if not layout.scan or layout.scan >= len(job.data):
        raise Undecodable(Outcome.TRUNCATED, "this JPEG picture is cut off before its first pixel")
    data = job.data
    if not layout.end:
        _check_cut(job, layout)
        data = data.rstrip(b"\0").rstrip(b"\xff") + END
    pixels = _plain_jpeg(job, layout)
    if pixels is None:
        picture = _any_jpeg(job, data)
        pixels, mode, size = to_rgb(picture), picture.mode, picture.size
    else:
        mode, size = "L" if layout.frame[3] == 1 else "RGB", (pixels.shape[1], pixels.shape[0])
    if layout.stray:
        job.remarks.append(_DAMAGED)
    if layout.end and not layout.whole:
        job.remarks.append("partly decoded: some scans of the JPEG file are missing")
    elif layout.end and pixels[-1, -1].tobytes() == GREY:
        _check_missing(job, layout.stray or layout.end - len(END))
    if layout.end and len(job.data) > layout.end and not layout.several:
        job.remarks.append(f"bytes after the end of the picture: {len(job.data) - layout.end:,}")
    return job.shown(pixels, mode, size)


def _any_jpeg(job: _Job, data: bytes) -> Pillow.Image:
    picture = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    job.check_size(*picture.size)
    picture.load()
    return picture


def _plain_jpeg(job: _Job, layout: Layout) -> NDArray[np.uint8] | None:
    """The pixels of a whole grey or RGB picture; None for every other, and, with a remark, for one whose data are damaged."""
    size = plain_size(layout)
    if size is None:
        return None
    job.check_size(*size)
    pixels = decode_strictly(job.data, *size)
    if pixels is None:
        job.remarks.append(_DAMAGED)
    return pixels


def _check_cut(job: _Job, layout: Layout) -> None:
    """A JPEG without an end mark: refuses it unless (nearly) all of its picture is there."""
    if not layout.whole:
        raise Undecodable(Outcome.TRUNCATED, "this JPEG picture is cut off")
    _check_missing(job, len(job.data.rstrip(b"\0")))
    if not job.remarks:
        job.remarks.append("partly decoded: the end mark of the JPEG file is missing, the picture is whole")


def _check_missing(job: _Job, end: int) -> None:
    def decode(data: bytes) -> NDArray[np.uint8]:
        picture = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        job.check_size(*picture.size)
        picture.load()
        return to_rgb(picture)

    missing = missing_share(job.data, end, decode)
    if missing > _WHOLE_ENOUGH:
        raise Undecodable(Outcome.TRUNCATED, f"this JPEG picture is cut off: {missing:.0%} of it are missing")
    if missing:
        job.remarks.append(f"partly decoded: the last {max(missing, 0.001):.1%} of the picture are missing")


def _png(job: _Job) -> Image:
    chunks = read_chunks(job.data)
    job.check_size(chunks.width, chunks.height)
    job.remarks += chunks.remarks
    if chunks.exif:
        job.exif = read_exif(chunks.exif.removeprefix(b"Exif\0\0"))
    picture = PngImagePlugin.PngImageFile(io.BytesIO(chunks.plain))
    picture.load()
    if chunks.interlaced or not _last_row_is_written(picture):
        _check_rows(chunks)
    _remark_frames(job, chunks.frames)
    return job.result(picture, bits=chunks.bits, frames=chunks.frames)


def _last_row_is_written(picture: Pillow.Image) -> bool:
    """Whether the last row of a picture, whose memory begins as zeros, holds anything else."""
    width, height = picture.size
    return picture.im.crop((0, height - 1, width, height)).getbbox() is not None


def _check_rows(chunks: Chunks) -> None:
    there = rows_there(chunks)
    if there < 1:
        raise Undecodable(Outcome.TRUNCATED, f"this PNG picture holds only {there:.0%} of its pixels")


def _gif(job: _Job) -> Image:
    width, height = struct.unpack_from("<HH", job.data, 6)
    job.check_size(width, height)
    frames, ended = gif_frames(job.data)
    picture = GifImagePlugin.GifImageFile(io.BytesIO(job.data))
    job.check_size(*picture.size)
    picture.load()
    _remark_frames(job, frames)
    if not ended:
        job.remarks.append("partly decoded: the end of the GIF file is missing")
    return job.result(picture, frames=frames)


def _bmp(job: _Job) -> Image:
    picture = BmpImagePlugin.BmpImageFile(io.BytesIO(job.data))
    job.check_size(*picture.size)
    picture.load()
    return job.result(picture)


def _tiff(job: _Job) -> Image:
    pages, whole = tiff_pages(job.data)
    picture = TiffImagePlugin.TiffImageFile(io.BytesIO(job.data))
    job.check_size(*picture.size)
    orientation = picture.tag_v2.get(ORIENTATION)
    job.exif = Exif(orientation if isinstance(orientation, int) else None, gps=GPS in picture.tag_v2)
    bits = picture.tag_v2.get(_BITS_PER_SAMPLE, 0)
    bits = bits[0] if isinstance(bits, tuple) and bits else bits
    _check_strips(picture)
    picture.load()
    if pages and not whole:
        job.remarks.append(f"partly decoded: the file is cut off behind its first {_counted(pages)} pages")
    if pages > 1:
        job.remarks.append(f"several pages: the first of {_counted(pages)} is used")
    return job.result(picture, bits=bits if isinstance(bits, int) else 0, frames=max(1, pages))


_BITS_PER_SAMPLE = 258
_LENGTH, _ROWS_PER_STRIP, _STRIP_OFFSETS, _PLANAR = 257, 278, 273, 284


def _check_strips(picture: TiffImagePlugin.TiffImageFile) -> None:
    """Refuses a picture that names fewer strips than its rows need (TIFF 6.0, section 8): the decoder leaves the others black."""
    tags = picture.tag_v2
    offsets, rows, height = tags.get(_STRIP_OFFSETS), tags.get(_ROWS_PER_STRIP), tags.get(_LENGTH)
    if not isinstance(offsets, tuple) or not isinstance(rows, int) or not isinstance(height, int) or rows < 1:
        return
    needed = -(-height // min(rows, height)) * (len(picture.getbands()) if tags.get(_PLANAR) == 2 else 1)
    if len(offsets) < needed:
        reason = f"this TIFF picture is cut off: it has {len(offsets):,} of {needed:,} strips"
        raise Undecodable(Outcome.TRUNCATED, reason)


def _webp(job: _Job) -> Image:
    job.check_size(*webp_size(job.data))
    declared = 8 + int.from_bytes(job.data[4:8], "little")
    if declared > len(job.data):
        raise Undecodable(Outcome.TRUNCATED, "this WebP picture is cut off")
    picture = WebPImagePlugin.WebPImageFile(io.BytesIO(job.data))
    job.check_size(*picture.size)
    picture.load()
    if picture.info.get("exif"):
        job.exif = read_exif(picture.info["exif"].removeprefix(b"Exif\0\0"))
    _remark_frames(job, picture.n_frames)
    if len(job.data) > declared + 1:
        job.remarks.append(f"bytes after the end of the picture: {len(job.data) - declared:,}")
    return job.result(picture, frames=picture.n_frames)


def _remark_frames(job: _Job, frames: int) -> None:
    if frames > 1:
        job.remarks.append(f"animated: the first of {_counted(frames)} frames is used")


def _counted(number: int) -> str:
    return f"{number:,}" if number < MOST else f"{MOST:,} or more"


_DECODERS = {"JPEG": _jpeg, "PNG": _png, "GIF": _gif, "BMP": _bmp, "TIFF": _tiff, "WEBP": _webp}
