"""Checks that go over whole columns at once, beside the same said row by row."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa

from trainset.checks._foretold import foretold
from trainset.checks.betraying_metadata import betraying_metadata
from trainset.checks.cut_off import cut_off
from trainset.checks.odd_duration import odd_duration
from trainset.checks.shifted_class import shifted_class
from trainset.checks.source_disagrees import source_disagrees

SAID = "folder and list disagree: label "


def test_a_source_disagrees_where_its_first_such_remark_or_an_earlier_label_says_so() -> None:
    remarks = [None, [], [f"{SAID}a"], ["else", None, f"{SAID}b", f"{SAID}c"], ["else"], [f"{SAID}d"]]
    then = [None, "x", None, None, None, "y"]
    none = pa.nulls(6, pa.string())
    found = source_disagrees(
        pa.array(["a"] * 6), pa.array(["b"] * 6), pa.array(remarks, pa.list_(pa.string())), none, none, pa.array(then)
    )
    now = "labelled 'a' now, 'b' by the source"
    assert found.flagged.tolist() == [False, True, True, True, False, True]
    assert list(found.because) == [
        f"{now}, which said 'x' then",
        f"{SAID}a; {now}",
        f"{SAID}b; {now}",
        f"{SAID}d; {now}, which said 'y' then",
    ]
    assert np.allclose(found.severity, [0, 0.8, 0.5, 0.5, 0, 0.8])


def test_only_the_class_that_is_shifted_is_named_whatever_the_order_of_rows() -> None:
    draw = np.random.default_rng(0)
    label = [*"abc"] * 200 + [None] * 60
    split = ["train"] * 330 + ["test"] * 330
    draw.shuffle(label)
    draw.shuffle(split)
    moved = np.array([2.0 * (one == "b" and side == "test") for one, side in zip(label, split, strict=True)])
    values = draw.normal(0, 0.5, len(label)) + moved
    values[::9] = np.nan
    (told,) = shifted_class(pa.array(label), pa.array(split), {"size": values, "steady": draw.normal(size=660)}).about
    medians = [
        np.nanmedian([v for v, one, at in zip(values, label, split, strict=True) if one == "b" and at == side])
        for side in ("train", "test")
    ]
    assert told == f"size of 'b': median {medians[0]:.3g} in train, {medians[1]:.3g} in test"


def test_what_is_foretold_is_what_counting_row_by_row_says() -> None:
    draw = random.Random(0)
    bins, group, half = (np.array(draw.choices(some, k=300)) for some in ([-1, 0, 1, 2], [-1, 0, 1], [False, True]))
    shares = []
    for number in (0, 1):
        hits = []
        for row in np.flatnonzero(group == number):
            known = (half != half[row]) & (bins == bins[row])
            votes = [(known & (group == c)).sum() / ((half != half[row]) & (group == c)).sum() for c in (0, 1)]
            hits.append(int(np.argmax(votes)) == number)
        shares.append(np.mean(hits))
    assert foretold(bins, group, half) == np.mean(shares)


def test_a_class_in_file_names_is_seen_also_behind_other_words() -> None:
    draw = random.Random(0)
    label = [draw.choice(("i", "ii", "iv")) for _ in range(300)]
    path = [f"{draw.choice('tv')}_{one}_{n}.png" for n, one in enumerate(label)]
    id = pa.array([draw.randbytes(16) for _ in label], pa.binary(16))
    (told,) = betraying_metadata(pa.array(label), {}, pa.array(path), id).about
    assert told == "the file name without its numbers tells the label in 100% of cases, chance is 33%"
    told_by_nothing = [f"{draw.choice('tv')}_{draw.choice(('i', 'ii', 'iv'))}_{n}.png" for n in range(300)]
    assert betraying_metadata(pa.array(label), {}, pa.array(told_by_nothing), id).about == ()


def test_background_noise_is_neither_too_long_nor_cut_off() -> None:
    seconds = np.array([1.0] * 40 + [60.0, 60.0])
    label = pa.array(["yes"] * 40 + [None, None])
    meta = {"background_noise": pa.array([None] * 41 + ["true"])}
    assert odd_duration(seconds, label, meta).flagged.nonzero()[0].tolist() == [40]
    level, loudness = np.array([-60.0] * 40 + [-20, -20]), np.full(42, -20.0)
    assert cut_off(level, level, loudness, label, meta).flagged.nonzero()[0].tolist() == [40]
