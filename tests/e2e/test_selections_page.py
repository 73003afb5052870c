"""Saved selections in a browser: saved and opened on one page, used on another, renamed, removed and brought back, by two people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.e2e.test_page_of_an_audit import EVIL
from tests.helpers import pictures

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELL = ".cell:not([hidden]):not(.loading)"


@pytest.fixture(scope="module")
def pets(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("pets")
    with trainset.init(folder / "pets.trainset") as dataset:
        dataset.import_(pictures(folder / "in", classes=("cat", "dog"), each=200))
    bench = serve(folder / "pets.trainset")
    yield bench
    bench.check()


def save(page: Page, name: str) -> None:
    page.keyboard.press("Shift+S")
    page.get_by_label("name of the selection").fill(name)
    page.keyboard.press("Enter")
    page.get_by_text(f"saved {name}").first.wait_for()


def test_a_selection_is_saved_opened_renamed_removed_and_brought_back(pets: Bench) -> None:
    page = pets.open("#/look?where=label+%3D+%27cat%27&sort=-bytes")
    page.locator(CELL).first.wait_for()
    save(page, EVIL)
    assert pets.serious(page) == []
    page.keyboard.press("Escape")

    other = pets.open("#/look?sort=width", address=pets.reviewer)
    other.locator(CELL).first.wait_for()
    other.get_by_role("button", name="Selections…").click()
    other.get_by_role("button", name=EVIL, exact=True).click()
    other.get_by_text("200 samples").first.wait_for()
    assert "sort=-bytes" in other.url
    assert other.locator("img[src='x']").count() == 0
    other.get_by_role("button", name="Selections…").click()
    other.get_by_label(f"rename {EVIL}").click()
    other.get_by_label(f"another name for {EVIL}").fill("cats")
    other.keyboard.press("Enter")
    other.get_by_text("is called cats").wait_for()
    other.wait_for_url("**selection.cats**")
    page.get_by_text("200 samples").first.wait_for()
    other.get_by_label("remove cats").click()
    other.get_by_text("removed cats").wait_for()
    other.get_by_text("Nothing is saved yet").wait_for()
    assert "where=label" in other.url, "what it stood for is still shown"
    other.get_by_role("button", name="Close").click()
    other.locator(".toast", has_text="removed cats").get_by_role("button", name="Undo").click()
    other.get_by_text("took back").wait_for()

    page.locator("#filter").fill("selection.c")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+S")
    page.get_by_role("button", name="cats", exact=True).wait_for()


def test_more_than_an_address_holds_is_saved_and_put_in_a_queue(pets: Bench) -> None:
    page = pets.open("#/look?sort=bytes")
    cells = page.locator(CELL)
    cells.first.wait_for()
    cells.nth(0).click()
    page.keyboard.press("End")
    page.locator(f"{CELL}[data-index='399']").click(modifiers=["Shift"])
    page.get_by_text("400 selected").wait_for()
    page.locator(f"{CELL}[data-index='399']").click(modifiers=["Control"])
    page.get_by_text("399 selected").wait_for()
    save(page, "all but one")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="To a queue").click()
    page.get_by_text("has 399 samples").wait_for()
    with trainset.open(pets.folder) as dataset:
        assert dataset.look(where='selection."all but one"').total == 399
        assert max(one.queue.samples for one in dataset.queues()) == 399
