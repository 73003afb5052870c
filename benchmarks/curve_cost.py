"""Learning curves: processor time of all that `trainset curve` works out for 50,000 made samples of 1,280 values in ten classes, embeddings given.

Prints seconds of each part, and for what a thinned class costs beside training as often from the samples themselves.
"""

from __future__ import annotations

import time

import numpy as np

from trainset.learn.curve import curve
from trainset.learn.labels import balanced
from trainset.learn.retrained import SHARES, Head, all_thinned, directions, one_thinned, parts
from trainset.learn.view import Whole

CLASSES, EACH, WIDTH, HIDDEN = 10, 5_000, 1_280, 300


def main() -> None:
    """Prints a row for each part."""
    draw = np.random.default_rng(0)
    codes = np.repeat(np.arange(CLASSES), EACH)
    turn = draw.normal(size=(HIDDEN, WIDTH)).astype(np.float32) / np.sqrt(HIDDEN)
    x = draw.normal(size=(len(codes), HIDDEN)).astype(np.float32) @ turn
    x += 0.3 * draw.normal(size=x.shape).astype(np.float32)
    x += 0.09 * draw.normal(size=(CLASSES, WIDTH)).astype(np.float32)[codes]
    began = last = time.process_time()

    def lap(title: str) -> float:
        nonlocal last
        spent, last = time.process_time() - last, time.process_time()
        print(f"{title:48}{spent:8.2f} s")
        return spent

    few = directions(Whole(x))
    lap("256 directions")
    head = Head(few, codes, CLASSES)
    order, mean = parts(codes, draws=head.draws), balanced(codes, CLASSES)
    lap("all samples")
    whole = all_thinned(head, order)
    lap("all classes thinned")
    curve(whole, np.ones(len(codes)))
    curve(whole, mean)
    for code in range(CLASSES):
        own = (codes == code).astype(np.float64)
        curve(whole, own)
        thinned = one_thinned(head, order, code)
        curve(thinned, own)
        curve(thinned, mean)
    each = lap(f"{CLASSES} classes thinned, and all fits") / CLASSES
    print(f"{'together':48}{time.process_time() - began:8.2f} s")
    for share in SHARES[1:]:
        for row in order:
            head.trained((codes != 0) | (row < share), code=0, penalty=head.penalty)
    again = lap("one class thinned, from the samples themselves")
    print(f"{again / each:.1f} times of what it costs with shared sums")


if __name__ == "__main__":
    main()
