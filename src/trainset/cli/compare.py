"""compare: the same recipe on several versions, tested on the same test sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from trainset.cli import output
from trainset.cli.embed import Embedder
from trainset.cli.options import AsJson, DatasetDir, opened
from trainset.cli.train import (
    Classes,
    Epochs,
    Groups,
    Head,
    Penalty,
    Resample,
    Seed,
    Settings,
    Strength,
    Values,
    Weights,
    changes,
)

FAILED = 4
"""Exit code when the gate stays shut: another than that of errors."""
_CHANCE = "chance"


def compare(
    versions: Annotated[
        list[str], typer.Argument(metavar="VERSION...", help="Two or more, or one with --recipes; a version, '#12' or now.")
    ],
    test_set: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME|VERSION", help="Test on this lock, or the test split of this version; several times. By default those of the versions."),
    ] = None,
    recipe: Annotated[
        str, typer.Option(metavar="NAME|COMMAND", help="A recipe, which options change; or a command with {train}, {test} and {out}.")
    ] = "",
    recipes: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Several recipes, each with its size on disk and milliseconds a sample.")
    ] = "",
    seeds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Train again so often on other draws of the training samples (8; 3 for commands; 0: these models alone)."),
    ] = None,
    gate: Annotated[
        str | None,
        typer.Option(metavar="[POINTS]", help="Exit with 4 when the last version is worse than the first; with POINTS: unless a larger loss is ruled out."),
    ] = None,
    embedder: Embedder = "",
    settings: Settings = None,
    head: Head = None,
    groups: Groups = None,
    classes: Classes = None,
    values: Values = None,
    weights: Weights = None,
    resample: Resample = None,
    penalty: Penalty = None,
    strength: Strength = None,
    epochs: Epochs = None,
    seed: Seed = None,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Of each call of a command.")] = None,
    number: Annotated[int, typer.Option("-n", min=0, help="So many samples and classes of each kind are named.")] = 5,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> int:  # fmt: skip
    """Train the same recipe on each version, test all on the same test sets, and say what may be concluded."""
    from trainset.cli import compare_report
    from trainset.work.gate import gate as judged
    from trainset.work.gate import points

    chosen = changes(
        embedder, settings, head, groups, classes, values, weights, resample, penalty, strength, epochs, None, seed
    )
    most = None if gate in (None, _CHANCE) else points(gate or "")
    names = [name.strip() for name in recipes.split(",") if name.strip()]
    with opened(dataset) as found:
        with output.stages("embed", "near duplicates", "train", quiet=json) as (embedded, compared, trained):
            result = found.compare(
                *versions, recipe=recipe, recipes=names, test_sets=test_set or (), seeds=seeds, timeout=timeout, embed_progress=embedded,
                compare_progress=compared, progress=trained, step=output.note, **chosen,
            )  # fmt: skip
        passed = judged(result, most) if gate is not None else None
        if json:
            output.document({**result.as_dict(), "gate": None if passed is None else passed.as_dict()})
        else:
            compare_report.print_compared(found, result, number)
            if passed is not None:
                compare_report.print_gate(passed)
    return 0 if passed is None or passed.passed else FAILED


def gated(arguments: Sequence[str]) -> list[str]:
    """Arguments of which `--gate` has a value: its number may be left away."""
    found = list[str]()
    for place, word in enumerate(arguments):
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        bare = word == "--gate" and not following.replace(".", "", 1).isdecimal()
        found.append(f"--gate={_CHANCE}" if bare else word)
    return found


COMMANDS = (compare,)
