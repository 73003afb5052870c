"""Pages that are plug-ins: what they get, what they may return, and that one that fails harms nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.work.test_train import filled, rows, trained

from trainset import registry
from trainset.contracts import Plugin, Sheet, Table, page
from trainset.errors import BadFilter, PluginError, UnknownName
from trainset.work.workbench import Workbench


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Workbench]:
    """Sixty texts of three classes by six speakers; 0 and 4 lie with the next class."""
    with filled(tmp_path, rows(60), wrong=[0, 4]) as made:
        yield made


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a function a page that is installed."""

    def add(function: Any) -> None:
        plugin: Plugin = function.__plugin__
        known = registry.plugins
        monkeypatch.setattr(
            registry, "plugins", lambda kind: {**known(kind), **({plugin.name: plugin} if kind == "page" else {})}
        )

    return add


def test_contributors_are_told_before_and_after_a_run_and_within_a_filter(dataset: Workbench) -> None:
    sheet = dataset.page("contributors")
    (table,) = sheet.tables
    assert [row[1] for row in table.rows] == [12, 12, 9, 9, 9, 9]
    assert [row[-1] for row in table.rows] == [None] * 6
    assert sheet.says == ["6 gave 60 samples; the effective number is 5.9."]
    trained(dataset)
    right = {row[0]: row[-1] for row in dataset.page("contributors").tables[0].rows}
    assert sorted(value for value in right.values() if isinstance(value, float)) == pytest.approx(
        [11 / 12, 11 / 12, 1, 1, 1, 1]
    )
    for where, row in zip(table.where, table.rows, strict=True):
        assert dataset.look(where=where).total == row[1]
    (one,) = dataset.page("contributors", where=table.where[0]).tables[0].rows
    assert one[:3] == [table.rows[0][0], 12, 1.0]
    with pytest.raises(BadFilter):
        dataset.page("contributors", where="nothing = 1")
    with pytest.raises(UnknownName, match="no page"):
        dataset.page("nothing")
    with pytest.raises(PluginError, match="no setting"):
        dataset.page("contributors", many=3)


def test_a_page_gets_texts_and_numbers_and_its_odd_values_are_shown(dataset: Workbench, brought: Any) -> None:
    @page("Lengths", medium="text")
    def lengths(label: Any, words: Any, confidence: Any, *, least: int = 2) -> Sheet:
        """How long they are."""
        assert words.dtype == np.float64
        assert np.isnan(confidence).all()
        found: Any = [("a", np.float64(words.mean()), np.int64(3), float("nan"), True, "\ud800" + "x" * 9_000, least)]
        return Sheet(["<script>"], [Table("t", "abcdefg", found)] if len(label) else [])

    brought(lengths)
    with pytest.raises(PluginError, match="no Table"):
        dataset.page("lengths")

    @page("Lengths", medium="text")
    def lengths2(words: Any, *, least: int = 2) -> Sheet:
        """How long they are."""
        found: Any = [("a", np.float64(words.mean()), np.int64(3), float("nan"), True, "\ud800" + "x" * 9_000, least)]
        return Sheet(["<script>"], [Table("t", list("abcdefg"), found)])

    brought(lengths2)
    sheet = dataset.page("lengths2", least="5")
    (row,) = sheet.tables[0].rows
    assert row[:5] == ["a", 2.0, 3, None, True]
    assert row[6] == 5
    assert isinstance(row[5], str)
    assert row[5].startswith("\\ud800x")
    assert len(row[5]) < 2_100
    assert "lengths2" in dataset.pages()


def test_a_page_that_fails_or_returns_anything_is_a_clear_error(dataset: Workbench, brought: Any) -> None:
    @page("Broken")
    def broken(label: Any) -> Sheet:
        """It divides by nothing."""
        raise ZeroDivisionError("by nothing")

    @page("Odd")
    def odd(label: Any) -> Any:
        """It returns a number."""
        return 3

    @page("Greedy")
    def greedy(secrets: Any) -> Any:
        """It asks for what there is not."""

    for made in (broken, odd, greedy):
        brought(made)
    with pytest.raises(PluginError, match="page broken failed: ZeroDivisionError: by nothing") as caught:
        dataset.page("broken")
    assert "test_sheet, line" in caught.value.where
    with pytest.raises(PluginError, match="returns no Sheet"):
        dataset.page("odd")
    with pytest.raises(PluginError, match="asks for 'secrets'"):
        dataset.page("greedy")
