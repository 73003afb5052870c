"""The map in a browser: pointing shows, a lasso selects and relabels in one step, larger selections have an address too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.helpers import pictures

import trainset
from trainset.store.mapped import SCHEMA, write_map, write_regions
from trainset.store.query import open_table
from trainset.work.map_view import made_of

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

EACH = 120
CORNERS = {"cat": (0.0, 0.0), "dog": (0.9, 0.0), "owl": (0.0, 0.9)}


@pytest.fixture(scope="module")
def pets(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Three classes, each in a corner of a map that is already there."""
    folder = tmp_path_factory.mktemp("map")
    with trainset.init(folder / "pets.trainset") as dataset:
        dataset.import_(pictures(folder / "in", classes=tuple(CORNERS), each=EACH))
        with open_table(dataset, columns=["content", "label"]) as table:
            rows = table.select(["content", "label"], sort="label")
        spread = np.linspace(0, 0.1, EACH, dtype=np.float32)
        x, y = (np.concatenate([CORNERS[label][axis] + spread for label in CORNERS]) for axis in (0, 1))
        columns = [
            rows["content"].combine_chunks().cast(pa.binary(16)),
            *map(pa.array, (x, y)),
            pa.array([True] * len(x)),
        ]
        made = made_of(dataset)
        write_map(dataset, made, pa.Table.from_arrays(columns, schema=SCHEMA), len(x))
        regions = [
            {"number": n, "name": f"{label} 100%", "samples": EACH, "traits": [], "x": place[0], "y": place[1]}
            for n, (label, place) in enumerate(CORNERS.items(), 1)
        ]
        write_regions(dataset, made, 1, regions)
    bench = serve(folder / "pets.trainset")
    yield bench
    bench.check()


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a place of the map is on the screen, when all of it is shown."""
    box = page.locator(".plane canvas").first.bounding_box()
    assert box is not None
    side = 0.94 * min(box["width"], box["height"])
    return box["x"] + box["width"] / 2 + (x - 0.5) * side, box["y"] + box["height"] / 2 - (y - 0.5) * side


def opened(bench: Bench) -> Page:
    page = bench.open("#/map")
    page.wait_for_selector(".beside .value")
    page.wait_for_function("() => document.querySelector('.count').textContent.startsWith('3')")
    page.wait_for_timeout(300)  # the ids follow the first picture
    return page


def lasso(page: Page, *places: tuple[float, float]) -> None:
    page.keyboard.down("Shift")
    page.mouse.move(*at(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(page, *place), steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")


def test_a_lasso_relabels_what_is_in_it_as_one_action_that_can_be_undone(pets: Bench) -> None:
    page = opened(pets)
    lasso(page, (-0.03, -0.03), (0.2, -0.03), (0.2, 0.2), (-0.03, 0.2))
    page.wait_for_selector("text=120 selected")
    page.locator(".labels button", has_text="owl").click()
    page.wait_for_selector("text=120 samples labelled owl")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.beside .value')].some(b => b.textContent.includes('240'))"
    )
    with trainset.open(pets.folder) as dataset:
        assert (dataset.log()[-1].verb, dataset.log()[-1].entries) == ("label", 120)
    page.keyboard.press("u")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.beside .value')].every(b => b.textContent.includes('120'))"
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("text=120 selected", state="detached")


def legend(page: Page) -> list[str]:
    return [text.replace("\n", " ") for text in page.locator(".beside .value").all_inner_texts()]


def test_a_label_and_taking_it_back_are_shown_before_the_server_has_them(pets: Bench) -> None:
    page = opened(pets)
    before = legend(page)
    held: list[Route] = []
    for path in ("**/api/fixes/label", "**/api/undo"):
        page.route(path, lambda route: held.append(route))  # a built-in cannot be a handler
    lasso(page, (-0.03, -0.03), (0.2, -0.03), (0.2, 0.2), (-0.03, 0.2))
    page.wait_for_selector("text=120 selected")
    page.locator(".labels button", has_text="owl").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.beside .value')].some(b => b.textContent.includes('240'))"
    )
    page.keyboard.press("u")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.beside .value')].every(b => b.textContent.includes('120'))"
    )
    assert [one.request.url.rsplit("/", 1)[-1] for one in held] == ["label"]  # and the undoing waits behind it
    with trainset.open(pets.folder) as dataset:
        at = len(dataset.log())
        held.pop().continue_()
        page.wait_for_selector("text=120 samples labelled owl")
        page.wait_for_timeout(300)
        assert sorted(legend(page)) == sorted(before)  # what the server says meanwhile does not bring it back
        held.pop().continue_()
        page.wait_for_selector("text=took back")
        assert [one.verb for one in dataset.log()[at:]] == ["label", "undo"]
    page.wait_for_timeout(300)
    assert sorted(legend(page)) == sorted(before)
    page.keyboard.press("Escape")


def test_a_selection_is_shown_in_look_by_its_ids_or_by_a_name(pets: Bench) -> None:
    page = opened(pets)
    lasso(page, (0.85, -0.03), (1.03, -0.03), (1.03, 0.2), (0.85, 0.2))
    page.wait_for_selector("text=120 selected")
    page.keyboard.press("l")
    page.wait_for_selector(".cell:not(.loading)")
    page.wait_for_function("() => document.querySelector('.count').textContent === '120 samples'")
    assert "picked=" in page.url
    page.go_back()
    page.wait_for_selector(".beside .value")
    page.wait_for_timeout(300)
    lasso(page, (-0.03, -0.03), (1.03, -0.03), (1.03, 1.03), (-0.03, 1.03))
    page.wait_for_selector("text=360 selected")
    page.keyboard.press("l")
    page.wait_for_function("() => location.hash.startsWith('#/look?where=picked_')")
    page.wait_for_selector(".cell:not(.loading)")
    page.wait_for_function("() => document.querySelector('.count')?.textContent === '360 samples'")


def test_the_map_moves_by_keys_and_axe_finds_no_serious_fault(pets: Bench) -> None:
    page = opened(pets)
    before = page.evaluate("() => document.querySelector('.plane canvas').toDataURL()")
    for key in ("+", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_function("old => document.querySelector('.plane canvas').toDataURL() !== old", arg=before)
    page.keyboard.press("Home")
    page.wait_for_function("old => document.querySelector('.plane canvas').toDataURL() === old", arg=before)
    assert pets.serious(page) == []
    narrow = pets.open("#/map", width=360, height=740, scheme="dark")
    narrow.wait_for_selector(".plane canvas")
    narrow.wait_for_function("() => document.querySelector('.count').textContent.startsWith('3')")
    assert narrow.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_pointing_shows_the_sample_and_a_click_opens_it(pets: Bench) -> None:
    page = opened(pets)
    page.mouse.move(*at(page, 0.95, 0.05))
    page.wait_for_selector(".hover img[src]")
    assert "dog" in page.locator(".hover").inner_text()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_selector("aside.sample .facts")
    assert "sample=" in page.url
