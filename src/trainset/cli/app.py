"""The program: its commands, and how errors leave it."""

from __future__ import annotations

import copy
import json
import os
import sys
from typing import Annotated, NoReturn

import typer

from trainset.cli import (
    audit,
    card,
    ceiling,
    classes,
    clusters,
    compare,
    confusion,
    costs,
    curve,
    data,
    embed,
    fix,
    history,
    lists,
    locks,
    loudest,
    map_,
    neighbours,
    output,
    own,
    prices,
    queue,
    quiz,
    selections,
    serve,
    train,
    versions,
    weak,
    windows,
)
from trainset.errors import TrainsetError
from trainset.lean import collect_rarely, leave_pandas_out

_HELP = """The workbench for training data: look at it, fix it, name a version, prove that it is better.

`trainset ./photos` imports a folder and shows what is in it. Every command takes --json; -d names the dataset (by default the
one you stand in).
"""

_INTERRUPTED = 130
_START = "start"  # what `trainset ./photos` runs

app = typer.Typer(
    help=_HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        from trainset import __version__

        print(f"trainset {__version__}")
        raise typer.Exit


@app.callback(help=_HELP)
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def _name(function: object) -> str:
    return getattr(function, "__name__", "").strip("_").replace("_", "-")


_MODULES = (
    data,
    fix,
    lists,
    loudest,
    windows,
    versions,
    locks,
    history,
    audit,
    embed,
    train,
    own,
    confusion,
    compare,
    queue,
    neighbours,
    curve,
    ceiling,
    quiz,
    map_,
    clusters,
    serve,
)
for _module in _MODULES:
    for _function in _module.COMMANDS:
        app.command(name=_name(_function))(_function)
app.add_typer(classes.app, name="classes")
app.add_typer(card.app, name="card")
app.add_typer(costs.app, name="costs")
app.add_typer(prices.app, name="prices")
app.add_typer(selections.app, name="selections")
app.add_typer(weak.app, name="weak")
app.command(name=_START, hidden=True)(data.start)

COMMANDS = (
    *(_name(function) for module in _MODULES for function in module.COMMANDS),
    "card",
    "classes",
    "costs",
    "prices",
    "selections",
    "weak",
)
"""Every command, for the docs and their test."""


def _only(command: str) -> typer.Typer:
    """The program with one command: to make all of them takes longer than some of them run. Without such a command the whole program."""
    one = copy.copy(app)
    one.registered_commands = [each for each in app.registered_commands if each.name == command]
    one.registered_groups = [each for each in app.registered_groups if each.name == command]
    return one if one.registered_commands or one.registered_groups else app


def main() -> NoReturn:
    """Runs the command line. The user's mistakes print one clean message and exit with 2 (3: an import that brought nothing);
    ours keep their traceback."""
    leave_pandas_out()
    collect_rarely()
    arguments = sys.argv[1:] or ["--help"]
    first = arguments[0] if arguments else ""
    if first and first not in (*COMMANDS, _START) and not first.startswith("-") and os.path.exists(first):  # noqa: PTH110  # false, not an error, for what cannot be a path
        arguments = [_START, *arguments]
    if first == "compare":
        arguments = compare.gated(arguments)
    as_json = "--json" in arguments
    try:
        code = _only(arguments[0])(arguments, standalone_mode=False, prog_name="trainset")
        if code == _INTERRUPTED:  # typer makes this of Ctrl-C, and says nothing
            raise KeyboardInterrupt
        output.say_later()
        sys.exit(code if isinstance(code, int) else 0)
    except TrainsetError as error:
        _say(error, as_json)
        output.say_later()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say(
            TrainsetError("interrupted", next="what was acknowledged is kept; run the same command again to go on"),
            as_json,
        )
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        output.nobody_reads_on()
    except typer.Abort:
        _say(TrainsetError("stopped"), as_json)
        sys.exit(1)
    except typer.TyperException as error:
        known = first in (*COMMANDS, _START) or first.startswith("-") or arguments[0] == _START
        what = (
            error.format_message()
            if known
            else f"there is no command {first!r}, and no file or folder of that name to import"
        )
        _say(TrainsetError(what, next=_help_for(arguments[0], known)), as_json)
        sys.exit(2)


def _help_for(command: str, known: bool) -> str:
    if known and not command.startswith("-"):
        return f"trainset {command} --help"
    import difflib

    near = difflib.get_close_matches(command, COMMANDS, n=1)
    return (f"did you mean trainset {near[0]}? " if near else "") + "trainset --help lists the commands"


def _say(error: TrainsetError, as_json: bool) -> None:
    if as_json:
        print(json.dumps(error.as_dict(), ensure_ascii=False))
    else:
        output.error(str(error))
