"""Versions in the browser: the log's changes by sample, names, locks and alarms, comparisons, the card."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

import trainset
from tests.server.conftest import REVIEWER, Caller
from trainset.store.comparisons import ByTestSet, Cell, Changed, Kept, Row, keep
from trainset.store.picks import keep_pick


def ids(client: TestClient, where: str) -> set[str]:
    answer = client.get("/api/samples", params={"where": where, "count": 100})
    assert answer.status_code == 200, answer.text
    return {sample["id"] for sample in answer.json()["samples"]}


def test_a_diff_opens_its_samples_group_by_group(admin: TestClient, dataset: trainset.Workbench) -> None:
    assert admin.post("/api/versions", json={"name": "first", "message": "as imported"}).json()["samples"] == 20
    assert admin.post("/api/versions", json={"name": "first"}).status_code == 400
    cats = sorted(ids(admin, "label = 'cat'"))
    admin.post("/api/fixes/label", json={"to": "dog", "ids": cats[:3], "reason": "they bark"})
    admin.post("/api/fixes/exclude", json={"ids": cats[3:5], "reason": "blurred"})
    told = admin.get("/api/diff", params={"a": "first"}).json()
    assert told["counts"] == {"excluded": 2, "relabelled": 3}
    relabelled = next(one for one in told["groups"] if one["kind"] == "relabelled")
    assert (relabelled["before"], relabelled["after"], relabelled["reason"]) == ("cat", "dog", "they bark")
    assert {*relabelled["now"]["first"]} == ids(admin, relabelled["now"]["pick"]) == {*cats[:3]}
    (only,) = admin.get("/api/diff", params={"a": "#1", "b": "#2"}).json()["groups"]
    assert (only["kind"], only["action"], only["samples"]) == ("relabelled", 2, 3)
    assert admin.get("/api/diff", params={"a": "never"}).status_code == 404
    assert [one["name"] for one in admin.get("/api/versions").json()] == ["first"]


def test_what_happens_to_a_locked_test_set_is_shown_until_it_is_acknowledged(
    call: Caller, dataset: trainset.Workbench
) -> None:
    admin, reviewer = call(), call(REVIEWER)
    cats = sorted(ids(admin, "label = 'cat'"))
    assert admin.post("/api/locks", json={"name": "exam", "where": "label = 'cat'"}).json()["samples"] == 10
    assert reviewer.get("/api/locks").json()["alarms"] == []
    reviewer.post("/api/fixes/label", json={"to": "dog", "ids": cats[:2]})
    (alarm,) = reviewer.get("/api/locks").json()["alarms"]
    assert (alarm["lock"], alarm["kind"], alarm["count"], alarm["person"]) == ("exam", "label", 2, "bob")
    assert ids(reviewer, alarm["samples"]["pick"]) == {*cats[:2]}
    said = {"name": alarm["alarm"], "reason": "they were wrong"}
    assert reviewer.post("/api/alarms/acknowledge", json=said).status_code == 403
    assert admin.post("/api/alarms/acknowledge", json={**said, "reason": " "}).status_code == 400
    assert admin.post("/api/alarms/acknowledge", json=said).json()["changed"] == 1
    assert [one["acknowledged"] for one in reviewer.get("/api/locks").json()["alarms"]] == [dataset.log()[-1].seq]


def test_comparisons_are_told_with_what_is_wrong_now(admin: TestClient, dataset: trainset.Workbench) -> None:
    assert admin.get("/api/comparisons").json() == []
    some = sorted(ids(admin, "label = 'cat'"))[:2]
    pick = keep_pick(dataset, b"".join(map(bytes.fromhex, some))).name
    rows = tuple(Row(name, n, "usual", "ab", 0, 10) for n, name in enumerate(("one", "two")))
    kept = Kept(
        "2026-11-26 07:00 UTC", 8, rows, (ByTestSet("exam", 1, 10),), (Cell(0, 0, 0.8, 0.6, 0.9), Cell(1, 0, 0.9, 0.7, 0.95)),
        ("two is better than one",), (Changed(0, 1, 0, 2, 0, pick, ""),),
    )  # fmt: skip
    keep(dataset, kept)
    (told,) = admin.get("/api/comparisons").json()
    assert (told["number"], told["sentences"], len(told["cells"])) == (1, ["two is better than one"], 2)
    assert ids(admin, told["changed"][0]["lost_pick"]) == {*some}


def test_the_card_is_said_by_admins_and_its_page_runs_nothing(call: Caller, dataset: trainset.Workbench) -> None:
    admin, reviewer = call(), call(REVIEWER)
    fields: list[dict[str, Any]] = reviewer.get("/api/card").json()
    assert {one["text"] for one in fields} == {""}
    said = {"field": "purpose", "text": "<script>alert(1)</script> pets"}
    assert reviewer.post("/api/card", json=said).status_code == 403
    assert admin.post("/api/card", json=said).json()["changed"] == 1
    assert admin.post("/api/card", json=said).json() == {"action": None, "changed": 0, "unchanged": 1}
    assert admin.post("/api/card", json={"field": "colour", "text": "x"}).status_code == 404
    page = reviewer.get("/api/card/page")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script" not in page.text
    policy = page.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_forecasts_are_told_when_there_are_some(admin: TestClient) -> None:
    assert admin.get("/api/forecasts").json() == []
    assert admin.post("/api/jobs", json={"verb": "curve", "arguments": {"colour": 1}}).status_code == 400
