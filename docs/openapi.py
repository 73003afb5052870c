"""Writes `web/openapi.json`, the schema that the page's types are made of: `make docs`, or `python -m docs.openapi`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parents[1] / "web" / "openapi.json"


def schema() -> dict[str, Any]:
    """The schema of the workbench's API, as its routes declare it."""
    from trainset.server import make_app
    from trainset.work.workbench import init

    with tempfile.TemporaryDirectory() as folder, init(Path(folder) / "empty.trainset") as dataset:
        app = make_app(dataset, tokens={}, port=8765)
        found = app.openapi()
        app.state.desk.close()
    return found


def text() -> str:
    """As the file holds it: keys sorted, so that a change shows as what it is."""
    return json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes the file when it has changed."""
    made = text()
    if not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != made:
        SCHEMA.write_text(made, encoding="utf-8")
        print(f"wrote {SCHEMA.relative_to(SCHEMA.parents[1])}")


if __name__ == "__main__":
    main()
