"""What the page of health asks for: findings, other thresholds, dismissals, pairs, and the outcomes of imports."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import trainset
from tests.server.conftest import REVIEWER, Caller


@pytest.fixture
def copied(dataset: trainset.Workbench, tmp_path: Path) -> trainset.Workbench:
    """The pictures, two of them a second time: one in the same class, one in the other; and a file that is no picture."""
    more = tmp_path / "more"
    first, other = (sorted(folder.iterdir()) for folder in sorted((tmp_path / "pets").iterdir()))
    for place, source in (("cat/copy.png", first[0]), ("cat/strange.png", other[0])):
        (more / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, more / place)
    (more / "cat" / "broken.png").write_bytes(b"no picture")
    dataset.import_(more)
    return dataset


def looked(client: TestClient) -> dict[str, Any]:
    """The health once every check has run."""
    for _ in range(600):
        found: dict[str, Any] = client.get("/api/findings").json()
        if not found["looking"] and found["at"] >= 0:
            return found
        time.sleep(0.1)
    raise AssertionError("the checks do not end")


def of(health: dict[str, Any], name: str) -> dict[str, Any]:
    return next(check for check in health["checks"] if check["check"] == name)


def test_every_check_says_what_it_found_and_why_it_matters_and_looks_again_when_asked(
    copied: trainset.Workbench, admin: TestClient
) -> None:
    health = looked(admin)
    assert (health["behind"], health["trouble"]) == (0, "")
    assert {check["check"] for check in health["checks"]} == {*copied.checks()}
    assert all(check["why"] and check["next"] for check in health["checks"])
    copies = of(health, "exact_duplicates")
    assert (copies["flagged"], copies["paired"], copies["waiting"]) == (2, True, False)
    assert of(health, "unreadable")["bad"] == 1
    assert of(health, "label_error")["skipped"]
    z = next(setting for setting in of(health, "blurry")["settings"] if setting["name"] == "z")
    assert (z["kind"], z["default"]) == ("number", 4.0)
    skipped = [bool(check["skipped"]) for check in health["checks"]]
    assert skipped == sorted(skipped)
    copied.exclude(where="path = 'cat/copy.png'")
    assert admin.get("/api/findings").json()["behind"] == 1
    admin.post("/api/findings/again", json={})
    health = looked(admin)
    assert (health["behind"], of(health, "exact_duplicates")["flagged"]) == (0, 1)


def test_within_a_selection_findings_are_counted_shown_opened_and_dismissed(
    copied: trainset.Workbench, admin: TestClient
) -> None:
    looked(admin)
    one = {"where": ["path like '%strange%'"]}
    assert of(admin.get("/api/findings", params=one).json(), "exact_duplicates")["flagged"] == 1
    page = admin.get("/api/findings/samples", params={"check": "exact_duplicates", **one}).json()
    assert (page["flagged"], [finding["sample"]["name"] for finding in page["findings"]]) == (1, ["strange.png"])
    made = admin.post("/api/findings/pick", json={"check": "exact_duplicates", **one}).json()
    assert made["samples"] == 1
    picked = {"picked": page["findings"][0]["sample"]["id"]}
    assert of(admin.get("/api/findings", params=picked).json(), "exact_duplicates")["flagged"] == 1
    nobody = {"check": "exact_duplicates", "all": True, "reason": "none", "where": ["label = 'nobody'"]}
    assert admin.post("/api/findings/dismiss", json=nobody).json()["changed"] == 0
    told = {"check": "exact_duplicates", "all": True, "reason": "both are wanted", **one}
    assert admin.post("/api/findings/dismiss", json=told).json()["changed"] == 1
    left = admin.get("/api/findings/samples", params={"check": "exact_duplicates"}).json()
    assert [finding["sample"]["name"] for finding in left["findings"]] == ["copy.png"]
    refused = admin.get("/api/findings", params={"where": "nothing = 1"})
    assert (refused.status_code, "no column" in refused.json()["error"]) == (400, True)


def test_findings_come_with_their_samples_and_reasons_worst_first(
    copied: trainset.Workbench, admin: TestClient
) -> None:
    page = admin.get("/api/findings/samples", params={"check": "exact_duplicates"}).json()
    severities = [finding["severity"] for finding in page["findings"]]
    assert severities == sorted(severities, reverse=True)
    assert {finding["sample"]["name"] for finding in page["findings"]} == {"copy.png", "strange.png"}
    assert all(finding["because"].startswith("a copy of ") for finding in page["findings"])
    bad = admin.get("/api/findings/samples", params={"check": "unreadable"}).json()["bad"]
    assert [(one["name"], one["outcome"]) for one in bad] == [("cat/broken.png", "unreadable")]


def test_other_thresholds_are_counted_and_nothing_else_changes(copied: trainset.Workbench, admin: TestClient) -> None:
    asked = {"check": "too_few", "count": "0"}
    before = admin.get("/api/findings/samples", params=asked).json()
    other = admin.get("/api/findings/samples", params=asked | {"settings": json.dumps({"least": 1, "least_test": 1})})
    same = copied.audit(only=["too_few"], settings={"too_few": {"least": 1, "least_test": 1}})
    assert other.json()["about"] == [*same.results[0].about]
    assert other.json()["about"] != before["about"]
    assert admin.get("/api/findings/samples", params=asked).json() == before


@pytest.mark.parametrize(
    "settings",
    ['{"z": "a"}', '{"q": 1}', "[]", "{", '{"z": NaN}', '{"z": [1]}', "[" * 1000],
)
def test_settings_that_are_none_are_refused(admin: TestClient, settings: str) -> None:
    answer = admin.get("/api/findings/samples", params={"check": "blurry", "settings": settings})
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error"]


def test_what_other_thresholds_find_is_a_filter(copied: trainset.Workbench, admin: TestClient) -> None:
    asked = {"check": "dark", "settings": json.dumps({"below": 1.0})}
    count = admin.get("/api/findings/samples", params=asked).json()["flagged"]
    made = admin.post("/api/findings/pick", json=asked).json()
    assert made["samples"] == count > 0
    assert admin.get("/api/samples", params={"where": [made["name"]], "count": 0}).json()["total"] == count


def test_a_whole_number_beyond_all_sense_is_refused(admin: TestClient) -> None:
    asked = {"check": "outlier", "settings": json.dumps({"neighbours": 10**9})}
    answer = admin.get("/api/findings/samples", params=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "setting neighbours is out of range")


def test_dismissing_takes_a_reason_and_is_undone(copied: trainset.Workbench, call: Caller) -> None:
    reviewer = call(REVIEWER)
    reviewer.post("/api/findings/again", json={"check": "exact_duplicates"})
    page = reviewer.get("/api/findings/samples", params={"check": "exact_duplicates"}).json()
    one = page["findings"][0]["sample"]["id"]
    asked: dict[str, Any] = {"check": "exact_duplicates", "ids": [one], "reason": "", "key": "k"}
    assert "say why" in reviewer.post("/api/findings/dismiss", json=asked).json()["error"]
    assert reviewer.post("/api/findings/dismiss", json={**asked, "ids": [], "reason": "x"}).status_code == 400
    done = reviewer.post("/api/findings/dismiss", json={**asked, "reason": "a mirror"}).json()
    assert done["changed"] == 1
    assert (copied.log()[-1].verb, copied.log()[-1].reason, copied.log()[-1].person) == ("dismiss", "a mirror", "bob")
    page = reviewer.get("/api/findings/samples", params={"check": "exact_duplicates"}).json()
    assert (page["flagged"], page["dismissed"], len(page["findings"])) == (1, 1, 1)
    reviewer.post("/api/undo", json={"seq": done["action"]})
    again = reviewer.post("/api/findings/again", json={"check": "exact_duplicates"}).json()
    assert of(again, "exact_duplicates")["flagged"] == 2


def test_copies_stand_beside_what_they_copy_until_somebody_decides(
    copied: trainset.Workbench, admin: TestClient
) -> None:
    found = admin.get("/api/pairs", params={"check": "exact_duplicates"}).json()
    assert found["total"] == 2
    worst, other = found["pairs"]
    assert worst["stays"]["label"] != worst["goes"]["label"]
    assert (other["goes"]["name"], other["copies"], other["unlike"]) == ("copy.png", 2, None)
    both = {"first": worst["goes"]["id"], "second": worst["stays"]["id"]}
    reason = {"check": "exact_duplicates", **both, "reason": "both may stay", "key": "k"}
    done = [admin.post("/api/pairs/dismiss", json=reason).json() for _ in range(2)]
    assert done[0] == done[1]
    assert copied.log()[-1].seq == done[0]["action"]
    assert admin.post("/api/pairs/dismiss", json=reason | {"check": "blurry", "key": "l"}).status_code == 400
    admin.post("/api/fixes/exclude", json={"ids": [other["stays"]["id"]]})
    assert admin.get("/api/pairs", params={"check": "exact_duplicates"}).json()["total"] == 0
    assert admin.get("/api/pairs", params={"check": "blurry"}).status_code == 400


def test_outcomes_of_imports_name_the_files_behind_them(copied: trainset.Workbench, admin: TestClient) -> None:
    latest, first = admin.get("/api/imports").json()
    assert (latest["source"], first["source"], first["action"], first["undone"]) == ("more", "pets", 1, False)
    counts = {count["outcome"]: (count["count"], count["inside"], count["bad"]) for count in latest["counts"]}
    assert counts == {"added": (2, True, False), "unreadable": (1, False, True)}
    asked = {"name": latest["name"], "outcome": "unreadable"}
    (bad,) = admin.get("/api/imports/outcomes", params=asked).json()
    assert (bad["name"], bad["sample"]) == ("cat/broken.png", None)
    assert bad["reason"]
    added = admin.get("/api/imports/outcomes", params={**asked, "outcome": "added", "first": 1}).json()
    assert [one["name"] for one in added] == ["cat/strange.png"]
    assert admin.get(f"/api/samples/{added[0]['sample']}").json()["path"] == "cat/strange.png"
    assert admin.get("/api/imports/outcomes", params={"name": "../../people"}).status_code == 404
