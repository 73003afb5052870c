"""weak: labelling rules and what they propose; their list, add, remove, suggest, apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, At, DatasetDir, Where, Why, opened

if TYPE_CHECKING:
    from trainset.work.weak import WeakReport

app = typer.Typer(
    help="Labelling rules: list and judge (the default), add, remove, suggest, apply.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Confidence = Annotated[float, typer.Option("--confidence", min=0, max=1, help="At least so sure, 0 to 1.")]
_WIDE = 60
ENOUGH = 50  # as in `learn/judged_rules.py`, which loads numpy


@app.callback(invoke_without_command=True)
def _list(context: typer.Context, dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    with opened(dataset) as found:
        known, place = found.weak(at=at), reports.where_flag(found)
    if json:
        output.document({**known.as_dict(), "suggestions": len(known.suggestions)})
        return
    if not known.rules:
        output.line(f"no labelling rule yet: trainset weak add CLASS --where FILTER{place}")
        return
    _show(known, place)


@app.command()
def add(
    label: Annotated[str, typer.Argument(metavar="CLASS", help="What it says of a sample.")],
    where: Where = "",
    pattern: Annotated[
        str,
        typer.Option("--pattern", metavar="REGEX", help="Instead of a filter: what the text has, whatever the case."),
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="By default the class and a number.")] = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Add a rule: what a filter or a pattern holds for is of a class."""
    with opened(dataset) as found:
        made = found.add_rule(label, where, pattern=pattern, name=name, reason=why, person=person)
        place = reports.where_flag(found)
    if json:
        output.document({name: getattr(made, name) for name in made.__slots__})
        return
    output.line(output.safe(f"#{made.seq}: rule {made.name}: {made.label} where {made.where}"))
    output.line(f"next: trainset weak{place}")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take a rule away."""
    with opened(dataset) as found:
        seq = found.remove_rule(name, reason=why, person=person)
    output.document({"action": seq}) if json else output.line(output.safe(f"#{seq}: removed {name}"))


@app.command()
def suggest(
    number: Annotated[int, typer.Option("-n", min=1, help="So many, the surest first.")] = 20,
    confidence: Confidence = 0.5,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """List the labels that rules propose, with the rules that do."""
    with opened(dataset) as found:
        known, place = found.weak(confidence=confidence), reports.where_flag(found)
    if json:
        output.document([vars(one) for one in known.suggestions[:number]])
        return
    rows = [
        [
            one.id[:12],
            one.label,
            f"{one.confidence:.2f}",
            ", ".join(one.rules),
            output.safe(one.text or one.path or "", _WIDE),
        ]
        for one in known.suggestions[:number]
    ]
    if rows:
        output.show(output.table(["id", "suggested", "sure", "rules", "sample"], rows, right=(2,)))
    count = len(known.suggestions)
    output.line(f"{count:,} suggestion{'' if count == 1 else 's'} of confidence {confidence:g} or more")
    if not known.rules:
        output.line(f"no labelling rule yet: trainset weak add CLASS --where FILTER{place}")
    if rows:
        output.line(f"  {_sure(known)}")
        output.line(f"next: trainset queue --order suggested{place}")
        output.line(f"  asks people; without them: trainset weak apply{place}")


@app.command()
def apply(
    confidence: Confidence = 0.9,
    number: Annotated[int | None, typer.Option("-n", min=1, help="At most so many, the surest first.")] = None,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take suggestions as labels of samples that have none; one action, which names its rules and can be undone."""
    with opened(dataset) as found:
        seq, count = found.apply_weak(confidence=confidence, limit=number, reason=why, person=person)
        place = reports.where_flag(found)
    if json:
        output.document({"action": seq, "changed": count})
    elif seq is None:
        output.line(f"no suggestion is of confidence {confidence:g} or more")
        output.line(f"next: trainset weak suggest{place}")
    else:
        output.line(f"#{seq}: {count:,} samples labelled by rules")
        output.line(f"next: trainset undo {seq}{place}  # takes it back")


def _show(known: WeakReport, place: str) -> None:
    rows = [
        [
            output.safe(one.name, 24), output.safe(one.label, 16), f"{one.samples:,}", f"{one.overlaps:,}", f"{one.conflicts:,}",
            f"{one.right:.0%} of {one.judged:,} ({100 * one.low:.0f}-{100 * one.high:.0f})" if one.right is not None else one.unknown or "none labelled",
            output.safe(one.rule, _WIDE),
        ]
        for one in known.rules
    ]  # fmt: skip
    output.show(
        output.table(["rule", "class", "samples", "overlap", "conflict", "right", "where"], rows, right=(2, 3, 4))
    )
    output.line(
        f"together they speak of {known.covered:,} of {known.samples:,} samples; {known.unlabelled:,} of those have no label"
    )
    if known.right is not None and known.most_votes is not None:
        right = f"{known.right:.1%} right ({known.low:.1%} to {known.high:.1%})"
        output.line(f"on {known.judged:,} that people labelled in train: {right}, by most votes {known.most_votes:.1%}")
        output.line(f"  {_sure(known)}")
    count = len(known.suggestions)
    output.line(f"{count:,} suggestion{'' if count == 1 else 's'}")
    if count:
        output.line(f"next: trainset weak suggest{place}")


def _sure(known: WeakReport) -> str:
    """Whether confidence can be believed."""
    if known.calibrated and known.said is not None and known.right is not None:
        return f"how sure it is was calibrated on these: {known.said:.1%} on average, and {known.right:.1%} are right"
    return f"how sure it is was not calibrated: people labelled {known.judged:,} of the {ENOUGH} samples in train that takes"
