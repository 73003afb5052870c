"""Calls of every shape that the schema allows, and of many that it does not: none is answered with a mistake of ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from starlette.testclient import TestClient

import trainset
from docs import openapi
from tests.helpers import pictures
from tests.server.conftest import ADMIN, HERE, PORT, TOKENS
from trainset.server import make_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of a library that it imports
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: pip install --group dev")

SCHEMA = schemathesis.openapi.from_dict(openapi.schema()).exclude(path="/api/events")  # it never ends
EXAMPLES = 25


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("schema")
    with trainset.init(folder / "pets.trainset") as dataset:
        dataset.import_(pictures(folder / "in", each=5), person="ada")
        app = make_app(dataset, tokens=TOKENS, port=PORT)
        yield TestClient(
            app, base_url=HERE, headers={"Authorization": f"Bearer {ADMIN}"}, raise_server_exceptions=False
        )
        app.state.desk.close()


@SCHEMA.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=[*HealthCheck],
    database=None,
)
def test_nothing_that_is_asked_is_a_mistake_of_ours(client: TestClient, case: Any) -> None:
    asked = case.as_transport_kwargs(base_url=HERE)
    if case.operation.label == "POST /api/jobs":
        return  # a process each: tests/server/test_jobs.py
    known = {name: asked[name] for name in ("json", "params") if asked.get(name) is not None}
    headers = {
        name: value for name, value in (asked.get("headers") or {}).items() if name.lower() in ("content-type", "range")
    }
    answer = client.request(asked["method"], asked["url"].replace(HERE, ""), headers=headers, **known)
    assert answer.status_code < 500, (asked, answer.text[:500])
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error", "detail", "where", "next"}
