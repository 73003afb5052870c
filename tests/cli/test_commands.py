"""The command line as a person meets it: every command, every exit code, every error on its own."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.formats.archives import pack
from tests.helpers import SOURCE, pictures, run, run_json, texts
from trainset.cli.app import COMMANDS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a small dataset, the only one in it."""
    texts(tmp_path / "t.csv", [(f"text number {n}", "ab"[n % 2]) for n in range(20)])
    assert run("import", "t.csv", "-d", "set", cwd=tmp_path).returncode == 0
    (tmp_path / "set").rename(tmp_path / "t.trainset")
    return tmp_path


@pytest.mark.slow
def test_what_is_printed_as_next_runs_as_it_stands(place: Path) -> None:
    """Also of commands about what data are worth, whose lines used to go on with words that are no arguments."""
    rows = [(f"{'cats purr' if n % 2 else 'dogs bark'} {n}", "" if n % 5 == 0 else "ab"[n % 2]) for n in range(60)]
    rows += [(f"cats purr {n}", "a") for n in range(60, 64)]  # all recipes get these wrong alike
    texts(place / "t.csv", rows)
    assert run("import", "t.csv", "-d", "t.trainset", cwd=place).returncode == 0
    first = (
        "weak add a --pattern dogs", "weak", "weak suggest", "train --embedder hashed_ngrams --groups none", "curve", "ceiling", "card",
    )  # fmt: skip
    told = []
    for words in first:
        done = run(*words.split(), "-d", "t.trainset", cwd=place)
        assert done.returncode == 0, done.stderr
        told += [line.split("next: trainset ")[1] for line in done.stdout.splitlines() if "next: trainset " in line]
    assert {line.split()[0] for line in told} >= {"weak", "queue", "prices", "ceiling", "card"}
    for line in dict.fromkeys(told):
        done = run(*shlex.split(line, comments=True), cwd=place)
        assert done.returncode == 0, (line, done.stderr)


def test_a_printed_command_can_be_copied_into_a_shell(place: Path) -> None:
    """It is on one line, names the dataset, and quotes what a shell would take apart."""
    folder = place / ("my texts of a name that is longer than a terminal " + "x" * 60)
    (place / "t.trainset").rename(folder)
    long = "$(touch gone) `x` " + " ".join(["a long name"] * 14)
    for label, samples in (("a", "label = 'a'"), (long, "label = 'b'")):
        done = run("label", label, "--where", samples, "--new-class", "-d", folder.name, cwd=place)
        assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("next: ")]
    words = shlex.split(line.removeprefix("next: trainset "), comments=True)
    assert run(*words, cwd=place).returncode == 0
    run("label", long, "--where", "label = 'b'", "-d", folder.name, cwd=place)
    trained = run("train", "--embedder", "hashed_ngrams", "-d", folder.name, cwd=place, COLUMNS="80")
    assert trained.returncode == 0, trained.stderr
    cells = [line for line in trained.stdout.splitlines() if line.startswith("next: ")]
    opened = run(*shlex.split(cells[0].removeprefix("next: trainset ")), cwd=place, COLUMNS="80")
    assert opened.returncode == 0, opened.stderr
    assert max(len(line) for line in opened.stdout.splitlines() if ": trainset " not in line) <= 80
    assert len(opened.stdout.splitlines()) < 90  # a name of 200 characters does not make each row twelve lines


def test_a_whole_session_in_json(place: Path) -> None:
    """Each command prints one JSON document and nothing else."""
    drawn = run_json("look", "-n", "3", cwd=place)
    assert (drawn["total"], len(drawn["samples"])) == (20, 3)
    first = drawn["samples"][0]["id"][:12]
    assert run_json("version", "v1", cwd=place)["samples"] == 20
    assert run_json("label", "c", first, "--new-class", "--why", "test", cwd=place)["changed"] == 1
    assert run_json("exclude", "--where", "label = 'a'", cwd=place)["changed"] >= 9
    assert run_json("restore", "--where", "text like '%1%'", cwd=place)["changed"] >= 1
    assert run_json("move-split", "test", first, cwd=place)["changed"] in (0, 1)
    assert run_json("classes", cwd=place)[0]["name"] == "a"
    assert run_json("classes", "define", "b", "the letter b", "--good", first, cwd=place)["action"]
    assert run_json("classes", "add", "d", cwd=place)["action"]
    assert run_json("classes", "rename", "d", "e", cwd=place)["action"]
    assert run_json("classes", "merge", "e", "b", cwd=place)["action"]
    assert run_json("classes", "split", "b", "f", "--where", "text like '%3'", cwd=place)["action"]
    assert run_json("note", "a remark", first, cwd=place)["action"]
    assert [note["text"] for note in run_json("notes", cwd=place)] == ["a remark"]
    assert run_json("diff", "v1", cwd=place)["counts"]["relabelled"] >= 1
    assert run_json("undo", cwd=place)["undone"]["verb"] == "note"
    actions = run_json("log", cwd=place)
    assert actions[0]["verb"] == "import"
    assert run_json("log", "2", cwd=place)[-1]["value"] == "c"
    assert run_json("versions", cwd=place)[0]["name"] == "v1"
    assert run_json("export", "out.csv", "--at", "v1", cwd=place)["samples"] == 20
    assert run_json("status", cwd=place)["samples"] < 20
    assert run_json("status", "--at", "v1", cwd=place)["samples"] == 20
    assert run_json("sources", cwd=place)[0]["name"] == "t.csv"
    assert run_json("import", "out.csv", "-d", "again", cwd=place)["rows"] == {"added": 20}
    assert run_json("init", "empty", cwd=place)["medium"] == ""


def test_every_command_takes_json_and_has_help() -> None:
    for command in COMMANDS:
        printed = run(command, "--help").stdout
        assert "--json" in printed, command
        assert "Usage: trainset" in printed


def test_a_path_alone_is_init_import_look_and_status(tmp_path: Path) -> None:
    pictures(tmp_path / "photos")
    done = run("./photos", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "photos.trainset" / "trainset.toml").exists()
    for word in ("10 added", "10 of 10 samples", "cat", "position #1", "next:"):
        assert word in done.stdout
    printed = json.loads(run("./photos", "--json", "-d", "other", cwd=tmp_path).stdout)
    assert (printed["import"]["files"], printed["status"]["samples"]) == ({"added": 10}, 10)


def test_a_command_finds_the_dataset_it_stands_in_or_the_only_one_here(place: Path) -> None:
    assert "20 samples" in run("status", cwd=place).stdout
    assert "20 samples" in run("status", cwd=place / "t.trainset" / "samples").stdout
    assert run("init", "second.trainset", cwd=place).returncode == 0
    done = run("status", cwd=place)
    assert done.returncode == 2
    assert "several datasets" in done.stderr
    assert "-d second.trainset" in done.stderr


def test_an_import_that_brings_nothing_exits_with_3_and_a_second_one_with_0(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.png").write_bytes(b"no picture")
    done = run("import", "bad", "-d", "set", cwd=tmp_path)
    assert done.returncode == 3
    assert "x.png" in done.stdout
    assert "not one sample" in done.stdout
    pictures(tmp_path / "good", each=1)
    assert run("import", "good", "-d", "set", cwd=tmp_path).returncode == 0
    again = run("import", "good", "-d", "set", cwd=tmp_path)
    assert again.returncode == 0
    assert "nothing new" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("status", "-d", "nowhere"), ("is no dataset", "trainset import SOURCE")),
        (("nonsense",), ("no command 'nonsense'", "trainset --help")),
        (("label", "z", "--where", "true"), ("no class 'z'", "--new-class")),
        (("label", "a"), ("say which samples", "--where")),
        (("label", "a", "ffff"), ("no sample 'ffff'",)),
        (("look", "--where", 'label = "a"'), ("no column 'a'", "use 'a'")),
        (("look", "--where", "label = "), ("not one expression",)),
        (("look", "--where", "size = 'x'"), ("does not fit the columns",)),
        (("look", "--at", "v9"), ("no version 'v9'",)),
        (("diff", "#99"), ("no position 99",)),
        (("undo", "77"), ("no action #77",)),
        (("export", "x.zip"), ("which format", "--format")),
        (("export", "t.csv"), ("already", "new place")),
        (("version", "now"), ("cannot be a version's name",)),
        (("import", "missing"), ("nothing at this place",)),
        (("import", "t.csv", "--map", "text=nothing"), ("nothing", "label")),
        (("look", "--wrong"), ("--wrong", "trainset look --help")),
        (("move-split", "holdout", "--where", "true"), ("no such split", "validation")),
    ],
)  # fmt: skip
def test_a_mistake_gives_one_clean_message_with_what_to_do(
    place: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = run(*arguments, cwd=place)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in " ".join(done.stderr.split()), done.stderr
    as_json = json.loads(run(*arguments, "--json", cwd=place).stdout)
    assert set(as_json) == {"error", "detail", "where", "next"}


def test_data_cannot_command_the_terminal(tmp_path: Path) -> None:
    texts(tmp_path / "t.csv", [("\x1b[2J\x1b]0;title\x07 [red]x[/red] \u202e", "\x1b[31mlabel")])
    run("import", "t.csv", "-d", "set", cwd=tmp_path)
    run("note", "\x1b[5mblink", "-d", "set", cwd=tmp_path)
    for command in (("look",), ("status",), ("log",), ("notes",), ("classes",)):
        printed = run(*command, "-d", "set", cwd=tmp_path).stdout
        assert "\x1b" not in printed, command
        assert "\u202e" not in printed
        assert "\x07" not in printed
    assert "[red]x[/red]" in run("look", "-d", "set", cwd=tmp_path).stdout


def in_a_terminal(cwd: Path, *arguments: str) -> str:
    """What a terminal gets."""
    master, slave = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": "100",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "trainset", *arguments], cwd=cwd, env=environment, stdout=slave, stderr=slave
    )
    os.close(slave)
    printed = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([master], [], [], 1)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            printed += piece
        elif process.poll() is not None:
            break
    os.close(master)
    assert process.wait(timeout=60) == 0
    return printed.decode()


def test_in_a_terminal_pictures_have_colours_and_progress_is_shown(tmp_path: Path) -> None:
    pictures(tmp_path / "photos", each=30)
    text = in_a_terminal(tmp_path, "photos")
    assert "▀" in text
    assert "\x1b[38;2;" in text
    assert "import photos" in text
    assert "unpack" not in text
    many = pack(tmp_path / "many.zip", {f"a/{n}.txt": b"x" for n in range(150)})
    text = in_a_terminal(tmp_path, "import", str(many), "-d", "many")
    assert text.index("unpack many.zip") < text.rindex("import many.zip")
    assert "archive of class folders" in text


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == "trainset 0.1.0\n"


def test_reading_the_beginning_of_the_output_is_enough(place: Path) -> None:
    script = f"{sys.executable} -m trainset log --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    table = f"{sys.executable} -m trainset log | head -c 0; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        ["bash", "-c", table], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_an_import_goes_into_another_dataset_only_when_told(place: Path) -> None:
    """Forgetting -d must not mix two sets; the source that is there already, and an empty dataset, are what was meant."""
    texts(place / "other.csv", [("another text", "z")])
    again = run_json("import", "t.csv", cwd=place)
    assert Path(again["dataset"]).name == "t.trainset"
    done = run("import", "other.csv", cwd=place)
    assert done.returncode == 0
    assert "-d t.trainset" in done.stderr
    assert (place / "other.csv.trainset" / "people.db").exists()
    assert run_json("status", "-d", "t.trainset", cwd=place)["samples"] == 20
    (place / "new").mkdir()
    assert run("init", "empty.trainset", cwd=place / "new").returncode == 0
    made = run_json("import", "../other.csv", cwd=place / "new")
    assert Path(made["dataset"]).name == "empty.trainset"


def test_a_path_alone_takes_the_options_of_an_import(tmp_path: Path) -> None:
    pictures(tmp_path / "photos", classes=("train", "val"), each=2)
    asked = run("photos", cwd=tmp_path)
    assert asked.returncode == 2
    assert "--folders splits" in asked.stderr
    done = run_json("photos", "--folders", "splits", "-n", "1", "--report", "out.csv", cwd=tmp_path)
    assert (done["status"]["samples"], len(done["look"])) == (4, 1)
    assert (tmp_path / "out.csv").exists()
    wrong = run("photos", "--frobnicate", cwd=tmp_path)
    assert (wrong.returncode, "no such option" in wrong.stderr.lower()) == (2, True)


@pytest.mark.parametrize("word", ["imprt", "x" * 300, "~"])
def test_what_is_neither_a_command_nor_a_path_is_one_clean_message(word: str, tmp_path: Path) -> None:
    done = run(word, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "no command" in done.stderr
    assert word != "imprt" or "did you mean trainset import?" in done.stderr
    there_is = run("import", word, cwd=tmp_path)
    assert (there_is.returncode, "Traceback" in there_is.stderr) == (2, False)


def test_metadata_is_an_object_in_json(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label,take\nhello,a,3\n")
    assert run("import", "t.csv", cwd=tmp_path).returncode == 0
    assert run_json("look", cwd=tmp_path)["samples"][0]["meta"] == {"take": "3"}


def test_a_listed_file_is_counted_once_in_remarks_and_troubles(tmp_path: Path) -> None:
    pictures(tmp_path / "photos", classes=("cat",), each=1)
    (tmp_path / "photos" / "cat" / "empty.png").touch()
    (tmp_path / "photos" / "list.csv").write_text("path,label\ncat/0.png,dog\ncat/empty.png,cat\n")
    done = run_json("import", "photos", cwd=tmp_path)
    assert (done["bad_count"], len(done["bad"])) == (1, 1)
    assert done["remarks"] == {"folder and list disagree": 1}
    assert done["rows"] == {"added": 1, "empty": 1}


def test_play_hands_each_recording_to_the_machines_player(tmp_path: Path) -> None:
    """A player is any program of a known name on the path; this one notes what it is given."""
    import numpy as np
    import soundfile

    (tmp_path / "in" / "yes").mkdir(parents=True)
    for number in range(3):
        soundfile.write(tmp_path / "in" / "yes" / f"{number}.wav", np.full(800, 0.1 * number), 8_000)
    (tmp_path / "bin").mkdir()
    player = tmp_path / "bin" / "aplay"
    player.write_text(f'#!/bin/sh\ncat "$1" >> "{tmp_path}/played"\necho "$1" >> "{tmp_path}/names"\n')
    player.chmod(0o755)
    assert run("import", "in", cwd=tmp_path).returncode == 0
    found = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    done = run("look", "--play", "-n", "2", cwd=tmp_path, PATH=found)
    assert done.returncode == 0, done.stderr
    names = (tmp_path / "names").read_text().splitlines()
    assert len(names) == 2
    assert all(name.endswith(".wav") for name in names)
    assert (tmp_path / "played").read_bytes().count(b"RIFF") == 2
    refused = run("look", "--play", cwd=tmp_path, PATH=str(tmp_path / "nothing"))
    assert (refused.returncode, "no player" in refused.stderr) == (2, True)


def test_a_list_whose_every_path_leads_out_says_how_to_allow_them(tmp_path: Path) -> None:
    pictures(tmp_path / "elsewhere", classes=("a",))
    paths = sorted((tmp_path / "elsewhere").rglob("*.png"))
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "list.csv").write_text("path,label\n" + "".join(f"{path},a\n" for path in paths))
    refused = run("import", "lists/list.csv", "-d", "set", cwd=tmp_path)
    assert refused.returncode == 3
    assert "if you trust this source, --allow-root DIR" in refused.stdout
    allowed = run("import", "lists/list.csv", "-d", "set", "--allow-root", "elsewhere", cwd=tmp_path)
    assert f"files: {len(paths)} added" in allowed.stdout, allowed.stdout
