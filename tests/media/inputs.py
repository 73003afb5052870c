"""Small media files, made in memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image


def colours(width: int = 64, height: int = 48, seed: int = 0) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: a smooth slope with noise, so that every block of a picture differs."""
    slope = np.linspace(0, 180, width)[None, :, None] + np.linspace(0, 50, height)[:, None, None]
    noise = np.random.default_rng(seed).integers(0, 25, (height, width, 3))
    pixels: NDArray[np.uint8] = (slope + noise).astype(np.uint8)
    return pixels


def picture(format: str, pixels: NDArray[Any] | None = None, mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.fromarray(colours() if pixels is None else pixels).convert(mode).save(target, format, **options)
    return target.getvalue()


def tone(frames: int = 8000, channels: int = 1, level: float = 0.5) -> NDArray[np.float32]:
    """(frames, channels) float32: 440 Hz at 8 kHz, with a little noise."""
    wave = level * np.sin(np.arange(frames) * 2 * np.pi * 440 / 8000)
    noise = np.random.default_rng(0).normal(0, 0.01, frames)
    return np.repeat((wave + noise).astype(np.float32)[:, None], channels, axis=1)


def recording(format: str, signal: NDArray[Any] | None = None, rate: int = 8000, subtype: str | None = None) -> bytes:
    target = io.BytesIO()
    soundfile.write(target, tone() if signal is None else signal, rate, format=format, subtype=subtype)
    return target.getvalue()


def wav(samples: bytes, *, tag: int = 1, channels: int = 1, rate: int = 8000, align: int = 2, bits: int = 16) -> bytes:
    """A WAV file with exactly this header."""
    body = struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + body + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """One chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, rows: bytes, *extra: bytes, interlaced: bool = False) -> bytes:
    """A grey 8-bit PNG of these filtered rows; `extra` chunks come before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    parts = (chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
