"""Invariants of the architecture: imports point one way, start-up is light, plug-ins stand alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "trainset"
LAYERS = (
    ("errors", "lean"), ("model", "recipe", "sheets"), ("contracts",), ("registry",), ("media", "learn", "store", "engine"), ("formats", "measures", "checks", "embed", "pages"),
    ("work",), ("server", "callbacks"), ("cli",), ("planted",), ("quickstart",),
)  # fmt: skip
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
PLUGINS = ("formats", "measures", "checks", "embed", "pages")


def imports() -> Iterator[tuple[Path, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)


OURS = [(path, name) for path, name in imports() if name.startswith("trainset")]


def room(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def test_imports_point_one_way() -> None:
    wrong = []
    for path, name in OURS:
        here, there = room(path), [*name.split("."), ""][1]
        if here in ("__init__", "__main__") or there not in LEVEL or here == there:
            continue
        if LEVEL[here] <= LEVEL[there]:
            wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_every_room_has_its_place() -> None:
    rooms = {room(path) for path in ROOT.rglob("*.py")} - {"__init__", "__main__"}
    assert rooms <= LEVEL.keys()


def test_plugins_import_neither_one_another_nor_the_parts_of_the_store_that_hold_people() -> None:
    allowed = {"schema", "paths", "durable", "ids"}  # columns, names and safe writing: no log, no dataset
    wrong = []
    for path, name in OURS:
        parts = name.split(".")
        if room(path) not in PLUGINS or path.stem == "__init__":
            continue
        if parts[1] == room(path) and len(parts) > 2 and not parts[2].startswith("_"):
            wrong.append(f"{path.stem} imports {name}")
        if parts[1] == "store" and parts[2] not in allowed:
            wrong.append(f"{path.stem} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_nobody_imports_torch_pandas_or_the_web_in_the_core() -> None:
    banned = {"torch", "pickle", "yaml", "requests"}
    assert not [(path.name, name) for path, name in imports() if name.split(".")[0] in banned]
    web = {"fastapi", "starlette", "uvicorn", "pydantic"}
    assert {room(path) for path, name in imports() if name.split(".")[0] in web} == {"server"}


def test_one_file_fetches_and_only_the_server_listens() -> None:
    network = {"socket", "http", "ssl", "ftplib", "asyncio", "httpx", "aiohttp", "huggingface_hub"}
    users = {
        path.name for path, name in imports() if name.split(".")[0] in network or name.startswith("urllib.request")
    }
    serving = {path.name for path in (ROOT / "server").rglob("*.py")}
    assert users - serving == {"_huggingface.py"}


@pytest.mark.parametrize("command", ["import trainset", "import trainset.cli.app"])
def test_start_up_imports_nothing_heavy(command: str) -> None:
    heavy = "{'numpy', 'pyarrow', 'duckdb', 'sqlalchemy', 'sklearn', 'PIL', 'onnxruntime', 'onnx', 'tokenizers', 'torch', 'pandas', 'alembic', 'fastapi', 'pydantic', 'uvicorn'}"
    script = f"import sys; {command}; sys.exit(' '.join({heavy} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_verbs_load_no_library_of_learning_before_it_is_used() -> None:
    script = (
        "import sys; from trainset.lean import leave_pandas_out; leave_pandas_out(); from trainset.work.workbench import Workbench; from trainset import registry; "
        "[getattr(Workbench, name) for name in dir(Workbench)]; registry.plugins('check'); sys.exit(' '.join({'scipy', 'sklearn', 'onnxruntime', 'faiss', 'tokenizers', 'alembic'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_opening_a_dataset_runs_no_verb_and_each_verb_runs_once() -> None:
    script = """
import sys
from concurrent.futures import ThreadPoolExecutor
import trainset.work.workbench
assert not {"PIL", "trainset.learn", "trainset.checks", "trainset.work.selection"} & set(sys.modules), "a verb ran"
Workbench = trainset.Workbench
with ThreadPoolExecutor(8) as pool:
    found = [*pool.map(lambda _: [getattr(Workbench, name) for name in dir(Workbench)], range(8))]
assert all(each == found[0] for each in found)
import trainset.work.train
assert Workbench.train is trainset.work.train.train
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_file_is_named_after_the_central_noun_and_holds_everything() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in ROOT.rglob("*.py")}
    assert not {name: lines for name, lines in long.items() if lines > 400}
