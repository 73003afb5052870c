"""Takes the pictures of the workbench that README shows: `python -m docs.screenshots`, on scikit-learn's digits with planted mistakes."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from tests.helpers import run, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = Path(__file__).parent / "images"
WIDTH, HEIGHT = 1280, 800
WAIT = 60_000  # milliseconds: the checks run beside the pages
PLANTED = (("3", "8", "00"), ("3", "8", "01"), ("7", "1", "00"), ("9", "5", "00"))
"""Label that is put on, true class, and the beginning of the digits' numbers."""


@dataclass(frozen=True)
class Shot:
    """A picture: its file's name, its place in the workbench, what is done there before it is taken, and what it shows in words."""

    name: str
    hash: str
    alt: str
    act: Callable[[Page], None]
    scheme: str = "light"


CELL = ".cell:not([hidden]):not(.loading)"


def _look(page: Page) -> None:
    page.locator(CELL).first.wait_for()
    page.locator(".value", has_text="validation").wait_for()


def _sample(page: Page) -> None:
    page.locator(CELL).first.dblclick()
    page.locator(".sample summary", has_text="Neighbours").click()
    page.locator(".sample .neighbours img").first.wait_for()


def _matrix(page: Page) -> None:
    page.locator(".part-cell img").first.wait_for()
    page.get_by_text("comparing with the rest").wait_for(state="hidden")


def _health(page: Page) -> None:
    page.locator(".check img").first.wait_for()


def _map(page: Page) -> None:
    page.get_by_text("1,797 samples").wait_for()
    page.locator(".beside .swatch").first.wait_for()


def _changed(page: Page) -> None:
    page.locator(".some img[src]").first.wait_for()


SHOTS = (
    Shot("look", "#/look", "Look: all digits in a grid, with the counts of each label and split at the left", _look),
    Shot(
        "sample",
        "#/look?where=predicted+%3C%3E+label&sort=-confidence",
        "Digits whose label the model contradicts, the surest first; one is open, with its measures, history and neighbours",
        _sample,
        "dark",
    ),
    Shot(
        "matrix",
        "#/matrix?label=3&predicted=8",
        "Matrix: what is taken for what; beside it the digits labelled 3 that are taken for 8, and what they have in common",
        _matrix,
    ),
    Shot("health", "#/health?check=label_error", "Health: likely wrong labels, each with the reason", _health),
    Shot("map", "#/map", "Map: all digits in the plane, those alike side by side, coloured by label", _map, "dark"),
    Shot(
        "versions",
        "#/versions?part=diff&a=v1&b=v2",
        "Versions: what changed between two versions, sample by sample, with who and why",
        _changed,
    ),
)


def shown(shot: Shot) -> str:
    """The line of README that shows a picture."""
    return f"![{shot.alt}](docs/images/{shot.name}.webp)"


def _call(place: Path, *arguments: str) -> None:
    done = run(*arguments, "-d", "digits.trainset", cwd=place, seconds=600, TRAINSET_PERSON="ada")
    assert done.returncode == 0, done.stdout + done.stderr  # noqa: S101


def _make(place: Path) -> None:
    """The digits with mistakes in their labels, trained on, mapped and audited."""
    from trainset.quickstart import write_digits

    write_digits(place / "digits")
    _call(place, "import", "digits")
    for wrong, true, number in PLANTED:
        where = f"path like '{true}/digit_{number}%'"
        _call(place, "label", wrong, "--where", where, "--why", "first pass, in a hurry")
    _call(place, "version", "v1", "-m", "as it came")
    _call(place, "train", "--embedder", "pixels")
    _call(place, "map", "--embedder", "pixels")
    _call(place, "audit")


def _correct(place: Path) -> None:
    """The mistakes corrected, as a version of their own."""
    for wrong, true, number in PLANTED:
        where = f"label = '{wrong}' and path like '{true}/digit_{number}%'"
        _call(place, "label", true, "--where", where, "--why", "looked at, one by one")
    _call(place, "version", "v2", "-m", "labels corrected")


def main() -> None:
    """Makes the dataset, serves it and takes every picture; the lines of README that show them are printed."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _make(place)
        server, said = serving("-d", "digits.trainset", cwd=place, TRAINSET_PERSON="ada")
        try:
            with sync_playwright() as playwright:
                program = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])

                def take(shot: Shot) -> None:
                    context = browser.new_context(
                        viewport={"width": WIDTH, "height": HEIGHT},
                        color_scheme="dark" if shot.scheme == "dark" else "light",
                        reduced_motion="reduce",
                    )
                    context.set_default_timeout(WAIT)
                    page = context.new_page()
                    context.add_init_script("localStorage.setItem('trainset.size', '80')")
                    page.goto(said["address"])
                    page.wait_for_function("() => !location.search")
                    page.goto(said["address"].split("/?")[0] + "/" + shot.hash)
                    shot.act(page)
                    page.wait_for_timeout(1_500)
                    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
                    taken.save(PICTURES / f"{shot.name}.webp", quality=88, method=6)
                    print(shown(shot))
                    context.close()

                for shot in SHOTS[:-1]:
                    take(shot)
                _correct(place)
                take(SHOTS[-1])
                browser.close()
        finally:
            server.terminate()
            server.communicate(timeout=30)


if __name__ == "__main__":
    main()
