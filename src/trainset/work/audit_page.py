"""The page of an audit: one file of HTML to send to a colleague, with the worst samples of every finding in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from trainset import __version__
from trainset.store import ids
from trainset.store.dataset import Dataset
from trainset.store.durable import whole_file
from trainset.work import page, page_sample
from trainset.work.audit import Audit, CheckResult
from trainset.work.dismissed import dismissals
from trainset.work.embedded import Embedded, embedded
from trainset.work.look import Samples
from trainset.work.page_file import check_place
from trainset.work.status import Status, status

_MEDIA, _CARDS = 6_000_000, 2_500_000  # characters of media and of the rest of samples: a page stays below 10 MB
_BAD, _ABOUT, _CLASSES, _SPLITS, _TEXT = 100, 20, 200, 5, 1000
_MATTERS = {3: "matters most", 2: "matters", 1: "worth a look"}


@dataclass(frozen=True)
class AuditPage:
    """What was written: where, how many bytes, how many samples are shown, and what was left out, as sentences."""

    path: Path
    bytes: int
    samples: int
    left_out: tuple[str, ...]


def save_audit(dataset: Dataset, result: Audit, target: str | os.PathLike[str], *, most: int = 24) -> AuditPage:
    """Writes an audit as one page of HTML that stands by itself, with pictures, players and texts in it.

    most: samples of each finding, the worst first. The page stays below 10 MB and says what it leaves out. It takes the place of an
    earlier page; raises `TargetExists` when anything else is there.
    """
    place = Path(target).expanduser().resolve()
    check_place(place)
    found = _Shown(dataset, result, most)
    facts = status(dataset, result.at, disk=False)
    html = page.document(f"Audit of {_title(dataset)}", "\n".join(_body(dataset, result, facts, found)))
    data = html.encode()
    with whole_file(place) as file:
        file.write(data)
    return AuditPage(place, len(data), len(found.cards), tuple(found.left_out))


class _Shown:
    """The samples that the page shows: `cards[check, n]` is the HTML of its n-th worst. What matters most and is worst is
    chosen first, so that a page that would grow too large loses the least."""

    def __init__(self, dataset: Dataset, result: Audit, most: int) -> None:
        named = [(n, one) for n in range(most) for one in result.found if n < min(most, one.flagged)]
        order = pa.array([one.ids[n].as_py() for n, one in named], pa.binary(16))
        samples = Samples.of(dataset, order.unique() if len(order) else order, result.at)
        rows = {bytes.fromhex(row["id"]): row for row in samples.rows()}
        self.cards: dict[tuple[str, int], str] = {}
        self.left_out: list[str] = []
        media = embedded(samples, _MEDIA)
        room, rest, bare = _MEDIA, _CARDS, 0
        for n, one in named:
            row = rows.get(one.ids[n].as_py())
            if row is None:
                continue
            shown = media.get(bytes.fromhex(row["content"]), Embedded())
            if len(shown) > room or (not shown.uri and not shown.reason and row["path"] and dataset.medium != "text"):
                shown, bare = Embedded(reason="left out: the page would grow too large"), bare + 1
            card = _card(dataset.medium, row, one.because[n], shown)
            if len(card) - len(shown) > rest:
                continue
            room, rest = room - len(shown), rest - (len(card) - len(shown))
            self.cards[one.check, n] = card
        if bare:
            what = "pictures" if dataset.medium == "image" else "players"
            self.left_out.append(f"{bare:,} {what}, for which there is no room")
        if len(named) > len(self.cards):
            self.left_out.append(f"{len(named) - len(self.cards):,} samples, for which there is no room")
        flagged = sum(one.flagged for one in result.found)
        if flagged > len(named):
            self.left_out.append(
                f"{flagged - len(named):,} of {flagged:,} findings: of each check the worst {most} are shown"
            )
        if (bad := sum(max(0, one.bad_count - _BAD) for one in result.found)) > 0:
            self.left_out.append(f"{bad:,} files and rows that could not be taken: the worst {_BAD} are shown")


def _card(medium: str, row: Mapping[str, Any], because: str, shown: Embedded) -> str:
    label = page.name(row["label"]) if row["label"] else '<span class="mut">no label</span>'
    said = f'<b>{label}</b> <span class="mut">{page.name(row["split"] or "no split")}'
    sample = f"<code>{row['id'][: ids.SHOWN]}</code>"
    if not row["path"]:
        return (
            f"<li>{page_sample.shown(medium, row, shown)}<p>{said} {sample}</span></p><p>{page.text(because)}</p></li>"
        )
    where = f'<p class="mut">{page.path(row["path"])}<br>{sample}</p>'
    return f"<li>{page_sample.shown(medium, row, shown)}<p>{said}</span></p><p>{page.text(because)}</p>{where}</li>"


def _body(dataset: Dataset, result: Audit, facts: Status, shown: _Shown) -> Iterator[str]:
    found = result.found
    yield '<a class="skip" href="#findings">Skip to the findings</a>'
    yield f"<header><h1>Audit of {page.name(_title(dataset))}</h1>"
    yield from _about(result, facts)
    yield "</header>"
    if found:
        yield '<nav aria-label="Findings"><h2>What was found</h2><ol>'
        yield from (
            f'<li><span>{_matters(one)}</span> <span><a href="#{one.check}">{page.text(one.title)}</a> {_count(one, result)}</span></li>'
            for one in found
        )
        yield "</ol></nav>"
    yield from _by_class(facts)
    yield f'<main id="findings" tabindex="-1" class="{dataset.medium}">'
    if not found:
        yield f"<p>{_counted(len(result.results), 'check')} found nothing.</p>"
    for one in found:
        yield from _section(one, result, shown)
    yield from _rest(dataset, result)
    yield "</main>"
    left = "".join(f"<li>{page.text(sentence)}</li>" for sentence in shown.left_out)
    yield "<footer>" + (f"<p>Left out of this page:</p><ul>{left}</ul>" if left else "")
    yield f"<p>Made by trainset {__version__}. This page loads nothing and runs nothing.</p></footer>"


def _about(result: Audit, facts: Status) -> Iterator[str]:
    excluded = f", {facts.excluded:,} more are excluded" if facts.excluded else ""
    which = (
        f"{page.name(facts.version)} (position #{facts.at})" if facts.version else f"no version, position #{facts.at}"
    )
    totals = {split: sum(row.get(split, 0) for row in facts.counts.values()) for split in facts.splits}
    labels = [label for label in facts.counts if label]
    rows = [
        ("Version", which),
        ("Audited", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("Samples", f"{facts.samples:,} ({facts.medium or 'no medium yet'}){excluded}"),
        ("Splits", ", ".join(f"{page.name(split or 'none')} {n:,}" for split, n in totals.items()) or "none"),
        ("Classes", f"{len(labels):,}" + (f", {facts.unlabelled:,} samples without label" if facts.unlabelled else "")),
        ("Sources", ", ".join(page.name(source["name"]) for source in facts.sources[:20]) or "none"),
        ("Checks", f"{len(result.results)}, of which {len(result.found)} found something"),
    ]
    chosen = [f"{check}.{name} = {value}" for check, some in result.settings.items() for name, value in some.items()]
    if chosen:
        rows.append(("Settings", page.text("; ".join(chosen))))
    yield "<dl>" + "".join(f"<dt>{term}</dt><dd>{said}</dd>" for term, said in rows) + "</dl>"


def _by_class(facts: Status) -> Iterator[str]:
    if not any(facts.counts):
        return
    head = "".join(f'<th scope="col" class="n">{page.name(split or "no split")}</th>' for split in facts.splits)
    yield f"<details{' open' if len(facts.counts) <= 12 else ''}><summary>Samples by class and split</summary>"
    yield '<div class="wide" role="region" aria-label="Samples by class and split" tabindex="0"><table><thead><tr>'
    yield f'<th scope="col">class</th>{head}<th scope="col" class="n">all</th></tr></thead><tbody>'
    for label, counts in [*facts.counts.items()][:_CLASSES]:
        cells = "".join(
            f'<td class="n">{n:,}</td>' for n in (*(counts.get(s, 0) for s in facts.splits), sum(counts.values()))
        )
        yield f'<tr><th scope="row" class="name">{page.name(label or "no label")}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    if len(facts.counts) > _CLASSES:
        yield f"<p>and {len(facts.counts) - _CLASSES:,} classes more</p>"
    yield "</details>"


def _section(one: CheckResult, result: Audit, shown: _Shown) -> Iterator[str]:
    yield f'<section id="{one.check}" aria-labelledby="{one.check}-title"><h2 id="{one.check}-title">{page.text(one.title)}</h2>'
    yield f"<p>{_matters(one)} {_count(one, result)} <code>{one.check}</code></p>"
    if one.about:
        more = f"<li>and {len(one.about) - _ABOUT:,} more</li>" if len(one.about) > _ABOUT else ""
        yield "<ul>" + "".join(f"<li>{page.text(said)}</li>" for said in one.about[:_ABOUT]) + more + "</ul>"
    yield f"<p><b>Why it matters:</b> {page.words(one.why)}</p><p><b>What to do:</b> {page.words(one.next)}</p>"
    if one.bad_count:
        yield '<div class="wide" role="region" aria-label="Files and rows" tabindex="0"><table><thead><tr>'
        yield '<th scope="col">name</th><th scope="col">outcome</th><th scope="col">reason</th><th scope="col">source</th></tr></thead><tbody>'
        for item in one.bad.slice(0, _BAD).to_pylist():
            place = page.path(item["name"], 120) + ("" if item["row"] is None else f" row {item['row']}")
            yield f'<tr><td class="name">{place}</td><td>{page.text(item["outcome"])}</td><td class="said">{page.text(item["reason"])}</td>'
            yield f'<td class="name">{page.name(item["source"])}</td></tr>'
        yield "</tbody></table></div>"
    cards = [card for (check, _), card in shown.cards.items() if check == one.check]
    if cards:
        yield f'<p class="mut">{_which(one, len(cards))}</p><ul class="grid">{"".join(cards)}</ul>'
    yield "</section>"


def _rest(dataset: Dataset, result: Audit) -> Iterator[str]:
    """Checks that found nothing, that did not run, and what somebody dismissed."""
    quiet = [one for one in result.results if not one.skipped and one not in result.found]
    if quiet and result.found:
        yield '<section aria-labelledby="quiet"><h2 id="quiet">Found nothing</h2><ul class="many">'
        yield from (f"<li>{page.text(one.title)} <code>{one.check}</code></li>" for one in quiet)
        yield "</ul></section>"
    if skipped := [one for one in result.results if one.skipped]:
        yield '<section aria-labelledby="skipped"><h2 id="skipped">Not run</h2><ul>'
        yield from (
            f"<li>{page.text(one.title)} <code>{one.check}</code>: {page.text(one.skipped)}</li>" for one in skipped
        )
        yield "</ul></section>"
    known = {one.check: one for one in result.results}
    by = [
        (known[c], a, some)
        for c, acts in dismissals(dataset, result.at).items()
        if c in known
        for a, some in acts.items()
    ]
    if by:
        yield '<section aria-labelledby="dismissed"><h2 id="dismissed">Dismissed</h2><ul>'
        for one, action, some in by[-50:]:
            yield (
                f"<li>{page.text(one.title)}: {_counted(len(some), 'sample')}, by {page.name(action.person)} on {action.at:%Y-%m-%d}: "
                f"{page.text(action.reason)}</li>"
            )
        yield "</ul></section>"


def _matters(one: CheckResult) -> str:
    return f'<span class="m{one.matters}">{_MATTERS.get(one.matters, "")}</span>'


def _which(one: CheckResult, shown: int) -> str:
    """Which of the samples are shown. Those that are all as bad have no order to speak of."""
    worse = one.severity[0] != one.severity[-1]
    if shown < one.flagged:
        return f"The worst {shown:,} of {one.flagged:,}, worst first:" if worse else f"{shown:,} of {one.flagged:,}:"
    return "Worst first:" if worse else "All of them:" if shown > 1 else "The sample:"


def _count(one: CheckResult, result: Audit) -> str:
    if one.flagged:
        said = f"{_counted(one.flagged, 'sample')}, {_share(one.flagged, result.samples)}"
    elif one.bad_count:
        kinds = sorted(one.bad["kind"].value_counts().to_pylist(), key=lambda pair: str(pair["values"]))
        said = " and ".join(_counted(pair["counts"], pair["values"]) for pair in kinds)
    else:
        said = "on the set as a whole"
    return f'<span class="mut">{said}' + (f", {one.dismissed:,} dismissed" if one.dismissed else "") + "</span>"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _share(some: int, every: int) -> str:
    share = 100 * some / max(every, 1)
    return "less than 0.1 %" if share < 0.1 else f"{share:.1f} %"


def _title(dataset: Dataset) -> str:
    return dataset.folder.name.removesuffix(".trainset")
