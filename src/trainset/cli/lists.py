"""apply, import-reports: what people wrote down elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, DatasetDir, Why, opened, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

List = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, TSV or JSON lines: an id, a path or a text a row, and a label.")
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="WHAT=COLUMN", help="Read sample, label, why or reporter from this column."),
]

_NOTHING = 3  # as an import of which not one sample is in the dataset


def apply(
    list_: List,
    columns: Map = None,
    why: Why = "",
    new_class: Annotated[bool, typer.Option("--new-class", help="Add classes that do not exist.")] = False,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Give samples the labels of a reviewed list, as one action."""
    with opened(dataset) as found:
        done = found.apply(list_, columns=pairs(columns, "--map"), reason=why, person=person, new_class=new_class)
        place = reports.where_flag(found)
    if json:
        output.document(done.as_dict())
    else:
        columns_read(done.columns)
        same = f", {done.unchanged:,} {'was' if done.unchanged == 1 else 'were'} so already" if done.unchanged else ""
        unanswered = f", {done.unanswered:,} without an answer" if done.unanswered else ""
        head = f"#{done.action}: {done.changed:,}" if done.action else "nothing to change: 0"
        output.line(f"{head} {'label' if done.changed == 1 else 'labels'} changed{same}{unanswered}")
        refused_rows(done.refused, done.refused_count)
        if done.action:
            output.line(f"next: trainset undo {done.action}{place}  # takes it back")
    if done.refused_count and not done.changed + done.unchanged + done.unanswered:
        raise typer.Exit(_NOTHING)


def import_reports(
    list_: List,
    columns: Map = None,
    reporter: Annotated[
        str, typer.Option("--reporter", metavar="NAME", help="Who says so, where no column tells; by default the list.")
    ] = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Keep what outsiders say of samples; no label changes, the check `reported` shows it."""
    with opened(dataset) as found:
        done = found.import_reports(list_, columns=pairs(columns, "--map"), reporter=reporter, person=person)
        place = reports.where_flag(found)
    if json:
        output.document(done.as_dict())
    else:
        columns_read(done.columns)
        present = f", {done.present:,} were there already" if done.present else ""
        output.line(f"{done.added:,} {'report' if done.added == 1 else 'reports'} kept{present}")
        refused_rows(done.refused, done.refused_count)
        output.line(f"next: trainset look --check reported{place}")
    if done.refused_count and not done.added + done.present:
        raise typer.Exit(_NOTHING)


COMMANDS = (apply, import_reports)


def columns_read(columns: Mapping[str, str]) -> None:
    """Says which columns of a list were read as what."""
    read = ", ".join(f"{ours} from {output.safe(theirs)!r}" for ours, theirs in columns.items())
    output.line(f"read {read}")


def refused_rows(refused: Mapping[int, str], count: int) -> None:
    """Names the rows of a list that could not be used."""
    if count:
        output.line(f"{count:,} {'row' if count == 1 else 'rows'} refused:")
        for row, why in refused.items():
            output.line(f"  row {row:,}: {output.safe(why)}")
        if count > len(refused):
            output.line(f"  and {count - len(refused):,} more")
