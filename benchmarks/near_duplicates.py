"""Near duplicates: what is found of those that people judged, or that are made here, and what it costs in large sets.

Pictures: recall and precision on the pairs of `images_cifar10n/near_duplicates.csv` that a person called near duplicates and that
touch the test set (target: both at least 0.65). Pairs called very similar count neither way, every other pair that touches the test
set counts as wrong. Digits: the share flagged of the 1,797 of scikit-learn, in which nothing was planted (target: at most 5 %).
Recordings and texts: recall of seeded variants of 300 samples each, one kind at a time (target: 0.9), and the share of the untouched
samples that are in a pair with another untouched one (target: 2 %).
Scale: neighbours and pairs of 10,000, 100,000 and 1,000,000 vectors (target: 10 minutes and 2 GB), each in a process of its own.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

DATA = Path(os.environ.get("TRAINSET_DATA", Path(__file__).parents[1] / "../shared/data"))
COUNT = 300


def near_pairs(folder: Path, source: Path) -> tuple[set[tuple[str, str]], list[str]]:
    """The pairs that `audit` finds by default among the samples of a source, by name; and the names of all."""
    import trainset
    from trainset.work.near import near

    with trainset.init(folder) as dataset:
        dataset.import_(source)
        samples = dataset.look(n=10**9).table
        text = samples["text"].combine_chunks() if dataset.medium == "text" else None
        found = near(dataset, samples["content"].combine_chunks(), text)
        names = (samples["text"] if dataset.medium == "text" else samples["path"]).to_pylist()
        most = {"image": 0.01, "audio": 0.05, "text": 1e-6}[dataset.medium]
    good = found.unlike <= most
    return {
        (names[a], names[b]) for a, b in zip(found.first[good].tolist(), found.second[good].tolist(), strict=True)
    }, names


def pictures(folder: Path) -> None:
    """Recall and precision on the pairs judged by people."""
    with zipfile.ZipFile(DATA / "images_cifar10n" / "images.zip") as archive:
        archive.extractall(folder / "cifar")
    found, _ = near_pairs(folder / "set", folder / "cifar")
    found = {(min(pair), max(pair)) for pair in found if any(name.startswith("test/") for name in pair)}
    judged: dict[str, set[tuple[str, str]]] = {"near_duplicate": set(), "very_similar": set()}
    with (DATA / "images_cifar10n" / "near_duplicates.csv").open() as file:
        for row in csv.DictReader(file):
            judged[row["judgement"]].add((min(row["path_a"], row["path_b"]), max(row["path_a"], row["path_b"])))
    right = len(found & judged["near_duplicate"])
    counted = len(found - judged["very_similar"])
    print(
        f"pictures   recall {right / len(judged['near_duplicate']):.2f} of {len(judged['near_duplicate'])}, "
        f"precision {right / counted:.2f} of {counted} pairs"
    )


def scenes(folder: Path) -> None:
    """What embeddings find in test and training beyond `near_split_leak`, of the pairs judged near duplicates or very similar."""
    import pyarrow as pa
    from label_sets import embeddings

    import trainset
    from trainset.store import embedded
    from trainset.work.embedders import chosen

    with zipfile.ZipFile(DATA / "images_cifar10n" / "images.zip") as archive:
        archive.extractall(folder / "cifar")
    vectors = embeddings("cifar")
    with (DATA / "images_cifar10n" / "near_duplicates.csv").open() as file:
        judged = {(row["path_a"], row["path_b"]) for row in csv.DictReader(file) if row["kind"] == "test-train"}
    with trainset.init(folder / "set") as dataset:
        dataset.import_(folder / "cifar")
        samples = dataset.look(n=10**9).table
        paths = dict(zip(samples["id"].to_pylist(), samples["path"].to_pylist(), strict=True))
        contents = samples["content"].combine_chunks().cast(pa.binary(16))
        embedded.write(
            dataset, chosen(dataset, "").made, contents, np.array([vectors[path] for path in paths.values()])
        )
        found = dataset.audit(only=["near_embedding_leak"]).results[0]
    named = [because.split("same as ")[1].split(" (")[0] for because in found.because]
    right = sum((other, paths[own]) in judged for own, other in zip(found.ids.to_pylist(), named, strict=True))
    print(
        f"scenes     {found.flagged} training pictures flagged beyond near_split_leak, {right} of them in pairs judged so"
    )


def digits(folder: Path) -> None:
    """The share flagged where all are alike."""
    from PIL import Image
    from sklearn.datasets import load_digits

    found = load_digits()
    for number, (pixels, label) in enumerate(zip(found.images, found.target, strict=True)):
        place = folder / "digits" / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * 15).astype(np.uint8)).save(place / f"{number:04}.png")
    pairs, names = near_pairs(folder / "set", folder / "digits")
    print(f"digits     {len({name for pair in pairs for name in pair}) / len(names):.2%} of {len(names):,} in a pair")


def recordings(folder: Path) -> None:
    """Variants of spoken digits."""
    draw = np.random.default_rng(0)
    paths = sorted((DATA / "audio_fsdd").rglob("*.flac")) + sorted((DATA / "audio_fsdd").rglob("*.wav"))
    chosen = draw.choice(len(paths), COUNT, replace=False)

    def shifted(signal: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        pad = np.zeros(rate // 10, np.float32)
        return np.concatenate([pad, signal]) if draw.random() < 0.5 else np.concatenate([pad, signal])[: len(signal)]

    kinds: dict[str, Callable[[NDArray[np.float32], int], tuple[NDArray[np.float32], int, str]]] = {
        "gain": lambda x, r: (x * np.float32(draw.uniform(0.2, 0.8)), r, "WAV"),
        "shift 100 ms": lambda x, r: (shifted(x, r), r, "WAV"),
        "resampled": lambda x, r: (resample_poly(x, 2, 1).astype(np.float32), 2 * r, "WAV"),
        "MP3": lambda x, r: (x, r, "MP3"),
    }
    for kind, change in kinds.items():
        source = folder / kind / "source"
        source.mkdir(parents=True)
        for number, path in enumerate(paths):
            (source / f"{number:05}{path.suffix}").symlink_to(path.resolve())
        for number in chosen.tolist():
            signal, rate = soundfile.read(paths[number], dtype="float32")
            new, new_rate, format = change(signal, rate)
            soundfile.write(source / f"{number:05}_copy.{format.lower()}", new, new_rate, format=format)
        found, names = near_pairs_allowed(folder / kind / "set", source)
        report(
            f"recordings {kind}",
            {(a[:5], b[:5]) for a, b in found if ("copy" in a) != ("copy" in b)},
            chosen,
            found,
            names,
        )


def near_pairs_allowed(folder: Path, source: Path) -> tuple[set[tuple[str, str]], list[str]]:
    """As `near_pairs`, of links that lead to the shared data: as files of their own."""
    for path in source.iterdir():
        if path.is_symlink():
            data = path.resolve().read_bytes()
            path.unlink()
            path.write_bytes(data)
    return near_pairs(folder, source)


def report(
    title: str, linked: set[tuple[str, str]], chosen: NDArray[Any], found: set[tuple[str, str]], names: list[str]
) -> None:
    """Prints recall and what else is flagged."""
    hit = sum((f"{number:05}", f"{number:05}") in linked for number in chosen.tolist())
    untouched = {name for name in names if "copy" not in name and int(name[:5]) not in set(chosen.tolist())}
    flagged = {name for pair in found if set(pair) <= untouched for name in pair}
    print(f"{title:24} recall {hit / len(chosen):.3f}, {len(flagged) / len(untouched):.2%} of the untouched in a pair")


def texts(folder: Path) -> None:
    """Variants of requests to a bank."""
    draw = np.random.default_rng(0)
    rows = []
    for name in ("train.csv", "test.csv"):
        with (DATA / "text_banking77" / name).open() as file:
            rows += [row["text"] for row in csv.DictReader(file)]
    rows = list(dict.fromkeys(rows))
    vocabulary = sorted({word for row in rows for word in row.lower().split()})
    chosen = draw.choice([n for n, row in enumerate(rows) if len(re.findall(r"\w+", row)) >= 8], COUNT, replace=False)

    def changed(text: str) -> str:
        words = text.split()
        words[int(draw.integers(len(words)))] = str(draw.choice(vocabulary))
        return " ".join(words)

    kinds: dict[str, Callable[[str], str]] = {
        "case": lambda text: text.upper(),
        "punctuation": lambda text: re.sub(r"[^\w\s']", "", text).replace(" ", "  ") + " !",
        "a word changed": changed,
    }
    for kind, change in kinds.items():
        place = folder / f"{kind}.csv"
        copies = {change(rows[number]): rows[number] for number in chosen.tolist()}
        with place.open("w", newline="") as file:
            csv.writer(file).writerows([["text"], *([row] for row in rows), *([copy] for copy in copies)])
        found, names = near_pairs(folder / f"set of {kind}", place)
        linked = {frozenset(pair) for pair in found}
        hit = sum(frozenset((copy, original)) in linked for copy, original in copies.items())
        touched = {*copies, *copies.values()}
        untouched = {name for name in names if name not in touched}
        flagged = {name for pair in found if not set(pair) & touched for name in pair}
        print(
            f"texts {kind:18} recall {hit / len(copies):.3f}, {len(flagged) / len(untouched):.2%} of the untouched in a pair"
        )


def scale(count: int) -> None:
    """Neighbours and pairs of vectors as pictures have them: 24 directions that matter, and noise in all 192."""
    from trainset.learn.chance import K, chances, pairs
    from trainset.learn.neighbours import neighbours

    dim = 192
    directions = np.random.default_rng(0).normal(size=(24, dim)) * (np.arange(24, 0, -1) / 12)[:, None]

    def batches() -> Iterator[NDArray[np.float32]]:
        for start in range(0, count, 10_000):
            draw = np.random.default_rng(start)
            rows = min(10_000, count - start)
            values = draw.normal(size=(rows, 24)) @ directions + 0.8 * draw.normal(size=(rows, dim))
            values[1::200] = values[::200][: len(values[1::200])] + 0.2 * draw.normal(size=(len(values[1::200]), dim))
            yield (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)

    started = time.perf_counter()
    rows, distances = neighbours(batches, count, dim, K)
    first, second, _ = pairs(rows, chances(rows, distances), 0.01)
    planted = int(((second - first == 1) & (first % 200 == 0)).sum())
    seconds, memory = time.perf_counter() - started, peak_megabytes()
    print(
        f"{count:>9,} vectors: {seconds:7.1f} s, {memory:6,.0f} MB, {planted / (count // 200):.1%} of the planted pairs, "
        f"{len(first) - planted:,} others"
    )


def peak_megabytes() -> float:
    """Of this process alone: what the system counts for a child begins with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """Prints one line for each kind and size. Arguments: sizes, or names of parts (pictures, scenes, digits, recordings, texts)."""
    parts: dict[str, Callable[[Path], None]] = {
        "pictures": pictures,
        "scenes": scenes,
        "digits": digits,
        "recordings": recordings,
        "texts": texts,
    }
    asked = sys.argv[1:] or [*parts, "10000", "100000", "1000000"]
    for name in asked:
        if name in parts:
            with tempfile.TemporaryDirectory() as place:
                os.environ["TRAINSET_HOME"] = f"{place}/home"
                parts[name](Path(place))
        elif os.environ.get("TRAINSET_ONE") == name:
            scale(int(name))
        else:
            subprocess.run([sys.executable, __file__, name], env=os.environ | {"TRAINSET_ONE": name}, check=True)


if __name__ == "__main__":
    main()
