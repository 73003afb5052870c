"""clusters: the parts that classes fall into, and what to do about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import matrix, output, reports
from trainset.cli.embed import Embedder
from trainset.cli.options import As, AsJson, At, DatasetDir, opened
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.clusters import Clusters

_NAME, _SHOWN, _TOLD, _OTHERS = 30, 5, 3, 8


def clusters(
    name: Annotated[str, typer.Argument(metavar="[CLASS]", help="One class; by default all of them.")] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write every sample with its part and the label proposed, for `trainset apply`."
        ),
    ] = None,
    queue: Annotated[
        int | None, typer.Option(metavar="PART", min=1, help="Make a queue of this part of CLASS.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other halves of the samples.")] = 0,
    embedder: Embedder = "",
    at: At = None,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Show the parts that classes fall into, what sets them apart, and what to do: split, relabel, a queue, or nothing."""
    if out is not None and out.exists():
        raise BadValue("there is something at this place already", where=str(out), next="choose another name")
    if queue is not None and not name:
        raise BadValue("say of which class", next="trainset clusters CLASS --queue PART")
    with opened(dataset) as found:
        with output.progress("classes", quiet=json) as count:
            some = found.clusters(name, embedder=embedder, at=at, seed=seed, progress=count)
        written = (
            found.save_clusters(out, some if name else [one for one in some if one.proposed])
            if out is not None
            else None
        )
        made = None
        if queue is not None:
            if queue > len(some[0].parts):
                raise BadValue(f"{name!r} has no such part", expected=f"1 to {len(some[0].parts)}", got=str(queue))
            part = some[0].parts[queue - 1]
            made = found.queue(samples=[one.hex() for one in part.ids.to_pylist()], person=person)
        place = reports.where_flag(found)
    if json:
        extra = {"queue": made.queue if made else None, "written": str(written) if written else None}
        output.document({"classes": [one.as_dict() for one in some], **extra})
        return
    proposed = [one for one in some if one.proposed]
    rows = [
        [matrix.short(one.name, _NAME), f"{one.samples:,}", str(len(one.parts)) if one.proposed else "1", f"{one.apart:.1f}", f"{one.between:.0%}",
         f"{one.stable:.0%}", " ".join(dict.fromkeys(part.proposal for part in one.parts if part.proposal != "leave")) or "leave"]
        for one in some[: len(proposed) + _OTHERS]
    ]  # fmt: skip
    output.show(
        output.table(
            ["class", "samples", "parts", "apart", "between", "stable", "proposal"], rows, right=(1, 2, 3, 4, 5)
        )
    )
    if len(some) > len(rows):
        output.line(f"and {len(some) - len(rows):,} more that are one")
    for one in some if name else proposed[:_SHOWN]:
        _tell(one, place)
    for remark in some[0].remarks:
        output.line(output.safe(remark), style="yellow")
    if made is not None:
        output.line(f"queue {made.queue}: {made.samples:,} samples of part {queue}")
        output.line(f"next: trainset review {made.queue}{place}")
    elif written is not None:
        output.line(f"wrote {output.safe(written)}: look at the column label before it is applied")
        output.line(
            f"next: trainset apply {output.quoted(written)} --new-class{place}, and trainset train{place} tells what it brought"
        )
    elif proposed and not name:
        output.line(f"next: trainset clusters {output.quoted(proposed[0].name)} --out parts.csv{place}")
    elif proposed:
        output.line(f"next: trainset clusters {output.quoted(name)} --out parts.csv{place}")
    else:
        output.line("no class falls into parts that other samples of it confirm")


COMMANDS = (clusters,)


def _tell(one: Clusters, place: str) -> None:
    """One class: its parts, what sets each apart, and the command for it."""
    output.line()
    output.line(f"{output.safe(one.name, 60)}: {output.safe(one.why)}", style="bold")
    for part in one.parts:
        near = f", nearest other class {output.safe(part.nearest, 60)}" if part.nearest else ""
        output.line(f"  part {part.number}: {len(part.ids):,} samples, such as {' '.join(part.typical)}{near}")
        for trait in part.traits[:_TOLD]:
            output.line(f"    they {output.safe(trait.says.replace('of their class', 'of the class'), 300)}")
        if part.proposal == "queue":
            output.line(
                f"    queue: {output.safe(part.why)}: trainset clusters {output.quoted(one.name)} --queue {part.number}{place}"
            )
        elif part.proposal != "leave":
            label = f" as {output.safe(part.to, 60)!r}"
            output.line(f"    {part.proposal}{label}: {output.safe(part.why)}")
