"""Nothing from data reaches a terminal, a JSON document or a page as anything but text."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import trainset
from tests import helpers
from tests.security import forge

EVIL = "\x1b[31m\x1b]0;owned\x07[bold red]red[/]\u202egnp.exe\u2066\u200b\x9b2J\x7f<script>alert(1)</script>"
"""Colours and a window title by escape sequences, markup of rich, text turned around, invisible characters, C1, HTML."""
SHOWN = "[bold red]red[/]"


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A dataset of texts in which everything that can be evil is, and one of pictures."""
    place = tmp_path_factory.mktemp("evil")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINSET_HOME", str(place / "home"))
        patch.setenv("TRAINSET_PERSON", "mallory")
        odd = EVIL.replace("/", "_").replace("\x07", "")
        with (place / "said.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["text", "label", "split", "speaker", EVIL])
            rows.writerows(
                [[f"{EVIL} {n}", EVIL if n % 2 else "b", EVIL if n == 1 else "train", EVIL, EVIL] for n in range(6)]
            )
        with trainset.init(place / "texts") as dataset:
            dataset.import_(place / "said.csv", name=EVIL, reason=EVIL)
            dataset.note(EVIL)
            dataset.note(EVIL, dataset.look(n=6).ids)
            dataset.version("v1", EVIL)
            dataset.exclude(dataset.look(n=1).ids, reason=EVIL)
            dataset.queue(where="true")
            dataset.answer(dataset.look(n=1).ids[0], None, person="mallory")
        helpers.pictures(place / "photos", classes=(odd, "b"), each=2)
        (place / "photos" / "b" / f"{odd}.png").write_bytes(b"no picture")
        (place / "photos" / "b" / "new\nline.png").write_bytes(b"no picture")
        with trainset.init(place / "images") as dataset:
            dataset.import_(place / "photos")
            dataset.queue(where="true")
    forge.action(place / "texts", 90, person=EVIL, verb=EVIL, reason=EVIL)
    forge.version(place / "texts", name=EVIL, message=EVIL, person=EVIL)
    for n, label in enumerate(("class added", "class defined")):
        forge.entry(
            place / "texts",
            90,
            label,
            n,
            subject=f"{EVIL} 2",
            value=json.dumps({"definition": EVIL, "good": [EVIL, "\ud800"]}),
        )
    yield place


COMMANDS = [
    ("look",), ("look", "-n", "6", "--sort", "text"), ("status",), ("log",), ("log", "1"), ("log", "90"), ("notes",), ("classes",), ("versions",),
    ("diff", "start"), ("diff", "v1"), ("sources",), ("look", "--where", f"label = '{EVIL}'"), ("look", "--where", EVIL), ("look", EVIL), ("label", EVIL, "--where", "true"),
    ("export", f"{EVIL.replace('/', '_')}.csv"), ("version", EVIL), ("note", "x", "--class", EVIL), ("undo", "--as", EVIL), ("classes", "rename", EVIL, EVIL),
    ("audit",), ("audit", "--json"), ("audit", "--html", "audit.html"), ("queues",), ("queues", "1"), ("review", "1"), ("answers", EVIL),
    ("queue", "--where", EVIL), ("queue", "--order", EVIL),
]  # fmt: skip


def harmless(text: str) -> bool:
    return not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@pytest.mark.parametrize("medium", ["texts", "images"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(COMMANDS.index(command)))
def test_no_control_character_of_the_data_is_printed(
    command: tuple[str, ...], medium: str, evil: Path, tmp_path: Path
) -> None:
    done = helpers.run(*command, "-d", evil / medium, cwd=tmp_path)
    assert harmless(done.stdout), repr(done.stdout)
    assert harmless(done.stderr), repr(done.stderr)
    assert "Traceback" not in done.stderr, done.stderr


def test_what_is_printed_still_says_what_it_was(evil: Path) -> None:
    said = helpers.run("classes", "-d", evil / "texts", COLUMNS="400").stdout
    assert SHOWN in said
    assert "\\x1b[31m" in said
    assert "\\x202e" in said


READING = list(COMMANDS[:12])


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0] + command[-1])
def test_json_is_valid_escaped_and_says_what_it_was(command: tuple[str, ...], evil: Path, tmp_path: Path) -> None:
    done = helpers.run(*command, "-d", evil / "texts", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert harmless(done.stdout)
    assert EVIL in json.dumps(json.loads(done.stdout), ensure_ascii=False).replace("\\u001b", "\x1b").replace(
        "\\u0007", "\x07"
    ).replace("\\u009b", "\x9b")


def test_errors_as_json_are_escaped_too(evil: Path, tmp_path: Path) -> None:
    done = helpers.run("look", "--where", f"label = {EVIL}", "-d", evil / "texts", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]
    assert harmless(done.stdout)


def test_an_import_prints_nothing_raw(evil: Path, tmp_path: Path) -> None:
    for source in ("photos", "said.csv"):
        done = helpers.run(
            "import", evil / source, "--name", EVIL, "-d", tmp_path / source.replace(".", "_"), "--why", EVIL
        )
        assert done.returncode == 0, done.stderr
        assert harmless(done.stdout), repr(done.stdout)
        assert harmless(done.stderr)
        again = helpers.run("import", evil / source, "--name", EVIL, "-d", tmp_path / source.replace(".", "_"))
        assert harmless(again.stdout)


def test_a_folder_of_an_evil_name_is_printed_harmlessly(evil: Path, tmp_path: Path) -> None:
    place = tmp_path / EVIL.replace("/", "_")
    for command in (
        ("init", place),
        ("import", evil / "said.csv", "-d", place),
        ("status", "-d", place),
        ("look", "-d", place),
        ("sources", "-d", place),
    ):
        done = helpers.run(*command)
        assert done.returncode == 0, done.stderr
        assert harmless(done.stdout + done.stderr)


def test_pages_of_a_notebook_hold_no_markup_of_the_data(evil: Path) -> None:
    for medium in ("texts", "images"):
        with trainset.open(evil / medium) as dataset:
            for page in (dataset.look(n=6)._repr_html_(), dataset._repr_html_()):
                assert "<script" not in page
                assert "&lt;script&gt;" in page


def test_a_caption_cannot_break_out_of_an_attribute(images: Path) -> None:
    forge.rewrite(images, label='" onerror="alert(1)', split="'><svg onload=alert(1)>")
    with trainset.open(images) as dataset:
        page = dataset.look(n=6)._repr_html_()
    assert 'onerror="' not in page
    assert "<svg" not in page


def test_a_recording_shows_no_player_for_what_is_no_recording(images: Path) -> None:
    (images / "trainset.toml").write_text('format = 1\nmedium = "audio"\n')
    forge.rewrite(images, label="<img src=x onerror=alert(1)>")
    with trainset.open(images) as dataset:
        page = dataset.look(n=6)._repr_html_()
    assert "<img" not in page
    assert "<audio" not in page


def test_colour_is_ours_alone(evil: Path) -> None:
    done = helpers.run("classes", "-d", evil / "texts", FORCE_COLOR="1", COLUMNS="400")
    assert "\x1b[31m" not in done.stdout
    assert "\u202e" not in done.stdout
