"""The built page: small, whole, and of this machine alone."""

from __future__ import annotations

import gzip
import os
import re

import pytest
from starlette.testclient import TestClient

from tests.docs.pages import ROOT
from tests.server.conftest import Caller
from trainset.server.pages import STATIC

LARGEST = 100_000  # bytes of script of the first page, as sent


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    if not (STATIC / "index.html").exists():
        if os.environ.get("CI"):
            pytest.fail("the page is not built")
        pytest.skip("the page is not built: pip install -e .")


def test_the_first_page_is_small(call: Caller) -> None:
    visitor = call("")
    page = visitor.get("/").text
    scripts = re.findall(r'(?:src|href)="\./(assets/[^"]+\.js)"', page)
    assert len(scripts) >= 1
    sent = 0
    for name in scripts:
        with visitor.stream("GET", f"/{name}", headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
            assert "immutable" in answer.headers["cache-control"]
            data = b"".join(answer.iter_raw())
        assert gzip.decompress(data) == (STATIC / name).read_bytes()
        sent += len(data)
    assert sent < LARGEST


def test_the_page_names_no_other_host() -> None:
    for path in [STATIC / "index.html", *(STATIC / "assets").glob("*")]:
        text = path.read_text(encoding="utf-8", errors="replace")
        hosts = {*re.findall(r"(?:https?:)?//([a-z0-9.-]+\.[a-z]{2,})", text)}
        assert hosts <= {"react.dev", "www.w3.org"}, path.name  # in messages and names of elements, never asked


def test_an_asset_is_a_file_of_the_build_and_nothing_else(admin: TestClient) -> None:
    for name in ("", "index.html", ".digest", "app.py", "assets"):
        assert admin.get(f"/assets/{name}").status_code == 404
    page = admin.get("/")
    assert page.headers["cache-control"] == "no-cache"
    assert "<script>" not in page.text


def test_the_styles_of_a_page_do_not_reach_another() -> None:
    """A page's styles stay when one goes on: a class that two sheets style stands below the page's own in each."""
    of = dict[str, set[str]]()
    for sheet in (ROOT / "web" / "src").rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        for selectors in re.findall(r"([^{}]+)\{", text):
            for name in re.findall(r"(?:^|,)\s*\.([\w-]+)", selectors):
                of.setdefault(name, set()).add(sheet.name)
    assert len(of) > 100
    assert {name: sheets for name, sheets in of.items() if len(sheets) > 1} == {}
