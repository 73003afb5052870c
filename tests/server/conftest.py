"""The workbench's app called without a network, by an admin, by a reviewer and by nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import trainset
from tests.helpers import pictures
from trainset.server import make_app
from trainset.server.roles import Role, Visitor

PORT = 8765
HERE = f"http://127.0.0.1:{PORT}"
TOKENS = {"a" * 43: Visitor("ada", Role.ADMIN), "b" * 43: Visitor("bob", Role.REVIEWER)}
ADMIN, REVIEWER = TOKENS


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """20 pictures of two classes."""
    with trainset.init(tmp_path / "pets.trainset") as made:
        made.import_(pictures(tmp_path / "pets", each=10))
        yield made


Caller = Callable[..., TestClient]


@pytest.fixture
def call(dataset: trainset.Workbench, tmp_path: Path) -> Iterator[Caller]:
    """A client of the app with a token (empty: nobody)."""
    app = make_app(dataset, tokens=TOKENS, port=PORT, roots=[tmp_path])
    clients = []

    def client(token: str = ADMIN, **headers: str) -> TestClient:
        given = {"Authorization": f"Bearer {token}"} if token else {}
        made = TestClient(
            app, base_url=HERE, headers=given | headers, follow_redirects=False, raise_server_exceptions=False
        )
        clients.append(made)
        return made

    client.app = app  # type: ignore[attr-defined]
    yield client
    app.state.desk.close()


@pytest.fixture
def admin(call: Caller) -> TestClient:
    """Whoever started the server."""
    return call()
