"""The map, the matrix and diffs of a million samples: seconds to the first points, a step of panning, a lasso, another colouring, media under the
pointer, a label on half of it; what the server takes for each answer; its memory.

    python benchmarks/web_map_million.py [ROWS] [map|answers]

Targets: the map's first frame 2 s after the page is asked for, a step of panning 150 ms with software rendering, an answer 300 ms once it was given
before, the server 2 GB. Times are of a real page in headless Chromium without a graphics card against `trainset serve` on this machine. With
TRAINSET_MILLION the dataset is made in that folder once and kept; see million_seen.py for what it holds.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import million_seen
import psutil
from web_million import peak, served, spread

SIZE = {"width": 1280, "height": 900}
# whether points are on the canvas: its middle has another colour than its corner
PAINTED = """(() => { const canvas = document.querySelector('.plane canvas'); if (!canvas || !canvas.width) return false
  const side = Math.min(200, canvas.width, canvas.height), pen = canvas.getContext('2d')
  const some = new Uint32Array(pen.getImageData((canvas.width - side) >> 1, (canvas.height - side) >> 1, side, side).data.buffer)
  const ground = new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0]
  return some.some((one) => one !== ground && one !== 0) })()"""
FIRST = f"""new Promise((resolve) => {{ const look = () => {PAINTED} ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look)
  requestAnimationFrame(look) }})"""
# from each move of the pointer to the end of the frame that shows it
STEPS = """window.steps = []
  document.querySelector('.plane canvas').addEventListener('pointermove', (event) =>
    requestAnimationFrame(() => setTimeout(() => window.steps.push(performance.now() - event.timeStamp))))"""
# from now until something holds, and two frames
UNTIL = """new Promise((resolve, reject) => {{ const started = performance.now()
  {act}
  const look = () => {done} ? requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - started)))
    : performance.now() - started > 30000 ? reject(new Error('not within 30 s')) : setTimeout(look, 4)
  look() }})"""
ANSWER = """(path) => { const began = performance.now()
  return fetch(path).then((a) => a.arrayBuffer().then((b) => [performance.now() - began, b.byteLength, a.status])) }"""
COLOUR = """const one = document.querySelector('.subbar select'), before = document.querySelector('aside.beside').textContent
  Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(one, '{column}')
  one.dispatchEvent(new Event('change', {{bubbles: true}}))"""


def of_map(page: Any, origin: str) -> list[tuple[str, str]]:
    """What a person does on the map."""
    from playwright.sync_api import TimeoutError

    found, firsts = [], []
    for _ in range(5):
        page.goto("about:blank")
        page.goto(f"{origin}/#/map", wait_until="commit")
        firsts.append(page.evaluate(FIRST))
    found.append(("first points after the page was asked for, 2,000 ms", spread(firsts)))
    page.wait_for_timeout(2500)
    box = page.locator(".plane canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(STEPS)
    for name in ("all of it", "closer"):
        page.evaluate("window.steps = []")
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(60):
            page.mouse.move(x + 12 * (step % 10), y + 6 * (step % 7))
            page.wait_for_timeout(40)
        page.mouse.up()
        page.wait_for_timeout(500)
        found.append((f"a step of panning, {name}, 150 ms", spread(page.evaluate("window.steps"))))
        for _ in range(4):
            page.mouse.wheel(0, -200)
        page.wait_for_timeout(500)
    page.keyboard.press("Home")
    page.wait_for_timeout(500)
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    for across, down in ((0, 1), (0.5, 1), (0.5, 0)):
        page.mouse.move(box["x"] + 4 + across * (box["width"] - 8), box["y"] + 4 + down * (box["height"] - 8), steps=12)
    page.evaluate("window.addEventListener('pointerup', () => { window.lifted = performance.now() }, {capture: true})")
    page.mouse.up()
    page.keyboard.up("Shift")
    done = "/[1-9][0-9]{2},[0-9]{3}/.test(document.querySelector('.actionbar')?.textContent ?? '')"
    page.evaluate(UNTIL.format(act="", done=done))
    took = page.evaluate("performance.now() - window.lifted")
    found.append(("a lasso around half of them until they are selected", f"{took:.0f} ms"))
    page.wait_for_timeout(3000)
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#/map'")
    page.wait_for_timeout(2000)
    for column in ("predicted", "words", "disagreement", "region", "label"):
        act = COLOUR.format(column=column)
        done = "document.querySelector('aside.beside').textContent !== before"
        times = []
        for _ in range(2):
            times.append(page.evaluate(UNTIL.format(act=act, done=done)))
            page.wait_for_timeout(400)
            if len(times) == 1:
                page.evaluate(UNTIL.format(act=COLOUR.format(column="split"), done=done))
                page.wait_for_timeout(400)
        found.append((f"coloured by {column}, and again", f"{times[0]:.0f} ms, {times[1]:.0f} ms"))
    times = []
    for n in range(12):
        page.mouse.move(x - 200 + 34 * n, y - 90 + 17 * n)
        began = time.perf_counter()
        try:
            page.locator(".hover").wait_for(timeout=3000)
        except TimeoutError:
            continue  # there is no point there
        times.append(1000 * (time.perf_counter() - began))
        page.mouse.move(2, 2)
        page.locator(".hover").wait_for(state="detached")
    found.append(("from the pointer to the text beside it", spread(times) if times else "never shown"))
    return found


def of_answers(page: Any) -> list[tuple[str, str]]:
    """What the server takes, asked for the first time and again."""
    found = []
    paths = [
        "/api/map", "/api/map/places", "/api/map/ids", *(f"/api/map/colours?column={one}" for one in
        ("label", "predicted", "disagreement", "words", "path", "region", "contributor", "cluster")),
        "/api/map/shown", "/api/map/shown?where=words%20%3E%2010", "/api/runs", "/api/runs/latest", "/api/runs/latest?split=validation",
        "/api/runs/latest/counts", "/api/runs/latest/counts?beneath=true", "/api/runs/latest/epochs", "/api/runs/latest?decide=harm",
        "/api/runs/latest/counts?decide=harm", "/api/runs/latest/harm", "/api/runs/latest/harm/cells",
        "/api/runs/latest/part?label=class_02&predicted=class_03", "/api/runs/latest/part?label=class_02", "/api/runs/latest/part?predicted=class_03",
        "/api/runs/latest/part?predicted=class_03&first=3000", "/api/runs/latest/common?label=class_02&predicted=class_03",
        "/api/diff?a=v1&b=v2", "/api/diff?a=start&b=v2",
    ]  # fmt: skip
    for path in paths:
        times = []
        for _ in range(4):
            took, size, status = page.evaluate(ANSWER, path)
            times.append(took)
        again = ", ".join(f"{one:.0f}" for one in times[1:])
        found.append(
            (
                f"{path}{'' if status == 200 else f' ({status})'}",
                f"{times[0]:,.0f} ms, again {again} ms; {size / 1000:,.0f} kB",
            )
        )
    return found


def main() -> None:
    """Prints one table."""
    from playwright.sync_api import sync_playwright

    rows = next((int(one) for one in sys.argv[1:] if one.isdecimal()), 1_000_000)
    parts = [one for one in sys.argv[1:] if not one.isdecimal()] or ["map", "answers"]
    kept = os.environ.get("TRAINSET_MILLION")
    place = Path(kept) if kept else Path(tempfile.mkdtemp())
    process, address = served(million_seen.made(place, rows))
    found: list[tuple[str, str]] = []
    try:
        with sync_playwright() as playwright:
            program = next(one for name in ("chromium", "google-chrome") if (one := shutil.which(name)))
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context(viewport=SIZE).new_page()
            began = time.perf_counter()
            page.goto(address)
            page.goto(f"{address.split('/?')[0]}/#/map")
            page.evaluate(FIRST)
            found.append(("first points of a server that has just started", f"{time.perf_counter() - began:.1f} s"))
            if "map" in parts:
                found += of_map(page, address.split("/?")[0])
            if "answers" in parts:
                found += of_answers(page)
            memory = psutil.Process(process.pid).memory_info().rss
            found.append(
                ("memory of the server now, and at most, 2 GB", f"{memory / 1e9:.2f} GB, {peak(process.pid):.2f} GB")
            )
            browser.close()
    finally:
        process.terminate()
        process.wait(30)
        if not kept:
            shutil.rmtree(place)
        print(f"{rows:,} samples; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at {time.strftime('%H:%M')}")
        for what, value in found:
            print(f"| {what} | {value} |")


if __name__ == "__main__":
    main()
