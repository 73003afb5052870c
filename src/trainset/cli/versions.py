"""version, versions, diff, export: naming what one has, comparing it, handing it out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, At, DatasetDir, Where, opened, pairs


def version(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    message: Annotated[str, typer.Option("-m", "--message", metavar="TEXT", help="What it is for.")] = "",
    keep_media: Annotated[
        bool, typer.Option("--keep-media", help="Copy the bytes of its files into the dataset as well.")
    ] = False,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Name the present state; it never changes."""
    with opened(dataset) as found, output.progress("keep media", quiet=json or not keep_media) as count:
        made = found.version(name, message, keep_media=keep_media, person=person, progress=count)
    if json:
        output.document(
            {
                "name": made.name,
                "seq": made.seq,
                "samples": made.samples,
                "digest": made.digest,
                "keeps_media": made.keeps_media,
            }
        )
    else:
        output.line(
            f"version {output.safe(made.name)}: position #{made.seq}, {made.samples:,} samples, digest {made.digest[:16]}"
        )


def versions(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """List the versions."""
    with opened(dataset) as found:
        made = found.versions()
        if json:
            output.document([{name: getattr(v, name) for name in v.__slots__} for v in made])
            return
        rows = [
            [
                v.name,
                f"#{v.seq}",
                v.at.astimezone().strftime("%Y-%m-%d %H:%M"),
                v.person,
                f"{v.samples:,}",
                v.digest[:16],
                v.message,
            ]
            for v in made
        ]
        names = ["version", "at", "when", "who", "samples", "digest", "message"]
        output.show(output.table(names, rows, right=(4,))) if made else output.line(
            "no versions yet: trainset version v1 -m TEXT"
        )


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="A version, #POSITION, or start.")],
    b: Annotated[str | None, typer.Argument(metavar="[B]", help="By default now.")] = None,
    number: Annotated[int, typer.Option("-n", min=0, help="So many single changes are listed.")] = 10,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """What changed from A to B, by whom and why."""
    with opened(dataset) as found:
        result = found.diff(a, b)
    if json:
        output.document(result.as_dict())
        return
    if not result.counts:
        output.line(f"nothing changed from {output.safe(result.a)} to {output.safe(result.b)}")
        return
    output.line(
        f"{output.safe(result.a)} → {output.safe(result.b)}: "
        + ", ".join(f"{n:,} {kind}" for kind, n in result.counts.items()),
        style="bold",
    )
    rows = []
    for group in result.groups()[:40]:
        change = (
            f"{_or_none(group['before'])} → {_or_none(group['after'])}" if group["before"] or group["after"] else ""
        )
        by = f"#{group['action']} {group['person']} ({group['verb']})" if group["action"] else ""
        rows.append([group["kind"], f"{group['samples']:,}", change, by, group["reason"]])
    output.show(output.table(["what", "samples", "change", "by", "why"], rows, right=(1,)))
    some = result.table.slice(0, number).to_pylist()
    if some:
        listed = [
            [
                r["id"],
                r["kind"],
                f"{_or_none(r['before'])} → {_or_none(r['after'])}" if r["before"] or r["after"] else "",
                r["path"] or "",
            ]
            for r in some
        ]
        output.show("", output.table(["id", "what", "change", "path"], listed))
        if result.table.num_rows > len(some):
            output.line(f"and {result.table.num_rows - len(some):,} more: -n, or --json for all")


def export(
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A new folder, or a .csv or .jsonl file.")],
    format: Annotated[
        str,
        typer.Option(
            help="class-folders, split-class-folders, speech-commands, csv, jsonl, huggingface-parquet, projector; by default what the name says."
        ),
    ] = "",
    at: At = None,
    where: Where = "",
    for_spreadsheet: Annotated[
        bool,
        typer.Option(
            "--for-spreadsheet", help="CSV: make cells harmless for spreadsheets; it does not come back unchanged."
        ),
    ] = False,
    media: Annotated[bool, typer.Option(help="CSV and JSONL: copy the files beside the list.")] = True,
    card: Annotated[bool, typer.Option(help="Write the data card with it.")] = True,
    projector: Annotated[
        bool, typer.Option("--projector", help="For TensorBoard's projector: --format projector.")
    ] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the format.")
    ] = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> int:
    """Write a version to class folders, split/class folders, Speech Commands, CSV, JSONL or Parquet, which come back in with import, or for a projector."""
    from trainset import registry
    from trainset.work import export as work

    plugin = registry.plugin("format", "projector" if projector else format or work.by_name(target))
    found = {name.rsplit(".", 1)[-1]: value for name, value in pairs(settings, "--set").items()}
    chosen = {
        name: plugin.settings[name].parse(value) if name in plugin.settings else value for name, value in found.items()
    }
    if for_spreadsheet:
        chosen["for_spreadsheet"] = True
    if not media:
        chosen["media"] = False
    with opened(dataset) as opened_dataset, output.progress("export", quiet=json) as count:
        result = opened_dataset.export(
            target, format=plugin.name, at=at, where=where, settings=chosen, card=card, progress=count
        )
    if json:
        output.document(result.as_dict())
    else:
        output.line(
            f"{result.samples:,} of {result.selected:,} samples at #{result.at} → {output.safe(result.target)} ({result.format.replace('_', ' ')})"
        )
        for text in result.lost:
            output.line(f"  not held by this format: {output.safe(text)}", style="yellow")
        for text in result.warnings:
            output.line(f"  warning: {output.safe(text)}", style="yellow")
        for text in result.failed[:10]:
            output.line(f"  not exported: {output.safe(text)}", style="yellow")
        if result.failed_count > 10:
            output.line(f"  and {result.failed_count - 10:,} more", style="yellow")
    return 3 if result.failed_count and not result.samples else 0


COMMANDS = (version, versions, diff, export)


def _or_none(value: str | None) -> str:
    return value if value is not None else "none"
