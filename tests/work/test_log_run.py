"""Runs logged from Python: any loop, any order of batches and folds, and layers as embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.helpers import run, run_json
from tests.work.made import write

import trainset
from trainset import Workbench
from trainset.errors import BadValue, UnknownName
from trainset.store.runs import APART, HELD_OUT, SEEN
from trainset.work.epoch import Epoch

CLASSES = ("a", "b", "c")


def made(folder: Path, test: int = 0, validation: int = 0) -> Workbench:
    """Sixty texts of three classes; the last are of the test split, those before them of validation."""
    rows: list[list[object]] = [["text", "label", "split"]]
    for n in range(60):
        split = "test" if n >= 60 - test else "validation" if n >= 60 - test - validation else "train"
        rows.append([f"text {n}", CLASSES[n % 3], split])
    dataset = trainset.init(folder / "set", "text")
    dataset.import_(write(folder / "t.csv", rows))
    return dataset


@pytest.fixture
def sixty(tmp_path: Path) -> Iterator[Workbench]:
    with made(tmp_path) as dataset:
        yield dataset


def ids(dataset: Workbench) -> list[str]:
    rows = dataset.look(n=100).rows()
    return [row["id"] for row in sorted(rows, key=lambda row: int(row["text"].split()[1]))]


def right(wrong: int = 0, sure: float = 0.8) -> np.ndarray[Any, Any]:
    """Sixty rows of probabilities, the first `wrong` of which say the next class."""
    table = np.full((60, 3), (1 - sure) / 2)
    table[np.arange(60), (np.arange(60) + (np.arange(60) < wrong)) % 3] = sure
    return table


def test_the_last_epoch_is_the_run_and_every_epoch_is_in_its_history(sixty: Workbench) -> None:
    names, told = ids(sixty), list[Epoch]()
    with sixty.log_run("net", held_out="yes", epoch=told.append) as logged:
        for epoch, wrong in ((1, 30), (2, 12), (3, 3)):
            table = right(wrong)
            for start in range(0, 60, 7):  # batches
                logged.log(epoch, names[start : start + 7], table[start : start + 7])
            assert int(np.trace(logged.matrix)) == 60 - wrong
    run = logged.run
    assert run is not None
    assert run.recipe.model == "net"
    assert run.scores["accuracy"] == pytest.approx(57 / 60)
    assert [(one["epoch"], one["samples"], one["accuracy"]) for one in run.scores["history"]] == [
        (1, 60, 0.5),
        (2, 60, 0.8),
        (3, 60, 0.95),
    ]
    assert [one["changed"] for one in run.scores["history"]] == [None, pytest.approx(18 / 60), pytest.approx(9 / 60)]
    assert [(one.number, one.last, one.scores.samples) for one in told] == [
        (1, False, 60),
        (2, False, 60),
        (3, True, 60),
    ]
    assert sixty.runs()[-1].scores["history"] == run.scores["history"]
    assert {row["text"] for row in sixty.look(check="label_error", n=9).rows()} == {"text 0", "text 1", "text 2"}


def test_folds_go_through_their_epochs_one_after_the_other(sixty: Workbench) -> None:
    names, table = ids(sixty), right(6)
    with sixty.log_run("net", held_out="yes") as logged:
        for fold in range(3):
            for epoch in (1, 2):
                logged.log(epoch, names[fold::3], (right(60) if epoch == 1 else table)[fold::3])
    assert logged.run is not None
    assert logged.run.scores["accuracy"] == pytest.approx(54 / 60)
    assert [(one["samples"], one["accuracy"]) for one in logged.history] == [(60, 0), (60, 0.9)]


def test_a_sample_said_again_in_an_epoch_counts_once(sixty: Workbench) -> None:
    names = ids(sixty)
    with sixty.log_run("net", held_out="yes") as logged:
        logged.log(1, names, right(60))
        logged.log(1, names[:30], right(0)[:30])
    assert [(one["samples"], one["accuracy"]) for one in logged.history] == [(60, 0.5)]


def test_the_best_epoch_is_chosen_on_validation(tmp_path: Path) -> None:
    with made(tmp_path, test=12, validation=12) as dataset:
        names, all_right, last = ids(dataset), right(), right()
        worse_there = right()
        worse_there[36:48] = worse_there[36:48][:, [1, 2, 0]]  # validation is wrong, and test is right
        last[48:] = last[48:][:, [1, 2, 0]]
        last[36:40] = last[36:40][:, [1, 2, 0]]
        with dataset.log_run("net", held_out="no", best=True) as logged:
            for epoch, table in ((1, worse_there), (2, last), (3, worse_there)):
                logged.log(epoch, names, table, layer=np.full((60, 2), epoch))
        run = logged.run
        assert run is not None
        assert "predictions are of epoch 2, the best of 3" in run.remarks
        assert run.scores["test"]["accuracy"] == 0
        assert all_right.shape == (60, 3)
        assert set(dataset.embeddings(embedder="layer:net").take([0, 59]).ravel()) == {2}
        assert dataset.predictions().how.tolist() == [SEEN] * 36 + [APART] * 24
        with dataset.log_run("again", held_out="no", best=True) as logged:
            logged.log(1, names[48:], all_right[48:])
        assert logged.run is not None
        assert any("not on validation" in remark for remark in logged.run.remarks)


def test_ids_of_every_kind_and_classes_in_any_order(sixty: Workbench) -> None:
    names, table = ids(sixty), right(3)
    raw = [bytes.fromhex(name) for name in names]
    for some in (names, [name[:12] for name in names], raw, pa.array(raw, pa.binary(16)), np.array(names)):
        with sixty.log_run("net", held_out="yes", classes=["c", "a", "b"]) as logged:
            logged.log(1, some, table[:, [2, 0, 1]].astype(np.float32))
        assert logged.run is not None
        assert logged.run.scores["accuracy"] == pytest.approx(57 / 60)
        assert (sixty.predictions().how == HELD_OUT).all()


def test_nothing_is_kept_of_a_loop_that_fails_and_what_cannot_be_is_refused(sixty: Workbench) -> None:
    names, table = ids(sixty), right()

    def fails() -> None:
        with sixty.log_run("net", held_out="yes") as logged:
            logged.log(1, names, table, layer=np.ones((60, 2)))
            print(1 / 0)

    with pytest.raises(ZeroDivisionError):
        fails()
    with pytest.raises(BadValue, match="whether the model had seen"):
        sixty.log_run("net")
    with pytest.raises(UnknownName, match="no class 'fox'"):
        sixty.log_run("net", held_out="yes", classes=["a", "fox"])
    with pytest.raises(BadValue, match="nothing was logged"), sixty.log_run("net", held_out="yes"):
        pass
    bad: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        ((1, names, table[:, :2]), {}, "do not fit"), ((1, names[:9], table), {}, "do not fit"), ((1, names, table * 100), {}, "percent"),
        ((1, names, np.log(table)), {}, "logits"), ((1, ["feed" * 8, *names[1:]], table), {}, "no sample"), ((1, [names[0]] * 60, table), {}, "twice"),
        (("1", names, table), {}, "whole number"), ((1, names, table), {"layer": np.ones(60)}, "vector of numbers"),
        ((1, names, table), {"layer": np.full((60, 2), np.nan)}, "NaN"), ((1, names, table), {"layer": np.ones((60, 2), object)}, "vector of numbers"),
    ]  # fmt: skip
    for arguments, more, why in bad:
        with pytest.raises(BadValue, match=why), sixty.log_run("net", held_out="yes") as logged:
            logged.log(*arguments, **more)
    with pytest.raises(BadValue, match="not open"):
        sixty.log_run("net", held_out="yes").log(1, names, table)
    assert sixty.runs() == []
    assert not [one for one in sixty.embedders() if one.embedder.startswith("layer:")]


def test_a_layer_is_an_embedding_like_any_other(sixty: Workbench) -> None:
    names = ids(sixty)
    for shift in (0, 1):
        layer = np.eye(3, 5)[(np.arange(60) + shift) % 3] + 0.01 * np.random.default_rng(0).normal(size=(60, 5))
        with sixty.log_run("my-net", held_out="yes") as logged:
            for start in range(0, 60, 20):
                logged.log(1, names[start : start + 20], right()[start : start + 20], layer=layer[start : start + 20])
    (listed,) = [one for one in sixty.embedders() if one.embedder.startswith("layer:")]
    assert (listed.embedder, listed.dim, listed.settings["seen"]) == ("layer:my-net", 5, "no")
    assert logged.run is not None
    assert listed.settings["run"] == logged.run.run
    assert sixty.embeddings(embedder="layer:my-net").take([0])[0].round() == pytest.approx([0, 1, 0, 0, 0])
    first = sixty.runs()[0].run
    assert sixty.embeddings(embedder="layer:my-net", settings={"run": first}).take([0])[0].round() == pytest.approx(
        [1, 0, 0, 0, 0]
    )
    trained = sixty.train(embedder="layer:my-net", groups="none")
    assert trained.scores["accuracy"] == 1
    assert trained.recipe.settings == {"run": logged.run.run, "seen": "no"}
    assert sixty.audit(only=["outlier", "label_error"])["outlier"].skipped == ""
    assert sixty.embed("layer:my-net").present == 60
    with pytest.raises(UnknownName, match="no layer 'layer:other' was logged"):
        sixty.train(embedder="layer:other")
    with pytest.raises(UnknownName, match="with this run"):
        sixty.train(embedder="layer:my-net", settings={"run": "r0099-000000"})
    sixty.recipe("mine", embedder="layer:my-net", groups="none")
    assert sixty.train("mine").scores["accuracy"] == 1
    document = run_json("embedders", "-d", sixty.folder)
    assert any(one["embedder"] == "layer:my-net" for one in document)
    done = run(
        "train",
        "--embedder",
        "layer:my-net",
        "--set",
        f"layer:my-net.run={first}",
        "--groups",
        "none",
        "-d",
        sixty.folder,
    )
    assert done.returncode == 0, done.stderr


def test_what_stands_on_a_layer_that_saw_the_labels_judges_none(sixty: Workbench) -> None:
    with sixty.log_run("net", held_out="no") as logged:
        logged.log(1, ids(sixty), right(), layer=np.eye(3)[np.arange(60) % 3])
    trained = sixty.train(embedder="layer:net", groups="none")
    assert any("had seen these labels" in remark for remark in trained.remarks)
    assert "judges none" in sixty.audit(only=["label_error"])["label_error"].skipped
    assert sixty.look(where="predicted is not null").total == 0


def test_a_layer_of_some_samples_is_said_to_be_of_some(sixty: Workbench) -> None:
    names = ids(sixty)
    with sixty.log_run("net", held_out="yes") as logged:
        logged.log(1, names[:30], right()[:30], layer=np.eye(3)[np.arange(30) % 3])
    assert sixty.embed("layer:net").left_out == {"no vector of it was logged or kept": 30}
    trained = sixty.train(embedder="layer:net", groups="none")
    assert any("30 samples have no embedding" in remark for remark in trained.remarks)


def test_the_matrix_of_every_epoch_can_be_printed(sixty: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    with sixty.log_run("net", held_out="yes", epoch=trainset.shown()) as logged:
        for epoch in (1, 2):
            logged.log(epoch, ids(sixty), right(20 // epoch))
    said = capsys.readouterr().out
    assert "epoch 1, held out 66.7 %" in said
    assert "epoch 2, held out 83.3 %" in said
    assert "a taken for b" in said
