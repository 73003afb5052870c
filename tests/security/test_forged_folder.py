"""The folder of a dataset: settings that command, links that lead out, pipes that wait for ever."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import DamagedDataset, NotADataset, TrainsetError

GOOD = b'format = 1\nmedium = "image"\n'


@pytest.mark.parametrize(
    "text",
    [
        b'format = 1\npeople = "postgresql://evil.example/x"\n', b'format = 1\npeople = "/etc/passwd"\n', b'format = 1\nblobs = "/"\n',
        b'format = 1\nplugins = ["evil"]\n', b'format = 1\ncommand = "touch /tmp/owned"\n', b"format = 1\n[import]\nrun = 'x'\n", b"", b"format = 2\n",
        b'format = "1"\n', b"format = [1]\n", b"format = 1\nmedium = 3\n", b'format = 1\nmedium = ["image"]\n', b'format = 1\nmedium = "video"\n',
        b"\0" * 1000, b"\xff\xfe\x00", b"format = " + b"9" * 5_000, b"format = " + b"[" * 50_000, b"a = 1\n" * 100_000, os.urandom(5_000),
        b"format = nan\n", b'format = 1\nmedium = "\\u001b[31m"\n', b'format = 1\n"\\u001b[2J" = 1\n', b"format = 1979-05-27\n",
        b"format = 1\nformat = 1\n", b"x" * 200_000,
    ],
)  # fmt: skip
def test_settings_hold_a_format_and_a_medium_and_nothing_else(text: bytes, images: Path) -> None:
    (images / "trainset.toml").write_bytes(text)
    with pytest.raises(DamagedDataset) as caught:
        trainset.open(images)
    assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize("kind", ["link to a file", "link to nothing", "link to a device", "pipe", "folder"])
def test_settings_that_are_no_file_are_not_read(kind: str, images: Path, secret: Path) -> None:
    place = images / "trainset.toml"
    place.unlink()
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(
            {"link to a file": secret, "link to nothing": secret / "no", "link to a device": Path("/dev/zero")}[kind]
        )
    with pytest.raises(TrainsetError) as caught:
        trainset.open(images)
    assert "secret" not in str(caught.value)


def use(folder: Path, source: Path, out: Path) -> None:
    """Everything that reads or writes inside a dataset."""
    with trainset.open(folder) as dataset:
        for verb in (
            lambda: dataset.import_(source, name="more"),
            lambda: dataset.look(n=6)._repr_html_(),
            lambda: dataset.status(),
            lambda: dataset.label("cat", where="label = 'dog'"),
            lambda: dataset.export(out / "list.csv"),
            lambda: dataset.version(f"v{len(dataset.versions())}", keep_media=True),
        ):
            try:
                verb()
            except TrainsetError:
                continue


@pytest.mark.parametrize("name", ["samples", "measures", "outcomes", "blobs", "cache"])
def test_a_folder_of_the_dataset_that_is_a_link_is_neither_read_nor_written(
    name: str, trusted: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    shutil.move(trusted / name, outside)
    (trusted / name).symlink_to(outside)
    before = forge.insides(outside)
    use(trusted, helpers.pictures(tmp_path / "more", each=1), tmp_path)
    assert forge.insides(outside) == before


@pytest.mark.parametrize(
    "name", ["import.lock", "previews.db", "previews.db-wal", "previews.db-shm", "previews.db-journal"]
)
@pytest.mark.parametrize("target", ["missing", "there"])
def test_a_file_of_the_cache_that_is_a_link_writes_nothing_outside(
    name: str, target: str, trusted: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    if target == "there" and (trusted / "cache" / name).exists():
        shutil.copy(trusted / "cache" / name, outside / "file")
    elif target == "there":
        (outside / "file").write_bytes(b"mine")
    (trusted / "cache" / name).unlink(missing_ok=True)
    (trusted / "cache" / name).symlink_to(outside / "file")
    before = forge.insides(outside)
    use(trusted, helpers.pictures(tmp_path / "more", each=1), tmp_path)
    assert forge.insides(outside) == before


@pytest.mark.parametrize("name", ["people.db", "people.db-wal", "people.db-shm", "people.db-journal"])
def test_a_database_that_is_a_link_is_not_opened(name: str, trusted: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    if name == "people.db":
        shutil.move(trusted / name, outside / "file")
    else:
        (outside / "file").write_bytes(b"mine")
    (trusted / name).unlink(missing_ok=True)
    (trusted / name).symlink_to(outside / "file")
    before = forge.insides(outside)
    with pytest.raises(DamagedDataset):
        trainset.open(trusted)
    assert forge.insides(outside) == before


@pytest.mark.parametrize(
    "name",
    ["people.db", "people.db-wal", "cache/import.lock", "cache/previews.db", "measures/x.parquet", "samples/x.parquet"],
)
def test_a_pipe_in_the_dataset_is_not_waited_for(name: str, trusted: Path, tmp_path: Path) -> None:
    (trusted / name).unlink(missing_ok=True)
    os.mkfifo(trusted / name)
    source = helpers.pictures(tmp_path / "more", each=1)

    def tried() -> None:
        try:
            use(trusted, source, tmp_path)
        except TrainsetError:
            return

    thread = threading.Thread(target=tried, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_a_blob_with_other_content_is_not_given_out(trusted: Path, genuine: Path, tmp_path: Path) -> None:
    with trainset.open(trusted) as dataset:
        dataset.version("v1", keep_media=True)
        blobs = [path for path in (trusted / "blobs").rglob("*") if path.is_file()]
        assert len(blobs) == 6
        for path in blobs:
            path.write_bytes(b"forged")
        dataset.version("v2", keep_media=True)  # puts back what it promises to keep
        assert b"forged" not in {path.read_bytes() for path in blobs}
        for path in blobs:
            path.write_bytes(b"forged")
    forge.source(trusted, root="/nowhere")
    with trainset.open(trusted) as dataset, pytest.raises(TrainsetError):
        dataset.look(n=6).save(tmp_path / "out")


@pytest.mark.parametrize("kind", ["link", "folder link", "pipe", "folder", "endless"])
def test_a_blob_that_is_no_file_is_not_given_out(kind: str, trusted: Path, secret: Path, tmp_path: Path) -> None:
    with trainset.open(trusted) as dataset:
        dataset.version("v1", keep_media=True)
    for path in [path for path in (trusted / "blobs").rglob("*") if path.is_file()]:
        path.unlink()
        if kind == "link":
            path.symlink_to(secret)
        elif kind == "folder link":
            shutil.rmtree(path.parent)
            (secret.parent / path.name).write_bytes(b"the secret")
            path.parent.symlink_to(secret.parent)
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            with path.open("wb") as file:
                file.truncate(2**33)
        if kind == "endless":
            break
    before = forge.insides(secret.parent)
    use(trusted, helpers.pictures(tmp_path / "more", each=1), tmp_path)
    forge.source(trusted, root="/nowhere")
    use(trusted, helpers.pictures(tmp_path / "more2", each=1), tmp_path)
    assert forge.insides(secret.parent) == before


PREVIEWS: dict[str, Callable[[Path], None]] = {}


def previews(function: Callable[[Path], None]) -> Callable[[Path], None]:
    PREVIEWS[function.__name__] = function
    return function


def _sql(path: Path, *statements: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@previews
def noise(path: Path) -> None:
    _sql(path, "UPDATE previews SET preview = randomblob(500)")


@previews
def a_script(path: Path) -> None:
    _sql(path, "UPDATE previews SET preview = CAST('\"><script>alert(1)</script>' AS BLOB)")


@previews
def a_jpeg_by_its_first_bytes(path: Path) -> None:
    _sql(path, "UPDATE previews SET preview = x'FFD8' || CAST('\"><script>alert(1)</script>' AS BLOB)")


@previews
def a_hundred_megabytes(path: Path) -> None:
    _sql(path, "UPDATE previews SET preview = zeroblob(100000000) WHERE content = (SELECT min(content) FROM previews)")


@previews
def a_text(path: Path) -> None:
    _sql(path, "UPDATE previews SET preview = 'text'")


@previews
def a_number_of_a_billion(path: Path) -> None:
    _sql(path, "UPDATE previews SET preview = 100000000000")


@previews
def no_database(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


@previews
def zero_bytes(path: Path) -> None:
    path.write_bytes(b"")


@previews
def an_endless_view(path: Path) -> None:
    _sql(
        path, "DROP TABLE previews",
        "CREATE VIEW previews AS WITH RECURSIVE n(content, preview) AS (SELECT x'00', x'00' UNION ALL SELECT content, preview FROM n) SELECT * FROM n",
    )  # fmt: skip


@previews
def other_columns(path: Path) -> None:
    _sql(path, "DROP TABLE previews", "CREATE TABLE previews (content BLOB)")


@previews
def a_trigger(path: Path) -> None:
    _sql(path, "CREATE TRIGGER t AFTER INSERT ON previews BEGIN DELETE FROM previews; END")


@previews
def a_computed_column(path: Path) -> None:
    _sql(
        path,
        "DROP TABLE previews",
        "CREATE TABLE previews (content BLOB PRIMARY KEY, preview BLOB AS (zeroblob(900000000)))",
    )


@pytest.mark.parametrize("forged", PREVIEWS)
@pytest.mark.timeout(60)
def test_a_forged_cache_of_thumbnails_shows_no_picture_or_says_so(forged: str, trusted: Path, tmp_path: Path) -> None:
    PREVIEWS[forged](trusted / "cache" / "previews.db")
    with trainset.open(trusted) as dataset:
        try:
            page = dataset.look(n=6)._repr_html_()
        except DamagedDataset as error:
            assert "delete this file" in str(error) or "do not trust" in str(error)
        else:
            assert "<script" not in page
            assert len(page) < 1_000_000
    shown = helpers.run("look", "-d", trusted)
    assert "Traceback" not in shown.stderr
    if forged == "a_hundred_megabytes":
        assert shown.returncode == 0


def test_a_folder_without_settings_is_no_dataset(images: Path) -> None:
    (images / "trainset.toml").unlink()
    with pytest.raises(NotADataset):
        trainset.open(images)
