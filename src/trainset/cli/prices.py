"""prices: what a rating and a new sample take; their list, set, unset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, At, DatasetDir, Why, opened
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.prices import PriceSet

app = typer.Typer(
    help="What a rating and a new sample take, in money and time: list (the default), set, unset.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

What = Annotated[str, typer.Argument(metavar="WHAT", help="rating or new-sample.")]


@app.callback(invoke_without_command=True)
def _list(context: typer.Context, dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    if context.invoked_subcommand is not None:
        return
    with opened(dataset) as found:
        known = found.prices(at)
        who = {action.seq: action for action in found.log()}
    if json:
        rows = [
            {
                "what": one.what, "amount": one.amount, "unit": one.unit, "action": one.seq, "person": who[one.seq].person,
                "at": f"{who[one.seq].at:%Y-%m-%dT%H:%M:%S%z}", "reason": who[one.seq].reason,
            }
            for one in known.prices
        ]  # fmt: skip
        measured = {"seconds": known.seconds, "answers": known.answers}
        output.document({"prices": rows, "measured": measured, "per_sample": known.per_sample})
        return
    if known.prices:
        cells = [
            [one.what, f"{one.amount:g} {one.unit}", f"#{one.seq}", who[one.seq].person, f"{who[one.seq].at:%Y-%m-%d}", who[one.seq].reason]
            for one in known.prices
        ]  # fmt: skip
        output.show(output.table(["what", "price", "action", "by", "on", "why"], cells, right=(1,)))
    else:
        output.line("no price is set: trainset prices set rating 0.05 --unit EUR")
    if known.seconds is not None:
        answers = "answer" if known.answers == 1 else "answers"
        output.line(f"measured: {known.seconds:.1f} seconds a rating, the median of {known.answers:,} {answers}")
    else:
        output.line("measured: nothing yet; answers given in `trainset review` are timed")


@app.command(name="set", context_settings={"ignore_unknown_options": True})  # -1 is a number that is refused
def set_(
    what: What,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="0 or more.")],
    unit: Annotated[
        str, typer.Option("--unit", metavar="UNIT", help="Money, such as EUR; or seconds, minutes, hours.")
    ],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Say what a rating or a new sample takes."""
    try:
        number = float(amount)
    except ValueError:
        raise BadValue("this is no price", expected="a number of 0 or more", got=repr(amount[:80])) from None
    with opened(dataset) as found:
        done = found.set_price(what, number, unit=unit, reason=why, person=person)
    _done([done], json)


@app.command()
def unset(
    what: What,
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="Only the price in this unit.")] = "",
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take a price away."""
    with opened(dataset) as found:
        done = found.unset_price(what, unit=unit, reason=why, person=person)
    _done(done, json)


def _done(done: list[PriceSet], as_json: bool) -> None:
    if as_json:
        output.document([vars(one) for one in done])
        return
    for one in done:
        before = "" if one.before is None else f" (before: {one.before:g})"
        now = "has no price in" if one.amount is None else f"takes {one.amount:g}"
        what = f"a {one.what} {now} {one.unit}"
        output.line(output.safe(f"{what} already" if one.action is None else f"#{one.action}: {what}{before}"))
