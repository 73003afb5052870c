"""The neighbour index: recall@20 of what it finds among 100,000 embeddings against all pairs compared (target: 0.95), and one sample's.

Vectors: the embeddings of CIFAR's 6,000 pictures, and between each and a random one of its ten nearest (a random share of the way), with noise
in every direction of a tenth of the usual distance, until there are 100,000. Against 500 of them, compared with all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from label_sets import embeddings
from numpy.typing import NDArray

from trainset.learn import neighbours as index
from trainset.learn.neighbours import nearest_to, neighbours

COUNT, K, ASKED = 100_000, 20, 500


def made(count: int, dim: int = 1280) -> NDArray[np.float32]:
    """(count, dim) of unit length."""
    draw = np.random.default_rng(0)
    real = np.array([*embeddings("cifar").values()], np.float32)[:, :dim]
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    near, apart = neighbours(lambda: iter([real]), len(real), real.shape[1], 10)
    one = draw.integers(0, len(real), count)
    other = near[one, draw.integers(0, 10, count)]
    share = draw.random((count, 1)).astype(np.float32)
    found = real[one] * (1 - share) + real[other] * share
    found += draw.standard_normal(found.shape, np.float32) * np.float32(0.1 * apart.mean() / np.sqrt(dim))
    found[: len(real)] = real
    unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def main() -> None:
    """Prints recall and seconds."""
    vectors = made(COUNT)

    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, COUNT, 5000):
            yield vectors[start : start + 5000]

    asked = np.sort(np.random.default_rng(1).choice(COUNT, ASKED, replace=False))
    started = time.perf_counter()
    exact, _ = nearest_to(vectors[asked], batches(), K + 1)
    seconds_exact = time.perf_counter() - started
    started = time.perf_counter()
    nearest_to(vectors[:1], batches(), K)
    seconds_one = time.perf_counter() - started
    started = time.perf_counter()
    found, _ = neighbours(batches, COUNT, vectors.shape[1], K)
    seconds = time.perf_counter() - started
    hits = [
        len({*found[row].tolist()} & {*[other for other in line if other != row][:K]})
        for row, line in zip(asked.tolist(), exact.tolist(), strict=True)
    ]
    recall = sum(hits) / K / ASKED
    kind = "exact" if index.EXACT >= COUNT else "HNSW"
    print(
        f"| vectors | index | seconds, all | recall@{K} | seconds, one sample (exact) | {ASKED} (exact) |\n|{'---|' * 6}"
    )
    print(
        f"| {COUNT:,} x {vectors.shape[1]:,} | {kind} | {seconds:.0f} | {recall:.3f} | {seconds_one:.2f} | {seconds_exact:.1f} |"
    )
    if recall < 0.95:
        raise SystemExit("the index finds too few")


if __name__ == "__main__":
    main()
