"""Queues over HTTP: what waits, answers, the way back, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import trainset
from tests.server.conftest import REVIEWER, Caller
from tests.work.test_train import filled, rows, trained


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """Sixty texts of three classes; 0 and 4 lie with the next class."""
    with filled(tmp_path, rows(60), wrong=[0, 4]) as made:
        trained(made)
        yield made


def got(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_waits_is_told_in_its_order_and_an_answer_is_kept_once(
    admin: TestClient, dataset: trainset.Workbench
) -> None:
    queue = dataset.queue("likely-wrong", n=5).queue
    ahead = got(admin, f"/api/queues/{queue}")
    first, second = ahead["samples"][:2]
    assert {first["text"], second["text"]} == {"text 0", "text 4"}
    assert (ahead["total"], ahead["done"], ahead["blind"], first["place"]) == (5, 0, False, 1)
    assert (first["label"], first["suggested"]) in (("a", "b"), ("b", "c"))
    said = {"sample": first["id"], "label": first["suggested"], "seconds": 1.5, "key": "once"}
    answered = admin.post(f"/api/queues/{queue}/answers", json=said).json()
    assert (answered["action"] is not None, answered["changed"], answered["others"]) == (True, True, {})
    assert admin.post(f"/api/queues/{queue}/answers", json=said).json()["changed"] is False
    assert [one.verb for one in dataset.log()][-1] == "review"
    assert len(dataset.ratings(queue=queue)) == 1
    assert dataset.look([first["id"]]).rows()[0]["label"] == first["suggested"]
    ahead = got(admin, f"/api/queues/{queue}?count=1")
    assert (ahead["done"], [one["id"] for one in ahead["samples"]]) == (1, [second["id"]])
    dataset.exclude([second["id"]])
    ahead = got(admin, f"/api/queues/{queue}")
    assert (ahead["total"], ahead["done"], len(ahead["samples"])) == (4, 1, 3)
    (told,) = got(admin, "/api/queues")
    assert (told["reviewed"], told["wrong"], told["people"]) == (1, 1, ["ada"])
    back = admin.post(f"/api/queues/{queue}/undo", json={}).json()
    assert back == {"sample": first["id"], "label": first["suggested"]}
    assert dataset.look([first["id"]]).rows()[0]["label"] == first["label"]


def test_a_reviewer_answers_too_and_what_others_say_is_told(
    admin: TestClient, call: Caller, dataset: trainset.Workbench
) -> None:
    queue = dataset.queue("random", n=3).queue
    one = got(admin, f"/api/queues/{queue}")["samples"][0]
    assert (one["suggested"], one["confidence"]) == (None, None)  # the model sways nobody
    admin.post(f"/api/queues/{queue}/answers", json={"sample": one["id"], "label": "a"})
    said = call(REVIEWER).post(f"/api/queues/{queue}/answers", json={"sample": one["id"], "label": None})
    assert said.json()["others"] == {"ada": "a"}
    refused = admin.post(f"/api/queues/{queue}/answers", json={"sample": one["id"], "label": "nothing"})
    assert (refused.status_code, "no class" in refused.json()["error"]) == (404, True)
    assert admin.get("/api/queues/99").status_code == 404


def test_a_quiz_shows_no_label_and_changes_none(admin: TestClient, dataset: trainset.Workbench) -> None:
    queue = dataset.queue("quiz", n=3).queue
    ahead = got(admin, f"/api/queues/{queue}")
    one = ahead["samples"][0]
    assert (ahead["blind"], one["label"], one["name"], one["suggested"]) == (True, None, "", None)
    before = len(dataset.log())
    said = admin.post(f"/api/queues/{queue}/answers", json={"sample": one["id"], "label": "a"}).json()
    assert (said["action"], said["changed"], len(dataset.log())) == (None, False, before)
    assert got(admin, f"/api/queues/{queue}")["done"] == 1
    assert dataset.ratings(queue=queue).rows()[0]["question"] == "quiz"


def test_orders_are_those_of_the_command_line(admin: TestClient) -> None:
    assert [one["name"] for one in got(admin, "/api/queues/orders")][:2] == ["likely-wrong", "most-useful"]
