"""Genuine datasets, made once, and copies of them that a test may forge; a person who has allowed them nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import trainset
from tests import helpers


@pytest.fixture(scope="session")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the datasets `images` and `texts` and their sources, made by someone else on this machine."""
    place = tmp_path_factory.mktemp("genuine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINSET_HOME", str(place / "home"))
        patch.setenv("TRAINSET_PERSON", "mallory")
        with trainset.init(place / "images") as dataset:
            dataset.import_(helpers.pictures(place / "photos", each=3))
        with trainset.init(place / "texts") as dataset:
            dataset.import_(helpers.texts(place / "said.csv", [(f"text {n}", "ab"[n % 2]) for n in range(6)]))
    yield place


@pytest.fixture
def images(genuine: Path, tmp_path: Path) -> Path:
    """A copy of the dataset of six pictures, at a place of its own; its source is where it was."""
    return _copied(genuine / "images", tmp_path / "images")


@pytest.fixture
def texts(genuine: Path, tmp_path: Path) -> Path:
    """A copy of the dataset of six texts."""
    return _copied(genuine / "texts", tmp_path / "texts")


@pytest.fixture
def trusted(images: Path, genuine: Path) -> Path:
    """The copy of the pictures, allowed to read their source."""
    with trainset.open(images) as dataset:
        dataset.point_source("photos", genuine / "photos")
    return images


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside every dataset, such as a key: its bytes must not get out."""
    place = tmp_path / "elsewhere" / "id_rsa"
    place.parent.mkdir()
    place.write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nthe secret\n")
    return place


def _copied(dataset: Path, place: Path) -> Path:
    shutil.copytree(dataset, place)
    return place
