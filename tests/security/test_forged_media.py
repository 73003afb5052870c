"""A dataset that names files outside itself gets none of them: not to look at, not to export, not even a comparison."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import TrainsetError
from trainset.store import ids

Verb = Callable[[trainset.Workbench, Path], object]


def html(dataset: trainset.Workbench, out: Path) -> None:
    (out / "page.html").write_text(dataset.look()._repr_html_(), encoding="utf-8")


def keep(dataset: trainset.Workbench, out: Path) -> None:
    dataset.version("kept", keep_media=True)


VERBS: dict[str, Verb] = {
    "look --save": lambda dataset, out: dataset.look().save(out / "saved"),
    "look as html": html,
    "status": lambda dataset, out: dataset.status(),
    "export class folders": lambda dataset, out: dataset.export(out / "folders", format="class_folders"),
    "export split class folders": lambda dataset, out: dataset.export(out / "folders"),
    "export csv": lambda dataset, out: dataset.export(out / "list.csv"),
    "export jsonl": lambda dataset, out: dataset.export(out / "list.jsonl"),
    "version --keep-media": keep,
}
REFUSING = [name for name in VERBS if name not in ("status", "look as html")]


def bytes_below(*folders: Path) -> bytes:
    return b"".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())


def tried(folder: Path, verb: str, out: Path) -> str:
    """What the verb said."""
    out.mkdir(exist_ok=True)
    with trainset.open(folder) as dataset:
        try:
            return str(VERBS[verb](dataset, out))
        except TrainsetError as error:
            return str(error)


def aim_at(folder: Path, root: Path, path: str, target: Path) -> None:
    """Makes the first sample the target: its path, and everything a curious comparison would need."""
    content, found = ids.content_hash(target.read_bytes()), target.stat()
    old = forge.rows(folder)
    forge.rewrite(
        folder, path=[path, *(row["path"] for row in old[1:])], content=[content, *(row["content"] for row in old[1:])],
        size=[found.st_size, *(row["size"] for row in old[1:])], mtime_ns=[found.st_mtime_ns, *(row["mtime_ns"] for row in old[1:])],
        ctime_ns=[found.st_ctime_ns, *(row["ctime_ns"] for row in old[1:])],
    )  # fmt: skip
    forge.source(folder, root=str(root))


@pytest.mark.parametrize("verb", VERBS)
def test_a_root_that_nobody_allowed_gives_no_byte_and_says_what_to_do(
    verb: str, images: Path, secret: Path, tmp_path: Path
) -> None:
    aim_at(images, secret.parent, secret.name, secret)
    said = tried(images, verb, tmp_path / "out")
    assert b"the secret" not in bytes_below(tmp_path / "out", images / "blobs")
    if verb != "look as html":
        assert "--root DIR" in said


@pytest.mark.parametrize("verb", REFUSING)
@pytest.mark.parametrize("root", ["/", "home", "..", "relative", ""])
def test_roots_above_everything_relative_or_empty_are_not_allowed(
    verb: str, root: str, images: Path, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim_at(images, secret.parent, secret.name, secret)
    forge.source(images, root={"home": str(Path.home()), "relative": "elsewhere"}.get(root, root))
    monkeypatch.chdir(images if root == ".." else tmp_path)
    assert "not allowed" in tried(images, verb, tmp_path / "out")
    assert b"the secret" not in bytes_below(tmp_path / "out", images / "blobs")


@pytest.mark.parametrize("verb", REFUSING)
@pytest.mark.parametrize("way", ["a link in media", "media is a link", "dots", "dots further on"])
def test_a_root_among_the_media_of_the_dataset_leads_nowhere_else(
    way: str, verb: str, images: Path, secret: Path, tmp_path: Path
) -> None:
    aim_at(images, secret.parent, secret.name, secret)
    if way == "media is a link":
        (images / "media").symlink_to(secret.parent.parent)
    else:
        (images / "media").mkdir()
        (images / "media" / "x").symlink_to(secret.parent)
    name = {"media is a link": secret.parent.name, "dots": "..", "dots further on": "x/../../../elsewhere"}.get(
        way, "x"
    )
    forge.source(images, root=f"media/{name}")
    assert "not allowed" in tried(images, verb, tmp_path / "out")
    assert b"the secret" not in bytes_below(tmp_path / "out", images / "blobs")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("way", ["dots", "absolute", "home", "link", "folder link", "outside link in the dataset"])
def test_a_path_that_leads_out_of_an_allowed_root_gives_no_byte(
    way: str, verb: str, trusted: Path, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = trusted / "photos"  # inside the dataset's own folder, and so allowed
    photos.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    (photos / "link.png").symlink_to(secret)
    (photos / "folder").symlink_to(secret.parent)
    (trusted / "cache" / "out").symlink_to(secret.parent)
    path = {
        "dots": "../../elsewhere/id_rsa", "absolute": str(secret), "home": "~/elsewhere/id_rsa", "link": "link.png",
        "folder link": "folder/id_rsa", "outside link in the dataset": "out/id_rsa",
    }[way]  # fmt: skip
    aim_at(trusted, trusted / "cache" if way.startswith("outside") else photos, path, secret)
    said = tried(trusted, verb, tmp_path / "out")
    assert b"the secret" not in bytes_below(tmp_path / "out", trusted / "blobs")
    if verb in REFUSING:
        assert said  # an error or a report, never a traceback


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("path", ["../elsewhere/id_rsa", "/absolute", "a/../../elsewhere/id_rsa"])
def test_status_says_the_same_whether_an_outside_file_exists_or_not(
    path: str, there: bool, images: Path, secret: Path
) -> None:
    (images / "photos").mkdir()
    aim_at(images, images / "photos", str(secret) if path == "/absolute" else path.replace("../", "../../", 1), secret)
    if not there:
        secret.unlink()
    with trainset.open(images) as dataset:
        (found,) = dataset.status().on_disk
    assert (found.compared, found.missing, found.changed) == (6, 5, 1)
    assert "1 paths lead out" in found.note


def test_status_looks_at_nothing_in_a_root_that_nobody_allowed(images: Path, secret: Path) -> None:
    aim_at(images, secret.parent, secret.name, secret)
    with trainset.open(images) as dataset:
        (found,) = dataset.status().on_disk
    assert (found.compared, found.missing, found.changed) == (0, 0, 0)
    assert "trainset sources 'photos' --root DIR" in found.note


@pytest.mark.parametrize("verb", VERBS)
def test_further_roots_that_the_log_allows_itself_do_not_count(
    verb: str, images: Path, secret: Path, tmp_path: Path
) -> None:
    (images / "photos").mkdir()
    (images / "photos" / "link.png").symlink_to(secret)
    for path in ("link.png", str(secret)):
        aim_at(images, images / "photos", path, secret)
        forge.source(images, allowed=["/", str(secret.parent)])
        tried(images, verb, tmp_path / "out")
        assert b"the secret" not in bytes_below(tmp_path / "out", images / "blobs")
        shutil.rmtree(tmp_path / "out")


def test_status_does_not_compare_through_further_roots_that_the_log_allows_itself(images: Path, secret: Path) -> None:
    (images / "photos").mkdir()
    aim_at(images, images / "photos", str(secret), secret)
    forge.source(images, allowed=["/"])
    with trainset.open(images) as dataset:
        (found,) = dataset.status().on_disk
    assert (found.compared, found.missing, found.changed) == (6, 5, 1)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "endless", "loop"])
@pytest.mark.parametrize("verb", VERBS)
def test_what_is_no_regular_file_neither_hangs_nor_crashes(kind: str, verb: str, images: Path, tmp_path: Path) -> None:
    photos = images / "photos"
    photos.mkdir()
    place = photos / "odd.png"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif kind == "loop":
        place.symlink_to(place)
    elif kind == "endless":
        with place.open("wb") as file:
            file.truncate(2**40)  # a terabyte of nothing
    else:
        place.symlink_to("/dev/zero")
    forge.rewrite(images, path="odd.png")
    forge.source(images, root=str(photos))
    tried(images, verb, tmp_path / "out")


@pytest.mark.parametrize(
    "path", ["\0", "a\0b", "x" * 5_000, "", ".", "/", "a//b", "\U000f0080", "%2e%2e%2fx", "\\\\host\\x", "C:\\x"]
)
@pytest.mark.parametrize("verb", VERBS)
def test_odd_paths_are_files_that_are_not_there(verb: str, path: str, trusted: Path, tmp_path: Path) -> None:
    forge.rewrite(trusted, path=path)
    tried(trusted, verb, tmp_path / "out")
    outside = {entry.name for entry in tmp_path.iterdir()} - {"images", "texts", "out"}
    assert not outside


def test_a_sample_of_a_source_that_the_log_does_not_know_is_refused(trusted: Path, tmp_path: Path) -> None:
    forge.rewrite(trusted, source="other")
    with trainset.open(trusted) as dataset, pytest.raises(TrainsetError, match="does not know"):
        dataset.look().save(tmp_path / "out")


def test_a_copy_at_another_place_must_be_allowed_again(trusted: Path, tmp_path: Path) -> None:
    shutil.copytree(trusted, tmp_path / "copy")
    with trainset.open(trusted) as mine, trainset.open(tmp_path / "copy") as copied:
        assert mine.look(n=1).save(tmp_path / "saved") == []
        with pytest.raises(TrainsetError, match="not allowed"):
            copied.look(n=1).save(tmp_path / "stolen")


def test_pointing_a_source_at_a_folder_allows_that_folder_and_no_other(
    images: Path, genuine: Path, tmp_path: Path
) -> None:
    forge.source(images, allowed=["/"])
    with trainset.open(images) as dataset:
        dataset.point_source("photos", genuine / "photos")
        assert dataset.look(n=6).save(tmp_path / "saved") == []
    assert len([*(tmp_path / "saved").iterdir()]) == 6
    aim_at(images, genuine / "photos", "/etc/passwd", Path("/etc/passwd"))
    with trainset.open(images) as dataset:
        troubles = dataset.look(n=6).save(tmp_path / "again")
    assert len(troubles) == 1


@pytest.mark.parametrize("way", ["inside", "dots", "absolute", "link"])
def test_the_page_of_an_audit_shows_no_picture_from_outside(way: str, trusted: Path, tmp_path: Path) -> None:
    private = helpers.picture(tmp_path / "elsewhere" / "private.png", 5, (50, 40))
    photos = trusted / "photos"  # inside the dataset's own folder, and so allowed
    photos.mkdir()
    (photos / "inside.png").write_bytes(private.read_bytes())
    (photos / "link.png").symlink_to(private)
    path = {"dots": "../../elsewhere/private.png", "absolute": str(private)}.get(way, f"{way}.png")
    aim_at(trusted, photos, path, private)
    first, _, *rest = forge.rows(trusted)
    forge.rewrite(
        trusted, content=[first["content"], first["content"], *(row["content"] for row in rest)], path=[path, path, *(row["path"] for row in rest)]
    )  # fmt: skip
    for cached in (trusted / "cache").glob("previews.db*"):
        cached.unlink()
    with trainset.open(trusted) as dataset:
        result = dataset.audit(only=["exact_duplicates"])
        assert result["exact_duplicates"].flagged == 1
        dataset.save_audit(result, tmp_path / "audit.html")
    page = (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert ("data:image/jpeg" in page) == (way == "inside")
