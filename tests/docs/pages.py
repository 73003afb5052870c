"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def everything() -> str:
    return "\n".join(read(page) for page in PAGES)


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of every fenced block, in order."""
    for match in _FENCE.finditer(read(page)):
        yield match[1], match[2]


def commands(page: Path) -> Iterator[tuple[str, int]]:
    """Every line `$ trainset ...` of a page's console blocks, and the exit code it must have."""
    for language, text in blocks(page):
        for line in text.splitlines() if language == "console" else ():
            if line.startswith("$ trainset "):
                command, _, code = line.removeprefix("$ trainset ").partition("  # exits ")
                yield command, int(code or 0)


def links(page: Path) -> Iterator[str]:
    """The targets of links to other pages and files."""
    for target in _LINK.findall(_FENCE.sub("", read(page))):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def anchors(page: Path) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(_FENCE.sub("", read(page)))
    }
