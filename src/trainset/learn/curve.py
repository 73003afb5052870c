"""Learning curves: how the error falls as samples are added, and what more of them would bring, with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn.retrained import Trials

LEVEL = 0.9
"""Of the intervals: what happens lies below one in twenty times, and above one in twenty."""
EXPONENTS = np.arange(3, 16) / 10
FLOORS = np.array([0, 1 / 4, 1 / 2, 3 / 4, 9 / 10])
"""What is tried of b, and of c as a part of the error now. Least exponent and `_MISFIT` were chosen on CIFAR-10N and sentiment, with
`_TRAINED`; the other sets of `benchmarks/curve_forecasts.py` confirm."""
_MISFIT = 0.01
"""How far (as a share of samples) no power law need be met, for each halving of the samples: what lies near counts more."""
_TRAINED = 3.0
"""Variance of what training anew on twice the samples changes by chance, in half-variances of a training."""
_SAMPLE = 0.5
"""Of one sample: what one training moves the error from another at least, for draws that agree may do so by chance."""
_FEWEST = 3
_WORLDS = 400


@dataclass(frozen=True)
class Between:
    """A number and its interval."""

    value: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether it can be told from nothing."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Curve:
    """error = scale * (size / now) ** -exponent + floor. sizes: (s,), the last one is now. error: (s,) 0 to 1, measured. low, high: (s,).
    fit: (scale, exponent, floor) of the likeliest curve. worlds: (400, 4) scale, exponent, error now and chance of single trainings, of curves
    that the points may as well come from."""

    sizes: NDArray[np.int64]
    error: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    fit: tuple[float, float, float]
    worlds: NDArray[np.float64]
    seed: int = 0

    def gain(self, more: float) -> Between:
        """Of the samples, 0.01 = one point, how many more are right once there are `more`: less than 0 for a loss."""
        return _between(self._gains(more))

    def then(self, more: float) -> Between:
        """The share, 0 to 1, that is right once there are `more`."""
        return _between(np.clip(1 - self.worlds[:, 2] + self._gains(more), 0, 1))

    def _gains(self, more: float) -> NDArray[np.float64]:
        if more < 0:
            raise BadValue("a forecast is of more samples", expected="0 or more", got=f"{more:g}")
        scale, exponent, _, chance = self.worlds.T
        grown = 1 + more / float(self.sizes[-1])
        luck = np.random.default_rng(self.seed + 1).normal(size=len(scale)) * chance
        gains: NDArray[np.float64] = scale * (1 - grown**-exponent) + luck * np.sqrt(_TRAINED * (1 - 1 / grown))
        return gains


def curve(
    trials: Trials, weights: NDArray[Any], groups: NDArray[np.int64] | None = None, *, seed: int = 0, worlds: int = _WORLDS
) -> Curve:  # fmt: skip
    """Fits a power law to trainings on parts of the samples. weights: (n,) what a right prediction of each sample counts; 0 for those that the
    curve is not of. groups: (n,) samples that are drawn together.

    Four things are uncertain, and each world draws all of them: which samples were there to be scored (Bayesian bootstrap over groups: Rubin
    1981), which were in each part (by the spread of the draws, itself known from few: chi-squared), the curve (exponent and floor by
    their likelihood, on a grid), and, in `gain`, the chance of one training. Raises `BadValue` when there are fewer than three sizes.
    """
    sizes, place = np.unique(trials.size, return_inverse=True)
    some = np.flatnonzero(weights)
    weight = np.asarray(weights, np.float64)[some]
    if len(sizes) < _FEWEST or not weight.sum() > 0:
        raise BadValue(
            "there are too few samples for a learning curve", expected="at least three sizes", got=f"{len(sizes)}"
        )
    weight = weight / weight.sum()
    draw = np.random.default_rng(seed)
    wrong = (~trials.right[:, some]).astype(np.float32)
    mean = np.zeros((len(place), len(sizes)))
    mean[np.arange(len(place)), place] = 1 / np.bincount(place)[place]
    error = (wrong @ weight) @ mean
    part = sizes / sizes[-1]
    repeats = np.bincount(place)
    chance, known = _chance(wrong, weight, place, part)
    chance = max(chance, np.square(_SAMPLE * float(np.square(weight).sum())))
    chances = chance * known / draw.chisquare(known, worlds) if known else np.full(worlds, chance)
    scored = _scored(wrong, weight, None if groups is None else groups[some], worlds, draw) @ mean
    spread = np.sqrt(chances[:, None] / part / repeats)
    drawn = scored + draw.normal(size=scored.shape) * spread
    variance = np.maximum(chance / part / repeats + np.square(_MISFIT * np.log2(1 / part)), 1e-8)
    scale, exponent, _floor, likely = _curves(drawn, part, variance)
    pick = (likely.cumsum(axis=1) < draw.random((worlds, 1))).sum(axis=1).clip(0, likely.shape[1] - 1)
    every = np.arange(worlds)
    best_scale, _, best_floor, best = _curves(error[None], part, variance)
    top = int(best[0].argmax())
    drawn = _seen_little(drawn, weight, draw)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return Curve(
        sizes, error, np.clip(low, 0, 1), np.clip(high, 0, 1), (float(best_scale[0, top]), float(exponent[top]), float(best_floor[0, top])),
        np.stack([scale[every, pick], exponent[pick], drawn[:, -1], np.sqrt(chances)], axis=1), seed,
    )  # fmt: skip


def _scored(
    wrong: NDArray[np.float32], weight: NDArray[np.float64], groups: NDArray[np.int64] | None, worlds: int, draw: Any
) -> NDArray[np.float64]:
    """(worlds, trainings) the error of each training with the samples drawn anew, those of a group together. Samples that all trainings
    have alike are drawn at once: what several count is a gamma, the sum of what each counts."""
    if groups is None:
        alike = np.concatenate([np.packbits(wrong > 0, axis=0).T, weight[:, None].view(np.uint8)], axis=1)
        alike = np.ascontiguousarray(alike).view(np.dtype((np.void, alike.shape[1]))).reshape(-1)
        _, first, many = np.unique(alike, return_index=True, return_counts=True)
        mass, missed = weight[first], wrong[:, first] * weight[first]
    else:
        place = np.unique(groups, return_inverse=True)[1].reshape(-1)
        mass = np.bincount(place, weight).astype(np.float64)
        many = np.ones(len(mass), np.int64)
        missed = np.stack([np.bincount(place, weight * row) for row in wrong])
    drawn = draw.gamma(many, size=(worlds, len(many)))
    errors: NDArray[np.float64] = drawn @ missed.T / (drawn @ mass)[:, None]
    return errors


def _seen_little(errors: NDArray[np.float64], weight: NDArray[np.float64], draw: Any) -> NDArray[np.float64]:
    """(w, s) errors with half a wrong and half a right sample that were not seen (Jeffreys' prior): no error in 50 is no proof that there is
    none. Of the height of a curve alone, not of what it gains."""
    count = 1 / float(np.square(weight).sum())
    seen, wrong, right = (draw.gamma(shape, size=(len(errors), 1)) for shape in (count, 0.5, 0.5))
    found: NDArray[np.float64] = (errors * seen + wrong) / (seen + wrong + right)
    return found


def _chance(
    wrong: NDArray[np.float32], weight: NDArray[np.float64], place: NDArray[np.int64], part: NDArray[np.float64]
) -> tuple[float, int]:
    """Variance of the error from one training on as many samples as now to another, from draws of smaller parts, and its degrees of
    freedom: the larger of what the errors of draws say, and the single samples on which they differ.

    Draws share samples, the more the larger they are (1 - part); and the variance falls as samples grow (1 / part).
    """
    errors, samples, known = [], [], 0
    for number in range(len(part) - 1):
        mine = wrong[place == number]
        if len(mine) < 2:
            continue
        to_now = part[number] / (1 - part[number])
        errors.append((mine @ weight).var(ddof=1) * to_now)
        samples.append(float(np.square(weight) @ mine.var(axis=0, ddof=1)) * to_now)
        known += len(mine) - 1
    return (max(float(np.mean(errors)), float(np.mean(samples))), known) if errors else (0.0, 0)


def _curves(
    errors: NDArray[np.float64], part: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """For (w, s) errors the best scale (w, g) of each exponent (g,) and floor (w, g), and how likely each is (w, g)."""
    exponent, share = (each.ravel() for each in np.meshgrid(EXPONENTS, FLOORS, indexing="ij"))
    powers = part[None, :] ** -exponent[:, None]
    floor = share[None, :] * errors[:, -1:]
    above = errors[:, None, :] - floor[:, :, None]
    weight = 1 / variance
    scale = (above * powers * weight).sum(axis=2) / (np.square(powers) * weight).sum(axis=1)
    misses = (np.square(above - scale[:, :, None] * powers) * weight).sum(axis=2)
    likely = np.exp(-0.5 * (misses - misses.min(axis=1, keepdims=True)))
    return scale, exponent, floor, likely / likely.sum(axis=1, keepdims=True)


def _between(values: NDArray[np.float64]) -> Between:
    low, middle, high = np.quantile(values, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return Between(float(middle), float(low), float(high))
