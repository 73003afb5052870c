"""The data card in a browser: nothing sticks out, everything can be read, nothing is run or asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.conftest import Open
from tests.e2e.test_page_of_an_audit import EVIL, NAMES, PALE, STICKS_OUT
from tests.helpers import pictures

import trainset


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    with trainset.init(folder / f"{EVIL.replace('/', '')}.trainset") as dataset:
        dataset.import_(pictures(folder / "in", classes=NAMES, each=5))
        dataset.version("v1")
        dataset.set_card("purpose", f"{EVIL} {'w' * 300}\n\n\u05e2\u05d1\u05e8\u05d9\u05ea", person="eve " + "e" * 60)
        dataset.set_card("cite", "@misc{" + "k" * 200 + "}")
        dataset.define_class("plain", definition=EVIL * 5)
        dataset.label("plain", where="path like '%/1.png'", reason="r" * 200, person="ada")
        return dataset.save_card(folder / "card").page


@pytest.mark.parametrize("look", [(1280, "light"), (800, "dark"), (400, "light"), (320, "dark")], ids=str)
def test_at_any_width_a_card_can_be_read(card: Path, show: Open, look: tuple[int, str]) -> None:
    seen = show(card, *look)
    assert seen.page.evaluate(STICKS_OUT) == [0, []]
    texts, pale = seen.page.evaluate(PALE)
    assert texts > 50
    assert pale == []


def test_a_card_shows_its_pictures_and_asks_for_nothing(card: Path, show: Open) -> None:
    seen = show(card)
    shown = seen.page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0)")
    assert len(shown) == 20
    assert all(shown)
    assert seen.complaints == []
    assert seen.requests == [card.as_uri()]
    assert EVIL in seen.page.locator("h1").inner_text()
    assert seen.page.locator("section").count() == seen.page.locator("section > h2").count() > 12
