"""The notebook of the documentation runs as it is, shows rich results, and is kept without any."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import trainset
from tests.helpers import SOURCE

NOTEBOOK = Path(__file__).parents[1] / "docs" / "how-to" / "notebook.ipynb"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def run(place: Path) -> Any:
    """The notebook, executed in a kernel of its own in an empty folder; warnings are errors there too."""
    environment = {
        **os.environ, "PYTHONPATH": str(SOURCE), "TRAINSET_HOME": str(place / "home"), "TRAINSET_PERSON": "ada",
        "JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": str(place / "ipython"),
    }  # fmt: skip
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import warnings\nwarnings.simplefilter('error')"))
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(place)}})
    client.execute(env=environment)
    return notebook


def shown(run: Any, code: str, kind: str = "text/html") -> str:
    """What the cell that begins with `code` shows."""
    [cell] = [cell for cell in run.cells if cell.cell_type == "code" and cell.source.startswith(code)]
    return "".join(output.data.get(kind, "") for output in cell.outputs if output.output_type == "execute_result")


def test_no_cell_fails_or_warns(run: Any) -> None:
    outputs = [output for cell in run.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"]
    assert all(cell.execution_count for cell in run.cells if cell.cell_type == "code")


def test_pictures_are_shown(run: Any) -> None:
    assert shown(run, "eights =").count("<img") == 8
    assert shown(run, "dataset.look(eights.ids[:2])").count("data:image/jpeg;base64,") == 2


def test_tables_are_shown(run: Any) -> None:
    for code, words in (
        ("dataset = trainset.init", ("added", "samples from some digits")),
        ("dataset.diff", ("relabelled", "to show how a label is fixed", "moved split")),
        ("dataset.undo()", ("samples, image", "train")),
        ("dataset.look(sort=", ("path", "width", "32")),
    ):
        html = shown(run, code)
        assert "<table" in html, code
        assert all(word in html for word in words), code
    [whole] = [cell for cell in run.cells if cell.source == "dataset"]
    assert "<table" in whole.outputs[0].data["text/html"]


def test_what_it_did_is_in_the_dataset(run: Any, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINSET_HOME", str(place / "home"))
    with trainset.open(place / "quickstart" / "notebook.trainset") as dataset:
        assert [action.verb for action in dataset.log()] == ["import", "label", "exclude", "move-split", "undo"]
        assert dataset.diff("as imported").counts == {"excluded": 1, "relabelled": 1}
        files = [*(place / "quickstart" / "exported").rglob("*.png")]
        assert len(files) == dataset.versions()[0].samples


def test_it_runs_again_over_what_it_left(run: Any, place: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "TRAINSET_HOME": str(place / "home"),
        "TRAINSET_PERSON": "ada",
    }
    again = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(again, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(place)}}).execute(
        env=environment
    )
    assert "already present" in shown(again, "dataset = trainset.init")


def test_the_kept_notebook_has_no_outputs() -> None:
    kept = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(kept)
    code = [cell for cell in kept.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert [set(cell.metadata) for cell in kept.cells] == [set()] * len(kept.cells)
