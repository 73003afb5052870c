"""Checks about equal contents, over columns written out at random, beside the same said in plain Python."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from trainset.checks._groups import codes, groups, pairs
from trainset.checks.exact_duplicates import exact_duplicates
from trainset.checks.label_conflicts import label_conflicts
from trainset.checks.split_leak import split_leak

RANK = {"test": 0, "validation": 1, "train": 2, "production": 3, None: 4}


def columns(seed: int) -> tuple[list[bytes], list[str | None], list[str | None], list[str | None]]:
    """Content, split, label and path of 60 samples, many of them copies, many without this or that."""
    draw = random.Random(seed)
    content = [bytes([draw.randrange(30)]) * 16 for _ in range(60)]
    split = draw.choices([*RANK], k=60)
    return content, split, draw.choices(["a", "b", None], k=60), [f"{row}.png" for row in range(60)]


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_those_that_plain_python_finds(seed: int) -> None:
    content, split, label, path = columns(seed)
    kept = {
        each: min((row for row in range(60) if content[row] == each), key=lambda row: (RANK[split[row]], row))
        for each in set(content)
    }
    copies = [row for row in range(60) if kept[content[row]] != row]
    leaks = [row for row in copies if split[row] and split[kept[content[row]]] not in (None, split[row])]
    said = {each: {label[row] for row in range(60) if content[row] == each} - {None} for each in set(content)}
    conflicts = [row for row in range(60) if label[row] and len(said[content[row]]) > 1]
    assert copies
    assert leaks
    assert conflicts
    ids = pa.array([row.to_bytes(16, "big") for row in range(60)], pa.binary(16))
    held = ids, pa.array(content, pa.binary(16)), pa.array(split), pa.array(label), pa.array(path)
    nobody = np.empty((0, 2), np.int64)
    found = exact_duplicates(*held, nobody)
    assert found.flagged.nonzero()[0].tolist() == copies
    assert [sentence.split(" (")[0] for sentence in found.because] == [
        f"a copy of {kept[content[row]]}.png" for row in copies
    ]
    fine = np.array([[kept[content[copies[0]]], copies[0]], [copies[-1], kept[content[copies[-1]]]], [0, 59]])
    assert exact_duplicates(*held, fine).flagged.nonzero()[0].tolist() == copies[1:-1], "pairs that people looked at"
    assert split_leak(*held).flagged.nonzero()[0].tolist() == leaks
    told = label_conflicts(ids, held[1], held[3], held[4], held[2])
    assert told.flagged.nonzero()[0].tolist() == conflicts
    others = [
        next(other for other in conflicts if content[other] == content[row] and label[other] != label[row])
        for row in conflicts
    ]
    assert [sentence.partition(" as ")[2].split(" (")[0] for sentence in told.because] == [
        f"{other}.png" for other in others
    ]


def test_groups_are_the_codes_without_their_names() -> None:
    column = pa.array([b"one", None, b"two", b"one"])
    assert groups(column).tolist() == codes(column)[0].tolist() == [0, -1, 1, 0]
    assert groups(pa.array([], pa.binary(16))).tolist() == []


def test_pairs_are_counted_in_order() -> None:
    one, other, counts = pairs(np.array([2, 0, 2, 0, 2]), np.array([1, 3, 1, 0, 0]))
    assert [*zip(one.tolist(), other.tolist(), counts.tolist(), strict=True)] == [
        (0, 0, 1),
        (0, 3, 1),
        (2, 0, 1),
        (2, 1, 2),
    ]
    assert [len(some) for some in pairs(np.empty(0, np.int64), np.empty(0, np.int64))] == [0, 0, 0]
