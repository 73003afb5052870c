"""measure, checks, audit, dismiss: what is wrong with the data, found without a model."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, At, DatasetDir, Ids, opened, pairs
from trainset.cli.reports import nothing_flagged, where_flag
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.audit import Audit, CheckResult


def measure(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """Compute measures that are missing; an import computes them all, so this is for datasets of an older trainset."""
    with opened(dataset) as found:
        with output.progress("measure", quiet=json) as count:
            result = found.measure(progress=count)
        if json:
            output.document(result.as_dict())
            return
        output.line(f"{result.measured:,} contents measured in {result.seconds:.1f} s, {result.present:,} had been")
        for reason, number in sorted(result.unmeasured.items(), key=lambda pair: -pair[1]):
            output.line(f"  {number:,} could not be: {output.safe(reason, 300)}", style="yellow")


def audit(
    dataset: DatasetDir = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Only this check; several times, or with commas.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="CHECK.SETTING=VALUE", help="A setting of a check.")
    ] = None,
    at: At = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as one page of HTML, with the worst samples in it.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Run the checks: what is wrong with this data, with which samples, and what to do."""
    with opened(dataset) as found:
        chosen: dict[str, dict[str, Any]] = {}
        for name, value in pairs(settings, "--set").items():
            check, _, setting = name.partition(".")
            if not setting:
                raise BadValue(
                    f"{output.safe(name, 60)} names no setting of a check",
                    where="--set",
                    expected="CHECK.SETTING=VALUE",
                    next="trainset checks lists the settings",
                )
            chosen.setdefault(check.replace("-", "_"), {})[setting] = value
        wanted = [name for text in only or [] for name in text.split(",") if name]
        with output.progress("measure", quiet=json) as count:
            if at is None:
                found.measure(progress=count)  # only what is missing
        known = found.checks()
        if any("near" in known[name].needs for name in wanted or known if name in known):
            with (
                output.progress("compare", quiet=json) as count,
                contextlib.suppress(BadValue),
            ):  # the audit says of each check why it cannot run
                found.find_near(at=at, progress=count)
        with output.progress("audit", quiet=json) as count:
            result = found.audit(only=wanted, settings=chosen, at=at, progress=count)
        page = found.save_audit(result, html) if html is not None else None
        if json:
            output.document([one.as_dict() for one in result.results])
            return
        _print(result, where_flag(found))
        if page is not None:
            output.line(f"wrote {output.safe(page.path)}: {page.bytes / 1e6:.1f} MB, {page.samples:,} samples in it")
            for sentence in page.left_out:
                output.line(f"  left out: {output.safe(sentence)}")


def checks(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """List the checks that fit this dataset, with their settings."""
    with opened(dataset) as found:
        known = found.checks()
        if json:
            output.document(
                [
                    {"check": name, "title": p.title, "matters": p.facts["matters"], "about": [p.summary], "why": p.section("Why it matters"),
                     "next": p.section("What to do"), "settings": {s.name: s.default for s in p.settings.values()}}
                    for name, p in known.items()
                ]
            )  # fmt: skip
            return
        rows = [
            [name, p.summary, ", ".join(f"{s.name}={s.default}" for s in p.settings.values())]
            for name, p in known.items()
        ]
        output.show(output.table(["check", "what it finds", "settings"], rows))
        output.line("next: trainset audit, or --only CHECK --set CHECK.SETTING=VALUE")


def dismiss(
    check: Annotated[str, typer.Argument(metavar="CHECK", help="The check, as `trainset audit` names it.")],
    samples: Ids = None,
    why: Annotated[
        str, typer.Option("--why", "-m", metavar="TEXT", help="Why they are no problem; the log keeps it.")
    ] = "",
    pair: Annotated[
        bool, typer.Option("--pair", help="Of two duplicates only this pair; beside others they are found.")
    ] = False,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Dismiss findings of a check, on these samples or on all that it flags, with a reason; they stay dismissed."""
    with opened(dataset) as found:
        if pair and len(samples or []) != 2:
            raise BadValue("--pair takes two samples", got=f"{len(samples or []):,}")
        action, number = (
            (found.dismiss_pair(check, *(samples or []), reason=why, person=person), 1)
            if pair
            else found.dismiss(check, samples or [], reason=why, person=person)
        )
        if json:
            output.document({"action": action, "changed": number})
        elif action is None:
            output.line(nothing_flagged(found, check) or "nothing to dismiss: the check flags none of these")
        else:
            output.line(f"#{action}: {_counted(number, 'finding')} of {output.safe(check)} dismissed")
            output.line(f"next: trainset undo {action}{where_flag(found)}  # takes it back")


COMMANDS = (measure, audit, checks, dismiss)


def _print(result: Audit, place: str) -> None:
    found = result.found
    if not found:
        output.line(f"{_counted(len(result.results), 'check')} over {_counted(result.samples, 'sample')} found nothing")
    else:
        rows = [[_named(one), _number(one), _worst(one), _advice(one, place)] for one in found]
        output.show(output.table(["check", "flagged", "found, worst first", "why, and what to do"], rows, right=(1,)))
        output.line(
            f"{len(found)} of {_counted(len(result.results), 'check')} found something in {_counted(result.samples, 'sample')}, in {result.seconds:.1f} s"
        )
    for one in result.results:
        if one.skipped:
            output.line(f"not run: {one.check}: {one.skipped}", style="yellow")
    first = next((one for one in found if one.flagged), None)
    if first is not None:
        output.line(
            f"next: trainset look --check {first.check}{place}\n"
            f"  one by one: trainset queue --check {first.check}{place}\n"
            f"  all: trainset exclude --check {first.check}{place}\n"
            f"  or: trainset dismiss {first.check} --why TEXT{place}"
        )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _number(one: CheckResult) -> str:
    return f"{one.flagged:,}" if one.flagged else f"{one.bad_count:,} bad" if one.bad_count else ""


def _named(one: CheckResult) -> str:
    return one.check + (f" ({one.dismissed:,} dismissed)" if one.dismissed else "")


def _worst(one: CheckResult) -> str:
    shown = [
        f"{identifier.hex()[:12]} {text}"
        for identifier, text in zip(one.ids[:3].to_pylist(), one.because[:3], strict=True)
    ]
    for item in one.bad.slice(0, 3).to_pylist():
        place = item["name"] if item["row"] is None else f"{item['name']} row {item['row']}"
        shown.append(f"{output.safe(place, 120)}: {output.safe(item['reason'], 200)}")
    more = max(one.flagged, one.bad_count) > 3 or len(one.about) > 4
    return "; ".join([*one.about[:4], *shown]) + (" ..." if more else "")


def _advice(one: CheckResult, place: str) -> str:
    return f"{one.why} {one.next}"
