"""label, exclude, restore, move-split: fixing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, Check, DatasetDir, Ids, Where, Why, opened
from trainset.cli.reports import nothing_flagged, where_flag

if TYPE_CHECKING:
    from trainset.work.fix import Change
    from trainset.work.workbench import Workbench


def label(
    to: Annotated[str, typer.Argument(metavar="CLASS", help="The class; an empty text takes the label away.")],
    samples: Ids = None,
    where: Where = "",
    why: Why = "",
    new_class: Annotated[bool, typer.Option("--new-class", help="Add the class when it does not exist.")] = False,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Give samples a label: trainset label cat 3f2a91c04b7d, or --where FILTER."""
    with opened(dataset) as found:
        _print(
            found,
            found.label(to, samples or [], where=where, reason=why, person=person, new_class=new_class),
            f"labelled {to!r}" if to else "unlabelled",
            json,
        )


def exclude(
    samples: Ids = None,
    where: Where = "",
    check: Check = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take samples out of the dataset; nothing is deleted."""
    with opened(dataset) as found:
        change = found.exclude(samples or [], where=where, check=check, reason=why, person=person)
        nothing = nothing_flagged(found, check) if check and change.action is None and not json else ""
        _print(found, change, "excluded", json, nothing)


def restore(
    samples: Ids = None,
    where: Where = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Bring excluded samples back."""
    with opened(dataset) as found:
        _print(found, found.restore(samples or [], where=where, reason=why, person=person), "restored", json)


def move_split(
    to: Annotated[
        str, typer.Argument(metavar="SPLIT", help="train, validation, test or production; an empty text: none.")
    ],
    samples: Ids = None,
    where: Where = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Move samples to another split."""
    with opened(dataset) as found:
        _print(
            found,
            found.move_split(to, samples or [], where=where, reason=why, person=person),
            f"moved to {to or 'no split'}",
            json,
        )


COMMANDS = (label, exclude, restore, move_split)


def _print(dataset: Workbench, change: Change, what: str, as_json: bool, nothing: str = "") -> None:
    if as_json:
        output.document(change.as_dict())
        return
    same = f", {change.unchanged:,} {'was' if change.unchanged == 1 else 'were'} so already" if change.unchanged else ""
    if change.action is None:
        output.line(
            nothing
            or "nothing to change"
            + (": no sample is in this selection" if not change.unchanged else same.replace(",", ":", 1))
        )
    else:
        output.line(
            f"#{change.action}: {change.changed:,} {'sample' if change.changed == 1 else 'samples'} {output.safe(what)}{same}"
        )
        output.line(f"next: trainset undo {change.action}{where_flag(dataset)}  # takes it back")
