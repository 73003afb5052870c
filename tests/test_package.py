"""What is packed: wheel and sdist carry the built page, and a wheel made of the sdist needs no Node."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from trainset.server.pages import STATIC

ROOT = Path(__file__).parent.parent
PAGE = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file() and path.name != ".digest"}


def built(kind: str, of: Path, to: Path) -> Path:
    environment = {**os.environ, "PATH": "/usr/bin:/bin"}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(to)], cwd=of, env=environment, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    (made,) = to.iterdir()
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not PAGE:
        if os.environ.get("CI"):
            pytest.fail("the page is not built")
        pytest.skip("the page is not built: make install")
    return built("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


def in_wheel(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as packed:
        return {name.removeprefix("trainset/static/") for name in packed.namelist() if "/static/" in name}


def test_a_wheel_carries_the_page_and_its_notices(tmp_path: Path, sdist: Path) -> None:
    carried = in_wheel(built("wheel", ROOT, tmp_path))
    assert carried >= PAGE
    assert "index.html" in carried


def test_an_sdist_carries_page_and_sources_and_makes_the_same_wheel_without_node(tmp_path: Path, sdist: Path) -> None:
    with tarfile.open(sdist) as packed:
        names = {name.split("/", 1)[1] for name in packed.getnames() if "/" in name}
        packed.extractall(tmp_path / "from", filter="data")
    assert {f"src/trainset/static/{name}" for name in PAGE} <= names
    assert {"web/package-lock.json", "web/src/main.tsx", "hatch_build.py", "Makefile", "tests/conftest.py"} <= names
    assert not any("node_modules" in name or name.endswith(".pyc") for name in names)
    (unpacked,) = (tmp_path / "from").iterdir()
    assert in_wheel(built("wheel", unpacked, tmp_path / "wheel")) >= PAGE
    assert not (unpacked / "web" / "node_modules").exists()
