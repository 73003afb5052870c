"""Paths: reversible names, and nothing leaves its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainset.errors import Unsafe
from trainset.store import paths
from trainset.store.paths import Reader, open_media


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes_come_back_from_their_text(name: bytes) -> None:
    text = paths.encode(name)
    assert paths.decode(text) == name
    text.encode()  # what is stored is always valid UTF-8


def test_two_names_never_share_a_text() -> None:
    invalid, literal = b"a\x80", "a\U000f0080".encode()
    assert paths.encode(invalid) != paths.encode(literal)


def test_names_that_differ_in_normal_form_only_stay_two() -> None:
    assert paths.encode("café".encode()) != paths.encode("cafe\u0301".encode())


@pytest.mark.parametrize(
    "path", ["../x", "a/../../x", "/etc/passwd", "~/x", "C:/x", "C:\\x", "\\\\host\\x", "..\\x", "a\0b", "a/.."]
)
def test_a_path_that_may_leave_is_refused_without_a_look_at_the_disk(path: str) -> None:
    with pytest.raises(Unsafe):
        paths.check_relative(path)


@pytest.mark.parametrize("path", ["a/b.png", "a..b/c", "...", "with space", "-x", "%2e%2e/x", "a\\b"])
def test_an_odd_but_harmless_path_is_allowed(path: str) -> None:
    paths.check_relative(path)


def test_links_are_followed_only_inside_the_root_or_an_allowed_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "real").write_bytes(b"real")
    (root / "inner").symlink_to("real")
    (root / "outer").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    with paths.open_media(root, "inner") as file:
        assert file.read() == b"real"
    for path in ("outer", "folder/secret"):
        with pytest.raises(Unsafe):
            paths.open_media(root, path)
        with paths.open_media(root, path, [str(outside)]) as file:
            assert file.read() == b"secret"
    with pytest.raises(Unsafe):
        paths.open_media(root, "../outside/secret", ["/nowhere"])


def test_a_sibling_folder_with_a_longer_name_is_outside(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root-2").mkdir()
    (tmp_path / "root-2" / "x").write_bytes(b"x")
    (tmp_path / "root" / "link").symlink_to(tmp_path / "root-2" / "x")
    with pytest.raises(Unsafe):
        paths.open_media(tmp_path / "root", "link")


def test_pipes_and_devices_are_refused_and_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(Unsafe, match="no regular file"):
        paths.open_media(tmp_path, "pipe")
    with pytest.raises(Unsafe):
        paths.open_media(tmp_path, "zero", ["/dev"])


def test_a_reader_reads_what_opening_one_by_one_reads(tmp_path: Path) -> None:
    """Files of several folders by turns, links inside, and refusals in the same words."""
    root, out = tmp_path / "in", tmp_path / "out"
    for name in ("a/1", "a/2", "b/c/3", "4"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode() * 1000)
    out.mkdir()
    (out / "key").write_bytes(b"secret")
    (root / "a" / "link").symlink_to("1")
    (root / "a" / "away").symlink_to(out / "key")
    (root / "way").symlink_to(out)
    os.mkfifo(root / "a" / "pipe")
    listed = [
        "a/1", "b/c/3", "a/2", "4", "a/link", "a/away", "way/key", "a/pipe", "a", "a/none", "../out/key", str(out / "key"),
        "b/../a/1", "a/..", "", "none/1", "a/1/x", "x" * 300, "a\0b",
    ]  # fmt: skip
    for allowed in ((), (str(out),)):
        reader = Reader(str(root), allowed)
        for path in listed:
            read = partial(lambda path: reader.read(path, 10**6)[1], path)
            assert outcome(read) == outcome(partial(plain, root, path, allowed)), path
        reader.close()
    reader = Reader(str(root), ())
    assert [len(reader.read("a/1", most)[1]) for most in (0, 1, 2999, 3000, 3001)] == [0, 1, 2999, 3000, 3000]
    reader.close()


def test_a_folder_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    root, out = tmp_path / "in", tmp_path / "out"
    for folder, text in ((root / "a", b"mine"), (out, b"secret")):
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(text)
        (folder / "2").write_bytes(text)
    reader = Reader(str(root), ())
    assert reader.read("a/1", 100)[1] == b"mine"
    (root / "a").rename(root / "b")
    (root / "a").symlink_to(out)
    assert reader.read("a/2", 100)[1] == b"mine"  # the folder that was tested is the one that stays open
    reader.close()
    with pytest.raises(Unsafe):
        reader.read("a/2", 100)
    reader.close()


def plain(root: Path, path: str, allowed: Sequence[str]) -> bytes:
    with open_media(root, path, allowed) as file:
        return file.read()


def outcome(read: Callable[[], bytes]) -> object:
    try:
        return read()
    except Unsafe as error:
        return error.what
    except OSError as error:
        return error.errno
