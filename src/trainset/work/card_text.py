"""The data card as Markdown: for a repository, a reader in a terminal, and `diff`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from trainset import __version__
from trainset.work.card import FIELDS, Card, recipes, scored, table

BEGIN = "<!-- made by trainset: say things with `trainset card set`, this file is written over -->\n"
"""How the file begins: one that begins so may be written over by another one."""

_ODD = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_KEPT = "\u200c\u200d"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$^=-])")
_CLASSES = 500


def text_of(card: Card) -> str:
    """The whole card."""
    return BEGIN + "\n".join(_lines(card)) + "\n"


def plain(value: object, longest: int = 300) -> str:
    """Text from data on one line of Markdown: markup is shown, not obeyed, and characters that turn text around, hide or control are
    named."""
    flat = " ".join(str(value)[: 10 * longest].split())
    cut = flat if len(flat) <= longest else flat[: longest - 1] + "…"
    return _escaped(cut)


def _words(sentence: str) -> str:
    """A sentence of ours, with its `code` in back-quotes."""
    pieces = " ".join(sentence.split()).split("`")
    return "".join(f"`{piece}`" if place % 2 else _escaped(piece) for place, piece in enumerate(pieces))


def _escaped(line: str) -> str:
    shown = _SPECIAL.sub(r"\\\1", _odd_named(line))
    return re.sub(r"(?i)(https?|ftp|mailto|www)([:.])", r"\1\\\2", shown)


def _odd_named(line: str) -> str:
    return "".join(f"U+{ord(c):04X}" if unicodedata.category(c) in _ODD and c not in _KEPT else c for c in line)


def _lines(card: Card) -> Iterator[str]:
    facts = card.facts
    yield f"# {plain(card.name)}: data card of {plain(card.version)}"
    yield ""
    yield f"{facts.samples:,} samples ({facts.medium or 'no medium yet'}), {len(card.classes):,} classes, position #{facts.at} of the log"
    if card.part:
        yield from (
            "",
            f"This card goes with the samples of it for which {plain(card.part, 1000)} holds; its figures are of all.",
        )
    yield from _said(card, ("purpose", "limits"))
    yield from _classes(card)
    yield from _counts(card)
    yield from _origin(card)
    yield from _said(card, ("collected", "licence", "consent"))
    yield from _labels(card)
    yield from _problems(card)
    yield from _changes(card)
    yield from _scores(card)
    yield from _said(card, ("cite", "contact", "notes"))
    yield from _notes(card)
    yield ""
    yield f"Made by trainset {__version__} on {card.made}."


def _said(card: Card, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield ""
        yield f"## {FIELDS[name].capitalize()}"
        yield ""
        if name not in card.said:
            yield f"*Not said yet:* `trainset card set {name} TEXT`"
            continue
        one = card.said[name]
        lines = one.text.splitlines()
        yield from (
            (f"    {_odd_named(line)}" for line in lines) if name == "cite" else (plain(line, 5_000) for line in lines)
        )
        yield ""
        yield f"(said by {plain(one.person)} on {one.at:%Y-%m-%d}, action #{one.seq})"


def _classes(card: Card) -> Iterator[str]:
    yield from ("", "## Classes", "")
    if not card.classes:
        yield "No sample has a label."
        return
    yield from _table(
        ("class", "samples", "definition"),
        [
            (plain(one.name), f"{one.samples:,}", plain(one.definition, 1000) if one.definition else "*not defined:* `trainset classes define`")
            for one in card.classes[:_CLASSES]
        ],
    )  # fmt: skip
    if len(card.classes) > _CLASSES:
        yield f"\nand {len(card.classes) - _CLASSES:,} classes more"


def _counts(card: Card) -> Iterator[str]:
    facts = card.facts
    yield from ("", "## Samples by class and split", "")
    head = ("class", *(plain(split or "no split") for split in facts.splits), "all")
    rows = [
        (plain(label or "no label"), *(f"{row.get(split, 0):,}" for split in facts.splits), f"{sum(row.values()):,}")
        for label, row in [*facts.counts.items()][:_CLASSES]
    ]
    yield from _table(head, rows)
    if facts.excluded:
        yield from ("", f"{facts.excluded:,} more are excluded.")
    if facts.unlabelled:
        yield from ("", f"{facts.unlabelled:,} have no label.")
    if not card.contributors:
        yield from ("", "Nothing is known of contributors.")
        return
    yield from ("", "## Samples by contributor and split", "")
    head = ("contributor", *(plain(split or "no split") for split in facts.splits), "all")
    rows = [
        (plain(name), *(f"{row.get(split, 0):,}" for split in facts.splits), f"{sum(row.values()):,}")
        for name, row in card.contributors.items()
    ]
    yield from _table(head, rows)
    if card.more_contributors:
        yield from ("", f"and {card.more_contributors:,} contributors more")


def _origin(card: Card) -> Iterator[str]:
    yield from ("", "## Where it came from", "")
    rows = [(plain(one["name"]), plain(one["format"]), f"{one['samples']:,}") for one in card.facts.sources]
    yield from _table(("source", "format", "samples"), rows)


def _labels(card: Card) -> Iterator[str]:
    yield from ("", "## How labels were made", "")
    if not card.labels:
        yield "There are no labels."
    for one in card.labels:
        people = ", ".join(f"{plain(name)} {n:,}" for name, n in [*one.people.items()][:20])
        yield f"- {one.samples:,} {plain(one.how)}" + (f": {people}" if people else "")
    if card.ratings:
        people = ", ".join(f"{plain(name)} {n:,}" for name, n in [*card.ratings.items()][:20])
        yield f"- answers to questions, whether they changed a label or not: {people}"


def _problems(card: Card) -> Iterator[str]:
    yield from ("", "## Known problems", "")
    if card.problems is None:
        yield "Nobody looked when this card was made: `trainset card` does."
        return
    if not card.problems:
        yield "No check found any."
    for one in card.problems:
        yield f"- **{plain(one.title)}** ({plain(one.what)}, `{one.check}`): {_words(one.next)}"
        for sentence in one.about[:5]:
            yield f"  - {plain(sentence)}"
    if card.skipped:
        yield from ("", "Not looked for:", "")
        yield from (f"- {plain(one)}" for one in card.skipped)


def _changes(card: Card) -> Iterator[str]:
    yield from ("", "## What changed since the last version", "")
    if not card.since:
        yield "There is no version before this one."
        return
    if not card.changes:
        yield f"Nothing since {plain(card.since)}."
        return
    rows = [
        (
            plain(one["kind"]),
            f"{one['samples']:,}",
            _change(one),
            plain(one["person"] or ""),
            plain(one["reason"] or "no reason was given"),
        )
        for one in card.changes
    ]
    yield f"Since {plain(card.since)}:"
    yield ""
    yield from _table(("what", "samples", "change", "by", "why"), rows)
    if card.more_changes:
        yield from ("", f"and {card.more_changes:,} groups of changes more: `trainset diff`")


def _change(one: Mapping[str, object]) -> str:
    if one["before"] is None and one["after"] is None:
        return ""
    return " to ".join(plain(one[side]) if one[side] is not None else "none" for side in ("before", "after"))


def _scores(card: Card) -> Iterator[str]:
    yield from ("", "## Versions compared", "")
    if card.compared is None:
        yield "This version was compared with no other: `trainset compare`."
    else:
        head, rows = table(card.compared)
        yield f"Accuracy of the same recipe ({plain('; '.join(recipes(card.compared)), 1000)}), {card.compared.draws} draws, {plain(card.compared.made)}:"
        yield ""
        yield from _table([plain(one) for one in head], [[plain(one) for one in row] for row in rows])
        yield ""
        yield from (f"- {plain(one, 1000)}" for one in card.compared.sentences)
    yield from ("", "## Scores", "")
    if not card.runs:
        yield "No model was trained on this version: `trainset train`."
        return
    models = [
        (f"`{run}`", plain(what), f"`{digest}`", on, f"{samples:,}", f"{100 * accuracy:.1f} %")
        for run, what, digest, on, samples, accuracy in scored(card)
    ]
    yield from _table(("run", "recipe", "hash", "on", "samples", "accuracy"), models)


def _notes(card: Card) -> Iterator[str]:
    about = [one for one in card.facts.notes if not one.sample]
    if not about:
        return
    yield from ("", "## Notes", "")
    for one in about:
        of = f"on {plain(one.label)}, " if one.label else ""
        yield f"- {plain(one.text, 1000)} ({of}{plain(one.person)}, {one.at:%Y-%m-%d})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)
