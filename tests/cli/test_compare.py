"""What compare prints: names that fit, what is worse and why, and the gate's number that may be left away."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.work.judged import judged
from trainset.cli import compare_report
from trainset.cli.compare import gated
from trainset.work.gate import gate


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["compare", "v1", "v2", "--gate"], ["compare", "v1", "v2", "--gate=chance"]),
        (["compare", "--gate", "v1", "v2"], ["compare", "--gate=chance", "v1", "v2"]),
        (["compare", "v1", "v2", "--gate", "0.5", "--json"], ["compare", "v1", "v2", "--gate", "0.5", "--json"]),
        (["compare", "v1", "v2", "--gate", "--json"], ["compare", "v1", "v2", "--gate=chance", "--json"]),
        (["compare", "v1", "v2", "--gate=2"], ["compare", "v1", "v2", "--gate=2"]),
    ],
)
def test_the_number_of_a_gate_may_be_left_away(typed: list[str], meant: list[str]) -> None:
    assert gated(typed) == meant


@pytest.mark.parametrize("width", [80, 120])
def test_long_names_fit_and_what_is_worse_is_said_with_its_interval(
    width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    with judged(tmp_path, 150, wrong=(141,), test=30) as dataset:
        dataset.rename_class("cat", "card payment at the wrong exchange rate, abroad")
        dataset.rename_class("dog", "card payment at the wrong exchange rate, at home")
        dataset.version("as-it-came-from-the-first-import")
        dataset.exclude(where="label = 'owl' and split = 'train'", reason="rare")
        dataset.set_cost("owl", "*", 5)
        dataset.version("v2")
        versions = ("as-it-came-from-the-first-import", "v2")
        found = dataset.compare(*versions, embedder="hashed_ngrams", groups="none", seeds=2)
        compare_report.print_compared(dataset, found, 3)
        compare_report.print_gate(gate(found))
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert max(cell_len(line) for line in lines if "next: " not in line) <= width
    text = " ".join(printed.split())
    assert "v2 is worse than as-it-came-from-the-first-import" in text
    assert "more harm for 1,000 samples (" in text
    assert "has no sample of owl to learn from" in text
    assert "was right, now wrong: 10 of 30" in text
    assert "may be wrong themselves" in text
    assert "gate: failed: worse than" in text
    assert f"next: trainset look {found.pairs[0].samples()[0]['id']}" in text


def test_of_several_test_sets_it_is_said_of_which_samples_are_named_and_one_sample_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with judged(tmp_path, 60) as dataset:
        dataset.lock("one cat", where="label = 'cat' and text = 'text 57'")
        dataset.version("v1")
        dataset.exclude(where="label = 'owl' and split = 'train'", reason="rare")
        dataset.version("v2")
        found = dataset.compare(
            "v1", "v2", test_sets=["one cat", "v1"], embedder="hashed_ngrams", groups="none", seeds=0
        )
        compare_report.print_compared(dataset, found, 3)
    text = " ".join(capsys.readouterr().out.split())
    assert "one cat: 1 sample of 1 class" in text
    assert "was right, now wrong on v1:test: 4 of 12" in text
    assert "these draws" not in text
