"""What the terminal is given: everything from data made harmless, tables, bars, progress; or one JSON document."""

from __future__ import annotations

import json
import os
import shlex
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_FORMATTING = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Zl",
    "Zp",
}  # control, invisible and direction-changing characters, and private ones


def safe(text: object, longest: int = 0) -> str:
    """Text from data, on one line, without anything that a terminal would obey or not show; cut to `longest` characters."""
    whole = str(text)
    words = " ".join(
        (whole[: 20 * longest + 1000] if longest else whole).split()
    )  # cut first: it may be a hundred megabytes
    shown = "".join(c if unicodedata.category(c) not in _FORMATTING else f"\\x{ord(c):02x}" for c in words)
    return shown if not longest or len(shown) <= longest else shown[: max(longest - 1, 1)] + "…"


def console(*, error: bool = False) -> Console:
    """The terminal. No markup is read from what is printed."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            nobody_reads_on()

    return Terminal(stderr=error, markup=False, highlight=False, emoji=False, soft_wrap=False)


def nobody_reads_on() -> NoReturn:
    """Ends as a shell's own commands do in `trainset log | head`; Rich and Typer would each make it an exit code of 1."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(141)


def document(value: Any) -> None:
    """Prints one JSON document. What a terminal would obey or not show is escaped, as JSON escapes it."""
    try:
        print(as_json(value, indent=2))
    except BrokenPipeError:
        nobody_reads_on()


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON in UTF-8 whose texts hold no control, invisible or direction-changing character and no half of one."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    for character in set(text) if not text.isascii() or "\x7f" in text else ():
        if character != "\n" and unicodedata.category(character) in _FORMATTING:
            text = text.replace(character, json.dumps(character).strip('"'))
    return text.replace("\x7f", "\\u007f")


def line(text: str = "", style: str = "") -> None:
    """Prints one line, wrapped at words; one with a command to type is left whole, so that it can be copied."""
    console().print(text, style=style or None, soft_wrap=": trainset " in text)


def quoted(text: object) -> str:
    """Text from data as one word of a command that can be copied into a shell."""
    shown = safe(text)
    return f'"{shown}"' if not set(shown) & set('"\\$`!') else shlex.quote(shown)


def show(*things: RenderableType) -> None:
    """Prints tables and pictures."""
    terminal = console()
    for thing in things:
        terminal.print(thing)


def note(text: str) -> None:
    """Something to know beside the result; to stderr, so that it is in no JSON."""
    print(safe(text), file=sys.stderr)


_LATER: list[str] = []


def later(text: str) -> None:
    """Something to know that is said when the command has ended, beneath what it prints."""
    _LATER.append(text)


def say_later() -> None:
    """Says what was to be said later, to stderr."""
    sys.stdout.flush()
    while _LATER:
        note(_LATER.pop(0))


def error(text: str) -> None:
    """Prints an error to stderr."""
    first, *rest = text.split("\n")
    lines = [f"error: {safe(first)}", *("  " + safe(more) for more in rest)]
    print("\n".join(lines), file=sys.stderr)


def table(
    names: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = (), styles: Sequence[str] = ()
) -> RenderableType:
    """A plain table; the columns in `right` are numbers."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(names):
        made.add_column(name, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(safe(cell)) for cell in row))
    return made


def bar(share: float, width: int = 20) -> str:
    """A share of 0..1 as a bar of eighths."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


class Counter(Protocol):
    """Called with how many more are done."""

    def __call__(self, done: int) -> None: ...


@contextmanager
def progress(what: str, *, quiet: bool, total: int | None = None) -> Iterator[Counter]:
    """Counts up with a rate on stderr, while it is a terminal that someone watches."""
    with stages(what, quiet=quiet, total=total) as (count,):
        yield count


@contextmanager
def stages(*what: str, quiet: bool, total: int | None = None) -> Iterator[list[Counter]]:
    """The same for several things one after the other; all but the last show once there is something to count."""
    if quiet or not sys.stderr.isatty():
        yield [lambda done: None] * len(what)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed or 0:,.0f}/s")

    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        *([BarColumn()] if total else []),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console(error=True), transient=True) as shown:

        def counter(text: str, *, visible: bool) -> Counter:
            task = shown.add_task(safe(text, 60), total=total, visible=visible)
            return lambda done: shown.update(task, advance=done, visible=True)

        yield [counter(text, visible=text == what[-1]) for text in what]
