"""Names of folders and files: safe on any system, one for each class, and back again."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trainset.formats._names import LONGEST, FolderNames, file_name, safe_name, unsafe_name
from trainset.store import paths

AWKWARD = [
    "", ".", "..", "../x", "a/b", "a\\b", "CON", "con.txt", "NUL ", "cat", "Cat", "CAT", "cat.", "cat ", " cat", "café", "cafe\u0301",
    "%41", "A", "%", "%%", "%~", "ß", "ss", "\u212a", "k", "K", "ſ", "s", "~x", ".git", "__MACOSX", "x" * 300, "é" * 150, "\0", "Ω", "ω",
]  # fmt: skip
LABELS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(AWKWARD)


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("cat", "cat"),
        ("a b", "a b"),
        ("日本", "日本"),
        ("a/b", "a%2Fb"),
        ("../x", "%2E.%2Fx"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        (".git", "%2Egit"),
        ("__MACOSX", "%5F_MACOSX"),
        ("~root", "%7Eroot"),
        ("cat.", "cat%2E"),
        ("cat ", "cat%20"),
        ("CON", "%43ON"),
        ("nul.txt", "%6Eul.txt"),
        ("COM1", "%43OM1"),
        ("COM10", "COM10"),
        ("console", "console"),
        ("100%", "100%25"),
        ("a\nb", "a%0Ab"),
        ('<>:"|?*\\', "%3C%3E%3A%22%7C%3F%2A%5C"),
        ("", "%"),
    ],
)
def test_a_class_gets_a_safe_folder_and_comes_back(label: str, folder: str) -> None:
    assert safe_name(label) == folder
    assert unsafe_name(folder) == label


def test_twins_in_case_or_unicode_form_get_folders_of_their_own() -> None:
    names = FolderNames()
    assert [names.name(label) for label in ("cat", "Cat", "CAT", "café", "cafe\u0301", "cat")] == [
        "cat", "%43at", "%43%41T", "café", "%63afe\u0301", "cat",
    ]  # fmt: skip
    assert names.changed == {"Cat": "%43at", "CAT": "%43%41T", "cafe\u0301": "%63afe\u0301"}


def test_names_in_use_are_not_given_again() -> None:
    assert FolderNames(["metadata.csv"]).name("METADATA.csv") == "%4DETADATA.csv"


def test_a_long_name_is_cut_and_does_not_come_back_by_itself() -> None:
    one, other = safe_name("é" * 150), safe_name("é" * 151)
    assert one != other
    assert len(one.encode()) <= LONGEST
    assert unsafe_name(one) == one


@settings(deadline=None)
@given(st.lists(LABELS, max_size=12))
@example(["a", "A", "%61", "%41", "\u0391", "\u03b1"])
@example(["x" * 300, "X" * 300, "x" * 301])
def test_folders_of_any_classes_are_safe_distinct_and_reversible(labels: list[str]) -> None:
    names = FolderNames()
    folders = {label: names.name(label) for label in labels}
    for label, folder in folders.items():
        assert unsafe_name(folder) == label or "%~" in folder
        assert is_safe(folder)
    assert len({unicodedata.normalize("NFC", folder).casefold() for folder in folders.values()}) == len(folders)
    assert len({unicodedata.normalize("NFC", folder.casefold()) for folder in folders.values()}) == len(folders)


@settings(deadline=None)
@given(st.lists(LABELS, max_size=12))
def test_files_of_any_names_are_safe_and_distinct(names: list[str]) -> None:
    taken: set[str] = set()
    files = [file_name(name, f"{number % 2:032x}", taken) for number, name in enumerate(names)]
    assert all(is_safe(name) for name in files)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in files}) == len(files)


def is_safe(name: str) -> bool:
    paths.check_relative(name)
    device = re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)\s*(\..*)?", name)
    return (
        bool(name)
        and not re.search('[<>:"/\\\\|?*\\x00-\\x1f\\x7f]', name)
        and not name.startswith((".", " "))
        and not name.endswith((".", " "))
        and not device
        and len(name.encode()) <= 230
    )


@pytest.mark.parametrize(
    ("name", "file"),
    [("a.png", "a.png"), ("a/b.png", "a%2Fb.png"), (".hidden.wav", "%2Ehidden.wav"), (".png", "%2Epng"), ("CON.png", "%43ON.png"),
     ("a.", "a%2E"), ("", "0123"), ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg")],
)  # fmt: skip
def test_a_file_keeps_its_extension(name: str, file: str) -> None:
    assert file_name(name, "0123", set()) == file


def test_a_taken_file_name_gets_the_id() -> None:
    taken: set[str] = set()
    identifier = "0123456789abcdef" * 2
    assert [file_name("a.png", identifier, taken) for _ in range(3)] == [
        "a.png", "a_0123456789ab.png", f"a_{identifier}_2.png",
    ]  # fmt: skip
