"""Costs: set, followed through renames, undone, refused; and a run read by harm and decided by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests import helpers
from tests.work.made import copied, write

import trainset
from trainset.errors import BadValue, UndoRefused, UnknownName
from trainset.store import embedded
from trainset.work.costs import pair
from trainset.work.embedders import chosen
from trainset.work.workbench import Workbench


def said(dataset: Workbench) -> dict[tuple[str, str], float]:
    return {(one.label, one.predicted): one.cost for one in dataset.costs()}


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Workbench]:
    with copied(tmp_path) as dataset:
        yield dataset


@pytest.fixture
def blurred(tmp_path: Path) -> Iterator[Workbench]:
    """240 texts of the classes a, b and c, whose embeddings overlap, trained."""
    with trainset.init(tmp_path / "set") as dataset:
        given = [(f"text {n}", "abc"[n % 3], "train") for n in range(240)]
        dataset.import_(write(tmp_path / "t.csv", [("text", "label", "split"), *given]))
        centres = np.random.default_rng(1).normal(size=(3, 4)) * 0.8
        content = {row["text"]: row["content"] for row in dataset.look(where="true", n=1000).rows()}
        places = pa.array([bytes.fromhex(content[text]) for text, _, _ in given], pa.binary(16))
        vectors = centres[np.arange(240) % 3] + np.random.default_rng(2).normal(size=(240, 4))
        embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, places, vectors.astype(np.float32))
        dataset.train(embedder="hashed_ngrams", groups="none")
        yield dataset


def test_costs_are_set_listed_changed_taken_away_and_undone(pets: Workbench) -> None:
    assert pets.costs() == []
    done = pets.set_cost("cat", "dog", 50, reason="dogs bite", person="grace")
    assert (done.before, done.cost) == (1, 50)
    assert pets.set_cost("cat", "dog", 50).action is None
    pets.set_cost("dog", "cat", 0.5)
    changed = pets.set_cost("cat", "dog", 7)
    assert said(pets) == {("cat", "dog"): 7, ("dog", "cat"): 0.5}
    pets.undo(changed.action)
    assert said(pets) == {("cat", "dog"): 50, ("dog", "cat"): 0.5}
    pets.unset_cost("dog", "cat")
    assert said(pets) == {("cat", "dog"): 50}
    action = next(one for one in pets.log() if one.seq == done.action)
    assert (action.person, action.reason, action.verb) == ("grace", "dogs bite", "costs set")
    assert len(pets.costs(at=f"#{changed.action}")) == 2


@pytest.mark.parametrize("cost", [-1, float("nan"), float("inf"), 1e10, True, "5", None])
def test_what_is_no_cost_is_refused(pets: Workbench, cost: Any) -> None:
    with pytest.raises(BadValue, match="no cost"):
        pets.set_cost("cat", "dog", cost)


def test_an_unknown_class_and_what_is_right_are_refused(pets: Workbench) -> None:
    for names in (("cat", "horse"), ("horse", "cat")):
        with pytest.raises(UnknownName, match="no class 'horse'"):
            pets.set_cost(*names, 5)
    with pytest.raises(BadValue, match="right costs nothing"):
        pets.set_cost("cat", "cat", 5)
    with pytest.raises(UnknownName, match="no cost is set"):
        pets.unset_cost("cat", "dog")
    pets.recipe("two", classes="cat,rest=*")
    pets.set_cost("rest", "cat", 3)
    assert said(pets) == {("rest", "cat"): 3}


def test_costs_follow_a_class_that_is_renamed_or_merged(pets: Workbench) -> None:
    pets.set_cost("cat", "dog", 50)
    pets.set_cost("bird", "cat", 3)
    renamed = pets.rename_class("cat", "tiger")
    assert said(pets) == {("tiger", "dog"): 50, ("bird", "tiger"): 3}
    pets.undo(renamed)
    pets.set_cost("bird", "dog", 4)
    merged = pets.merge_classes(["dog"], "cat")
    assert said(pets) == {("bird", "cat"): 3}  # cat:dog is no mistake any more, and the class that stays keeps its own
    pets.undo(merged)
    assert said(pets) == {("cat", "dog"): 50, ("bird", "cat"): 3, ("bird", "dog"): 4}
    pets.rename_class("cat", "tiger", person="ada")
    pets.set_cost("tiger", "dog", 1, person="grace")
    with pytest.raises(UndoRefused, match="costs set by grace"):
        pets.undo(pets.log()[-2].seq, person="ada")


def test_names_with_colons_are_found(pets: Workbench) -> None:
    pets.add_class("a:b")
    assert pair(pets, "a:b:cat") == ("a:b", "cat")
    assert pair(pets, "cat:a:b") == ("cat", "a:b")
    assert pair(pets, "*:cat") == ("*", "cat")
    with pytest.raises(BadValue, match="LABEL:PREDICTED"):
        pair(pets, "cat")


def test_a_run_is_read_by_what_its_mistakes_cost(blurred: Workbench) -> None:
    plain = blurred.harm()
    run = blurred.run()
    assert plain.rules[0].per_thousand == pytest.approx(1000 * (1 - run.scores["accuracy"]), abs=0.01)
    assert plain.rules[0].counts.tolist() == run.scores["held_out"]["matrix"]
    assert not plain.counts_costs
    at = len(blurred.log())
    blurred.set_cost("a", "b", 50)
    blurred.set_cost("*", "c", 2)
    found = blurred.harm(decide="harm")
    np.testing.assert_allclose(found.of_classes, [[0, 50, 2], [1, 0, 2], [1, 1, 0]])
    likely, least = found.rules
    assert least.per_thousand < likely.per_thousand / 2
    assert least.accuracy < likely.accuracy
    assert 0 < found.saved[1] < found.saved[0] < found.saved[2]
    assert likely.low < likely.per_thousand < likely.high
    np.testing.assert_allclose(likely.cells, likely.counts * found.of_classes)
    assert blurred.harm().worst(1)[0] == {
        "label": "a", "predicted": "b", "samples": int(likely.counts[0, 1]), "cost": 50.0, "harm": 50.0 * int(likely.counts[0, 1]),
    }  # fmt: skip
    assert blurred.harm(at=f"#{at}").rules[0].per_thousand == plain.rules[0].per_thousand
    with pytest.raises(BadValue, match="rule of decision"):
        blurred.harm(decide="coin")


def test_decided_by_harm_everything_speaks_of_the_same_predictions(blurred: Workbench) -> None:
    blurred.set_cost("a", "b", 50)
    read, kept = blurred.run(decide="harm"), blurred.run()
    table = blurred.harm(decide="harm").chosen.counts
    assert read.scores["held_out"]["matrix"] == table.tolist() != kept.scores["held_out"]["matrix"]
    assert read.scores["accuracy"] == pytest.approx(np.trace(table) / 240, abs=1e-6)
    assert "least expected harm" in read.remarks[-1]
    assert blurred.confused(cell="b:a", n=300, decide="harm").total == table[1, 0]
    found = blurred.predictions(decide="harm")
    assert np.count_nonzero((found.given == 1) & (found.predicted == 0)) == table[1, 0]
    assert blurred.common(row="b", decide="harm")[0].samples == table[1].sum() - table[1, 1]
    assert (blurred.common(by="harm")[0].given, blurred.common(by="harm")[0].predicted) == ("a", "b")
    with pytest.raises(BadValue, match="by count or by harm"):
        blurred.common(by="size")


def test_a_label_beneath_has_the_cost_of_its_class_unless_it_has_one_of_its_own(blurred: Workbench) -> None:
    blurred.train(embedder="hashed_ngrams", groups="none", classes="first=a,rest=*")
    blurred.set_cost("rest", "a", 4)  # `first` is the label a alone
    blurred.set_cost("c", "first", 10)
    blurred.set_cost("first", "b", 9)
    blurred.set_cost("b", "c", 8)
    found = blurred.harm()
    np.testing.assert_allclose(found.of_classes, [[0, 1], [7, 0]])  # 80 samples at 4, 80 at 10
    assert found.unused == (
        "the cost b:c does not count here: both are 'rest'",
        "the cost first:b does not count here: 'b' is one of several labels of 'rest'",
    )
    from trainset.work.runs import counts_beneath

    beneath = counts_beneath(blurred.predictions(), blurred.run())
    assert found.rules[0].cells[1, 0] == 4 * beneath[1, 0] + 10 * beneath[2, 0]


def test_the_first_that_is_set_counts(blurred: Workbench) -> None:
    for label, predicted, cost in (("*", "*", 2), ("*", "c", 3), ("a", "*", 4), ("a", "c", 5)):
        blurred.set_cost(label, predicted, cost)
    np.testing.assert_allclose(blurred.harm().of_classes, [[0, 4, 5], [2, 0, 3], [2, 2, 0]])


def test_the_command_line_sets_and_reads_by_harm(blurred: Workbench) -> None:
    folder = blurred.folder.parent
    at = ("-d", "set")
    assert "every mistake costs 1" in helpers.run("costs", *at, cwd=folder).stdout
    done = helpers.run("costs", "set", "a:b", "50", "--why", "it hurts", *at, cwd=folder)
    assert "a taken for b costs 50 (before: 1)" in done.stdout
    listed = helpers.run_json("costs", *at, cwd=folder)
    assert [(one["label"], one["predicted"], one["cost"], one["reason"]) for one in listed] == [
        ("a", "b", 50, "it hurts")
    ]
    shown = helpers.run("confusion", "--by", "harm", *at, cwd=folder, COLUMNS="80").stdout
    assert "harm of the likeliest class: " in shown
    assert "mistakes as count times cost" in shown
    assert "most harm: a taken for b " in shown
    assert max(map(len, shown.splitlines())) <= 80
    read = helpers.run_json("confusion", "--decide", "harm", *at, cwd=folder)
    assert read["harm"]["decide"] == "harm"
    assert read["harm"]["rules"][1]["counts"] == read["matrix"]
    assert helpers.run_json("costs", "set", "a:b", "many", *at, cwd=folder, code=2)["error"] == "this is no cost"
    assert "this is no cost" in helpers.run("costs", "set", "a:b", "-1", *at, cwd=folder).stderr
    assert helpers.run("diff", "start", *at, cwd=folder).returncode == 0
    assert helpers.run_json("costs", "unset", "a:b", *at, cwd=folder)["cost"] == 1
