"""Look in a browser: from pictures, recordings and texts to fixed labels and a new version; by mouse and by keys, by two people at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from tests.e2e.conftest import Bench, StartBench
from tests.e2e.test_page_of_an_audit import EVIL, NAMES, PALE, STICKS_OUT
from tests.helpers import pictures, texts

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELL = ".cell:not([hidden]):not(.loading)"

SENT = "() => !Object.keys(localStorage).some(k => k.startsWith('trainset.outbox'))"


@pytest.fixture(scope="module")
def pets(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("pets")
    with trainset.init(folder / "pets.trainset") as dataset:
        dataset.import_(pictures(folder / "in", classes=("cat", "dog", "owl"), each=60))
    bench = serve(folder / "pets.trainset")
    yield bench
    bench.check()


@pytest.fixture(scope="module")
def words(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder, draw = tmp_path_factory.mktemp("words"), np.random.default_rng(0)
    for label in ("yes", "no"):
        for n in range(8):
            place = folder / "in" / label / f"ann_nohash_{n}.wav"
            place.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(place, draw.normal(0, 0.1, 8_000), 8_000)
        soundfile.write(folder / "in" / label / "bob_nohash_9.aiff", draw.normal(0, 0.1, 8_000), 8_000)
    with trainset.init(folder / "words.trainset") as dataset:
        dataset.import_(folder / "in")
    bench = serve(folder / "words.trainset")
    yield bench
    bench.check()


@pytest.fixture(scope="module")
def mails(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("mails")
    rows = [(f"{'free money now' if n % 2 else 'see you at noon'} {n}", "spam" if n % 2 else "ham") for n in range(40)]
    with trainset.init(folder / "mails.trainset") as dataset:
        dataset.import_(texts(folder / "mails.csv", [*rows, (f"{EVIL} {'w' * 300}", "spam")]))
    bench = serve(folder / "mails.trainset")
    yield bench
    bench.check()


def labels(page: Page) -> list[str]:
    """Of the cells on screen, by place: cells are used again, so they do not stand in that order in the page."""
    found: list[str] = page.evaluate(
        "cells => [...document.querySelectorAll(cells)].sort((a, b) => a.dataset.index - b.dataset.index).map(c => c.querySelector('.cell-label').textContent)",
        CELL,
    )
    return found


def logged(bench: Bench) -> list[Any]:
    with trainset.open(bench.folder) as dataset:
        return dataset.log()


def test_ten_pictures_are_relabelled_with_ten_keys(pets: Bench) -> None:
    page = pets.open("#/look?where=label+%3D+%27cat%27")
    page.locator(CELL).first.wait_for()
    before = len(logged(pets))
    page.locator(".grid").focus()
    for _ in range(10):
        page.keyboard.press("2")  # dog, and on to the next
    page.get_by_text("1 sample labelled dog").first.wait_for()
    page.wait_for_function("() => document.querySelectorAll('.cell:not([hidden]) .cell-label').length > 10")
    assert labels(page)[:10] == ["dog"] * 10, "they stay where they are"
    page.wait_for_function(SENT)
    page.get_by_role("button", name="Update order").click()
    page.get_by_text("50 samples").wait_for()
    assert [action.verb for action in logged(pets)[before:]] == ["label"] * 10
    for _ in range(10):
        page.keyboard.press("u")
    page.wait_for_function(SENT)
    assert [action.verb for action in logged(pets)[before + 10 :]] == ["undo"] * 10
    page.reload()
    page.get_by_text("60 samples").wait_for()


def test_what_is_filtered_selected_and_opened_stands_in_the_address(pets: Bench) -> None:
    page = pets.open()
    page.locator("#filter").fill("lab")
    page.get_by_role("option", name="label label").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type("= 'ow")
    page.keyboard.press("Tab")
    assert page.locator("#filter").input_value() == "label = 'owl'"
    page.keyboard.press("Enter")
    page.get_by_text("60 samples").wait_for()
    page.locator(CELL).nth(3).dblclick()
    page.locator("aside.sample dd b", has_text="owl").wait_for()
    address = page.url
    assert re.search(r"where=label.*owl.*sample=[0-9a-f]{32}", address)
    other = pets.open(address[address.index("#") :])
    other.locator("aside.sample dd b", has_text="owl").wait_for()
    assert other.locator("aside.sample code").text_content() == page.locator("aside.sample code").text_content()
    ids = other.locator(CELL).evaluate_all(
        "cells => cells.sort((a, b) => a.dataset.index - b.dataset.index).map(c => c.title)"
    )
    assert ids == page.locator(CELL).evaluate_all(
        "cells => cells.sort((a, b) => a.dataset.index - b.dataset.index).map(c => c.title)"
    )
    page.get_by_role("button", name="remove the filter label = 'owl'").click()
    page.get_by_text("180 samples").wait_for()
    page.go_back()
    page.get_by_text("60 samples").wait_for()


def test_a_facet_takes_one_value_or_several_and_leaves_typed_filters_alone(pets: Bench) -> None:
    page = pets.open("#/look?where=label+%3D+%27owl%27+or+label+%3D+%27cat%27")
    page.get_by_text("120 samples").wait_for()
    cat, owl = (page.locator("button.value", has_text=name).first for name in ("cat", "owl"))
    owl.click()
    page.get_by_text("60 samples").wait_for()
    page.get_by_text("label = 'owl' or label = 'cat'").wait_for()
    cat.click(modifiers=["Control"])
    page.get_by_text("120 samples").wait_for()
    page.get_by_text("label in ('owl', 'cat')").wait_for()
    assert [each.get_attribute("aria-pressed") for each in (cat, owl)] == ["true", "true"]
    cat.click()
    page.get_by_text("60 samples").wait_for()
    cat.click()
    page.get_by_text("120 samples").wait_for()


def test_a_filter_that_cannot_be_says_why(pets: Bench) -> None:
    page = pets.open()
    page.locator("#filter").fill("labl = 'cat'")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("there is no column 'labl'").wait_for()
    pets.seen[-1].complaints.clear()  # Chromium tells of the refusal in its console


def test_a_box_and_a_range_select_and_all_of_a_filter_is_one_action(pets: Bench) -> None:
    page = pets.open("#/look?where=label+%3D+%27owl%27")
    cells = page.locator(CELL)
    cells.first.wait_for()
    first, second = cells.nth(0).bounding_box(), cells.nth(1).bounding_box()
    assert first is not None
    assert second is not None
    page.mouse.move(first["x"] + 30, first["y"] + 30)
    page.mouse.down()
    page.mouse.move(second["x"] + 40, second["y"] + 60, steps=4)
    page.mouse.up()
    page.get_by_text("2 selected").wait_for()
    cells.nth(0).click()
    cells.nth(4).click(modifiers=["Shift"])
    page.get_by_text("5 selected").wait_for()
    page.keyboard.press("Control+a")
    page.get_by_text("all 60 selected").wait_for()
    page.keyboard.press("x")
    page.get_by_text("60 samples excluded").wait_for()
    page.get_by_role("button", name="Undo").first.click()
    page.get_by_text("took back").wait_for()
    assert logged(pets)[-2].entries == 60


def test_two_people_see_each_other_s_changes_without_reloading(pets: Bench) -> None:
    mine, theirs = pets.open("#/look?sort=bytes"), pets.open("#/look?sort=bytes", address=pets.reviewer)
    for page in (mine, theirs):
        page.locator(CELL).first.wait_for()
    before = labels(theirs)[0]
    name, key = ("owl", "3") if before != "owl" else ("cat", "1")
    mine.keyboard.press(key)
    theirs.locator(f"{CELL} .cell-label").first.get_by_text(name, exact=True).wait_for()
    theirs.keyboard.press("Enter")
    theirs.locator(".history").get_by_text("ada").wait_for()
    mine.keyboard.press("u")
    theirs.locator(f"{CELL} .cell-label").first.get_by_text(before, exact=True).wait_for()


def test_changes_wait_while_the_server_does_not_answer(pets: Bench) -> None:
    page = pets.open("#/look?sort=-bytes")
    page.locator(CELL).first.wait_for()
    before = len(logged(pets))
    page.context.set_offline(True)
    page.keyboard.press("x")
    page.keyboard.press("x")
    page.wait_for_timeout(300)
    assert len(logged(pets)) == before
    page.context.set_offline(False)
    page.wait_for_function(SENT)
    pets.seen[-1].complaints.clear()  # the browser tells of what it could not reach
    assert len(logged(pets)) == before + 2


def test_a_change_outlives_the_end_of_the_server_and_of_its_session(serve: StartBench, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "notes.trainset") as dataset:
        dataset.import_(texts(tmp_path / "notes.csv", [(f"note {n}", "a" if n % 2 else "b") for n in range(20)]))
    first = serve(tmp_path / "notes.trainset")
    page = first.open()
    page.locator(CELL).first.wait_for()
    first.stop()
    page.keyboard.press("x")
    page.get_by_text("1 change waits: the server does not answer").wait_for()
    second = serve(tmp_path / "notes.trainset", port=int(first.origin.rsplit(":", 1)[1]))
    page.get_by_text("1 change waits: the server was started anew").wait_for()
    assert len(logged(second)) == 1
    other = page.context.new_page()  # the address that the server printed, in the same browser
    other.goto(second.address)
    other.locator(CELL).first.wait_for()
    page.wait_for_function(SENT)
    page.get_by_role("status").filter(has_text="server").wait_for(state="detached")
    assert [one.verb for one in logged(second)] == ["import", "exclude"]  # once, though both tabs may have sent it
    page.keyboard.press("u")
    page.wait_for_function(SENT)
    assert [one.verb for one in logged(second)][-1] == "undo"


def test_recordings_are_drawn_and_sound(words: Bench) -> None:
    page = words.open()
    page.locator(f"{CELL} canvas").first.wait_for()
    page.get_by_text("press any key to enable sound").wait_for()
    page.keyboard.press("j")
    page.get_by_text("press any key to enable sound").wait_for(state="hidden")
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => window.performance.getEntriesByType('resource').some(e => e.name.includes('/api/media/'))"
    )
    page.keyboard.press("Enter")
    page.locator("canvas.spectrum").wait_for()
    page.get_by_text("1.00 s, mono").wait_for()


def test_a_recording_of_a_kind_browsers_do_not_know_is_played_too(words: Bench) -> None:
    page = words.open("#/look?where=path+like+%27%25aiff%27")
    page.locator(CELL).first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("1.00 s, mono").wait_for()


def test_texts_are_read_and_what_stands_in_them_is_text(mails: Bench) -> None:
    page = mails.open("#/look?where=contains%28text%2C+%27img%27%29")
    page.locator(CELL).first.wait_for()
    page.keyboard.press("Enter")
    page.locator("blockquote.text", has_text="onerror").wait_for()
    assert page.locator("blockquote.text img").count() == 0
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.get_by_label("part of the class's name").fill(EVIL)
    page.keyboard.press("Enter")
    page.get_by_text("1 sample labelled <img").wait_for()
    page.locator(f"{CELL} .cell-label", has_text="onerror").wait_for()
    assert page.locator("main img[src='x']").count() == 0
    assert logged(mails)[-1].verb == "label"


def test_every_key_is_listed_and_can_be_set_anew(pets: Bench) -> None:
    page = pets.open("#/look?sort=bytes")
    page.locator(CELL).first.wait_for()
    page.keyboard.press("?")
    page.get_by_role("button", name="set the key of exclude", exact=True).click()
    page.keyboard.press("Shift+Y")
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("x")
    page.keyboard.press("Shift+Y")
    page.get_by_text("1 sample excluded").wait_for()
    page.locator("#filter").click()
    page.keyboard.type("Y123")
    assert page.locator("#filter").input_value() == "Y123"
    page.locator("#filter").fill("")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").first.click()
    page.get_by_text("took back").wait_for()


@pytest.mark.parametrize("look", [(1280, "light"), (360, "dark"), (3840, "light")], ids=str)
def test_at_any_width_it_can_be_read_and_reached(
    serve: StartBench, pets: Bench, mails: Bench, look: tuple[int, str]
) -> None:
    for bench in (pets, mails):
        page = bench.open("#/look?sort=-bytes", width=look[0], height=800 if look[0] < 3000 else 2160, scheme=look[1])
        page.locator(CELL).first.wait_for()
        page.keyboard.press("Enter")
        page.locator("aside.sample dl").wait_for()
        sticks, _ = page.evaluate(STICKS_OUT)
        assert sticks == 0
        assert bench.serious(page) == []
        _, pale = page.evaluate(PALE)
        assert [one for one in pale if "cell" not in one] == []


def test_names_full_of_scripts_are_shown_as_they_are(serve: StartBench, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "evil.trainset") as dataset:
        dataset.import_(pictures(tmp_path / "in", classes=NAMES, each=3))
    bench = serve(tmp_path / "evil.trainset")
    page = bench.open(width=400)
    page.locator(CELL).first.wait_for()
    page.get_by_role("button", name="Facets").click()
    page.get_by_text(EVIL.replace("/", "")).first.wait_for()
    assert page.evaluate(STICKS_OUT)[0] == 0
    assert page.locator("img[src='x']").count() == 0
    bench.check()


def test_an_address_without_its_token_shows_nothing(pets: Bench) -> None:
    context = pets.browser.new_context()
    page = context.new_page()
    page.goto(f"{pets.origin}/#/look")
    page.get_by_role("heading", name="Not signed in").wait_for()
    assert page.locator(".cell").count() == 0
    context.close()
