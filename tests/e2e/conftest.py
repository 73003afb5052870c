"""A real browser: Debian's Chromium, driven by Playwright, which downloads none of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.helpers import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

ARGUMENTS = [
    "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
WAIT = 20_000  # milliseconds


@dataclass
class Seen:
    """A page in the browser, with what it complained of and what it asked for beyond itself."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


Open = Callable[..., Seen]


def missing(what: str) -> None:
    """A failure in CI, a skip elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with its module: the tests of worker processes look at every process there is."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("no Playwright: pip install --group dev")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        missing("no Chromium: apt-get install chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root otherwise
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *sandbox])
        yield made
        made.close()


@pytest.fixture
def show(browser: Browser) -> Iterator[Open]:
    """Opens a file, `width` pixels wide, in the colours of `scheme`."""
    contexts = []

    def opened(file: Path, width: int = 1280, scheme: str = "light") -> Seen:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(WAIT)
        seen = Seen(context.new_page())

        def asked(dialog: Dialog) -> None:
            seen.complaints.append(dialog.message)
            dialog.dismiss()

        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("dialog", asked)
        seen.page.on(
            "request",
            lambda request: None if request.url.startswith("data:") else seen.requests.append(request.url),
        )
        seen.page.goto(file.as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()


AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass
class Bench:
    """A running workbench. Every page it opens fails the test at its end when it complains, or asks for anything beyond the server."""

    browser: Browser
    folder: Path
    address: str
    reviewer: str
    process: subprocess.Popen[str]
    seen: list[Seen] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self.address.split("/?")[0]

    def open(
        self, hash: str = "#/look", *, width: int = 1280, height: int = 900, scheme: str = "light", address: str = ""
    ) -> Page:
        """A page of its own session, signed in, at a place."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, service_workers="block"
        )
        context.set_default_timeout(WAIT)
        page = context.new_page()
        seen = Seen(page)
        self.seen.append(seen)
        page.on("pageerror", lambda error: seen.complaints.append(f"error {error}"))
        page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((self.origin, "blob:", "data:")) else seen.requests.append(request.url)
            ),
        )
        page.goto(address or self.address)
        page.wait_for_function("() => !location.search")
        page.goto(f"{self.origin}/{hash}")
        return page

    def serious(self, page: Page) -> list[Any]:
        """What axe finds wrong, of what matters: its source is given to the browser itself, for the page's policy refuses any script."""
        if not AXE.exists():
            missing("no axe-core: make test installs it with the page")
        page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = page.evaluate(
            "axe.run().then(r => r.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.html.slice(0, 160))]))"
        )
        return [one for one in found if one[1] in ("serious", "critical")]

    def stop(self) -> None:
        """Ends the server, as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)

    def check(self) -> None:
        """Nothing was complained of and nothing was asked for elsewhere."""
        for seen in self.seen:
            seen.page.context.close()
        assert [text for seen in self.seen for text in (*seen.complaints, *seen.requests)] == []


StartBench = Callable[..., Bench]


@pytest.fixture(scope="module")
def serve(browser: Browser) -> Iterator[StartBench]:
    """Starts the workbench on a dataset, as `trainset serve` does; it ends with the module."""
    running = []

    def started(folder: Path, *arguments: str, port: int = 0) -> Bench:
        process, said = serving("-d", folder, "--reviewer", "bob", *arguments, port=port, TRAINSET_PERSON="ada")
        running.append(process)
        return Bench(browser, folder, said["address"], said["reviewers"]["bob"], process)

    yield started
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)
