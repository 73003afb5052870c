"""Killed at any moment: what was acknowledged is there, nothing half-written shows, and the work goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.formats.archives import pack
from tests.helpers import SOURCE, picture, pictures
from tests.work.made import copied, rows, write

import trainset
from trainset.errors import TrainsetError

DRIVER = Path(__file__).parent / "crash_driver.py"


class Driver:
    """A process that runs the scenario in forks of itself; see crash_driver.py."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, folder: Path, fatal: int) -> tuple[list[str], int]:
        """The steps acknowledged, and the points passed (0: it died)."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(folder, fatal, file=self.process.stdin, flush=True)
        code, steps, *points = self.process.stdout.readline().split()
        assert int(code) in (0, -9), f"the scenario failed at point {fatal}"
        return [step for step in steps.split(",") if step], int(points[0]) if points else 0

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that exists: a file system that need not wait for a disk keeps the same order."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


def state(folder: Path) -> tuple[str, list[str]]:
    with trainset.open(folder / "set") as dataset:
        return dataset.versions()[0].digest, sorted(
            p.relative_to(folder).as_posix() for p in (folder / "out").rglob("*")
        )


@pytest.mark.timeout(900)
def test_kill_at_every_write_point_loses_nothing_acknowledged(folder: Path) -> None:
    """Every fsync, rename, link, unlink, mkdir, INSERT and COMMIT of a whole session is a point of death once."""
    whole = folder / "whole"
    pictures(whole / "pictures")
    drivers = [Driver(), Driver()]
    _, points = drivers[0].run(whole, 0)
    expected = state(whole)
    assert points > 40

    def die(driver: Driver, fatal: int) -> str:
        place = folder / str(fatal)
        shutil.copytree(whole / "pictures", place / "pictures")
        acknowledged, _ = driver.run(place, fatal)
        check_after_death(place, acknowledged, fatal)
        _, again = driver.run(place, 0)
        assert again, f"the work does not go on after death at point {fatal}"
        assert state(place) == expected, f"another result after death at point {fatal}"
        leftovers = [p for p in (place / "set").rglob(".*.tmp*") if p.is_file()]
        assert len(leftovers) <= 3, leftovers
        shutil.rmtree(place)
        return acknowledged[-1] if acknowledged else "before init"

    def half(which: int) -> set[str]:
        return {die(drivers[which], fatal) for fatal in range(1 + which, points + 1, 2)}

    with ThreadPoolExecutor(2) as threads:
        died_at = set().union(*threads.map(half, range(2)))
    for driver in drivers:
        driver.close()
    assert {"before init", "init", "import", "label", "version"} <= died_at


@pytest.mark.timeout(900)
def test_kill_at_every_write_point_of_unpacking_loses_no_archive(folder: Path) -> None:
    """What was unpacked is there as one archive or the other had it, after the next import of whatever source at the latest."""
    packed = [picture(folder / f"{number}.png", number).read_bytes() for number in range(3)]
    first, second = {"cat/0.png": packed[0], "dog/1.png": packed[1]}, {"cat/0.png": packed[2], "dog/1.png": packed[1]}
    pictures(folder / "sources" / "birds", classes=("bird",), each=1)
    pack(folder / "sources" / "first.zip", first)
    pack(folder / "sources" / "second.zip", second)
    trainset.init(folder / "sources" / "set", "image").close()  # its own points of death are those of the session above

    def finished(place: Path) -> tuple[str, dict[str, bytes]]:
        with trainset.open(place / "set") as dataset:
            return dataset.version("end").digest, files_below(place / "set" / "unpacked" / "pets" / "files")

    drivers = [Driver(), Driver()]
    shutil.copytree(folder / "sources", folder / "whole")
    _, points = drivers[0].run(folder / "whole", 0)
    expected = finished(folder / "whole")
    assert expected[1] == second

    def die(driver: Driver, fatal: int) -> tuple[str, bool]:
        """The last step acknowledged, and whether it died between the two renames."""
        place = folder / f"at{fatal}"
        shutil.copytree(folder / "sources", place)
        acknowledged, _ = driver.run(place, fatal)
        unpacked = place / "set" / "unpacked"
        between = "first" in acknowledged and not (unpacked / "pets").exists()
        if between:
            shutil.copytree(place, place / "copy")
            with trainset.open(place / "copy" / "set") as dataset:
                dataset.import_(place / "birds")
                assert dataset.export(place / "out").samples == 3
            assert files_below(place / "copy" / "set" / "unpacked" / "pets" / "files") == first
        elif "first" in acknowledged:
            assert files_below(unpacked / "pets" / "files") in (first, second), f"half unpacked at point {fatal}"
        assert driver.run(place, 0)[1], f"the work does not go on after death at point {fatal}"
        assert finished(place) == expected, f"another result after death at point {fatal}"
        assert os.listdir(unpacked) == ["pets"]
        shutil.rmtree(place)
        return acknowledged[-1] if acknowledged else "", between

    def half(which: int) -> set[tuple[str, bool]]:
        return {die(drivers[which], fatal) for fatal in range(1 + which, points + 1, 2)}

    with ThreadPoolExecutor(2) as threads:
        died_at = set().union(*threads.map(half, range(2)))
    for driver in drivers:
        driver.close()
    assert {("init", False), ("first", False), ("first", True)} <= died_at


@pytest.mark.timeout(900)
def test_kill_at_every_write_point_keeps_answer_and_label_together(folder: Path) -> None:
    """Between a rating and the label that it makes there is no moment to die in."""
    start = folder / "start"
    with copied(start) as dataset:
        ids = [row["id"] for row in dataset.look(where="true", n=9, sort="text").rows()]
    write(start / "asked" / "list.csv", [("id", "answer"), (ids[3], "dog"), (ids[4], "cat"), (ids[5], "?")])

    def told(place: Path) -> tuple[list[tuple[Any, ...]], dict[str, str | None]]:
        with trainset.open(place / "set") as dataset:
            found = dataset.ratings().rows()
            said = {row["sample"]: row["class"] for row in found if not row["undone"] and row["class"] is not None}
            now = {row["id"]: row for row in rows(dataset).values()}
            for name, row in now.items():
                assert row["label"] == said.get(name, row["source_label"]), (
                    "a rating without its label, or a label without"
                )
            assert sum(action.verb == "review" for action in dataset.log()) == len(
                {row["action"] for row in found if row["action"] is not None}
            )
            kept = [(row["sample"], row["answer"], row["queue"], row["undone"]) for row in found]
            return kept, {name: row["label"] for name, row in now.items()}

    driver = Driver()
    shutil.copytree(start, folder / "whole")
    _, points = driver.run(folder / "whole", 0)
    expected = told(folder / "whole")
    assert points > 15
    died_at = set()
    for fatal in range(1, points + 1):
        place = folder / f"at{fatal}"
        shutil.copytree(start, place)
        acknowledged, _ = driver.run(place, fatal)
        answered = told(place)[0]
        assert len(answered) >= len({"first", "second", "third"} & {*acknowledged})
        died_at.add(acknowledged[-1] if acknowledged else "")
        assert driver.run(place, 0)[1], f"the work does not go on after death at point {fatal}"
        assert told(place) == expected, f"another result after death at point {fatal}"
        shutil.rmtree(place)
    driver.close()
    assert {"", "queue", "first", "second", "third", "undo"} <= died_at


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def check_after_death(folder: Path, acknowledged: list[str], fatal: int) -> None:
    try:
        dataset = trainset.open(folder / "set")
    except TrainsetError as error:
        assert "init" not in acknowledged, f"an acknowledged dataset cannot be opened after point {fatal}: {error}"
        return
    with dataset:
        verbs = [action.verb for action in dataset.log()]
        status = dataset.status(disk=False)  # reads every part that counts
        assert status.samples in (0, 10)
        assert status.samples == 10 or "import" not in acknowledged
        for step in ("import", "label"):
            assert step in verbs or step not in acknowledged
        assert dataset.versions() or "version" not in acknowledged
        if "label" in verbs:
            assert (
                status.counts["dog"]["train" if "train" in status.counts["dog"] else next(iter(status.counts["dog"]))]
                >= 1
            )
            assert sum(status.counts["dog"].values()) == 6
    if (folder / "out").exists():
        assert len(list((folder / "out").rglob("*.png"))) == 10, "an export shows before it is complete"
    elif "export" in acknowledged:
        pytest.fail("an acknowledged export is gone")
