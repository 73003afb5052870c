"""Decodes the bytes of one recording to samples, with what the file says of itself and what its owner should know."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from trainset.media.kinds import sniff
from trainset.media.limits import DEFAULT_LIMITS, Limits
from trainset.media.ogg import Pages, read_ogg
from trainset.media.undecodable import Undecodable
from trainset.media.wav import LENGTH_UNKNOWN, Header, read_aiff, read_au, read_wav
from trainset.model import Outcome


@dataclass(frozen=True, slots=True)
class Audio:
    """One decoded recording. signal: (frames, channels) float32, full scale +-1, all finite. rate: frames per second.

    facts: `format`, `coding`, `bytes`, `channels`, `bits` (0 where the coding has none), `frames`.
    """

    signal: NDArray[np.float32]
    rate: int
    facts: Mapping[str, Any]
    remarks: tuple[str, ...] = ()


def decode_audio(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Audio:
    """Decodes a recording in full. Raises `Undecodable`, and nothing else, whatever the bytes.

    A recording of which at least half is there is decoded, with a remark; less is truncated.
    """
    kind = sniff(data)
    if kind is None or kind.medium != "audio":
        raise Undecodable(Outcome.UNREADABLE, "this is no known kind of recording")
    try:
        header = _HEADERS[kind.name](data) if kind.name in _HEADERS else Header(data)
        return _decode(kind.name, header, len(data), limits)
    except MemoryError:
        raise Undecodable(Outcome.TOO_LARGE, _NO_MEMORY) from None
    except FAULTS:
        raise Undecodable(Outcome.UNREADABLE, f"this {kind.name} recording is damaged and cannot be decoded") from None


FAULTS = (
    soundfile.SoundFileError,
    OSError,
    ValueError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    LookupError,
    struct.error,
)
"""What soundfile and libsndfile raise on hostile files; ArithmeticError has OverflowError."""

_HEADERS = {"WAV": read_wav, "AIFF": read_aiff, "AU": read_au}
_FORMATS = {
    "WAV": ("WAV", "WAVEX", "RF64"),
    "FLAC": ("FLAC",),
    "OGG": ("OGG",),
    "MP3": ("MP3",),
    "AIFF": ("AIFF",),
    "AU": ("AU",),
}
_BITS = {
    "PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64, "ALAW": 8, "ULAW": 8,
}  # fmt: skip
_BLOCK = 1 << 16
"""Values decoded at a time, at least one frame."""
_ENDLESS = 1 << 40
"""Frame counts from here on mean that the header does not know."""
_NO_MEMORY = "decoding this recording needs more memory than a file may use"
_HALF = 0.5


def _decode(name: str, header: Header, size: int, limits: Limits) -> Audio:
    pages = read_ogg(header.data) if name == "OGG" else Pages(cut=False)
    cut = pages.cut
    with _opened(header.data, cut) as file:
        if file.format not in _FORMATS[name]:
            raise Undecodable(Outcome.UNREADABLE, f"this {name} recording holds something else")
        rate, channels, declared = file.samplerate, file.channels, file.frames
        if channels > limits.channels:
            raise Undecodable(Outcome.TOO_LARGE, f"it declares {channels:,} channels; the limit is {limits.channels}")
        signal = _read(file, limits)
        subtype = file.subtype
    if not len(signal) and (declared == 0 or declared >= _ENDLESS):
        outcome = Outcome.TRUNCATED if cut or header.there < 1 else Outcome.EMPTY
        raise Undecodable(outcome, f"this {name} recording holds no samples")
    there = header.there if declared >= _ENDLESS else min(header.there, len(signal) / declared)
    if pages.damaged and subtype == "VORBIS" and pages.granule > len(signal):
        there = min(there, len(signal) / pages.granule)
    if there < _HALF:
        raise Undecodable(Outcome.TRUNCATED, f"this {name} recording is cut off: only {there:.1%} of it are there")
    remarks = [*header.remarks]
    if there < 1:
        remarks.append(f"partly decoded: {len(signal) / rate:.2f} of {len(signal) / rate / there:.2f} s")
    elif declared >= _ENDLESS:
        remarks.append(LENGTH_UNKNOWN)
    elif cut:
        remarks.append(f"partly decoded: the recording is cut off after {len(signal) / rate:.2f} s")
    if pages.damaged and there == 1:
        remarks.append(f"recording damaged: {pages.damaged:,} pages of the OGG file have a wrong checksum")
    if pages.recordings > 1:
        remarks.append(f"several recordings: the first of {pages.recordings:,} is used")
    if not limits.rates[0] <= rate <= limits.rates[1]:
        remarks.append(f"unusual sample rate: {rate:,} Hz")
    remarks += _clean(signal, subtype)
    facts = {"format": name, "coding": subtype.lower(), "bytes": size, "channels": channels}
    return Audio(signal, rate, facts | {"bits": _BITS.get(subtype, 0), "frames": len(signal)}, tuple(remarks))


def _opened(data: bytes, cut: bool) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(io.BytesIO(data))
    except soundfile.LibsndfileError:
        if cut:
            raise Undecodable(Outcome.TRUNCATED, "this OGG recording is cut off") from None
        raise


def _read(file: soundfile.SoundFile, limits: Limits) -> NDArray[np.float32]:
    """The samples, as many as are there. No header is trusted with more memory than the limits allow."""
    rate, channels, declared = file.samplerate, file.channels, file.frames
    most = min(limits.values // channels, int(limits.seconds * rate))
    if most < declared < _ENDLESS:
        reason = f"it declares {declared / rate:,.0f} s x {channels} channels at {rate:,} Hz"
        raise Undecodable(
            Outcome.TOO_LARGE, f"{reason}; the limit is {limits.seconds:,.0f} s and {limits.values:,} samples"
        )
    step = max(1, _BLOCK // channels)
    blocks: list[NDArray[np.float32]] = []
    signal = np.zeros((declared if declared < _ENDLESS else 0, channels), np.float32)
    done = 0
    while True:
        if declared < _ENDLESS:
            block = signal[done : done + step]
        else:
            block = np.zeros((step, channels), np.float32)
            blocks.append(block)
        if not len(block):
            break
        found, going_on = _fill(file, block)
        done += found
        if done > most:
            raise Undecodable(
                Outcome.TOO_LARGE, f"it is longer than {limits.seconds:,.0f} s or {limits.values:,} samples"
            )
        if not going_on:
            break
    return signal[:done] if not blocks else np.concatenate(blocks)[:done]


def _fill(file: soundfile.SoundFile, block: NDArray[np.float32]) -> tuple[int, bool]:
    """Number of frames read into the block, and whether more may follow."""
    block.fill(np.nan)
    try:
        found = len(file.read(out=block))
    except soundfile.LibsndfileError:  # cut off or damaged from here on: what was written before is good
        written = ~np.isnan(block[:, 0])
        return len(block) if written.all() else int(written.argmin()), False
    return found, found == len(block)


def _clean(signal: NDArray[np.float32], subtype: str) -> list[str]:
    """Replaces what is no number by 0, in place, and says what is remarkable about the samples."""
    strange = clipped = 0
    peak = 0.0
    total = np.zeros(signal.shape[1])
    step = max(1, _BLOCK // signal.shape[1])
    for at in range(0, len(signal), step):
        block = signal[at : at + step]
        low, high = float(block.min()), float(block.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            odd = ~np.isfinite(block)
            strange += int(odd.sum())
            block[odd] = 0
            low, high = float(block.min()), float(block.max())
        peak = max(peak, -low, high)
        if max(-low, high) >= _FULL:
            clipped += int(np.count_nonzero((block >= _FULL) | (block <= -_FULL)))
        total += block.sum(axis=0, dtype=np.float64)
    remarks = []
    if strange:
        remarks.append(f"not a number: {strange:,} samples were NaN or infinite and are 0 now")
    if peak == 0:
        remarks.append("silent: every sample is 0")
    if peak > 1 and subtype in ("FLOAT", "DOUBLE"):
        remarks.append(f"beyond full scale: the peak is {peak:.4g}")
    elif clipped >= _CLIPPED_SHARE * signal.size and signal.size >= _ENOUGH:
        remarks.append(f"clipped: {clipped / signal.size:.0%} of the samples are at full scale")
    offset = float(np.abs(total / len(signal)).max())
    if offset > _OFFSET and len(signal) >= _ENOUGH:
        remarks.append(f"constant offset: {offset:.2f} of full scale")
    return remarks


_FULL, _CLIPPED_SHARE = 0.9999, 0.01
"""A sine at exactly full scale has 0.9 % of its samples above 0.9999: it is not clipped."""
_OFFSET = 0.1
_ENOUGH = 100
"""Samples below which a share or a mean says nothing."""
