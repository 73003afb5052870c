"""Several processes and threads on one dataset: all of them work, nothing is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers import SOURCE, pictures, run

import trainset

WRITER = """
import sys, threading, trainset
folder, number = sys.argv[1], sys.argv[2]
troubles = []
with trainset.open(folder) as dataset:
    def work(thread):
        try:
            for turn in range(4):
                dataset.note(f"{number}-{thread}-{turn}", person=f"p{number}")
        except BaseException as error:
            troubles.append(repr(error))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    [t.start() for t in threads]
    [t.join() for t in threads]
sys.exit("; ".join(troubles) or 0)
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_fifty_writers_lose_nothing_and_never_meet_a_lock(tmp_path: Path) -> None:
    trainset.init(tmp_path / "set").close()
    processes = [start(WRITER, str(tmp_path / "set"), str(number)) for number in range(10)]
    troubles = [process.communicate(timeout=240)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 10, troubles
    with trainset.open(tmp_path / "set") as dataset:
        written = [note.text for note in dataset.notes()]
        assert sorted(written) == sorted(f"{p}-{t}-{k}" for p in range(10) for t in range(5) for k in range(4))
        assert [action.seq for action in dataset.log()] == list(range(1, 201))


def test_two_imports_of_one_source_at_once_add_it_once(tmp_path: Path) -> None:
    pictures(tmp_path / "pictures", each=40)
    trainset.init(tmp_path / "set").close()
    script = "import sys, trainset\nwith trainset.open(sys.argv[1]) as d: print(dict(d.import_(sys.argv[2]).files))"
    processes = [start(script, str(tmp_path / "set"), str(tmp_path / "pictures")) for _ in range(2)]
    printed = sorted(process.communicate(timeout=120)[0].strip() for process in processes)
    assert printed == ["{'added': 80}", "{'already present': 80}"]
    with trainset.open(tmp_path / "set") as dataset:
        assert dataset.status().samples == 80


def test_a_person_labels_while_an_import_runs(tmp_path: Path) -> None:
    pictures(tmp_path / "pictures", each=3)
    pictures(tmp_path / "more", classes=("bird",), each=60)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "pictures")
        script = "import sys, trainset\nwith trainset.open(sys.argv[1]) as d: d.import_(sys.argv[2])"
        process = start(script, str(tmp_path / "set"), str(tmp_path / "more"))
        for _ in range(10):
            dataset.label("dog", where="label = 'cat'")
            dataset.undo()
        dataset.label("dog", where="label = 'cat'")
        assert process.wait(timeout=120) == 0, process.communicate()[1]
        process.communicate()
        counts = {c.name: c.samples for c in dataset.classes()}
    assert counts == {"bird": 60, "cat": 0, "dog": 6}


def test_a_full_disk_gives_a_clear_error_and_no_half_state(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "none", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no permission to mount a small file system here")
    try:
        pictures(tmp_path / "pictures", each=30)
        assert run("init", small / "set").returncode == 0
        assert run("note", "before", "-d", small / "set").returncode == 0
        filler = small / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        os.truncate(filler, filler.stat().st_size - 20_000)
        failed = run("import", tmp_path / "pictures", "-d", small / "set")
        assert failed.returncode == 2, failed.stdout + failed.stderr
        assert "the disk is full" in failed.stderr
        assert "Traceback" not in failed.stderr
        filler.unlink()
        with trainset.open(small / "set") as dataset:
            assert [note.text for note in dataset.notes()] == ["before"]
            assert dataset.status().samples == 0
            assert not list((small / "set").rglob("*.tmp"))
            assert dataset.import_(tmp_path / "pictures").files == {"added": 60}
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_two_commands_that_make_one_dataset_at_once_both_work(tmp_path: Path) -> None:
    for number in range(3):
        sources = [pictures(tmp_path / f"{number}-{name}", each=1) for name in "ab"]
        commands = [
            [sys.executable, "-m", "trainset", "import", str(source), "-d", str(tmp_path / f"set{number}")]
            for source in sources
        ]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        running = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for command in commands
        ]
        said = [process.communicate(timeout=120) for process in running]
        assert [process.returncode for process in running] == [0, 0], said
        with trainset.open(tmp_path / f"set{number}") as dataset:
            assert dataset.status().samples == 4
