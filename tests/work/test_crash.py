"""Killed at any moment: what was acknowledged is there, nothing half-written shows, and the work goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import trainset
from tests.helpers import SOURCE, pictures
from trainset.errors import TrainsetError

DRIVER = Path(__file__).parent / "crash_driver.py"


def drive(folder: Path, fatal: int) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder), str(fatal)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.split("\n")


def state(folder: Path) -> tuple[str, list[str]]:
    with trainset.open(folder / "set") as dataset:
        return dataset.versions()[0].digest, sorted(p.relative_to(folder).as_posix() for p in (folder / "out").rglob("*"))


@pytest.mark.timeout(900)
def test_kill_at_every_write_point_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Every fsync, rename, link, unlink, mkdir, INSERT and COMMIT of a whole session is a point of death once."""
    whole = tmp_path / "whole"
    pictures(whole / "pictures")
    lines = drive(whole, 0)
    points = next(int(line.split()[1]) for line in lines if line.startswith("points"))
    expected = state(whole)
    assert points > 40
    died_at: set[str] = set()

    def die(fatal: int) -> None:
        folder = tmp_path / str(fatal)
        shutil.copytree(whole / "pictures", folder / "pictures")
        acknowledged = [line.split()[1] for line in drive(folder, fatal) if line.startswith("ack")]
        died_at.add(acknowledged[-1] if acknowledged else "before init")
        check_after_death(folder, acknowledged, fatal)
        assert "points" in drive(folder, 0)[-2], f"the work does not go on after death at point {fatal}"
        assert state(folder) == expected, f"another result after death at point {fatal}"
        leftovers = [p for p in (folder / "set").rglob(".*.tmp*") if p.is_file()]
        assert len(leftovers) <= 3, leftovers
        shutil.rmtree(folder)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(die, range(1, points + 1)))
    assert {"before init", "init", "import", "label", "version"} <= died_at


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
            assert status.counts["dog"]["train" if "train" in status.counts["dog"] else next(iter(status.counts["dog"]))] >= 1
            assert sum(status.counts["dog"].values()) == 6
    if (folder / "out").exists():
        assert len(list((folder / "out").rglob("*.png"))) == 10, "an export shows before it is complete"
    elif "export" in acknowledged:
        pytest.fail("an acknowledged export is gone")
