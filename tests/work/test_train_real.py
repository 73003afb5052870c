"""Train on real recordings: a part of the spoken digits, with each speaker left out."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from tests import helpers
from tests.work.made import write


@pytest.mark.slow
def test_spoken_digits_are_known_without_their_speaker(data_folder: Path, tmp_path: Path) -> None:
    digits = data_folder / "audio_fsdd"
    with (digits / "manifest.csv").open(newline="", encoding="utf-8") as file:
        some = [row for row in csv.DictReader(file) if 5 <= int(row["take"]) < 10]
    for row in some:
        target = tmp_path / "digits" / row["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(digits / row["path"], target)
    columns = ("path", "label", "speaker", "split")
    write(tmp_path / "digits" / "list.csv", [columns, *([row[name] for name in columns] for row in some)])
    done = helpers.run("import", "digits/list.csv", "--map", "contributor=speaker", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = helpers.run_json("train", "--groups", "contributor", cwd=tmp_path)
    assert run["samples"] == len(some) == 300
    assert run["labels"] == [str(digit) for digit in range(10)]
    assert run["groups"] == "contributor"
    assert run["accuracy"] > 0.85  # the whole set, ten times as large, gives 0.96
    assert run["floors"]["majority"] == 0.1
    assert run["floors"]["shuffled"] < 0.2
    assert run["floors"]["measures"] < 0.5
    assert sum(map(sum, run["matrix"])) == 300
    shown = helpers.run_json("confusion", "--column", run["labels"][0], cwd=tmp_path)
    assert shown["total"] == sum(row[0] for row in run["matrix"][1:])
