"""What travels between the pool and its workers: a kind, a length, and that many bytes. Never pickle."""

from __future__ import annotations

import struct
from typing import IO

import pyarrow as pa

SETUP, READY = b"S", b"R"  # JSON: which function, its settings, the limits; and nothing
BATCH, ANSWER = b"B", b"A"  # an Arrow stream of one record batch
ERROR, MEMORY = b"E", b"M"  # the text of a traceback; and nothing

_HEADER = struct.Struct("<cQ")


def send(stream: IO[bytes], kind: bytes, payload: bytes | pa.Buffer = b"") -> None:
    """Writes one frame and flushes. Raises `BrokenPipeError` when nobody reads any more."""
    body = memoryview(payload)
    stream.write(_HEADER.pack(kind, body.nbytes))
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes], *, limit: int | None = None) -> tuple[bytes, bytes]:
    """Kind and payload of the next frame. Raises `EOFError` at its end, `ValueError` above `limit` bytes."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError("the other side closed the pipe")
    kind, length = _HEADER.unpack(header)
    if limit is not None and length > limit:
        raise ValueError(f"a frame of {length} bytes, at most {limit} are allowed")
    payload = stream.read(length)
    if len(payload) < length:
        raise EOFError("the other side closed the pipe inside a frame")
    return kind, payload


def encode(batch: pa.RecordBatch) -> pa.Buffer:
    """The batch as an Arrow stream; of a slice only its own rows."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def decode(payload: bytes) -> pa.RecordBatch:
    """The batch of an Arrow stream, checked to its last offset: it may come from a process that read hostile files.

    Raises `pyarrow.ArrowInvalid` or another `ArrowException` when it is damaged.
    """
    with pa.ipc.open_stream(pa.py_buffer(payload)) as reader:
        batch = reader.read_next_batch()
    batch.validate(full=True)
    return batch
