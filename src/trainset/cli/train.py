"""recipe, recipes, train, runs: what a quick model makes of the labels."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any

import typer

from trainset.cli import output, reports, run_report
from trainset.cli.embed import Embedder
from trainset.cli.options import As, AsJson, At, By, DatasetDir, Decide, Why, opened, pairs
from trainset.errors import BadValue

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="EMBEDDER.SETTING=VALUE", help="A setting of the embedder.")
]
Head = Annotated[
    str | None, typer.Option(metavar="HEAD", help="ridge (exact held out, one pass) or logistic (epochs, folds).")
]
Groups = Annotated[
    str | None,
    typer.Option(metavar="GROUPS", help="What is held out together: auto, none, contributor, near, original, meta.FIELD, or several with commas."),
]  # fmt: skip
Classes = Annotated[
    str | None,
    typer.Option(metavar="CLASSES", help='Labels as classes: "digits=0|1|2,yes,other=*"; * is every label not named.'),
]
Values = Annotated[
    str | None,
    typer.Option(metavar="VALUES", help="Of the ridge head: plain, root (signed square roots), or auto: root, unless plain errs clearly less held out."),
]  # fmt: skip
Weights = Annotated[str | None, typer.Option(metavar="WEIGHTS", help="Of the classes: none or balanced.")]
Resample = Annotated[str | None, typer.Option(metavar="WAY", help="none, over, under or smote; of the logistic head.")]
Penalty = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Of the ridge head; by default chosen on held-out error.")
]
Strength = Annotated[
    str | None, typer.Option(metavar="NUMBER", help="Of the logistic head: larger fits the labels closer.")
]
Epochs = Annotated[int | None, typer.Option(metavar="N", help="Of the logistic head, at most.")]
Folds = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Of the logistic head, and how often a command runs; 0: it predicts validation and test alone.",
    ),
]
Command = Annotated[
    str | None,
    typer.Option(
        metavar="COMMAND", help='A model of your own: "python train.py --train {train} --test {test} --out {out}".'
    ),
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Of folds and draws.")]


def recipe(
    name: Annotated[str, typer.Argument(metavar="NAME")],
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
    folds: Folds = None,
    seed: Seed = None,
    command: Command = None,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Name a recipe: embedder, head, settings, classes and groups, to train the same way again."""
    chosen = changes(
        embedder, settings, head, groups, classes, values, weights, resample, penalty, strength, epochs, folds, seed
    )
    if command:
        chosen["command"] = command
    with opened(dataset) as found:
        made = found.recipe(name, reason=why, person=person, **chosen)
        if json:
            output.document(made.as_dict())
            return
        output.line(f"#{made.action}: {output.safe(name)} is {output.safe(run_report.recipe_text(made.recipe))}")
        output.line(f"next: trainset train --recipe {output.quoted(name)}{reports.where_flag(found)}")


def recipes(dataset: DatasetDir = None, at: At = None, json: AsJson = False) -> None:
    """List the named recipes."""
    with opened(dataset) as found:
        known = found.recipes(at)
        if json:
            output.document([one.as_dict() for one in known])
            return
        rows = [[one.name, one.recipe.hash, f"#{one.action}", run_report.recipe_text(one.recipe)] for one in known]
        output.show(output.table(["recipe", "hash", "action", "what"], rows)) if rows else output.line(
            "no recipe has a name yet: trainset recipe NAME --head logistic"
        )


def train(
    recipe: Annotated[
        str,
        typer.Option(
            metavar="NAME|COMMAND",
            help="A recipe of `trainset recipes`, which options change; or a command with {train}, {test} and {out}.",
        ),
    ] = "",
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="Train on a version, or at '#12' in the log.")
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
    folds: Folds = None,
    seed: Seed = None,
    beneath: Annotated[
        bool, typer.Option("--beneath", help="A row of the matrix for each label beneath the classes.")
    ] = False,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Of each call of a command.")] = None,
    by: By = "count",
    decide: Decide = "likely",
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """Train a quick model, predict every sample held out, and print the confusion matrix at every epoch."""
    chosen = changes(
        embedder, settings, head, groups, classes, values, weights, resample, penalty, strength, epochs, folds, seed
    )
    with opened(dataset) as found:
        with contextlib.ExitStack() as stack:
            embedded, compared = stack.enter_context(output.stages("embed", "compare", quiet=json))
            shown = run_report.Watching(quiet=json, before=stack.close)

            def step(text: str) -> None:
                stack.close()
                output.note(text)

            try:
                run = found.train(
                    recipe,
                    version=version,
                    embed_progress=embedded,
                    compare_progress=compared,
                    epoch=shown,
                    step=step,
                    timeout=timeout,
                    **chosen,
                )
            finally:
                shown.close()
        read = found.run(run.run, decide=decide)
        if json:
            output.document({**run_report.as_dict(read), "harm": found.harm(run.run, decide=decide).as_dict()})
            return
        drawn = shown.complete and "harm" not in (by, decide)
        run_report.print_run(found, read, drawn=drawn, beneath=beneath, by=by, decide=decide)


def runs(dataset: DatasetDir = None, json: AsJson = False) -> None:
    """List the runs: what was trained on which version, and how good it was held out and on the test split."""
    with opened(dataset) as found:
        known = found.runs()
        if json:
            output.document([run_report.as_dict(run) for run in known])
            return
        rows = [
            [
                run.run, run.made[:16].replace("T", " "), f"#{run.at}" + (f" = {run.version}" if run.version else ""),
                run_report.percent(run.scores["accuracy"]),
                run_report.percent(run.scores["test"]["accuracy"]) if run.scores["test"] else "",
                run_report.recipe_text(run.recipe),
            ]
            for run in known
        ]  # fmt: skip
        names = ["run", "when", "trained on", "held out", "test", "recipe"]
        output.show(output.table(names, rows, right=(3, 4))) if rows else output.line("no run yet: trainset train")


COMMANDS = (recipe, recipes, train, runs)


def changes(
    embedder: str, settings: list[str] | None, head: str | None, groups: str | None, classes: str | None, values: str | None, weights: str | None,
    resample: str | None, penalty: str | None, strength: str | None, epochs: int | None, folds: int | None, seed: int | None,
) -> dict[str, Any]:  # fmt: skip
    """What the options say of a recipe; what is not given is not there."""
    found: dict[str, Any] = {
        "embedder": embedder or None, "head": head, "groups": groups, "classes": classes, "values": values, "weights": weights, "resample": resample,
        "epochs": epochs, "folds": folds, "seed": seed, "penalty": _number(penalty, "--penalty"),
        "strength": _number(strength, "--strength"),
    }  # fmt: skip
    if settings:
        found["settings"] = {name.rpartition(".")[2]: value for name, value in pairs(settings, "--set").items()}
    return {name: value for name, value in found.items() if value is not None}


def _number(text: str | None, what: str) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise BadValue(f"{what} takes a number", got=repr(text[:80]) if text else "''") from None
