"""The workbench at a million samples: seconds to the first samples, a filter, a sort, a drag to anywhere, a key; memory of the server; and that the
last sample is reached in Chromium and in Firefox.

    python benchmarks/web_million.py [ROWS]

Targets: first samples 1.5 s after the page loads, a filter or a sort 300 ms, a drag 300 ms, a key to the next painted sample 50 ms, the server 2 GB.
Times are of a real page in headless Chromium against `trainset serve` on this machine, medians of several; the dataset is the one of million_rows.py.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import million_rows
import psutil
from web_firefox import reach_last

ROWS = 1_000_000
CELL = ".cell:not([hidden]):not(.loading)"

# milliseconds from an act to the frame after the first in which something holds; written out, for the page's policy allows no eval
ACT = """new Promise((resolve, reject) => {{
  const started = performance.now()
  {act}
  const look = () => {done} ? requestAnimationFrame(() => resolve(performance.now() - started))
    : performance.now() - started > 30000 ? reject(new Error('not within 30 s')) : requestAnimationFrame(look)
  requestAnimationFrame(look)
}})"""
WATCH = """window.moved = false
  const watcher = new MutationObserver(() => {{ window.moved = true; watcher.disconnect() }})
  watcher.observe(document.querySelector('.grid-layer'), {{subtree: true, attributes: true, attributeFilter: ['title']}})
  location.hash = '{hash}'"""
FIRST = "Math.min(...[...document.querySelectorAll('.cell:not([hidden]):not(.loading)')].map(c => +c.dataset.index))"
FULL = "document.querySelectorAll('.cell.loading:not([hidden])').length === 0 && document.querySelectorAll('.cell:not([hidden])').length > 10"


def served(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """A server and its address."""
    command = [sys.executable, "-m", "trainset", "serve", "-d", str(folder), "--port", "0", "--no-browser", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = ""
    assert process.stdout is not None
    while not lines.endswith("\n}\n"):
        lines += process.stdout.readline()
    return process, str(json.loads(lines)["address"])


def measured(page: Any, act: str, done: str) -> float:
    """Milliseconds."""
    return float(page.evaluate(ACT.format(act=act, done=done)))


def main() -> None:
    """Prints one table."""
    from playwright.sync_api import sync_playwright

    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    kept = os.environ.get("TRAINSET_MILLION")
    place = Path(kept) if kept else Path(tempfile.mkdtemp())
    folder = place / "mil.trainset"
    if not folder.exists():
        million_rows.write(place / "mil.csv", rows)
        subprocess.run(
            [sys.executable, "-m", "trainset", "import", "mil.csv", "-d", "mil.trainset"],
            cwd=place,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    process, address = served(folder)
    found: list[tuple[str, str]] = []
    try:
        with sync_playwright() as playwright:
            program = next(one for name in ("chromium", "google-chrome") if (one := shutil.which(name)))
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.goto(address)
            page.locator(CELL).first.wait_for(timeout=120_000)
            firsts = []
            for _ in range(5):
                page.goto("about:blank")
                page.goto(address.split("/?")[0] + "/#/look", wait_until="commit")
                page.locator(CELL).first.wait_for()
                firsts.append(
                    page.evaluate("performance.now() - performance.getEntriesByType('navigation')[0].loadEventEnd")
                )
            found.append(("first samples after the page has loaded, target 1,500 ms", spread(firsts)))
            page.wait_for_timeout(1500)
            for name, hashes in (
                ("filter, 300 ms", [f"#/look?where=characters+%3E+{n}" for n in (50, 60, 70, 80, 90)]),
                (
                    "sort, 300 ms",
                    [f"#/look?sort={sign}{column}" for column in ("words", "characters") for sign in ("", "-")],
                ),
                ("another draw, 300 ms", [f"#/look?seed={n}" for n in (5, 6, 7)]),
            ):
                times = []
                for hash in hashes:
                    times.append(measured(page, WATCH.format(hash=hash), f"window.moved && {FULL}"))
                    page.wait_for_timeout(700)
                found.append((f"{name}", spread(times)))
            times = []
            for share in (0.13, 0.9, 0.47, 0.71, 0.28, 0.99):
                act = f"const e = document.querySelector('.grid'); e.scrollTop = {share} * (e.scrollHeight - e.clientHeight)"
                times.append(measured(page, act, f"{FULL} && Math.abs({FIRST} - {share * rows}) < {rows // 50}"))
                page.wait_for_timeout(300)
            found.append(("a drag to anywhere, 300 ms", spread(times)))
            page.evaluate("document.querySelector('.grid').focus()")
            page.keyboard.press("End")
            page.locator(f"#cell-{rows - 1}:not(.loading)").wait_for()
            found.append(("the last sample in Chromium", "reached"))
            page.keyboard.press("Home")
            page.locator("#cell-0:not(.loading)").wait_for()
            times = []
            for n in range(30):
                act = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '1', bubbles: true, cancelable: true}))"
                times.append(
                    measured(
                        page, act, f"document.querySelector('.cell.active:not(.loading)')?.dataset.index === '{n + 1}'"
                    )
                )
            found.append(("a key to the next painted sample, 50 ms", spread(times)))
            page.wait_for_timeout(8_000)
            memory = psutil.Process(process.pid).memory_info().rss
            found.append(
                ("memory of the server now, and at most", f"{memory / 1e9:.2f} GB, {peak(process.pid):.2f} GB")
            )
            browser.close()
        found.append(("the last sample in Firefox", reach_last(address, rows)))
    finally:
        process.terminate()
        process.wait(30)
        if not kept:
            shutil.rmtree(place)
    print(f"{rows:,} samples; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} at {time.strftime('%H:%M')}")
    for what, value in found:
        print(f"| {what} | {value} |")


def spread(times: list[float]) -> str:
    """Median and largest."""
    return f"{statistics.median(times):.0f} ms (at most {max(times):.0f}, of {len(times)})"


def peak(process: int) -> float:
    """GB that a process has held at most (Linux)."""
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1e6


if __name__ == "__main__":
    main()
