"""The data card: what a dataset is, where it came from, how its labels were made and what is wrong with it, from the log and the data.

After Gebru et al. (2021), Datasheets for datasets, and Pushkarna et al. (2022), Data Cards. What only people know they say once
(`set_card`), and it stands in the log; everything else is told anew each time, so that a card never goes out of date by itself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainset.errors import BadValue, UnknownName
from trainset.model import Action, CardText, ClassInfo, Entry, EntryKind
from trainset.store import comparisons, log, ratings, runs
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.store.query import QueryTable
from trainset.store.replay import replay
from trainset.work.audit import audit
from trainset.work.diff import diff
from trainset.work.person import acting
from trainset.work.status import Status, status

if TYPE_CHECKING:
    from trainset.store.comparisons import Kept
    from trainset.store.runs import Run

FIELDS = {
    "purpose": "what it is for",
    "limits": "what it is not for",
    "collected": "how it was collected, when and where",
    "licence": "under which licence it may be used",
    "consent": "what the people in it have agreed to",
    "cite": "how to cite it",
    "contact": "whom to ask",
    "notes": "what else to know",
}
"""What only people know, in the order of the card."""

LONGEST = 5_000
_CONTRIBUTORS = 50
_REASONS = 30
_QUICK = 100_000
"""Samples up to which an export looks for problems: with more it would take minutes that nobody asked for. What it could not look at it
says."""


@dataclass(frozen=True)
class CardSet:
    """What was done: action (None: it said so already), the field, and its text before and now, empty for none."""

    action: int | None
    field: str
    before: str
    text: str


@dataclass(frozen=True)
class Made:
    """How labels came about. how: in words; samples: that have their label by it; people: who, and how many of these samples."""

    how: str
    samples: int
    people: Mapping[str, int]


@dataclass(frozen=True)
class Problem:
    """An open finding. check, title: which; matters: 3 most, 1 least; found: how many samples, files or sentences; about: what it says of
    the set as a whole; next: what to do."""

    check: str
    title: str
    matters: int
    found: int
    what: str
    about: tuple[str, ...]
    next: str


@dataclass(frozen=True)
class Card:
    """A card of a dataset. part: the filter that what goes out with it was chosen by, empty for all of it. facts: as `status`.

    said: field -> what people said, by whom and when. contributors: name -> split -> samples, those with most first; more_contributors: how
    many are not listed. problems: None when nobody looked. changes: since `since`, the version before, grouped as `Diff.groups`. runs: made
    at this position. compared: the last comparison in which it took part.
    """

    name: str
    part: str
    facts: Status
    made: str
    said: Mapping[str, CardText]
    classes: tuple[ClassInfo, ...]
    contributors: Mapping[str, Mapping[str, int]]
    more_contributors: int
    labels: tuple[Made, ...]
    ratings: Mapping[str, int]
    problems: tuple[Problem, ...] | None
    skipped: tuple[str, ...]
    since: str
    changes: Sequence[Mapping[str, Any]]
    more_changes: int
    runs: tuple[Run, ...]
    compared: Kept | None

    @property
    def version(self) -> str:
        """The version's name, else its position."""
        return self.facts.version or f"#{self.facts.at}"

    @property
    def unset(self) -> list[str]:
        """The fields that nobody has said anything on."""
        return [name for name in FIELDS if name not in self.said]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "part": self.part,
            "version": self.facts.version,
            "at": self.facts.at,
            "made": self.made,
            "said": {
                name: {"text": one.text, "person": one.person, "at": one.at.isoformat(), "action": one.seq}
                for name, one in self.said.items()
            },
            "unset": self.unset,
            "medium": self.facts.medium,
            "samples": self.facts.samples,
            "excluded": self.facts.excluded,
            "unlabelled": self.facts.unlabelled,
            "counts": {label: dict(row) for label, row in self.facts.counts.items()},
            "classes": [{name: getattr(one, name) for name in ClassInfo.__slots__} for one in self.classes],
            "contributors": {name: dict(row) for name, row in self.contributors.items()},
            "more_contributors": self.more_contributors,
            "sources": [{key: one[key] for key in ("name", "format", "samples")} for one in self.facts.sources],
            "labels": [{**vars(one), "people": dict(one.people)} for one in self.labels],
            "ratings": dict(self.ratings),
            "problems": None if self.problems is None else [vars(one) for one in self.problems],
            "not_looked_for": list(self.skipped),
            "since": self.since,
            "changes": [dict(one) for one in self.changes],
            "more_changes": self.more_changes,
            "runs": [
                dict(zip(("run", "recipe", "hash", "on", "samples", "accuracy"), row, strict=True)) for row in scored(self)
            ],
            "comparison": None if self.compared is None else self.compared.as_dict(),
        }  # fmt: skip

    def _repr_html_(self) -> str:
        from trainset.work.card_page import body

        return "\n".join(body(self, {}))


def card(dataset: Dataset, at: str | int | None = None, *, problems: bool | None = True, part: str = "") -> Card:
    """The data card of a version (by default: of now). Raises `UnknownName`.

    problems: look for them, which takes as long as an audit; None: unless there are more than 100,000 samples. part: the filter by which
    samples go out with this card, which it names.
    """
    position = log.position(dataset, at)
    facts = status(dataset, position, disk=False)
    problems = facts.samples <= _QUICK if problems is None else problems
    found = audit(dataset, at=position) if problems else None
    contributors, more = _contributors(dataset, position)
    since = max((one for one in facts.versions if one.seq < position), key=lambda one: one.seq, default=None)
    changes = diff(dataset, since.name, position).groups() if since else []
    return Card(
        name=Path(facts.folder).resolve().name,
        part=part,
        facts=facts,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        said=card_texts(dataset),
        classes=tuple(one for one in facts.classes if one.samples),
        contributors=contributors,
        more_contributors=more,
        labels=tuple(_labels(dataset, position)),
        ratings=_ratings(dataset, position),
        problems=None if found is None else tuple(
            Problem(one.check, one.title, one.matters, one.flagged or one.bad_count, _what(one), one.about, one.next)
            for one in found.found
        ),
        skipped=() if found is None else tuple(f"{one.check}: {one.skipped}" for one in found.results if one.skipped),
        since=since.name if since else "",
        changes=changes[:_REASONS],
        more_changes=max(0, len(changes) - _REASONS),
        runs=tuple(one for one in runs.listed(dataset) if one.at == position),
        compared=comparisons.latest(dataset, position),
    )  # fmt: skip


def set_card(dataset: Dataset, field: str, text: str, *, reason: str = "", person: str = "") -> CardSet:
    """Says on the card what only people know (see `FIELDS`): an action that can be undone. An empty text takes it away.

    Raises `UnknownName` for another field, `BadValue` for what is no text.
    """
    if field not in FIELDS:
        raise UnknownName(f"a card has no field {field!r}", expected=", ".join(FIELDS))
    said = text.strip()
    if len(said) > LONGEST:
        raise BadValue("this is too long for a card", expected=f"{LONGEST:,} characters", got=f"{len(said):,}")
    if "\0" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
        raise BadValue("a card holds text", got=repr(said[:80]))
    before = replay(dataset).card.get(field)
    result = CardSet(None, field, before.text if before else "", said)
    if result.before == said:
        return result
    entry = Entry(EntryKind.CARD, subject=field, value=said or None)
    return CardSet(log.append(dataset, "card set", acting(person), reason, [entry]), field, result.before, said)


@dataclass(frozen=True)
class CardFiles:
    """What was written: the page, the text, and what the page leaves out, as sentences."""

    page: Path
    text: Path
    left_out: tuple[str, ...]


def card_texts(dataset: Dataset) -> dict[str, CardText]:
    """What people have said on the card: field -> text, by whom and when. It is said of the dataset: a licence that is found out today
    holds for the versions of last year."""
    return dict(replay(dataset).card)


def save_card(
    dataset: Dataset, target: str | os.PathLike[str] = "", *, at: str | int | None = None, made: Card | None = None
) -> CardFiles:
    """Writes the card as a page of HTML with samples in it and as Markdown beside it, `target` with `.html` and with `.md` (by default
    NAME-VERSION-card in the folder that one stands in). made: that card, instead of a new one.

    They take the place of an earlier card. Raises `TargetExists` when anything else is there.
    """
    one = made or card(dataset, at)
    return write(one, dataset, Path(target) if target else Path(_file_name(one)))


def write(one: Card, dataset: Dataset, target: Path) -> CardFiles:
    """Writes a card as `save_card` does."""
    from trainset.work.card_page import page_of
    from trainset.work.card_text import text_of

    place = target.expanduser().resolve()
    if place.suffix in (".html", ".md"):
        place = place.with_suffix("")
    page, text = place.with_name(place.name + ".html"), place.with_name(place.name + ".md")
    check_card(page)
    check_card(text)
    html, left_out = page_of(one, dataset)
    for path, content in ((page, html), (text, text_of(one))):
        with whole_file(path) as file:
            file.write(content.encode())
    return CardFiles(page, text, left_out)


def check_card(place: Path) -> None:
    """Raises `TargetExists` when there is something else than an earlier card at this place."""
    from trainset.work import page
    from trainset.work.card_text import BEGIN
    from trainset.work.page_file import check_place

    check_place(place, BEGIN if place.suffix == ".md" else page.BEGIN)


def scored(one: Card) -> list[tuple[str, str, str, str, int, float]]:
    """What models trained on this version reached: run, recipe in words, its hash, what it was measured on, how many samples, accuracy."""
    found = []
    for run in one.runs:
        recipe = run.recipe
        what = f"{recipe.embedder or recipe.model or recipe.command}, {recipe.head}, seed {recipe.seed}"
        for name in ("held_out", "validation", "test"):
            side = run.scores.get(name)
            if side and side.get("samples"):
                found.append((run.run, what, recipe.hash, name.replace("_", " "), side["samples"], side["accuracy"]))
    return found


def table(found: Kept) -> tuple[list[str], list[list[str]]]:
    """Versions on rows, test sets on columns: the head, and the cells as text."""
    several = len({row.recipe for row in found.rows}) > 1
    head = [
        "trained on",
        *(["recipe"] if several else []),
        *(f"tested on {one.name} ({one.samples:,})" for one in found.columns),
    ]
    rows = []
    for place, row in enumerate(found.rows):
        cells = {
            one.column: f"{100 * one.accuracy:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"
            for one in found.cells
            if one.row == place
        }
        rows.append(
            [row.version, *([row.recipe] if several else []), *(cells.get(n, "-") for n in range(len(found.columns)))]
        )
    return head, rows


def recipes(found: Kept) -> list[str]:
    """The recipes of a comparison, each in words."""
    return [
        f"{name}, hash {digest}, seed {seed}"
        for name, digest, seed in dict.fromkeys((r.recipe, r.hash, r.seed) for r in found.rows)
    ]


def _file_name(one: Card) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in f"{one.name}-{one.version}")
    return f"{kept.strip('-.') or 'dataset'}-card"


def _what(one: Any) -> str:
    if one.flagged:
        return f"{one.flagged:,} sample{'' if one.flagged == 1 else 's'}"
    return f"{one.bad_count:,} of its files and rows" if one.bad_count else "the set as a whole"


def _contributors(dataset: Dataset, position: int) -> tuple[dict[str, dict[str, int]], int]:
    with QueryTable(dataset, position, ["contributor"]) as table:
        rows = table.run(
            "SELECT contributor, split, count(*) AS n FROM samples WHERE NOT excluded AND contributor IS NOT NULL GROUP BY ALL"
        ).to_pylist()
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row["contributor"], {})[row["split"] or ""] = row["n"]
    order = sorted(counts, key=lambda name: (-sum(counts[name].values()), name))
    return {name: counts[name] for name in order[:_CONTRIBUTORS]}, max(0, len(order) - _CONTRIBUTORS)


def _labels(dataset: Dataset, position: int) -> list[Made]:
    """By what each sample that counts has the label it has."""
    with QueryTable(dataset, position, ["source_label"]) as table:
        said = table.run(
            "SELECT o.seq AS seq, count(*) AS n FROM samples s LEFT JOIN overlay o ON o.sample = s.id AND o.field = 'label' "
            "WHERE NOT s.excluded AND s.label IS NOT NULL GROUP BY ALL"
        ).to_pylist()
        actions = {action.seq: action for action in table.replay.actions}
    samples: Counter[str] = Counter()
    people: dict[str, Counter[str]] = {}
    for row in said:
        action = actions.get(row["seq"]) if row["seq"] is not None else None
        how = _how(action)
        samples[how] += row["n"]
        if action is not None:
            people.setdefault(how, Counter())[action.person] += row["n"]
    return [Made(how, n, dict(people.get(how, Counter()).most_common())) for how, n in samples.most_common()]


_HOW = {
    "label": "set by people, for samples they chose",
    "review": "answered by people, one sample at a time",
    "answers": "answered by people, in a list",
    "apply": "taken from a reviewed list",
}


def _how(action: Action | None) -> str:
    if action is None:
        return "came with the source"
    return _HOW.get(action.verb, f"set by the action {action.verb!r}")


def _ratings(dataset: Dataset, position: int) -> dict[str, int]:
    """How many answers each person gave, of those that stand."""
    with dataset.people.read() as connection:
        found = ratings.read(connection)
    return dict(
        Counter(
            one.person for one in found if not one.undone and (one.action is None or one.action <= position)
        ).most_common()
    )
