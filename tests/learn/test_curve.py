"""Learning curves: points exact, curves found again, and intervals that say what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import ridge
from trainset.learn.curve import curve
from trainset.learn.pooled import pooled
from trainset.learn.retrained import (
    SHARES,
    Head,
    Trials,
    all_thinned,
    directions,
    enough_groups,
    one_thinned,
    one_thread,
    parts,
)
from trainset.learn.view import Whole


def clouds(
    count: int, *, classes: int = 3, seed: int = 0, apart: float = 1.2
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Overlapping clouds of equal size, in 20 dimensions."""
    draw = np.random.default_rng(seed)
    codes = np.arange(count) % classes
    centres = np.random.default_rng(99).normal(size=(classes, 20)) * apart
    return (centres[codes] + 3 * draw.normal(size=(count, 20))).astype(np.float32), codes.astype(np.int64)


def planted(exponent: float, floor: float, *, size: int = 1600, samples: int = 20_000, seed: int = 0) -> Trials:
    """Trainings whose chance of an error follows a power law, drawn independently."""
    draw = np.random.default_rng(seed)
    sizes = [*np.repeat(np.array([100, 200, 400, 800, 1200]) * size // 1600, 3).tolist(), size]
    right = [draw.random(samples) > 0.2 * (one / size) ** -exponent + floor for one in sizes]
    return Trials(np.array(sizes), np.array(right))


def test_a_part_scores_every_sample_by_a_head_that_never_saw_it() -> None:
    x, codes = clouds(90)
    groups = np.arange(90) // 2
    head = Head(x, codes, 3, groups)
    keep = parts(codes, groups, draws=1)[0] < 1 / 2
    right, penalty = head.trained(keep, penalty=head.penalty)
    for row in (0, 31, 62):
        others = keep & (groups != groups[row])
        fresh = ridge.fit(Whole(x), np.where(others, codes, -1), 3, penalty=penalty)
        assert right[row] == (fresh.predict(x[row : row + 1]).argmax() == codes[row])


@pytest.mark.parametrize("size", [1, 2, 24])
@pytest.mark.parametrize("balance", [None, np.array([1.0, 3.0, 0.5])])
def test_shared_sums_say_what_training_each_part_says(balance: NDArray[np.float64] | None, size: int) -> None:
    x, codes = clouds(150, apart=0.6)
    codes[:20] = -1
    here = np.arange(150) < 140
    groups = None if size == 1 else np.arange(150) // size
    head = Head(x, codes, 3, groups, balance=balance, among=here)
    order = parts(np.where(here, codes, -1), draws=3)
    by_class = one_thinned(head, order, 1)
    assert by_class.right[:-1].tolist() == [
        head.trained(here & ((codes != 1) | (row < share)), code=1, penalty=head.penalty)[0].tolist()
        for share in SHARES[1:]
        for row in order
    ]
    of_all = all_thinned(head, order)
    said = [head.trained(here & (row < share))[0] for share in SHARES[1:] for row in order]
    assert of_all.right[-1 - len(said) : -1].tolist() == np.array(said).tolist()
    assert 0.1 < of_all.right.mean() < 0.9


def test_parts_are_nested_and_hold_their_share_of_each_class_and_whole_groups() -> None:
    _, codes = clouds(300)
    codes[:30] = -1
    order = parts(codes, draws=3)
    assert (order[:, :30] > 1).all()
    for row in order:
        assert [int(((row < 1 / 2) & (codes == code)).sum()) for code in range(3)] == [45] * 3
    groups = np.arange(300) // 6
    of_groups = parts(codes, groups, draws=3)
    kept = of_groups[0] < 1 / 4
    assert all(len({*kept[(groups == one) & (codes == code)]}) <= 1 for one in range(50) for code in range(3))
    assert enough_groups(codes, groups)
    assert not enough_groups(codes, np.arange(300) // 30)
    assert not enough_groups(codes, None)


def test_a_thinned_class_weighs_what_it_weighed() -> None:
    x, codes = clouds(600, apart=0.6)
    head = Head(x, codes, 3)
    trials = one_thinned(head, parts(codes, draws=3), 0)
    assert trials.size.tolist() == [25] * 3 + [50] * 3 + [100] * 3 + [150] * 3 + [200]
    said = trials.right[trials.size == 25][:, codes == 0].mean()
    unweighted = ridge.fit(
        Whole(x), np.where((codes != 0) | (parts(codes, draws=3)[0] < 1 / 8), codes, -1), 3, penalty=head.penalty
    )
    lost = (ridge.held_out(unweighted, Whole(x)).argmax(axis=1) == codes)[codes == 0].mean()
    assert said > lost + 0.15


@pytest.mark.parametrize(("exponent", "floor"), [(0.5, 0.1), (1.0, 0.2)])
def test_a_power_law_is_forecast(exponent: float, floor: float) -> None:
    inside = []
    for seed in range(20):
        found = curve(planted(exponent, floor, seed=seed), np.ones(20_000), seed=seed)
        said = found.gain(1600)
        truth = 0.2 * (1 - 2**-exponent)
        inside.append(said.low <= truth <= said.high)
        assert said.told
        assert abs(said.value - truth) < 0.03
    assert sum(inside) >= 16


def test_what_does_not_grow_cannot_be_told_from_chance() -> None:
    told = [curve(flat(seed), np.ones(400), seed=seed).gain(1600).told for seed in range(20)]
    assert sum(told) <= 3


def flat(seed: int) -> Trials:
    """Trainings of which none is better than another."""
    draw = np.random.default_rng(seed)
    sizes = np.array([100] * 3 + [200] * 3 + [400] * 3 + [800] * 3 + [1200] * 3 + [1600])
    return Trials(sizes, draw.random((len(sizes), 400)) > 0.3)


def test_more_to_come_is_less_sure_and_nothing_more_changes_nothing() -> None:
    found = curve(planted(0.5, 0.1, samples=2000), np.ones(2000))
    widths = [said.high - said.low for said in (found.gain(more) for more in (0, 100, 800, 3200))]
    assert widths[0] == 0
    assert widths == sorted(widths)
    assert found.then(0).value == pytest.approx(1 - found.error[-1], abs=0.01)
    with pytest.raises(BadValue, match="more samples"):
        found.gain(-1)


def test_samples_drawn_at_once_are_as_uncertain_as_drawn_one_by_one() -> None:
    trials = planted(0.5, 0.1, samples=300)
    alike = curve(trials, np.ones(300))
    one_by_one = curve(trials, np.ones(300), np.arange(300))
    assert np.allclose(alike.worlds.std(axis=0), one_by_one.worlds.std(axis=0), rtol=0.2)
    assert alike.high - alike.low == pytest.approx(one_by_one.high - one_by_one.low, rel=0.2)


def test_samples_of_one_group_are_less_evidence() -> None:
    draw = np.random.default_rng(0)
    sizes = np.array([100, 100, 200, 200, 400, 400])
    right = np.repeat(draw.random((6, 50)) > 0.3, 40, axis=1)
    alone = curve(Trials(sizes, right), np.ones(2000))
    grouped = curve(Trials(sizes, right), np.ones(2000), np.repeat(np.arange(50), 40))
    widths = [(one.high - one.low).min() for one in (alone, grouped)]
    assert widths[1] > 1.5 * widths[0]


def test_curves_of_classes_learn_from_one_another() -> None:
    """Twelve classes of 400 samples that gain alike: they are told to, and each is better known. One that is known well stays."""
    curves = [curve(planted(0.5, 0.1, samples=400, seed=seed), np.ones(400), seed=seed) for seed in range(12)]
    together = pooled(curves)
    before, after = ([one.worlds[:, 0] * (1 - 2 ** -one.worlds[:, 1]) for one in some] for some in (curves, together))
    assert np.std([one.mean() for one in after]) < 0.2 * np.std([one.mean() for one in before])
    assert np.mean([one.std() for one in after]) < 0.5 * np.mean([one.std() for one in before])
    widths = [np.mean([one.gain(1600).high - one.gain(1600).low for one in some]) for some in (curves, together)]
    assert widths[1] < 0.95 * widths[0]  # what one training gains by chance stays
    assert all(
        one.gain(0).value == 0 and np.array_equal(one.error, was.error)
        for one, was in zip(together, curves, strict=True)
    )
    sure, other = curve(planted(0.5, 0.1), np.ones(20_000)), curve(flat(0), np.ones(400))
    still, moved = pooled([sure, other])
    assert abs(still.gain(1600).value - sure.gain(1600).value) < 0.005
    assert moved.gain(800).value >= other.gain(800).value
    assert pooled([other])[0].gain(800) == other.gain(800)


def test_twice_the_errors_are_taken_to_gain_twice_as_much() -> None:
    curves = [curve(planted(0.5, 0.1, samples=400, seed=seed), np.ones(400), seed=seed) for seed in range(12)]
    together = pooled(curves, [1.0] * 6 + [2.0] * 6)
    halves = [np.mean([one.gain(1600).value for one in some]) for some in (together[:6], together[6:])]
    assert halves[1] > 1.2 * halves[0]


def test_too_few_sizes_are_refused() -> None:
    with pytest.raises(BadValue, match="too few samples"):
        curve(Trials(np.array([10, 20]), np.ones((2, 20), np.bool_)), np.ones(20))


def test_few_directions_keep_what_a_head_needs() -> None:
    x, codes = clouds(200)
    wide = np.concatenate([x, x @ np.random.default_rng(1).normal(size=(20, 30)).astype(np.float32)], axis=1)
    few = directions(Whole(wide), 20)
    assert few.shape == (200, 20)
    assert np.abs(few.mean(axis=0)).max() < 1e-2
    assert Head(few, codes, 3).right.mean() == pytest.approx(Head(wide, codes, 3).right.mean(), abs=0.03)


def test_a_curve_of_samples_covers_what_twice_as_many_bring() -> None:
    inside = 0
    for seed in range(10):
        x, codes = clouds(600, seed=seed)
        here = np.arange(600) < 300
        head = Head(x[here], codes[here], 3)
        said = curve(all_thinned(head, parts(codes[here], draws=3, seed=seed)), np.ones(300), seed=seed).gain(300)
        right, _ = Head(x, codes, 3, among=here).trained(codes >= 0)
        inside += said.low <= right[here].mean() - head.right.mean() <= said.high
    assert inside >= 8


def test_trainings_on_parts_use_one_thread_and_give_the_others_back() -> None:
    from threadpoolctl import threadpool_info

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = threads()
    with one_thread():
        assert threads() == {1}
    assert threads() == before
