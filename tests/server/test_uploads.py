"""Uploading, browsing and previewing: what a first import in the browser needs, and what tries to get out of it."""

from __future__ import annotations

import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import trainset
from tests.helpers import pictures
from tests.server.conftest import ADMIN, HERE, PORT, REVIEWER, TOKENS, Caller
from trainset.formats._names import unsafe_name
from trainset.server import make_app
from trainset.server.desk import Desk
from trainset.server.job_verbs import VERBS
from trainset.server.jobs import Job
from trainset.work import uploads

OCTETS = {"Content-Type": "application/octet-stream"}
TRICKS = [
    "../escaped.png", "..", "a/../../escaped.png", "/etc/escaped.png", "..\\escaped.png", "C:\\escaped.png", "a\0b.png", "CON", "con.png", "aux/x.png",
    "a//b.png", ".", "./x.png", ".hidden", "x" * 300 + ".png", "%2e%2e/escaped.png", "\u202egnp.exe", "nul ", "a\nb.png", "é/ü.png", "~root/x",
]  # fmt: skip


def put(client: TestClient, path: str, data: Any = b"x", upload: str = "new", **headers: str) -> Any:
    return client.put(
        "/api/uploads/file", params={"upload": upload, "path": path}, content=data, headers={**OCTETS, **headers}
    )


def below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


@pytest.fixture
def media(dataset: trainset.Workbench) -> Path:
    return dataset.folder / "media"


@pytest.mark.parametrize("path", TRICKS)
def test_no_name_leads_out_and_every_name_can_be_given_back(
    admin: TestClient, media: Path, tmp_path: Path, path: str
) -> None:
    before = {*below(tmp_path)}
    answer = put(admin, path, b"12345")
    assert answer.status_code == 200, answer.text
    made = {*below(tmp_path)} - before
    made = {place for place in made if place.parent.name != "cache" and "people.db" not in place.name}
    (place,) = made
    assert place.is_relative_to(media / "new")
    assert place.read_bytes() == b"12345"
    if len(path) < 200:
        parts = place.relative_to(media / "new").parts
        assert (
            "/".join(
                part if part == own else unsafe_name(part) for part, own in zip(parts, path.split("/"), strict=True)
            )
            == path
        )
    assert put(admin, path, b"123").json()["stored"] == 3
    assert len(below(media / "new")) == 1


def test_two_names_that_some_disks_take_for_one_are_two_files(admin: TestClient, media: Path) -> None:
    for path, data in (("cat/a.png", b"1"), ("cat/A.png", b"22"), ("cat/A.PNG", b"333"), ("cat/a.png", b"4444")):
        assert put(admin, path, data).status_code == 200
    assert sorted(path.stat().st_size for path in below(media)) == [2, 3, 4]
    asked = {"upload": "new", "paths": ["cat/a.png", "cat/A.png", "cat/A.PNG", "cat/b.png"], "sizes": [4, 2, 1, 1]}
    assert admin.post("/api/uploaded", json=asked).json() == {"missing": [2, 3]}


@pytest.mark.parametrize("name", ["..", "/etc", "a/b", "CON", "a\0b", "..\\x", "%2e%2e"])
def test_the_name_of_an_upload_leads_nowhere_else(admin: TestClient, media: Path, tmp_path: Path, name: str) -> None:
    assert put(admin, "x.png", upload=name).status_code == 200
    (place,) = below(media)
    assert place.parent.parent == media


@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_an_upload_without_a_name_is_refused(admin: TestClient, name: str) -> None:
    assert put(admin, "x.png", upload=name).status_code in (400, 422)


def test_a_source_of_that_name_elsewhere_is_not_mixed_up(admin: TestClient, media: Path) -> None:
    answer = put(admin, "x.png", upload="pets")
    assert (answer.status_code, below(media)) == (400, [])
    assert "has a source 'pets' already" in answer.json()["error"]


def test_more_or_less_than_was_said_is_refused_and_nothing_is_left(
    admin: TestClient, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    declared = put(admin, "x.bin", b"", **{"Content-Length": str(10**15)})
    undeclared = put(admin, "x.bin", pieces())
    early = put(admin, "x.bin", b"xx", **{"Content-Length": "900"})
    assert [one.status_code for one in (declared, undeclared, early)] == [400, 400, 400]
    assert "too large" in declared.json()["error"]
    assert "too large" in undeclared.json()["error"]
    assert early.json()["error"] == "the upload ended early"
    assert below(media) == []


def test_a_full_disk_is_said_and_nothing_is_left(
    admin: TestClient, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RESERVE", 2**60)
    answer = put(admin, "x.png")
    assert answer.status_code == 507
    assert answer.json()["error"] == "the disk is too full for this upload"
    assert "what is there already is not sent again" in answer.json()["next"]
    assert below(media) == []


def test_a_reviewer_may_not_upload_browse_or_preview(call: Caller, media: Path) -> None:
    reviewer = call(REVIEWER)
    assert put(reviewer, "x.png").status_code == 403
    for path in ("/api/roots", "/api/folder"):
        assert reviewer.get(path).status_code == 403
    assert reviewer.post("/api/preview", json={"path": "pets"}).status_code == 403
    assert reviewer.post("/api/jobs", json={"verb": "import", "arguments": {"upload": "new"}}).status_code == 403
    assert below(media) == []


def test_a_form_and_another_type_are_no_upload(admin: TestClient, media: Path) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json", ""):
        assert put(admin, "x.png", **{"Content-Type": kind}).status_code == 415
    assert put(admin, "x.png", Origin="http://evil.example").status_code == 403
    assert below(media) == []


def test_a_link_in_the_way_is_not_followed(admin: TestClient, media: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    media.mkdir(exist_ok=True)
    (media / "new").symlink_to(tmp_path / "outside")
    assert put(admin, "x.png").status_code >= 400
    (media / "new").unlink()
    (media / "new").mkdir()
    (media / "new" / "cat").symlink_to(tmp_path / "outside")
    assert put(admin, "cat/x.png").status_code >= 400
    assert below(tmp_path / "outside") == []


def test_browsing_names_what_lies_below_the_roots_and_nothing_else(admin: TestClient, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "in").symlink_to(tmp_path / "pets")
    (tmp_path / ".secret").mkdir()
    (tmp_path / os.fsdecode(b"odd\xff")).mkdir()
    assert [root["name"] for root in admin.get("/api/roots").json()] == [tmp_path.name]
    found = admin.get("/api/folder").json()
    assert [(one["name"], one["folder"]) for one in found["entries"]] == [
        ("in", True), ("odd\U000f00ff", True), ("pets", True), ("pets.trainset", True),
    ]  # fmt: skip
    assert [one["name"] for one in admin.get("/api/folder", params={"path": "pets"}).json()["entries"]] == [
        "cat",
        "dog",
    ]
    assert admin.get("/api/folder", params={"path": "odd\U000f00ff"}).json()["entries"] == []
    for path in ("..", "out", "/etc", "pets/../..", "a\0b"):
        answer = admin.get("/api/folder", params={"path": path})
        assert answer.status_code in (400, 403), path
        assert str(tmp_path) not in answer.text
    assert admin.get("/api/folder", params={"root": 7}).status_code == 404


def test_what_is_neither_file_nor_folder_is_not_waited_for(admin: TestClient, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "in.csv")
    (tmp_path / "memory").symlink_to("/proc/self")
    for path in ("in.csv", "memory/environ"):
        for format in ("", "csv", "text_lines"):
            answer = admin.post("/api/preview", json={"path": path, "format": format})
            assert answer.status_code in (400, 403), answer.text
        asked = {"verb": "import", "arguments": {"source": path}}
        assert admin.post("/api/jobs", json=asked).status_code in (400, 403)
    everything = Desk(admin.app.state.desk.dataset, [Path("/")])  # type: ignore[attr-defined]
    try:
        with pytest.raises(trainset.errors.Unsafe):
            everything.inside("proc/self/environ")
    finally:
        everything.close()


def test_a_folder_swapped_while_its_import_waited_is_not_read(
    dataset: trainset.Workbench, admin: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[dict[str, Any]] = []

    def start(verb: str, arguments: dict[str, Any], person: str) -> Job:
        kept.append(arguments)
        return Job(1, verb, arguments, person, "")

    root = tmp_path / "open"
    pictures(root / "new", each=1)
    desk = admin.app.state.desk  # type: ignore[attr-defined]
    monkeypatch.setattr(desk, "roots", (root,))
    monkeypatch.setattr(desk.jobs, "start", start)
    told = admin.post("/api/jobs", json={"verb": "import", "arguments": {"source": "new", "name": "new"}}).json()
    assert told["arguments"] == {"source": "new", "name": "new"}
    shutil.move(root / "new", tmp_path / "old")
    (root / "new").symlink_to(tmp_path / "old")
    with pytest.raises(trainset.errors.Unsafe, match="leads elsewhere"):
        VERBS["import"].run(dataset, kept[0] | {"job": 1}, "ada", lambda **_: None)


def test_a_zip_whose_list_would_fill_the_memory_is_not_listed(admin: TestClient, tmp_path: Path) -> None:
    """An archive of many empty members: 50 bytes of the list at its end each, and ten times that in memory."""
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        archive.writestr("a.png", b"")
    data = (tmp_path / "many.zip").read_bytes()
    start = data.rindex(b"PK\x01\x02")
    entry, end = data[start : data.rindex(b"PK\x05\x06")], bytearray(data[data.rindex(b"PK\x05\x06") :])
    end[12:16] = (len(entry) * 700_000).to_bytes(4, "little")
    (tmp_path / "many.zip").write_bytes(data[:start] + entry * 700_000 + end)
    found = admin.post("/api/preview", json={"path": "many.zip"}).json()
    assert found["count"] == 0
    assert "cannot be read" in found["trouble"]


def test_a_preview_says_what_would_be_read_and_changes_nothing(
    admin: TestClient, dataset: trainset.Workbench, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in below(dataset.folder) if path.parent.name != "cache"}
    found = admin.post("/api/preview", json={"path": "pets"}).json()
    assert (found["format"], found["count"], found["unit"], found["labels"]) == (
        "class_folders",
        20,
        "file",
        {"cat": 10, "dog": 10},
    )
    assert found["media"] == {"image": 20}
    as_splits = admin.post("/api/preview", json={"path": "pets", "settings": {"folders": "splits"}}).json()
    assert (as_splits["splits"], as_splits["unlabelled"]) == ({"cat": 10, "dog": 10}, 20)
    (tmp_path / "mails.csv").write_text("utterance,intent,when\nhello there,greet,now\nbye then,leave,later\n")
    unclear = admin.post("/api/preview", json={"path": "mails.csv"}).json()
    assert unclear["columns"] == ["utterance", "intent", "when"]
    assert "no column is called" in unclear["trouble"]
    clear = admin.post(
        "/api/preview", json={"path": "mails.csv", "settings": {"map": "text=utterance,label=intent"}}
    ).json()
    assert (clear["trouble"], clear["mapping"]) == ("", {"text": "utterance", "label": "intent"})
    assert [(row["text"], row["label"]) for row in clear["rows"]] == [("hello there", "greet"), ("bye then", "leave")]
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.writestr("cat/1.png", b"x")
    packed = admin.post("/api/preview", json={"path": "pets.zip"}).json()
    assert (packed["unit"], packed["count"], packed["media"]) == ("member", 1, {"image": 1})
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_from_an_empty_dataset_to_samples_and_no_page_is_served_of_what_was_sent(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "new.trainset") as dataset:
        app = make_app(dataset, tokens=TOKENS, port=PORT, roots=[tmp_path])
        headers = {"Authorization": f"Bearer {ADMIN}", "Origin": HERE}
        client = TestClient(app, base_url=HERE, headers=headers, raise_server_exceptions=False)
        try:
            assert client.get("/api/dataset").json()["samples"] == 0
            for path in below(pictures(tmp_path / "pets", each=2)):
                put(client, str(path.relative_to(tmp_path / "pets")), path.read_bytes(), "pets")
            put(client, "cat/evil.html", b"<script>alert(1)</script>", "pets")
            put(client, "cat/evil.svg", b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>", "pets")
            asked = {"verb": "import", "arguments": {"upload": "pets", "name": "pets", "files": 6}}
            number = client.post("/api/jobs", json=asked).json()["number"]
            for _ in range(600):
                job = client.get(f"/api/jobs/{number}").json()
                if job["state"] not in ("waiting", "running"):
                    break
                time.sleep(0.1)
            assert (job["state"], job["result"]["samples"]) == ("done", 4), job
            overview = client.get("/api/dataset").json()
            assert (overview["samples"], overview["medium"], len(overview["classes"])) == (4, "image", 2)
            (told,) = client.get("/api/imports").json()
            bad = client.get("/api/imports/outcomes", params={"name": told["name"], "outcome": "unsupported"}).json()
            assert {one["name"] for one in bad} == {"cat/evil.html", "cat/evil.svg"}
            for place in ("media/pets/cat/evil.html", "api/media/evil.html", "assets/evil.svg", "evil.html"):
                assert client.get(f"/{place}").status_code in (400, 404)
            shown = client.get("/api/samples").json()["samples"][0]
            assert client.get(f"/api/media/{shown['id']}").headers["content-type"] == "image/png"
        finally:
            app.state.desk.close()
