"""What leaves the server of a sample: bytes with a type of ours, whatever they and their names say."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from starlette.testclient import TestClient

import trainset
from tests.server.conftest import ADMIN, HERE, PORT, TOKENS
from trainset.server import make_app

SCRIPT = b"<html><script>alert(document.domain)</script></html>"


def client_of(dataset: trainset.Workbench) -> Iterator[TestClient]:
    app = make_app(dataset, tokens=TOKENS, port=PORT)
    yield TestClient(app, base_url=HERE, headers={"Authorization": f"Bearer {ADMIN}"}, raise_server_exceptions=False)
    app.state.desk.close()


def picture(kind: str, **more: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)).save(file, kind, **more)
    return file.getvalue()


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[tuple[trainset.Workbench, TestClient]]:
    folder = tmp_path / "in" / "cat"
    folder.mkdir(parents=True)
    exif = Image.Exif()
    exif[0x010E] = SCRIPT.decode()
    files = {
        "a.png": picture("PNG") + SCRIPT, "b.jpg": picture("JPEG", comment=SCRIPT, exif=exif), "c.html.gif": picture("GIF") + SCRIPT, "d.svg.png": picture("PNG"),
        "e.tiff": picture("TIFF"), "f.webp": picture("WEBP"), "g.jpg": picture("PNG"), "h.bmp": picture("BMP"),
    }  # fmt: skip
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "evil.svg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
    (folder / "evil.html").write_bytes(SCRIPT)
    with trainset.init(tmp_path / "d.trainset") as dataset:
        dataset.import_(tmp_path / "in")
        for client in client_of(dataset):
            yield dataset, client


def test_every_picture_has_the_type_of_its_bytes_and_nothing_in_it_is_run(
    pictures: tuple[trainset.Workbench, TestClient],
) -> None:
    dataset, client = pictures
    kinds = {}
    for row in dataset.look(n=100).rows():
        answer = client.get(f"/api/media/{row['id']}")
        kinds[row["path"].split("/")[1]] = answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]
        assert Image.open(io.BytesIO(answer.content)).size == (30, 20)
        assert "html" not in answer.headers["content-type"]
        assert row["path"] not in str(answer.headers)
    assert kinds == {
        "a.png": "image/png", "b.jpg": "image/jpeg", "c.html.gif": "image/gif", "d.svg.png": "image/png", "e.tiff": "image/png", "f.webp": "image/webp",
        "g.jpg": "image/png", "h.bmp": "image/bmp",
    }  # fmt: skip


def test_thumbnails_carry_no_metadata(pictures: tuple[trainset.Workbench, TestClient]) -> None:
    dataset, client = pictures
    some = [row["id"] for row in dataset.look(n=100).rows()]
    body = client.get("/api/previews", params={"picked": ",".join(some)}).content
    assert b"script" not in body


def test_a_file_that_is_gone_or_has_changed_is_said_and_not_sent(
    pictures: tuple[trainset.Workbench, TestClient], tmp_path: Path
) -> None:
    dataset, client = pictures
    rows = {row["path"]: row["id"] for row in dataset.look(n=100).rows()}
    (tmp_path / "in" / "cat" / "a.png").write_bytes(picture("PNG"))
    (tmp_path / "in" / "cat" / "h.bmp").unlink()
    (tmp_path / "in" / "cat" / "d.svg.png").unlink()
    (tmp_path / "in" / "cat" / "d.svg.png").symlink_to("/etc/hostname")
    for path in ("cat/a.png", "cat/h.bmp", "cat/d.svg.png"):
        answer = client.get(f"/api/media/{rows[path]}")
        assert answer.status_code in (403, 410), path
        assert set(answer.json()) == {"error", "detail", "where", "next"}
        assert str(tmp_path) not in answer.text


def test_a_folder_of_a_stranger_sends_nothing_from_outside(tmp_path: Path) -> None:
    """A forged log that calls another folder its source: see tests/security for the ways to forge one."""
    (tmp_path / "secret").mkdir()
    secret = tmp_path / "secret" / "key.png"
    secret.write_bytes(picture("PNG"))
    with trainset.init(tmp_path / "theirs" / "d.trainset") as dataset:
        dataset.import_(tmp_path / "secret")
        sample = dataset.look(n=1).rows()[0]["id"]
    moved = tmp_path / "downloads" / "d.trainset"
    moved.parent.mkdir()
    shutil.copytree(tmp_path / "theirs" / "d.trainset", moved)
    shutil.rmtree(moved / "cache", ignore_errors=True)
    with trainset.open(moved) as dataset:
        for client in client_of(dataset):
            answer = client.get(f"/api/media/{sample}")
            assert answer.status_code == 403
            assert client.get("/api/samples").json()["total"] == 1
            assert client.get(f"/api/previews?picked={sample}").content == b"\0\0\0\0\0"


def test_recordings_can_be_asked_for_in_parts_and_odd_kinds_come_as_wav(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "word"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, 4_000)
    for name in ("a.wav", "b.aiff", "c.flac"):
        soundfile.write(folder / name, noise, 8_000)
    with trainset.init(tmp_path / "d.trainset") as dataset:
        dataset.import_(tmp_path / "in")
        rows = {row["path"][-5:]: row["id"] for row in dataset.look(n=9).rows()}
        for client in client_of(dataset):
            whole = client.get(f"/api/media/{rows['a.wav'[-5:]]}")
            assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("audio/wav", "bytes")
            part = client.get(f"/api/media/{rows['a.wav'[-5:]]}", headers={"Range": "bytes=10-19"})
            assert (part.status_code, part.content, part.headers["content-range"]) == (
                206,
                whole.content[10:20],
                f"bytes 10-19/{len(whole.content)}",
            )
            assert (
                client.get(f"/api/media/{rows['a.wav'[-5:]]}", headers={"Range": "bytes=-4"}).content
                == whole.content[-4:]
            )
            assert client.get(f"/api/media/{rows['a.wav'[-5:]]}", headers={"Range": "bytes=999999-"}).status_code == 416
            assert client.get(f"/api/media/{rows['.aiff']}").headers["content-type"] == "audio/wav"
            signal, rate = soundfile.read(io.BytesIO(client.get(f"/api/media/{rows['.aiff']}").content))
            assert (rate, len(signal)) == (8_000, 4_000)


def test_a_text_is_sent_as_text(tmp_path: Path) -> None:
    from tests.helpers import texts

    with trainset.init(tmp_path / "d.trainset") as dataset:
        dataset.import_(texts(tmp_path / "t.csv", [(SCRIPT.decode(), "a"), ("plain", "b")]))
        for client in client_of(dataset):
            for row in dataset.look(n=2).rows():
                answer = client.get(f"/api/media/{row['id']}")
                assert answer.headers["content-type"] == "text/plain; charset=utf-8"
                assert answer.text == row["text"]
