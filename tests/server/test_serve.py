"""`trainset serve` as a process: its address, its door, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from docs import shapes
from tests.helpers import SOURCE, pictures, run, run_json


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
        command = [sys.executable, "-m", "trainset", "serve", "--no-browser", "--json", "--port", "0", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        lines = ""
        assert process.stdout is not None
        while not lines.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            lines += line
        return process, json.loads(lines)

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
    process.wait(30)
    _, alive = psutil.wait_procs(children, timeout=15)
    assert not alive
    assert process.stderr is not None
    errors = process.stderr.read()
    assert token not in errors
    assert "Traceback" not in errors, errors


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
