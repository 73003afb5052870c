"""The options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output, reports
from trainset.errors import BadValue, TrainsetError

if TYPE_CHECKING:
    from trainset.work.workbench import Workbench

DatasetDir = Annotated[
    Path | None, typer.Option("-d", "--dataset", metavar="DIR", help="The dataset; by default the one you stand in.")
]
By = Annotated[str, typer.Option("--by", metavar="WHAT", help="Rank mistakes by count or by harm: count times cost.")]
Decide = Annotated[
    str, typer.Option("--decide", metavar="RULE", help="Predict the likely class, or that of least expected harm.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one document, and nothing else.")]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="VERSION", help="Stand at a version, at '#12' in the log, at start or now."),
]
Where = Annotated[
    str, typer.Option("--where", "-w", metavar="FILTER", help="A filter, such as \"label = 'cat' and seconds < 0.5\".")
]
Why = Annotated[str, typer.Option("--why", "-m", metavar="TEXT", help="The reason; the log keeps it.")]
As = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Who you are; by default $TRAINSET_PERSON or your account's name.")
]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID]...", help="Samples, as `trainset look` prints them, or paths.")
]


Check = Annotated[str, typer.Option(metavar="CHECK", help="What this check flags, as `trainset audit` names it.")]


def opened(folder: Path | None, *, alarms: bool = True) -> Workbench:
    """The dataset a command is about. alarms: those of its locks are said when the command has ended."""
    from trainset.work import workbench

    found = workbench.open(folder)
    return watched(found) if alarms else found


def watched(dataset: Workbench) -> Workbench:
    """The dataset, whose alarms are looked for before it is closed."""
    dataset.leaving = _alarms
    return dataset


def _alarms(dataset: Workbench) -> None:
    from trainset.work.locks import sentence, unlooked

    where = reports.where_flag(dataset)
    try:
        found, waiting = sentence(dataset.alarms()), unlooked(dataset)
    except TrainsetError as error:
        output.later(f"alarm: locked test sets cannot be looked at: {error.what}; trainset locks{where} says more")
        return
    if found:
        output.later(f"{found}; trainset locks{where} lists them")
    elif waiting:
        output.later(
            f"{waiting:,} samples of train are not compared with locked test sets yet: trainset locks{where} does"
        )


def pairs(texts: list[str] | None, what: str) -> dict[str, str]:
    """`["a=b"]` as a mapping. Raises `BadValue`."""
    found = {}
    for text in texts or []:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise BadValue(f"{what} takes NAME=VALUE", got=repr(text))
        found[name.strip()] = value.strip()
    return found
