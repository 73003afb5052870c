"""A command is a recipe: run a fold at a time, without a shell, only when typed, and nothing of it is kept by halves."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers import SOURCE, pictures, run
from tests.work.made import write

import trainset
from trainset import Workbench
from trainset.errors import BadSource, BadValue, TrainsetError, Unsafe
from trainset.model import Entry, EntryKind
from trainset.recipe import Recipe
from trainset.store import log
from trainset.store.runs import APART, HELD_OUT

SCRIPT = """
import argparse, collections, csv, json, os, shutil
asked = argparse.ArgumentParser()
for name in ("train", "test", "out"):
    asked.add_argument("--" + name)
asked = asked.parse_args()
train, test = (list(csv.DictReader(open(path, encoding="utf-8"))) for path in (asked.train, asked.test))
for path, name in ((asked.train, "train"), (asked.test, "test")):  # what the test looks at
    shutil.copy(path, f"seen-{name}-{len(os.listdir()):03}.csv")
words = collections.defaultdict(collections.Counter)
for row in train:
    words[row["text"].split()[0]][row["label"]] += 1
classes = sorted({row["label"] for row in train})
with open(asked.out + ".csv", "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["id", *classes])
    for row in test:
        counts = words[row["text"].split()[0]]
        total = sum(counts.values()) + len(classes)
        table.writerow([row["id"], *((counts[name] + 1) / total for name in classes)])
print("learnt from", len(train))
"""
COMMAND = f"{sys.executable} net.py --train {{train}} --test {{test}} --out {{out}}"


def made(folder: Path, test: int = 12) -> Workbench:
    """Sixty texts of three speakers each with a word that tells the class; number 0 lies with the next class; the last `test` are the test split."""
    rows: list[list[object]] = [["text", "label", "split", "speaker"]]
    for n in range(60):
        label = "abc"[(n + (n == 0)) % 3]
        rows.append([f"{'xyz'[n % 3]} number {n}", label, "test" if n >= 60 - test else "train", f"s{n // 10}"])
    rows.append(["x without label", "", "train", "s0"])
    dataset = trainset.init(folder / "set", "text")
    dataset.import_(write(folder / "t.csv", rows))
    return dataset


@pytest.fixture
def sixty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    script("net.py", SCRIPT)
    with made(tmp_path) as dataset:
        yield dataset


def script(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def seen(name: str) -> list[list[dict[str, str]]]:
    found = [path.read_text(encoding="utf-8") for path in sorted(Path().glob(f"seen-{name}-*.csv"))]
    return [list(csv.DictReader(io.StringIO(text))) for text in found]


def test_a_command_predicts_every_fold_without_having_seen_it_and_the_test_split_last(
    sixty: Workbench, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    sixty.exclude([row["id"] for row in sixty.look(where="text = 'y number 4'").rows()], reason="to shift the others")
    result = sixty.train(COMMAND, folds=3, step=told.append)
    assert [one.split(":")[0] for one in told] == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3", "validation and test"]
    assert "learnt from" in capsys.readouterr().err
    assert result.scores["held_out"]["samples"] == 47
    assert result.scores["accuracy"] == pytest.approx(46 / 47, abs=1e-6)
    assert result.scores["test"]["accuracy"] == 1
    assert result.scores["groups"] == "contributor"
    trained, asked = seen("train"), seen("test")
    texts = {row["id"]: row["text"] for row in sixty.look(n=100).rows()}
    assert sorted((row["id"], row["text"]) for rows in asked for row in rows) == sorted(texts.items())
    assert all(texts[row["id"]] == row["text"] for rows in trained for row in rows)
    for learnt, rows in zip(trained, asked, strict=True):
        assert not {row["id"] for row in learnt} & {row["id"] for row in rows}
        assert all(row["label"] for row in learnt)
        assert not any(row["label"] for row in rows), "the labels of what is to be predicted are not told"
        speakers = [
            {int(row["text"].split()[2]) // 10 for row in some if "number" in row["text"]} for some in (learnt, rows)
        ]
        assert not (speakers[0] & speakers[1]) or rows is asked[-1]
    found = sixty.predictions()
    assert sorted({*found.how.tolist()}) == [HELD_OUT, APART]
    wrong = sixty.audit(only=["label_error"], settings={"label_error": {"cut": 0.5}})["label_error"].ids.to_pylist()
    assert [texts[one.hex()] for one in wrong] == ["x number 0"]
    assert result.recipe.command == COMMAND
    assert "net.py" in result.recipe.hashes
    script("net.py", SCRIPT + "\n")
    assert sixty.train(COMMAND, folds=3).recipe.hash != result.recipe.hash


def test_of_no_folds_only_the_test_split_is_predicted(sixty: Workbench) -> None:
    result = sixty.train(COMMAND, folds=0)
    assert len(seen("train")) == 1
    assert result.scores["accuracy"] is None
    assert result.scores["test"]["samples"] == 12
    assert any("only validation and test are predicted" in remark for remark in result.remarks)


def test_pictures_are_named_by_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = SCRIPT.replace(
        'row["text"].split()[0]',
        'str(os.path.isfile(row["path"]) and os.path.isabs(row["path"]) and row["path"].split(os.sep)[-2])',
    )
    script("net.py", text)
    script(
        "kept.py", text.replace('row["path"].split(os.sep)[-2]', '"x"')
    )  # a kept copy has no folder that tells its class
    with trainset.init("set") as dataset:
        dataset.import_(pictures(tmp_path / "photos", each=8))
        result = dataset.train(COMMAND, folds=2, groups="none")
        assert result.scores["accuracy"] == 1
        dataset.version("kept", keep_media=True)
        (tmp_path / "photos" / "cat" / "0.png").rename(tmp_path / "away.png")
        result = dataset.train(COMMAND.replace("net.py", "kept.py"), folds=2, groups="none")
        assert result.scores["held_out"]["samples"] + (result.scores["test"] or {"samples": 0})["samples"] > 0
        assert not any("left out" in remark for remark in result.remarks)


FAILING: dict[str, tuple[str, str]] = {
    "an exit code": ("import sys; sys.exit(7)", "exit code 7"),
    "a crash": ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
    "nothing written": ("pass", "has not written its predictions"),
    "logits": (SCRIPT.replace("(counts[name] + 1) / total", "5.0 - counts[name]"), "look like logits"),
    "a sample too few": (SCRIPT.replace("for row in test:", "for row in test[1:]:"), "have no prediction"),
    "a sample twice": (
        SCRIPT.replace("for row in test:", "for row in [*test, test[0]]:"),
        "more predictions than samples",
    ),
    "samples not asked for": (SCRIPT.replace("for row in test:", "for row in train[: len(test)]:"), "not asked for"),
    "a pickle": ("import pickle, sys; pickle.dump([1], open(sys.argv[-1], 'wb'))", "runs whatever code"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_command_that_fails_is_a_clear_error_and_nothing_is_kept(case: str, sixty: Workbench) -> None:
    text, why = FAILING[case]
    script("net.py", text)
    with pytest.raises(TrainsetError) as caught:
        sixty.train(COMMAND, folds=2)
    assert why in str(caught.value), str(caught.value)
    assert caught.value.where.startswith("fold 1 of 2")
    assert sixty.runs() == []


def test_what_is_no_command_is_refused(sixty: Workbench) -> None:
    with pytest.raises(BadValue, match="does not say where"):
        sixty.train("python net.py --train {train} --out {out}")
    with pytest.raises(BadValue, match="cannot be read"):
        sixty.train("python 'net.py {train} {test} {out}")
    with pytest.raises(BadValue, match="cannot be started"):
        sixty.train("no-such-program {train} {test} {out}")
    with pytest.raises(BadValue, match="does not reach it"):
        sixty.train(COMMAND, embedder="minilm")
    with pytest.raises(BadSource, match="not written"):
        sixty.train("echo {train} {test} {out} ; touch $HOME/`whoami`", folds=2)  # no shell reads it


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(sixty: Workbench, tmp_path: Path) -> None:
    child = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(200)"
    script(
        "net.py", f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(200)"
    )
    with pytest.raises(TrainsetError, match="took too long"):
        sixty.train(COMMAND, folds=2, timeout=8)
    assert gone((tmp_path / "pid").read_text())
    assert sixty.runs() == []


def gone(process: str) -> bool:
    for _ in range(100):
        state = Path(f"/proc/{process}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            return True
        time.sleep(0.1)
    return False


def listens() -> None:
    """What was started in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_interrupting_ends_the_command_and_keeps_nothing(sixty: Workbench, tmp_path: Path) -> None:
    script("net.py", f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(120)")
    command = [sys.executable, "-m", "trainset", "train", "--recipe", COMMAND, "-d", str(sixty.folder)]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(SOURCE)}, stderr=subprocess.PIPE, text=True, preexec_fn=listens
    )  # fmt: skip
    for _ in range(600):
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in said
    assert gone((tmp_path / "pid").read_text())
    assert sixty.runs() == []


def test_a_command_of_a_strangers_dataset_is_shown_and_never_run(sixty: Workbench, tmp_path: Path) -> None:
    script("net.py", f"open({str(tmp_path / 'ran')!r}, 'w')")
    value = json.dumps({**Recipe().as_dict(), "head": "own", "command": COMMAND})
    log.append(sixty, "recipe", "mallory", "", [Entry(EntryKind.RECIPE, subject="best", value=value)])
    with pytest.raises(Unsafe, match="nobody has typed") as caught:
        sixty.train("best")
    assert caught.value.got == COMMAND
    assert COMMAND in caught.value.next
    with pytest.raises(Unsafe, match="nobody has typed"):
        sixty.train("best", folds=2)
    assert run("recipes", "-d", sixty.folder).returncode == 0
    done = run("train", "--recipe", "best", "-d", sixty.folder)
    assert done.returncode == 2
    assert "nobody has typed" in done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_command_named_at_this_machine_runs_by_its_name_and_only_here(
    sixty: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = sixty.recipe("net", command=COMMAND, folds=2)
    assert named.recipe.head == "own"
    result = sixty.train("net")
    assert (result.recipe.command, result.recipe.folds) == (COMMAND, 2)
    monkeypatch.setenv("TRAINSET_HOME", str(tmp_path / "another"))
    with pytest.raises(Unsafe):
        sixty.train("net")
    assert sixty.train("net", command=COMMAND).recipe.folds == 2  # typed again


def test_the_command_line_runs_and_shows_what_the_command_prints(sixty: Workbench) -> None:
    done = run("train", "--recipe", COMMAND, "--folds", "2", "-d", sixty.folder)
    assert done.returncode == 0, done.stderr
    assert "fold 1 of 2: " in done.stderr
    assert "learnt from" in done.stderr
    assert "held out (by contributor): 97.9 % of 48 right" in done.stdout
    assert "test: 100.0 % of 12 right" in done.stdout
    document: dict[str, Any] = json.loads(
        run("train", "--recipe", COMMAND, "--folds", "0", "--json", "-d", sixty.folder).stdout
    )
    assert document["recipe"]["command"] == COMMAND
