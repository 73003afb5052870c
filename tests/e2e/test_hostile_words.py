"""Every page of the workbench on a dataset whose every word is an attack: markup, names that JavaScript's objects have, text that turns round."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.work.test_train import filled, trained

MARKUP = "<img src=x onerror=document.pwned=1><script>document.pwned=1</script>"
CLASSES = (
    "__proto__",
    "constructor",
    MARKUP,
    "javascript:document.pwned=1",
    "'\"><svg onload=document.pwned=1>",
    "hasOwnProperty",
)
SAYS = {
    "look": "60 samples", "health": "Likely wrong labels", "matrix": "only errors", "map": "60 samples", "versions": "Timeline", "runs": "Kept runs",
    "import": "Choose a folder",
}  # fmt: skip
"""What shows that a page is there."""


@pytest.fixture(scope="module")
def bench(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """60 texts of six classes with two runs, and a word of everything that people can say."""
    folder = tmp_path_factory.mktemp("hostile")
    given = [(f"\u202e{CLASSES[n % 6]} {n}", CLASSES[n % 6], MARKUP, "train") for n in range(60)]
    with filled(folder, given, wrong=[0, 4]) as dataset:
        trained(dataset)
        trained(dataset, head="logistic", epochs=4)
        dataset.map(embedder="hashed_ngrams")
        dataset.define_class("constructor", MARKUP, person=MARKUP)
        dataset.note(MARKUP, label="__proto__", person=MARKUP)
        dataset.set_card("licence", f"javascript:document.pwned=1 {MARKUP}", person=MARKUP)
        dataset.version("__proto__", MARKUP, person=MARKUP)
        dataset.label("constructor", where="text like '%proto%'", reason=MARKUP, person="constructor")
        dataset.version(MARKUP, person=MARKUP)
        dataset.set_cost("__proto__", "constructor", 5, person=MARKUP)
    found = serve(folder / "set")
    yield found
    found.check()  # nothing was complained of: no error of a page, nothing that the policy had to stop


@pytest.mark.parametrize("page", SAYS)
def test_words_are_words_on_every_page(bench: Bench, page: str) -> None:
    seen = bench.open(f"#/{page}")
    seen.get_by_text(SAYS[page]).filter(visible=True).first.wait_for()
    assert seen.evaluate(
        "document.pwned === undefined && !document.querySelector('[onerror], [onload], a[href^=\"javascript:\"]')"
    )
    if page == "look":
        seen.locator(".cell:not(.loading)").first.click()
        seen.keyboard.press("Enter")
        seen.locator("blockquote.text").wait_for()
    assert seen.evaluate("Object.prototype.pwned === undefined && ({}).samples === undefined")
