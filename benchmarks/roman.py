"""What cleaning brought: Roman numerals as handed out (v1), cleaned by another person (v2), and by ourselves with the review as rater.

One test set for all: pictures of v1's `val` whose label both the review and the other cleaner kept. What has the pixels of one of them is not
trained on. First `trainset compare v1 v2` with both heads. Then v1's training labels are looked at in two orders, likely errors first and by
chance (five orders), and the review's answer taken, which relabels or removes: the gain after so many labels, of the ridge head, with the
interval of `trainset.learn.compare` (eight draws of the training samples; the interval of chance is of its first order). One table each.
"""

from __future__ import annotations

import csv
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from label_sets import DATA
from numpy.typing import NDArray

import trainset
from trainset.learn import calibration, orders, ridge
from trainset.learn.compare import Comparison, compare
from trainset.learn.redraw import redrawn
from trainset.learn.view import Rooted, View, Whole

LOOKED_AT = (25, 50, 100, 200, 400, 800)
ORDERS = 5
AGAIN = 8


def rows_of(name: str) -> list[dict[str, str]]:
    """A list of the set."""
    with (DATA / "images_roman" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tested(review: list[dict[str, str]]) -> dict[str, str]:
    """Pixels to path of the test set: of `val`, kept by both who looked; of equal pictures the first."""
    found: dict[str, str] = {}
    for row in review:
        kept = row["review_action"] == "keep" and row["state_in_v2"] == "kept" and row["label_error"] != "true"
        if row["split"] == "val" and kept:
            found.setdefault(row["pixel_sha1"], row["path"])
    return found


def made(place: Path, test: dict[str, str], review: list[dict[str, str]]) -> Any:
    """A dataset with the versions v1 and v2, whose test split is the same."""
    for name in ("v1", "v2"):
        with zipfile.ZipFile(DATA / "images_roman" / f"{name}.zip") as archive:
            archive.extractall(place / name)
    dataset = trainset.init(place / "roman.trainset")
    dataset.import_(place / "v1")
    inside = set(test.values())
    leaks = [
        row["path"]
        for row in review
        if row["path"] not in inside and (row["split"] == "val" or row["pixel_sha1"] in test)
    ]
    dataset.exclude(leaks, reason="val that is no test set, and copies of it")
    dataset.move_split("test", [*inside], reason="the common test set")
    dataset.version("v1")
    learnt = [row["path"] for row in review if row["path"] not in inside and row["path"] not in set(leaks)]
    dataset.exclude(learnt, reason="v2 has its own")
    dataset.import_(place / "v2")
    paths = {
        str(row["path"]): str(row["id"]) for row in dataset.look(where="source = 'v2'", n=10**6).rows(measures=False)
    }
    other = [
        paths[row["path"]] for row in rows_of("v2_files.csv") if row["split"] == "val" or row["pixel_sha1"] in test
    ]
    dataset.exclude(other, reason="val, and copies of the test set")
    dataset.version("v2")
    return dataset


def answers(review: list[dict[str, str]], paths: list[str], classes: list[str]) -> NDArray[np.int64]:
    """(n,) what the review says of pictures: a class, or -1 for what is to be removed."""
    by = {row["path"]: row for row in review}
    said = [
        {"keep": by[p]["given_label"], "relabel": by[p]["corrected_label"]}.get(by[p]["review_action"], "")
        for p in paths
    ]
    return np.array([classes.index(each) if each else -1 for each in said], np.int64)


class Recipe:
    """The ridge head on square roots, with the penalty that v1 chooses."""

    def __init__(
        self, x: NDArray[np.float32], codes: NDArray[np.int64], classes: int, test_x: NDArray[np.float32]
    ) -> None:
        self.view: View = Rooted(Whole(x))
        self.test = np.concatenate([*Rooted(Whole(test_x)).batches()])
        self.classes, self.head = classes, ridge.fit(self.view, codes, classes)

    def predictions(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """(1 + draws, m) of the test set, for these labels of the same pictures."""
        found = []
        for draw in range(AGAIN + 1):
            weights = redrawn(np.arange(len(codes)), draw) if draw else None
            slope, base = ridge.solved(self.view, codes, self.classes, self.head.penalty, weights=weights)
            found.append((self.test @ slope + base).argmax(axis=1))
        return np.stack(found)


def gain(truth: NDArray[np.int64], before: NDArray[np.int64], after: NDArray[np.int64], classes: int) -> Comparison:
    """The comparison of two sets of predictions."""
    return compare(truth, before[0], after[0], classes, again=(before[1:], after[1:]))


def main() -> None:
    review = rows_of("v1_review.csv")
    test = tested(review)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("TRAINSET_HOME", str(Path(folder) / "home"))
        with made(Path(folder), test, review) as dataset:
            for head in ("ridge", "logistic"):
                found = dataset.compare("v1", "v2", test_sets=["v1"], head=head)
                print(
                    f"{head}, trained on {' and '.join(f'{one.trained_on:,}' for one in found.entrants)}: {found.sentences[0]}",
                    flush=True,
                )
            rows = dataset.look(where="source = 'v1' and split != 'test'", n=10**6, at="v1").rows(measures=False)
            tests = dataset.look(where="split = 'test'", n=10**6, at="v1").rows(measures=False)
            classes = sorted({str(row["label"]) for row in rows})

            def read(some: list[dict[str, Any]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
                import pyarrow as pa

                view = dataset.embeddings(pa.array([bytes.fromhex(row["content"]) for row in some], pa.binary(16)))
                return view.take(np.arange(len(view))), np.array(
                    [classes.index(row["label"]) for row in some], np.int64
                )

            (x, codes), (test_x, truth) = read(rows), read(tests)
    said = answers(review, [str(row["path"]) for row in rows], classes)
    recipe = Recipe(x, codes, len(classes), test_x)
    scores = ridge.held_out(recipe.head, recipe.view)
    probability = calibration.probabilities(scores, calibration.temperature(scores, codes))
    likely = np.argsort(-orders.order("likely_wrong", probability, codes), kind="stable")
    chance = [np.random.default_rng(seed).permutation(len(codes)) for seed in range(ORDERS)]
    start = recipe.predictions(codes)
    print(
        f"\n{len(codes):,} labels, {np.count_nonzero(said != codes):,} of which the review changes; {len(truth):,} test samples"
    )
    print(f"as handed out: {100 * (start[0] == truth).mean():.1f} % right\n")
    print(
        "looked at   changed   likely errors first          by chance: changed   mean gain (of five)   interval of the first"
    )
    for count in (*[one for one in LOOKED_AT if one < len(codes)], len(codes)):
        results = []
        for order in (likely, *(chance if count < len(codes) else [])):
            cleaned = codes.copy()
            cleaned[order[:count]] = said[order[:count]]
            found = gain(truth, start, recipe.predictions(cleaned), len(classes)).accuracy
            results.append((int((cleaned != codes).sum()), 100 * found.value, 100 * found.low, 100 * found.high))
        changed, value, low, high = results[0]
        line = f"{count:9,} {changed:9,}   {value:+5.1f} ({low:+5.1f} to {high:+5.1f})"
        rest = np.array(results[1:])
        if len(rest):
            line += f" {rest[:, 0].mean():26.0f} {rest[:, 1].mean():+20.1f}   {rest[0, 1]:+.1f} ({rest[0, 2]:+.1f} to {rest[0, 3]:+.1f})"
        print(line, flush=True)


if __name__ == "__main__":
    main()
