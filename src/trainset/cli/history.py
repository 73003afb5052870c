"""note, notes, log, undo: what happened, and taking it back."""

from __future__ import annotations

from typing import Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, At, DatasetDir, Ids, Why, opened


def note(
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    samples: Ids = None,
    label: Annotated[str, typer.Option("--class", metavar="CLASS", help="About a class.")] = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Leave a remark on samples, on a class, or (with neither) on the dataset."""
    with opened(dataset) as found:
        seq = found.note(text, samples or [], label=label, person=person)
        output.document({"action": seq}) if json else output.line(f"#{seq}: noted")


def notes(dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    """List all notes."""
    with opened(dataset) as found:
        rows = found.notes(at)
        if json:
            output.document(
                [
                    {
                        "action": n.seq,
                        "at": n.at,
                        "person": n.person,
                        "sample": n.sample,
                        "class": n.label,
                        "text": n.text,
                    }
                    for n in rows
                ]
            )
            return
        shown = [
            [
                f"#{n.seq}",
                n.at.astimezone().strftime("%Y-%m-%d %H:%M"),
                n.person,
                n.sample or n.label or "dataset",
                n.text,
            ]
            for n in rows
        ]
        output.show(output.table(["action", "when", "who", "about", "note"], shown)) if rows else output.line(
            "no notes yet"
        )


def log(
    action: Annotated[int | None, typer.Argument(metavar="[ACTION]", help="Show the entries of one action.")] = None,
    number: Annotated[int, typer.Option("-n", min=1, help="The last so many actions.")] = 30,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Of this person only.")] = None,
    at: At = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """List the actions: who did what, when and why."""
    from trainset.work import history

    with opened(dataset) as found:
        if action is not None:
            entries = [history.entry_dict(entry) for entry in found.entries(action)]
            if json:
                output.document(entries)
            else:
                shown = [[e["kind"], e["sample"] or e["subject"] or "", e["value"] or ""] for e in entries[:200]]
                output.show(output.table(["entry", "about", "value"], shown))
                if len(entries) > 200:
                    output.line(f"and {len(entries) - 200:,} more: --json lists them all")
            return
        actions = found.log(limit=number, person=by, at=at)
        if json:
            output.document([history.as_dict(a) for a in actions])
            return
        rows = [
            [
                f"#{a.seq}",
                a.at.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
                a.person,
                a.verb + (f" #{a.undoes}" if a.undoes else "") + (" (undone)" if a.undone else ""),
                f"{a.entries:,}",
                a.reason,
            ]
            for a in actions
        ]
        output.show(
            output.table(["action", "when", "who", "what", "entries", "why"], rows, right=(4,))
        ) if rows else output.line("nothing has happened yet")


def undo(
    action: Annotated[
        int | None, typer.Argument(metavar="[ACTION]", help="Its number; by default your last one that stands.")
    ] = None,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take one action back; undoing an undo brings it back."""
    from trainset.work import history

    with opened(dataset) as found:
        seq, undone = found.undo(action, reason=why, person=person)
        if json:
            output.document({"action": seq, "undone": history.as_dict(undone)})
        else:
            entries = f"{undone.entries:,} {'entry' if undone.entries == 1 else 'entries'}"
            output.line(
                f"#{seq}: undid #{undone.seq} ({output.safe(undone.verb)} by {output.safe(undone.person)}, {entries})"
            )
            output.line(f"next: trainset undo {seq}{reports.where_flag(found)}  # brings it back")


COMMANDS = (note, notes, log, undo)
