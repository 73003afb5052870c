"""Takes the pictures of the workbench that README shows: `python -m docs.screenshots`. Of scikit-learn's digits, with a planted mistake here and there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURES = Path(__file__).parent / "images"
SHOTS = (
    ("look", "#/look?where=label+%3D+%278%27", "light", ".cell:not(.loading)"),
    ("sample", "#/look?where=predicted+%3C%3E+label&sort=-confidence", "dark", ".cell:not(.loading)"),
    ("matrix", "#/matrix", "light", "canvas"),
    ("health", "#/health", "light", "main h1"),
    ("map", "#/map", "light", "canvas"),
    ("versions", "#/versions", "light", "main h1"),
)
"""Name of the file, place, colours, and what is to be there before the picture is taken."""


def main() -> None:
    """Makes the dataset, serves it and takes every picture."""
    from playwright.sync_api import sync_playwright

    from trainset.quickstart import write_digits

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_digits(place / "digits")

        def run(*arguments: str) -> None:
            subprocess.run(
                [sys.executable, "-m", "trainset", *arguments, "-d", "digits.trainset"],
                cwd=place,
                check=True,
                stdout=subprocess.DEVNULL,
            )

        run("import", "digits")
        run("version", "v1", "-m", "as imported")
        run("label", "3", "--where", "label = '8' and path like '8/digit_00%'", "--why", "planted for the pictures")
        run("train", "--embedder", "pixels")
        run("map", "--embedder", "pixels")
        run("label", "8", "--where", "label = '3' and path like '8/%'", "--why", "they are eights")
        run("version", "v2", "-m", "the eights are eights again")
        run("compare", "v1", "v2", "--embedder", "pixels")
        command = [
            sys.executable,
            "-m",
            "trainset",
            "serve",
            "-d",
            "digits.trainset",
            "--port",
            "0",
            "--no-browser",
            "--json",
        ]
        server = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True)
        try:
            lines = ""
            while not lines.endswith("\n}\n"):
                assert server.stdout is not None  # noqa: S101  # it is a pipe
                lines += server.stdout.readline()
            address = json.loads(lines)["address"]
            with sync_playwright() as playwright:
                program = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
                for name, hash, scheme, there in SHOTS:
                    context = browser.new_context(
                        viewport={"width": 1280, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
                    )
                    page = context.new_page()
                    page.goto(address)
                    page.goto(address.split("/?")[0] + "/" + hash)
                    page.locator(there).first.wait_for()
                    if name == "sample":
                        page.keyboard.press("Enter")
                    page.wait_for_timeout(2_000)
                    page.screenshot(path=PICTURES / f"{name}.png")
                    print(f"docs/images/{name}.png")
                    context.close()
                browser.close()
        finally:
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
