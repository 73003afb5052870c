"""selections: filters and picked samples under names; their list, save, rename, remove."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, At, DatasetDir, Ids, Where, Why, opened

app = typer.Typer(
    help="Saved selections: list (the default), save, rename, remove. `selection.NAME` is a filter.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[str, typer.Argument(metavar="NAME")]
_WIDE = 60


@app.callback(invoke_without_command=True)
def _list(context: typer.Context, dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    with opened(dataset) as found:
        known, place = found.selections(at=at), reports.where_flag(found)
    if json:
        output.document(
            [{name: getattr(one, name) for name in one.__slots__} | {"at": one.at.isoformat()} for one in known]
        )
        return
    rows = [
        [
            output.safe(one.name, 30),
            f"{one.samples:,}",
            output.safe(one.where, _WIDE),
            output.safe(one.person, 16),
            f"#{one.seq}",
        ]
        for one in known
    ]
    if not rows:
        output.line(f"no selection is saved yet: trainset selections save NAME --where FILTER{place}")
        return
    output.show(output.table(["selection", "samples then", "where", "by", "action"], rows, right=(1,)))
    output.line(f"next: {_look(known[0].name)}{place}")


@app.command()
def save(
    name: Name,
    samples: Ids = None,
    where: Where = "",
    sort: Annotated[
        str, typer.Option("--sort", metavar="COLUMN", help="The order it is looked at in; -COLUMN: the largest first.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Instead of the selection of that name.")] = False,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Save what a filter holds for, or these samples, under a name; `selection.NAME` is a filter from then on."""
    with opened(dataset) as found:
        made = found.save_selection(
            name, samples or (), where=where, sort=sort, replace=replace, reason=why, person=person
        )
        place = reports.where_flag(found)
    if json:
        output.document({name: getattr(made, name) for name in made.__slots__} | {"at": made.at.isoformat()})
        return
    output.line(output.safe(f"#{made.seq}: saved {made.name}: {made.samples:,} samples where {made.where}"))
    output.line(f"next: {_look(made.name)}{place}")


@app.command()
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW")],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Give a saved selection another name."""
    with opened(dataset) as found:
        made = found.rename_selection(name, new, reason=why, person=person)
    if json:
        output.document({"action": made.seq})
    else:
        output.line(output.safe(f"#{made.seq}: {name} is called {made.name}"))


@app.command()
def remove(
    name: Name,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take a saved selection away; its samples stay as they are."""
    with opened(dataset) as found:
        seq, place = found.remove_selection(name, reason=why, person=person), reports.where_flag(found)
    if json:
        output.document({"action": seq})
    else:
        output.line(output.safe(f"#{seq}: removed {name}"))
        output.line(f"next: trainset undo {seq}{place}  # brings it back")


def _look(name: str) -> str:
    from trainset.store.filters import called

    return output.safe(f"trainset look --where {shlex.quote(called(name))}")
