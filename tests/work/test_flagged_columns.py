"""Filters over what checks flag: `flagged_<check>` beside every other column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers import run_json
from tests.work.made import write

import trainset
from trainset.errors import BadFilter, BadValue
from trainset.work import audit
from trainset.work.workbench import Workbench

ROWS = [
    ("plain words one", "a", "train"), ("plain words two", "b", "train"), ("some <b>bold</b> words", "a", "train"), ("more <i>italic</i> words", "b", "test"),
    ("the same twice", "a", "train"), ("the same twice", "b", "train"), ("plain words three", "a", "test"),
]  # fmt: skip


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Workbench]:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label", "split"), *ROWS]))
        yield dataset


def texts(dataset: Workbench, where: str, **how: Any) -> list[str]:
    return sorted(row["text"] for row in dataset.look(where=where, n=100, **how).rows())


MARKUP = ["more <i>italic</i> words", "some <b>bold</b> words"]


def test_a_check_is_a_column_that_is_true_or_false(dataset: Workbench) -> None:
    assert texts(dataset, "flagged_markup") == MARKUP
    assert len(texts(dataset, "not flagged_markup")) == 5
    assert texts(dataset, "flagged_markup and label = 'a'") == MARKUP[1:]
    assert texts(dataset, "FLAGGED_MARKUP = true") == MARKUP
    assert texts(dataset, "flagged_markup is null") == []
    assert texts(dataset, "flagged_markup or flagged_label_conflicts") == sorted([*MARKUP, *["the same twice"] * 2])
    assert texts(dataset, "flagged_markup and flagged_label_conflicts") == []
    assert {row["id"].hex() for row in dataset.look(where="flagged_markup", n=9).table.select(["id"]).to_pylist()} == {
        identifier.hex() for identifier in dataset.flagged("markup").to_pylist()
    }


def test_only_the_checks_named_are_run(dataset: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    real = audit._run

    def counted(plugin: Any, *rest: Any) -> Any:
        ran.append(plugin.name)
        return real(plugin, *rest)

    monkeypatch.setattr(audit, "_run", counted)
    texts(dataset, "label = 'a'")
    assert ran == []
    texts(dataset, "flagged_markup and not flagged_empty_text and flagged_markup = true")
    assert ran == ["empty_text", "markup"]


def test_dismissed_findings_and_excluded_samples_are_not_flagged(dataset: Workbench) -> None:
    dataset.dismiss("markup", dataset.look(where="flagged_markup and label = 'a'"), reason="it is about markup")
    assert texts(dataset, "flagged_markup") == MARKUP[:1]
    dataset.exclude(where="flagged_markup")
    assert texts(dataset, "flagged_markup or excluded") == MARKUP[:1]
    assert texts(dataset, "flagged_markup and excluded") == []
    assert texts(dataset, "flagged_markup", at=1) == MARKUP


def test_every_command_takes_it(dataset: Workbench, tmp_path: Path) -> None:
    assert dataset.label("b", where="flagged_markup and label = 'a'").changed == 1
    assert dataset.move_split("validation", where="flagged_markup").changed == 2
    assert dataset.export(tmp_path / "out.csv", where="not flagged_markup").samples == 5
    assert dataset.look(sort="-flagged_markup", n=2).rows()[0]["text"] in MARKUP
    dataset.close()
    found = run_json("look", "--where", "flagged_markup and label = 'b'", "-d", "set", cwd=tmp_path)
    assert found["total"] == 2


def test_a_check_beside_metadata_is_a_truth_value(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        rows = [(text, "true" if "<" in text else "false") for text, _, _ in ROWS]
        dataset.import_(write(tmp_path / "t.csv", [("text", "tagged"), *rows]))
        assert dataset.look(where="meta.tagged = flagged_markup").total == len(ROWS)


@pytest.mark.parametrize(
    "where", ["flagged_", "flagged_nothing", "flagged_blurry", "flagged_markup.x", "flagged_markup(1)"]
)
def test_a_check_that_does_not_exist_for_this_medium_is_answered_with_those_that_do(
    where: str, dataset: Workbench
) -> None:
    with pytest.raises(BadFilter) as refused:
        texts(dataset, where)
    if "(" not in where:
        assert "flagged_markup" in refused.value.expected


def test_a_check_that_cannot_run_says_why(dataset: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: object, plugin: object) -> list[Any]:
        raise LookupError("there is no embeddings yet")

    monkeypatch.setattr(audit._Columns, "of", missing)
    with pytest.raises(BadValue, match="the check markup cannot run") as refused:
        texts(dataset, "flagged_markup")
    assert refused.value.got == "there is no embeddings yet"
