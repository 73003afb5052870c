"""Saved selections: filters and picked samples under names, which are filters themselves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import pictures

import trainset
from trainset.errors import BadFilter, BadValue, UnknownName

ODD = """half "dark" - 50% é"""


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path / "pets.trainset") as made:
        made.import_(pictures(tmp_path / "in", each=8))
        yield made


def test_a_filter_under_a_name_is_a_filter_wherever_filters_are_taken(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    made = dataset.save_selection("cats", where="label = 'cat'", sort="-width", reason="to look again")
    assert (made.samples, made.where, made.sort, made.reason) == (8, "label = 'cat'", "-width", "to look again")
    dataset.save_selection(ODD, where="selection.cats and width > 0", seed=4)
    named = """selection."half ""dark"" - 50% é" """
    assert dataset.look(where=named, n=99).total == 8
    assert dataset.look(where=f"not {named} or (path = 'selection.cats')", n=99).total == 8
    assert dataset.queue(where=named).samples == 8
    assert dataset.lock("cats", where="selection.cats").samples == 8
    assert dataset.label("dog", where="selection.cats").changed == 8
    assert dataset.look(where="Selection . cats").total == 0, "it holds for what it holds for now"
    assert [(one.name, one.samples, one.seed) for one in dataset.selections()] == [("cats", 8, 0), (ODD, 8, 4)]
    dataset.export(tmp_path / "out", where=f"not {named}")
    dataset.undo()
    assert dataset.look(where=named).total == 8


def test_picked_samples_last_when_the_cache_is_gone(dataset: trainset.Workbench) -> None:
    ids = dataset.look(n=5).ids
    whole = sorted(row["id"] for row in dataset.look(ids).rows())
    dataset.exclude([ids[0]])
    assert dataset.save_selection("mine", ids).samples == 5, "what was excluded was picked as well"
    dataset.save_selection("mine in cats", ids[1:], where="label = 'cat'")
    shutil.rmtree(dataset.folder / "cache" / "picks")
    assert sorted(row["id"] for row in dataset.look(where="selection.mine", n=99).rows()) == whole
    cats = dataset.look(where="""selection."mine in cats" """, n=99)
    assert {row["label"] for row in cats.rows()} == {"cat"}
    pick = next(one.where for one in dataset.selections() if one.name == "mine").split(" ")[0]
    shutil.rmtree(dataset.folder / "cache" / "picks")
    dataset.save_selection("again", where=f"{pick} and label = 'cat'")
    with dataset.people.read() as connection:
        packed = connection.exec_driver_sql("SELECT count(*) FROM entries WHERE kind = 'picked'").scalar()
    assert packed == 2, "each pick is written once"


def test_names_change_and_go_and_come_back(dataset: trainset.Workbench) -> None:
    dataset.save_selection("a", where="label = 'cat'", person="ada")
    dataset.save_selection("b", where="selection.a or excluded", person="ada")
    with pytest.raises(BadValue, match="part of others"):
        dataset.remove_selection("a")
    dataset.rename_selection("a", ODD, person="ada")
    assert dataset.look(where="selection.b").total == 8
    assert "half" in dataset.selections()[0].where
    assert dataset.look(where="selection.a").total == 8, "an address that was copied opens"
    dataset.rename_selection(ODD, "c", person="ada")
    assert dataset.look(where="selection.a").total == 8
    dataset.undo(person="ada")
    dataset.undo(person="ada")
    assert dataset.look(where="selection.b and selection.a").total == 8
    dataset.remove_selection("b", person="ada")
    assert [one.name for one in dataset.selections()] == ["a"]
    dataset.undo(person="ada")
    assert [one.name for one in dataset.selections()] == ["a", "b"]
    dataset.save_selection("a", where="selection.a and false", replace=True)
    assert dataset.look(where="selection.a").total == 0
    dataset.undo()
    assert dataset.look(where="selection.a").total == 8
    dataset.remove_selection("b")
    with pytest.raises(BadFilter, match="no saved selection 'b'"):
        dataset.look(where="selection.b")
    for verb in (lambda: dataset.rename_selection("c", "d"), lambda: dataset.remove_selection("c")):
        with pytest.raises(UnknownName, match="no saved selection 'c'"):
            verb()


def test_what_cannot_be_is_refused_with_the_reason(dataset: trainset.Workbench) -> None:
    dataset.save_selection("a", where="label = 'cat'")
    dataset.save_selection("b", where="selection.a")
    with pytest.raises(BadFilter, match="made of itself"):
        dataset.save_selection("a", where="selection.b", replace=True)
    with pytest.raises(BadValue, match="already"):
        dataset.save_selection("a", where="true")
    with pytest.raises(BadFilter, match="no saved selection 'nobody'"):
        dataset.save_selection("c", where="selection.nobody")
    with pytest.raises(BadFilter, match="no column 'labl'"):
        dataset.save_selection("c", where="labl = 'cat'")
    with pytest.raises(BadFilter, match="names no saved selection"):
        dataset.look(where="selection.a.b")
    with pytest.raises(BadFilter):
        dataset.save_selection("c", where="true", sort="nothing")
    for name in ("", " a", "-a", "a\nb", "a" * 201):
        with pytest.raises(BadValue, match="cannot be"):
            dataset.save_selection(name, where="true")
    for n in range(12):  # each twice the one before
        dataset.save_selection(
            f"d{n}", where=f"selection.d{n - 1} or selection.d{n - 1}" if n else f"label = '{'x' * 900}'"
        ) if n < 5 else None
    with pytest.raises(BadFilter, match="too long together"):
        dataset.save_selection("huge", where=" or ".join(["selection.d4"] * 9))
    assert len(dataset.selections()) == 7


def test_the_same_key_saves_once(dataset: trainset.Workbench) -> None:
    first = dataset.save_selection("a", where="true", key="k", replace=True)
    assert dataset.save_selection("a", where="true", key="k", replace=True) == first
    assert len(dataset.log()) == first.seq


def test_a_version_is_looked_at_with_the_selections_of_now(dataset: trainset.Workbench) -> None:
    dataset.version("v1")
    dataset.label("dog", where="label = 'cat'", person="ada")
    dataset.save_selection("cats", where="label = 'cat'", person="bob")
    assert dataset.look(where="selection.cats", at="v1").total == 8
    assert dataset.look(where="selection.cats").total == 0
    assert dataset.diff("v1").counts
