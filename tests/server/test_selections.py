"""Saved selections over HTTP: by reviewers too, names as they are, and the same samples wherever a filter is taken."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

import trainset
from tests.server.conftest import REVIEWER, Caller

ODD = """<b>50% "dark"</b> é"""


@pytest.fixture
def bob(call: Caller) -> TestClient:
    return call(REVIEWER)


def total(client: TestClient, *where: str) -> int:
    answer = client.get("/api/samples", params={"where": [*where], "count": 0})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def test_a_reviewer_saves_opens_renames_and_removes(bob: TestClient, dataset: trainset.Workbench) -> None:
    body = {"name": ODD, "where": ["label = 'cat'", "width > 0"], "sort": "-width", "key": "k"}
    made = bob.post("/api/selections", json=body).json()
    assert (made["samples"], made["sort"], made["person"]) == (10, "-width", "bob")
    assert bob.post("/api/selections", json=body | {"replace": True}).json() == made, "sent twice it is saved once"
    assert bob.post("/api/selections", json=body | {"key": "l"}).status_code == 400
    assert total(bob, made["filter"]) == 10
    assert total(bob, made["filter"], "label = 'dog'") == 0
    facet = bob.get("/api/facets", params={"column": "label", "where": [f"not {made['filter']}"]}).json()
    assert [(one["value"], one["count"]) for one in facet["values"]] == [("dog", 10)]
    bob.post("/api/fixes/label", json={"to": "dog", "where": [made["filter"]]})
    assert total(bob, made["filter"]) == 0, "a filter holds for what it holds for now"
    renamed = bob.post("/api/selections/rename", json={"name": ODD, "to": "cats"}).json()
    assert renamed["filter"] == "selection.cats"
    assert [one["name"] for one in bob.get("/api/selections").json()] == ["cats"]
    assert total(bob, made["filter"]) == 0, "the old name leads to it"
    gone = bob.post("/api/selections/remove", json={"name": "cats"}).json()["action"]
    assert bob.get("/api/selections").json() == []
    lost = bob.get("/api/samples", params={"where": ["selection.cats"]})
    assert lost.status_code == 400
    assert lost.json()["error"] == "there is no saved selection 'cats'"
    bob.post("/api/undo", json={"seq": gone})
    assert [one["name"] for one in bob.get("/api/selections").json()] == ["cats"]


def test_picked_samples_of_any_number_are_saved(bob: TestClient, dataset: trainset.Workbench) -> None:
    ids = [row["id"] for row in dataset.look(n=7)]
    pick = bob.post(
        "/api/uploads/pick",
        content=b"".join(map(bytes.fromhex, ids)),
        headers={"content-type": "application/octet-stream"},
    )
    made = bob.post("/api/selections", json={"name": "big", "where": [pick.json()["name"], "label = 'cat'"]}).json()
    few = bob.post("/api/selections", json={"name": "few", "ids": ids[:3]}).json()
    (dataset.folder / "cache" / "picks" / pick.json()["name"]).unlink()
    assert total(bob, few["filter"]) == 3
    with trainset.open(dataset.folder) as elsewhere:
        assert elsewhere.look(where="selection.big", n=20).total == made["samples"] == total(bob, "selection.big")
        assert {row["id"] for row in elsewhere.look(where="selection.big", n=20)} <= {*ids}
