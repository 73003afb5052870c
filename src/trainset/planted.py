"""The digits of the quickstart with damage planted in them, by a seed, and how much of it the import and the audit find."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainset.work.audit import Audit
    from trainset.work.import_report import ImportReport

_SEED = 7
_TEST = 5  # every fifth digit is of the test set
_FLIPPED = 0.05  # share of the labels of undamaged training pictures
LATER = "found in the next step: needs a model"
"""What finds the damage that no check without a model can find."""

Planted = dict[str, list[str]]
"""Kind of damage -> the paths of the files that have it, in `split/class/file`."""


def plant(clean: Path, target: Path) -> Planted:
    """Writes the class folders `clean` as split and class folders with damage in them. What is there already is written anew."""
    import numpy as np

    shutil.rmtree(target, ignore_errors=True)
    draw = np.random.default_rng(_SEED)
    files = sorted(clean.glob("*/*.png"))
    order = draw.permutation(len(files))
    places = [f"{'test' if n % _TEST == 0 else 'train'}/{path.parent.name}/{path.name}" for n, path in enumerate(files)]
    for path, place in zip(files, places, strict=True):
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / place)
    rows = iter(order.tolist())
    planted: Planted = {}

    def some(count: int, split: str = "") -> Iterator[str]:
        """Files that nothing was done to yet."""
        while count:
            place = places[next(rows)]
            if place.startswith(split):
                yield place
                count -= 1

    planted["blank"] = [_repainted(target, place, lambda pixels: pixels * 0 + 90) for place in some(12)]
    planted["very dark"] = [_repainted(target, place, lambda pixels: pixels // 12) for place in some(12)]
    planted["copy"], planted["copy under another label"], planted["copy in test"] = [], [], []
    for n, place in enumerate(some(20, "train")):
        _, label, name = place.split("/")
        kind, to = ("copy under another label", str((int(label) + 3) % 10)) if n < 8 else ("copy", label)
        planted[kind].append(_copied(target, place, f"train/{to}/{name.removesuffix('.png')}_copy.png"))
    for place in some(10, "train"):
        _copied(target, place, place.replace("train/", "test/", 1).replace("digit_", "seen_"))
        planted["copy in test"].append(place)
    planted["PNG named .jpg"] = [_renamed(target, place) for place in some(5)]
    planted["truncated"] = [_cut(target, place, 0.6) for place in some(3)]
    planted["empty"] = [_cut(target, place, 0.0) for place in some(2)]
    left = [places[row] for row in rows if places[row].startswith("train")]
    others = draw.integers(1, 10, round(_FLIPPED * len(left))).tolist()
    planted["flipped label"] = [_flipped(target, place, by) for place, by in zip(left, others, strict=False)]
    return planted


def found(
    planted: Planted, report: ImportReport, result: Audit, paths: dict[bytes, str]
) -> list[tuple[str, int, int | None, str]]:
    """For each kind: how many were planted, how many of them were found (None: nothing looks for them yet), and by what.

    paths: sample id -> path."""
    by_check = {one.check: {paths[identifier] for identifier in one.ids.to_pylist()} for one in result.results}
    bad: dict[str, set[str]] = {}
    for item in report.bad:
        bad.setdefault(str(item["outcome"]), set()).add(str(item["name"]))
    where = {
        "blank": ("low_information", by_check["low_information"]), "very dark": ("dark", by_check["dark"]),
        "copy": ("exact_duplicates", by_check["exact_duplicates"]), "copy under another label": ("label_conflicts", by_check["label_conflicts"]),
        "copy in test": ("split_leak", by_check["split_leak"]), "PNG named .jpg": ("wrong_extension", by_check["wrong_extension"]),
        "truncated": ("import: truncated", bad.get("truncated", set())), "empty": ("import: empty", bad.get("empty", set())),
    }  # fmt: skip
    return [
        (kind, len(some), len(set(some) & where[kind][1]), where[kind][0])
        if kind in where
        else (kind, len(some), None, LATER)
        for kind, some in planted.items()
    ]


def reviewed(paths: Iterable[str]) -> Iterator[str]:
    """The answers of somebody who looked at these files, `path,digit` each: what their names number in scikit-learn's digits."""
    from sklearn.datasets import load_digits

    digits = load_digits().target
    for path in paths:
        number = int(path.rsplit("/", 1)[-1].split("_")[1].split(".")[0])
        yield f"{path},{digits[number]}"


def _repainted(target: Path, place: str, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> str:
    import numpy as np
    from PIL import Image

    with Image.open(target / place) as picture:
        pixels = np.asarray(picture)
    Image.fromarray(change(pixels).astype(np.uint8)).save(target / place)
    return place


def _copied(target: Path, place: str, to: str) -> str:
    (target / to).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(target / place, target / to)
    return to


def _flipped(target: Path, place: str, by: int) -> str:
    split, label, name = place.split("/")
    to = f"{split}/{(int(label) + by) % 10}/{name}"
    (target / place).rename(target / to)
    return to


def _renamed(target: Path, place: str) -> str:
    to = place.replace(".png", ".jpg")
    (target / place).rename(target / to)
    return to


def _cut(target: Path, place: str, share: float) -> str:
    data = (target / place).read_bytes()
    (target / place).write_bytes(data[: int(len(data) * share)])
    return place
