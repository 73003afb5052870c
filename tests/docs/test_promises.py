"""Invariants of the architecture that are about the whole: what was written stays, and nobody's work is taken away unasked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.helpers import pictures
from trainset.errors import UndoRefused
from trainset.work import workbench


@pytest.fixture
def dataset(tmp_path: Path) -> workbench.Workbench:
    made = workbench.init(tmp_path / "pets.trainset")
    made.import_(pictures(tmp_path / "pets", each=2))
    return made


@pytest.mark.parametrize("table", ["actions", "entries", "versions"])
@pytest.mark.parametrize("deed", ["DELETE FROM {}", "UPDATE {} SET seq = 7"])
def test_rows_of_people_are_only_ever_inserted(dataset: workbench.Workbench, table: str, deed: str) -> None:
    dataset.version("v1")
    dataset.close()
    connection = sqlite3.connect(dataset.place("people.db"))
    with pytest.raises(sqlite3.IntegrityError, match="only ever inserted"):
        connection.execute(deed.format(table))
    connection.close()


def test_undo_is_refused_when_others_built_on_it(dataset: workbench.Workbench) -> None:
    mine = dataset.label("dog", ["cat/0.png"], person="ada")
    dataset.label("cat", ["cat/0.png"], person="grace")
    with pytest.raises(UndoRefused, match="label by grace"):
        dataset.undo(mine.action, person="ada")
    other = dataset.label("dog", ["cat/1.png"], person="ada")
    dataset.undo(other.action, person="grace")
    dataset.close()


def test_the_log_and_not_the_cache_is_what_a_dataset_needs(dataset: workbench.Workbench) -> None:
    dataset.version("v1")
    for path in dataset.place("cache").iterdir():
        path.unlink()
    assert len(dataset.look()) == 4
    dataset.close()
