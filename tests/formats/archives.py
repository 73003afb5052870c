"""Archives written out in tests, good and bad, and what the format makes of them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.formats.outcomes import Remembered
from trainset.contracts import Unpacked
from trainset.formats.archive import Archive

Members = Mapping[str, bytes] | Iterable[tuple[str, bytes]]
MODES: dict[str, Any] = {".tar": "w:", ".tgz": "w:gz", ".tar.gz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def pack(place: Path, members: Members) -> Path:
    """A ZIP or tar by its name, of these members, in this order."""
    pairs = list(members.items()) if isinstance(members, Mapping) else list(members)
    if place.suffix == ".zip":
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in pairs:
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return place
    with tarfile.open(place, next(mode for suffix, mode in MODES.items() if place.name.endswith(suffix))) as tar:
        for name, data in pairs:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return place


def pack_folder(place: Path, folder: Path, prefix: str = "") -> Path:
    """Every file below a folder."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return pack(place, [(prefix + path.relative_to(folder).as_posix(), path.read_bytes()) for path in found])


def unpack(source: Path, target: Path, **settings: int) -> tuple[Unpacked, Remembered, dict[str, bytes]]:
    """What the format says, the outcomes, and the files it wrote."""
    outcomes = Remembered()
    target.mkdir()
    said = Archive().unpack(source, target, outcomes, **settings)
    outside = {path for path in target.parent.iterdir() if path not in (source, target)}
    assert not outside, f"written outside: {outside}"
    assert not any(path.is_symlink() for path in target.rglob("*"))
    files = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    return said, outcomes, files
