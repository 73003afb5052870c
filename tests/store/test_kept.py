"""The table that is kept open says after every action what a new one says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers import pictures, texts

import trainset
from trainset.errors import TrainsetError
from trainset.store.kept import KeptTable
from trainset.store.query import QueryTable

COLUMNS = ["id", "label", "split", "excluded", "source", "source_label"]


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path / "d.trainset") as made:
        made.import_(pictures(tmp_path / "one", each=6))
        made.kept = KeptTable(made)
        yield made
        made.kept.end()


def same(dataset: trainset.Workbench) -> None:
    assert dataset.kept is not None
    with dataset.kept as kept, QueryTable(dataset, columns=COLUMNS) as fresh:
        rows = [
            table.run(f"SELECT {', '.join(COLUMNS)} FROM samples ORDER BY id").to_pylist() for table in (kept, fresh)
        ]
        assert rows[0] == rows[1]
        assert kept.replay.at == fresh.replay.at
        assert kept.replay.classes == fresh.replay.classes


@pytest.mark.parametrize("seed", range(6))
def test_it_follows_whatever_people_do(dataset: trainset.Workbench, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    known = [row["id"] for row in dataset.look(n=100).rows()]

    def act(kind: str) -> None:
        some, person = draw.sample(known, 3), draw.choice(["ada", "bob"])
        names = [one.name for one in dataset.classes()] or ["cat"]
        if kind == "label":
            dataset.label(draw.choice([*names, None]), some, person=person)
        elif kind == "new class":
            dataset.label(draw.choice(["cat", "dog", "owl", "elk"]), some, person=person, new_class=True)
        elif kind == "split":
            dataset.move_split(draw.choice(["train", "test", None]), some, person=person)
        elif kind == "exclude":
            dataset.exclude(some, person=person)
        elif kind == "restore":
            dataset.restore(some, person=person)
        elif kind == "rename":
            dataset.rename_class(draw.choice(names), draw.choice(["owl", "elk", "cat", "dog"]), person=person)
        elif kind == "merge":
            dataset.merge_classes([draw.choice(names)], draw.choice(names), person=person)
        elif kind == "note":
            dataset.note("odd", some, person=person)
        elif kind == "import":
            dataset.import_(pictures(tmp_path / f"more{len(dataset.log())}", classes=("cat", "owl"), each=2))
        elif kind == "undo":
            dataset.undo(draw.choice(dataset.log()).seq, person=person)

    kinds = [
        "label",
        "new class",
        "split",
        "exclude",
        "restore",
        "rename",
        "merge",
        "note",
        "import",
        "undo",
        "undo",
        "label",
    ]
    done = 0
    for _ in range(40):
        try:
            act(draw.choice(kinds))
            done += 1
        except (TrainsetError, TypeError) as refused:
            assert isinstance(refused, TrainsetError), refused
        same(dataset)
    assert done > 15


def test_it_follows_another_process_and_new_measures(dataset: trainset.Workbench) -> None:
    with trainset.open(dataset.folder) as other:
        other.label("dog", [other.look(where="label = 'cat'", n=1).rows()[0]["id"]])
        same(dataset)
        assert dataset.kept is not None
        for path in (dataset.folder / "measures").glob("*.parquet"):
            path.unlink()
        with dataset.kept as kept:
            assert kept.count(["bytes is not null"]) == 0
        other.measure()
        with dataset.kept as kept:
            assert kept.count(["bytes is not null"]) == 12


def test_the_first_import_decides_its_columns(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "t.trainset") as made:
        made.kept = KeptTable(made)
        made.import_(texts(tmp_path / "t.csv", [("good day", "greeting"), ("bye", "farewell")]))
        with made.kept as kept:
            assert kept.count(["words > 1"]) == 1
            assert "text" in kept.columns
        made.kept.end()


def test_verbs_answer_from_it_what_they_answered_without(dataset: trainset.Workbench) -> None:
    kept, dataset.kept = dataset.kept, None
    before = [
        dataset.look(n=5, seed=2).rows(),
        dataset.status(disk=False).as_dict(),
        dataset.look(where="bytes > 10", sort="-bytes").rows(),
    ]
    dataset.kept = kept
    after = [
        dataset.look(n=5, seed=2).rows(),
        dataset.status(disk=False).as_dict(),
        dataset.look(where="bytes > 10", sort="-bytes").rows(),
    ]
    assert before == after


def test_what_it_remembers_ends_with_the_next_action(dataset: trainset.Workbench) -> None:
    kept, asked = dataset.kept, []
    assert kept is not None
    for _ in range(2):
        with kept:
            kept.remember("x", lambda: asked.append(1))
    assert len(asked) == 1
    dataset.exclude(where="label = 'cat'")
    with kept:
        kept.remember("x", lambda: asked.append(1))
    assert len(asked) == 2


def test_what_happens_while_it_follows_is_taken_in_by_the_next_look(
    dataset: trainset.Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainset.store import kept

    some = [row["id"] for row in dataset.look(where="label = 'cat'", n=3).rows()]
    for one in some:
        dataset.label("dog", [one])
    same(dataset)
    real = kept._undone_since
    held: list[int] = []

    def meanwhile(*given: object) -> object:
        if not held:
            held.append(1)
            dataset.undo()
        return real(*given)  # type: ignore[arg-type]

    dataset.undo()
    monkeypatch.setattr(kept, "_undone_since", meanwhile)
    assert dataset.kept is not None
    with dataset.kept:
        pass
    monkeypatch.undo()
    assert held
    same(dataset)
