"""The head trained in epochs: against scikit-learn, held out by fold, resampled inside the fold alone."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from trainset.errors import BadValue
from trainset.learn import logistic
from trainset.learn.folds import folds
from trainset.learn.labels import balanced
from trainset.learn.logistic import Epoch, train
from trainset.learn.resample import resampled
from trainset.learn.view import Whole


def blobs(
    counts: list[int], dim: int = 5, apart: float = 1.5, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    draw = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(counts)), counts)
    x = (
        draw.normal(size=(len(counts), dim))[codes] * apart
        + draw.normal(size=(len(codes), dim)) * np.arange(1, dim + 1)
        + 20
    )
    order = draw.permutation(len(codes))
    return x[order].astype(np.float32), codes[order]


def last(*arguments: Any, **settings: Any) -> Epoch:
    *_, end = train(*arguments, **settings)
    return end


def reference(
    x: NDArray[Any], codes: NDArray[Any], weights: NDArray[Any] | None = None, strength: float = 5.0
) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LogisticRegression(C=strength, tol=1e-8, max_iter=3000).fit(x, codes, weights)


def scaled(x: NDArray[np.float32], weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
    exact = x.astype(np.float64)
    mean = np.average(exact, axis=0, weights=weights)
    deviation = np.sqrt(np.average(np.square(exact - mean), axis=0, weights=weights))
    made: NDArray[np.float64] = (exact - mean) / deviation / np.sqrt(x.shape[1])
    return made


@pytest.mark.parametrize("weighted", [False, True])
def test_all_is_learnt_as_scikit_learn_does_on_features_of_one_scale(weighted: bool) -> None:
    x, codes = blobs([60, 50, 20])
    weights = balanced(codes, 3) if weighted else None
    end = last(Whole(x), codes, 3, folds(np.arange(130), codes), weights=weights, strength=5.0, epochs=300)
    theirs = reference(scaled(x, weights), codes, weights).predict_proba(scaled(x, weights))
    logits = x @ end.coefficients + end.base
    ours = np.exp(logits - logits.max(axis=1, keepdims=True))
    assert np.allclose(ours / ours.sum(axis=1, keepdims=True), theirs, atol=0.01)


def test_every_sample_is_predicted_by_a_head_that_never_saw_it_or_its_label() -> None:
    x, codes = blobs([40, 40, 40])
    fold = folds(np.arange(120), codes, 4)
    before = last(Whole(x), codes, 3, fold, epochs=25).scores
    mine = fold == 2
    changed, moved = codes.copy(), x.copy()
    changed[mine] = (codes[mine] + 1) % 3
    assert np.allclose(last(Whole(moved), changed, 3, fold, epochs=25).scores[mine], before[mine], atol=1e-5)
    assert not np.allclose(last(Whole(moved), changed, 3, fold, epochs=25).scores[~mine], before[~mine], atol=1e-2)


def test_centre_and_scale_are_those_of_the_fold() -> None:
    x, codes = blobs([40, 40])
    fold = folds(np.arange(80), codes, 4)
    far = x.copy()
    far[np.flatnonzero(fold == 1)[0]] += 1e4
    before, after = last(Whole(x), codes, 2, fold, epochs=20).scores, last(Whole(far), codes, 2, fold, epochs=20).scores
    others = (fold == 1) & (np.arange(80) != np.flatnonzero(fold == 1)[0])
    assert np.allclose(before[others], after[others], atol=1e-4)


def test_each_epoch_knows_more_and_the_last_says_so() -> None:
    x, codes = blobs([80, 80, 80], apart=3)
    epochs = [
        (epoch.number, epoch.loss, epoch.last, float((epoch.scores.argmax(axis=1) == codes).mean()), epoch.in_sample)
        for epoch in train(Whole(x), codes, 3, folds(np.arange(240), codes))
    ]
    assert [number for number, *_ in epochs] == [*range(1, len(epochs) + 1)]
    assert all(later[1] <= earlier[1] for earlier, later in pairwise(epochs))
    assert [end for _, _, end, *_ in epochs] == [False] * (len(epochs) - 1) + [True]
    assert len(epochs) < logistic.EPOCHS
    assert epochs[-1][3] > 0.8
    assert epochs[-1][4] > 0.8


def test_unlabelled_samples_are_predicted_and_teach_nothing() -> None:
    x, codes = blobs([50, 50], apart=4)
    some = codes.copy()
    some[:30] = -1
    end = last(Whole(x), some, 2, folds(np.arange(100), some))
    assert (end.scores[:30].argmax(axis=1) == codes[:30]).mean() > 0.7
    wild = x.copy()
    wild[:30] *= 50
    again = last(Whole(wild), some, 2, folds(np.arange(100), some))
    assert np.allclose(again.scores[30:], end.scores[30:], atol=1e-4)


@pytest.mark.parametrize("way", ["over", "under", "smote"])
def test_resampled_classes_weigh_the_same_and_are_recalled_better(way: str) -> None:
    x, codes = blobs([300, 20], apart=1.2, seed=4)
    fold = folds(np.arange(320), codes)
    plain = last(Whole(x), codes, 2, fold).scores
    made = last(Whole(x), codes, 2, fold, resample=way).scores
    rare = codes == 1
    assert (made.argmax(axis=1) == 1)[rare].mean() > (plain.argmax(axis=1) == 1)[rare].mean()
    sample = resampled(Whole(x), codes, 2, way, 0)
    weight = np.bincount(codes, sample.weights) + np.bincount(sample.codes, minlength=2)
    assert weight[0] == pytest.approx(weight[1])


def test_over_sampling_is_class_weights() -> None:
    x, codes = blobs([60, 15])
    fold = folds(np.arange(75), codes)
    over = last(Whole(x), codes, 2, fold, resample="over", strength=1.0)
    rows = np.concatenate([np.arange(75), *[np.flatnonzero(codes == 1)] * 3])
    repeated = last(Whole(x[rows]), codes[rows], 2, fold[rows], strength=1.0)
    assert np.allclose(over.coefficients, repeated.coefficients, atol=0.02 * np.abs(over.coefficients).max())


def test_smote_lies_between_two_of_the_class_and_sees_no_other_rows() -> None:
    x, codes = blobs([50, 8])
    hidden = np.where(np.arange(58) % 4 == 0, -1, codes)
    made = resampled(Whole(x), hidden, 2, "smote", 0)
    assert (hidden[made.first] == 1).all()
    assert (hidden[made.second] == 1).all()
    assert (made.first != made.second).all()
    values = np.concatenate([batch for batch, _ in made.extras(Whole(x), 7)])
    assert len(values) == (hidden == 0).sum() - (hidden == 1).sum()
    low, high = np.minimum(x[made.first], x[made.second]), np.maximum(x[made.first], x[made.second])
    assert ((values >= low - 1e-3) & (values <= high + 1e-3)).all()


def test_a_class_of_one_sample_is_repeated_by_smote() -> None:
    x, codes = blobs([10, 1])
    made = resampled(Whole(x), codes, 2, "smote", 0)
    (values, own), *_ = made.extras(Whole(x), 100)
    assert np.allclose(values, x[codes == 1])
    assert own.tolist() == [1] * 9


@pytest.mark.parametrize(
    ("codes", "fold", "settings", "message"),
    [
        (np.zeros(10, int), np.arange(10) % 2, {}, "nothing to tell apart"),
        (np.arange(10) % 2, np.arange(10) % 2, {}, "fewer than two classes"),
        (np.arange(10) % 2, np.arange(10) // 5, {"resample": "more"}, "no way of resampling"),
        (np.arange(10) % 2, np.arange(10) // 5, {"strength": 0.0}, "strength"),
        (np.arange(10) % 2, np.arange(10) // 5, {"epochs": 0}, "epoch"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    codes: NDArray[Any], fold: NDArray[Any], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadValue, match=message):
        last(Whole(np.random.default_rng(0).normal(size=(10, 3))), codes, 2, fold, **settings)


def test_constant_and_doubled_columns_are_no_trouble() -> None:
    x, codes = blobs([40, 40], apart=3)
    wide = np.concatenate([x, x, np.full((80, 2), 3, np.float32)], axis=1)
    scores = last(Whole(wide), codes, 2, folds(np.arange(80), codes)).scores
    assert np.isfinite(scores).all()
    assert (scores.argmax(axis=1) == codes).mean() > 0.7


def test_without_folds_there_is_the_head_of_all_samples() -> None:
    draw = np.random.default_rng(8)
    codes = np.arange(90) % 3
    x = draw.normal(size=(90, 5)) + 2 * np.eye(3, 5)[codes]
    *_, whole = logistic.train(Whole(x), codes, 3, np.full(90, -1))
    *_, folded = logistic.train(Whole(x), codes, 3, np.arange(90) // 3 % 2)
    same = (x @ whole.coefficients + whole.base).argmax(axis=1) == (x @ folded.coefficients + folded.base).argmax(
        axis=1
    )
    assert same.mean() > 0.95
    assert 0.8 < whole.in_sample <= 1
