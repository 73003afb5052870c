"""confusion: a kept run read again, its parts opened, and what the samples of a part have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, run_report
from trainset.cli.options import AsJson, By, DatasetDir, Decide, Where, opened
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.common import Common

RunName = Annotated[str, typer.Argument(metavar="[RUN]", help="A run of `trainset runs`; by default the latest.")]
_MOST = 5  # things in common that are printed of a part


def confusion(
    run: RunName = "",
    cell: Annotated[str, typer.Option(metavar="LABEL:PREDICTED", help="Show the samples of one cell.")] = "",
    row: Annotated[
        str, typer.Option(metavar="CLASS", help="Show the mistakes of one row: of the class, predicted as others.")
    ] = "",
    column: Annotated[
        str, typer.Option(metavar="CLASS", help="Show the mistakes of one column: of others, predicted as the class.")
    ] = "",
    split: Annotated[str, typer.Option(metavar="SPLIT", help="validation or test; by default what was held out.")] = "",
    beneath: Annotated[bool, typer.Option("--beneath", help="A row for each label beneath the classes.")] = False,
    number: Annotated[int, typer.Option("-n", help="How many samples.")] = 12,
    by: By = "count",
    decide: Decide = "likely",
    where: Where = "",
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Print a kept run again and what its worst cells have in common, or open the samples of a cell, a row or a column."""
    with opened(dataset) as found:
        if cell or row or column:
            if sum(map(bool, (cell, row, column))) > 1:
                raise BadValue("a cell, a row or a column, not several of them")
            drawn = found.confused(
                run, cell=cell, row=row, column=column, split=split, n=number, decide=decide, where=where
            )
            shared = found.common(run, cell=cell, row=row, column=column, split=split, decide=decide, where=where)
            if json:
                output.document({"total": drawn.total, "samples": drawn.rows(), "common": shared[0].as_dict()})
                return
            run_report.print_confused(found, drawn, lambda: _print_part(shared[0]))
            return
        if split not in ("", "validation", "test"):
            raise BadValue("this split has no matrix of its own", expected="validation or test", got=repr(split[:80]))
        kept = found.run(run, decide=decide, where=where)
        split = run_report.shown_split(kept, split)
        scored = kept.scores[split or "held_out"] is not None
        if json:
            worst = found.common(run, split=split, by=by, decide=decide, where=where) if scored else ()
            harm = found.harm(run, split=split, decide=decide, where=where).as_dict()
            output.document({**run_report.as_dict(kept), "worst": [one.as_dict() for one in worst], "harm": harm})
            return
        run_report.print_run(found, kept, beneath=beneath, split=split, by=by, decide=decide, within=where)
        if scored:
            _print_worst(found.common(run, split=split, by=by, decide=decide, where=where))


COMMANDS = (confusion,)


def _print_part(shared: Common) -> None:
    """Every sentence about one part, the largest difference first."""
    for text in shared.sentences[:_MOST]:
        output.line(output.safe(text[0].upper() + text[1:]) + ".")
    if len(shared.sentences) > _MOST:
        output.line(f"and {len(shared.sentences) - _MOST} smaller differences: --json has them")


def _print_worst(worst: tuple[Common, ...]) -> None:
    """The worst cells, each with its first sentence."""
    if not worst:
        return
    output.line()
    output.line("what the samples of the worst cells, row and column have in common:", style="bold")
    for one in worst:
        output.line("  " + output.safe(one.brief))
