"""Versions compared: what is trained on what, whose labels count, what is said, and what is refused."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.work.judged import judged

import trainset
from trainset.errors import BadValue, TrainsetError, UnknownName
from trainset.store import log
from trainset.work import compare as of_compare
from trainset.work import compare_cells, gate
from trainset.work import test_sets as of_tests
from trainset.work.compare_sides import rosters, sides
from trainset.work.compared import Compared
from trainset.work.recipe import meant

TEST = 30


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """150 texts of which 30 are the test set. v1: 60 of the labels to learn from are moved on by a class; v2: as they should be."""
    made = judged(tmp_path, 150, wrong=(), test=TEST)
    swap(made, 1)
    made.version("v1")
    swap(made, 0)
    made.version("v2")
    yield made
    made.close()


def swap(dataset: trainset.Workbench, by: int, count: int = 60) -> None:
    """Gives the first texts the label of the class `by` further on."""
    for code, name in enumerate(("cat", "dog", "owl")):
        mine = [f"text = 'text {n:02}'" for n in range(count) if (n + by) % 3 == code]
        dataset.label(name, where=" or ".join(mine))


def compare(dataset: trainset.Workbench, *versions: str, **settings: Any) -> Compared:
    return dataset.compare(*versions, **{"embedder": "hashed_ngrams", "groups": "none", "seeds": 3, **settings})


def test_a_version_with_better_labels_is_better_on_the_same_test_set(dataset: trainset.Workbench) -> None:
    seen: list[int] = []
    found = compare(dataset, "v1", "v2", progress=seen.append)
    assert [one.version for one in found.entrants] == ["v1", "v2"]
    assert [one.trained_on for one in found.entrants] == [120, 120]
    assert [one.name for one in found.test_sets] == ["v1:test = v2:test"]
    assert found.score(("v2", "hashed_ngrams, ridge"), found.test_sets[0].name).accuracy == 1
    (pair,) = found.pairs
    assert pair.found.samples == TEST
    assert sum(seen) == 2 * 4
    assert len(found.sentences) >= 3
    json.dumps(found.as_dict())


def test_equal_versions_are_never_called_different_or_surely_equal(dataset: trainset.Workbench) -> None:
    dataset.version("v3")
    found = compare(dataset, "v2", "v3")
    one = found.pairs[0].found.accuracy
    assert one.value == 0
    assert one.verdict == "open"
    assert one.low < 0 < one.high
    assert "cannot be told apart" in found.sentences[0]
    assert not any(word in " ".join(found.sentences) for word in ("better", "worse", "are equal"))


def test_labels_of_a_test_set_are_those_of_its_version(dataset: trainset.Workbench) -> None:
    dataset.label("owl", where="text = 'text 120'")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3")
    assert [one.name for one in found.test_sets] == ["v2:test", "v3:test"]
    name = found.entrants[0].name
    assert found.score(("v2", name), "v2:test").accuracy == 1
    assert found.score(("v2", name), "v3:test").accuracy == pytest.approx((TEST - 1) / TEST)
    only = compare(dataset, "v2", "v3", test_sets=["v2"])
    assert [one.name for one in only.test_sets] == ["v2:test"]
    assert any("down a column" in text for text in found.sentences)


def test_a_locked_test_set_is_tested_on_and_its_alarm_shuts_the_gate(dataset: trainset.Workbench) -> None:
    dataset.lock("final", at="v1")
    found = compare(dataset, "v1", "v2", test_sets=["final"])
    assert [one.name for one in found.test_sets] == ["final"]
    assert [one.name for one in compare(dataset, "v1", "v2", test_sets=["final", "v2"]).test_sets] == [
        "final = v2:test"
    ]
    assert found.pairs[0].found.samples == TEST
    assert found.alarms == ()
    assert gate.gate(found).passed
    dataset.label("owl", where="text = 'text 120'")
    found = compare(dataset, "v1", "v2", test_sets=["final"])
    assert [one.kind for one in found.alarms] == ["label"]
    assert found.score(found.entrants[1].who, "final").accuracy == 1  # labels are those that were locked
    shut = gate.gate(found)
    assert not shut.passed
    assert shut.reasons[0].startswith("alarm: ")


def test_what_is_in_a_test_set_is_not_learnt_from_by_id_or_by_content(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    dataset.move_split("train", where="text in ('text 120', 'text 121')")
    (tmp_path / "more.csv").write_text("text,label,split\ntext 125,owl,train\n")
    dataset.import_(tmp_path / "more.csv")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3", test_sets=["v2"])
    assert [one.left_out for one in found.entrants] == [0, 3]
    assert found.entrants[1].trained_on == 120


def test_a_copy_that_was_left_out_ties_no_test_sample_to_training(dataset: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("text,label,split\ntext 125,owl,train\n")
    dataset.import_(tmp_path / "more.csv")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3", test_sets=["v2"], groups="near")
    assert [one.left_out for one in found.entrants] == [0, 1]
    assert [one.tied["v2:test"] for one in found.entrants] == [0, 0]


def test_a_class_renamed_or_merged_between_versions_is_one_class(dataset: trainset.Workbench) -> None:
    dataset.rename_class("cat", "feline")
    dataset.rename_class("dog", "hound")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3")
    assert len(found.test_sets) == 1
    assert {one.accuracy for one in found.scores} == {1.0}
    assert {*found.test_sets[0].classes} == {"feline", "hound", "owl"}


def test_a_class_without_samples_in_a_version_is_named_and_its_samples_are_mistakes(
    dataset: trainset.Workbench,
) -> None:
    dataset.exclude(where="label = 'owl' and split = 'train'", reason="rare")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3", test_sets=["v2"])
    score = found.score(("v3", found.entrants[0].name), "v2:test")
    assert score.missing == ("owl",)
    assert score.accuracy == pytest.approx(2 / 3)
    rows = found.pairs[0].per_class()
    assert [rows[0]["class"], rows[0]["after"]] == ["owl", 0.0]
    assert len(found.pairs[0].samples()) == TEST // 3
    assert "worse" in found.sentences[0]


def test_lost_and_gained_samples_are_named(dataset: trainset.Workbench) -> None:
    dataset.exclude(where="label = 'owl' and split = 'train'", reason="rare")
    dataset.version("v3")
    pair = compare(dataset, "v2", "v3", test_sets=["v2"]).pairs[0]
    lost = pair.samples()
    assert {one["label"] for one in lost} == {one["before"] for one in lost} == {"owl"}
    assert all(one["after"] in ("cat", "dog") for one in lost)
    assert {row["label"] for row in dataset.look([one["id"] for one in lost], n=100).rows()} == {"owl"}
    assert pair.samples(gained=True) == []


def test_a_test_label_that_all_models_contradict_is_in_doubt(tmp_path: Path) -> None:
    with judged(tmp_path, 150, wrong=(141,), test=TEST) as dataset:
        dataset.version("v1")
        dataset.label("dog", where="text = 'text 00'")
        dataset.version("v2")
        found = compare(dataset, "v1", "v2", test_sets=["v1"])
        doubtful = found.test_sets[0].doubtful
        assert doubtful is not None
        (row,) = doubtful.rows()
        assert (row["label"], row["predicted"]) == ("cat", "dog")
        assert dataset.look([row["id"]]).rows()[0]["text"] == "text 141"


def test_what_was_trained_is_not_trained_again(dataset: trainset.Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = compare(dataset, "v1", "v2").as_dict()
    dataset.version("v3")

    def refuse(*_: Any) -> Any:
        raise AssertionError("trained again")

    monkeypatch.setattr(compare_cells, "heads", refuse)
    assert compare(dataset, "v1", "v2").as_dict() == before
    with pytest.raises(AssertionError, match="trained again"):
        compare(dataset, "v1", "v2", seeds=4)


def test_an_interrupted_comparison_keeps_what_it_has(dataset: trainset.Workbench) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(dataset, "v1", "v2", progress=interrupt)
    assert len([*dataset.place("cache", "compare").iterdir()]) == 1


def test_of_the_cells_that_are_kept_those_used_longest_ago_go_first(
    dataset: trainset.Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(dataset, "v1", "v2", seeds=1)
    older = {*dataset.place("cache", "compare").iterdir()}
    for path in older:
        os.utime(path, (1, 1))
    compare(dataset, "v1", "v2", seeds=0)  # uses one cell of each side, and so makes them the latest
    used = {path for path in older if path.stat().st_mtime > 1}
    assert (len(older), len(used)) == (4, 2)
    monkeypatch.setattr(compare_cells, "MOST_BYTES", 3 * 8 * TEST)
    link = dataset.place("cache", "compare") / "link"
    link.symlink_to(dataset.folder / "people.db")
    compare_cells.prune(dataset)
    left = {*dataset.place("cache", "compare").iterdir()} - {link}
    assert len(left) == 3
    assert used < left
    assert link.is_symlink()


@pytest.mark.parametrize("data", [b"", b"x" * 8 * TEST, np.full(2 * TEST, 99, "<i4").tobytes()])
def test_a_forged_cell_is_made_again(dataset: trainset.Workbench, data: bytes) -> None:
    before = compare(dataset, "v1", "v2").as_dict()
    for path in dataset.place("cache", "compare").iterdir():
        path.write_bytes(data)
    assert compare(dataset, "v1", "v2").as_dict() == before


def test_costs_are_compared_where_they_are_set(dataset: trainset.Workbench) -> None:
    assert compare(dataset, "v1", "v2").pairs[0].found.saved is None
    dataset.set_cost("owl", "*", 5)
    dataset.exclude(where="label = 'owl' and split = 'train'", reason="rare")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3", test_sets=["v2"])
    saved = found.pairs[0].found.saved
    assert saved is not None
    assert saved.value == pytest.approx(-5000 / 3)
    assert saved.verdict == "worse"
    assert "more harm" in found.sentences[0]
    assert found.score(("v3", found.entrants[0].name), "v2:test").harm == pytest.approx(5000 / 3)


def test_without_draws_it_says_that_only_these_models_were_looked_at(dataset: trainset.Workbench) -> None:
    found = compare(dataset, "v1", "v2", seeds=0)
    assert found.pairs[0].found.accuracy.of_training == 0
    assert any("these two models alone" in text for text in found.sentences)


def test_the_logistic_head_and_classes_of_labels_are_compared_too(dataset: trainset.Workbench) -> None:
    found = compare(dataset, "v1", "v2", head="logistic", classes="bird=owl,other=*", seeds=2)
    assert found.pairs[0].classes == ("bird", "other")
    assert found.scores[1].accuracy == 1
    with pytest.raises(UnknownName, match="no class is called 'fox'"):
        compare(dataset, "v1", "v2", classes="fox=fox")


def test_several_recipes_are_rows_and_only_what_is_shown_is_said(dataset: trainset.Workbench) -> None:
    dataset.recipe("quick", embedder="hashed_ngrams", groups="none")
    dataset.recipe("slow", embedder="hashed_ngrams", groups="none", head="logistic")
    found = dataset.compare("v1", "v2", recipes=["quick", "slow"], seeds=2)
    assert [one.who for one in found.entrants] == [("v1", "quick"), ("v2", "quick"), ("v1", "slow"), ("v2", "slow")]
    couples = {(one.before, one.after) for one in found.pairs}
    assert (("v1", "slow"), ("v2", "quick")) in couples
    assert {round(one.found.accuracy.level, 4) for one in found.pairs} == {round(1 - 0.05 / len(found.pairs), 4)}
    times = {one.milliseconds for one in found.entrants}
    assert None not in times
    assert (
        found.entrants[0].bytes == 4 * 7 * 3
    )  # six numbers and an intercept, three classes, and counting letters needs no file
    assert "the time of a sample" in next(
        text for text in found.sentences if text.startswith("v2 with quick") and "v1 with slow" in text
    )
    one = dataset.compare("v2", recipes=["quick", "slow"], seeds=0)
    (pair,) = one.pairs
    assert (pair.before, pair.after) == (("v2", "quick"), ("v2", "slow"))
    assert pair.found.accuracy.level == 0.95


def test_what_cannot_be_compared_is_a_clear_error(dataset: trainset.Workbench) -> None:
    with pytest.raises(UnknownName, match="there is no version 'v9'"):
        compare(dataset, "v1", "v9")
    with pytest.raises(UnknownName, match="there is no test set 'x'"):
        compare(dataset, "v1", "v2", test_sets=["x"])
    with pytest.raises(BadValue, match="no test set"):
        compare(dataset, "v1", "v2", test_sets=["v1:train"])
    with pytest.raises(BadValue, match="named twice"):
        compare(dataset, "v1", "v1")
    with pytest.raises(BadValue, match="nothing to compare"):
        compare(dataset, "v1")
    with pytest.raises(BadValue, match="out of range"):
        compare(dataset, "v1", "v2", seeds=-1)
    with pytest.raises(UnknownName, match="there is no recipe 'best'"):
        dataset.compare("v1", "v2", recipe="best")
    with pytest.raises(BadValue, match="nothing to test on") as error:
        compare(dataset, "v1", "v2", test_sets=["v1:validation"])
    assert error.value.next.startswith("trainset move-split")
    dataset.move_split("train", where="split = 'test'")
    dataset.version("v3")
    dataset.version("v4")
    with pytest.raises(BadValue, match="nothing to test on"):
        compare(dataset, "v3", "v4")
    assert [one.name for one in compare(dataset, "v3", "v4", test_sets=["v1"]).test_sets] == ["v1:test"]


SCRIPT = """
import csv, os, sys
train, test, out = sys.argv[1:4]
rows = list(csv.DictReader(open(train)))
assert all(row["label"] for row in rows)
labels = sorted({row["label"] for row in rows})
with open(os.environ["LOG"], "a") as log:
    print(os.environ["TRAINSET_SEED"], len(rows), len({row["id"] for row in rows}), file=log)
with open(out + ".csv", "w") as file:
    print("id", *labels, sep=",", file=file)
    for row in csv.DictReader(open(test)):
        assert not row["label"]
        mine = labels[int(row["text"].split()[1]) % 3 % len(labels)]
        print(row["id"], *(f"{float(one == mine)}" for one in labels), sep=",", file=file)
"""


def test_a_command_is_run_on_each_version_and_on_draws_of_its_list(
    dataset: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.py").write_text(SCRIPT)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    command = f"{sys.executable} {tmp_path / 'model.py'} {{train}} {{test}} {{out}}"
    steps: list[str] = []
    found = dataset.compare("v1", "v2", recipe=command, groups="none", seeds=2, step=steps.append)
    assert {one.accuracy for one in found.scores} == {1.0}
    calls = [[*map(int, line.split())] for line in (tmp_path / "log").read_text().splitlines()]
    assert [call[0] for call in calls] == [0, 1, 2, 0, 1, 2]
    assert calls[0][1:] == [120, 120]
    assert calls[1] == calls[4]  # the same draw of the same samples
    assert 60 < calls[1][2] < 95  # about 1 - 1/e of them came
    assert len(steps) == 6
    dataset.compare("v1", "v2", recipe=command, groups="none", seeds=2)
    assert len((tmp_path / "log").read_text().splitlines()) == 6
    dataset.recipe("quick", embedder="hashed_ngrams", groups="none")
    both = dataset.compare("v2", recipes=["quick", command], seeds=0, groups="none")
    assert [one.milliseconds is None for one in both.entrants] == [False, True]
    assert any(
        "size and time of a sample are not known: its command learns and predicts" in text for text in both.remarks
    )
    (tmp_path / "bad.py").write_text("import sys; sys.exit(3)")
    with pytest.raises(TrainsetError, match="the command failed") as error:
        dataset.compare(
            "v1", "v2", recipe=f"{sys.executable} {tmp_path / 'bad.py'} {{train}} {{test}} {{out}}", groups="none"
        )
    assert "v1, all samples" in error.value.where


def test_the_gate_passes_what_is_not_shown_to_be_worse_and_a_number_asks_for_more(dataset: trainset.Workbench) -> None:
    better = compare(dataset, "v1", "v2")
    assert gate.gate(better).passed
    dataset.exclude(where="label = 'owl' and split = 'train'", reason="rare")
    dataset.version("v3")
    worse = compare(dataset, "v2", "v3", test_sets=["v2"])
    shut = gate.gate(worse)
    assert not shut.passed
    assert "worse than v2" in shut.reasons[0]
    same = compare(dataset, "v1", "v2", test_sets=["v2"])
    low = -100 * same.pairs[0].found.accuracy.low
    assert gate.gate(same, max(low + 0.5, 0)).passed
    assert low < 0 or not gate.gate(same, max(low - 0.5, 0)).passed
    for text in ("x", "-1", "nan", "101"):
        with pytest.raises(BadValue, match="takes points"):
            gate.points(text)


def test_what_versions_share_is_drawn_alike(dataset: trainset.Workbench) -> None:
    dataset.label("cat", where="text = 'text 00'")
    dataset.exclude(where="text = 'text 03'", reason="odd")
    dataset.version("v3")
    found: dict[str, dict[bytes, int]] = {}
    named = [(name, log.position(dataset, name)) for name in ("v2", "v3")]
    recipe = meant(dataset, "", {"embedder": "hashed_ngrams", "groups": "contributor"})
    _, both = sides(dataset, "it", recipe, named, of_tests.test_sets(dataset, (), named), rosters(dataset, None))
    for side in both:
        ids = side.samples.ids.take(side.rows).to_pylist()
        found[side.version] = dict(zip(ids, side.keys.tolist(), strict=True))
    shared = found["v2"].keys() & found["v3"].keys()
    assert len(shared) == 119
    assert all(found["v2"][one] == found["v3"][one] for one in shared)
    assert len({*found["v2"].values()}) == 6  # the speakers


def test_a_version_imported_anew_under_other_names_shares_its_draws_by_content(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    rows = [(row["text"], row["label"]) for row in dataset.look(where="split = 'train'", n=1000).rows()]
    (tmp_path / "again.csv").write_text(
        "text,label,split\n" + "".join(f"{text},{label},train\n" for text, label in rows)
    )
    dataset.exclude(where="split = 'train'", reason="the other list has them")
    dataset.import_(tmp_path / "again.csv")
    dataset.version("v3")
    found = compare(dataset, "v2", "v3", test_sets=["v2"])
    assert [one.trained_on for one in found.entrants] == [120, 120]
    one = found.pairs[0].found
    assert (one.accuracy.value, one.accuracy.of_training) == (0, 0)
    assert not len(one.lost)


def test_draws_by_default_are_eight_and_three_for_commands() -> None:
    assert (of_compare.DRAWS, of_compare.DRAWS_OF_COMMANDS) == (8, 3)
