"""import-predictions: what a model of one's own says, brought in as a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainset.cli import output, run_report
from trainset.cli.options import AsJson, DatasetDir, opened
from trainset.cli.train import Groups


def import_predictions(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".npy, .npz, .csv, .tsv or .parquet; see the how-to.")],
    held_out: Annotated[
        str,
        typer.Option(
            "--held-out",
            metavar="yes|no|COLUMN",
            help="Whether the model was trained without these samples, or the column with the fold.",
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Of the model; by default the file's.")] = "",
    version: Annotated[
        str | None,
        typer.Option("--version", metavar="VERSION", help="Predictions are of this version, or of '#12' in the log."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", metavar="FILE", help="A .npy with the label of each row: shows rows in another order."
        ),
    ] = None,
    classes: Annotated[
        str,
        typer.Option(metavar="CLASSES", help="As in a recipe; in the order of the columns of an array without names."),
    ] = "",
    groups: Groups = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Make a run of predictions that a model of your own made elsewhere."""
    with opened(dataset) as found:
        with output.progress("compare", quiet=json) as compared:
            run = found.import_predictions(
                file, held_out=held_out, name=name, version=version, labels=labels, classes=classes, groups=groups or "auto", compare_progress=compared
            )  # fmt: skip
        if json:
            output.document({**run_report.as_dict(run), "harm": found.harm(run.run).as_dict()})
            return
        run_report.print_run(found, run)


COMMANDS = (import_predictions,)
