"""`trainset serve` as a process: its address, its door, its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvicorn

import trainset
from docs import shapes
from tests.helpers import pictures, run, run_json, serving
from trainset.server import make_app, patience
from trainset.server.serve import bind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures(tmp_path / "pets", each=3)
    run_json("import", "pets", cwd=tmp_path)
    return tmp_path


Started = tuple[subprocess.Popen[str], dict[str, Any]]


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Started]]:
    running = []

    def started(*arguments: str) -> Started:
        process, said = serving(*arguments, cwd=folder, own_session=True)
        running.append(process)
        return process, said

    yield started
    for process in running:
        process.kill()
        process.communicate()


def ask(address: str, path: str, token: str = "") -> Any:
    base = address.split("/?")[0]
    request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_serves_until_it_is_told_to_end_and_leaves_nobody_behind(
    start: Callable[..., Started], sign: signal.Signals
) -> None:
    process, said = start("--reviewer", "bob")
    assert [*said] == [*next(one for one in shapes.SHAPES if "serve" in one.commands).names]
    token = said["address"].split("token=")[1]
    assert ask(said["address"], "/api/session", token) == {
        "person": "ada",
        "role": "admin",
        "dataset": "pets.trainset",
        "medium": "image",
    }
    assert ask(said["address"], "/api/session", said["reviewers"]["bob"].split("token=")[1])["role"] == "reviewer"
    request = urllib.request.Request(
        said["address"].split("/?")[0] + "/api/jobs", data=b'{"verb": "measure"}',
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=20).read()
    time.sleep(0.5)
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, sign)
    process.wait(60)
    _, alive = psutil.wait_procs(children, timeout=15)
    assert not alive
    assert process.stderr is not None
    errors = process.stderr.read()
    assert token not in errors
    assert "Traceback" not in errors, errors


def test_who_connects_and_says_nothing_is_let_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 1.0)
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    with trainset.open(folder / "pets.trainset") as dataset:
        app = make_app(dataset, tokens={}, port=port)
        server = uvicorn.Server(uvicorn.Config(app, http=patience.Patient, log_level="warning", ws="none"))
        thread = threading.Thread(target=server.run, args=([sock],))
        thread.start()
        try:
            head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            for said, again in ((b"", b""), (head.encode(), b"X: y\r\n"), (f"{head}\r\n{head}".encode(), b"X: y\r\n")):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
                    slow.sendall(said)
                    with contextlib.suppress(OSError):  # closed while something is sent
                        while again:
                            slow.sendall(again)
                            time.sleep(0.1)
                    with contextlib.suppress(ConnectionError):
                        while slow.recv(65_536):
                            pass  # it ends: else this waits until the test is stopped
            with socket.create_connection(("127.0.0.1", port), timeout=20) as large:
                large.sendall(head.encode() + b"X: " + b"y" * 200_000)
                assert b" 400 " in large.recv(100)
        finally:
            server.should_exit = True
            thread.join()
            app.state.desk.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a job ends when it next reads from its parent")
def test_killed_it_leaves_no_job_behind(start: Callable[..., Started]) -> None:
    process, said = start()
    token = said["address"].split("token=")[1]
    request = urllib.request.Request(
        said["address"].split("/?")[0] + "/api/jobs", data=b'{"verb": "measure"}',
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=20).read()
    for _ in range(200):
        children = psutil.Process(process.pid).children(recursive=True)
        if children:
            break
        time.sleep(0.05)
    assert children
    process.kill()
    process.wait(60)
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive


def test_a_port_that_is_taken_is_said_before_any_work(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", port, "-d", "no such dataset", cwd=folder)
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com"])  # noqa: S104  # refused
def test_another_address_than_this_machine_s_own_is_refused_with_the_reason(folder: Path, host: str) -> None:
    done = run("serve", "--host", host, "--port", "0", cwd=folder)
    assert done.returncode == 2
    assert "the workbench is served to this machine only" in done.stderr
    assert "there are no accounts yet" in done.stderr


def test_where_there_is_no_dataset_the_command_that_makes_one_is_said(tmp_path: Path) -> None:
    here = run("serve", "--no-browser", cwd=tmp_path)
    assert here.returncode == 2
    assert "there is no dataset here" in here.stderr
    assert "next: trainset serve --new makes an empty one" in " ".join(here.stderr.split())
    named = run("serve", "--no-browser", "-d", "my pets.trainset", cwd=tmp_path)
    assert "trainset serve --new -d 'my pets.trainset'" in " ".join(named.stderr.split())
    assert not any(tmp_path.iterdir())
