"""Every broken, hostile and unusual file of the shared set, imported alone and in its folder, against what a careful program does."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.helpers import SOURCE

import trainset
from trainset.engine import pool
from trainset.errors import BadSource, BadValue
from trainset.model import Outcome
from trainset.work.import_report import ImportReport

FOLDERS = ("images", "pngsuite", "audio", "text", "names")
GROUPS = (*FOLDERS, "archives")

DISAGREEMENTS = {
    "images/jpeg_flipped_bytes.jpg": "its scan ends where it should and the decoder says nothing: only a measure of the picture's look can tell",
}
"""Files of which the import thinks otherwise than the manifest, each with the reason."""

CLASSES = {
    "accept": "added",
    "warn": "added with a remark, or a named outcome",
    "reject": "any outcome but added, with the reason",
    "limit": "any, within the limits",
}


@pytest.fixture(scope="module")
def malformed(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder with `images_names.tar` unpacked as `names/`."""
    copy = tmp_path_factory.mktemp("malformed") / "malformed"
    shutil.copytree(data_folder / "malformed", copy)
    with tarfile.open(copy / "images_names.tar") as tar:
        tar.extractall(copy, filter="data")
    return copy


def manifest(folder: Path, group: str) -> Iterator[tuple[str, str]]:
    """Path and class of a group's entries; the members of the tar are the group `names`."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = row["path"].removeprefix("images_names.tar:")
            if path.split("/")[0] == group:
                yield path, row["class"]


def judged(path: str, wanted: str, outcome: str, remarks: int, reason: str) -> bool:
    """Whether an outcome is what the class asks for."""
    added = Outcome(outcome).in_dataset
    fits = {
        "accept": added,
        "warn": (added and remarks > 0) or (not added and bool(reason)),
        "reject": not added and bool(reason),
        "limit": True,
    }[wanted]
    return fits or path in DISAGREEMENTS


def verdict(report: ImportReport) -> tuple[str, int, str]:
    """One file's outcome: of a list the best of its rows, of an archive the worst of its members, of another file its own. And
    the remarks and the reason."""
    counts = Counter(report.rows) or Counter(report.files)
    best = next(str(outcome) for outcome in Outcome if counts[str(outcome)])
    if report.bad and not report.rows:
        best = str(report.bad[0]["outcome"])
    reason = "; ".join(str(bad["reason"]) for bad in report.bad)
    if not reason and not report.rows:
        reason = "a system file" if report.files.get("ignored") else ""
    partly = sum(n for outcome, n in report.rows.items() if not Outcome(outcome).in_dataset)
    about = sum(not text.startswith(("columns", "folders")) for text in report.about)
    return best, sum(report.remarks.values()) + partly + about, reason


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.timeout(600)
def test_every_file_alone_is_what_its_class_says(
    group: str,
    malformed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setattr(pool, "_processors", lambda: 1)
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    medium = {"audio": "audio", "text": "text"}.get(group, "image")
    with trainset.init(tmp_path / "set", medium) as dataset, trainset.init(tmp_path / "texts", "text") as lists:
        for number, (path, wanted) in enumerate(manifest(malformed, group)):
            try:
                into = lists if group == "archives" and ".csv" in path else dataset
                report = into.import_(malformed / path, name=f"{number}")
                outcome, remarks, reason = verdict(report)
            except (BadSource, BadValue) as error:
                outcome, remarks, reason = "unsupported", 0, error.what
            table[wanted, outcome] += 1
            if not judged(path, wanted, outcome, remarks, reason):
                wrong.append(f"{path}: {wanted}, but {outcome} with {remarks} remarks: {reason}")
    for (wanted, outcome), count in sorted(table.items()):
        record_property("table", f"malformed/{group:9} {wanted:7} -> {outcome}: {count}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("group", FOLDERS)
def test_a_whole_folder_is_imported_and_every_file_has_one_outcome(group: str, malformed: Path, tmp_path: Path) -> None:
    medium = {"audio": "audio", "text": "text"}.get(group, "image")
    with trainset.init(tmp_path / "set", medium) as dataset:
        report = dataset.import_(malformed / group, report=tmp_path / "report.csv")
        again = dataset.import_(malformed / group)
    files = [path for path in (malformed / group).rglob("*") if path.is_file()]
    assert sum(report.files.values()) == len(files)
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "file"]
    assert len({row["name"] for row in rows}) == len(rows) == len(files)
    assert report.samples > 0
    assert again.action is None
    assert again.samples == report.samples
    if group == "text":
        return
    found = {f"{group}/{row['name']}": row for row in rows}
    wrong = [
        f"{path}: {wanted}, but {found[path]['outcome']}: {found[path]['remarks']} {found[path]['reason']}"
        for path, wanted in manifest(malformed, group)
        if not judged(path, wanted, found[path]["outcome"], len(found[path]["remarks"]), found[path]["reason"])
    ]
    assert not wrong, "\n".join(wrong)


LIMITED = """
import resource, sys, threading, time, os
import psutil, trainset
peak = 0
def watch():
    global peak
    me = psutil.Process()
    while True:
        total = 0
        for p in (me, *me.children(recursive=True)):
            try: total += p.memory_info().rss
            except psutil.Error: pass
        peak = max(peak, total)
        time.sleep(0.02)
threading.Thread(target=watch, daemon=True).start()
with trainset.init(sys.argv[1], sys.argv[3]) as dataset:
    report = dataset.import_(sys.argv[2])
size = sum(f.stat().st_size for f in dataset.folder.rglob("*") if f.is_file())
print(dict(report.files), peak // 2**20, size // 2**20, flush=True)
os._exit(0)
"""


def test_what_must_not_exhaust_the_machine_stays_under_a_gigabyte_and_25_seconds(
    malformed: Path, tmp_path: Path
) -> None:
    entries = [
        (path, group)
        for group in ("images", "audio", "text", "archives")
        for path, wanted in manifest(malformed, group)
        if wanted == "limit"
    ]
    assert len(entries) == 13
    for number, (path, group) in enumerate(entries):
        medium = {"audio": "audio", "text": "text"}.get(group, "image")
        done = subprocess.run(
            [sys.executable, "-c", LIMITED, str(tmp_path / str(number)), str(malformed / path), medium], env={"PYTHONPATH": str(SOURCE), "TRAINSET_HOME": str(tmp_path)},
            capture_output=True, text=True, timeout=25, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{path}: {done.stderr}"
        memory, disk = (int(number) for number in done.stdout.rsplit("}", 1)[1].split())
        assert memory < 1000, f"{path}: {memory} MB of memory"
        assert disk < 1000, f"{path}: {disk} MB of disk"
