"""A temperature brings back the one that was lost, and the table shows what is wrong without it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.calibration import probabilities, reliability, temperature


def drawn(count: int = 20_000, classes: int = 4) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Log-odds, and labels that are drawn by them."""
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(count, classes)) * 2
    codes: NDArray[np.int64] = (logits + draw.gumbel(size=logits.shape)).argmax(axis=1)
    return logits, codes


@pytest.mark.parametrize("lost", [0.01, 1.0, 30.0])
def test_the_temperature_that_was_lost_is_found(lost: float) -> None:
    logits, codes = drawn()
    assert temperature(logits * lost, codes) == pytest.approx(lost, rel=0.05)


def test_rows_without_a_label_and_rows_of_weight_0_do_not_count() -> None:
    logits, codes = drawn(2000)
    wrong = codes.copy()
    wrong[::2] = (codes[::2] + 1) % 4
    weights = (np.arange(2000) % 2).astype(float)
    alone = temperature(logits[1::2], codes[1::2])
    assert temperature(logits, wrong, weights) == pytest.approx(alone, rel=1e-3)
    assert temperature(logits, np.where(weights > 0, codes, -1)) == pytest.approx(alone, rel=1e-3)


def test_reliability_is_good_at_the_right_temperature_and_bad_at_others() -> None:
    logits, codes = drawn()
    right, sharp = reliability(probabilities(logits, 1), codes), reliability(probabilities(logits, 0.3), codes)
    assert right.error < 0.02 < 0.1 < sharp.error
    assert right.log_loss < sharp.log_loss
    assert right.counts.sum() == 20_000
    filled = right.counts > 200
    assert np.allclose(right.confidence[filled], right.right[filled], atol=0.05)


def test_bins_by_hand() -> None:
    table = reliability(np.array([[0.9, 0.1], [0.95, 0.05], [0.4, 0.6], [0.5, 0.5]]), np.array([0, 1, 1, -1]))
    assert table.counts.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 1, 1]
    assert table.right[[5, 8, 9]].tolist() == [1, 1, 0]
    assert np.isnan(table.right[0])
    assert table.error == pytest.approx((0.4 + 0.1 + 0.95) / 3)
    assert table.log_loss == pytest.approx(-np.log([0.9, 0.05, 0.6]).mean())


def test_probabilities_sum_to_one_whatever_the_scores() -> None:
    values = probabilities(np.array([[1e4, -1e4, 0], [0, 0, 0]]), 0.5)
    assert np.allclose(values.sum(axis=1), 1)
    assert np.allclose(values[1], 1 / 3)


def test_scores_that_are_all_the_same_have_some_temperature() -> None:
    assert np.isfinite(temperature(np.zeros((5, 3)), np.arange(5) % 3))


def test_nothing_to_calibrate_on_is_refused() -> None:
    with pytest.raises(BadValue, match="calibrate"):
        temperature(np.zeros((3, 2)), np.full(3, -1))
    with pytest.raises(BadValue, match="labelled"):
        reliability(np.full((3, 2), 0.5), np.full(3, -1))
