"""Every broken, hostile and unusual file of the shared data, against what its manifest says a careful program does."""

from __future__ import annotations

import csv
import resource
import tarfile
from pathlib import Path

import pytest

from trainset.media.decode import decode, remark_on_name
from trainset.media.undecodable import Undecodable

MEDIA = {"images": "image", "pngsuite": "image", "audio": "audio"}

DISAGREEMENTS = {
    "images/jpeg_flipped_bytes.jpg": (
        "decoded without a remark: 25 bytes of picture data differ, but the code finds its feet again and ends where it "
        "should; only its look tells, which is for a measure to say"
    ),
}
"""Path -> why we judge otherwise than the manifest."""


def verdict(data: bytes, name: str, medium: str) -> str:
    """What we did with a file, in the words of the manifest."""
    try:
        decoded = decode(data, medium)
    except Undecodable as refused:
        return "refused" if refused.reason.isprintable() else "refused in a way that cannot be shown"
    return "remarked" if decoded.remarks or remark_on_name(name, decoded) else "accepted"


AGREES = {
    "accept": ("accepted", "remarked"),
    "warn": ("remarked", "refused"),
    "reject": ("refused",),
    "limit": ("accepted", "remarked", "refused"),
}


def test_every_malformed_file_is_judged_as_its_manifest_says(data_folder: Path) -> None:
    folder = data_folder / "malformed"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].split("/")[0] in MEDIA]
    assert len(rows) > 280
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    differing = set()
    for row in rows:
        path = folder / row["path"]
        if verdict(path.read_bytes(), path.name, MEDIA[row["path"].split("/")[0]]) not in AGREES[row["class"]]:
            differing.add(row["path"])
    assert differing == set(DISAGREEMENTS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "KB more than before the bombs"


def test_accepted_files_are_remarked_only_for_a_reason(data_folder: Path) -> None:
    folder = data_folder / "malformed"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row["path"] for row in csv.DictReader(file) if row["class"] == "accept"]
    leads: dict[str, int] = {}
    for path in rows:
        if path.split("/")[0] in MEDIA:
            for remark in decode((folder / path).read_bytes(), MEDIA[path.split("/")[0]]).remarks:
                lead = remark.split(":")[0]
                leads[lead] = leads.get(lead, 0) + 1
    assert leads == {"every pixel is the same": 4, "several pages": 1}


def test_awkward_names_do_not_matter(data_folder: Path) -> None:
    accepted = {}
    with tarfile.open(data_folder / "malformed" / "images_names.tar") as archive:
        for member in archive:
            if (file := archive.extractfile(member)) is not None:
                accepted[member.name] = verdict(file.read(), member.name, "image")
    refused = {name for name, what in accepted.items() if what == "refused"}
    assert refused == {f"names/{name}" for name in ("Thumbs.db", ".DS_Store", "._macos.jpg", "notes.txt")}
    assert set(accepted.values()) == {"accepted", "refused"}


@pytest.mark.parametrize("path", ["audio/bomb_silence.flac", "images/bomb_png_rgb.png", "images/bomb_gif_canvas.gif"])
def test_a_bomb_is_too_large_by_its_header(data_folder: Path, path: str) -> None:
    with pytest.raises(Undecodable, match=r"too large: it declares .* the limit is"):
        decode((data_folder / "malformed" / path).read_bytes(), MEDIA[path.split("/")[0]])
