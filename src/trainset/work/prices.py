"""Prices: what a rating and a new sample take, in money and in time; set in the log, or measured from the answers given so far."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from trainset.errors import BadValue, UnknownName
from trainset.model import Entry, EntryKind, Price
from trainset.store import log, ratings
from trainset.store.dataset import Dataset
from trainset.store.replay import COST_MOST, PRICED, replay
from trainset.work.person import acting

TIMES: Mapping[str, float] = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
"""Units of time, in seconds. Every other unit is of money."""
_SHORT = {"s": "seconds", "sec": "seconds", "second": "seconds", "min": "minutes", "minute": "minutes", "h": "hours", "hour": "hours"}  # fmt: skip
_PAUSE = 600.0
"""Seconds after which an answer is a pause, not work."""


@dataclass(frozen=True)
class PriceSet:
    """What was done: action (None: it was so already), the amount before (None when none was set) and now."""

    action: int | None
    what: str
    before: float | None
    amount: float | None
    unit: str


@dataclass(frozen=True)
class Prices:
    """What is known of prices. prices: those that are set. seconds: the median an answer took, None when none was timed; answers: how many
    it is the median of."""

    prices: tuple[Price, ...]
    seconds: float | None
    answers: int

    @property
    def per_sample(self) -> dict[str, float]:
        """Unit -> what a new sample takes, with the rating that labels it; time in hours. Empty when nothing is known."""
        found: dict[str, float] = {}
        timed = set()
        for one in self.prices:
            unit, amount = (
                ("hours", one.amount * TIMES[one.unit] / 3600) if one.unit in TIMES else (one.unit, one.amount)
            )
            found[unit] = found.get(unit, 0.0) + amount
            timed |= {one.what} if one.unit in TIMES else set()
        if "rating" not in timed and self.seconds is not None:
            found["hours"] = found.get("hours", 0.0) + self.seconds / 3600
        return {unit: amount for unit, amount in found.items() if amount > 0}


def prices(dataset: Dataset, at: str | int | None = None) -> Prices:
    """The prices that are set, and what an answer took so far. Raises `DamagedDataset`."""
    known = replay(dataset, log.position(dataset, at)).prices
    with dataset.people.read() as connection:
        found = ratings.read(connection)
    took = [one.seconds for one in found if not one.undone and one.seconds is not None and one.seconds <= _PAUSE]
    return Prices(tuple(one for _, one in sorted(known.items())), median(took) if took else None, len(took))


def set_price(dataset: Dataset, what: str, amount: float, *, unit: str, reason: str = "", person: str = "") -> PriceSet:
    """Says what a `rating` or a `new-sample` takes: an action that can be undone. unit: of money, such as EUR, or seconds, minutes, hours;
    each may have one of money and one of time. Raises `BadValue`, `UnknownName`."""
    number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
    if not number or not math.isfinite(amount) or not 0 <= amount <= COST_MOST:
        raise BadValue("this is no price", expected=f"a number of 0 to {COST_MOST:,.0f}", got=repr(amount))
    named = _unit(unit)
    known = replay(dataset).prices
    money = {one.unit for one in known.values() if one.unit not in TIMES}
    if named not in TIMES and money - {named}:
        raise BadValue(
            "prices of two kinds of money cannot be added up", expected=sorted(money)[0], got=named,
            next=f"trainset prices unset {next(one.what for one in known.values() if one.unit in money)} takes the other away",
        )  # fmt: skip
    return _write(dataset, "prices set", what, float(amount), named, reason, person)


def unset_price(dataset: Dataset, what: str, *, unit: str = "", reason: str = "", person: str = "") -> list[PriceSet]:
    """Takes prices away: those of `what` in a unit, or in every one. Raises `UnknownName` when none is set."""
    asked = _unit(unit) if unit else ""
    mine = [one for one in prices(dataset).prices if one.what == what and asked in ("", one.unit)]
    if not mine:
        listed = ", ".join(f"{one.what} in {one.unit}" for one in prices(dataset).prices) or "none is set"
        raise UnknownName(f"no price of {what!r} is set", expected=listed, next="trainset prices lists them")
    return [_write(dataset, "prices unset", what, None, one.unit, reason, person) for one in mine]


def _unit(text: str) -> str:
    name = text.strip()
    if not name or len(name) > 20 or not name.isprintable() or " " in name:
        raise BadValue(
            "a price is of a unit", expected="money such as EUR, or seconds, minutes, hours", got=repr(text[:40])
        )
    lower = name.lower()
    return _SHORT.get(lower, lower if lower in TIMES else name)


def _write(
    dataset: Dataset, verb: str, what: str, amount: float | None, unit: str, reason: str, person: str
) -> PriceSet:
    if what not in PRICED:
        raise UnknownName(f"nothing called {what!r} has a price", expected=", ".join(PRICED))
    known = replay(dataset).prices
    same = [one for one in known.values() if one.what == what and (one.unit in TIMES) == (unit in TIMES)]
    before = next((one.amount for one in same if one.unit == unit), None)
    if amount is not None and before == amount:
        return PriceSet(None, what, before, amount, unit)
    others = [one.unit for one in same if one.unit != unit] if amount is not None else []  # minutes in place of seconds
    entries = [
        Entry(EntryKind.PRICE, subject=what, value=json.dumps({"unit": each, "amount": value}, ensure_ascii=False))
        for each, value in [*((other, None) for other in others), (unit, amount)]
    ]
    return PriceSet(log.append(dataset, verb, acting(person), reason, entries), what, before, amount, unit)
