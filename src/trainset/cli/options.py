"""The options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.errors import BadValue

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


def opened(folder: Path | None) -> Workbench:
    """The dataset a command is about."""
    from trainset.work import workbench

    return workbench.open(folder)


def pairs(texts: list[str] | None, what: str) -> dict[str, str]:
    """`["a=b"]` as a mapping. Raises `BadValue`."""
    found = {}
    for text in texts or []:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise BadValue(f"{what} takes NAME=VALUE", got=repr(text))
        found[name.strip()] = value.strip()
    return found
