"""`dataset.show()`: the workbench in a frame of a page of this machine, as a notebook is one."""

from __future__ import annotations

import functools
import http.server
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tests.helpers import pictures

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_a_notebook_shows_it_in_a_frame(browser: Browser, tmp_path: Path) -> None:
    with trainset.init(tmp_path / "pets.trainset") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=4))
        shown = dataset.show(where="label = 'cat'")
        (tmp_path / "www").mkdir()
        (tmp_path / "www" / "index.html").write_text(f"<h1>notebook</h1>{shown._repr_html_()}", encoding="utf-8")
        quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        notebook = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(quiet, directory=str(tmp_path / "www"))
        )
        threading.Thread(target=notebook.serve_forever, daemon=True).start()
        page = browser.new_context().new_page()
        try:
            page.goto(f"http://localhost:{notebook.server_port}/")
            page.frame_locator("iframe").get_by_text("4 samples").wait_for(timeout=20_000)
            dataset.exclude(where="label = 'cat' and bytes > 0")
            page.frame_locator("iframe").locator(".cell.excluded").first.wait_for(timeout=20_000)
        finally:
            page.context.close()
            notebook.shutdown()
            notebook.server_close()
            shown.close()
        assert not shown.thread.is_alive()
