"""100,000 small pictures: the rate and memory of the import beside bare decoding with Pillow in two processes, in one run.

Target: under 1 GB, and half or more of the rate of bare decoding, though the import also walks the folder, hashes, checks, measures,
thumbnails and records every file. Bare decoding is timed without the start of its processes; so is the import without the start of
the interpreter (its own figure, which has the start of the worker processes in it), and beside it the whole command.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from measured import run, trainset
from PIL import Image

ROUNDS = 3


def write(folder: Path, count: int) -> None:
    """Seeded JPEG pictures of 32 x 32, smooth shapes with noise, in 10 class folders."""
    draw = np.random.default_rng(0)
    y, x = np.mgrid[0:32, 0:32] / 32
    for number in range(count):
        place = folder / f"class_{number % 10}"
        if number < 10:
            place.mkdir(parents=True)
        a, b, c = draw.uniform(-6, 6, (3, 3))
        waves = np.sin(a * x[..., None] + b * y[..., None] + c) * 90 + 128
        pixels = np.clip(waves + draw.normal(0, 12, (32, 32, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(place / f"{number:06}.jpg", quality=90)


def decode(paths: list[str]) -> int:
    """Bare decoding: open, read, decode."""
    for path in paths:
        with Image.open(io.BytesIO(Path(path).read_bytes())) as picture:
            picture.load()
    return len(paths)


def bare(folder: Path) -> float:
    """Files per second of Pillow alone, in two processes that are running already."""
    paths = sorted(str(path) for path in folder.rglob("*.jpg"))
    pieces = [paths[start : start + 500] for start in range(0, len(paths), 500)]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(decode, pieces[:4]))
        started = time.perf_counter()
        done = sum(pool.map(decode, pieces))
        return done / (time.perf_counter() - started)


def main() -> None:
    """Prints one table: bare decoding and import by turns, the median of each, and their ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder / "pictures", count)
        rates, imports, whole, memory = [], [], [], []
        for number in range(ROUNDS):
            rates.append(bare(folder / "pictures"))
            done = run(trainset("import", "pictures", "-d", f"set{number}", "--json"), folder, folder / "home")
            imports.append(count / json.loads(done.output)["seconds"])
            whole.append(count / done.seconds)
            memory.append(done.megabytes)
        again = run(trainset("import", "pictures", "-d", "set0"), folder, folder / "home")
    ratio, of_command = (
        statistics.median(i / r for i, r in zip(some, rates, strict=True)) for some in (imports, whole)
    )
    print(f"{'':28}{'files/s':>10}{'peak MB':>10}")
    print(f"{'Pillow alone, 2 processes':28}{statistics.median(rates):>10,.0f}")
    print(f"{'trainset import':28}{statistics.median(imports):>10,.0f}{max(memory):>10,.0f}")
    print(f"{'the whole command':28}{statistics.median(whole):>10,.0f}")
    print(f"{'trainset import again':28}{count / again.seconds:>10,.0f}{again.megabytes:>10,.0f}")
    print(
        f"ratio of the import to bare decoding, median of {ROUNDS} rounds: {ratio:.2f} (whole command {of_command:.2f})"
    )


if __name__ == "__main__":
    main()
