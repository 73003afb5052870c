"""Excerpts: a small picture or a short player of one file, decoded and encoded anew. Runs inside worker processes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trainset.errors import Unsafe
from trainset.media import decode as media
from trainset.media.limits import Limits
from trainset.media.undecodable import Undecodable
from trainset.store import ids, paths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainset.media.audio import Audio

EXCERPTS = "trainset.work.excerpt:excerpts"

SCHEMA = pa.schema(
    [("content", pa.binary(16)), ("kind", pa.string()), ("data", pa.binary()), ("outline", pa.binary()), ("seconds", pa.float64()),
     ("cut", pa.float64()), ("reason", pa.string())]
)  # fmt: skip
"""content: hash of the whole file. kind: MIME type of data. outline: as `media.preview.waveform`. seconds: of the recording; cut: of its
beginning that the excerpt has, null for all of it. reason: why there is no data."""

SECONDS = 5.0
LONGEST = 250_000
"""Bytes of one player."""
_SMALL = 100_000  # bytes of a recording that is handed on as it is
_PLAYED = {
    "WAV": ("audio/wav", ("pcm_16", "pcm_u8")), "FLAC": ("audio/flac", ("pcm_16", "pcm_24", "pcm_s8")), "OGG": ("audio/ogg", ("vorbis", "opus")),
    "MP3": ("audio/mpeg", ("mpeg_layer_iii",)),
}  # fmt: skip
_RATES = (3_000, 192_000)  # Hz that browsers play
_USUAL_RATE = 16_000


def excerpts(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Excerpts of the files in column `path`. settings: root, allowed, medium. Returns `SCHEMA`, a row per file."""
    rows = []
    reader = paths.Reader(settings["root"], settings["allowed"])
    try:
        for number, path in enumerate(batch["path"].to_pylist()):
            started(number)
            rows.append(_excerpt(reader, path, settings["medium"]))
    finally:
        reader.close()
    return pa.RecordBatch.from_pylist(rows, SCHEMA)


def lost(reason: str) -> pa.RecordBatch:
    """The answer for a file whose worker died over it."""
    return pa.RecordBatch.from_pylist([{"reason": reason}], SCHEMA)


def _excerpt(reader: paths.Reader, path: str, medium: str) -> dict[str, Any]:
    try:
        _, data = reader.read(path, Limits().bytes + 1)
        decoded: Any = media.decode(data, medium)
        row = {"content": ids.content_hash(data), "reason": ""}
        if medium == "image":
            from trainset.media.preview import thumbnail

            return row | {"kind": "image/jpeg", "data": thumbnail(decoded.pixels)}
        return row | _player(decoded, data)
    except Undecodable as fault:
        return {"reason": fault.reason}
    except Unsafe as fault:
        return {"reason": fault.what}
    except OSError as fault:
        return {"reason": f"the file cannot be opened: {fault.strerror or fault}"}
    except MemoryError:
        return {"reason": "it needs more memory than one file may take"}


def _player(recording: Audio, data: bytes) -> dict[str, Any]:
    from trainset.media.preview import waveform

    seconds = len(recording.signal) / recording.rate
    row = {"outline": waveform(recording.signal), "seconds": seconds}
    kind, codings = _PLAYED.get(recording.facts["format"], ("", ()))
    if recording.facts["coding"] in codings and len(data) <= _SMALL and _RATES[0] <= recording.rate <= _RATES[1]:
        return row | {"kind": kind, "data": data}
    length = min(SECONDS, seconds)
    while len(encoded := _flac(recording.signal, recording.rate, length)) > LONGEST:
        length /= 2
    return row | {"kind": "audio/flac", "data": encoded, "cut": length if length < seconds else None}


def _flac(signal: NDArray[np.float32], rate: int, seconds: float) -> bytes:
    """The beginning of a recording, its channels together, in 16 bits."""
    import numpy as np
    import soundfile

    mono = np.clip(signal[: max(1, int(seconds * rate))].mean(axis=1), -1, 1)
    if not _RATES[0] <= rate <= _RATES[1]:  # to be heard at all
        places = np.arange(0, len(mono), rate / _USUAL_RATE)
        mono, rate = np.interp(places, np.arange(len(mono)), mono), _USUAL_RATE
    target = io.BytesIO()
    soundfile.write(target, mono, rate, format="FLAC", subtype="PCM_16")
    return target.getvalue()
