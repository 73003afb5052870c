"""The page of an audit in a browser: nothing sticks out, everything can be read, heard and reached, nothing is run or asked for."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.e2e.conftest import Open
from tests.helpers import pictures

import trainset

EVIL = "<img src=x onerror=alert(1)>"
NAMES = (EVIL, "turned\u202egnp.exe", "n" * 200, "\u05e2\u05d1\u05e8\u05d9\u05ea", "plain")

STICKS_OUT = """() => {
  const width = document.documentElement.clientWidth
  const outside = [...document.body.querySelectorAll("*")].filter(
    e => !e.closest(".wide") && !e.closest(".skip") && e.getBoundingClientRect().right > width + 1)
  return [document.documentElement.scrollWidth - width, outside.map(e => e.tagName + "." + e.className)]
}"""

# WCAG 2.2, 1.4.3: relative luminance, and the ratio of the text's to that of what lies behind it.
PALE = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number)
  const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [.2126, .7152, .0722][n], 0)
  const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3]) return c }
    return [255, 255, 255] }
  const texts = [...document.body.querySelectorAll("*")].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
  const ratio = e => { const [a, b] = [luminance(parts(getComputedStyle(e).color)), luminance(behind(e))].sort((x, y) => y - x)
    return (a + .05) / (b + .05) }
  return [texts.length, texts.filter(e => ratio(e) < 4.5).map(e => e.tagName + "." + e.className + " " + ratio(e))]
}"""


@pytest.fixture(scope="module")
def page_of_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    source = pictures(folder / "in", classes=NAMES, each=6)
    for n in range(3):
        shutil.copyfile(source / "plain" / f"{n}.png", source / NAMES[3] / f"copy{n}.png")
        (source / EVIL / f"{'b' * 150}{n}.png").write_bytes(b"no picture")
    Image.new("RGB", (300, 4), (3, 3, 3)).save(source / "plain" / ("y" * 200 + ".png"))
    with trainset.init(folder / f"{EVIL.replace('/', '')}.trainset") as dataset:
        dataset.import_(source)
        return dataset.save_audit(dataset.audit(), folder / "audit.html").path


@pytest.fixture(scope="module")
def page_of_recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, draw = tmp_path_factory.mktemp("recordings"), np.random.default_rng(0)
    for name, rate, seconds, coding in (
        ("a.wav", 8_000, 1, "PCM_16"), ("b.wav", 16_000, 30, "PCM_16"), ("c.flac", 48_000, 1, "PCM_24"), ("d.wav", 1_000, 1, "PCM_16"),
        ("e.ogg", 22_050, 1, "VORBIS"), ("f.wav", 16_000, 1, "FLOAT"), ("g.mp3", 44_100, 1, "MPEG_LAYER_III"),
    ):  # fmt: skip
        place = folder / "in" / "word" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place, draw.normal(0, 1e-5, rate * seconds), rate, coding)
    with trainset.init(folder / "set") as dataset:
        dataset.import_(folder / "in")
        return dataset.save_audit(dataset.audit(only=["near_silent"]), folder / "audit.html").path


@pytest.fixture(params=[(1280, "light"), (800, "dark"), (400, "light"), (320, "dark")], ids=str)
def look(request: pytest.FixtureRequest) -> Iterator[tuple[int, str]]:
    yield request.param


def test_at_any_width_nothing_sticks_out_and_everything_can_be_read(
    page_of_pictures: Path, show: Open, look: tuple[int, str]
) -> None:
    seen = show(page_of_pictures, *look)
    assert seen.page.evaluate(STICKS_OUT) == [0, []]
    texts, pale = seen.page.evaluate(PALE)
    assert texts > 50
    assert pale == []
    lines = "e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight)"
    heads = [cell.evaluate(lines) for cell in seen.page.locator("thead th").all()]
    assert heads
    assert max(heads) < 1.9  # the name of a column is one word, and is not broken


def test_a_page_shows_its_pictures_and_complains_of_nothing(page_of_pictures: Path, show: Open) -> None:
    seen = show(page_of_pictures)
    shown = seen.page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0)")
    assert len(shown) > 5
    assert all(shown)
    assert seen.complaints == []
    assert seen.requests == [page_of_pictures.as_uri()]
    assert EVIL in seen.page.locator("h1").inner_text()


def test_players_play(page_of_recordings: Path, show: Open) -> None:
    seen = show(page_of_recordings)
    players = seen.page.locator("audio")
    assert players.count() == 7
    for player in players.all():
        seconds = player.evaluate(
            """player => new Promise((good, bad) => {
              player.muted = true; player.onerror = () => bad(player.error.message)
              player.ontimeupdate = () => { if (player.currentTime > 0) good(player.duration) }
              player.play().catch(bad)
            })"""
        )
        assert 0.5 < seconds < 6
    assert seen.complaints == []
    assert seen.requests == [page_of_recordings.as_uri()]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page_of_pictures: Path, show: Open) -> None:
    page = show(page_of_pictures, 400).page
    page.keyboard.press("Tab")
    first = page.locator(":focus")
    assert first.inner_text() == "Skip to the findings"
    box = first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.tagName, parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        if name == "BODY":
            break
        reached.add(name)
        assert outline >= 2, name
    assert reached >= {"A", "SUMMARY", "DIV"}  # the findings, the counts of the classes, tables that scroll


def test_what_is_smuggled_into_a_page_is_neither_run_nor_loaded(
    page_of_pictures: Path, show: Open, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/x.png"
        run = "document.title = 'run'"
        smuggled = f'<script>{run}</script><img src="{address}" onerror="{run}"><p style="color: red">'
        html = page_of_pictures.read_text()
        (tmp_path / "audit.html").write_text(html.replace("</body>", smuggled + "</body>"))
        seen = show(tmp_path / "audit.html")
        with pytest.raises(BlockingIOError):  # nobody called
            listening.accept()
    assert seen.page.title().startswith("Audit of ")
    assert sum("Content Security Policy" in said for said in seen.complaints) >= 4
