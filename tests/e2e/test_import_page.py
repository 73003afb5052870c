"""From an empty dataset to samples and findings, in the browser alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Bench, StartBench
from tests.helpers import pictures

import trainset

LONG = 120_000  # milliseconds: a job is a process of its own, and imports start more of them


@pytest.fixture(scope="module")
def empty(serve: StartBench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("empty")
    source = pictures(folder / "in", classes=("cat", "dog"), each=6)
    first = sorted((source / "cat").iterdir())[0]
    shutil.copy(first, source / "dog" / "copy.png")
    (source / "dog" / "broken.png").write_bytes(b"no picture")
    bench = serve(folder / "new.trainset", "--new", "--allow-root", str(folder))
    yield bench
    bench.check()


def test_a_folder_is_uploaded_looked_at_imported_and_its_copies_decided(empty: Bench) -> None:
    page = empty.open("")
    page.get_by_role("heading", name="Import your first samples").wait_for()
    assert empty.serious(page) == []
    page.get_by_label("folder to upload").set_input_files(empty.folder.parent / "in")
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("heading", name="in · Class folders").wait_for()
    assert page.get_by_text("14 files").first.is_visible()
    assert page.get_by_label("Folders mean").is_visible()
    assert empty.serious(page) == []
    page.get_by_role("button", name="Import 14 files").click()
    page.get_by_text("13 samples", exact=True).wait_for(timeout=LONG)
    page.get_by_role("link", name="1 file or row could not be taken: see why").click()
    page.get_by_role("button", name="1 file unreadable").click()
    page.get_by_role("cell", name="dog/broken.png").wait_for()
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("button", name="exactly the same").click()
    page.get_by_text("pair 1 of 1: exactly the same").wait_for(timeout=LONG)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("heading", name="All are decided").wait_for()
    assert empty.serious(page) == []
    page.wait_for_function("() => !Object.keys(localStorage).some(k => k.startsWith('trainset.outbox'))")
    with trainset.open(empty.folder) as dataset:
        assert [action.verb for action in dataset.log()] == ["import", "exclude"]
        assert dataset.log()[-1].person == "ada"


def test_health_is_whole_on_a_phone(empty: Bench) -> None:
    page = empty.open("#/health?check=too_few", width=360)
    page.get_by_role("heading", name="Too few").first.wait_for(timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert empty.serious(page) == []


def test_a_reviewer_imports_nothing(empty: Bench) -> None:
    page = empty.open("#/import", address=empty.reviewer)
    page.get_by_text("bob is a reviewer").wait_for()
    assert page.get_by_role("link", name="Import").count() == 0
