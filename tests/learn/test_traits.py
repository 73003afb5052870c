"""What samples share: what is planted is found and comes first, one thing is said once, and of chance nothing is said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.learn.traits import Marks, traits

NONE = Marks(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


def carried(columns: NDArray[np.bool_], field: int = -1) -> Marks:
    """Marks from a table (samples, marks)."""
    rows, marks = np.nonzero(columns)
    return Marks(rows, marks, np.full(columns.shape[1], field))


def test_what_is_planted_comes_first_and_what_says_the_same_is_said_once() -> None:
    draw = np.random.default_rng(0)
    classes, part = np.repeat(np.arange(4), 100), np.arange(0, 400, 11)
    level = draw.normal(-27, 4, 400)
    level[part] -= 31
    peak, length = level + draw.normal(0, 1, 400), draw.normal(size=400)
    found = traits([part], classes, [length, peak, level], NONE, worded=[True, False, True])
    (one,) = found.parts[0]
    assert (one.kind, one.which, [other.which for other in one.also]) == ("number", 2, [1])
    assert one.effect == pytest.approx(-1, abs=0.02)
    assert one.low < -31 < one.high
    assert found.samples == (37,)


def test_the_largest_difference_comes_first_not_the_smallest_p() -> None:
    draw = np.random.default_rng(1)
    classes, part = np.zeros(4000, np.int64), np.arange(600)
    slight = draw.normal(size=4000)
    slight[part] += 0.6  # of every sample known
    marks = np.zeros((4000, 1), bool)
    marks[:560] = True
    marks[600:700] = True
    found = traits([part], classes, [slight], carried(marks)).parts[0]
    assert [one.kind for one in found] == ["mark", "number"]
    assert (found[0].hits, found[0].known) == (560, 600)
    assert found[0].inside == pytest.approx(560 / 600)
    assert found[0].rest == pytest.approx(100 / 3400)
    assert found[0].low < found[0].shift < found[0].high


def test_of_values_that_exclude_one_another_what_follows_is_not_said() -> None:
    classes, part = np.zeros(300, np.int64), np.arange(40)
    of = np.arange(300) % 3
    of[:36] = 0
    marks = carried(np.stack([of == value for value in range(3)], axis=1), field=7)
    (one,) = traits([part], classes, [], marks).parts[0]
    assert (one.which, one.also) == (0, ())


def test_a_number_that_most_have_the_same_of_is_told_as_above_or_below() -> None:
    values = np.full(400, 1.0)
    values[:25] = 0.4
    values[200:210] = 0.5
    (one,) = traits([np.arange(30)], np.zeros(400, np.int64), [values], NONE).parts[0]
    assert (one.kind, one.which, one.hits, one.known) == ("below", 0, 25, 30)


def test_few_samples_constants_and_missing_values_say_nothing_and_are_no_looks() -> None:
    classes = np.zeros(50, np.int64)
    dull = [np.full(50, 3.0), np.full(50, np.nan), np.where(np.arange(50) < 25, np.nan, 1.0)]
    found = traits([np.arange(20)], classes, dull, carried(np.ones((50, 2), bool)))
    assert (found.parts, found.looks, found.smallest) == (((),), 0, (1.0,))
    found = traits([np.arange(4), np.arange(0)], classes, [np.arange(50.0)], NONE)
    assert (found.parts, found.looks, found.samples) == (((), ()), 0, (4, 0))
    ids = carried(np.eye(50, dtype=bool))
    assert traits([np.arange(20)], classes, [], ids).looks == 0


def test_what_is_known_of_a_few_only_does_not_come_before_what_all_share() -> None:
    draw = np.random.default_rng(3)
    rare, common = np.full(300, np.nan), draw.normal(size=300)
    rare[np.r_[0:8, 50:110]] = np.r_[np.full(8, 9.0) + draw.normal(size=8), draw.normal(size=60)]
    common[:50] += 2
    found = traits([np.arange(50)], np.zeros(300, np.int64), [rare, common], NONE).parts[0]
    assert [one.which for one in found] == [1, 0]


def test_of_chance_anything_is_said_in_at_most_one_of_twenty_sets() -> None:
    """The correction is honest: cells drawn by chance, of measures that go together, ties, rare and common marks, and several classes."""
    draw, said = np.random.default_rng(4), 0
    for _ in range(200):
        classes = draw.integers(0, 4, 500)
        base = draw.normal(size=(500, 3)) + classes[:, None]
        numbers = [*base.T, base[:, 0] + draw.normal(0, 0.3, 500), np.exp(base[:, 1]), draw.integers(0, 3, 500) * 1.0]
        numbers += [
            np.where(draw.random(500) < 0.9, 1.0, draw.random(500)),
            np.where(draw.random(500) < 0.5, np.nan, base[:, 2]),
        ]
        marks = draw.random((500, 60)) < draw.uniform(0.005, 0.6, 60) * (1 + classes[:, None]) / 4
        parts = [draw.choice(500, size, replace=False) for size in (6, 12, 40, 100)]
        parts.append(draw.permutation(np.flatnonzero(classes == 2))[:30])
        found = traits(parts, classes, numbers, carried(marks))
        said += any(found.parts)
        assert found.looks > 100
    assert said <= 20  # 10 are expected at most; more than 20 have a chance of 1 in 1,000


def test_one_real_thing_does_not_make_others_likelier() -> None:
    """What is beside a planted trait is said by chance in one of twenty sets too: the size of a difference picks no accidents."""
    draw, wrong = np.random.default_rng(5), 0
    for _ in range(100):
        classes, part = np.zeros(300, np.int64), np.arange(40)
        planted = draw.normal(size=300)
        planted[part] += 5
        found = traits(
            [part, draw.choice(300, 6, replace=False)],
            classes,
            [planted, *draw.normal(size=(10, 300))],
            carried(draw.random((300, 80)) < 0.1),
        )
        assert found.parts[0][0].which == 0
        wrong += any(one.which or one.kind == "mark" for some in found.parts for one in some)
    assert wrong <= 12
