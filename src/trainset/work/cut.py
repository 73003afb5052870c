"""Stretches of recordings, cut out: the loudest one, or windows along them. Runs inside worker processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trainset.errors import Unsafe
from trainset.media.limits import Limits
from trainset.media.undecodable import Undecodable
from trainset.store import ids, paths

if TYPE_CHECKING:
    from trainset.media.audio import Audio

LOUDEST = "trainset.work.cut:loudest"
WINDOWS = "trainset.work.cut:windows"

CUT = pa.schema(
    [
        ("became", pa.string()),  # cut, whole, quiet, short, failed
        ("reason", pa.string()),  # of failed
        ("dbfs", pa.float64()),
        ("start", pa.float64()),  # seconds
        ("wav", pa.binary()),  # of cut
    ]
)


def loudest(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Cuts the files in column `path` whose bytes still have the hash in `content`. settings: root, allowed, seconds, below
    (dBFS). Returns `CUT`, a row per file."""
    reader = paths.Reader(settings["root"], settings["allowed"])
    rows = []
    try:
        for number, row in enumerate(batch.to_pylist()):
            started(number)
            rows.append(_cut(reader, row["path"], row["content"], settings["seconds"], settings["below"]))
    finally:
        reader.close()
    return pa.RecordBatch.from_pylist(rows, schema=CUT)


def windows(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Cuts one window of each row's file: of the `count` windows spread evenly over the part `part` of `parts` equal ones, number `window`.

    settings: root, allowed, seconds, volume: each window is as loud as it was times a number between this and 1, which its place
    decides. Returns `CUT`, a row per row; `short` where the part is shorter than a window.
    """
    reader = paths.Reader(settings["root"], settings["allowed"])
    rows, last = [], None
    audio: Audio | str = ""
    try:
        for number, row in enumerate(batch.to_pylist()):
            started(number)
            if row["path"] != last:
                last, audio = row["path"], _decoded(reader, row["path"], row["content"])
            rows.append(
                _failed(audio)
                if isinstance(audio, str)
                else _window(audio, row, settings["seconds"], settings["volume"])
            )
    finally:
        reader.close()
    return pa.RecordBatch.from_pylist(rows, schema=CUT)


def failed(reason: str) -> pa.RecordBatch:
    """The answer for a file that could not be cut."""
    return pa.RecordBatch.from_pylist([_failed(reason)], schema=CUT)


def _cut(reader: paths.Reader, path: str, content: bytes, seconds: float, below: float) -> dict[str, Any]:
    from trainset.media.loudest import loudest
    from trainset.media.wav_out import wav_bytes

    audio = _decoded(reader, path, content)
    if isinstance(audio, str):
        return _failed(audio)
    found = loudest(audio.signal, max(1, round(seconds * audio.rate)))
    row = {"became": "whole", "reason": "", "dbfs": found.dbfs, "start": found.start / audio.rate, "wav": None}
    if found.dbfs < below:
        return row | {"became": "quiet"}
    if found.frames == len(audio.signal):
        return row
    window = audio.signal[found.start : found.start + found.frames]
    return row | {"became": "cut", "wav": wav_bytes(window, audio.rate, audio.facts["coding"])}


def _window(audio: Audio, row: Mapping[str, Any], seconds: float, volume: float) -> dict[str, Any]:
    import numpy as np

    from trainset.media.wav_out import wav_bytes

    frames, whole = max(1, round(seconds * audio.rate)), len(audio.signal)
    first, end = (round(whole * part / row["parts"]) for part in (row["part"], row["part"] + 1))
    if end - first < frames:
        return _failed("") | {"became": "short"}
    start = first + round((end - first - frames) * row["window"] / max(1, row["count"] - 1))
    place = np.random.default_rng([*row["content"], *start.to_bytes(8, "big")])
    window = audio.signal[start : start + frames] * np.float32(place.uniform(volume, 1))
    wav = wav_bytes(window, audio.rate, audio.facts["coding"])
    return {"became": "cut", "reason": "", "dbfs": None, "start": start / audio.rate, "wav": wav}


def _decoded(reader: paths.Reader, path: str, content: bytes) -> Audio | str:
    """A recording whose bytes still are what the dataset knows, or why there is none."""
    from trainset.media.audio import decode_audio

    limits = Limits()
    try:
        _, data = reader.read(path, limits.bytes + 1)
        if ids.content_hash(data) != content:
            return "the file has changed since its import"
        return decode_audio(data, limits)
    except Undecodable as fault:
        return fault.reason
    except Unsafe as fault:
        return fault.what
    except FileNotFoundError:
        return "there is no such file"
    except OSError as fault:
        return f"the file cannot be opened: {fault.strerror or fault}"
    except MemoryError:
        return "it needs more memory than one file may take"


def _failed(reason: str) -> dict[str, Any]:
    return {"became": "failed", "reason": reason, "dbfs": None, "start": None, "wav": None}
