"""Every page on one odd dataset: names that are long, turned, empty of letters or full of scripts, at 360 pixels, 1280 and 4K, in light and dark; by keys alone; and while the server fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from tests.e2e.conftest import Bench, StartBench
from tests.e2e.test_page_of_an_audit import EVIL
from tests.helpers import pictures

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG = (
    "a class whose name goes on and on, because somebody took the whole guideline for the name of a folder of pictures"
)
ODD = (EVIL, LONG, "x" * 120, "חתול כלב", "👩‍👩‍👧 family", "Z̴͑ͫ̓̂a̵ͯ̈ĺ̶̤̞g̷̑ͪo", "null", "turned\u202egnp.exe")
PLACES = {
    "look": ".cell:not([hidden]):not(.loading)",
    "look?sort=-aspect&sample={}": ".sample dl",
    "health": ".checks a[aria-current]",
    "health?part=duplicates": "main h1, .empty",
    "health?part=imports": ".outcomes",
    "matrix": ".matrix-below table",
    "map": ".plane canvas",
    "versions": ".timeline li",
    "versions?part=diff&a=before": "main h3, main .some",
    "versions?part=card": "iframe",
    "runs": ".runs-table",
    "import": "main h1",
}
"""Places of the page, and what is there once it is whole."""

# What sticks out of the page, or is cut although nothing says what it was: a title of it or of what it stands in.
WRONG = """() => {
  const wide = document.documentElement.clientWidth, wrong = []
  const extra = document.documentElement.scrollWidth - wide
  if (extra > 0) wrong.push('the page is ' + extra + ' pixels too wide')
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange()
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement
    if (!node.data.trim() || parent.closest('.unseen, .skip, option, [hidden], title, script')) continue
    range.selectNodeContents(node)
    const text = range.getBoundingClientRect()
    if (!text.width || !parent.checkVisibility()) continue
    for (let e = parent; e && e !== document.documentElement; e = e.parentElement) {
      const style = getComputedStyle(e), box = e.getBoundingClientRect()
      if (/auto|scroll/.test(style.overflowX) && style.overflowX !== 'visible') break
      if (style.overflowX === 'visible') continue
      if (text.right > box.right + 1 || text.left < box.left - 1)
        if (!parent.closest('[title]:not([title=""])')) wrong.push('cut: ' + parent.outerHTML.slice(0, 120) + ' in ' + e.className)
    }
    if (!wrong.length && text.right > wide + 1 && ![...function* (e) { for (; e; e = e.parentElement) yield e }(parent)].some(e => getComputedStyle(e).overflowX !== 'visible'))
      wrong.push('sticks out: ' + parent.outerHTML.slice(0, 120))
  }
  return [...new Set(wrong)]
}"""

# Of what has the focus: whether one sees that it has, and which it is.
FOCUS = """() => {
  const e = document.activeElement
  if (!e || e === document.body) return null
  const style = getComputedStyle(e), box = e.getBoundingClientRect()
  window.tabbed ??= new Map()
  if (!window.tabbed.has(e)) window.tabbed.set(e, window.tabbed.size)
  const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) && box.width > 0 && box.height > 0
  return [window.tabbed.get(e), seen || e.tagName === 'IFRAME', e.outerHTML.slice(0, 120)]
}"""


@pytest.fixture(scope="module")
def odd(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Eight odd classes; pictures very wide, very tall and of one pixel; names of 200 letters; no label, no split; one damaged, one gone."""
    folder = tmp_path_factory.mktemp("odd")
    source = pictures(folder / "in", classes=ODD, each=6)
    plain, draw = source / "null", np.random.default_rng(0)
    for name, shape in (("wide", (2, 3000)), ("tall", (3000, 2)), ("dot", (1, 1)), ("y" * 200, (30, 40))):
        Image.fromarray(draw.integers(0, 255, (*shape, 3), dtype=np.uint8)).save(plain / f"{name}.png")
    (plain / "damaged.png").write_bytes((plain / "tall.png").read_bytes()[:900])
    (plain / f"{'b' * 150}.png").write_bytes(b"no picture")
    with trainset.init(folder / f"{'odd ' * 12}{EVIL.replace('/', '')}.trainset") as dataset:
        dataset.import_(source)
        dataset.version("before", LONG)
        ids = [row["id"] for row in dataset.look(n=100).rows()]
        dataset.label(None, ids[:3], reason=LONG)
        dataset.move_split(None, ids[3:6])
        dataset.label(ODD[0], ids[6:9], reason=EVIL)
        dataset.note(EVIL + "w" * 300, ids[9:10])
        dataset.train(embedder="pixels")
        dataset.map(embedder="pixels")
        dataset.audit()
    (source / LONG / "0.png").unlink()
    bench = serve(folder / dataset.folder.name)
    yield bench
    for seen in bench.seen:  # the browser tells of the picture that is gone
        seen.complaints = [text for text in seen.complaints if "410 (Gone)" not in text]
    bench.check()


@pytest.fixture(scope="module")
def some(odd: Bench) -> str:
    """The id of the picture that is very wide."""
    with trainset.open(odd.folder) as dataset:
        return str(dataset.look(n=1, where="path like '%wide.png'").rows()[0]["id"])


def whole(odd: Bench, page: Page, place: str, some: str) -> None:
    page.goto(f"{odd.origin}/#/{place.format(some)}")
    page.locator(PLACES[place]).first.wait_for()
    page.wait_for_timeout(150)


@pytest.mark.parametrize("size", [(360, 740), (1280, 800), (3840, 2160)], ids=str)
def test_every_page_can_be_read_at_any_size(odd: Bench, some: str, size: tuple[int, int]) -> None:
    page = odd.open(width=size[0], height=size[1], scheme="dark" if size[0] == 360 else "light")
    wrong = {}
    for place in PLACES:
        whole(odd, page, place, some)
        found = [*page.evaluate(WRONG), *odd.serious(page)]
        if size[0] == 1280:
            page.emulate_media(color_scheme="dark")
            found += odd.serious(page)
            page.emulate_media(color_scheme="light")
        if found:
            wrong[place] = found
    page.keyboard.press("?")
    page.locator("dialog.help").wait_for()
    wrong["?"] = [*page.evaluate(WRONG), *odd.serious(page)]
    assert {place: found for place, found in wrong.items() if found} == {}
    assert page.locator("main img[src='x']").count() == 0


def test_tab_leads_through_every_page_and_out_of_it_again_and_one_sees_where_one_is(odd: Bench, some: str) -> None:
    page = odd.open()
    for place in PLACES:
        whole(odd, page, place, some)
        page.evaluate("() => { window.tabbed = new Map(); document.activeElement.blur() }")
        unseen, last = [], 0
        for _ in range(400):
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUS)
            if at is None or at[0] < last:
                break
            last = at[0]
            if not at[1]:
                unseen.append(at[2])
        else:
            pytest.fail(f"{place}: no end after {last} stops")
        assert unseen == [], place
        assert last > 8, place
