"""cut-windows: recordings of noise as samples of a class."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, DatasetDir, Ids, Where, Why, opened
from trainset.cli.reports import where_flag

if TYPE_CHECKING:
    from trainset.work.cut_windows import WindowsReport


def cut_windows(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="The class that the windows are samples of.")],
    samples: Ids = None,
    where: Where = "",
    seconds: Annotated[
        float, typer.Option(help="How long a window is; 0: the median of the labelled recordings.")
    ] = 0.0,
    count: Annotated[
        int, typer.Option(metavar="N", help="How many windows; 0: as a class has in the mean, none of which overlap.")
    ] = 0,
    volume: Annotated[
        float, typer.Option(metavar="LEAST", help="Each is as loud as it was times a number from this to 1.")
    ] = 0.0,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Cut windows from background noise, as samples of a class such as silence."""

    def waiting() -> None:
        if not json:
            print("an import is running on this dataset: waiting for it", file=sys.stderr)

    with opened(dataset) as found, output.progress("cut", quiet=json) as done:
        result = found.cut_windows(
            label, samples or [], seconds=seconds, count=count, volume=volume, where=where, reason=why, person=person,
            progress=done, waiting=waiting,
        )  # fmt: skip
        place = where_flag(found)
    if json:
        output.document(result.as_dict())
    else:
        _print(result, place)


COMMANDS = (cut_windows,)


def _print(result: WindowsReport, place: str) -> None:
    if result.action is not None:
        output.line(
            f"#{result.action}: {result.windows:,} windows of {result.length:g} s from {_many(result.recordings, 'recording')}, labelled "
            f"{output.safe(result.label, 80)}"
        )
        for split, one in result.splits.items():
            output.line(f"  {split or 'no split'}: {one['windows']:,} of {_many(one['stretches'], result.apart)}")
        if result.apart == "stretch":
            output.line(
                "  there are too few recordings for every split to have its own: stretches of one are on several sides"
            )
        if result.overlap:
            output.line("  they overlap: there is not enough noise for so many side by side")
        elif result.windows < 0.9 * result.mean:
            output.line(f"  a class has {result.mean:,} samples in the mean; more windows would overlap (--count)")
    else:
        output.line("nothing to change")
    for number, words in ((result.unchanged, "cut before"), (result.short, "shorter than a window")):
        if number:
            output.line(f"  {_many(number, 'recording')} {words}")
    for text in result.failed[:10]:
        output.line(f"  not cut: {output.safe(text, 300)}", style="yellow")
    if result.failed_count > 10:
        output.line(f"  and {result.failed_count - 10:,} more", style="yellow")
    if result.action is not None:
        output.line(f"next: trainset train{place}; trainset undo {result.action}{place}  # takes it back")


def _many(number: int, what: str) -> str:
    return (
        f"{number:,} {what}" if number == 1 else f"{number:,} {what}es" if what == "stretch" else f"{number:,} {what}s"
    )
