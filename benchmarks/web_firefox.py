"""Firefox, spoken to directly over WebDriver BiDi: Playwright cannot drive Debian's. Used by web_million.py."""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from typing import Any

SECONDS = 60


class Socket:
    """A web socket (RFC 6455) as far as one client that sends and reads texts needs it."""

    def __init__(self, port: int, path: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._socket.recv(1)
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise RuntimeError(answer.decode())

    def send(self, text: str) -> None:
        """One masked text frame."""
        data, mask = text.encode(), secrets.token_bytes(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        self._socket.sendall(b"\x81" + length + mask + bytes(one ^ mask[n % 4] for n, one in enumerate(data)))

    def receive(self) -> str:
        """The next message, its frames joined."""
        found = b""
        while True:
            first, second = self._exactly(2)
            length = second & 0x7F
            if length > 125:
                length = (
                    struct.unpack(">H", self._exactly(2))[0]
                    if length == 126
                    else struct.unpack(">Q", self._exactly(8))[0]
                )
            data = self._exactly(length)
            if first & 0x0F in (0, 1):
                found += data
                if first & 0x80:
                    return found.decode()

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            more = self._socket.recv(count - len(found))
            if not more:
                raise RuntimeError("Firefox has closed the line")
            found += more
        return found


class Firefox:
    """One headless Firefox with one page."""

    def __init__(self) -> None:
        program = next((found for name in ("firefox-esr", "firefox") if (found := shutil.which(name))), None)
        if program is None:
            raise RuntimeError("no Firefox: apt-get install firefox-esr")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._profile = tempfile.mkdtemp()
        self._process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--profile", self._profile, f"--remote-debugging-port={port}", "about:blank"],
            env={**os.environ, "HOME": self._profile, "MOZ_DISABLE_CONTENT_SANDBOX": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._numbers = itertools.count(1)
        ends = time.monotonic() + SECONDS
        while True:
            try:
                self._socket = Socket(port, "/session")
                break
            except OSError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.2)
        self.ask("session.new", capabilities={})
        self._page = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **parameters: Any) -> Any:
        """What a command answers."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.receive())
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(answer["message"])
                return answer["result"]

    def goto(self, address: str) -> None:
        """Opens an address and waits until it has loaded."""
        self.ask("browsingContext.navigate", context=self._page, url=address, wait="complete")

    def run(self, script: str) -> Any:
        """The value of an expression, awaited."""
        answer = self.ask("script.evaluate", expression=script, target={"context": self._page}, awaitPromise=True)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def close(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._profile, ignore_errors=True)


def reach_last(address: str, rows: int) -> str:
    """Whether the last sample can be brought on screen by the End key and by the scroll bar."""
    firefox = Firefox()
    try:
        firefox.run("0")
        firefox.goto(address)
        firefox.goto(address.split("/?")[0] + "/#/look")
        wait = (
            "new Promise(done => {{ const ends = performance.now() + 20000; "
            "const look = () => {0} ? done('reached') : performance.now() > ends ? done('not reached') : setTimeout(look, 50); look() }})"
        )
        first = "+[...document.querySelectorAll('.cell:not([hidden]):not(.loading)')][0]?.dataset.index"
        shown = firefox.run(wait.format("document.querySelectorAll('.cell:not(.loading):not([hidden])').length > 10"))
        firefox.run(
            "document.querySelector('.grid').dispatchEvent(new KeyboardEvent('keydown', {key: 'End', bubbles: true}))"
        )
        by_key = firefox.run(wait.format(f"document.querySelector('#cell-{rows - 1}:not(.loading)')"))
        firefox.run("{ const e = document.querySelector('.grid'); e.scrollTop = 0.5 * e.scrollHeight }")
        middle = firefox.run(wait.format(f"Math.abs({first} - {rows // 2}) < {rows // 50}"))
        firefox.run("{ const e = document.querySelector('.grid'); e.scrollTop = e.scrollHeight }")
        by_bar = firefox.run(wait.format(f"document.querySelector('#cell-{rows - 1}:not(.loading)')"))
        return f"first samples {shown}, End {by_key}, middle by the bar {middle}, end by the bar {by_bar}"
    finally:
        firefox.close()
