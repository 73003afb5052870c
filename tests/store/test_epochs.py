"""The matrices of epochs: bounded, whole or not there, and read while they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.work.test_train import filled, rows, trained

from trainset.errors import DamagedDataset
from trainset.store import epochs
from trainset.work.workbench import Workbench


def counts(number: int, classes: int = 2) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.full((classes, classes), number)


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Workbench]:
    with filled(tmp_path, rows(60), wrong=[0, 4]) as dataset:
        yield dataset


def test_the_epochs_of_a_logistic_run_are_kept_and_end_as_the_run_does(three: Workbench) -> None:
    run = trained(three, head="logistic", epochs=5)
    found = epochs.kept(three, run)
    assert found.numbers.tolist() == list(range(1, run.scores["epochs"] + 1))
    assert found.counts.shape == (len(found), 3, 3)
    assert found.counts[-1].tolist() == run.scores["held_out"]["matrix"]
    assert found.in_sample[-1] == pytest.approx(run.scores["in_sample"], abs=1e-6)


def test_a_head_in_one_pass_has_none(three: Workbench) -> None:
    run = trained(three, head="ridge")
    assert len(epochs.kept(three, run)) == 0
    assert not [*three.folder.glob("predictions/*.epochs")]


def test_a_run_logged_from_python_keeps_its_epochs(three: Workbench) -> None:
    ids = [row["id"] for row in three.look(where="true", n=60).rows()]
    with three.log_run("mine", held_out="yes", classes=("a", "b", "c")) as run:
        for number in range(3):
            run.log(number, ids, np.eye(3)[np.full(60, number)])
    assert run.run is not None
    found = epochs.kept(three, run.run)
    assert found.numbers.tolist() == [0, 1, 2]
    assert [one.sum(axis=0).tolist() for one in found.counts] == [[60, 0, 0], [0, 60, 0], [0, 0, 60]]


def test_of_a_long_training_every_second_epoch_goes_and_the_last_is_there() -> None:
    gathered = epochs.Gathered(["a", "b"])
    thinned = [gathered.add(number, counts(number)) for number in range(1, 5 * epochs.MOST)]
    found = gathered.all()
    assert any(thinned)
    assert len(found) <= epochs.MOST
    assert (found.numbers[0], found.numbers[-1]) == (1, 5 * epochs.MOST - 1)
    assert [one[0, 0] for one in found.counts] == found.numbers.tolist()
    wide = epochs.Gathered([str(n) for n in range(200)])
    for number in range(150):
        wide.add(number, counts(number, 200))
    assert wide.all().counts.nbytes <= 16 * 2**20


def test_folds_that_count_epochs_anew_are_added_up_and_none_by_half() -> None:
    gathered = epochs.Gathered(["a", "b"])
    for _ in range(2):
        for number in range(epochs.MOST + 10):
            gathered.add(number, counts(1))
    assert {int(one[0, 0]) for one in gathered.all().counts} == {2}


def test_too_many_classes_are_not_kept() -> None:
    gathered = epochs.Gathered([str(n) for n in range(epochs.MOST_CLASSES + 1)])
    gathered.add(1, counts(1, epochs.MOST_CLASSES + 1))
    assert len(gathered.all()) == 0


def test_a_training_that_goes_on_is_read_as_far_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "jobs" / "000001.epochs"
    assert len(epochs.read(path)) == 0
    live = epochs.Live(path, ["cat", "d\u00f6g"])
    for number in range(3):
        live.add(number, counts(number), 0.5 if number else None)
    path.write_bytes(path.read_bytes() + b"half of an epoch")
    found = epochs.read(path)
    assert found.classes == ("cat", "d\u00f6g")
    assert found.numbers.tolist() == [0, 1, 2]
    assert [*np.isnan(found.in_sample)] == [True, False, False]
    assert found.counts[2].tolist() == [[2, 2], [2, 2]]
    path.write_bytes(found.packed(after=1))
    assert epochs.read(path).numbers.tolist() == [2]


@pytest.mark.parametrize(
    "data", [b"", b"TSEP", b"TSEP\xff\xff\xff\xff{}", b"TSEP\x02\0\0\0[]", b"TSEP\x02\0\0\0{}", b"PNG" * 20]
)
def test_another_file_in_its_place_is_no_epoch(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    assert len(epochs.read(tmp_path / "x")) == 0


@pytest.mark.parametrize("how", ["order", "width", "null", "many", "garbage"])
def test_kept_epochs_that_cannot_be_are_refused(three: Workbench, how: str) -> None:
    run = trained(three, head="logistic", epochs=3)
    path = three.folder / "predictions" / f"{run.run}.epochs"
    table = pq.read_table(path)
    if how == "order":
        table = table.take(pa.array([1, 0]))
    elif how == "width":
        table = table.set_column(2, "counts", pa.array([b"\0" * 16] * len(table), pa.binary(16)))
    elif how == "null":
        table = table.set_column(0, "epoch", pa.array([None] * len(table), pa.uint32()))
    elif how == "many":
        table = pa.concat_tables([table] * epochs.MOST)
    if how == "garbage":
        path.write_bytes(b"garbage")
    else:
        pq.write_table(table, path)
    with pytest.raises(DamagedDataset):
        epochs.kept(three, run)
    assert three.run().run == run.run  # the run is whole without it
