"""The loudest stretch of recordings, cut out. Runs inside worker processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from trainset.errors import Unsafe
from trainset.media.limits import Limits
from trainset.media.undecodable import Undecodable
from trainset.store import ids, paths

LOUDEST = "trainset.work.cut:loudest"

CUT = pa.schema(
    [
        ("became", pa.string()),  # cut, whole, quiet, failed
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


def failed(reason: str) -> pa.RecordBatch:
    """The answer for a file that could not be cut."""
    return pa.RecordBatch.from_pylist([_failed(reason)], schema=CUT)


def _cut(reader: paths.Reader, path: str, content: bytes, seconds: float, below: float) -> dict[str, Any]:
    from trainset.media.audio import decode_audio
    from trainset.media.loudest import loudest
    from trainset.media.wav_out import wav_bytes

    limits = Limits()
    try:
        _, data = reader.read(path, limits.bytes + 1)
        if ids.content_hash(data) != content:
            return _failed("the file has changed since its import")
        audio = decode_audio(data, limits)
    except Undecodable as fault:
        return _failed(fault.reason)
    except Unsafe as fault:
        return _failed(fault.what)
    except FileNotFoundError:
        return _failed("there is no such file")
    except OSError as fault:
        return _failed(f"the file cannot be opened: {fault.strerror or fault}")
    except MemoryError:
        return _failed("it needs more memory than one file may take")
    found = loudest(audio.signal, max(1, round(seconds * audio.rate)))
    row = {"became": "whole", "reason": "", "dbfs": found.dbfs, "start": found.start / audio.rate, "wav": None}
    if found.dbfs < below:
        return row | {"became": "quiet"}
    if found.frames == len(audio.signal):
        return row
    window = audio.signal[found.start : found.start + found.frames]
    return row | {"became": "cut", "wav": wav_bytes(window, audio.rate, audio.facts["coding"])}


def _failed(reason: str) -> dict[str, Any]:
    return {"became": "failed", "reason": reason, "dbfs": None, "start": None, "wav": None}
