"""The roots that go wherever the dataset goes, and those that only look like one."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainset.store import home, own_media


def test_a_folder_in_media_is_kept_relative_and_found_where_the_dataset_is(tmp_path: Path) -> None:
    assert own_media.stored(tmp_path / "a", str(tmp_path / "a" / "media" / "loudest-1s")) == "media/loudest-1s"
    assert own_media.found(tmp_path / "b", "media/loudest-1s") == str(tmp_path / "b" / "media" / "loudest-1s")


@pytest.mark.parametrize("inside", ["media", "media/a/b", "cache", "photos", ".", "..", "../media/x"])
def test_any_other_root_is_kept_as_it_is(inside: str, tmp_path: Path) -> None:
    root = str((tmp_path / "set" / inside).resolve())
    assert own_media.stored(tmp_path / "set", root) == root


@pytest.mark.parametrize(
    "root",
    ["media/..", "media/.", "media/../..", "media/a/../../..", "media/", "media", "x", "", "media//x", "media/.x"],
)
def test_a_root_that_only_looks_like_one_is_allowed_by_nobody(root: str, tmp_path: Path) -> None:
    assert own_media.found(tmp_path, root) == root
    assert not home.is_allowed(tmp_path, own_media.found(tmp_path, root))


def test_a_link_in_media_that_leads_out_is_not_allowed(tmp_path: Path) -> None:
    (tmp_path / "set" / "media").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "set" / "media" / "x").symlink_to(tmp_path / "elsewhere")
    assert not home.is_allowed(tmp_path / "set", own_media.found(tmp_path / "set", "media/x"))
