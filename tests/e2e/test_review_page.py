"""The page Review in Chromium: a queue is made, gone through by keys, taken back, and what it says is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.work.test_train import filled, rows, trained

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def bench(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("review")
    with filled(folder, rows(60), wrong=[0, 4]) as dataset:
        trained(dataset)
    found = serve(folder / "set")
    yield found
    found.check()


def done(page: Page, text: str) -> None:
    page.get_by_role("status").filter(has_text=text).wait_for()


def test_a_queue_is_made_and_answered_by_keys_and_says_what_was_wrong(bench: Bench) -> None:
    page = bench.open("#/review")
    page.get_by_text("No queue yet").wait_for()
    page.get_by_label("samples").fill("3")
    page.get_by_role("button", name="Make the queue").click()
    page.get_by_role("heading", name=re.compile("queue 1")).wait_for()
    done(page, "0 of 3 samples done")
    assert bench.serious(page) == []
    shown = page.locator("blockquote.text")
    assert shown.inner_text() in ("text 0", "text 4")
    first = shown.inner_text()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("s")  # the suggestion
    done(page, "1 of 3 samples done")
    page.keyboard.press("Enter")  # the label is right
    done(page, "2 of 3 samples done")
    page.keyboard.press("Backspace")
    done(page, "1 of 3 samples done")
    page.keyboard.press("c")  # the class of that name
    done(page, "2 of 3 samples done")
    page.keyboard.press(".")
    page.get_by_text("All of it is answered").wait_for()
    page.get_by_role("link", name="What the answers say").click()
    page.get_by_text("3 of 3").wait_for()
    with trainset.open(bench.folder) as dataset:
        said = [row for row in dataset.ratings(queue=1).rows() if not row["undone"]]
        assert len(said) == 3
        assert said[-1]["answer"] is None
        assert all(0 < row["seconds"] < 60 for row in said)
        (row,) = dataset.look(where=f"text = '{first}'").rows()
        assert row["label"] == {"text 0": "b", "text 4": "c"}[first]
    assert bench.serious(page) == []


def test_selected_samples_go_to_a_queue_that_opens_and_a_reviewer_makes_none(bench: Bench) -> None:
    page = bench.open("#/look?where=label+%3D+%27a%27")
    page.locator(".cell:not([hidden]):not(.loading)").first.wait_for()
    page.get_by_role("button", name="all of these filters").click()
    page.get_by_role("button", name="To a queue").click()
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("heading", name=re.compile("queue [0-9]")).wait_for()
    number = page.url.rsplit("queue=", 1)[1]
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    theirs = bench.open("#/review", address=bench.reviewer)
    theirs.get_by_role("link", name=re.compile(f"^{number} ")).wait_for()
    assert theirs.get_by_role("button", name="Make the queue").count() == 0
    theirs.get_by_role("link", name=re.compile(f"^{number} ")).click()
    theirs.get_by_role("heading", name=re.compile(f"queue {number}")).wait_for()
    theirs.evaluate("document.activeElement.blur()")
    theirs.keyboard.press("Enter")
    done(theirs, "1 of")
    done(page, "1 of")  # what one has answered the others pass over
