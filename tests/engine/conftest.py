"""Makes the functions of these tests importable, here and in the workers, which get the path of their parent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test ends with the processes, threads and open files it began with."""
    monkeypatch.syspath_prepend(str(HERE))
    me = psutil.Process()
    threads, files = set(threading.enumerate()), me.num_fds()
    yield
    assert me.children(recursive=True) == []
    assert set(threading.enumerate()) <= threads
    assert me.num_fds() <= files
