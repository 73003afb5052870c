"""Review lists: a queue as a CSV for people to fill in, and what they filled in taken back as answers."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from trainset.errors import BadSource, TargetExists
from trainset.formats._write import FORMULA, LineFeeds
from trainset.store import queues as store
from trainset.store.dataset import Dataset
from trainset.store.durable import storage_full_is_clear, whole_file
from trainset.store.query import QueryTable, open_table
from trainset.store.ratings import Given
from trainset.store.replay import replay
from trainset.work import answer, label_list
from trainset.work.person import acting
from trainset.work.queues import left, refuse_quiz

CANNOT_TELL = "?"
"""What stands in the column `answer` where a person could not tell."""
_SHOWN = 20


@dataclass(frozen=True)
class ReviewList:
    """What was written. samples: rows. left_out: samples of the queue that were answered already, or are gone. path: where."""

    queue: int
    path: str
    samples: int
    left_out: int


@dataclass(frozen=True)
class AnswersTaken:
    """What became of the rows of a list. action: None when no answer was a class. added: new answers; changed: labels that are another now.
    present: answers that this person had given before; unanswered: rows without an answer. cannot_tell: of the added.

    read_as: answers that a spreadsheet seems to have changed -> the class that they must mean. others: samples that others have answered in
    this queue too. refused: row number -> why, the first of `refused_count`. columns: what was read from which column.
    """

    queue: int | None
    action: int | None
    added: int
    changed: int
    present: int
    unanswered: int
    cannot_tell: int
    read_as: Mapping[str, str]
    others: int
    refused: Mapping[int, str]
    refused_count: int
    columns: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self) | {"refused": [{"row": row, "why": why} for row, why in self.refused.items()]}


def write_review(dataset: Dataset, path: str | os.PathLike[str], *, queue: int | None = None) -> ReviewList:
    """Writes what waits in a queue (the latest) as a CSV: id, text or path, label, suggestion, confidence, and an empty `answer`.

    A cell that a spreadsheet would run as a formula begins with a '. Raises `TargetExists`.
    """
    place = Path(path).expanduser()
    if place.exists():
        raise TargetExists("there is something at this place already", where=str(place), next="choose another name")
    one = store.named(dataset, queue)
    refuse_quiz(one)
    rows = store.rows(dataset, one)
    rows = rows.filter(pc.is_in(rows["sample"], value_set=pa.array(left(dataset, one), pa.binary(16))))
    with QueryTable(dataset, columns=["source", "path", "text"], only=rows["sample"].combine_chunks()) as table:
        now = table.select(["id", "source", "path", "text", "label"], ["not excluded"])
    known = {row["id"]: row for row in now.to_pylist()}
    several = len({row["source"] for row in known.values() if row["path"] is not None}) > 1
    of_files = any(row["path"] is not None for row in known.values())
    written = 0
    with storage_full_is_clear(place), whole_file(place) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        writer = csv.writer(LineFeeds(text), lineterminator="\r\n")
        writer.writerow(["id", "path" if of_files else "text", "label", "suggested", "confidence", "answer", "queue"])
        for row in rows.to_pylist():
            if (found := known.get(row["sample"])) is None:
                continue
            path_ = f"{found['source']}/{found['path']}" if several and found["path"] is not None else found["path"]
            cells = [
                str(UUID(bytes=row["sample"])), path_ if path_ is not None else found["text"] or "", found["label"] or "",
                row["suggested"] or "", "" if row["confidence"] is None else f"{row['confidence']:.2f}", "", str(one.queue),
            ]  # fmt: skip
            writer.writerow([_harmless(cell) for cell in cells])
            written += 1
        text.flush()
        text.detach()
    return ReviewList(one.queue, str(place), written, one.samples - written)


def answers(
    dataset: Dataset, path: str | os.PathLike[str], *, queue: int | None = None, columns: Mapping[str, str] | None = None,
    labels: bool = True, person: str = "",
) -> AnswersTaken:  # fmt: skip
    """Takes the answers of a filled-in list (CSV, TSV or JSON lines) as one action: a class, `?` for "cannot tell", or nothing yet.

    queue: its number, where no column `queue` says it. columns: `sample`, `label` (the answer) and `queue` -> the column to read them
    from. A row that names no sample of the queue, a class that does not exist, or what an earlier row contradicts is refused with the
    reason. The same list twice adds nothing. Raises `BadSource` when it is no such list.
    """
    given = label_list.read(path, columns)
    who, known = acting(person), replay(dataset)
    queue = _queue(given, queue, str(path))
    inside = None
    if queue is not None:
        asked = store.named(dataset, queue)
        refuse_quiz(asked)
        inside = {*store.rows(dataset, asked)["sample"].to_pylist()}
    with open_table(dataset, columns=["path", "source", "meta"]) as table:
        found, why = label_list.find(table, [_plain(row.sample) for row in given.rows], given.columns["sample"])
        rows = table.run("SELECT id, label FROM samples")
    now = dict(zip(rows["id"].to_pylist(), rows["label"].to_pylist(), strict=True))
    mine = _mine(dataset, queue, who)
    refused, read_as = dict(given.refused), dict[str, str]()
    said: dict[bytes, tuple[int, str | None]] = {}
    unanswered = 0
    for row, sample, problem in zip(given.rows, found, why, strict=True):
        if not row.label:
            unanswered += 1
            continue
        name, problem_ = _meant(row.label, known.classes)
        if sample is None:
            refused[row.number] = problem + _HINT if "e+" in row.sample.lower() else problem
        elif inside is not None and sample not in inside:
            refused[row.number] = f"the sample {row.sample[:80]!r} is not in queue {queue}"
        elif problem_:
            refused[row.number] = problem_
        elif sample in said and said[sample][1] != name:
            refused[row.number] = (
                f"row {said[sample][0]:,} says {said[sample][1] or '?'!r} of the same sample, and counts"
            )
        else:
            if name is not None and name != row.label:
                read_as[row.label] = name
            said.setdefault(sample, (row.number, name))
    new = {sample: name for sample, (_, name) in said.items() if sample not in mine or mine[sample] != name}
    action, others = None, dict[bytes, dict[str, str | None]]()
    if new:
        action, others = answer.keep(
            dataset, known, [Given(sample, name) for sample, name in new.items()], person=who, queue=queue, labels=labels,
            reason=(f"queue {queue}, " if queue is not None else "") + f"answered in {Path(path).name}",
        )  # fmt: skip
    changed = sum(name is not None and now[sample] != name for sample, name in new.items()) if action else 0
    shown = {number: refused[number] for number in sorted(refused)[:_SHOWN]}
    return AnswersTaken(
        queue, action, len(new), changed, len(said) - len(new), unanswered, sum(name is None for name in new.values()), read_as,
        sum(sample in others for sample in new), shown, len(refused), dict(given.columns),
    )  # fmt: skip


_HINT = ": a spreadsheet seems to have read it as a number"


def _queue(given: label_list.LabelList, queue: int | None, where: str) -> int | None:
    """The queue that all rows are of."""
    told = {row.queue for row in given.rows if row.queue}
    if queue is not None or not told:
        return queue
    if len(told) > 1:
        raise BadSource(
            "the rows of this list are of several queues", where=where, got=", ".join(sorted(told))[:200],
            next="split it, or name one with --queue",
        )  # fmt: skip
    (text,) = told
    plain = text.removesuffix(".0")
    if not plain.isdecimal() or len(plain) > 15:
        raise BadSource("the column queue holds no number", where=where, got=repr(text[:80]), next="name it: --queue N")
    return int(plain)


def _mine(dataset: Dataset, queue: int | None, person: str) -> dict[bytes, str | None]:
    """What this person said last of each sample in this queue, and it stands."""
    found = answer.ratings(dataset, queue=queue).table
    rows = found.filter(pc.and_(pc.invert(found["undone"]), pc.equal(found["person"], person)))
    wanted = rows if queue is not None else rows.filter(pc.is_null(rows["queue"]))
    return dict(zip(wanted["sample"].to_pylist(), wanted["class"].to_pylist(), strict=True))


def _meant(text: str, classes: Mapping[str, Any]) -> tuple[str | None, str]:
    """The class that an answer means (None: cannot tell), and why there is none. Spreadsheets change case, add .0, and keep our '."""
    if text in classes:
        return text, ""
    if text == CANNOT_TELL:
        return None, ""
    for plain in dict.fromkeys((_plain(text), _plain(text).removesuffix(".0"))):
        if plain in classes:
            return plain, ""
        near = [name for name in classes if name.strip().casefold() == plain.casefold() or _number(name) == plain]
        if len(near) == 1:
            return near[0], ""
    return None, f"there is no class {text[:80]!r}"


def _number(name: str) -> str:
    """What a spreadsheet makes of a class such as 007."""
    return name.lstrip("0") or "0" if name.isdecimal() else name


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell.strip()


def _harmless(cell: str) -> str:
    cell = cell.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return f"'{cell}" if cell.startswith(FORMULA) else cell
