"""A command as the model of a recipe: run once a fold, with lists of samples in and predictions out."""

from __future__ import annotations

import csv
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.errors import BadSource, BadValue, TrainsetError, Unsafe
from trainset.learn.folds import folds
from trainset.recipe import PLACES, Recipe
from trainset.store import blobs, home, paths
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.replay import replay
from trainset.store.runs import APART, HELD_OUT, Run
from trainset.work import prediction_list
from trainset.work.material import Roster, roster
from trainset.work.own import Told, digest_of, keep, of_classes, placed
from trainset.work.scoring import require_two

_LARGEST = 16 * 2**20  # bytes of a file that a command names: a script, not the data
_SECONDS = 5.0
"""What a command has to end by itself when it is stopped."""
_SUFFIXES = ("", ".npz", ".npy", ".csv", ".tsv", ".parquet")
_BATCH = 10_000

Step = Callable[[str], None]


@dataclass(frozen=True)
class _Part:
    """One call. train: places in the roster of what is learnt from; test: of what is predicted."""

    title: str
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def hashes_of(command: str) -> dict[str, str]:
    """The files that a command names, scripts above all, with the BLAKE2b-128 of each: part of what the recipe is."""
    found = {}
    for word in words(command)[:50]:
        path = Path(word)
        if not any(place in word for place in PLACES) and path.is_file() and path.stat().st_size <= _LARGEST:
            found[word] = digest_of(path)
    return found


def words(command: str) -> list[str]:
    """A command as a program and its arguments; no shell reads it. Raises `BadValue`."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise BadValue(
            "this command cannot be read", got=command[:200], expected=f"words as in a shell ({error})"
        ) from None
    lacking = [place for place in PLACES if not any(place in word for word in found)]
    if lacking:
        raise BadValue(
            f"the command does not say where {' and '.join(lacking)} {'goes' if len(lacking) == 1 else 'go'}", got=command[:200],
            expected="{train}: the list to learn from, {test}: the list to predict, {out}: the file to write",
            next='"python train.py --train {train} --test {test} --out {out}"',
        )  # fmt: skip
    return found


def run_command(
    dataset: Dataset, recipe: Recipe, at: int, *, progress: Callable[[int], None] | None = None, step: Step | None = None,
    timeout: float | None = None,
) -> Run:  # fmt: skip
    """Runs a recipe's command for each fold, so that it predicts every sample of the train split without having seen it, and once more on
    all of them for the other splits; of 0 folds only that. Kept as a run when every part is there.

    step: told what is being done. timeout: seconds that one call may take. Raises `BadValue` and `TrainsetError` with what the command did.
    """
    found = roster(dataset, recipe, at, progress)
    require_two(found.codes[found.train], found.classes)
    parts = list(_parts(recipe, found))
    known = tuple(dict.fromkeys([*found.classes, *(recipe.classes or replay(dataset, at).classes)]))
    said = np.zeros((len(found.ids), len(known)), np.float32)
    done, named = np.zeros(len(found.ids), bool), dict[str, None]()
    decided, remarks = False, list[str]()
    folder = Path(tempfile.mkdtemp(prefix="trainset-"))
    kept = False
    try:
        files = None if dataset.medium == "text" else places(dataset, found, folder)
        there = np.array([bool(place) for place in files]) if files is not None else np.ones(len(found.ids), bool)
        if gone := int((~there).sum()):
            remarks.append(f"{gone:,} samples are left out: their files cannot be read")
        for number, part in enumerate(parts, 1):
            here = folder / str(number)
            here.mkdir()
            train, test = (rows[there[rows]] for rows in (part.train, part.test))
            if step is not None:
                step(f"{part.title}: {len(train):,} samples to learn from, {len(test):,} to predict")
            _list(here / "train.csv", dataset, found, files, train, labels=True)
            _list(here / "test.csv", dataset, found, files, test, labels=False)
            try:
                call(recipe.command, here, timeout)
                given = prediction_list.read(written(here), known, found.classes, len(test))
                rows = _of_part(dataset, found, given.names, test)
            except TrainsetError as error:
                kept = True
                raise told(error, part.title, here) from None
            places_of = np.array([known.index(name) for name in given.classes], np.int64)
            said[np.ix_(rows, places_of)] = given.probabilities
            done[rows] = True
            named |= dict.fromkeys(given.classes)
            decided |= given.decided
            remarks += [f"{part.title}: {remark}" for remark in given.remarks]
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    if recipe.folds < 2:
        remarks.append(
            f"of {recipe.folds} folds only validation and test are predicted; --folds 5 predicts every sample held out"
        )
    columns = tuple(name for name in known if name in named)
    found, table = of_classes(found, columns, said[:, [known.index(name) for name in columns]])
    rows = np.flatnonzero(done)
    how = np.where(found.train[rows], HELD_OUT, APART)
    return keep(dataset, recipe, found, Told(rows, table[rows], how, found.by, decided, tuple(dict.fromkeys(remarks))))


def _parts(recipe: Recipe, found: Roster) -> Iterator[_Part]:
    rows = np.flatnonzero(found.train)
    codes = found.codes[rows]
    other = np.flatnonzero(~found.train)
    if recipe.folds >= 2:
        groups = found.groups[rows] if found.groups is not None else np.arange(len(rows))
        numbers = np.unique(groups, return_inverse=True)[1].reshape(-1).astype(np.int64)
        labelled = len(np.unique(numbers[codes >= 0]))
        if labelled < 2:
            raise BadValue(
                "one group holds every labelled sample: without it there is nothing to learn from", expected="at least two groups with labels",
                next="hold out another kind of group: --groups none",
            )  # fmt: skip
        fold = folds(numbers, codes, min(recipe.folds, labelled), recipe.seed)
        count = int(fold.max()) + 1
        for number in range(count):
            yield _Part(f"fold {number + 1} of {count}", rows[(fold != number) & (codes >= 0)], rows[fold == number])
    elif not len(other):
        raise BadValue(
            "there is nothing to predict: no sample is of another split than train",
            got=f"{recipe.folds} folds",
            next="--folds 5",
        )
    if len(other):
        yield _Part("validation and test", rows[codes >= 0], other)


def places(dataset: Dataset, found: Roster, folder: Path) -> list[str]:
    """The absolute path of each sample of the roster, empty for one whose file cannot be read. What only the dataset keeps is written to
    `folder`. Raises `Unsafe` for a source that may not be read."""
    with open_table(dataset, found.at, columns=["source", "path", "content"]) as table:
        rows = table.select(["source", "path", "content"], ["not excluded"])
        sources = table.replay.sources
    roots = dict[str, tuple[Path, list[str]]]()
    result = []
    for source, path, content in zip(*(rows[name].to_pylist() for name in rows.column_names), strict=True):
        if source not in roots:
            if source not in sources:
                raise Unsafe("a sample names a source that the log does not know", where=repr(source))
            home.require_root(dataset.folder, source, sources[source].root)
            allowed = [place for place in sources[source].allowed if home.is_allowed(dataset.folder, place)]
            roots[source] = Path(sources[source].root), allowed
        try:
            result.append(paths.resolve(roots[source][0], path, roots[source][1]))
        except (OSError, Unsafe):
            kept = blobs.get(dataset, content)
            result.append("" if kept is None else str(_copy(folder, content, kept, path)))
    return result


def _copy(folder: Path, content: bytes, data: bytes, name: str) -> Path:
    path = folder / "media" / (content.hex() + Path(name).suffix[:8])
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def _list(
    path: Path, dataset: Dataset, found: Roster, places: Sequence[str] | None, rows: NDArray[np.int64], *, labels: bool
) -> None:  # fmt: skip
    """A list for the command; of texts where there are no places. Labels of what is to be predicted are not in it."""
    with (
        path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
        open_table(dataset, found.at) as table,
    ):
        writer = csv.writer(file)
        writer.writerow(["id", "text" if places is None else "path", "label", "split"])
        known = table.select(["part", "row"], ["not excluded"])  # in the order of the roster
        for start in range(0, len(rows), _BATCH):
            some = rows[start : start + _BATCH]
            ids, split = (column.take(pa.array(some)).to_pylist() for column in (found.ids, found.split))
            what = (
                table.details(known.take(pa.array(some)), ["text"])["text"].to_pylist()
                if places is None
                else [places[row] for row in some.tolist()]
            )
            for row, one, told, part in zip(some.tolist(), ids, what, split, strict=True):
                code = found.codes[row]
                label = found.classes[code] if labels and code >= 0 else ""
                writer.writerow([one.hex(), told or "", label, part or ""])


def call(command: str, folder: Path, timeout: float | None, told: Mapping[str, str] = MappingProxyType({})) -> None:
    """Runs the command and passes on what it prints, to stderr. told: variables of its environment. Raises `TrainsetError` when it does
    not end well; it and what it started are ended when it takes too long, and when this is interrupted."""
    (folder / "out").mkdir()
    files = {"{train}": folder / "train.csv", "{test}": folder / "test.csv", "{out}": folder / "out" / "predictions"}
    arguments = words(command)
    for place, path in files.items():
        arguments = [word.replace(place, str(path)) for word in arguments]
    try:
        process = subprocess.Popen(  # noqa: S603  # typed by the person: see decision 0016
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **told},
        )  # fmt: skip
    except OSError as error:
        raise BadValue(
            "the command cannot be started", got=f"{arguments[0]}: {error.strerror}", expected="a program that is there"
        ) from None
    passed_on = threading.Thread(target=_pass_on, args=(process,), daemon=True)
    passed_on.start()
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise TrainsetError(
            "the command took too long, and was stopped",
            expected=f"at most {timeout:g} seconds",
            next="--timeout takes more",
        ) from None
    finally:
        _end(process)
        passed_on.join(_SECONDS)
    if code:
        what = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        raise TrainsetError(
            "the command failed", expected="exit code 0", got=what + (": perhaps out of memory" if code == -9 else "")
        )


def _pass_on(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is None:
        return
    with process.stdout as stream:
        while data := os.read(stream.fileno(), 65_536):
            sys.stderr.write(data.decode("utf-8", "replace"))
            sys.stderr.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends what is left of a command and of what it started: asked first, then by force."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except (ProcessLookupError, PermissionError):
            break
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def written(folder: Path) -> Path:
    """The file of predictions, with whatever ending the command gave it."""
    found = [path for suffix in _SUFFIXES if (path := folder / "out" / f"predictions{suffix}").is_file()]
    if len(found) != 1:
        there = ", ".join(sorted(path.name for path in (folder / "out").iterdir())[:5]) or "nothing"
        raise BadSource("the command ended well, and has not written its predictions", expected="one file: what {out} stands for, with or without an ending",
            got=there,
        )  # fmt: skip
    return found[0]


def _of_part(
    dataset: Dataset, found: Roster, names: Sequence[str] | None, test: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The place of each row in the roster. Raises `BadValue` unless they are the samples asked for, each once."""
    if names is None:
        return test
    rows, _ = placed(dataset, found, names)
    other = np.flatnonzero(~np.isin(rows, test))
    if len(other):
        raise BadValue(
            "a prediction is of a sample that was not asked for", where=f"row {int(other[0]) + 1:,} (the first is 1)", expected="the ids of {test}",
            got=names[int(other[0])][:80],
        )  # fmt: skip
    lacking = np.setdiff1d(test, rows)
    if len(lacking):
        first = found.ids[int(lacking[0])].as_py().hex()
        raise BadValue(
            f"{len(lacking):,} of {len(test):,} samples have no prediction",
            expected="a row for each sample of {test}",
            got=f"none of {first}",
        )
    return rows


def told(error: TrainsetError, title: str, folder: Path) -> TrainsetError:
    """The error with the fold, and with where the lists are kept for looking."""
    where = ", ".join(filter(None, (title, error.where.replace(f"{folder}/out/", ""))))
    lists = f"the lists are kept in {folder}"
    return type(error)(
        error.what,
        where=where,
        expected=error.expected,
        got=error.got,
        next=f"{error.next}; {lists}" if error.next else lists,
    )
