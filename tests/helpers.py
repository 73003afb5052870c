"""Small inputs made by hand, and the product run as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SOURCE = Path(__file__).parents[1] / "src"


def picture(path: Path, seed: int, size: tuple[int, int] = (8, 6)) -> Path:
    """A PNG of random pixels, different for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def pictures(folder: Path, classes: tuple[str, ...] = ("cat", "dog"), each: int = 5, split: str = "") -> Path:
    """`folder/[split/]class/n.png`, all different."""
    for c, name in enumerate(classes):
        for n in range(each):
            picture(folder / split / name / f"{n}.png", hash((split, c, n)) % 2**32 if split else 1000 * c + n)
    return folder


def texts(path: Path, rows: list[tuple[str, str]], header: str = "text,label") -> Path:
    """A CSV of texts and labels without commas or quotes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *(f"{text},{label}" for text, label in rows)]) + "\n", encoding="utf-8")
    return path


def run(
    *arguments: object, cwd: Path | None = None, seconds: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    own = {**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "120", "PYTHONWARNINGS": "error", **environment}
    command = [sys.executable, "-m", "trainset", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def serving(
    *arguments: object, cwd: Path | None = None, port: int = 0, own_session: bool = False, **environment: str
) -> tuple[subprocess.Popen[str], Any]:
    """`trainset serve` as a process of its own once it answers (port 0: any that is free); and what it said of its addresses."""
    command = [sys.executable, "-m", "trainset", "serve", "--port", str(port), "--no-browser", "--json"]
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=own_session,
    )
    lines = ""
    assert process.stdout is not None
    while not lines.endswith("\n}\n"):
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        lines += line
    return process, json.loads(lines)


def run_json(*arguments: object, cwd: Path | None = None, code: int = 0) -> Any:
    """What a command prints with --json; its exit code must be `code`."""
    done = run(*arguments, "--json", cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)
