"""The schema that the page's types are made of."""

from __future__ import annotations

from docs import openapi


def test_the_schema_on_disk_is_that_of_the_app() -> None:
    assert openapi.SCHEMA.read_text(encoding="utf-8") == openapi.text(), "make docs writes it anew"


def test_every_route_is_described() -> None:
    for path, methods in openapi.schema()["paths"].items():
        for method, facts in methods.items():
            assert facts.get("description"), (method, path)
            assert facts["x-role"] in ("nobody", "reviewer", "admin")
