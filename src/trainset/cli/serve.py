"""The command that opens the workbench in a browser."""

from __future__ import annotations

import os
import shlex
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, DatasetDir, opened, watched
from trainset.errors import NotADataset

if TYPE_CHECKING:
    from trainset.work.workbench import Workbench


def serve(
    dataset: DatasetDir = None,
    port: Annotated[int, typer.Option(help="Where on this machine; 0: any port that is free.")] = 8765,
    host: Annotated[str, typer.Option(help="An address of this machine that only this machine reaches.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page; --no-browser: print its address alone.")] = True,
    reviewer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Print an address for a reviewer of that name too; several times."),
    ] = None,
    allow_root: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A folder that the page may import from, besides this one.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Make an empty dataset when there is none: the page imports.")
    ] = False,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Open the workbench in the browser: import, look, listen, fix, compare."""
    from trainset.server.serve import bind
    from trainset.server.serve import serve as run

    sock = bind(host, port)
    with _opened(dataset, new, ask=not json) as found:

        def started(link: str, reviewers: dict[str, str], once: str) -> None:
            if json:
                output.document({"address": link, "reviewers": reviewers})
            else:
                output.line(f"{found.folder.name} is open at")
                output.line(f"  {link}")
                for name, other in reviewers.items():
                    output.line(f"  for {name}, a reviewer: {other}")
                output.line("Ctrl-C ends it. Whoever has an address has what it opens: give it to nobody else.")
            sys.stdout.flush()
            if browser and not json and _has_screen():
                webbrowser.open(once)

        run(
            found,
            sock,
            person=person,
            reviewers=reviewer or [],
            roots=[Path.cwd(), *(allow_root or [])],
            started=started,
        )
        if not json:
            output.line("ended; all that was done is kept")


def _opened(folder: Path | None, new: bool, *, ask: bool) -> Workbench:
    """The dataset; where there is none, a new one when told so, or when whoever sits at the terminal says yes."""
    try:
        return opened(folder)
    except NotADataset as error:
        place = folder or Path.cwd() / f"{Path.cwd().name or 'new'}.trainset"
        if folder is None and any(Path.cwd().glob("*.trainset")):
            raise
        if not (new or (ask and sys.stdin.isatty() and _agrees(place))):
            asked = "" if folder is None else f" -d {shlex.quote(str(folder))}"
            raise NotADataset(
                error.what, where=error.where, expected=error.expected,
                next=f"trainset serve --new{asked} makes an empty one, and its page imports; -d DIR opens another one",
            ) from None  # fmt: skip
    from trainset.work import workbench

    return watched(workbench.init(place))


def _agrees(place: Path) -> bool:
    output.line(
        f"There is no dataset here. Make an empty one, {output.safe(place.name)}, and import in the browser? [Y/n]"
    )
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("", "y", "yes")


def _has_screen() -> bool:
    """Whether a browser would open a window, and not in the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


COMMANDS = (serve,)
