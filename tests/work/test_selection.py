"""Selections: which samples a verb is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.work.made import copied, named, rows, twelve

import trainset
from trainset.errors import BadFilter, BadValue
from trainset.store.query import BASE
from trainset.work.selection import Selection, chosen


@pytest.fixture(scope="module")
def dataset() -> Iterator[trainset.Workbench]:
    """Nothing in this module changes it."""
    with trainset.open(twelve() / "set") as opened:
        yield opened


def texts(dataset: trainset.Workbench, **selection: object) -> set[str]:
    return {row["text"] for row in dataset.look(n=100, **selection)}  # type: ignore[arg-type]


def test_all_filters_must_hold(dataset: trainset.Workbench) -> None:
    assert texts(dataset, where="meta.score > 40", label="cat") == {"text 06", "text 09"}
    assert texts(dataset, where="contributor = 's1'", label="dog") == {"text 01"}
    assert texts(dataset, source="t.csv") == texts(dataset)
    assert texts(dataset, source="other") == set()
    assert texts(dataset, label="") == {"text 11"}
    assert len(texts(dataset, split="train") | texts(dataset, split="test") | texts(dataset, split="validation")) == 12


def test_a_filter_cannot_reach_over_its_end(dataset: trainset.Workbench) -> None:
    assert texts(dataset, where="label = 'cat' or label = 'dog'", label="bird") == set()
    assert texts(dataset, where=f"{named([1])} -- a remark", label="dog") == {"text 01"}
    for where in ("true) or (true", "1=1) union all (select 1", "true; select 1", "(true"):
        with pytest.raises(BadFilter):
            texts(dataset, where=where)


def test_null_is_neither_true_nor_false(dataset: trainset.Workbench) -> None:
    assert len(texts(dataset, where="label = 'cat'")) == 4
    assert len(texts(dataset, where="label <> 'cat'")) == 7
    assert len(texts(dataset, where="not (label = 'cat')")) == 7
    assert len(texts(dataset, where="label is null or label <> 'cat'")) == 8


@settings(max_examples=40, deadline=None)  # a query table each
@given(name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20))
def test_any_label_can_be_asked_for(dataset: trainset.Workbench, name: str) -> None:
    assert dataset.look(label=name).total == (4 if name in ("cat", "dog") else 3 if name == "bird" else 0)


@pytest.mark.parametrize("name", ["\0", "\ud800"])
def test_what_no_filter_can_hold_is_a_mistake_and_no_crash(dataset: trainset.Workbench, name: str) -> None:
    with pytest.raises(BadFilter):
        dataset.look(label=name)
    with pytest.raises(BadFilter):
        dataset.look(where=f"label = '{name}'")


def test_nothing_named_means_everything_to_look_at_and_nothing_to_change(dataset: trainset.Workbench) -> None:
    assert Selection().empty
    assert Selection().conditions(BASE) == ("not excluded",)
    with pytest.raises(BadValue, match="say which samples"):
        chosen(dataset, Selection())
    for named_something in (Selection(("ab",)), Selection(where="true"), Selection(label=""), Selection(split="test")):
        assert not named_something.empty


def test_excluded_is_recognised_as_a_column_and_not_as_a_word() -> None:
    spoken = [
        "excluded",
        "EXCLUDED = true",
        "label = 'a' and not excluded",
        "case when excluded then true else false end",
    ]
    for where in spoken:
        assert "not excluded" not in Selection(where=where).conditions(BASE)[1:], where
    for where in ("label = 'excluded'", "text like '%excluded%'", "meta.excluded = 'x'", "true -- excluded"):
        assert Selection(where=where).conditions(BASE) == (where, "not excluded")
    assert Selection(("abcd",), where="label = 'a'").conditions(BASE) == ("label = 'a'",)


def test_a_label_called_excluded_does_not_bring_the_excluded_ones(tmp_path: Path) -> None:
    with copied(tmp_path) as own:
        own.label("excluded", where="label = 'cat'", new_class=True)
        own.exclude(where=named([0]))
        assert own.look(label="excluded").total == 3
        assert own.look(where="label = 'excluded'").total == 3
        assert own.look(where="label = 'excluded' and excluded").total == 1


def test_ids_and_a_filter_both_hold(dataset: trainset.Workbench) -> None:
    found = rows(dataset)
    ids = [found["text 00"]["id"], found["text 01"]["id"]]
    assert {row["text"] for row in dataset.look(ids, label="dog")} == {"text 01"}
    assert [row["text"] for row in dataset.look(ids[::-1])] == ["text 01", "text 00"]
    assert chosen(dataset, Selection(tuple(ids), where="label = 'bird'")).num_rows == 0
