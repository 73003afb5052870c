"""The map: seconds and memory of 50,000 and of 1,000,000 x 1,280 (targets: 60 s; 10 minutes and 3 GB), how well neighbours stay neighbours, and
what moves when a twentieth of the samples changes (target: at the median less than 1 % of the width).

    python benchmarks/map.py [50000|1000000|places|stays|whole [1000000]]

Vectors are made in batches from the embeddings of CIFAR, as in neighbours.py; making them is not counted. `places`: of 3,000 other texts of CLINC150
among 3,000 landmarks the share whose five nearest on the map say its intent, against in the space of embeddings. `whole`: the command itself, with
names of regions and a page, on a dataset of so many texts, and again when nothing has to be placed. Each in a process of its own.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from label_sets import embeddings, labelled
from numpy.typing import NDArray

from trainset.learn.landmarks import MOST, laid_out, placer
from trainset.learn.neighbours import neighbours

BATCH = 5_000


def made(count: int) -> Iterator[NDArray[np.float32]]:
    """(rows, 1280) of unit length at a time."""
    draw = np.random.default_rng(0)
    real = np.array([*embeddings("cifar").values()], np.float32)
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    near, apart = neighbours(lambda: iter([real]), len(real), real.shape[1], 10)
    spread = np.float32(0.1 * apart.mean() / np.sqrt(real.shape[1]))
    for _ in range(0, count, BATCH):
        one = draw.integers(0, len(real), BATCH)
        share = draw.random((BATCH, 1)).astype(np.float32)
        found = real[one] * (1 - share) + real[near[one, draw.integers(0, 10, BATCH)]] * share
        found += draw.standard_normal(found.shape, np.float32) * spread
        yield found / np.linalg.norm(found, axis=1, keepdims=True)


def scale(count: int) -> None:
    """Lays out the landmarks and places everyone else."""
    batches = made(count)
    first = [next(batches) for _ in range(min(count, MOST) // BATCH)]
    started, used = time.perf_counter(), time.process_time()
    vectors = np.concatenate(first)
    layout = laid_out(vectors)
    place = placer(vectors, layout, many=count - len(vectors) > 20_000)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    placed = len(vectors)
    for batch in batches:
        started, used = time.perf_counter(), time.process_time()
        place(batch)
        seconds, cpu = seconds + time.perf_counter() - started, cpu + time.process_time() - used
        placed += len(batch)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{placed:,} x {vectors.shape[1]:,}: {seconds:.0f} s ({cpu:.0f} s of processor time), {memory:.1f} GB at most"
    )


def whole(count: int) -> None:
    """The command, from embeddings on disk to a page."""
    import pyarrow as pa
    from measured import run, trainset
    from million_rows import write

    from trainset import init
    from trainset.store import embedded
    from trainset.work.embedders import chosen

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "texts.csv", count)
        with init(folder / "set") as dataset:
            dataset.import_(folder / "texts.csv")
            contents = dataset.look(n=10**9).table["content"].combine_chunks().cast(pa.binary(16)).unique()
            by, start = chosen(dataset, "").made, 0
            for batch in made(len(contents)):
                some = contents.slice(start, len(batch))
                embedded.write(dataset, by, some, batch[: len(some)])
                start += len(batch)
        for what in ("laid out", "again"):
            found = run(trainset("map", "-d", "set", "--out", "map.html"), folder, folder / "home")
            print(f"{len(contents):,} contents, {what}: {found.seconds:.0f} s, {found.megabytes:,.0f} MB", flush=True)


def places() -> None:
    """How well neighbours stay neighbours."""
    from sklearn.neighbors import KNeighborsClassifier

    data = labelled("clinc")
    y = data.labels["given"]
    x = data.x / np.linalg.norm(data.x, axis=1, keepdims=True)
    order = np.random.default_rng(0).permutation(len(x))
    mine, others = order[:3000], order[3000:6000]
    layout = laid_out(x[mine])
    there = placer(x[mine], layout, many=False)(x[others])
    on_map = KNeighborsClassifier(5).fit(layout, y[mine]).score(there, y[others])
    in_space = KNeighborsClassifier(5).fit(x[mine], y[mine]).score(x[others], y[others])
    print(
        f"3,000 texts among 3,000 landmarks: five nearest on the map {on_map:.3f}, in space {in_space:.3f} of 150 intents"
    )


def stays() -> None:
    """A dataset of which one text of twenty changes."""
    import pyarrow as pa

    import trainset
    from trainset.store import embedded
    from trainset.work.embedders import chosen

    vectors = embeddings("clinc")
    texts = sorted(vectors)[:3000]

    def imported(dataset: Any, path: Path, rows: list[str]) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([["id", "text"], *([str(n), text] for n, text in enumerate(rows))])
        dataset.import_(path)
        table = dataset.look(n=10**9).table
        made_ = chosen(dataset, "").made
        have = {*embedded.contents_of(dataset, made_).to_pylist()}
        new = {
            one: text
            for one, text in zip(table["content"].to_pylist(), table["text"].to_pylist(), strict=True)
            if one not in have
        }
        embedded.write(
            dataset, made_, pa.array([*new], pa.binary(16)), np.array([vectors[text.strip()] for text in new.values()])
        )

    with tempfile.TemporaryDirectory() as folder, trainset.init(Path(folder) / "set") as dataset:
        imported(dataset, Path(folder) / "t.csv", texts)
        before = {row["id"]: (row["x"], row["y"]) for row in dataset.map().table.to_pylist()}
        changed = [*texts]
        changed[::20] = sorted(vectors)[5000 : 5000 + len(texts[::20])]
        imported(dataset, Path(folder) / "t.csv", changed)
        found = dataset.map()
        after = {row["id"]: (row["x"], row["y"]) for row in found.table.to_pylist()}
        moved = np.array([np.linalg.norm(np.subtract(after[one], before[one])) for one in before if one in after])
    same = np.sort(moved)[: len(moved) - len(texts[::20])]
    print(
        f"{len(texts[::20])} of {len(texts):,} changed, {found.placed} placed: the others moved by {np.median(same):.4f} of the width at the median, "
        f"{same.max():.4f} at most"
    )


def main() -> None:
    """Each measurement by itself."""
    if len(sys.argv) > 1:
        what = sys.argv[1]
        count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
        if what == "whole":
            whole(count)
        elif what in ("places", "stays"):
            (places if what == "places" else stays)()
        else:
            scale(int(what))
        return
    for what in ("places", "stays", "50000", "1000000"):
        subprocess.run([sys.executable, __file__, what], check=True, env=os.environ)


if __name__ == "__main__":
    main()
