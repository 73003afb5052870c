"""Prices: set, replaced, undone, refused, and measured from answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.work.made import copied

from trainset.errors import BadValue, UnknownName
from trainset.work.workbench import Workbench


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Workbench]:
    with copied(tmp_path) as dataset:
        yield dataset


def said(dataset: Workbench) -> dict[tuple[str, str], float]:
    return {(one.what, one.unit): one.amount for one in dataset.prices().prices}


def test_prices_are_set_changed_taken_away_and_undone(pets: Workbench) -> None:
    assert pets.prices().per_sample == {}
    done = pets.set_price("rating", 0.05, unit="EUR", reason="the agency", person="grace")
    assert (done.before, done.amount) == (None, 0.05)
    assert pets.set_price("rating", 0.05, unit="EUR").action is None
    pets.set_price("new-sample", 0.40, unit="EUR")
    pets.set_price("new-sample", 2, unit="min")
    assert pets.prices().per_sample == pytest.approx({"EUR": 0.45, "hours": 2 / 60})
    changed = pets.set_price("new-sample", 90, unit="s")
    assert said(pets) == {("rating", "EUR"): 0.05, ("new-sample", "EUR"): 0.40, ("new-sample", "seconds"): 90}
    pets.undo(changed.action)
    assert said(pets)["new-sample", "minutes"] == 2
    assert len(pets.unset_price("new-sample")) == 2
    assert said(pets) == {("rating", "EUR"): 0.05}
    action = next(one for one in pets.log() if one.seq == done.action)
    assert (action.person, action.reason, action.verb) == ("grace", "the agency", "prices set")


def test_the_seconds_of_answers_are_the_price_of_a_rating_in_time(pets: Workbench) -> None:
    samples = pets.look(n=5).rows()
    for row, seconds in zip(samples, (4.0, 6.0, 8.0, 7000.0, None), strict=True):
        pets.answer(row["id"], "cat", seconds=seconds)
    found = pets.prices()
    assert (found.seconds, found.answers) == (6.0, 3)
    assert found.per_sample == pytest.approx({"hours": 6 / 3600})
    pets.set_price("new-sample", 60, unit="seconds")
    assert pets.prices().per_sample == pytest.approx({"hours": 66 / 3600})
    pets.set_price("rating", 10, unit="seconds")
    assert pets.prices().per_sample == pytest.approx({"hours": 70 / 3600})


@pytest.mark.parametrize("amount", [-1, float("nan"), 1e10, True, "5"])
def test_what_is_no_price_is_refused(pets: Workbench, amount: Any) -> None:
    with pytest.raises(BadValue, match="no price"):
        pets.set_price("rating", amount, unit="EUR")


def test_what_cannot_have_a_price_or_be_added_up_is_refused(pets: Workbench) -> None:
    with pytest.raises(UnknownName, match="nothing called 'coffee'"):
        pets.set_price("coffee", 3, unit="EUR")
    with pytest.raises(BadValue, match="a price is of a unit"):
        pets.set_price("rating", 3, unit=" ")
    pets.set_price("rating", 3, unit="EUR")
    with pytest.raises(BadValue, match="two kinds of money") as refused:
        pets.set_price("new-sample", 3, unit="USD")
    assert "trainset prices unset rating" in refused.value.next
    with pytest.raises(UnknownName, match="no price of 'new-sample'"):
        pets.unset_price("new-sample")
