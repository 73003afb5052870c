"""Answer: what a person says of a sample is kept as a rating, and becomes its label in the same moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from trainset.errors import BadValue, MissingPackage, UnknownName
from trainset.store import ids, queues
from trainset.store import ratings as store
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.ratings import Given, Rating
from trainset.store.replay import Replay, replay
from trainset.work.person import acting

_TRIES = 20
"""How often the question may have changed while it was answered."""


@dataclass(frozen=True)
class Answered:
    """What became of an answer. action: what made it the label; None when it did not. changed: whether the label is another now.

    others: what others have answered about the sample in the same queue, person -> answer (None: could not tell); all is kept.
    """

    sample: str
    answer: str | None
    action: int | None
    changed: bool
    others: Mapping[str, str | None]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "others": dict(self.others)}


@dataclass(frozen=True)
class Ratings:
    """Ratings as a table that converts to Arrow and pandas, the oldest first.

    Columns: seq, at, person, sample (16 bytes), question, version, answer (as it was given, null: could not tell), class (what that is
    called now), seconds, queue, action, undone.
    """

    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a rating, ids as hex, times in ISO 8601."""
        return [{**row, "at": row["at"].isoformat(), "sample": row["sample"].hex()} for row in self.table.to_pylist()]

    def to_arrow(self) -> pa.Table:
        """As an Arrow table."""
        return self.table

    def to_pandas(self) -> Any:
        """As a pandas data frame, ids as hex. Raises `MissingPackage` without pandas."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingPackage("to_pandas()", "pandas") from None
        return pd.DataFrame(self.rows(), columns=self.table.column_names)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


_SCHEMA = pa.schema(
    [
        ("seq", pa.int64()), ("at", pa.timestamp("us", "UTC")), ("person", pa.string()), ("sample", pa.binary(16)),
        ("question", pa.string()), ("version", pa.int64()), ("answer", pa.string()), ("class", pa.string()), ("seconds", pa.float64()),
        ("queue", pa.int64()), ("action", pa.int64()), ("undone", pa.bool_()),
    ]
)  # fmt: skip


def answer(
    dataset: Dataset, sample: Any, label: str | None, *, queue: int | None = None, seconds: float | None = None, labels: bool = True,
    person: str = "", key: str | None = None,
) -> Answered:  # fmt: skip
    """Keeps what a person says a sample is: a class, or None when they cannot tell. It becomes the label at once, in the same transaction.

    labels: False keeps the rating and leaves the label alone, as a quiz does. key: the same key twice is one answer. Raises `UnknownName` for a
    class, a queue or a sample that does not exist.
    """
    known = replay(dataset)
    with open_table(dataset, columns=["path", "source"]) as table:
        (identifier,) = table.find([sample["id"] if isinstance(sample, Mapping) else sample])
        before = table.run("SELECT label FROM samples WHERE id = ?", [identifier])["label"][0].as_py()
    blind = False
    if queue is not None:
        _require_queued(dataset, queue, [identifier])
        blind = queues.named(dataset, queue).order == "quiz"
    given = Given(identifier, label, seconds, key)
    action, others = keep(
        dataset, known, [given], person=acting(person), queue=queue, labels=labels and not blind,
        question=store.QUIZ if blind else store.WHICH_CLASS,
    )  # fmt: skip
    changed = action is not None and label != before
    return Answered(identifier.hex(), label, action, changed, others.get(identifier, {}))


def undo_answer(dataset: Dataset, *, queue: int | None = None, person: str = "") -> Rating:
    """Takes back the person's last answer that stands (in a queue), and the label that it made. Returns it.

    Raises `UnknownName` when there is none, `UndoRefused` when somebody else has labelled the sample since.
    """
    who = acting(person)
    reason = "" if queue is None else f"queue {queue}"
    return dataset.people.write(lambda connection: store.take_back(dataset, connection, who, queue, reason))


def ratings(dataset: Dataset, *, queue: int | None = None) -> Ratings:
    """All answers (of a queue), those taken back too. Raises `DamagedDataset`."""
    known = replay(dataset)
    with dataset.people.read() as connection:
        found, questions = store.read(connection, queue=queue), store.read_questions(connection)
    rows = [
        {
            **{name: getattr(one, name) for name in _SCHEMA.names if name != "class"},
            "class": now_called(known, questions, one),
        }
        for one in found
    ]
    return Ratings(pa.Table.from_pylist(rows, _SCHEMA))


def now_called(known: Replay, questions: Mapping[tuple[str, int], store.Question], rating: Rating) -> str | None:
    """What the answer of a rating is called now: classes are renamed and merged."""
    if rating.answer is None:
        return None
    question = questions.get((rating.question, rating.version))
    return rating.answer if question is None else known.current_name(rating.answer, question.at)


def reviewed(dataset: Dataset, known: Replay | None = None) -> dict[bytes, str | None]:
    """Of each sample that was asked about and whose answer stands, the last class that a person said, as it is called now; None where
    they could not tell."""
    known = known or replay(dataset)
    with dataset.people.read() as connection:
        found, questions = store.read(connection), store.read_questions(connection)
    said: dict[bytes, str | None] = {}
    for one in found:
        if not one.undone and one.question == store.WHICH_CLASS:
            name = now_called(known, questions, one)
            said[one.sample] = name if name is not None else said.get(one.sample)
    return said


def keep(
    dataset: Dataset,
    known: Replay,
    given: Sequence[Given],
    *,
    person: str,
    queue: int | None,
    labels: bool = True,
    reason: str = "",
    question: str = store.WHICH_CLASS,
) -> tuple[int | None, dict[bytes, dict[str, str | None]]]:
    """Keeps answers and makes them labels, all or nothing. Returns the action, and by sample what others have said of it in this queue.

    question: of `store.ratings`. known: the log as it was when the answers were made; when classes have changed since, it is read anew. Raises `UnknownName`.
    """
    reason = reason or ("" if queue is None else f"queue {queue}")
    for _ in range(_TRIES):
        _require_classes(known, {one.answer for one in given if one.answer is not None})
        asked, renamed = store.asked(known, question), max((rename.seq for rename in known.renames), default=0)

        def write(
            connection: Connection, question: store.Question = asked, renamed: int = renamed
        ) -> tuple[int | None, dict[bytes, dict[str, str | None]]]:
            action = store.add(connection, given, question, renamed, person, queue=queue, reason=reason, labels=labels)
            return action, _others(connection, given, queue, person)

        try:
            return dataset.people.write(write)
        except store.Stale:
            known = replay(dataset)
    raise BadValue("the classes change all the time", next="answer again")


def _require_classes(known: Replay, names: Collection[str]) -> None:
    """Raises `UnknownName` for a class that does not exist."""
    for name in sorted({*names} - known.classes.keys()):
        raise UnknownName(
            f"there is no class {name!r}", expected=", ".join(sorted(known.classes))[:500] or "none yet",
            next=f"trainset classes add {name!r}",
        )  # fmt: skip


def _require_queued(dataset: Dataset, queue: int, samples: Sequence[bytes]) -> None:
    """Raises `UnknownName` when there is no such queue, or one of the samples is not in it."""
    inside = {*queues.rows(dataset, queues.named(dataset, queue)).column("sample").to_pylist()}
    for sample in samples:
        if sample not in inside:
            raise UnknownName(f"the sample {ids.shown(sample)} is not in queue {queue}")


def _others(
    connection: Connection, given: Sequence[Given], queue: int | None, person: str
) -> dict[bytes, dict[str, str | None]]:
    if queue is None:
        return {}
    found = (
        store.read(connection, queue=queue, sample=given[0].sample)
        if len(given) == 1
        else store.read(connection, queue=queue)
    )
    said: dict[bytes, dict[str, str | None]] = {}
    for one in found:
        if not one.undone and one.person != person:
            said.setdefault(one.sample, {})[one.person] = one.answer
    return said
