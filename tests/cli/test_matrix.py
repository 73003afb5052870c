"""The matrix in the terminal: it fits, the most confused stay, names and colours say what is what, and nothing of a name is obeyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from tests import helpers
from trainset.cli import matrix
from trainset.cli.run_report import worst


def counts(classes: int, each: int, seed: int = 0) -> NDArray[np.int64]:
    draw = np.random.default_rng(seed)
    table = draw.multinomial(each, [0.4 / classes] * classes, size=classes) if classes > 2 else np.full((2, 2), each)
    table[np.arange(classes), np.arange(classes)] += each
    return table.astype(np.int64)


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("classes", [2, 6, 10, 35, 77, 150])
@pytest.mark.parametrize("names", ["{}", "class {}", "a_very_long_name_that_begins_like_all_others_{}", "名前{}"])
def test_it_fits_any_width(classes: int, width: int, names: str) -> None:
    for each in (7, 400, 50_000):
        table = counts(classes, each) if classes > 2 else np.array([[each, 1], [2, each]])
        lines = matrix.matrix(table, [names.format(n) for n in range(classes)], width=width, before=table.T.copy())
        assert max(line.cell_len for line in lines) <= width
        assert 3 <= len(lines) <= matrix.MOST + 2


def test_counts_stand_where_they_belong_and_changes_are_marked() -> None:
    table = np.array([[8, 2, 0], [0, 9, 1], [3, 0, 7]])
    before = np.array([[7, 3, 0], [0, 9, 1], [3, 0, 7]])
    lines = [line.plain for line in matrix.matrix(table, ["cat", "dog", "owl"], width=80, before=before)]
    assert lines[0].split() == ["label", "cat", "dog", "owl", "right"]
    assert lines[1].split() == ["cat", "▴8", "▾2", "·", "80%"]
    assert lines[3].split() == ["owl", "3", "·", "7", "70%"]
    assert worst(table, ["cat", "dog", "owl"], 2) == "worst: owl taken for cat 3 of 10; cat taken for dog 2 of 10"
    assert worst(np.eye(2, dtype=np.int64), ["a", "b"], 2).startswith("no confusion")


def test_of_many_classes_the_most_confused_stay_and_the_rest_is_counted() -> None:
    table = np.eye(40, dtype=np.int64) * 50
    table[3, 31] = table[17, 5] = 20
    table[8, 9] = 1
    assert {3, 31, 17, 5} <= {*matrix.confused(table, 6)}
    lines = [line.plain for line in matrix.matrix(table, [f"name {n}" for n in range(40)], width=80, most=4)]
    assert [line.split()[0] for line in lines[1:-1]] == ["4", "6", "18", "32"]
    assert "the 4 most confused of 40 classes" in lines[-1]
    crowd = table.copy()
    crowd[3, 0] = 19
    assert " 19 " in matrix.matrix(crowd, [f"name {n}" for n in range(40)], width=80, most=4)[1].plain


def test_right_is_blue_and_wrong_is_orange() -> None:
    styles = [
        str(span.style)
        for line in matrix.matrix(np.array([[9, 1], [4, 6]]), ["a", "b"], width=80)
        for span in line.spans
    ]
    backs = [style.split("on #")[1] for style in styles if " on #" in style]
    rgb = [tuple(int(back[n : n + 2], 16) for n in (0, 2, 4)) for back in backs]
    assert [("blue" if blue > red else "orange") for red, _, blue in rgb] == ["blue", "orange", "orange", "blue"]


def test_labels_beneath_have_rows_of_their_own() -> None:
    table = np.array([[5, 0], [1, 4], [0, 6]])
    lines = [line.plain for line in matrix.beneath(table, ["yes", "cat", "dog"], ["yes", "other"], [0, 1, 1], width=80)]
    assert lines[1].split() == ["yes", "5", "·", "100%"]
    assert lines[2].split() == ["cat", "(other)", "1", "4", "80%"]


def test_a_name_is_never_obeyed() -> None:
    lines = matrix.matrix(np.array([[1, 2], [3, 4]]), ["\x1b[31mred", "[bold]b\u202e"], width=80)
    console = Console(width=80, markup=False)
    with console.capture() as caught:
        for line in lines:
            console.print(line)
    assert "\x1b[31m" not in caught.get()
    assert "\u202e" not in caught.get()


def test_train_prints_a_matrix_at_epochs_on_a_pipe_and_the_kept_run_again(tmp_path: Path) -> None:
    helpers.pictures(tmp_path / "pets", each=12)
    helpers.run("import", "pets", cwd=tmp_path)
    options: list[Any] = ["--embedder", "pixels", "--groups", "none"]
    done = helpers.run("train", *options, "--head", "logistic", "--epochs", "3", cwd=tmp_path, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert all(f"epoch {number}, held out" in done.stdout for number in (1, 2, 3))
    assert "floors: largest class" in done.stdout
    again = helpers.run("confusion", cwd=tmp_path, COLUMNS="80").stdout
    assert again.splitlines()[0].split() == ["label", "cat", "dog", "right"]
    assert max(map(len, (done.stdout + again).splitlines())) <= 80
    shown = helpers.run("confusion", "--row", "cat", cwd=tmp_path).stdout
    assert "surest mistakes first" in shown or "no samples in this part" in shown
    assert "error: there is no run" in helpers.run("confusion", "r9", cwd=tmp_path).stderr


def test_nearly_all_is_not_all() -> None:
    counts = np.array([[999, 1], [0, 4]])
    lines = [str(line) for line in matrix.matrix(counts, ["a", "b"], width=80)]
    assert lines[1].endswith(" >99%")
    assert lines[2].endswith(" 100%")
