"""embed, embedders: the vectors that models learn from."""

from __future__ import annotations

from typing import Annotated

import typer

from trainset.cli import output
from trainset.cli.options import AsJson, DatasetDir, opened, pairs
from trainset.errors import BadValue

Embedder = Annotated[
    str,
    typer.Option(
        metavar="EMBEDDER", help="A name of `trainset embedders`, the path of an ONNX file or of a folder with one, or hf:owner/name."
    ),
]  # fmt: skip


def embed(
    dataset: DatasetDir = None,
    embedder: Embedder = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="EMBEDDER.SETTING=VALUE", help="A setting of the embedder.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Compute the embeddings that are missing; without --embedder by the default one of the medium."""
    with opened(dataset) as found:
        with output.progress("embed", quiet=json) as count:
            result = found.embed(embedder, settings=_settings(settings, embedder), progress=count)
        if json:
            output.document(result.as_dict())
            return
        output.line(
            f"{result.embedded:,} contents embedded by {output.safe(result.embedder, 100)} ({result.dim:,} numbers each) in "
            f"{result.seconds:.1f} s, {result.present:,} had been"
        )
        for reason, number in result.left_out.items():
            output.line(f"  {number:,} could not be: {output.safe(reason, 300)}", style="yellow")
            for one in [one for one in result.named if one["reason"] == reason][:3]:
                output.line(f"    {one['sample'][:12]} {output.safe(one['path'], 200)}")


def embedders(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """List the embedders: the default of each medium first, and the pip command of those that are not installed."""
    from trainset.work.embedders import listed

    if dataset is not None:
        with opened(dataset) as found:
            known = found.embedders()
    else:
        known = listed()
    if json:
        output.document([one.as_dict() for one in known])
        return
    rows = [
        [one.embedder, one.medium + (" (default)" if one.default else ""), f"{one.dim:,}", one.needs or "yes",
         ", ".join(f"{name}={value}" for name, value in one.settings.items())]
        for one in known
    ]  # fmt: skip
    output.show(output.table(["embedder", "medium", "numbers", "available", "settings"], rows, right=(2,)))
    output.line("yours: trainset embed --embedder MODEL.onnx, a folder with one, or hf:owner/name (fetched once)")


COMMANDS = (embed, embedders)


def _settings(texts: list[str] | None, embedder: str) -> dict[str, str]:
    """`EMBEDDER.SETTING=VALUE`, or `SETTING=VALUE`: there is only one embedder it can be of."""
    found = {}
    for name, value in pairs(texts, "--set").items():
        of, _, setting = name.rpartition(".")
        if of and embedder and of.replace("-", "_") != embedder.replace("-", "_"):
            raise BadValue(
                f"{output.safe(name, 60)} is no setting of the embedder {output.safe(embedder, 60)}", where="--set",
                expected="EMBEDDER.SETTING=VALUE", next="trainset embedders lists the settings",
            )  # fmt: skip
        found[setting] = value
    return found
