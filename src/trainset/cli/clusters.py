"""clusters: the parts that classes fall into, and what to do about them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import matrix, output, reports
from trainset.cli.embed import Embedder
from trainset.cli.lists import refused_rows
from trainset.cli.options import As, AsJson, At, DatasetDir, Why, opened
from trainset.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainset.work.clusters import Clusters
    from trainset.work.clusters_apply import Brought
    from trainset.work.workbench import Workbench

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
    do: Annotated[
        bool,
        typer.Option("--do", help="Do what is proposed, for CLASS or for all; train again and say what it brought."),
    ] = False,
    apply: Annotated[
        Path | None,
        typer.Option("--apply", metavar="FILE", help="The same with a list of --out that you looked through."),
    ] = None,
    why: Why = "",
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
    if (do or apply is not None) and (out is not None or queue is not None or at is not None):
        raise BadValue("one thing at a time", expected="--do or --apply FILE without --out, --queue and --at")
    if do and apply is not None:
        raise BadValue("one thing at a time", expected="--do, or --apply FILE")
    with opened(dataset) as found:
        if apply is not None:
            _done(found, apply, why, person, json)
            return
        with output.progress("classes", quiet=json) as count:
            some = found.clusters(name, embedder=embedder, at=at, seed=seed, progress=count)
        if do:
            _done(found, some, why, person, json)
            return
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
        [matrix.short(one.name, _NAME), f"{one.samples:,}", str(len(one.parts)) if one.proposed else "1", f"{one.times:.1f}", f"{one.between:.0%}",
         f"{one.stable:.0%}", " ".join(dict.fromkeys(part.proposal for part in one.parts if part.proposal != "leave")) or "leave"]
        for one in some[: len(proposed) + _OTHERS]
    ]  # fmt: skip
    output.show(
        output.table(
            ["class", "samples", "parts", "clear", "between", "stable", "proposal"], rows, right=(1, 2, 3, 4, 5)
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
        output.line(f"next: trainset clusters --apply {output.quoted(written)}{place}")
    elif proposed:
        chosen = f" --embedder {embedder}" if embedder else ""
        output.line(f"next: trainset clusters {output.quoted(name or proposed[0].name)} --do{chosen}{place}")
        output.line("  or first --out parts.csv, to look at every sample of it")
    else:
        output.line("no class falls into parts that other samples of it confirm")


COMMANDS = (clusters,)


def _done(found: Workbench, given: Path | Sequence[Clusters], why: str, person: str, json: bool) -> None:
    """Does it, trains again, and says what it brought."""
    with contextlib.ExitStack() as stack:
        embedded, compared = stack.enter_context(output.stages("embed", "compare", quiet=json))
        brought = found.apply_clusters(
            given, reason=why, person=person, step=output.note, embed_progress=embedded, compare_progress=compared
        )
    if json:
        output.document(brought.as_dict())
    else:
        _brought(brought, reports.where_flag(found))


def _brought(one: Brought, place: str) -> None:
    """What a proposal brought: all, by class, and how well the new classes are told apart."""
    done, found = one.applied, one.found
    output.line(f"#{done.action}: {done.changed:,} labels changed")
    if done.refused_count:
        refused_rows(done.refused, done.refused_count)
    split = {part.of for part in one.parts}  # these first: they are what was asked about
    where = "on the test split" if one.judged == "test" else "held out"
    output.line(f"{output.safe(one.sentence)}", style="bold")
    output.line(
        f"  {found.before:.1%} before, {found.after:.1%} after, {where}, of {found.samples:,} samples as they are labelled now"
    )
    rows = [
        [matrix.short(row["class"], _NAME), f"{row['samples']:,}", f"{row['before']:.1%}", f"{row['after']:.1%}",
         f"{100 * row['change']:+.1f}", f"{100 * row['interval'][0]:+.1f} to {100 * row['interval'][1]:+.1f}"]
        for row in sorted(one.per_class(), key=lambda row: row["class"] not in split)[:_OTHERS]
    ]  # fmt: skip
    output.show(
        output.table(["class", "samples", "before", "after", "change", "interval"], rows, right=(1, 2, 3, 4, 5))
    )
    if len(one.per_class()) > len(rows):
        output.line(f"and {len(one.per_class()) - len(rows):,} more that changed less; --json has them all")
    for part in one.parts:
        share = f"{part.recall:.1%} of {part.samples:,}" if part.samples else "none is judged"
        output.line(
            f"new class {output.safe(part.name, 60)!r}, before in {output.safe(part.of, 60)!r}: predicted right {share}"
        )
    output.line(f"kept as runs {one.before.run} and {one.after.run}")
    output.line(f"next: trainset undo {done.action}{place}  # takes it back")


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
