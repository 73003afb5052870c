"""map: where samples lie, and what the regions are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainset.cli import output, reports
from trainset.cli.embed import Embedder
from trainset.cli.options import AsJson, At, DatasetDir, opened


def map_(
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it: as a page (.html), a picture (.png) or a table of places (.csv)."),
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="A picture for dark pages.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Lay it out again, from where things lie now.")] = False,
    embedder: Embedder = "",
    at: At = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Lay the samples out in the plane, those alike side by side, and name the regions. What is on the map stays where it is."""
    with opened(dataset) as found:
        if out is not None:
            from trainset.work.map_page import check_target

            check_target(out.expanduser().resolve())
        with output.progress("place", quiet=json) as count:
            made = found.map(embedder=embedder, at=at, anew=anew, progress=count)
        written = found.save_map(out, made, dark=dark) if out is not None else None
        place = reports.where_flag(found)
    if json:
        output.document({**made.as_dict(), "written": str(written) if written else None})
        return
    how = (
        f"laid out by {made.landmarks:,} of them"
        if made.anew
        else f"{made.kept:,} lie where they lay, {made.placed:,} placed now"
    )
    output.line(f"{made.table.num_rows:,} samples by {output.safe(made.embedder, 100)}: {how}")
    rows = [
        [str(one.number), f"{one.samples:,}", output.safe(one.name, 80), output.safe("; ".join(one.traits[:2]), 120), " ".join(one.typical[:2])]
        for one in made.regions
    ]  # fmt: skip
    output.show(output.table(["region", "samples", "labels", "has more than the rest", "such as"], rows, right=(0, 1)))
    for remark in made.remarks:
        output.line(output.safe(remark), style="yellow")
    if written is not None:
        output.line(f"wrote {output.safe(written)}")
    else:
        output.line(f"next: trainset map --out map.html{place}")


COMMANDS = (map_,)
