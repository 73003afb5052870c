"""The map's answers: places, ids, colours and what a filter leaves; picks as filters; clusters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from starlette.testclient import TestClient

import trainset
from tests.helpers import pictures
from tests.server.conftest import REVIEWER, Caller
from trainset.server.job_verbs import VERBS
from trainset.store.picks import keep_pick
from trainset.work.clusters import Cluster, Clusters
from trainset.work.clusters_kept import keep_clusters


def binary(client: TestClient, path: str, **query: Any) -> tuple[dict[str, Any], bytes]:
    answer = client.get(f"/api/map/{path}", params=query)
    assert answer.status_code == 200, answer.text
    length = int.from_bytes(answer.content[:4], "little")
    assert length % 4 == 0
    return json.loads(answer.content[4 : 4 + length]), answer.content[4 + length :]


def ids(client: TestClient) -> list[str]:
    header, data = binary(client, "ids")
    return [data[16 * n : 16 * n + 16].hex() for n in range(header["n"])]


def labels(client: TestClient, column: str = "label") -> dict[str, str | None]:
    header, data = binary(client, "colours", column=column)
    codes: NDArray[np.uint16] = np.frombuffer(data, "<u2")
    return {one: header["values"][code] for one, code in zip(ids(client), codes, strict=True)}


@pytest.fixture
def mapped(dataset: trainset.Workbench) -> trainset.Workbench:
    said: list[dict[str, Any]] = []
    dataset.embed()
    VERBS["map"].run(dataset, {}, "ada", lambda **facts: said.append(facts))
    assert said[0]["step"] == "laying out"
    return dataset


def test_a_page_is_told_that_there_is_no_map_yet(admin: TestClient) -> None:
    about = admin.get("/api/map").json()
    assert (about["mapped"], about["samples"], about["choices"][0]["default"]) == (False, 0, True)
    assert admin.get("/api/map/places").status_code == 404


def test_places_ids_and_colours_are_of_the_same_rows(admin: TestClient, mapped: trainset.Workbench) -> None:
    about = admin.get("/api/map").json()
    assert (about["mapped"], about["samples"], about["without"]) == (True, 20, 0)
    assert sum(region["samples"] for region in about["regions"]) == 20
    header, data = binary(admin, "places")
    assert (header["n"], header["key"]) == (20, about["key"])
    x, y = np.frombuffer(data, "<f4").reshape(2, 20)
    truth = mapped.map().table.to_pylist()
    there = {row["id"].hex(): (np.float32(row["x"]), np.float32(row["y"])) for row in truth}
    assert dict(zip(ids(admin), zip(x, y, strict=True), strict=True)) == there
    assert labels(admin) == {row["id"].hex(): row["label"] for row in truth}
    assert {name for name in labels(admin, "region").values() if name} == {
        f"{region['number']}. {region['name']}" for region in about["regions"]
    }


def test_a_new_label_is_another_colour_at_the_same_place(call: Caller, mapped: trainset.Workbench) -> None:
    client = call(REVIEWER)
    before, one = binary(client, "places"), ids(client)[3]
    assert client.post("/api/fixes/label", json={"to": "dog", "ids": [one]}).json()["changed"] <= 1
    client.post("/api/fixes/label", json={"to": "cat", "ids": [one]})
    assert labels(client)[one] == "cat"
    assert binary(client, "places") == before


def test_numbers_come_as_numbers_and_unknown_columns_are_refused(admin: TestClient, mapped: trainset.Workbench) -> None:
    header, data = binary(admin, "colours", column="width")
    assert header["kind"] == "numbers"
    assert {*np.frombuffer(data, "<f4").tolist()} == {float(row["width"]) for row in mapped.look(n=20).rows()}
    answer = admin.get("/api/map/colours", params={"column": 'x"; drop table samples; --'})
    assert answer.status_code == 400
    assert "there is no column" in answer.json()["error"]
    assert admin.get("/api/map/colours", params={"column": "disagreement"}).status_code == 400  # no run


def test_filters_dim_and_what_is_excluded_is_hidden(admin: TestClient, mapped: trainset.Workbench) -> None:
    out = ids(admin)[0]
    admin.post("/api/fixes/exclude", json={"ids": [out], "reason": "blurred"})
    header, state = binary(admin, "shown", where="label = 'cat'")
    said = dict(zip(ids(admin), state, strict=True))
    expected = {one: 0 if label == "cat" else 1 for one, label in labels(admin).items()} | {out: 2}
    assert said == expected
    assert header["shown"] == list(expected.values()).count(0)
    some = ids(admin)[4:6]
    _, state = binary(admin, "shown", picked=",".join(some))
    assert {one for one, what in zip(ids(admin), state, strict=True) if what == 0} == {*some}


def test_what_has_no_place_yet_is_counted(admin: TestClient, mapped: trainset.Workbench, tmp_path: Path) -> None:
    before = dict(zip(ids(admin), np.frombuffer(binary(admin, "places")[1], "<f4")[:20], strict=True))
    mapped.import_(pictures(tmp_path / "more", each=2, split="late"), name="more")
    about = admin.get("/api/map").json()
    assert (about["samples"], about["without"]) == (20, 4)
    mapped.embed()
    VERBS["map"].run(mapped, {}, "ada", lambda **facts: None)
    about = admin.get("/api/map").json()
    assert (about["samples"], about["without"]) == (24, 0)
    after = dict(zip(ids(admin), np.frombuffer(binary(admin, "places")[1], "<f4")[:24], strict=True))
    assert {one: after[one] for one in before} == before


def test_a_pick_is_a_filter_wherever_filters_are_taken(call: Caller, dataset: trainset.Workbench) -> None:
    client = call(REVIEWER)
    some = [row["id"] for row in dataset.look(n=5).rows()]
    body = b"".join(map(bytes.fromhex, [*some, some[0]]))
    kind = {"content-type": "application/octet-stream"}
    made = client.post("/api/uploads/pick", content=body, headers=kind).json()
    assert made["samples"] == 5
    again = client.post("/api/uploads/pick", content=b"".join(map(bytes.fromhex, reversed(some))), headers=kind)
    assert again.json() == made
    found = client.get("/api/samples", params={"where": made["name"]}).json()
    assert {sample["id"] for sample in found["samples"]} == {*some}
    facet = client.get("/api/facets", params={"column": "label", "where": [f"not {made['name']}"]}).json()
    assert facet["total"] == 15
    assert {row["id"] for row in dataset.look(n=20, where=made["name"]).rows()} == {*some}
    done = call().post("/api/fixes/label", json={"to": "bird", "new_class": True, "where": [made["name"]]}).json()
    assert done["changed"] == 5
    assert client.get("/api/samples", params={"where": "label = 'bird'"}).json()["total"] == 5


def test_a_pick_that_is_not_kept_or_no_list_says_so(call: Caller, dataset: trainset.Workbench) -> None:
    client = call(REVIEWER)
    kind = {"content-type": "application/octet-stream"}
    assert client.post("/api/uploads/pick", content=b"12345", headers=kind).status_code == 400
    assert client.post("/api/uploads/pick", content=b"", headers=kind).status_code == 400
    answer = client.get("/api/samples", params={"where": "picked_0123456789abcdef"})
    assert answer.status_code == 400
    assert "is not kept here" in answer.json()["error"]
    made = keep_pick(dataset, b"x" * 32)
    (dataset.folder / "cache" / "picks" / made.name).write_bytes(b"y" * 16)
    assert client.get("/api/samples", params={"where": made.name}).status_code == 400


def test_more_picks_than_columns_are_kept(admin: TestClient, dataset: trainset.Workbench) -> None:
    one = bytes.fromhex(next(iter(dataset.look(n=1).rows()))["id"])
    names = [keep_pick(dataset, one + n.to_bytes(16, "little")).name for n in range(65)]
    for name in [*names, names[0]]:
        assert admin.get("/api/samples", params={"where": name}).json()["total"] == 1
    with admin.app.state.desk.table() as table:  # type: ignore[attr-defined]
        assert len([name for name in table.columns if name.startswith("picked_")]) <= 60


def test_the_parts_of_classes_open_their_samples(admin: TestClient, mapped: trainset.Workbench) -> None:
    assert admin.get("/api/clusters").json()["at"] == -1
    VERBS["clusters"].run(mapped, {}, "ada", lambda **facts: None)
    found = admin.get("/api/clusters").json()
    assert {one["name"] for one in found["classes"]} == {"cat", "dog"}
    assert "cluster" in admin.get("/api/map").json()["columns"]
    whole = mapped.map().table
    rows = [row for row in whole.to_pylist() if row["label"] == "cat"]
    halves = [pa.array([row["id"] for row in half], pa.binary(16)) for half in (rows[:6], rows[6:])]
    parts = tuple(
        Cluster(n, half, (), (), "dog", 0.4, "relabel", "it lies with 'dog'", "dog") for n, half in enumerate(halves, 1)
    )
    keep_clusters(mapped, [Clusters("cat", 10, parts, 4.0, 0.0, 0.4, 1.0, 4.0, True, "falls into 2 parts", ())])
    (one,) = admin.get("/api/clusters").json()["classes"]
    opened = admin.get("/api/samples", params={"where": one["parts"][1]["pick"]}).json()
    assert {sample["id"] for sample in opened["samples"]} == {row["id"].hex() for row in rows[6:]}
    coloured = labels(admin, "cluster")
    assert {coloured[row["id"].hex()] for row in rows[6:]} == {"cat 2"}
    (mapped.folder / "cache" / "clusters.json").write_text('{"classes": [7]}')
    assert admin.get("/api/clusters").json()["at"] == -1
