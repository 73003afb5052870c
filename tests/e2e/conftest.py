"""A real browser: Debian's Chromium, driven by Playwright, which downloads none of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
