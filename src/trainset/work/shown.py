"""What a browser may be given of a sample: its bytes when it knows their kind, else the same made into a kind that it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from trainset.engine.pool import Pool
from trainset.errors import Gone
from trainset.media.kinds import HEAD, sniff
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.work.look import Samples

SHOWN = {
    "JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp", "WEBP": "image/webp", "WAV": "audio/wav",
    "FLAC": "audio/flac", "OGG": "audio/ogg", "MP3": "audio/mpeg",
}  # fmt: skip
"""The kinds that browsers know, by what their first bytes say, and the type each is sent as."""

FUNCTION = "trainset.work.shown:convert"
_SCHEMA = pa.schema([("type", pa.string()), ("data", pa.large_binary()), ("reason", pa.string())])
_INSTEAD = {"image": "image/png", "audio": "audio/wav"}


@dataclass(frozen=True)
class Shown:
    """Bytes, the type to send them as, and whether they are the file's own."""

    data: bytes
    type: str
    own: bool


def shown(dataset: Dataset, identifier: bytes, pool: Pool) -> Shown:
    """A sample as a browser can show it. What it does not know is decoded in a worker process. Raises `UnknownName`, `Gone`, `Unsafe`."""
    samples = Samples.of(dataset, pa.array([identifier], pa.binary(16)), log.head(dataset))
    if not len(samples):
        raise Gone("there is no such sample", where=ids.shown(identifier))
    data = samples.media(0)
    medium = dataset.medium
    if medium == "text":
        return Shown(data, "text/plain; charset=utf-8", True)
    kind = sniff(data[:HEAD])
    if kind is not None and kind.name in SHOWN and kind.medium == medium:
        return Shown(data, SHOWN[kind.name], True)
    batch = pa.record_batch([pa.array([data], pa.large_binary()), pa.array([medium])], names=["data", "medium"])
    answer = next(iter(pool.map([batch], lambda _row, why: _lost(why.reason)))).to_pylist()[0]
    if answer["data"] is None:
        raise Gone("this file cannot be shown", where=ids.shown(identifier), got=answer["reason"])
    return Shown(answer["data"], answer["type"], False)


def convert(batch: pa.RecordBatch, _settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Runs in a worker process: pictures become PNG, recordings WAV of 16 bits."""
    from trainset.media.decode import decode, values
    from trainset.media.limits import Limits
    from trainset.media.undecodable import Undecodable

    rows: list[dict[str, Any]] = []
    for number, row in enumerate(batch.to_pylist()):
        started(number)
        try:
            found = values(decode(row["data"], row["medium"], Limits()))
            rows.append({"type": _INSTEAD[row["medium"]], "data": _encoded(row["medium"], found), "reason": ""})
        except Undecodable as fault:
            rows.append({"type": "", "data": None, "reason": fault.reason})
    return pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)


def _encoded(medium: str, found: Mapping[str, Any]) -> bytes:
    import io

    target = io.BytesIO()
    if medium == "image":
        from PIL import Image

        Image.fromarray(found["pixels"]).save(target, "PNG", compress_level=1)
    else:
        import soundfile

        soundfile.write(target, found["signal"], found["rate"], format="WAV", subtype="PCM_16")
    return target.getvalue()


def _lost(reason: str) -> pa.RecordBatch:
    rows: list[dict[str, Any]] = [{"type": "", "data": None, "reason": reason}]
    return pa.RecordBatch.from_pylist(rows, schema=_SCHEMA)
