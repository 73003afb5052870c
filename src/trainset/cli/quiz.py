"""quiz: a blind draw that a person labels, and how far people, labels and the model agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trainset.cli import matrix, output, reports
from trainset.cli.options import As, AsJson, DatasetDir, opened

if TYPE_CHECKING:
    from trainset.work.quiz import Agreement, QuizResult


def quiz(
    number: Annotated[int, typer.Option("-n", metavar="N", min=1, help="How many samples to draw.")] = 100,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another draw.")] = 0,
    result: Annotated[bool, typer.Option("--result", help="Ask nothing; say what the answers so far tell.")] = False,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Label samples drawn at random, blind, to know what can be hoped for; no label is changed, and it goes on where it stopped."""
    with opened(dataset) as found:
        place = reports.where_flag(found)
        asked = None if result else found.quiz(number, seed=seed, person=person)
        try:
            if asked is not None:
                from trainset.cli import review

                review.go(found.review(asked.queue, person=person), quiet=json)
        finally:
            said = found.quiz_result(None if asked is None else asked.queue)
            output.document(said.as_dict()) if json else _tell(said, place)


COMMANDS = (quiz,)


def _tell(said: QuizResult, place: str) -> None:
    output.line()
    tell = f", {said.cannot_tell:,} could not be told" if said.cannot_tell else ""
    who = f" by {', '.join(said.people)}" if said.people else ""
    output.line(
        output.safe(f"quiz {said.quiz}: {said.answered:,} of {said.asked:,} answered{who}{tell}; no label was changed"),
        "bold",
    )
    if said.labels.samples:
        _matrix(said.labels)
        output.line(
            f"people and labels agree on {_share(said.labels)}, about what a model can be hoped to reach by them if who answered knows the subject"
        )
    if said.model is not None and said.model.samples:
        output.line(f"people and run {said.model.against} agree on {_share(said.model)}")
    if said.model_labels is not None and said.model_labels.samples:
        output.line(f"that run and the labels agree on {_share(said.model_labels)}, of samples that people could tell")
    if said.answered < said.asked:
        output.line(f"next: trainset quiz{place}")


def _share(one: Agreement) -> str:
    return f"{one.same:,} of {one.samples:,}, {100 * one.share:.1f} % ({100 * one.low:.1f} to {100 * one.high:.1f})"


def _matrix(one: Agreement) -> None:
    import numpy as np

    output.line("labels on rows, people on columns")
    output.show(*matrix.matrix(np.array(one.matrix), one.classes, width=output.console().width))
