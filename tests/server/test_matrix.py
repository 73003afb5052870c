"""Runs and their matrices over HTTP: counts, parts, what they share, harm, epochs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import trainset
from tests.server.conftest import REVIEWER, Caller
from tests.work.test_train import filled, rows, trained
from trainset.store.epochs import read


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    """Sixty texts of three classes; 0 and 4 lie with the next class; a run in one pass and one in epochs."""
    with filled(tmp_path, rows(60), wrong=[0, 4]) as made:
        trained(made)
        trained(made, head="logistic", epochs=6)
        yield made


def told(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(client: TestClient, run: str, shape: tuple[int, int] = (3, 3), **query: Any) -> list[list[int]]:
    answer = client.get(f"/api/runs/{run}/counts", params=query)
    assert answer.headers["content-type"] == "application/octet-stream"
    found: list[list[int]] = np.frombuffer(answer.content, "<u4").reshape(shape).tolist()
    return found


def test_runs_are_listed_the_newest_first_with_what_is_not_the_default(admin: TestClient) -> None:
    newest, oldest = told(admin, "/api/runs")
    assert (newest["run"][:5], newest["head"], newest["epochs"]) == ("r0002", "logistic", True)
    assert newest["recipe"] == {"embedder": "hashed_ngrams", "head": "logistic", "epochs": 6, "groups": "none"} | {
        name: value for name, value in newest["recipe"].items() if name == "settings"
    }
    assert (oldest["epochs"], oldest["beneath"], oldest["classes"]) == (False, False, 3)
    assert [side["split"] for side in oldest["sides"]] == [""]


def test_the_counts_are_those_of_the_run(admin: TestClient, dataset: trainset.Workbench) -> None:
    for name in ("1", "latest"):
        run = dataset.run("" if name == "latest" else name)
        assert counts(admin, name) == run.scores["held_out"]["matrix"]
        found = told(admin, f"/api/runs/{name}")
        assert found["classes"] == ["a", "b", "c"]
        assert [one["right"] for one in found["per_class"]] == [19, 19, 20]
        assert sum(found["reliability"]["counts"]) == 60
    assert counts(admin, "1", split="validation") == [[0] * 3] * 3
    assert told(admin, "/api/runs/1", split="test")["per_class"] == []


def test_within_a_selection_all_is_of_its_samples(admin: TestClient, dataset: trainset.Workbench) -> None:
    few: dict[str, Any] = {"where": ["text in ('text 0', 'text 1', 'text 4')", "text <> 'text 1'"]}
    assert counts(admin, "1", **few) == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    found = told(admin, "/api/runs/1", **few)
    assert [(side["samples"], side["accuracy"]) for side in found["brief"]["sides"]] == [(2, 0.0)]
    assert [one["samples"] for one in found["per_class"]] == [1, 1, 0]
    part = told(admin, "/api/runs/1/part", label="a", **few)
    (sample,) = part["samples"]
    assert (part["total"], sample["name"]) == (1, "text 0")
    picked: dict[str, Any] = {"picked": sample["id"]}
    assert counts(admin, "1", **picked) == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert told(admin, "/api/runs/1/harm", **picked)["samples"] == 1
    assert "of a taken for b" in told(admin, "/api/runs/1/common", label="a", predicted="b", **few)["sentences"][0]
    refused = admin.get("/api/runs/1/counts", params={"where": "nothing = 1"})
    assert (refused.status_code, "no column" in refused.json()["error"]) == (400, True)


def test_a_part_gives_its_samples_as_they_are_now_with_what_this_run_says(
    admin: TestClient, dataset: trainset.Workbench
) -> None:
    cell = told(admin, "/api/runs/1/part", label="a", predicted="b")
    assert (cell["total"], [one["name"] for one in cell["samples"]]) == (1, ["text 0"])
    sample = cell["samples"][0]
    assert sample["predicted"] == "b"
    admin.post("/api/fixes/label", json={"to": "b", "ids": [sample["id"]]})
    again = told(admin, "/api/runs/1/part", label="a", predicted="b")
    assert [(one["label"], one["predicted"]) for one in again["samples"]] == [("b", "b")]
    right = told(admin, "/api/runs/1/part", label="c", predicted="c", first=5, count=4)
    assert (right["total"], right["first"], len(right["samples"]), right["gone"]) == (20, 5, 4, 0)
    expected = [row["id"] for row in dataset.confused("1", cell="c:c", n=9).rows()]
    assert [one["id"] for one in right["samples"]] == expected[5:]
    assert told(admin, "/api/runs/1/part", label="b")["total"] == 1
    assert told(admin, "/api/runs/1/part", predicted="c")["total"] == 1


def test_what_a_part_shares_is_said_or_why_not(admin: TestClient) -> None:
    assert told(admin, "/api/runs/1/common", label="a", predicted="b") == {
        "sentences": ["the 1 text of a taken for b: too few to say what they share (at least 5)"],
        "found": False,
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/runs/7", 404), ("/api/runs/7/counts", 404), ("/api/runs/1/part?label=mouse", 404), ("/api/runs/1/part", 400),
        ("/api/runs/1/counts?split=train", 422), ("/api/runs/1?decide=luck", 422),
    ],
)  # fmt: skip
def test_what_there_is_not_is_said(admin: TestClient, path: str, status: int) -> None:
    refused = admin.get(path)
    assert refused.status_code == status
    assert refused.json()["error"]


def test_a_cost_is_set_and_changes_harm_and_decisions(admin: TestClient, call: Caller) -> None:
    before = told(admin, "/api/runs/1/harm")
    assert (before["samples"], before["costs"]) == (60, [])
    assert before["rules"][0]["per_thousand"] == pytest.approx(1000 * 2 / 60, abs=0.01)
    asked = {"label": "a", "predicted": "b", "cost": 9}
    assert call(REVIEWER).post("/api/costs", json=asked).status_code == 403
    done = admin.post("/api/costs", json=asked).json()
    assert (done["before"], done["cost"]) == (1, 9)
    assert told(admin, "/api/runs/1/harm")["rules"][0]["per_thousand"] == pytest.approx(1000 * 10 / 60, abs=0.01)
    cells = np.frombuffer(admin.get("/api/runs/1/harm/cells").content, "<f4").reshape(2, 3, 3)
    assert (cells[0, 0, 1], cells[1, 0, 1], cells[1, 0, 0]) == (9, 9, 0)
    assert admin.post("/api/costs", json={**asked, "cost": None}).json()["cost"] == 1
    assert admin.post("/api/costs", json={**asked, "label": "mouse"}).status_code == 404
    assert admin.post("/api/costs", json={**asked, "cost": -1}).status_code == 400


def test_a_run_of_grouped_labels_has_a_row_for_each_label_beneath(
    admin: TestClient, dataset: trainset.Workbench
) -> None:
    run = trained(dataset, classes="ab=a|b,c")
    found = told(admin, "/api/runs/3")
    assert (found["brief"]["beneath"], found["labels"], found["label_class"]) == (True, [*run.labels], [*run.beneath])
    wide = np.array(counts(admin, "3", (3, 2), beneath=True))
    assert [wide[:2].sum(axis=0).tolist(), wide[2].tolist()] == counts(admin, "3", (2, 2))
    assert told(admin, "/api/runs/3/part", label="a", predicted="ab")["total"] == wide[0, 0]


def test_epochs_come_as_they_were_kept(admin: TestClient, dataset: trainset.Workbench, tmp_path: Path) -> None:
    (tmp_path / "got").write_bytes(admin.get("/api/runs/latest/epochs").content)
    found = read(tmp_path / "got")
    assert found.counts[-1].tolist() == dataset.run().scores["held_out"]["matrix"]
    assert not math.isnan(found.in_sample[0])
    (tmp_path / "got").write_bytes(admin.get("/api/runs/1/epochs").content)
    assert len(read(tmp_path / "got")) == 0


def test_names_with_colons_and_scripts_are_cells_too(admin: TestClient, dataset: trainset.Workbench) -> None:
    evil = "<script>a:b</script>"
    dataset.rename_class("a", evil)
    trained(dataset)
    found = told(admin, "/api/runs/latest/part", label=evil, predicted="b")
    assert [one["name"] for one in found["samples"]] == ["text 0"]
    assert evil in told(admin, "/api/runs/latest")["classes"]
