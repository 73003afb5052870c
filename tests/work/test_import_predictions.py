"""Predictions made elsewhere come in as a run, and what is no prediction is refused with the reason."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.helpers import SOURCE, run, run_json
from tests.work.made import write

import trainset
from trainset import Workbench
from trainset.errors import BadSource, BadValue, TrainsetError
from trainset.store.runs import APART, HELD_OUT, SEEN

CLASSES = ("a", "b", "c")


def made(
    folder: Path, count: int = 60, split: Callable[[int], str] = lambda n: "train", names: tuple[str, ...] = CLASSES
) -> Workbench:
    """Texts of three classes, `text 0` is of the first; two speakers of every ten."""
    rows: list[list[object]] = [["text", "label", "split", "speaker"]]
    rows += [[f"text {n}", names[n % len(names)], split(n), f"s{n // 10}"] for n in range(count)]
    dataset = trainset.init(folder / "set", "text")
    dataset.import_(write(folder / "t.csv", rows))
    return dataset


@pytest.fixture
def sixty(tmp_path: Path) -> Iterator[Workbench]:
    with made(tmp_path) as dataset:
        yield dataset


def ids(dataset: Workbench) -> list[str]:
    """Whole ids in the order of import."""
    rows = dataset.look(n=1000).rows()
    return [row["id"] for row in sorted(rows, key=lambda row: int(row["text"].split()[1]))]


def right(count: int = 60, sure: float = 0.8, wrong: tuple[int, ...] = ()) -> np.ndarray[Any, Any]:
    """Probabilities that are right but for the rows `wrong`, which say the next class."""
    table = np.full((count, 3), (1 - sure) / 2)
    for n in range(count):
        table[n, (n + (n in wrong)) % 3] = sure
    return table


def saved(path: Path, table: np.ndarray[Any, Any]) -> Path:
    np.save(path, table)
    return path


def npz(path: Path, **arrays: Any) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array(file, np.array(value))
    return path


def test_an_array_in_the_order_of_import_is_a_run_with_matrix_and_label_errors(
    sixty: Workbench, tmp_path: Path
) -> None:
    file = saved(tmp_path / "resnet.npy", right(wrong=(3, 7)))
    run = sixty.import_predictions(file, held_out="yes")
    assert run.recipe.model == "resnet"
    assert [*run.recipe.hashes] == ["resnet.npy"]
    held = run.scores["held_out"]
    assert held["samples"] == 60
    assert run.scores["accuracy"] == pytest.approx(58 / 60, abs=1e-6)
    assert held["matrix"] == [[19, 1, 0], [0, 19, 1], [0, 0, 20]]
    assert [one["class"] for one in held["per_class"]] == [*CLASSES]
    assert (sixty.predictions().how == HELD_OUT).all()
    assert {row["text"] for row in sixty.look(where="predicted != label", n=10).rows()} == {"text 3", "text 7"}
    assert sixty.audit(only=["label_error"])["label_error"].flagged == 2
    assert {row["text"] for row in sixty.look(check="label_error", n=10).rows()} == {"text 3", "text 7"}
    again = sixty.import_predictions(file, held_out="yes")
    assert again.recipe.hash == run.recipe.hash
    assert again.run != run.run


def test_what_the_model_saw_judges_no_label_and_only_other_splits_are_scored(tmp_path: Path) -> None:
    with made(tmp_path, split=lambda n: "test" if n >= 40 else "train") as dataset:
        file = saved(tmp_path / "p.npy", right(wrong=(3, 50)))
        run = dataset.import_predictions(file, held_out="no")
        assert run.scores["accuracy"] is None
        assert run.scores["held_out"]["samples"] == 0
        assert run.scores["test"]["accuracy"] == pytest.approx(19 / 20, abs=1e-6)
        assert run.scores["in_sample"] == pytest.approx(39 / 40, abs=1e-6)
        assert Counter(dataset.predictions().how.tolist()) == {SEEN: 40, APART: 20}
        assert {row["text"] for row in dataset.look(where="predicted != label").rows()} == {"text 50"}
        assert "text 3" not in {row["text"] for row in dataset.look(check="label_error", n=60).rows()}
        assert dataset.confused(cell="c:a", split="test").total == 1


def test_a_model_that_saw_everything_judges_nothing_and_says_so(sixty: Workbench, tmp_path: Path) -> None:
    run = sixty.import_predictions(saved(tmp_path / "p.npy", right(wrong=(3,))), held_out="no")
    assert run.scores["test"] is None
    assert "had seen every sample" in sixty.audit(only=["label_error"])["label_error"].skipped
    assert sixty.runs()[0].run == run.run


def test_whether_the_model_had_seen_the_samples_must_be_said(sixty: Workbench, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="say whether the model had seen"):
        sixty.import_predictions(saved(tmp_path / "p.npy", right()))
    assert sixty.runs() == []


def tables(dataset: Workbench, folder: Path, rows: list[dict[str, Any]]) -> Iterator[Path]:
    with (folder / "p.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    yield folder / "p.csv"
    pq.write_table(pa.Table.from_pylist(rows), folder / "p.parquet")
    yield folder / "p.parquet"


def test_tables_name_samples_and_classes_in_any_order_and_folds_by_a_column(sixty: Workbench, tmp_path: Path) -> None:
    table = right(wrong=(3,))
    rows = [
        {
            "c": table[n, 2],
            "id": one[:12],
            "b": table[n, 1],
            "label": "x",
            "a": table[n, 0],
            "fold": f"{n // 20}" if n < 50 else "",
        }
        for n, one in enumerate(ids(sixty))
    ][::-1]
    for path in tables(sixty, tmp_path, rows):
        run = sixty.import_predictions(path, held_out="fold")
        assert run.scores["held_out"]["samples"] == 50
        assert run.scores["accuracy"] == pytest.approx(49 / 50)
        assert run.scores["groups"] == "column fold"
        assert sixty.predictions().how.tolist() == [HELD_OUT] * 50 + [SEEN] * 10
    parted = [{**row, "fold": f"{n % 5}"} for n, row in enumerate(rows)]
    run = sixty.import_predictions(next(tables(sixty, tmp_path, parted)), held_out="fold")
    assert any("are parted by these folds" in remark for remark in run.remarks)


def test_decisions_with_and_without_confidence(sixty: Workbench, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": one, "predicted": CLASSES[n % 3]} for n, one in enumerate(ids(sixty))][:30]
    for path in tables(sixty, tmp_path, rows):
        run = sixty.import_predictions(path, held_out="yes")
        assert run.scores["accuracy"] == 1
        assert any("no probabilities" in remark for remark in run.remarks)
        assert "30 of 60 samples have no prediction" in run.remarks
    for path in tables(sixty, tmp_path, [{**row, "confidence": 0.7} for row in rows]):
        sixty.import_predictions(path, held_out="yes")
        assert sixty.predictions().probabilities[0] == pytest.approx([0.7, 0.15, 0.15])


def test_an_npz_names_its_samples_and_classes(sixty: Workbench, tmp_path: Path) -> None:
    names = ids(sixty)
    table = right(wrong=(3,)).astype(np.float16)
    file = npz(tmp_path / "p.npz", ids=names[::-1], classes=["c", "b", "a"], probabilities=table[::-1, ::-1])
    run = sixty.import_predictions(file, held_out="yes")
    assert run.scores["held_out"]["matrix"] == [[19, 1, 0], [0, 20, 0], [0, 0, 20]]
    assert any("missed 1 by rounding" in remark and "normalised" in remark for remark in run.remarks)
    assert sixty.predictions().probabilities.sum(axis=1) == pytest.approx(np.ones(60), abs=1e-6)
    some = npz(tmp_path / "some.npz", ids=names[:9], probabilities=table[:9])
    assert sixty.import_predictions(some, held_out="yes").scores["held_out"]["samples"] == 9


def test_a_class_that_the_model_does_not_know_counts_as_mistakes(sixty: Workbench, tmp_path: Path) -> None:
    file = npz(tmp_path / "p.npz", ids=ids(sixty), classes=["a", "b"], probabilities=np.tile([0.75, 0.25], (60, 1)))
    run = sixty.import_predictions(file, held_out="yes")
    assert run.scores["accuracy"] == pytest.approx(1 / 3, abs=1e-6)
    assert any(
        "does not know 1 of the classes (c): their 20 samples count as mistakes" in remark for remark in run.remarks
    )


def test_calibration_brings_confidence_near_to_what_is_right(tmp_path: Path) -> None:
    with made(tmp_path, 300) as dataset:
        draw = np.random.default_rng(0)
        wrong = tuple(draw.permutation(300)[:90].tolist())
        run = dataset.import_predictions(saved(tmp_path / "p.npy", right(300, 0.98, wrong)), held_out="yes")
        assert run.scores["reliability"] < 0.02  # it was 0.28
        assert dataset.predictions().confidence.mean() == pytest.approx(0.7, abs=0.03)


def bomb(path: Path) -> Path:
    """A small archive whose array is 4 GB of zeros, and says so."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**27, 4)})
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("probabilities.npy", "w", force_zip64=True) as file,
    ):
        file.write(head.getvalue())
        for _ in range(4):
            file.write(bytes(2**20))
    return path


REFUSED: dict[str, tuple[Callable[[Path, list[str]], Path], str, str]] = {
    "no file": (lambda folder, names: folder / "none.npy", "no such file", ""),
    "another number of rows": (lambda folder, names: saved(folder / "p.npy", right(59)), "rows are not those", "59"),
    "more rows than samples": (lambda folder, names: npz(folder / "p.npz", ids=names * 2, probabilities=right(120)), "more predictions than samples", "120"),
    "another number of classes": (lambda folder, names: saved(folder / "p.npy", np.full((60, 4), 0.25)), "columns are not those", "4"),
    "an unknown id": (lambda folder, names: npz(folder / "p.npz", ids=[*names[:59], "feed0000beef"], probabilities=right()), "no sample 'feed0000beef'", "row 60"),
    "an id twice": (lambda folder, names: npz(folder / "p.npz", ids=[*names[:59], names[4]], probabilities=right()), "predicted twice", "rows 5 and 60"),
    "an empty id": (lambda folder, names: npz(folder / "p.npz", ids=["", *names[1:]], probabilities=right()), "names no sample", "row 1"),
    "one id too few": (lambda folder, names: npz(folder / "p.npz", ids=names[1:], probabilities=right()), "does not fit", "(59,)"),
    "an unknown class": (lambda folder, names: npz(folder / "p.npz", ids=names, classes=["a", "b", "dog"], probabilities=right()), "no class 'dog'", ""),
    "a class twice": (lambda folder, names: npz(folder / "p.npz", ids=names, classes=["a", "b", "b"], probabilities=right()), "named twice", ""),
    "another array": (lambda folder, names: npz(folder / "p.npz", logits=right(), probabilities=right()), "'logits'", ""),
    "no probabilities": (lambda folder, names: npz(folder / "p.npz", logits=right()), "no probabilities", "logits"),
    "objects": (lambda folder, names: npz(folder / "p.npz", ids=np.array(names, object), probabilities=right()), "cannot be read", "Python objects"),
    "complex numbers": (lambda folder, names: saved(folder / "p.npy", right().astype(complex)), "cannot be read", "complex128"),
    "a column of no class": (lambda folder, names: write(folder / "p.csv", [("id", "a", "b", "fox"), (names[0], 1, 0, 0)]), "'fox' is of no class", ""),
    "no id": (lambda folder, names: write(folder / "p.csv", [("a", "b", "c"), (1, 0, 0)]), "no column names the samples", ""),
    "no number": (lambda folder, names: write(folder / "p.csv", [("id", "a", "b", "c"), (names[0], 1, 0, 0), (names[1], "x", 0, 0)]), "is no number", "row 2"),
    "an empty cell": (lambda folder, names: write(folder / "p.csv", [("id", "a", "b", "c"), (names[0], "", 0, 0)]), "is no number", "row 1"),
    "an unknown decision": (lambda folder, names: write(folder / "p.csv", [("id", "predicted"), (names[0], "a"), (names[1], "fox")]), "no class 'fox'", "row 2"),
    "a confidence above 1": (lambda folder, names: write(folder / "p.csv", [("id", "predicted", "confidence"), (names[0], "a", 1.5)]), "confidence is no probability", "1.5"),
    "no predictions": (lambda folder, names: write(folder / "p.csv", [("id", "label"), (names[0], "a")]), "no predictions in this table", ""),
    "a cut row": (lambda folder, names: write(folder / "p.csv", [("id", "a", "b", "c"), (names[0], 1, 0)]), "row cannot be read", "row 1"),
    "half a Parquet file": (lambda folder, names: half(folder, names), "cannot be read", ""),
    "a bomb": (lambda folder, names: bomb(folder / "p.npz"), "cannot be read", "4,194,304 follow"),
    "two dimensions too many": (lambda folder, names: saved(folder / "p.npy", np.zeros((60, 3, 1))), "no probabilities", "(60, 3, 1)"),
}  # fmt: skip


def half(folder: Path, names: list[str]) -> Path:
    path = folder / "p.parquet"
    pq.write_table(pa.table({"id": names, "a": [1.0] * 60, "b": [0.0] * 60, "c": [0.0] * 60}), path)
    path.write_bytes(path.read_bytes()[:-100])
    return path


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_prediction_is_refused_with_the_reason_and_no_run_is_made(
    case: str, sixty: Workbench, tmp_path: Path
) -> None:
    prepare, what, detail = REFUSED[case]
    path = prepare(tmp_path, ids(sixty))
    with pytest.raises(TrainsetError) as caught:
        sixty.import_predictions(path, held_out="yes")
    assert what in str(caught.value), str(caught.value)
    assert detail in str(caught.value), str(caught.value)
    assert str(path) in str(caught.value) or "row" in caught.value.where
    assert sixty.runs() == []


def entries(folder: Path) -> list[tuple[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return [(row["path"], row["class"]) for row in csv.DictReader(file) if row["path"].startswith("arrays/")]


def test_every_array_of_the_malformed_set_is_what_its_class_says(
    data_folder: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    malformed = data_folder / "malformed"
    codes = np.load(malformed / "arrays/ok_labels.npy")
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    for letters in (False, True):
        names = ("a", "b", "c", "d") if letters else ("0", "1", "2", "3")
        folder = tmp_path / f"{letters}"
        rows: list[list[object]] = [["text", "label", "split"]]
        rows += [[f"text {n}", names[code], "train"] for n, code in enumerate(codes.tolist())]
        with trainset.init(folder / "set", "text") as dataset:
            dataset.import_(write(folder / "t.csv", rows))
            for path, wanted in entries(malformed):
                if ("strings" in path) is not letters:
                    continue
                file = malformed / path
                of_labels = file.stem.startswith(("labels", "ok_labels"))
                main = malformed / "arrays/ok_pred_probs.npy" if of_labels else file
                try:
                    run = dataset.import_predictions(main, held_out="yes", labels=file if of_labels else None)
                    remarks = [one for one in run.remarks if "calibrated" not in one]
                    outcome, reason = "accepted" + (" with a remark" if remarks else ""), "; ".join(remarks)
                except (BadSource, BadValue) as error:
                    outcome, reason = "refused", f"{error.what}; {error.detail}"
                table[wanted, outcome] += 1
                fits = {
                    "accept": outcome.startswith("accepted"), "reject": outcome == "refused", "warn": bool(reason), "limit": True,
                }[wanted]  # fmt: skip
                if not fits or (outcome == "refused" and not reason.strip("; ")):
                    wrong.append(f"{path}: {wanted}, but {outcome}: {reason}")
    for (wanted, outcome), count in sorted(table.items()):
        record_property("table", f"malformed/arrays    {wanted:7} -> {outcome}: {count}")
    assert not wrong, "\n".join(wrong)
    assert sum(table.values()) == 20


LIMITED = """
import sys, trainset
with trainset.open(sys.argv[1]) as dataset:
    try:
        dataset.import_predictions(sys.argv[2], held_out="yes")
    except trainset.TrainsetError as error:
        print(error.detail)
peak = open("/proc/self/status").read().partition("VmHWM:")[2]  # of this process alone, not of what started it
print(int(peak.split()[0]) // 1024)
"""


def test_a_header_that_claims_71_gigabytes_is_refused_within_one(
    sixty: Workbench, data_folder: Path, tmp_path: Path
) -> None:
    for path in (data_folder / "malformed/arrays/pred_probs_huge_shape.npy", bomb(tmp_path / "bomb.npz")):
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(sixty.folder), str(path)], env={"PYTHONPATH": str(SOURCE), "TRAINSET_HOME": str(tmp_path)},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        reason, memory = done.stdout.strip().split("\n")
        assert "follow" in reason
        assert int(memory) < 1000


def test_the_command_prints_the_matrix_and_json(sixty: Workbench, tmp_path: Path) -> None:
    file = saved(tmp_path / "net.npy", right(wrong=(3,)))
    shown = run("import-predictions", file, "--held-out", "yes", "-d", sixty.folder)
    assert shown.returncode == 0, shown.stderr
    assert "held out (as you said): 98.3 % of 60 right" in shown.stdout
    assert "worst: a taken for b 1 of 20" in shown.stdout
    document = run_json("import-predictions", file, "--held-out", "no", "--name", "again", "-d", sixty.folder)
    assert document["accuracy"] is None
    assert document["recipe"]["model"] == "again"
    shown = run("confusion", "-d", sixty.folder)
    assert "nothing is held out" in shown.stdout
    missing = run("import-predictions", file, "-d", sixty.folder)
    assert missing.returncode == 2
    assert "--held-out yes" in missing.stderr
