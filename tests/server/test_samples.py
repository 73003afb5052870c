"""Windows of orders, what is told of one sample, facets, fixes and events."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import trainset
from tests.server.conftest import ADMIN, HERE, PORT, TOKENS, Caller
from trainset.server import make_app


def window(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/samples", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [sample["id"] for sample in found["samples"]]


def test_the_draw_is_that_of_the_command_line(admin: TestClient, dataset: trainset.Workbench) -> None:
    assert ids(window(admin, seed=3, count=5)) == [row["id"] for row in dataset.look(n=5, seed=3).rows()]
    assert ids(window(admin, sort="-bytes", count=5)) == [row["id"] for row in dataset.look(n=5, sort="-bytes").rows()]
    assert window(admin, where="label = 'cat'")["total"] == 10


def test_windows_of_one_order_fit_together(admin: TestClient) -> None:
    whole = ids(window(admin, seed=1, count=20))
    assert len({*whole}) == 20
    assert [*ids(window(admin, seed=1, first=0, count=7)), *ids(window(admin, seed=1, first=7, count=13))] == whole
    assert ids(window(admin, seed=1, first=20)) == []
    assert ids(window(admin, picked=",".join(reversed(whole[:3])))) == whole[:3][::-1]


def test_nothing_moves_while_labels_change(admin: TestClient) -> None:
    before = window(admin, where="label = 'cat'", seed=2)
    changed = ids(before)[4]
    assert admin.post("/api/fixes/label", json={"to": "dog", "ids": [changed]}).json() == {
        "action": 2,
        "changed": 1,
        "unchanged": 0,
    }
    kept = window(admin, where="label = 'cat'", seed=2, order=before["order"])
    assert ids(kept) == ids(before)
    assert kept["samples"][4]["label"] == "dog"
    assert kept["at"] > kept["order"]
    assert changed not in ids(window(admin, where="label = 'cat'", seed=2))


def test_excluded_samples_are_shown_when_a_filter_speaks_of_them(admin: TestClient) -> None:
    some = ids(window(admin, count=3))
    admin.post("/api/fixes/exclude", json={"ids": some, "reason": "blurred"})
    assert window(admin)["total"] == 17
    assert {*ids(window(admin, where="excluded"))} == {*some}
    assert ids(window(admin, picked=some[0])) == some[:1]
    admin.post("/api/fixes/restore", json={"ids": some[:1]})
    assert window(admin)["total"] == 18


def test_the_same_key_is_one_change(admin: TestClient, dataset: trainset.Workbench) -> None:
    sample = ids(window(admin, where="label = 'cat'"))[0]
    for _ in range(2):
        answer = admin.post("/api/fixes/label", json={"to": "dog", "ids": [sample], "key": "k1"})
        assert answer.status_code == 200
    assert [action.verb for action in dataset.log()].count("label") == 1
    for _ in range(3):
        assert admin.post("/api/undo", json={"key": "k2"}).json() == {"action": 3, "undid": 2, "verb": "label"}
        admin.post("/api/notes", json={"text": "odd", "ids": [sample], "key": "k3"})
    assert [action.verb for action in dataset.log()] == ["import", "label", "undo", "note"]


def test_all_of_a_filter_is_one_action_and_can_be_taken_back(admin: TestClient, dataset: trainset.Workbench) -> None:
    done = admin.post("/api/fixes/label", json={"to": "dog", "where": ["label = 'cat'", "bytes > 0"]}).json()
    assert done["changed"] == 10
    undone = admin.post("/api/undo", json={"seq": done["action"]}).json()
    assert (undone["undid"], undone["verb"]) == (2, "label")
    assert window(admin, where="label = 'cat'")["total"] == 10
    again = admin.post("/api/undo", json={"seq": undone["action"]})
    assert again.status_code == 200
    assert window(admin, where="label = 'cat'")["total"] == 0


def test_what_others_built_on_is_not_taken_back(call: Caller) -> None:
    admin, reviewer = call(), call("b" * 43)
    sample = ids(window(admin))[0]
    label = window(admin)["samples"][0]["label"]
    first = admin.post("/api/fixes/label", json={"to": None, "ids": [sample]}).json()["action"]
    reviewer.post("/api/fixes/label", json={"to": label, "ids": [sample]})
    refused = admin.post("/api/undo", json={"seq": first})
    assert (refused.status_code, refused.json()["next"]) == (409, "ask them, or undo theirs first: trainset undo 3")


def test_all_is_told_of_one_sample(admin: TestClient, dataset: trainset.Workbench) -> None:
    dataset.define_class("cat", "has whiskers")
    sample = ids(window(admin, where="label = 'cat'", sort="bytes"))[0]
    admin.post("/api/notes", json={"text": "<b>odd</b>", "ids": [sample]})
    admin.post("/api/fixes/split", json={"to": "validation", "ids": [sample]})
    about = admin.get(f"/api/samples/{sample}").json()
    assert (about["label"], about["definition"], about["split"], about["source"]) == (
        "cat",
        "has whiskers",
        "validation",
        "pets",
    )
    assert [(one["kind"], one["value"], one["person"]) for one in about["history"]] == [
        ("note", "<b>odd</b>", "ada"),
        ("split", "validation", "ada"),
    ]
    size = next(one for one in about["measures"] if one["name"] == "bytes")
    assert 0 < size["below"] <= 0.5
    assert size["value"] <= size["usual"]
    assert about["twins"] == 0


def test_facets_count_what_the_filters_hold(admin: TestClient) -> None:
    labels = admin.get("/api/facets", params={"column": "label", "where": "bytes > 0"}).json()
    assert [(one["value"], one["count"]) for one in labels["values"]] == [("cat", 10), ("dog", 10)]
    sizes = admin.get("/api/facets", params={"column": "bytes", "where": "label = 'cat'"}).json()
    assert sum(sizes["counts"]) + sizes["below"] + sizes["above"] == sizes["total"] == 10
    assert len(sizes["edges"]) == len(sizes["counts"]) + 1
    flagged = admin.get("/api/facets", params={"column": "flagged_exact_duplicates"}).json()
    assert [(one["value"], one["count"]) for one in flagged["values"]] == [(False, 20)]


def test_a_facet_of_nothing_says_so(admin: TestClient) -> None:
    none = admin.get("/api/facets", params={"column": "bytes", "where": "label = 'mouse'"}).json()
    assert (none["total"], none["edges"], none["counts"]) == (0, [], [])


def test_previews_come_in_the_order_asked_for(admin: TestClient) -> None:
    some = ids(window(admin, count=4))
    body = admin.get("/api/previews", params={"picked": ",".join([*some, "0" * 32])}).content
    kinds, at = [], 0
    while at < len(body):
        kind, length = struct.unpack_from("<BI", body, at)
        data = body[at + 5 : at + 5 + length]
        assert (data[:2] == b"\xff\xd8") is (kind == 1)
        kinds.append(kind)
        at += 5 + length
    assert kinds == [1, 1, 1, 1, 0]


def test_a_queue_is_made_of_what_is_selected(admin: TestClient, dataset: trainset.Workbench) -> None:
    some = ids(window(admin, count=3))
    made = admin.post("/api/queues", json={"ids": some}).json()
    assert made["samples"] == 3
    assert {one[:12] for one in dataset.waiting(made["number"])} == {one[:12] for one in some}


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"where": [""]}])
def test_a_change_of_everything_has_to_be_said(admin: TestClient, body: dict[str, Any]) -> None:
    refused = admin.post("/api/fixes/exclude", json=body)
    assert (refused.status_code, refused.json()["error"]) == (400, "say which samples")


def test_names_full_of_scripts_are_data(admin: TestClient, dataset: trainset.Workbench, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>"
    admin.post("/api/fixes/label", json={"to": evil, "ids": ids(window(admin, count=1)), "new_class": True})
    answer = admin.get("/api/dataset")
    assert answer.headers["content-type"] == "application/json"
    assert evil in [one["name"] for one in answer.json()["classes"]]
    told = admin.get("/api/facets", params={"column": "label", "where": f"label = '{evil}'"}).json()
    assert told["values"] == [{"value": evil, "count": 1}]
    assert json.loads(answer.content)


def test_what_the_first_page_needs_is_made_before_it_asks(dataset: trainset.Workbench) -> None:
    app = make_app(dataset, tokens=TOKENS, port=PORT)
    with TestClient(app, base_url=HERE, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        app.state.desk.warmed()
        made = dataset.kept
        assert made is not None
        assert client.get("/api/samples").json()["total"] == 20
        assert dataset.kept is made
    assert dataset.kept is None


def test_a_damaged_dataset_is_served_and_whoever_asks_is_told(dataset: trainset.Workbench) -> None:
    for part in dataset.place("samples").glob("*.parquet"):
        part.unlink()
    app = make_app(dataset, tokens=TOKENS, port=PORT)
    with TestClient(app, base_url=HERE, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        app.state.desk.warmed()
        answer = client.get("/api/samples")
        assert answer.status_code >= 400
        assert "missing" in answer.json()["error"]
