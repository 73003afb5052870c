"""Jobs: forms made of what a recipe has, work that is started, watched, cancelled, and what became of it when the server ended."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import trainset
import trainset.server
from tests.server.conftest import ADMIN, HERE, PORT, REVIEWER, TOKENS, Caller
from tests.work.test_train import filled, rows, trained
from trainset.errors import BadValue
from trainset.recipe import Recipe
from trainset.server import job_verbs, make_app
from trainset.server.jobs import LOST, Job, epochs_of
from trainset.store.epochs import Live, read
from trainset.work import forms

SETTINGS = {"embedder": "hashed_ngrams", "groups": "none", "head": "logistic", "epochs": 4}


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with filled(tmp_path, rows(60), wrong=[0, 4]) as made:
        yield made


def ended(client: TestClient, number: int) -> dict[str, Any]:
    """The job, once it has ended."""
    for _ in range(3_000):
        job: dict[str, Any] = client.get(f"/api/jobs/{number}").json()
        if job["state"] not in ("waiting", "running"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_a_form_has_every_setting_that_a_recipe_has(admin: TestClient, dataset: trainset.Workbench) -> None:
    dataset.recipe("quick", head="logistic", embedder="hashed_ngrams", epochs=7, classes="ab=a|b,c")
    dataset.version("v1")
    forms = {form["verb"]: form for form in admin.get("/api/forms").json()}
    assert {*forms} <= {*job_verbs.VERBS}
    train = {field["name"]: field for field in forms["train"]["fields"]}
    assert {name for name, field in train.items() if field["setting"] and not field["of_embedder"]} == {
        field.name for field in dataclasses.fields(Recipe)
    } - {"settings", "model", "command", "hashes"}
    assert all(field["about"] for field in train.values())
    assert [choice["value"] for choice in train["head"]["choices"]] == ["ridge", "logistic"]
    assert (train["epochs"]["kind"], train["epochs"]["default"], train["epochs"]["of"]) == ("whole", 60, "logistic")
    assert (train["penalty"]["kind"], train["penalty"]["default"]) == ("number", None)
    assert [choice["value"] for choice in train["version"]["choices"]] == ["", "v1"]
    preset = forms["train"]["presets"]["quick"]
    assert (preset["head"], preset["epochs"], preset["classes"]) == ("logistic", 7, "ab=a|b,c=c")
    assert forms["compare"]["fields"][0]["fewest"] == 2


def test_settings_of_an_embedder_are_in_the_forms_and_reach_it(admin: TestClient, tmp_path: Path) -> None:
    from tests.helpers import pictures

    with trainset.init(tmp_path / "pictures") as dataset:
        dataset.import_(pictures(tmp_path / "pets", each=6))
        dataset.recipe("large", embedder="efficientnet_lite0", settings={"side": 160})
        fields = {field.name: field for field in dataset.forms()["train"] if field.of_embedder}
        side = fields["efficientnet_lite0.side"]
        assert (side.kind, side.default, side.of_embedder) == ("whole", 128, "efficientnet_lite0")
        assert "efficientnet_lite0.threads" not in fields  # it changes no number
        assert forms.presets(dataset)["large"]["efficientnet_lite0.side"] == 160

        def settings(**given: Any) -> dict[str, Any]:
            return job_verbs._settings(dataset, given)

        assert settings(recipe="large", settings={"efficientnet_lite0.side": 96}) == {"settings": {"side": 96}}
        with pytest.raises(BadValue, match="no setting of pixels"):
            settings(settings={"embedder": "pixels", "efficientnet_lite0.side": 96})
        with pytest.raises(BadValue, match=r"no setting 'efficientnet_lite0\.model'"):
            settings(settings={"embedder": "efficientnet_lite0", "efficientnet_lite0.model": "/etc/passwd"})
        done = job_verbs.VERBS["embed"].run(
            dataset,
            {"embedder": "efficientnet_lite0", "settings": {"efficientnet_lite0.side": 64}},
            "ada",
            lambda **facts: None,
        )
        assert (done["settings"]["side"], done["embedded"]) == (64, 12)


def test_a_training_is_started_watched_and_kept(admin: TestClient, call: Caller, dataset: trainset.Workbench) -> None:
    asked = {"verb": "train", "arguments": {"settings": SETTINGS}}
    assert call(REVIEWER).post("/api/jobs", json=asked).status_code == 403
    job = ended(admin, admin.post("/api/jobs", json=asked).json()["number"])
    assert (job["state"], job["error"]) == ("done", {})
    run = dataset.run()
    assert job["result"] == {"run": run.run, "accuracy": run.scores["accuracy"]}
    assert (job["step"], job["done"], job["of"]) == ("training", run.scores["epochs"], 4)
    assert job["live"]["epoch"] == run.scores["epochs"]
    assert [line.split(":")[0] for line in job["lines"]][:2] == ["epoch 1", "epoch 2"]
    assert not epochs_of(dataset, job["number"]).exists()  # the run has them
    assert [len(one["lines"]) for one in admin.get("/api/jobs").json()] == [1]


def test_versions_are_compared_as_a_job(admin: TestClient, tmp_path: Path) -> None:
    given = [(t, label, s, "test" if n >= 40 else "train") for n, (t, label, s, _) in enumerate(rows(60))]
    with filled(tmp_path / "other", given) as dataset:
        dataset.recipe("quick", embedder="hashed_ngrams", groups="none")
        dataset.version("v1")
        dataset.label("b", where="text = 'text 3'")
        said = []
        arguments = {"versions": ["v1", "now"], "recipe": "quick", "seeds": 1, "job": 1}
        found = job_verbs.VERBS["compare"].run(dataset, arguments, "ada", lambda **facts: said.append(facts))
    assert [row["version"] for row in found["rows"]] == ["v1", "now"]
    assert [cell["accuracy"] for cell in found["cells"]] == [1.0, 1.0]
    assert found["sentences"]
    assert json.dumps(found)
    assert {fact["step"] for fact in said if "step" in fact} >= {"training"}


@pytest.mark.parametrize(
    ("verb", "arguments", "status"),
    [
        ("train", {"recipe": "python x.py {train} {test} {out}"}, 403),
        ("train", {"settings": {"command": "python x.py {train} {test} {out}"}}, 403),
        ("compare", {"versions": ["a", "b"], "recipe": "rm {train} {test} {out}"}, 403),
        ("train", {"epochs": 3}, 400), ("delete", {}, 400),
    ],
)  # fmt: skip
def test_no_command_and_nothing_unknown_is_started_from_the_page(
    admin: TestClient, verb: str, arguments: dict[str, Any], status: int
) -> None:
    refused = admin.post("/api/jobs", json={"verb": verb, "arguments": arguments})
    assert refused.status_code == status, refused.text
    assert admin.get("/api/jobs").json() == []


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("import", '{"files": "x"}'), ("import", '{"files": NaN}'), ("import", '{"files": 99999999999}'), ("import", '{"name": "\\ud800"}'),
        ("import", '{"name": {"a": 1}}'), ("import", '{"settings": [1]}'), ("import", '{"settings": {"map": ["x"]}}'), ("import", '{"root": "0"}'),
        ("import", '{"name": ' + "[" * 800 + "]" * 800 + "}"), ("embed", '{"embedder": NaN}'), ("train", '{"settings": {"seed": 1e999}}'),
        ("train", '{"settings": {"\\ud800": 1}}'), ("compare", '{"seeds": ' + "9" * 4000 + "}"), ("compare", '{"versions": 5}'), ("compare", '{"versions": [[1]]}'),
        ("curve", '{"of": {"a": 1}}'), ("curve", '{"more": -1}'), ("map", '{"anew": "yes"}'), ("map", '{"embedder": "a\\u0000"}'),
    ],
)  # fmt: skip
def test_an_argument_of_another_kind_is_refused_and_the_list_of_jobs_stays_readable(
    admin: TestClient, verb: str, arguments: str
) -> None:
    body = f'{{"verb": "{verb}", "arguments": {arguments}}}'
    refused = admin.post("/api/jobs", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400, refused.text
    assert (admin.get("/api/jobs").status_code, admin.get("/api/jobs").json()) == (200, [])


def test_every_argument_says_what_it_may_be() -> None:
    assert {name for verb in job_verbs.VERBS.values() for name in verb.takes} == {*job_verbs._KINDS}


@pytest.mark.parametrize("verb", ["map", "clusters"])
@pytest.mark.parametrize("name", ["/etc/model.onnx", "hf:some/model", "..", "../x", "model.onnx"])
def test_a_map_names_no_file_of_the_machine(dataset: trainset.Workbench, verb: str, name: str) -> None:
    with pytest.raises(trainset.errors.UnknownName, match="opens no model by its place"):
        job_verbs.VERBS[verb].run(dataset, {"embedder": name}, "ada", lambda **_: None)


def test_a_forecast_takes_no_command(dataset: trainset.Workbench) -> None:
    with pytest.raises(trainset.errors.Unsafe, match="a command is started where it was typed"):
        job_verbs.VERBS["curve"].run(dataset, {"recipe": "rm {train} {test} {out}"}, "ada", lambda **_: None)


@pytest.mark.parametrize(
    "forged",
    [
        {"number": -5}, {"number": 10**400}, {"number": 8}, {"number": True}, {"done": "x"}, {"of": "x"}, {"of": 1.5}, {"live": [1]}, {"arguments": 3}, {"error": {"error": 5}},
        {"lines": ["x"] * 100_000}, {"state": ["running"]}, {"started": None}, {"more": 1}, {"result": "DEEP"},
    ],
)  # fmt: skip
def test_a_forged_record_of_a_job_is_left_out(dataset: trainset.Workbench, forged: dict[str, Any]) -> None:
    folder = dataset.place("cache", "jobs")
    folder.mkdir(parents=True)
    facts = dataclasses.asdict(Job(7, "measure", {}, "mallory", "2026-01-01", state="done"))
    (folder / "000007.json").write_text(json.dumps(facts | forged).replace('"DEEP"', "[" * 5_000 + "]" * 5_000))
    (folder / "000006.json").write_text("[" * 100_000)
    (folder / "000009.json").write_text(
        json.dumps(facts | {"number": 9, "result": float("nan"), "step": "\ud800", "live": {"\ud800": 1}})
    )
    (folder / "000010.json").symlink_to("/dev/zero")
    app = make_app(dataset, tokens=TOKENS, port=PORT)
    try:
        client = TestClient(app, base_url=HERE, headers={"Authorization": f"Bearer {ADMIN}"})
        assert [job["number"] for job in client.get("/api/jobs").json()] == [9]
    finally:
        app.state.desk.close()


@pytest.mark.parametrize("settings", [{"embedder": "/etc/model.onnx"}, {"embedder": "hf:some/model"}, {"hidden": 1}])
def test_settings_name_no_file_of_the_machine(dataset: trainset.Workbench, settings: dict[str, Any]) -> None:
    with pytest.raises(trainset.errors.TrainsetError, match=r"offers no embedder|no setting"):
        job_verbs.VERBS["train"].run(dataset, {"settings": settings, "job": 1}, "ada", lambda **_: None)


def test_a_job_is_cancelled_and_one_that_waits_never_starts(admin: TestClient) -> None:
    first = admin.post("/api/jobs", json={"verb": "measure"}).json()["number"]
    second = admin.post("/api/jobs", json={"verb": "measure"}).json()["number"]
    assert admin.post(f"/api/jobs/{second}/cancel", json={}).json()["state"] == "cancelled"
    admin.post(f"/api/jobs/{first}/cancel", json={})
    assert ended(admin, first)["state"] in ("cancelled", "done")
    job = ended(admin, second)
    assert (job["state"], job["started"]) == ("cancelled", "")


def test_what_ran_when_the_server_was_killed_is_shown_as_that(call: Caller, dataset: trainset.Workbench) -> None:
    folder = dataset.place("cache", "jobs")
    folder.mkdir(parents=True)
    facts = {
        "number": 3, "verb": "train", "arguments": {}, "person": "ada", "made": "2026-01-01T00:00:00+00:00", "state": "running",
        "started": "2026-01-01T00:00:01+00:00", "ended": "", "step": "training", "done": 2, "of": 9, "live": {}, "result": None, "error": {}, "lines": [],
    }  # fmt: skip
    (folder / "000003.json").write_text(json.dumps(facts))
    (folder / "000004.json").write_text(json.dumps({**facts, "number": 4, "state": "waiting", "started": ""}))
    (folder / "000005.json").write_text("{")
    live = Live(epochs_of(dataset, 3), ["a", "b"])
    live.add(1, np.eye(2, dtype=np.int64))
    again = trainset.server.make_app(dataset, tokens={}, port=1)
    try:
        jobs = again.state.desk.jobs
        assert {job.number: job.state for job in jobs.all()} == {3: LOST, 4: LOST}
        assert json.loads((folder / "000003.json").read_text())["state"] == "ended with the server"
        assert jobs.start("measure", {}, "ada").number == 5
        assert read(epochs_of(dataset, 3)).numbers.tolist() == [1]  # how far it came can still be seen
    finally:
        again.state.desk.close()


def test_a_run_that_was_trained_elsewhere_is_listed_too(admin: TestClient, dataset: trainset.Workbench) -> None:
    assert admin.get("/api/runs").json() == []
    run = trained(dataset)
    assert [one["run"] for one in admin.get("/api/runs").json()] == [run.run]


def test_no_job_names_a_folder_of_the_machine(
    admin: TestClient, dataset: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "more.csv").write_text("text,label\nlater,b\n", encoding="utf-8")
    admin.post("/api/jobs", json={"verb": "import", "arguments": {"source": "more.csv"}})
    assert ended(admin, 1)["state"] == "done"
    from trainset.server import jobs

    monkeypatch.setattr(jobs, "_BOOT", "raise RuntimeError('in ' + __import__('sys').executable)")
    admin.post("/api/jobs", json={"verb": "measure"})
    crashed = ended(admin, 2)
    assert crashed["state"] == "failed"
    assert "RuntimeError: in …/" in crashed["error"]["detail"]
    for answer in (admin.get("/api/jobs"), admin.get("/api/jobs/1"), admin.get("/api/jobs/2")):
        assert str(tmp_path) not in answer.text
        assert str(Path(sys.executable).parent) not in answer.text
