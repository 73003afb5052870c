"""extract-loudest: each recording cut to its loudest stretch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, Check, DatasetDir, Ids, Where, Why, opened
from trainset.cli.reports import where_flag

if TYPE_CHECKING:
    from trainset.work.extract_loudest import LoudestReport


def extract_loudest(
    samples: Ids = None,
    where: Where = "",
    check: Check = "",
    seconds: Annotated[float, typer.Option(help="How long the stretch is.")] = 1.0,
    below: Annotated[
        float, typer.Option(metavar="DBFS", help="What is quieter in its loudest stretch is excluded.")
    ] = -60.0,
    keep_originals: Annotated[
        bool, typer.Option("--keep-originals", help="Do not exclude the recordings that were cut.")
    ] = False,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Cut recordings to their loudest second, into new samples; originals and what is too quiet are excluded."""

    def waiting() -> None:
        if not json:
            print("an import is running on this dataset: waiting for it", file=sys.stderr)

    with opened(dataset) as found, output.progress("cut", quiet=json) as done:
        result = found.extract_loudest(
            samples or [], seconds=seconds, below=below, where=where, check=check, keep_originals=keep_originals, reason=why,
            person=person, progress=done, waiting=waiting,
        )  # fmt: skip
        place = where_flag(found)
    if json:
        output.document(result.as_dict())
    else:
        _print(result, seconds, below, place)


COMMANDS = (extract_loudest,)


def _print(result: LoudestReport, seconds: float, below: float, place: str) -> None:
    counts = (
        (result.cut, f"cut to their loudest {seconds:g} s"),
        (result.replaced, "originals excluded, which these stand for"),
        (result.whole, "no longer than that, left as they are"),
        (result.quiet, f"too quiet (below {below:g} dBFS), excluded"),
        (result.unchanged, "had been cut before"),
        (result.noise, "of background noise, left as they are"),
    )
    said = (
        "; ".join(f"{number:,} {what}" for number, what in counts if number)
        or "no recording is in this selection that is not excluded"
    )
    output.line((f"#{result.action}: " if result.action is not None else "nothing to change: ") + said)
    for text in result.failed[:10]:
        output.line(f"  not cut: {output.safe(text, 300)}", style="yellow")
    if result.failed_count > 10:
        output.line(f"  and {result.failed_count - 10:,} more", style="yellow")
    if result.action is not None:
        look = f"trainset look --source {result.source}{place}; " if result.cut else ""
        output.line(f"next: {look}trainset undo {result.action}{place}  # takes it back")
