"""Versions in a browser: a name, what an action changed, its undo, an alarm with its reason, the card in its frame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.helpers import pictures

import trainset


@pytest.fixture(scope="module")
def pets(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Named once, then three cats became dogs, two of them in a locked test set."""
    folder = tmp_path_factory.mktemp("versions")
    with trainset.init(folder / "pets.trainset") as dataset:
        dataset.import_(pictures(folder / "in", each=10))
        dataset.version("first", "as imported")
        cats = [row["id"] for row in dataset.look(n=3, where="label = 'cat'").rows()]
        dataset.lock("exam", cats[:2])
        dataset.label("dog", cats, reason="they bark")
    bench = serve(folder / "pets.trainset")
    yield bench
    bench.check()


def test_an_action_shows_its_samples_and_is_taken_back(pets: Bench) -> None:
    page = pets.open("#/versions?part=locks")
    page.wait_for_selector(".alarm .some img[src]")
    assert pets.serious(page) == []
    page.goto(f"{pets.origin}/#/versions?part=diff&a=first")
    page.wait_for_selector("h3:has-text('cat → dog')")
    page.locator(".some li").nth(2).wait_for()
    assert page.locator(".some li").count() == 3
    page.click("nav.parts >> text=Timeline")
    page.wait_for_selector(".timeline .named >> text=first")
    action = page.locator(".timeline li", has_text="they bark")
    action.get_by_text("What it changed").click()
    action.locator(".some img[src]").first.wait_for()
    assert pets.serious(page) == []
    action.get_by_role("button", name="Undo").click()
    page.wait_for_selector(".timeline .undone >> text=taken back")
    with trainset.open(pets.folder) as dataset:
        assert dataset.log()[-1].verb == "undo"
        assert len(dataset.look(n=20, where="label = 'cat'").rows()) == 10
    page.fill("form.line input >> nth=0", "second")
    page.click("text=Name it")
    page.wait_for_selector(".timeline .named >> text=second")


def test_the_card_is_filled_in_and_shown_in_its_frame(pets: Bench) -> None:
    page = pets.open("#/versions?part=card", width=360, height=740, scheme="dark")
    page.get_by_role("button", name="Say it: what it is for").click()
    page.fill("textarea", "to tell <b>pets</b> apart")
    page.click("text=Keep")
    frame = page.frame_locator("iframe.card")
    frame.locator("text=to tell <b>pets</b> apart").first.wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
