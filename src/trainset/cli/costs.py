"""costs: which mistake hurts how much; their list, set, unset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, At, DatasetDir, Why, opened
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.costs import CostSet
    from trainset.work.workbench import Workbench

app = typer.Typer(
    help="What mistakes cost: list (the default), set, unset.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Pair = Annotated[str, typer.Argument(metavar="LABEL:PREDICTED", help="Names of classes; * is any.")]


@app.callback(invoke_without_command=True)
def _list(context: typer.Context, dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    with opened(dataset) as found:
        known, place = found.costs(at), reports.where_flag(found)
        who = {action.seq: action for action in found.log()}
        if json:
            names = ("label", "predicted", "cost", "action", "person", "at", "reason")
            facts = [(one, who[one.seq]) for one in known]
            rows = [
                (c.label, c.predicted, c.cost, c.seq, a.person, f"{a.at:%Y-%m-%dT%H:%M:%S%z}", a.reason)
                for c, a in facts
            ]
            output.document([dict(zip(names, row, strict=True)) for row in rows])
            return
        if not known:
            output.line("no cost is set: every mistake costs 1. trainset costs set LABEL:PREDICTED COST")
            return
        shown = [
            [c.label, c.predicted, f"{c.cost:g}", f"#{c.seq}", who[c.seq].person, f"{who[c.seq].at:%Y-%m-%d}", who[c.seq].reason]
            for c in known
        ]  # fmt: skip
        output.show(output.table(["label", "taken for", "cost", "action", "by", "on", "why"], shown, right=(2,)))
        output.line(f"every other mistake costs 1; next: trainset confusion --by harm{place}")


@app.command(name="set", context_settings={"ignore_unknown_options": True})  # -1 is a number that is refused
def set_(
    pair: Pair,
    cost: Annotated[str, typer.Argument(metavar="COST", help="0 or more; 1 is what every other mistake costs.")],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Say what it costs to take a sample of one class for another."""
    try:
        number = float(cost)
    except ValueError:
        raise BadValue("this is no cost", expected="a number of 0 or more", got=repr(cost[:80])) from None
    with opened(dataset) as found:
        label, predicted = _names(found, pair)
        _done(found.set_cost(label, predicted, number, reason=why, person=person), json)


@app.command()
def unset(pair: Pair, why: Why = "", dataset: DatasetDir = None, person: As = "", json: AsJson = False) -> None:
    """Take a cost away, so that the mistake costs 1 again."""
    with opened(dataset) as found:
        label, predicted = _names(found, pair)
        _done(found.unset_cost(label, predicted, reason=why, person=person), json)


def _names(dataset: Workbench, text: str) -> tuple[str, str]:
    from trainset.work.costs import pair

    return pair(dataset, text)


def _done(done: CostSet, as_json: bool) -> None:
    if as_json:
        output.document(vars(done))
        return
    what = f"{done.label} taken for {done.predicted} costs {done.cost:g}"
    output.line(
        output.safe(f"{what} already" if done.action is None else f"#{done.action}: {what} (before: {done.before:g})")
    )
