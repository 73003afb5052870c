"""Curves of a dataset: forecasts by class and by word, kept, compared with what arrived, and clear when there is too little."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.work.made import copied, write

import trainset
from trainset.errors import BadValue, DamagedDataset, UnknownName
from trainset.store import embedded
from trainset.work.embedders import chosen
from trainset.work.workbench import Workbench

LABELS = ("a", "b", *(f"w{n}" for n in range(12)))


def planted(dataset: Workbench, folder: Path, count: int, start: int = 0, only: Sequence[str] = LABELS) -> None:
    """Imports texts of the labels, with embeddings whose clouds overlap; `a` and `b` come six times as often as each word."""
    weights = [6 if label in "ab" else 1 for label in only]
    labels = np.repeat(only, weights)
    given = [(f"text {n}", labels[n % len(labels)], "train") for n in range(start, start + count)]
    dataset.import_(write(folder / f"t{start}.csv", [("text", "label", "split"), *given]))
    content = {row["text"]: row["content"] for row in dataset.look(where="true", n=10_000).rows()}
    places = pa.array([bytes.fromhex(content[text]) for text, _, _ in given], pa.binary(16))
    centres = np.random.default_rng(1).normal(size=(len(LABELS), 8)) * 1.2
    codes = np.array([LABELS.index(str(label)) for _, label, _ in given])
    vectors = centres[codes] + np.random.default_rng(2 + start).normal(size=(len(codes), 8)) * 1.5
    embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, places, vectors.astype(np.float32))


@pytest.fixture
def words(tmp_path: Path) -> Iterator[Workbench]:
    with trainset.init(tmp_path / "set") as dataset:
        planted(dataset, tmp_path, 480)
        yield dataset


def test_a_forecast_is_made_kept_and_read_again(words: Workbench) -> None:
    counted: list[int] = []
    made = words.curve(embedder="hashed_ngrams", groups="none", classes="a,b,other=*", progress=counted.append)
    assert [(one.kind, one.name) for one in made.offers] == [
        ("all", ""), ("class", "a"), ("class", "b"), ("class", "other"), ("label", "other"), ("clips", "other"),
    ]  # fmt: skip
    assert {(one.present, one.more) for one in made.offers if one.kind == "class"} == {(120, 60), (240, 60)}
    label, clips = made.offers[-2:]
    assert (label.present, label.more, label.samples, clips.more) == (12, 1, 20, 20)
    assert len(counted) == 5 * 6 + 3 * 4 * 6 + (3 + 4) * 3  # the last are held out by label
    (kept,) = words.forecasts()
    assert kept.recipe == made.recipe
    assert kept.samples == 480
    assert kept.ranked()[0].name == made.ranked()[0].name
    for one, other in zip(kept.offers, made.offers, strict=True):
        assert vars(one.gain) == pytest.approx(vars(other.gain), abs=1e-4)
    said = made.as_dict()
    assert json.loads(json.dumps(said)) == said
    assert len(said["curve"]) == 7
    assert said["curve"][-1]["samples"] == 960


def test_without_a_recipe_it_is_that_of_the_latest_run(words: Workbench) -> None:
    words.recipe("three", embedder="hashed_ngrams", groups="none", classes="a,b,other=*", head="logistic", epochs=2)
    words.train("three")
    made = words.curve(of=("a",))
    assert made.recipe.hash == words.runs()[-1].recipe.hash
    assert [one.name for one in made.offers] == ["", "a"]
    assert any("head is logistic" in remark for remark in made.remarks)


def test_a_forecast_is_compared_with_what_arrived(words: Workbench, tmp_path: Path) -> None:
    words.curve(embedder="hashed_ngrams", groups="none", classes="a,b,other=*", of=("a", "b"))
    with pytest.raises(BadValue, match="no sample to train on has arrived"):
        words.check_curve()
    planted(words, tmp_path, 120, start=480, only=("a",))
    found = words.check_curve()
    assert (found.then, found.arrived, found.forecast) == (480, 120, 1)
    assert [(one.kind, one.name, one.samples) for one in found.rows] == [("all", "", 120), ("class", "a", 120)]
    assert any("mixed otherwise" in remark for remark in found.remarks)
    assert found.rows[1].inside == (found.rows[1].forecast.low <= found.rows[1].happened <= found.rows[1].forecast.high)
    assert json.loads(json.dumps(found.as_dict()))["rows"][1]["class"] == "a"


def test_corrected_labels_are_no_part_of_what_samples_brought(words: Workbench, tmp_path: Path) -> None:
    words.curve(embedder="hashed_ngrams", groups="none", classes="a,b,other=*", of=("a",))
    planted(words, tmp_path, 60, start=480, only=("b",))
    before = words.check_curve().rows[0]
    wrong = [row["id"] for row in words.look(where="label = 'a'", n=5).rows()]
    words.exclude(wrong, reason="noise")
    after = words.check_curve()
    assert (after.then, after.rows[0].samples) == (475, before.samples)
    assert any("5 of the samples of then" in remark for remark in after.remarks)


def test_what_is_too_little_is_said(words: Workbench, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"embedder": "hashed_ngrams", "groups": "none"}
    with pytest.raises(UnknownName, match="no class 'zebra'"):
        words.curve(of=("zebra",), **settings)
    with pytest.raises(BadValue, match="at least 1"):
        words.curve(more=0, **settings)
    with pytest.raises(BadValue, match="model of your own"):
        words.curve("python t.py --train {train} --test {test} --out {out}")
    with copied(tmp_path / "few") as few, pytest.raises(BadValue, match="too few samples"):
        few.curve(**settings)
    with pytest.raises(UnknownName, match="no forecast yet"):
        words.check_curve()
    words.label("a", where="true")
    with pytest.raises(BadValue, match="at least two classes"):
        words.curve(**settings)


@pytest.mark.parametrize("text", ["{}", "[", '{"at": "x"}', "null"])
def test_a_forged_forecast_is_refused(words: Workbench, text: str) -> None:
    words.curve(embedder="hashed_ngrams", groups="none", of=("a",))
    path = words.folder / "forecasts" / "f0001.json"
    whole = json.loads(path.read_text())
    for broken in (
        text,
        json.dumps(whole | {"whole": whole["whole"] | {"worlds": [[1, 0, 0, 0]]}}),
        json.dumps(whole | {"accuracy": 7}),
    ):
        path.write_text(broken)
        with pytest.raises(DamagedDataset, match="forecast 1"):
            words.forecasts()
