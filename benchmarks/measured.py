"""Runs a command and measures it: wall-clock seconds and the peak of memory over all of its processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.1
"""To look for the children of a process takes some 5 ms of a processor that the measured command would have."""


@dataclass(frozen=True)
class Measured:
    """seconds: wall clock. megabytes: the largest sum of the processes' resident memory, ten times a second."""

    seconds: float
    megabytes: float
    output: str


def run(command: list[str], cwd: Path, home: Path) -> Measured:
    """Runs a command to its end. Raises `RuntimeError` with what it printed when it fails."""
    environment = {**os.environ, "TRAINSET_HOME": str(home)}
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as printed,  # a pipe that nobody reads is full after 64 KB
        subprocess.Popen(command, cwd=cwd, env=environment, stdout=printed, stderr=subprocess.STDOUT) as process,
    ):
        peak = 0.0
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, memory(watched))
            with contextlib.suppress(subprocess.TimeoutExpired):  # its end is seen at once
                process.wait(SAMPLE_SECONDS)
        seconds = time.perf_counter() - started
        printed.seek(0)
        output = printed.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {output}")
    return Measured(seconds, peak / 2**20, output)


def trainset(*arguments: str) -> list[str]:
    """The command line of the environment that runs the benchmark."""
    return [sys.executable, "-m", "trainset", *arguments]


def memory(process: psutil.Process) -> float:
    """Bytes that a process and its children hold; pages that they share count for each of them."""
    total = 0.0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss  # cheap; to tell shared pages apart would slow down what is measured
    except psutil.Error:
        pass
    return total
