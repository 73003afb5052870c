"""Clusters: a class of two kinds is proposed for splitting, with the commands that do it; clean ones are left."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests import helpers
from tests.work.made import write

import trainset
from trainset.errors import BadValue, TargetExists, UnknownName
from trainset.store import embedded
from trainset.work.embedders import chosen
from trainset.work.workbench import Workbench


def made(folder: Path, rater: bool = False, stray: bool = False) -> Workbench:
    """Jaguars of two kinds, and two clean classes. rater: the cars were labelled by `r2`. stray: they lie with the owls."""
    kinds = ["cat", "car", "dog", "owl"]
    label = {"cat": "jaguar", "car": "jaguar"}
    rows = [("text", "label", "rater", "split")]
    rows += [
        (f"{kinds[n % 4]} number {n}", label.get(kinds[n % 4], kinds[n % 4]), "r2" if n % 4 == 1 else "r1", "train")
        for n in range(240)
    ]
    dataset = trainset.init(folder / "set")
    dataset.import_(write(folder / "t.csv", rows if rater else [(a, b, d) for a, b, _, d in rows]))
    draw = np.random.default_rng(0)
    middles = dict(zip(kinds, draw.normal(size=(4, 12)) * 3, strict=True))
    if stray:
        middles["car"] = middles["owl"]
    table = dataset.look(where="true", n=1000).rows()
    vectors = np.array([middles[row["text"].split()[0]] + draw.normal(size=12) for row in table], np.float32)
    contents = pa.array([bytes.fromhex(row["content"]) for row in table], pa.binary(16))
    embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, contents, vectors)
    return dataset


@pytest.fixture
def jaguars(tmp_path: Path) -> Iterator[Workbench]:
    with made(tmp_path) as dataset:
        yield dataset


def test_a_class_of_two_kinds_is_split_and_clean_ones_are_left(jaguars: Workbench) -> None:
    first, *rest = jaguars.clusters(embedder="hashed_ngrams")
    assert first.name == "jaguar"
    assert [one.proposed for one in (first, *rest)] == [True, False, False]
    assert sorted(len(part.ids) for part in first.parts) == [60, 60]
    assert [part.proposal for part in first.parts] == ["leave", "split"]
    assert first.parts[1].to == "jaguar 2"
    words = {trait.value for part in first.parts for trait in part.traits if trait.field == "text"}
    assert words & {"cat", "car"}
    assert all(part.proposal == "leave" for one in rest for part in one.parts)


def test_the_list_is_applied_and_undone(jaguars: Workbench, tmp_path: Path) -> None:
    found = jaguars.clusters("jaguar", embedder="hashed_ngrams")
    path = jaguars.save_clusters(tmp_path / "parts.csv", found)
    with pytest.raises(TargetExists):
        jaguars.save_clusters(path, found)
    done = jaguars.apply(path, new_class=True)
    assert done.changed == 60
    assert not done.refused_count
    kinds = {row["text"].split()[0] for row in jaguars.look(label="jaguar 2", n=100).rows()}
    assert len(kinds) == 1
    assert not any(one.proposed for one in jaguars.clusters(embedder="hashed_ngrams"))
    jaguars.undo(done.action)
    assert jaguars.clusters(embedder="hashed_ngrams")[0].proposed


def test_a_part_that_lies_with_another_class_is_to_be_relabelled(tmp_path: Path) -> None:
    with made(tmp_path, stray=True) as dataset:
        (found,) = dataset.clusters("jaguar", embedder="hashed_ngrams")
        proposals = {(part.proposal, part.to) for part in found.parts}
        assert proposals == {("leave", ""), ("relabel", "owl")} or found.parts[0].nearest == "owl"


def test_a_part_of_one_rater_goes_to_people(tmp_path: Path) -> None:
    with made(tmp_path, rater=True) as dataset:
        (found,) = dataset.clusters("jaguar", embedder="hashed_ngrams")
        assert found.parts[1].proposal == "queue"
        assert "guideline" in found.parts[1].why


def test_a_proposal_is_done_and_what_it_brought_is_said(jaguars: Workbench) -> None:
    first = jaguars.train(embedder="hashed_ngrams", head="ridge", penalty=0.5)
    found = jaguars.clusters(embedder="hashed_ngrams")
    steps: list[str] = []
    brought = jaguars.apply_clusters(found, step=steps.append)
    assert brought.applied.changed == 60
    assert brought.before.run == first.run, "a run of the present is not trained again"
    assert brought.after.recipe == first.recipe
    assert brought.after.classes == ("dog", "jaguar", "jaguar 2", "owl")
    assert brought.judged == "held out"
    assert [(part.name, part.of, part.samples) for part in brought.parts] == [("jaguar 2", "jaguar", 60)]
    assert brought.parts[0].recall > 0.9
    said = brought.as_dict()
    assert said["accuracy_before"] == pytest.approx(first.scores["accuracy"])
    assert {row["class"] for row in said["per_class"]} == {"dog", "jaguar", "owl"}, "parts count as their class"
    assert said["accuracy"]["interval"][0] <= said["accuracy"]["change"] <= said["accuracy"]["interval"][1]
    assert any("60 labels changed" in step for step in steps)
    assert brought.applied.action is not None
    jaguars.undo(brought.applied.action)
    assert jaguars.look(label="jaguar 2", n=100).rows() == []


def test_a_run_of_other_labels_is_trained_anew_before(jaguars: Workbench) -> None:
    """So that nothing but the proposal makes the difference."""
    old = jaguars.train(embedder="hashed_ngrams")
    jaguars.label("dog", jaguars.look(label="owl", n=1).rows()[0]["id"])
    brought = jaguars.apply_clusters(jaguars.clusters(embedder="hashed_ngrams"))
    assert brought.before.run != old.run
    assert brought.before.recipe == brought.after.recipe == old.recipe


def test_a_proposal_of_nothing_changes_nothing(jaguars: Workbench) -> None:
    jaguars.train(embedder="hashed_ngrams")
    then = len(jaguars.log())
    with pytest.raises(BadValue, match="nothing is proposed"):
        jaguars.apply_clusters(jaguars.clusters("dog", embedder="hashed_ngrams"))
    assert len(jaguars.log()) == then


def test_the_printed_commands_run(jaguars: Workbench, tmp_path: Path) -> None:
    folder = ["-d", tmp_path / "set"]
    done = helpers.run("clusters", "--embedder", "hashed_ngrams", *folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (command,) = re.findall(r"next: trainset (.*)", done.stdout)
    assert shlex.split(command)[:3] == ["clusters", "jaguar", "--do"]
    listed = helpers.run(
        "clusters", "jaguar", "--out", "parts.csv", "--embedder", "hashed_ngrams", *folder, cwd=tmp_path
    )
    (command,) = re.findall(r"next: trainset (clusters --apply .*)", listed.stdout)
    jaguars.train(embedder="hashed_ngrams")
    applied = helpers.run(*shlex.split(command), cwd=tmp_path)
    assert "60 labels changed" in applied.stdout, applied.stderr
    (undo,) = re.findall(r"next: trainset (undo .*) takes", applied.stdout)
    assert helpers.run(*shlex.split(undo, comments=True), cwd=tmp_path).returncode == 0
    queued = helpers.run("clusters", "jaguar", "--queue", 1, "--embedder", "hashed_ngrams", *folder, cwd=tmp_path)
    assert re.search(r"queue 1: \d+ samples of part 1\nnext: trainset review 1", queued.stdout), queued.stderr


def test_what_cannot_be_asked_is_refused_with_what_can(jaguars: Workbench, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="lion"):
        jaguars.clusters("lion", embedder="hashed_ngrams")
    with pytest.raises(BadValue) as missing:
        jaguars.clusters()
    assert missing.value.next == "trainset embed"
    done = helpers.run("clusters", "--queue", 1, "-d", tmp_path / "set")
    assert done.returncode == 2
    assert "say of which class" in done.stderr
