"""What samples share: 100,000 samples, 20 numbers, 500 words, 10 parts of 400. Prints seconds; a few are the target."""

from __future__ import annotations

import time

import numpy as np

from trainset.learn.traits import Marks, traits

SAMPLES, CLASSES, NUMBERS, WORDS, PARTS, OF_PART = 100_000, 20, 20, 500, 10, 400


def main() -> None:
    """Plants a difference in every other part and times how long it takes to find it."""
    draw = np.random.default_rng(0)
    classes = draw.integers(0, CLASSES, SAMPLES)
    numbers = [draw.normal(size=SAMPLES) for _ in range(NUMBERS)]
    pairs = draw.integers(0, SAMPLES, 15 * SAMPLES) * WORDS + np.minimum(draw.geometric(0.02, 15 * SAMPLES), WORDS) - 1
    pairs = np.unique(pairs)
    parts = [np.flatnonzero(classes == part)[:OF_PART] for part in range(PARTS)]
    for part in parts[::2]:
        numbers[0][part] -= 2
    start = time.perf_counter()
    found = traits(parts, classes, numbers, Marks(pairs // WORDS, pairs % WORDS, np.full(WORDS, -1)))
    seconds = time.perf_counter() - start
    said = [len(some) for some in found.parts]
    print(f"| samples | numbers | words | parts | looks | said of each part | seconds |\n|{'---|' * 7}")
    print(f"| {SAMPLES:,} | {NUMBERS} | {WORDS} | {PARTS} | {found.looks:,} | {said} | {seconds:.1f} |")
    if said[::2] != [1] * len(said[::2]):
        raise SystemExit("what was planted was not found")


if __name__ == "__main__":
    main()
