"""Who gets in: tokens, sessions, roles, hosts, origins, paths; walked over every route that there is."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import APIRouter

import trainset
from tests.server.conftest import ADMIN, HERE, REVIEWER, TOKENS, Caller
from trainset.server import guard, roles
from trainset.server.roles import Guarded, Role

TRICKS = [
    "..", "%2e%2e", "%2E%2E", "%252e%252e", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..\\..\\people.db", "%5c%5chost%5cshare",
    "x;y", "x%3by", "a%00.png", "%2fetc%2fpasswd", "%252fetc", "//etc/passwd", "%25252e%25252e", "a%0d%0aSet-Cookie:x",
]  # fmt: skip


def routes(call: Caller) -> list[Guarded]:
    found: list[Any] = []
    waiting = [*call.app.routes]  # type: ignore[attr-defined]
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None) or getattr(route, "routes", None)
        if isinstance(inner, APIRouter):
            waiting += inner.routes
        elif isinstance(inner, list):
            waiting += inner
        else:
            found.append(route)
    return found


def address(route: Any) -> str:
    return re.sub(r"\{[^}]+\}", "1", route.path)


def asked(route: Any) -> dict[str, Any]:
    method = next(iter(route.methods))
    file = route.path.startswith("/api/uploads/")  # files are sent as their bytes
    body: dict[str, Any] = {"content": b""} if file else {"json": {}} if method == "POST" else {}
    kind = {"Content-Type": "application/octet-stream"} if file else {}
    return {"method": method, "url": address(route), "headers": {"Origin": HERE, **kind}, **body}


def test_every_route_declares_a_role(call: Caller) -> None:
    found = routes(call)
    assert len(found) > 15
    assert all(isinstance(route, Guarded) and isinstance(route.role, Role) for route in found)


def test_a_route_without_a_role_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="declares no role"):
        APIRouter(route_class=Guarded).get("/open")(lambda: "all of it")


def test_every_route_is_refused_without_its_role(call: Caller) -> None:
    nobody, reviewer = call(""), call(REVIEWER)
    for route in routes(call):
        if route.role is Role.NOBODY or route.path == "/api/events":
            continue
        answer = nobody.request(**asked(route))
        assert answer.status_code == 401, route.path
        assert answer.json()["error"] == "nobody is signed in here"
        if route.role is Role.ADMIN:
            assert reviewer.request(**asked(route)).status_code == 403, route.path
    assert nobody.get("/api/events").status_code == 401


def test_what_nobody_may_have_says_nothing_of_the_dataset(call: Caller) -> None:
    public = {route.path for route in routes(call) if route.role is Role.NOBODY}
    assert public == {"/", "/favicon.ico", "/icon.svg", "/assets/{name}"}


def test_a_reviewer_fixes_and_starts_no_work(call: Caller, dataset: trainset.Workbench) -> None:
    sample = dataset.look(n=1).rows()[0]
    reviewer = call(REVIEWER)
    assert reviewer.post("/api/fixes/exclude", json={"ids": [sample["id"]]}).json()["changed"] == 1
    assert dataset.log()[-1].person == "bob"
    refused = reviewer.post("/api/jobs", json={"verb": "embed"})
    assert (refused.status_code, refused.json()["error"]) == (403, "bob is a reviewer and may not do this")


def test_a_reviewer_undoes_what_reviewers_do_and_makes_no_class(call: Caller, dataset: trainset.Workbench) -> None:
    reviewer, admin = call(REVIEWER), call()
    ids = [row["id"] for row in dataset.look(n=2).rows()]
    refused = reviewer.post("/api/undo", json={"seq": 1})
    assert (refused.status_code, refused.json()["error"]) == (409, "action #1 (import) is not yours to undo")
    new = {"ids": ids, "to": "mouse", "new_class": True}
    assert reviewer.post("/api/fixes/label", json=new).status_code == 403
    assert admin.post("/api/undo", json={"seq": 1}).json()["verb"] == "import"
    back = reviewer.post("/api/undo", json={"seq": 2})
    assert (back.status_code, back.json()["error"]) == (409, "action #2 (import) is not yours to undo")
    assert admin.post("/api/undo", json={"seq": 2}).status_code == 200
    done = admin.post("/api/fixes/exclude", json={"ids": ids}).json()
    assert reviewer.post("/api/undo", json={"seq": done["action"]}).json()["verb"] == "exclude"
    assert len(dataset.look(n=50)) == 20


def test_the_token_of_a_browser_opens_once_and_is_no_key(call: Caller) -> None:
    doors = call.app.state.doors  # type: ignore[attr-defined]
    once = doors.once(TOKENS[ADMIN])
    assert call("").get("/api/session", headers={"Authorization": f"Bearer {once}"}).status_code == 401
    first = call("")
    assert first.get(f"/?token={once}").status_code == 303
    assert first.get("/api/session").json()["role"] == "admin"
    assert call("").get(f"/?token={once}").status_code == 401


def test_of_very_many_sessions_the_oldest_end(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "_MOST", 3)
    visitors = [call("") for _ in range(5)]
    for visitor in visitors:
        visitor.get(f"/?token={REVIEWER}")
    assert [visitor.get("/api/session").status_code for visitor in visitors] == [401, 401, 200, 200, 200]


def test_nobody_takes_all_streams(call: Caller, dataset: trainset.Workbench) -> None:
    events = call.app.state.desk.events  # type: ignore[attr-defined]

    async def open_many() -> None:
        streams = [events.listen("bob") for _ in range(40)]
        for stream in streams:
            await anext(stream)
        with pytest.raises(trainset.errors.BadValue, match="too many pages"):
            events.require_room("bob")
        events.require_room("ada")
        for stream in streams:
            await stream.aclose()
        events.require_room("bob")

    asyncio.run(open_many())


def test_a_body_that_never_ends_is_not_waited_for(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.1)

    async def receive() -> dict[str, Any]:
        if said:
            await asyncio.sleep(60)
        said.append(1)
        return {"type": "http.request", "body": b'{"seq"', "more_body": True}

    said: list[int] = []
    for path, kind in (("/api/undo", "application/json"), ("/api/uploads/file", "application/octet-stream")):
        said.clear()
        assert (
            raw(
                call,
                "PUT" if "file" in path else "POST",
                path,
                receive=receive,
                kind=kind,
                query=b"upload=a&path=a.png",
            )
            == 400
        )


def test_a_token_becomes_a_cookie_and_leaves_the_address(call: Caller) -> None:
    visitor = call("")
    answer = visitor.get(f"/?token={ADMIN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    cookie = answer.headers["set-cookie"]
    assert ADMIN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert visitor.get("/api/session").json()["person"] == "ada"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("token", ["", "x", ADMIN[:-1], ADMIN + "a", REVIEWER.upper(), "é" * 43])
def test_a_wrong_token_opens_nothing(call: Caller, token: str) -> None:
    visitor = call("")
    answer = visitor.get("/", params={"token": token})
    assert answer.status_code == (401 if token else answer.status_code)
    assert "set-cookie" not in answer.headers
    assert visitor.get("/api/session", headers={"Authorization": f"Bearer {token.encode().hex()}"}).status_code == 401
    assert visitor.get("/api/session", headers={"Cookie": f"trainset_8765={ADMIN}"}).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:8765.evil.example",
        "localhost:8766",
        "",
        "0.0.0.0:8765",
        "[::1]:8765",
    ],
)
def test_another_name_is_not_answered(call: Caller, host: str) -> None:
    for path in ("/", "/api/session", "/api/media/1", "/assets/x"):
        answer = call().get(path, headers={"Host": host})
        assert (answer.status_code, answer.json()["error"]) == (403, "this server does not answer to that name")


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:8766",
        "https://localhost",
        "http://127.0.0.1:8765.evil.example",
        "file://",
    ],
)
def test_a_page_of_another_site_is_refused(call: Caller, origin: str) -> None:
    client = call("")
    client.get(f"/?token={ADMIN}")  # with a cookie, as a browser would
    assert client.get("/api/session", headers={"Origin": origin}).status_code == 403
    assert client.post("/api/undo", json={}, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
        "",
    ],
)
def test_no_form_changes_anything(call: Caller, kind: str, dataset: trainset.Workbench) -> None:
    client = call("")
    client.get(f"/?token={ADMIN}")
    before = len(dataset.log())
    for origin in (HERE, "http://evil.example", ""):
        headers = {"Content-Type": kind, **({"Origin": origin} if origin else {})}
        answer = client.post("/api/fixes/label", content=b'{"to": "dog", "where": ["true"]}', headers=headers)
        assert answer.status_code in (403, 415)
    assert client.post("/api/undo", json={}).status_code == 403, "without an Origin, as no page of ours asks"
    assert (
        client.post("/api/undo", json={}, headers={"Origin": HERE, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert (
        client.get("/api/log", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    )
    assert len(dataset.log()) == before


def test_no_answer_lets_another_site_read(call: Caller) -> None:
    for path in ("/", "/api/session", "/nothing"):
        answer = call().get(path, headers={"Origin": HERE})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "unsafe-eval" not in policy
        assert re.search(r"script-src 'self'(;|$)", policy)
        assert "default-src 'none'" in policy
    assert (
        call().options("/api/session", headers={"Origin": HERE, "Access-Control-Request-Method": "POST"}).status_code
        == 405
    )


async def small() -> dict[str, Any]:
    return {"type": "http.request", "body": b"{}", "more_body": False}


def raw(
    call: Caller, method: str, path: str, *, receive: Any = small, kind: str = "application/json", query: bytes = b""
) -> int:
    """The status of a request whose path nobody tidies on its way."""
    answers: list[Any] = []

    async def send(message: Any) -> None:
        answers.append(message)

    headers = {
        "host": HERE.removeprefix("http://"),
        "authorization": f"Bearer {ADMIN}",
        "content-type": kind,
    }
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": unquote(path), "root_path": "",
        "raw_path": path.encode(), "query_string": query, "headers": [(k.encode(), v.encode()) for k, v in headers.items()], "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8765), "state": {},
    }  # fmt: skip
    asyncio.run(call.app(scope, receive, send))  # type: ignore[attr-defined]
    assert b"root:" not in b"".join(message.get("body", b"") for message in answers)
    return int(answers[0]["status"])


@pytest.mark.parametrize("trick", TRICKS)
def test_no_path_leads_out(call: Caller, trick: str) -> None:
    for route in routes(call):
        if route.path == "/api/events":
            continue
        place = (
            re.sub(r"\{[^}]+\}", lambda _: trick, route.path)
            if "{" in route.path
            else f"{route.path.rstrip('/')}/{trick}"
        )
        assert raw(call, next(iter(route.methods or ())), place) in (400, 404, 415), place


def test_errors_have_one_shape_and_name_no_folder_of_the_machine(
    call: Caller, dataset: trainset.Workbench, tmp_path: Path
) -> None:
    client = call()
    answers = [
        client.get("/api/samples/zz"), client.get("/api/samples/" + "0" * 32), client.get("/api/nothing"), client.get("/api/samples?where=labl=1"),
        client.post("/api/fixes/label", json={"to": 1}), client.post("/api/fixes/label", json={"to": "mouse", "where": ["true"]}),
        client.post("/api/jobs", json={"verb": "import", "arguments": {"source": "/etc"}}), client.put("/api/samples"), client.get("/api/jobs/7"),
    ]  # fmt: skip
    (dataset.folder / "samples").rename(dataset.folder / "away")
    (dataset.folder / "samples").symlink_to(tmp_path)
    answers.append(client.get("/api/samples/" + dataset.folder.name))
    for answer in answers:
        assert set(answer.json()) == {"error", "detail", "where", "next"}, answer.text
        assert answer.json()["error"]
        assert str(tmp_path) not in answer.text
        assert answer.status_code >= 400


def test_too_much_is_not_read(call: Caller) -> None:
    answer = call().post("/api/fixes/label", content=b" " * 1_000_001, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert call().get("/api/samples?where=" + "x" * 17_000).status_code == 414


@pytest.mark.parametrize(
    "word",
    [
        "select",
        "label) union all (select",
        "1=1) --",
        "read_csv('/etc/passwd')",
        "(select 1)",
        "repeat(label, 500000000) = 'x'",
        "pg_sleep(5)",
    ],
)
def test_the_filter_language_reaches_nothing_else(call: Caller, word: str) -> None:
    for query in ({"where": word}, {"sort": word}):
        answer = call().get("/api/samples", params=query)
        assert answer.status_code == 400, (query, answer.text[:200])
    assert call().get("/api/facets", params={"column": word}).status_code == 400
