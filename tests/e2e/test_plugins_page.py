"""A measure, a check, an embedder and a page that somebody installs appear in the browser by themselves."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.e2e.conftest import StartBench
from tests.helpers import run, texts

import trainset

PLUGINS = '''
import numpy as np
from trainset.contracts import Findings, Sheet, Table, check, embedder, measure, page

@measure("Vowels", unit="letters", medium="text")
def vowels(text: str) -> int:
    """How many vowels it has."""
    return sum(letter in "aeiou" for letter in text)

@check("Shouting", medium="text")
def shouting(text):
    """Texts that shout.

    ## Why it matters
    It hurts.

    ## What to do
    Look at them.
    """
    flagged = np.array([one.isupper() for one in text.to_pylist()])
    return Findings(flagged.astype(np.float32), flagged, ["it shouts"] * int(flagged.sum()))

@embedder("Letters", medium="text", dim=26)
def letters(texts):
    """Counts of letters."""
    return np.array([[one.lower().count(chr(97 + n)) for n in range(26)] for one in texts], np.float32)

@page("Vowels by label")
def vowels_by_label(label, vowels):
    """The mean number of vowels."""
    names = np.array(label.to_pylist())
    rows = [(name, float(vowels[names == name].mean())) for name in sorted(set(names.tolist()))]
    return Sheet([f"{len(names)} texts <b>in all</b>"], [Table("Labels", ["label", "vowels"], rows, where=[f"label = '{name}'" for name, _ in rows])])
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with plug-ins, as pip would lay it down."""
    site = tmp_path / "site"
    (site / "shouts-1.0.dist-info").mkdir(parents=True)
    (site / "shouts.py").write_text(PLUGINS)
    (site / "shouts-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: shouts\nVersion: 1.0\n")
    groups = "".join(f"[trainset.{group}]\nshouts = shouts\n" for group in ("measures", "checks", "embed", "pages"))
    (site / "shouts-1.0.dist-info" / "entry_points.txt").write_text(groups)
    from tests import helpers

    monkeypatch.setattr(helpers, "SOURCE", f"{helpers.SOURCE}{os.pathsep}{site}")


def test_what_is_installed_appears_by_itself(serve: StartBench, installed: None, tmp_path: Path) -> None:
    texts(tmp_path / "t.csv", [(f"text {'AEI' * (n % 3)}", "ab"[n % 2]) for n in range(30)] + [("LOUD", "a")])
    assert run("import", "t.csv", "-d", "set", cwd=tmp_path).returncode == 0
    bench = serve(tmp_path / "set")
    page = bench.open()
    page.locator("summary", has_text="Vowels").click()
    page.locator(".histogram svg[aria-label^='Vowels']").wait_for()
    page.get_by_role("link", name="Vowels by label").click()
    page.get_by_role("heading", name="Vowels by label").wait_for()
    page.get_by_text("31 texts <b>in all</b>").wait_for()
    assert bench.serious(page) == []
    page.get_by_role("link", name="a", exact=True).click()
    page.wait_for_url(re.compile("#/look"))
    page.get_by_text("16 samples").wait_for()
    page.get_by_role("link", name="Vowels by label").click()  # the selection goes along
    page.get_by_text("16 texts <b>in all</b>").wait_for()
    page.goto(f"{bench.origin}/#/health?check=shouting")
    page.get_by_role("heading", name="Shouting").wait_for()
    page.get_by_text("it shouts").wait_for()
    page.goto(f"{bench.origin}/#/runs?start=train")
    page.locator("option", has_text="letters").first.wait_for(state="attached")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{bench.origin}/#/vowels_by_label")
    page.get_by_text("31 texts <b>in all</b>").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    bench.check()
    with trainset.open(tmp_path / "set") as dataset:
        assert "contributors" in dataset.pages()
