"""ceiling: several unlike recipes on the same samples, and whether data or model falls short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.embed import Embedder
from trainset.cli.options import As, AsJson, DatasetDir, opened, pairs
from trainset.cli.train import Classes, Groups, Seed, Settings, Weights

if TYPE_CHECKING:
    from trainset.work.ceiling import CeilingReport

_BAR = 24


def ceiling(
    recipe: Annotated[
        str, typer.Option(metavar="NAME", help="A recipe of `trainset recipes`; by default that of the latest run.")
    ] = "",
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="Of a version, or at '#12' in the log.")
    ] = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="Put what all recipes get wrong alike into a queue for review.")
    ] = False,
    number: Annotated[int, typer.Option("-n", metavar="N", min=0, help="How many of those to print.")] = 10,
    embedder: Embedder = "",
    settings: Settings = None,
    groups: Groups = None,
    classes: Classes = None,
    weights: Weights = None,
    seed: Seed = None,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Say whether data or model falls short: what unlike recipes reach, what all get wrong alike, and on what they differ."""
    changes = {
        "embedder": embedder or None, "settings": pairs(settings, "--set") or None, "groups": groups, "classes": classes,
        "weights": weights, "seed": seed,
    }  # fmt: skip
    with opened(dataset) as found:
        with output.stages("embed", "recipes", quiet=json) as (embedded, trained):
            made = found.ceiling(
                recipe,
                version=version,
                queue=queue,
                person=person,
                embed_progress=embedded,
                progress=trained,
                **changes,
            )
        place = reports.where_flag(found)
    if json:
        output.document(made.as_dict())
    else:
        said = {
            "--recipe": recipe,
            "--version": version,
            "--embedder": embedder,
            "--groups": groups,
            "--classes": classes,
            "--weights": weights,
            "--seed": seed,
        }
        again = [(flag, str(value)) for flag, value in said.items() if value not in (None, "")]
        again += [("--set", one) for one in settings or []]
        _tell(made, number, "".join(f" {flag} {output.quoted(value)}" for flag, value in again), place)


COMMANDS = (ceiling,)


def _tell(made: CeilingReport, number: int, again: str, place: str) -> None:
    by = "one by one" if made.groups == "none" else f"by {made.groups.replace(',', ' and ')}"
    output.line(f"{made.of:,} samples at #{made.at}, held out {by}", "bold")
    rows = [
        [
            output.safe(one.embedder, 20), one.head, output.bar(one.accuracy, _BAR), f"{100 * one.accuracy:.1f} %",
            f"{100 * one.low:.1f} to {100 * one.high:.1f}",
        ]
        for one in made.tried
    ]  # fmt: skip
    output.show(output.table(["embedder", "head", "", "right", "interval"], rows, right=(3,)))
    output.line()
    output.line(output.safe(made.says))
    if made.rest:
        output.line(f"  on the other {made.rest:,} recipes differ, and none is right")
    shown = made.samples[:number]
    if shown:
        output.line()
        output.line("wrong alike, the surest first (likely label errors, or samples that nobody can tell):")
        cells = [[one["id"][:12], output.safe(one["label"], 24), output.safe(one["said"], 24)] for one in shown]
        output.show(output.table(["sample", "label", "all say"], cells))
    for remark in made.remarks:
        output.line(f"  {output.safe(remark)}")
    if made.queue is not None:
        output.line(f"next: trainset review {made.queue}{place}")
    elif made.samples:
        output.line(f"next: trainset ceiling --queue{again}{place}")
        output.line("  makes a queue of them, for trainset review")
