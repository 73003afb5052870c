"""Decoders for the tests: one that kills its process on `killer`, sleeps on `sleeper`; one that marks what it decodes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from trainset.work import decode


def files(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Dies or sleeps when it comes to a file of that name, as a broken decoder would."""
    names = batch["path"].to_pylist()

    def watched(row: int) -> None:
        started(row)
        if "killer" in names[row]:
            os.kill(os.getpid(), signal.SIGKILL)
        if "sleeper" in names[row]:
            time.sleep(3600)

    return decode.files(batch, settings, watched)


def counted(batch: pa.RecordBatch, settings: Mapping[str, Any], started: Callable[[int], None]) -> pa.RecordBatch:
    """Decodes, and remarks on every file it was given."""
    answer = decode.files(batch, settings, started)
    place = answer.schema.get_field_index("remarks")
    marked = pa.array([["decoded again"]] * answer.num_rows, answer.schema.field(place).type)
    return answer.set_column(place, answer.schema.field(place), marked)
