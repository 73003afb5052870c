"""classes: their list, definitions, renames, merges and splits."""

from __future__ import annotations

from typing import Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, At, DatasetDir, Where, Why, opened

app = typer.Typer(
    help="The classes: list (the default), add, define, rename, merge, split.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ClassName = Annotated[str, typer.Argument(metavar="CLASS")]


@app.callback(invoke_without_command=True)
def _list(context: typer.Context, dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    with opened(dataset) as found:
        rows = found.classes(at)
        if json:
            output.document([{name: getattr(c, name) for name in c.__slots__} for c in rows])
            return
        shown = [[c.name, f"{c.samples:,}", c.definition, " ".join(c.good), " ".join(c.borderline)] for c in rows]
        names = ["class", "samples", "definition", "good examples", "borderline"]
        output.show(output.table(names, shown, right=(1,))) if rows else output.line(
            "no classes yet: trainset classes add NAME"
        )


@app.command()
def add(
    name: ClassName,
    definition: Annotated[str, typer.Option(metavar="TEXT")] = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Add a class that no sample has yet."""
    with opened(dataset) as found:
        _done(found.add_class(name, definition=definition, reason=why, person=person), f"added {name!r}", json)


@app.command()
def define(
    name: ClassName,
    definition: Annotated[str | None, typer.Argument(metavar="[TEXT]")] = None,
    good: Annotated[list[str] | None, typer.Option(metavar="ID", help="A good example.")] = None,
    borderline: Annotated[list[str] | None, typer.Option(metavar="ID", help="A borderline example.")] = None,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Say what belongs to a class, with good and borderline examples."""
    with opened(dataset) as found:
        _done(
            found.define_class(name, definition, good=good, borderline=borderline, reason=why, person=person),
            f"defined {name!r}",
            json,
        )


@app.command()
def rename(
    old: ClassName,
    new: Annotated[str, typer.Argument(metavar="NEW")],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Give a class another name."""
    with opened(dataset) as found:
        _done(found.rename_class(old, new, reason=why, person=person), f"renamed {old!r} to {new!r}", json)


@app.command()
def merge(
    names: Annotated[list[str], typer.Argument(metavar="CLASS... INTO", help="The last one is the class that stays.")],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Make several classes one."""
    with opened(dataset) as found:
        _done(
            found.merge_classes(names[:-1], names[-1], reason=why, person=person),
            f"merged {', '.join(names[:-1])} into {names[-1]!r}",
            json,
        )


@app.command()
def split(
    name: ClassName,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The class that the selection goes to; made if need be.")],
    samples: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    where: Where = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Move a selection of a class into another one."""
    with opened(dataset) as found:
        change = found.split_class(name, into, samples or [], where=where, reason=why, person=person)
        others = f"; {change.unchanged:,} others are not of that class and stay" if change.unchanged else ""
        _done(change.action or 0, f"moved {change.changed:,} samples from {name!r} to {into!r}{others}", json)


def _done(action: int, what: str, as_json: bool) -> None:
    if as_json:
        output.document({"action": action, "done": what})
    else:
        output.line(f"#{action}: {output.safe(what)}")
