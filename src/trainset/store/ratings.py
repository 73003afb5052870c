"""Ratings: what people answered about samples, and the questions that they were asked; rows of people.db, only ever inserted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from trainset.errors import BadValue, DamagedDataset, UnknownName
from trainset.model import Entry, EntryKind
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay
from trainset.store.rows import moment
from trainset.store.tables import questions, ratings

WHICH_CLASS = "class"
"""The question that makes itself: which of the dataset's classes a sample is of."""
QUIZ = "quiz"
"""The same question asked blind, to see what people can tell: its answers are no reviews, and make no label."""
_WORDING = "Which class is it?"


@dataclass(frozen=True)
class Question:
    """What people were asked. choices: the classes as they were called, with their definitions. at: the position of the log that it is
    of; a class renamed after that goes by its new name now."""

    name: str
    version: int
    wording: str
    choices: tuple[str, ...]
    definitions: Mapping[str, str]
    at: int


@dataclass(frozen=True)
class Rating:
    """One person's answer to one question about one sample (16 bytes).

    answer: as it was given; None when the person could not tell. seconds: how long it took, None when nobody measured. queue: its number,
    None for none. action: that which made it the label, None for none. undone: whether it was taken back.
    """

    seq: int
    at: datetime
    person: str
    sample: bytes
    question: str
    version: int
    answer: str | None
    seconds: float | None
    queue: int | None
    action: int | None
    undone: bool


@dataclass(frozen=True)
class Given:
    """An answer on its way in. key: the same key twice is one rating."""

    sample: bytes
    answer: str | None
    seconds: float | None = None
    key: str | None = None


class Stale(Exception):  # no error: the caller asks anew
    """Classes have changed since the question was read."""


def asked(known: Replay, name: str = WHICH_CLASS) -> Question:
    """The question "which class?" (or the same as `QUIZ`) as it would be asked at a position, its version 0."""
    definitions = {name: one.definition for name, one in known.classes.items() if one.definition}
    return Question(name, 0, _WORDING, tuple(sorted(known.classes)), definitions, known.at)


def add(
    connection: Connection, given: Sequence[Given], question: Question, renamed: int, person: str, *, queue: int | None, reason: str,
    labels: bool,
) -> int | None:  # fmt: skip
    """Keeps ratings and, with `labels`, makes their answers the labels, in the transaction of `connection`: both or neither.

    question: of `asked`; renamed: the position of the last class renamed or merged, 0 for none. Returns the position of the action, None
    when there is none. Raises `Stale`.
    """
    if log.classes_since(connection, question.at):
        raise Stale
    version = _version(connection, question, renamed, person)
    new = [one for one in given if one.key is None or not _known(connection, one.key)]
    action = None
    entries = [Entry(EntryKind.LABEL, one.sample, value=one.answer) for one in new if one.answer is not None]
    if labels and entries:
        action = log.write_action(connection, "review", person, reason, entries)
    at = log.now().astimezone(UTC).isoformat(timespec="microseconds")
    rows = [
        {
            "at": at, "person": person, "sample": one.sample, "question": question.name, "version": version, "answer": one.answer,
            "seconds": None if one.seconds is None else f"{one.seconds:.3f}", "queue": None if queue is None else str(queue),
            "key": one.key, "action": action,
        }
        for one in new
    ]  # fmt: skip
    if rows:
        connection.execute(insert(ratings), rows)
    return action


def take_back(dataset: Dataset, connection: Connection, person: str, queue: int | None, reason: str) -> Rating:
    """Takes back the person's last rating that stands (in a queue), and the label with it. Raises `UnknownName` when there is none,
    `BadValue` for one that came with many others, `UndoRefused` when somebody else has labelled the sample since."""
    mine = [one for one in read(connection, queue=queue) if one.person == person and not one.undone]
    if not mine:
        raise UnknownName(f"{person} has no answer to take back", next="trainset log shows everyone's actions")
    last = mine[-1]
    if sum(one.action == last.action for one in mine) > 1 and last.action is not None:
        raise BadValue(
            "this answer came with others in one list", got=f"action #{last.action}",
            next=f"take all of them back: trainset undo {last.action}",
        )  # fmt: skip
    if last.action is not None:  # the log decides whether such a rating stands
        log.write_undo(dataset, connection, person, last.action, reason)
        return last
    row = {name: getattr(last, name) for name in ("person", "sample", "question", "version")}
    row |= {"at": log.now().astimezone(UTC).isoformat(timespec="microseconds"), "undoes": last.seq}
    connection.execute(insert(ratings), {**row, "queue": None if last.queue is None else str(last.queue)})
    return last


def read(connection: Connection, *, queue: int | None = None, sample: bytes | None = None) -> list[Rating]:
    """All ratings (of a queue, of a sample), the oldest first. Raises `DamagedDataset` for rows that cannot be."""
    statement = select(ratings).order_by(ratings.c.seq)
    if queue is not None:
        statement = statement.where(ratings.c.queue == str(queue))
    if sample is not None:
        statement = statement.where(ratings.c.sample == sample)
    rows = connection.execute(statement).all()
    undone, taken = log.read_undone(connection), {row.undoes for row in rows if row.undoes is not None}
    return [*_sound(rows, undone, taken)]


def read_questions(connection: Connection) -> dict[tuple[str, int], Question]:
    """All questions by name and version. Raises `DamagedDataset` for rows that cannot be."""
    found = {}
    for row in connection.execute(select(questions)):
        found[row.name, row.version] = _question(row)
    return found


def _version(connection: Connection, question: Question, renamed: int, person: str) -> int:
    """The version of the question that asks this, made if there is none: after a rename the same names may mean other classes."""
    statement = select(questions).where(questions.c.name == question.name).order_by(questions.c.version.desc()).limit(1)
    row = connection.execute(statement).first()
    last = None if row is None else _question(row)
    same = last is not None and (last.wording, last.choices, last.definitions) == (
        question.wording, question.choices, question.definitions,
    )  # fmt: skip
    if last is not None and same and last.at >= renamed:
        return last.version
    version = 1 if last is None else last.version + 1
    said = {
        "wording": question.wording, "choices": question.choices, "definitions": question.definitions, "at": question.at,
    }  # fmt: skip
    at = log.now().astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(said)  # ASCII: the halves of characters that a class may be named with stay what they are
    row_ = {"name": question.name, "version": version, "text": text, "at": at, "person": person}
    connection.execute(insert(questions), row_)
    return version


def _known(connection: Connection, key: str) -> bool:
    return connection.execute(select(ratings.c.seq).where(ratings.c.key == key)).first() is not None


def _sound(rows: Sequence[object], undone: set[int], taken: set[int]) -> Iterator[Rating]:
    for row in rows:
        try:
            rating = _rating(row, undone, taken)
        except (ValueError, TypeError, OverflowError) as error:
            raise DamagedDataset(
                "a rating in people.db cannot be", where="people.db", got=str(error)[:200],
                next="restore people.db from a backup",
            ) from error  # fmt: skip
        if rating is not None:
            yield rating


def _rating(row: object, undone: set[int], taken: set[int]) -> Rating | None:
    values = row._asdict()  # type: ignore[attr-defined]  # a row of SQLAlchemy
    for name, kind in _KINDS.items():
        if not isinstance(values[name], kind):
            raise ValueError(f"{name} is {values[name]!r:.60}")
    if len(values["sample"]) != 16:
        raise ValueError("a sample's id has 16 bytes")
    seconds = None if values["seconds"] is None else float(values["seconds"])
    if seconds is not None and not 0 <= seconds < 1e9:
        raise ValueError("seconds out of range")
    queue = None if values["queue"] is None else int(values["queue"])
    if values["undoes"] is not None:
        return None
    gone = values["seq"] in taken if values["action"] is None else values["action"] in undone
    return Rating(
        values["seq"], moment(values["at"]), values["person"], values["sample"], values["question"], values["version"],
        values["answer"], seconds, queue, values["action"], gone,
    )  # fmt: skip


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "seq": int, "at": str, "person": str, "sample": bytes, "question": str, "version": int, "answer": (str, type(None)),
    "seconds": (str, type(None)), "queue": (str, type(None)), "action": (int, type(None)), "undoes": (int, type(None)),
}  # fmt: skip


def _question(row: object) -> Question:
    values = row._asdict()  # type: ignore[attr-defined]  # a row of SQLAlchemy
    try:
        said = json.loads(values["text"])
        wording, choices, definitions, at = said["wording"], said["choices"], said["definitions"], said["at"]
        texts = [values["name"], wording, *choices, *definitions, *definitions.values()]
        if not all(isinstance(text, str) for text in texts) or not isinstance(choices, list):
            raise ValueError("a text is none")
        if type(values["version"]) is not int or type(at) is not int or not 0 <= at < 2**53:
            raise ValueError("a number is none")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedDataset(
            "a question in people.db cannot be", where="people.db", got=str(error)[:200], next="restore people.db from a backup",
        ) from error  # fmt: skip
    return Question(values["name"], values["version"], wording, tuple(choices), definitions, at)
