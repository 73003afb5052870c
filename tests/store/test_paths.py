"""Paths: reversible names, and nothing leaves its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainset.errors import Unsafe
from trainset.store import paths


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
