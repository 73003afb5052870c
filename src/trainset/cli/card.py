"""card: the data card of a version; set, unset what only people know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, DatasetDir, Why, opened

if TYPE_CHECKING:
    from trainset.work.card import CardSet


class _OrVersion(TyperGroup):
    """`card v2` is `card write v2`: a version is named more often than one of the few commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["write", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_OrVersion,
    help="The data card of a version: write (the default), set, unset, fields. Each takes --json.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Field = Annotated[str, typer.Argument(metavar="FIELD", help="See trainset card fields.")]


@app.command()
def write(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A version, or #POSITION; by default now.")] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to: FILE.html and FILE.md.")] = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Write the card as a page of HTML and as Markdown; they take the place of an earlier card."""
    with opened(dataset) as found:
        at = version or None
        one = found.card(at)
        if json and out is None:
            output.document({**one.as_dict(), "page": None, "markdown": None})
            return
        written = found.save_card(out or "", at=at, made=one)
        if json:
            output.document({**one.as_dict(), "page": str(written.page), "markdown": str(written.text)})
            return
        output.line(f"wrote {output.safe(str(written.page), 200)}")
        output.line(f"wrote {output.safe(str(written.text), 200)}")
        for sentence in written.left_out:
            output.line(f"left out: {sentence}")
        if one.unset:
            output.line(f"not said yet: {', '.join(one.unset)}")
            output.line(f"next: trainset card set {one.unset[0]} TEXT{reports.where_flag(found)}")


@app.command(name="set")
def set_(
    field: Field,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say; - reads it from standard input.")],
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Say what only people know: it stands in the log, and on every card from now on."""
    with opened(dataset) as found:
        _done(
            found.set_card(
                field, typer.get_text_stream("stdin").read() if text == "-" else text, reason=why, person=person
            ),
            json,
        )


@app.command()
def unset(field: Field, why: Why = "", dataset: DatasetDir = None, person: As = "", json: AsJson = False) -> None:
    """Take away what was said."""
    with opened(dataset) as found:
        _done(found.set_card(field, "", reason=why, person=person), json)


@app.command()
def fields(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """List what can be said, and what is."""
    from trainset.work.card import FIELDS

    with opened(dataset) as found:
        said = found.card_texts()
        if json:
            output.document({name: said[name].text if name in said else None for name in FIELDS})
            return
        rows = [
            [name, what, output.safe(said[name].text, 200) if name in said else ""] for name, what in FIELDS.items()
        ]
        output.show(output.table(["field", "what", "said"], rows))


def _done(done: CardSet, as_json: bool) -> None:
    if as_json:
        output.document(vars(done))
        return
    what = f"{done.field}: {done.text}" if done.text else f"nothing is said on {done.field}"
    output.line(output.safe(f"{what} (already)" if done.action is None else f"#{done.action}: {what}", 300))
