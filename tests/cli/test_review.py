"""The review in a terminal, driven through a real one: keys, undo, going on later, and what is left when it ends."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import trainset
from tests.helpers import SOURCE, pictures, run, run_json
from tests.media.inputs import recording
from tests.work.judged import judged, train
from tests.work.made import copied, labels, named, write


class Terminal:
    """A command in a terminal of its own: `wait` for what it prints, `press` keys."""

    def __init__(self, cwd: Path, *arguments: str, columns: int = 100) -> None:
        self._master, slave = pty.openpty()
        own = {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "TERM": "xterm-256color",
            "COLUMNS": str(columns),
            "NO_COLOR": "1",
        }
        command = [sys.executable, "-m", "trainset", *arguments]
        self.process = subprocess.Popen(
            command, cwd=cwd, env=own, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)
        _OPENED.append(self)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.printed, self._seen = "", 0

    def wait(self, text: str) -> str:
        """Until it has printed this; returns what it printed since the last time."""
        deadline = time.monotonic() + 120
        while (place := self.printed.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline, f"{text!r} was never printed after\n{self.printed[self._seen :]}"
            if select.select([self._master], [], [], 0.5)[0]:
                try:
                    piece = os.read(self._master, 65536)
                except OSError:
                    piece = b""
                assert piece or text in self.printed, f"ended without {text!r} after\n{self.printed[self._seen :]}"
                self.printed += re.sub(r"\x1b\[[0-9;]*m", "", self._decoder.decode(piece)).replace("\r\n", "\n")
        before, self._seen = self._seen, place + len(text)
        return self.printed[before : self._seen]

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def end(self) -> int:
        code = self.process.wait(timeout=120)
        os.close(self._master)
        return code


_OPENED: list[Terminal] = []


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """What a failed test leaves running is ended."""
    yield
    for terminal in _OPENED:
        terminal.process.kill()
        terminal.process.wait()
    _OPENED.clear()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder with sixty texts, a run, and a queue of the eight likeliest errors."""
    with judged(tmp_path) as dataset:
        train(dataset)
        dataset.queue(n=8)
    yield tmp_path


def test_keys_answer_undo_takes_back_and_the_next_time_goes_on(place: Path) -> None:
    terminal = Terminal(place, "review", "-d", "set")
    first = terminal.wait("q stop")
    assert "1 of 8" in first
    assert re.search(r"labelled (cat|dog|owl), looks like (cat|dog|owl) \(\d+%\)", first)
    assert "1 cat   2 dog   3 owl" in first
    terminal.press("s")
    terminal.wait("(changed)")
    terminal.wait("2 of 8")
    terminal.wait("q stop")
    terminal.press("\x1b[Ax?")  # an arrow key and a key without a meaning say nothing
    terminal.wait("→ cannot tell")
    terminal.wait("3 of 8")
    terminal.wait("q stop")
    terminal.press("u")
    terminal.wait("took back: cannot tell")
    terminal.wait("2 of 8")
    terminal.wait("q stop")
    terminal.press("2")
    terminal.wait("→ dog")
    terminal.wait("3 of 8")
    terminal.wait("q stop")
    terminal.press("q")
    terminal.wait("queue 1: 2 answers kept")
    terminal.wait("6 still waiting")
    assert terminal.end() == 0
    again = Terminal(place, "review", "-d", "set")
    again.wait("3 of 8")
    again.wait("q stop")
    again.press("u")  # what was answered another time
    again.wait("took back: dog")
    again.wait("2 of 8")
    again.wait("q stop")
    for _ in range(7):
        again.press("\n")
        again.wait("→ ")
    again.wait("7 answers kept, 0 labels changed, 0 still waiting")
    again.wait("measured: 1 of 8 labels wrong")
    assert again.end() == 0
    with trainset.open(place / "set") as dataset:
        found = dataset.ratings().rows()
        assert [row["undone"] for row in found] == [False, True, True, *[False] * 7]
        assert all(row["seconds"] is not None and row["seconds"] < 120 for row in found)
        assert dataset.waiting(1) == []


def test_ctrl_c_and_death_keep_every_answer_and_give_the_terminal_back(place: Path) -> None:
    for ending, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        terminal = Terminal(place, "review", "-d", "set")
        terminal.wait("q stop")
        terminal.press("1")
        terminal.wait("→ cat")
        terminal.wait("q stop")
        os.kill(terminal.process.pid, ending)
        assert terminal.end() == code
    with trainset.open(place / "set") as dataset:
        assert len(dataset.ratings()) == 2
        assert sum(action.verb == "review" for action in dataset.log()) == 2


def test_many_classes_are_typed_by_their_beginning(tmp_path: Path) -> None:
    names = [f"class {letter}" for letter in "abcdefghijk"] + ["car", "card", "Supper"]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(
            write(tmp_path / "t.csv", [("text", "label"), *((f"t{n:02}", name) for n, name in enumerate(names))])
        )
        dataset.queue(where="text < 't05'")
    terminal = Terminal(tmp_path, "review", "-d", "set")
    assert "type the beginning of a class" in terminal.wait("Q stop")
    terminal.press("car")
    terminal.wait("car▏ car, card")
    terminal.press("\n")  # the name itself counts before longer ones
    terminal.wait("→ car (changed)")
    terminal.wait("Q stop")
    terminal.press("czl\x7flass k\n")  # no class begins with cz: that key says nothing
    terminal.wait("→ class k (changed)")
    terminal.wait("Q stop")
    terminal.press("su\n")
    terminal.wait("→ Supper (changed)")
    terminal.wait("Q stop")
    terminal.press("U")
    terminal.wait("took back: Supper")
    terminal.wait("Q stop")
    terminal.press("c\n")  # several: nothing yet
    terminal.press("\x7f\n")
    terminal.wait("→ class c")
    terminal.wait("Q stop")
    terminal.press("Q")
    terminal.wait("3 answers kept, 2 labels changed, 2 still waiting")
    assert terminal.end() == 0


def test_keys_come_from_a_pipe_too(tmp_path: Path) -> None:
    with copied(tmp_path) as dataset:
        dataset.queue(where=named(range(4)))
    done = subprocess.run(
        [sys.executable, "-m", "trainset", "review", "-d", "set", "--json"], cwd=tmp_path, input="2?u1q", capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}, timeout=120, check=True,
    )  # fmt: skip
    assert '"answered": 2' in done.stdout
    assert "cannot tell" in done.stderr
    with trainset.open(tmp_path / "set") as opened:
        assert labels(opened)["text 00"] == "cat"
        assert labels(opened)["text 01"] == "bird"


def test_classes_of_one_character_are_their_own_keys(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label"), *((f"t{n}", str(n)) for n in range(10))]))
        dataset.queue(where="text = 't4'")
    done = subprocess.run(
        [sys.executable, "-m", "trainset", "review", "-d", "set"], cwd=tmp_path, input="7", capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)}, timeout=120, check=True,
    )  # fmt: skip
    assert "→ 7 (changed)" in done.stdout


def test_pictures_and_recordings_are_shown(tmp_path: Path) -> None:
    pictures(tmp_path / "photos", each=1)
    (tmp_path / "sounds" / "hum").mkdir(parents=True)
    (tmp_path / "sounds" / "hum" / "a.wav").write_bytes(recording("WAV"))
    for source, shown in (("photos", "▀░▒▓█"), ("sounds", "▆▇█")):
        with trainset.init(tmp_path / source / "set") as dataset:
            dataset.import_(tmp_path / source)
            dataset.queue(where="true")
        done = run("review", cwd=tmp_path / source / "set")
        assert any(block in done.stdout for block in shown), done.stdout
        assert ("p play" in done.stdout) == (source == "sounds")


def test_what_cannot_be_reviewed_is_one_clear_error(tmp_path: Path) -> None:
    copied(tmp_path).close()
    error = run_json("review", "-d", "set", cwd=tmp_path, code=2)
    assert (error["error"], error["next"]) == (
        "there is no queue yet",
        "trainset queue makes one, trainset queues lists them",
    )
    assert run_json("review", "7", "-d", "set", cwd=tmp_path, code=2)["error"] == "there is no queue 7"
    assert (
        run_json("queue", "--share", "much", "-d", "set", cwd=tmp_path, code=2)["detail"]
        == "expected such as 10% or 0.1, got 'much'"
    )
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")
    run_json("queue", "--where", "true", "--out", "there.csv", "-d", "set", cwd=tmp_path, code=2)
    assert run_json("queues", "-d", "set", cwd=tmp_path) == []
