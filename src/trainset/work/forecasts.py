"""Forecasts: what curves said more samples would bring, kept until the samples are there, and then compared with what they brought."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trainset.errors import DamagedDataset, UnknownName
from trainset.learn.curve import Between, Curve
from trainset.recipe import Recipe
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.work.prices import Prices

_FOLDER = "forecasts"
_NAME = re.compile(r"f([0-9]{4,9})\.json")
_KINDS = ("all", "class", "label", "clips")
_LARGEST = 50_000_000  # bytes of a file that anybody may have written


@dataclass(frozen=True)
class Offer:
    """One thing that could be collected. kind: `all` classes alike, one `class`, one more `label` beneath it, or more samples (`clips`) of the
    labels beneath it; the last two are judged on labels that the head never saw. present, more: samples, or labels. samples: how many
    samples that is. own: the curve of the class's recall (over all: of the accuracy). over_all: that of the mean recall of all classes."""

    kind: str
    name: str
    present: int
    more: int
    samples: int
    own: Curve
    over_all: Curve

    @property
    def gain(self) -> Between:
        """Of the class's recall."""
        return self.own.gain(self.more)

    @property
    def mean(self) -> Between:
        """Of the mean recall of all classes."""
        return self.over_all.gain(self.more)

    def per(self, prices: Prices | None = None) -> dict[str, float]:
        """Points of mean recall for a sample, and for an hour and a unit of money where they are known."""
        each = 100 * self.mean.value / self.samples
        known = prices.per_sample if prices is not None else {}
        return {"sample": each, **{unit: each / amount for unit, amount in known.items()}}

    def as_dict(self, prices: Prices | None = None) -> dict[str, Any]:
        """For JSON; gains are shares, 0.01 = one point."""
        return {
            "kind": self.kind, "class": self.name, "present": self.present, "more": self.more, "samples": self.samples,
            "gain": _gain(self.gain), "mean_recall": _gain(self.mean), "points_per": self.per(prices),
            "fit": list(self.own.fit),
        }  # fmt: skip


@dataclass(frozen=True)
class Forecast:
    """A forecast as it was kept. at: position of the log. whole: the curve of the accuracy. by_class: of each class's recall while all
    classes grow. offers: what could be collected, the first is all classes alike. whole_groups: whether growth is growth by new groups."""

    number: int
    at: int
    made: str
    recipe: Recipe
    by: str
    whole_groups: bool
    samples: int
    accuracy: float
    remarks: tuple[str, ...]
    whole: Curve
    by_class: Mapping[str, Curve]
    offers: tuple[Offer, ...]

    def ranked(self) -> list[Offer]:
        """What to collect first: where a gain can be told from chance, by points of mean recall for a sample; then the rest."""
        some = [one for one in self.offers if one.kind != "clips"]
        return sorted(some, key=lambda one: (not one.gain.low > 0, -one.mean.value / one.samples))

    def as_dict(self, prices: Prices | None = None) -> dict[str, Any]:
        """For JSON."""
        return {
            "forecast": self.number, "at": self.at, "made": self.made, "recipe": self.recipe.as_dict(), "groups": self.by,
            "whole_groups": self.whole_groups, "samples": self.samples, "accuracy": self.accuracy,
            "curve": points_of(self.whole),
            "per_class": [{"class": name, "curve": points_of(one)} for name, one in self.by_class.items()],
            "offers": [one.as_dict(prices) for one in self.ranked()],
            "remarks": list(self.remarks),
        }  # fmt: skip


def points_of(one: Curve) -> list[dict[str, Any]]:
    """The points of a curve, and what twice as many samples would bring."""
    rows: list[dict[str, Any]] = [
        {
            "samples": int(size),
            "right": 1 - float(error),
            "low": 1 - float(high),
            "high": 1 - float(low),
            "forecast": False,
        }
        for size, error, low, high in zip(one.sizes, one.error, one.low, one.high, strict=True)
    ]
    now = int(one.sizes[-1])
    then = one.then(now)
    return [*rows, {"samples": 2 * now, "right": then.value, "low": then.low, "high": then.high, "forecast": True}]


def keep_forecast(
    dataset: Dataset, facts: Mapping[str, Any], whole: Curve, by_class: Mapping[str, Curve], offers: Sequence[Offer]
) -> Forecast:
    """Keeps a forecast under the next number."""
    with dataset.one_at_a_time(_FOLDER):
        number = max(_numbers(dataset), default=0) + 1
        made = Forecast(number=number, whole=whole, by_class=by_class, offers=tuple(offers), **facts)
        text = {
            **facts, "recipe": made.recipe.as_dict(), "whole": _plain(whole),
            "by_class": {name: _plain(one) for name, one in by_class.items()},
            "offers": [{**vars(one), "own": _plain(one.own), "over_all": _plain(one.over_all)} for one in offers],
        }  # fmt: skip
        with whole_file(dataset.place(_FOLDER, f"f{number:04}.json")) as file:
            file.write(json.dumps(text, ensure_ascii=True).encode())
    return made


def forecasts(dataset: Dataset) -> list[Forecast]:
    """All forecasts, the oldest first. Raises `DamagedDataset` for one that is not what it must be."""
    return [_read(dataset, number) for number in _numbers(dataset)]


def forecast_named(dataset: Dataset, number: int | None = None) -> Forecast:
    """The forecast of this number; None: the latest. Raises `UnknownName`, `DamagedDataset`."""
    known = _numbers(dataset)
    if not known or (number is not None and number not in known):
        raise UnknownName(
            "there is no forecast yet" if not known else f"there is no forecast {number}",
            expected=f"1 to {known[-1]}" if known else "", next="trainset curve makes one",
        )  # fmt: skip
    return _read(dataset, known[-1] if number is None else number)


def _numbers(dataset: Dataset) -> list[int]:
    folder = dataset.place(_FOLDER)
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir()) if folder.is_dir() else ()
    return sorted(int(one[1]) for one in found if one is not None)


def _plain(one: Curve) -> dict[str, Any]:
    return {
        "sizes": one.sizes.tolist(), "error": one.error.round(6).tolist(), "low": one.low.round(6).tolist(),
        "high": one.high.round(6).tolist(), "fit": list(one.fit), "worlds": one.worlds.round(6).tolist(), "seed": one.seed,
    }  # fmt: skip


def _read(dataset: Dataset, number: int) -> Forecast:
    path = dataset.place(_FOLDER, f"f{number:04}.json")
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("the file is too large")
        said = json.loads(path.read_bytes())
        texts = [said["made"], said["by"], *said["remarks"], *said["by_class"]]
        if not all(isinstance(text, str) for text in texts) or type(said["whole_groups"]) is not bool:
            raise ValueError("a text is none")
        if any(type(said[name]) is not int or not 0 <= said[name] < 2**53 for name in ("at", "samples")):
            raise ValueError("a count is none")
        if not isinstance(said["accuracy"], float | int) or not 0 <= said["accuracy"] <= 1:
            raise ValueError("the accuracy is no share")
        return Forecast(
            number, said["at"], said["made"], Recipe.from_dict(said["recipe"]), said["by"], said["whole_groups"], said["samples"],
            float(said["accuracy"]), tuple(said["remarks"]), _curve(said["whole"]),
            {name: _curve(one) for name, one in said["by_class"].items()}, tuple(_offer(one) for one in said["offers"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DamagedDataset(
            f"forecast {number} is not what it must be", where=str(path), got=str(error)[:200],
            next="delete the file: trainset curve makes a new one",
        ) from error  # fmt: skip


def _offer(said: Any) -> Offer:
    present, more, samples = numbers = (said["present"], said["more"], said["samples"])
    if said["kind"] not in _KINDS or not isinstance(said["name"], str):
        raise ValueError("an offer is none")
    if any(type(each) is not int or not 1 <= each < 2**53 for each in numbers):
        raise ValueError("a count is none")
    return Offer(said["kind"], said["name"], present, more, samples, _curve(said["own"]), _curve(said["over_all"]))


def _curve(said: Any) -> Curve:
    sizes = np.array(said["sizes"], np.int64)
    error, low, high = (np.array(said[name], np.float64) for name in ("error", "low", "high"))
    worlds = np.array(said["worlds"], np.float64)
    fit = tuple(float(each) for each in said["fit"])
    arrays = (error, low, high)
    if sizes.ndim != 1 or not len(sizes) or (sizes < 1).any() or any(each.shape != sizes.shape for each in arrays):
        raise ValueError("the points of a curve do not fit")
    if (
        worlds.ndim != 2
        or worlds.shape[1] != 4
        or not len(worlds)
        or (worlds[:, 1] <= 0).any()
        or (worlds[:, 3] < 0).any()
    ):
        raise ValueError("the worlds of a curve are none")
    if not all(np.isfinite(each).all() for each in (*arrays, worlds)) or not all(map(math.isfinite, fit)):
        raise ValueError("a number is none")
    if len(fit) != 3 or type(said["seed"]) is not int or not 0 <= said["seed"] < 2**32:
        raise ValueError("a fit is none")
    return Curve(sizes, error, low, high, (fit[0], fit[1], fit[2]), worlds, said["seed"])


def _gain(one: Between) -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "told": one.told}
