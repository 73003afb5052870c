"""Matrix and Runs in a browser: from a training that is started in the page to a mistake that is opened and fixed by key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.e2e.test_page_of_an_audit import STICKS_OUT
from tests.work.test_train import filled, rows, trained

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def bench(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Texts of three classes, two of them wrongly labelled; a run in one pass and one in epochs."""
    folder = tmp_path_factory.mktemp("matrix")
    with filled(folder, rows(60), wrong=[0, 4]) as dataset:
        trained(dataset)
        trained(dataset, head="logistic", epochs=5)
    found = serve(folder / "set")
    yield found
    found.check()


def spoken(page: Page) -> str:
    """What is read out of the matrix."""
    found: str = page.locator(".matrix-host .unseen").inner_text()
    return found.replace("\n", " ")


def test_a_cell_is_reached_by_keys_and_its_sample_fixed_and_taken_back(bench: Bench) -> None:
    page = bench.open("#/matrix?order=run")
    canvas = page.locator(".matrix-host canvas")
    canvas.focus()
    assert "label a predicted a (right) 19 of 20 samples" in spoken(page)
    page.keyboard.press("ArrowRight")
    assert "label a predicted b 1 of 20 samples, 5.0%" in spoken(page)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 × a taken for b").wait_for()
    cell = page.locator(".part-cell")
    cell.get_by_text("text 0").wait_for()
    page.get_by_text("too few to say what they share").wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("b")  # the key of the class b
    page.get_by_text("1 sample labelled b").wait_for()
    page.locator(".part-foot .mark", has_text="✓ b").wait_for()
    page.keyboard.press("u")
    page.get_by_text(re.compile("took back")).wait_for()
    page.locator(".part-foot .mark").wait_for(state="detached")
    canvas.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert "1 of 20 samples predicted as something else recall 95.0%" in spoken(page)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 × a taken for something else").wait_for()
    page.get_by_role("button", name="Open in Look").click()
    page.wait_for_url(re.compile("#/look"))
    page.locator(".cell:not(.loading)", has_text="text 0").wait_for()


def test_a_selection_is_shared_by_look_and_matrix(bench: Bench) -> None:
    page = bench.open("#/look?where=text+in+(%27text+0%27%2C+%27text+1%27%2C+%27text+4%27)")
    page.get_by_text("3 samples").wait_for()
    page.get_by_role("link", name="Matrix").click()
    page.get_by_text("of 3 samples held out").wait_for()
    page.get_by_text("33.3% right").wait_for()
    page.get_by_role("button", name=re.compile("remove the filter")).click()
    page.get_by_text("of 60 samples held out").wait_for()
    page.locator("#filter").fill("text = 'text 0'")
    page.keyboard.press("Enter")
    page.get_by_text("of 1 sample held out").wait_for()
    page.get_by_role("link", name="Look").click()
    page.get_by_text("1 sample", exact=True).wait_for()


def test_epochs_are_scrubbed_and_two_runs_set_against_each_other(bench: Bench) -> None:
    page = bench.open("#/matrix")
    slider = page.get_by_role("slider", name="epoch")
    slider.focus()
    page.keyboard.press("Home")
    page.get_by_text(re.compile(r"epoch 1: .* right held out")).wait_for()
    assert "epoch=1" in page.url
    page.keyboard.press("End")
    page.get_by_text(re.compile("of 60 samples held out")).wait_for()
    page.get_by_label("against").select_option(index=1)
    page.get_by_text("Cell by cell: this run less r0001").wait_for()
    page.get_by_text("As a table").click()
    assert page.get_by_role("region", name="the matrix as a table").locator("td.right").all_inner_texts() == [
        "19",
        "19",
        "20",
    ]


@pytest.mark.parametrize("place", ["#/matrix?label=a&predicted=b", "#/runs?start=train"])
@pytest.mark.parametrize("look", [(1280, "dark"), (360, "light")], ids=str)
def test_axe_finds_nothing_serious_and_nothing_sticks_out(bench: Bench, place: str, look: tuple[int, str]) -> None:
    page = bench.open(place, width=look[0], scheme=look[1])
    page.locator(".part-cell, .runs-table").first.wait_for()
    assert bench.serious(page) == []
    assert page.evaluate(STICKS_OUT)[0] == 0


def test_a_run_is_started_watched_and_shown_and_a_reviewer_starts_none(bench: Bench) -> None:
    page = bench.open("#/runs")
    page.get_by_role("button", name="Train…").click()
    page.get_by_label("Embedder").select_option("hashed_ngrams")
    page.get_by_label("Head").select_option("logistic")
    page.get_by_text("All settings").click()
    page.get_by_label("Epochs").fill("0")
    page.get_by_text("Epochs: at least 1").wait_for()
    page.get_by_label("Epochs").fill("3")
    page.get_by_label("Groups").fill("none")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator(".job[data-state=done]").wait_for(timeout=120_000)
    assert "epoch 1:" in page.locator(".log").inner_text()
    with trainset.open(bench.folder) as dataset:
        run = dataset.run()
    assert (run.recipe.head, run.recipe.epochs, run.recipe.groups) == ("logistic", 3, "none")
    page.reload()
    page.locator(".job").get_by_role("link", name=re.compile(run.run)).click()
    page.wait_for_url(re.compile(f"run={run.run}"))
    page.get_by_text("of 60 samples held out").wait_for()
    other = bench.open("#/runs", address=bench.reviewer)
    other.locator(".runs-table").wait_for()
    assert other.get_by_role("button", name="Train…").count() == 0
