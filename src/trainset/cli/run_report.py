"""What the terminal says of a run: the matrix while it trains, and its scores at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trainset.cli import matrix, output, reports
from trainset.cli.harm_report import print_harm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.live import Live

    from trainset.recipe import Recipe
    from trainset.store.runs import Run
    from trainset.work.epoch import Epoch
    from trainset.work.look import Samples
    from trainset.work.workbench import Workbench

_WORST = 5
_TABLE = 30
"""Classes of the table at most; of more, those of the lowest F1."""
_NOTHING_HELD_OUT = "nothing is held out, so no label of the train split is judged"
_NAME = 20  # cells of a class's name beside a sample
_EPOCHS = 10  # of a logged run that are named
_LINES = 7  # of a terminal, kept for what stands above and below a matrix that is drawn again in its place


class Watching:
    """Draws the matrix of every epoch: in its place on a terminal, on a pipe every so often, one below the other."""

    def __init__(self, *, quiet: bool, before: Callable[[], None] = lambda: None) -> None:
        """before: called before the first matrix, to put away what is being drawn."""
        self._quiet, self._before = quiet, before
        self._last: NDArray[np.int64] | None = None
        self._live: Live | None = None
        self.complete = False

    def __call__(self, epoch: Epoch) -> None:
        if self._quiet:
            return
        terminal = output.console()
        if self._last is None:
            self._before()
            if terminal.is_terminal and epoch.of > 1:
                from rich.live import Live

                self._live = Live(console=terminal, auto_refresh=False)
                self._live.start()
        counts = epoch.scores.matrix
        short = self._live is not None and not epoch.last
        most = min(matrix.MOST, max(2, terminal.height - _LINES)) if short else matrix.MOST
        lines = [
            matrix.text(_progress(epoch), "bold"),
            *matrix.matrix(counts, epoch.classes, width=terminal.width, most=most, before=self._last),
            matrix.text(worst(counts, epoch.classes, 2 if short else _WORST)),
        ]
        self._last = counts.copy()
        self.complete = epoch.last
        if self._live is not None:
            from rich.console import Group

            self._live.update(Group(*lines), refresh=True)
        elif epoch.last or epoch.number in (1, 2, 5) or epoch.number % 10 == 0:
            output.show(*lines)

    def close(self) -> None:
        """Leaves the last matrix where it is."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def shown() -> Watching:
    """Prints the matrix of every epoch, given as `epoch` to `train` and `log_run`."""
    return Watching(quiet=False)


def print_run(
    dataset: Workbench, run: Run, *, drawn: bool = False, beneath: bool = False, split: str = "", by: str = "count", decide: str = "likely",
    within: str = "",
) -> None:  # fmt: skip
    """A run: its matrix (`drawn`: it stands there already), scores beside their floors, the table of classes, and what to do next. by: count
    or harm; decide: likely or harm, by which the run was read; within: the filter in which it was."""
    import numpy as np

    split = shown_split(run, split)
    scores = run.scores[split or "held_out"]
    if not split and not scores["samples"] and not within:
        _print_seen(dataset, run)
        return
    if scores is None or not scores["samples"]:
        of, there = (
            f" of the split {split}" if split else "",
            f" that {output.safe(within, 200)} holds for" if within else "",
        )
        output.line(f"the run {run.run} has no labelled sample{of}{there}")
        return
    counts, width = np.array(scores["matrix"], np.int64), output.console().width
    harm = dataset.harm(run.run, split=split, decide=decide, where=within)
    weighs = harm.chosen.cells if by == "harm" else counts
    if beneath:
        from trainset.work.runs import counts_beneath

        of_labels = counts_beneath(dataset.predictions(run.run, decide=decide, where=within), run, split)
        output.show(*matrix.beneath(of_labels, run.labels, run.classes, run.beneath, width=width))
    elif not drawn:
        if by == "harm":
            output.show(*matrix.matrix(counts, run.classes, width=width, harm=harm.chosen.cells))
            output.line("mistakes as count times cost; what is right, in blue, as count", style="dim")
        else:
            output.show(
                *matrix.matrix(counts, run.classes, width=width), matrix.text(worst(counts, run.classes, _WORST))
            )
    output.line()
    if within:
        output.line(f"of the samples that {output.safe(within, 200)} holds for, and of no others:")
    for text in _sentences(run, split, "none of them was held out" if within else _NOTHING_HELD_OUT):
        output.line(output.safe(text))
    for text in _inside(dataset, run, split):
        output.line(output.safe(text, 400))
    if harm.counts_costs or "harm" in (by, decide):
        print_harm(harm)
    output.show(_table(run, scores, width))
    if len(run.classes) > _TABLE:
        output.line(f"the {_TABLE} of the lowest F1 of {len(run.classes)} classes; --json has them all")
    for remark in run.remarks:
        output.line("note: " + output.safe(remark, 400), style="yellow")
    where = reports.where_flag(dataset)
    wrong = weighs * (1 - np.eye(len(counts)))
    if wrong.any():
        label, predicted = divmod(int(wrong.argmax()), len(counts))
        name = f"{run.classes[label]}:{run.classes[predicted]}"
        output.line(
            f"next: trainset confusion --cell {output.quoted(name)}{f' --split {split}' if split else ''}"
            f"{f' --where {output.quoted(within)}' if within else ''}{where}"
        )
        if not run.recipe.classes:  # else every label that is grouped differs from its class
            output.line(f'  then: trainset look --where "predicted != label" --sort=-confidence{where}')
    output.line(f"kept as run {run.run}: trainset confusion {run.run}{where}")


def shown_split(run: Run, split: str) -> str:
    """The split that is shown. When nothing was held out, for the model had seen the samples, that is one which it had not."""
    if split or run.scores["held_out"]["samples"]:
        return split
    return next((name for name in ("test", "validation") if run.scores[name]), "")


def _print_seen(dataset: Workbench, run: Run) -> None:
    """A run that scores nothing."""
    output.line(f"{_NOTHING_HELD_OUT}; in training {percent(run.scores['in_sample'])}")
    for remark in run.remarks:
        output.line("note: " + output.safe(remark, 400), style="yellow")
    output.line(f"kept as run {run.run}: trainset runs{reports.where_flag(dataset)}")


def print_confused(dataset: Workbench, drawn: Samples, then: Callable[[], None]) -> None:
    """The samples of a part of the matrix, and what each was predicted as; then what they have in common."""
    reports.print_samples(dataset, drawn, "the surest mistakes first", "no samples in this part of the matrix")
    rows = [
        [
            row["id"][:12],
            matrix.short(row["label"] or "", _NAME),
            matrix.short(row["predicted"], _NAME),
            f"{row['confidence']:.0%}",
            row["path"] or output.safe(row["text"], 40),
        ]
        for row in drawn.rows()
    ]
    if rows:
        output.show(output.table(["id", "label", "predicted", "sure", "what"], rows, right=(3,)))
        then()
        first = " ".join(row[0] for row in rows[:2])
        output.line(f"next: trainset label CLASS {first}{reports.where_flag(dataset)}")


def as_dict(run: Run) -> dict[str, Any]:
    """For JSON: what was held out at the top, validation and test inside."""
    scores, held = run.scores, run.scores["held_out"]
    accuracy, fitted = scores["accuracy"], scores["in_sample"]
    return {
        "run": run.run, "accuracy": accuracy, "interval": held["interval"], "balanced_accuracy": held["balanced_accuracy"],
        "samples": held["samples"], "groups": scores["groups"], "in_sample": fitted,
        "gap": round(fitted - accuracy, 6) if accuracy is not None and fitted is not None else None,
        "reliability": scores["reliability"], "floors": scores["floors"], "labels": list(run.classes), "matrix": held["matrix"],
        "per_class": held["per_class"], "grouped": scores["grouped"],
        "beneath": {label: run.classes[code] for label, code in zip(run.labels, run.beneath, strict=True)},
        "validation": scores["validation"], "test": scores["test"], "unlabelled": scores["unlabelled"],
        "history": list(scores.get("history", [])), "recipe": run.recipe.as_dict(),
        "hash": run.recipe.hash, "at": run.at, "version": run.version, "made": run.made, "packages": dict(run.packages),
        "remarks": list(run.remarks),
    }  # fmt: skip


def percent(share: float | None) -> str:
    """A share with one decimal."""
    return "-" if share is None else f"{100 * share:.1f} %"


def recipe_text(recipe: Recipe) -> str:
    """A recipe on one line."""
    head = {
        "ridge": "ridge" + (f", penalty {recipe.penalty:g}" if recipe.penalty is not None else ""),
        "logistic": f"logistic, strength {recipe.strength:g}, {recipe.epochs} epochs, {recipe.folds} folds",
        "own": " ".join(
            filter(None, (recipe.model, f"$ {recipe.command}; {recipe.folds} folds" if recipe.command else ""))
        ),
    }[recipe.head]
    pieces = [
        recipe.embedder or ("" if recipe.head == "own" else "the default embedder"), head, f"weights {recipe.weights}" if recipe.weights != "none" else "",
        f"resample {recipe.resample}" if recipe.resample != "none" else "", f"groups {recipe.groups}",
        "classes " + ",".join(f"{name}={'|'.join(labels)}" for name, labels in recipe.classes.items()) if recipe.classes else "",
        f"seed {recipe.seed}" if recipe.seed else "",
    ]  # fmt: skip
    return "; ".join(filter(None, pieces))


def worst(counts: NDArray[np.int64], names: Any, count: int) -> str:
    """The largest confusions in words."""
    totals = counts.sum(axis=1)
    found = [
        f"{matrix.short(names[label], 40)} taken for {matrix.short(names[predicted], 40)} {number:,} of {totals[label]:,}"
        for label, predicted, number in _cells(counts, count)
    ]
    return "worst: " + "; ".join(found) if found else "no confusion: every sample is predicted right"


def _cells(counts: NDArray[np.int64], count: int) -> list[tuple[int, int, int]]:
    from trainset.learn.scores import Scores

    return Scores(counts).worst(count)


def _progress(epoch: Epoch) -> str:
    accuracy = float(epoch.scores.accuracy.value)
    of = f"epoch {epoch.number}, " if epoch.of > 1 else ""
    fitted = "" if epoch.in_sample is None else f", in training {percent(epoch.in_sample)}"
    return f"{of}held out {percent(accuracy)}{fitted}, largest class {percent(epoch.majority)}"


def _sentences(run: Run, split: str, nothing: str = _NOTHING_HELD_OUT) -> list[str]:
    scores = run.scores
    held, floors = scores["held_out"], scores["floors"]
    by = {"none": "sample by sample", "said": "as you said"}.get(
        scores["groups"], f"by {scores['groups'].replace(',', ' and ')}"
    )
    known = {
        "largest class": floors["majority"],
        "shuffled labels": floors["shuffled"],
        "measures alone": floors["measures"],
    }
    fitted = "" if scores["in_sample"] is None else f"; in training {percent(scores['in_sample'])}"
    there = [f"{name} {percent(share)}" for name, share in known.items() if share is not None]
    found = [
        (f"held out ({by}): {_share(held)}" if held["samples"] else nothing) + fitted,
        *(
            f"{name}: {_share(scores[name])}"
            + _tied(scores[name]["shared"], scores["groups"])
            for name in ("validation", "test") if scores[name]
        ),
    ]  # fmt: skip
    if history := scores.get("history"):
        shown = history if len(history) <= _EPOCHS else [*history[: _EPOCHS - 3], *history[-3:]]
        found.append(
            f"{len(history)} epochs: " + ", ".join(f"{one['epoch']}: {percent(one['accuracy'])}" for one in shown)
        )
    if there:
        found.append(f"floors: {', '.join(there)}")
    if (off := scores["reliability"]) is not None:
        found.append(f"confidence is off by {percent(off)} on average (expected calibration error)")
    if run.recipe.classes:
        some = [one for one in scores["grouped"] if one["labels"] > 1]
        found += [
            f"{output.safe(one['class'], 40)}: {one['labels']:,} labels, {one['contributors']:,} contributors, {one['samples']:,} samples"
            for one in some
        ]
    if split:
        found.append(f"matrix and table are of {split}")
    return found


def _tied(shared: int, groups: str) -> str:
    """How many samples of a split training is not apart from."""
    if not shared:
        return ""
    kinds = {
        "near": "near duplicate",
        "original": "stretch of their recording",
        "said": "contributor or near duplicate",
    }
    what = " or ".join(kinds.get(one, one) for one in groups.split(","))
    return f"; {shared:,} of them {'has' if shared == 1 else 'have'} a {what} in training"


def _inside(dataset: Workbench, run: Run, split: str) -> list[str]:
    """Which labels inside a class made of several are most often taken for another class."""
    import numpy as np

    several = {one["class"] for one in run.scores["grouped"] if one["labels"] > 1}
    if not several or not run.recipe.classes:
        return []
    from trainset.work.runs import counts_beneath

    counts, of = counts_beneath(dataset.predictions(run.run), run, split), np.array(run.beneath)
    wrong = counts.copy()
    wrong[np.arange(len(of)), of] = 0
    found = []
    for name in (one for one in run.classes if one in several):
        rows = np.flatnonzero(of == run.classes.index(name))
        first = [
            divmod(place, len(run.classes)) for place in np.argsort(-wrong[rows], axis=None, kind="stable")[:3].tolist()
        ]
        cells = [(rows[row], column) for row, column in first if wrong[rows[row], column]]
        said = "; ".join(
            f"{matrix.short(run.labels[row], 40)} taken for {matrix.short(run.classes[column], 40)} {wrong[row, column]:,} of "
            f"{counts[row].sum():,}" for row, column in cells
        )  # fmt: skip
        found += [f"inside {matrix.short(name, 40)}, worst: {said} (--beneath shows all)"] if said else []
    return found


def _share(scores: Any) -> str:
    low, high = scores["interval"]
    return f"{percent(scores['accuracy'])} of {scores['samples']:,} right ({percent(low)} to {percent(high)})"


def _table(run: Run, scores: Any, width: int) -> Any:
    rows = scores["per_class"]
    if len(rows) > _TABLE:
        rows = sorted(rows, key=lambda one: (one["f1"] is not None, one["f1"] or 0.0))[:_TABLE]
    numbers = [
        [
            f"{one['samples']:,}",
            *(_interval(one[name], one[f"{name}_interval"]) for name in ("precision", "recall", "f1")),
            *(f"{one[name]:,}" for name in ("true_positives", "false_positives", "false_negatives", "true_negatives")),
        ]
        for one in rows
    ]  # fmt: skip
    names = ["n", "precision", "recall", "F1", "TP", "FP", "FN", "TN"]
    taken = sum(2 + max(map(len, column)) for column in zip(names, *numbers, strict=True))
    room = max(8, min(40, width - taken))
    shown = [[matrix.short(one["class"], room), *row] for one, row in zip(rows, numbers, strict=True)]
    return output.table(["class", *names], shown, right=tuple(range(1, len(names) + 1)))


def _interval(value: float | None, ends: Any) -> str:
    return "-" if value is None else f"{100 * value:.0f} ({100 * ends[0]:.0f}-{100 * ends[1]:.0f})"
