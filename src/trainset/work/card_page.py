"""The data card as one page of HTML, with pictures, players or texts of every class in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset import __version__
from trainset.store.dataset import Dataset
from trainset.store.draw import draw
from trainset.store.query import QueryTable
from trainset.work import page, page_sample
from trainset.work.card import FIELDS, Card, recipes, scored, table
from trainset.work.embedded import Embedded, embedded
from trainset.work.look import Samples

_MEDIA = 6_000_000  # characters of media: a page stays below 10 MB
_CLASSES, _EACH, _SHOWN = 200, 4, 300
_SEED = 0


def page_of(card: Card, dataset: Dataset) -> tuple[str, tuple[str, ...]]:
    """The page, and what it leaves out as sentences."""
    left: list[str] = []
    drawn = _samples(dataset, card, left)
    return page.document(f"Data card of {card.name}, {card.version}", "\n".join(body(card, drawn, left))), tuple(left)


def body(card: Card, drawn: Mapping[str, Sequence[str]], left: Sequence[str] = ()) -> Iterator[str]:
    """The page without its head. drawn: class -> samples as HTML."""
    facts = card.facts
    yield '<a class="skip" href="#card">Skip to the card</a>'
    yield f"<header><h1>{page.name(card.name)}: data card of {page.name(card.version)}</h1>"
    excluded = f", {facts.excluded:,} more are excluded" if facts.excluded else ""
    rows = [
        ("Samples", f"{facts.samples:,} ({facts.medium or 'no medium yet'}){excluded}"),
        (
            "Classes",
            f"{len(card.classes):,}" + (f", {facts.unlabelled:,} samples without label" if facts.unlabelled else ""),
        ),
        ("Position", f"#{facts.at} of the log"),
        ("Made", page.text(card.made)),
        *(
            [("Part", f"goes with the samples of it for which {page.text(card.part, 1000)} holds; figures are of all")]
            if card.part
            else []
        ),
    ]
    yield "<dl>" + "".join(f"<dt>{term}</dt><dd>{said}</dd>" for term, said in rows) + "</dl></header>"
    yield f'<main id="card" tabindex="-1" class="{page.attribute(facts.medium)}">'
    yield from _said(card, ("purpose", "limits"))
    yield from _classes(card, drawn)
    yield from _counts(card)
    yield from _section("Where it came from", _origin(card))
    yield from _said(card, ("collected", "licence", "consent"))
    yield from _section("How labels were made", _labels(card))
    yield from _section("Known problems", _problems(card))
    yield from _section("What changed since the last version", _changes(card))
    yield from _section("Versions compared", _compared(card))
    yield from _section("Scores", _scores(card))
    yield from _said(card, ("cite", "contact", "notes"))
    if about := [one for one in facts.notes if not one.sample]:
        said = (
            f'<li>{page.text(one.text, 1000)} <span class="mut">({f"on {page.name(one.label)}, " if one.label else ""}'
            f"{page.name(one.person)}, {one.at:%Y-%m-%d})</span></li>"
            for one in about
        )
        yield from _section("Notes", ["<ul>", *said, "</ul>"])
    yield "</main>"
    out = "".join(f"<li>{page.text(sentence)}</li>" for sentence in left)
    yield "<footer>" + (f"<p>Left out of this page:</p><ul>{out}</ul>" if out else "")
    yield f"<p>Made by trainset {__version__}, anew for each version: it is not edited by hand. This page loads nothing and runs nothing.</p></footer>"


def _section(title: str, inside: Sequence[str] | Iterator[str]) -> Iterator[str]:
    name = "".join(letter if letter.isalpha() else "_" for letter in title.lower())
    yield f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>'
    yield from inside
    yield "</section>"


def _said(card: Card, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        one = card.said.get(name)
        if one is None:
            inside = [f'<p class="mut">Not said yet: <code>trainset card set {name} TEXT</code></p>']
        else:
            said = "".join(f"<p>{page.text(line, 5_000)}</p>" for line in one.text.splitlines() if line.strip())
            who = f'<p class="mut">said by {page.name(one.person)} on {one.at:%Y-%m-%d}, action #{one.seq}</p>'
            inside = [said, who]
        yield from _section(FIELDS[name].capitalize(), inside)


def _classes(card: Card, drawn: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield '<section aria-labelledby="classes"><h2 id="classes">Classes</h2>'
    if not card.classes:
        yield "<p>No sample has a label.</p>"
    for one in card.classes[:_CLASSES]:
        yield f'<h3>{page.name(one.name)} <span class="mut">{one.samples:,}</span></h3>'
        yield (
            f"<p>{page.text(one.definition, 1000)}</p>"
            if one.definition
            else '<p class="mut">Not defined: <code>trainset classes define</code></p>'
        )
        if some := drawn.get(one.name):
            yield '<ul class="grid">' + "".join(f"<li>{each}</li>" for each in some) + "</ul>"
    if len(card.classes) > _CLASSES:
        yield f"<p>and {len(card.classes) - _CLASSES:,} classes more</p>"
    yield "</section>"


def _counts(card: Card) -> Iterator[str]:
    yield from _section(
        "Samples by class and split", _by_split("class", "no label", card.facts.counts, card.facts.splits)
    )
    if not card.contributors:
        inside = ["<p>Nothing is known of contributors.</p>"]
    else:
        inside = [*_by_split("contributor", "none", card.contributors, card.facts.splits)]
        if card.more_contributors:
            inside.append(f"<p>and {card.more_contributors:,} contributors more</p>")
    yield from _section("Samples by contributor and split", inside)


def _by_split(what: str, none: str, counts: Mapping[str, Mapping[str, int]], splits: Sequence[str]) -> Iterator[str]:
    head = [what, *(split or "no split" for split in splits), "all"]
    rows = [
        [page.name(label or none), *(f"{row.get(split, 0):,}" for split in splits), f"{sum(row.values()):,}"]
        for label, row in [*counts.items()][:_CLASSES]
    ]
    yield from _table(head, rows, numbers=range(1, len(head)))
    if len(counts) > _CLASSES:
        yield f"<p>and {len(counts) - _CLASSES:,} more</p>"


def _origin(card: Card) -> Iterator[str]:
    rows = [[page.name(one["name"]), page.text(one["format"]), f"{one['samples']:,}"] for one in card.facts.sources]
    yield from _table(["source", "format", "samples"], rows, numbers=(2,))


def _labels(card: Card) -> Iterator[str]:
    if not card.labels:
        yield "<p>There are no labels.</p>"
    yield "<ul>"
    for one in card.labels:
        people = ", ".join(f"{page.name(name)} {n:,}" for name, n in [*one.people.items()][:20])
        yield f"<li>{one.samples:,} {page.text(one.how)}{f': {people}' if people else ''}</li>"
    if card.ratings:
        people = ", ".join(f"{page.name(name)} {n:,}" for name, n in [*card.ratings.items()][:20])
        yield f"<li>answers to questions, whether they changed a label or not: {people}</li>"
    yield "</ul>"


def _problems(card: Card) -> Iterator[str]:
    if card.problems is None:
        yield "<p>Nobody looked when this card was made: <code>trainset card</code> does.</p>"
        return
    if not card.problems:
        yield "<p>No check found any.</p>"
    yield "<ul>"
    for one in card.problems:
        about = "".join(f"<li>{page.words(sentence)}</li>" for sentence in one.about[:5])
        yield f'<li><b>{page.text(one.title)}</b> <span class="mut">{page.text(one.what)}, {page.text(one.check)}</span><br>{page.words(one.next)}'
        yield (f"<ul>{about}</ul>" if about else "") + "</li>"
    yield "</ul>"
    if card.skipped:
        yield "<p>Not looked for:</p><ul>" + "".join(f"<li>{page.words(one)}</li>" for one in card.skipped) + "</ul>"


def _changes(card: Card) -> Iterator[str]:
    if not card.since:
        yield "<p>There is no version before this one.</p>"
        return
    if not card.changes:
        yield f"<p>Nothing since {page.name(card.since)}.</p>"
        return
    yield f"<p>Since {page.name(card.since)}:</p>"
    rows = [
        [
            page.text(one["kind"]),
            f"{one['samples']:,}",
            "" if one["before"] is None and one["after"] is None else f"{_side(one['before'])} → {_side(one['after'])}",
            page.name(one["person"] or ""),
            page.text(one["reason"] or "no reason was given"),
        ]
        for one in card.changes
    ]
    yield from _table(["what", "samples", "change", "by", "why"], rows, numbers=(1,))
    if card.more_changes:
        yield f"<p>and {card.more_changes:,} groups of changes more: <code>trainset diff</code></p>"


def _side(value: object) -> str:
    return "none" if value is None else page.name(value)


def _compared(card: Card) -> Iterator[str]:
    found = card.compared
    if found is None:
        yield "<p>This version was compared with no other: <code>trainset compare</code></p>"
        return
    head, rows = table(found)
    yield f"<p>Accuracy of the same recipe ({page.text('; '.join(recipes(found)), 1000)}), {found.draws} draws, {page.text(found.made)}:</p>"
    yield from _table(head, [[page.name(one) for one in row] for row in rows])
    yield "<ul>" + "".join(f"<li>{page.text(one, 1000)}</li>" for one in found.sentences) + "</ul>"


def _scores(card: Card) -> Iterator[str]:
    if not card.runs:
        yield "<p>No model was trained on this version: <code>trainset train</code></p>"
        return
    rows = [
        [
            f"<code>{page.text(run)}</code>",
            page.text(what),
            f"<code>{page.text(digest)}</code>",
            on,
            f"{samples:,}",
            f"{100 * accuracy:.1f} %",
        ]
        for run, what, digest, on, samples, accuracy in scored(card)
    ]
    yield from _table(["run", "recipe", "hash", "on", "samples", "accuracy"], rows, numbers=(4, 5))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] | range = ()) -> Iterator[str]:
    """A table; cells are HTML."""
    mark = ['class="n"' if place in numbers else 'class="name"' for place in range(len(head))]
    yield f'<div class="wide" role="region" aria-label="{page.attribute(", ".join(head))}" tabindex="0"><table><thead><tr>'
    yield "".join(f'<th scope="col" {mark[place]}>{page.text(name)}</th>' for place, name in enumerate(head))
    yield "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td {mark[place]}>{cell}</td>" for place, cell in enumerate(row)) + "</tr>"
    yield "</tbody></table></div>"


def _samples(dataset: Dataset, card: Card, left: list[str]) -> dict[str, list[str]]:
    """A few samples of each class, drawn at random and the same each time, as HTML."""
    names = [one.name for one in card.classes[:_CLASSES]]
    each = max(1, min(_EACH, _SHOWN // max(1, len(names))))
    with QueryTable(dataset, card.facts.at) as table:
        rows = table.run("SELECT id, label FROM samples WHERE NOT excluded AND label IS NOT NULL")
    ids = rows["id"].cast(pa.binary(16)).combine_chunks()
    places = draw(rows["id"], len(ids), _SEED).to_numpy()
    codes = pc.index_in(rows["label"], value_set=pa.array(names, pa.string())).fill_null(-1).to_numpy()[places]
    in_order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[in_order], np.arange(len(names) + 1))
    taken = {name: places[in_order[starts[k] : min(starts[k] + each, starts[k + 1])]] for k, name in enumerate(names)}
    chosen = [taken[name][n] for n in range(each) for name in names if n < len(taken[name])]
    samples = Samples.of(dataset, ids.take(pa.array(chosen, pa.int64())), card.facts.at)
    media = embedded(samples, _MEDIA)
    found: dict[str, list[str]] = {}
    room, bare = _MEDIA, 0
    for row in samples.rows(measures=False):
        shown = media.get(bytes.fromhex(row["content"]), Embedded())
        if dataset.medium != "text" and (len(shown) > room or (not shown.uri and not shown.reason)):
            bare += 1
            continue
        room -= len(shown)
        found.setdefault(row["label"], []).append(page_sample.shown(dataset.medium, row, shown))
    if bare:
        left.append(f"{bare:,} samples, for which there is no room")
    if len(card.classes) > _CLASSES:
        left.append(f"samples of {len(card.classes) - _CLASSES:,} classes: those of the first {_CLASSES} are shown")
    return found
