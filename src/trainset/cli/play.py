"""Playing recordings with whatever player the machine has."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from trainset.errors import BadValue

_PLAYERS = ("pw-play", "paplay", "aplay", "afplay", "ffplay", "play")


def player() -> str:
    """The program that plays. Raises `BadValue` when there is none."""
    found = next((place for name in _PLAYERS if (place := shutil.which(name))), None)
    if found is None:
        raise BadValue("no player was found on this machine", expected="one of " + ", ".join(_PLAYERS))
    return found


@contextlib.contextmanager
def playing(program: str, path: str | None, data: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """Plays a recording; what still sounds at the end is stopped."""
    with tempfile.NamedTemporaryFile(suffix=Path(path or "x.wav").suffix) as file:
        file.write(data)
        file.flush()
        quiet = ["-nodisp", "-autoexit", "-loglevel", "error"] if program.endswith("ffplay") else []
        still = subprocess.Popen(  # noqa: S603  # a player of this machine, a file we made
            [program, *quiet, file.name], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield still
        finally:
            still.kill()
            still.wait()
