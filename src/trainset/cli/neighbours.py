"""neighbours: the samples nearest to one."""

from __future__ import annotations

from typing import Annotated

import typer

from trainset.cli import matrix, output, reports
from trainset.cli.embed import Embedder
from trainset.cli.options import AsJson, At, DatasetDir, opened

_NAME = 20


def neighbours(
    sample: Annotated[str, typer.Argument(metavar="SAMPLE", help="A sample, as `trainset look` prints it, or a path.")],
    number: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 12,
    embedder: Embedder = "",
    at: At = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Show the samples nearest to one by an embedding, with their distance and in what they differ."""
    with opened(dataset) as found:
        near = found.neighbours(sample, n=number, embedder=embedder, at=at)
        if json:
            output.document(near.as_dict())
            return
        own = near.sample
        reports.print_samples(
            found,
            near.samples,
            f"nearest to {own['id'][:12]} ({own['label'] or 'no label'})",
            "there is no other sample",
        )
        rows = [
            [one["id"][:12], matrix.short(one["label"] or "", _NAME), f"{one['distance']:.3f}",
             output.safe(one["path"] or one["text"], 40), ", ".join(output.safe(how, 40) for how in one["differs"])]
            for one in near.rows()
        ]  # fmt: skip
        if not rows:
            return
        output.show(output.table(["id", "label", "distance", "what", "differs in"], rows, right=(2,)))
        output.line(f"by {output.safe(near.embedder, 100)}, among {near.of:,}" + _agree(near.agree, own["label"]))
        for remark in near.remarks:
            output.line(output.safe(remark), style="yellow")
        others = [one["id"][:12] for one in near.rows() if one["label"] != own["label"]]
        if own["label"] and len(others) > len(rows) / 2:
            output.line(f"next: trainset label CLASS {own['id'][:12]}{reports.where_flag(found)}")


COMMANDS = (neighbours,)


def _agree(share: float | None, label: str) -> str:
    return "" if share is None else f"; {share:.0%} are {output.safe(label, 60)} too"
