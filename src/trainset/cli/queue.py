"""queue, queues, review, answers: what people are to look at, and what they say of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainset.cli import output, reports
from trainset.cli.lists import columns_read, refused_rows
from trainset.cli.options import As, AsJson, Check, DatasetDir, Where, opened, pairs
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.work.queues import Listed
    from trainset.work.workbench import Workbench

Number = Annotated[
    int | None,
    typer.Argument(metavar="[QUEUE]", min=1, help="Its number; by default the latest in which something waits."),
]
_NOTHING = 3  # as of lists


def queue(
    order: Annotated[
        str,
        typer.Option(
            metavar="ORDER",
            help="likely-wrong, most-useful, most-harmful, random, entropy, margin, or suggested (by labelling rules); "
            "by default what --where or --check selects, as it is, else likely-wrong.",
        ),
    ] = "",
    number: Annotated[int | None, typer.Option("-n", metavar="COUNT", help="How many samples; by default 100.")] = None,
    share: Annotated[
        str,
        typer.Option(metavar="SHARE", help="How many of those it can choose from, such as 10%, instead of a number."),
    ] = "",
    run: Annotated[
        str, typer.Option(metavar="RUN", help="Whose predictions; by default those of the latest run.")
    ] = "",
    where: Where = "",
    check: Check = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a CSV to fill in.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another draw.")] = 0,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Make a queue of samples for people to look at, by a run: likely errors, what helps most, or a fair draw."""
    if out is not None and out.exists():
        raise BadValue("there is something at this place already", where=str(out), next="choose another name")
    part = _share(share)
    with opened(dataset) as found:
        with output.progress("rehearse", quiet=json) as count:
            made = found.queue(
                order, n=number, share=part, run=run, where=where, check=check, seed=seed, person=person, progress=count
            )
        written = found.write_review(out, queue=made.queue) if out is not None else None
        (listed,) = found.queues(made.queue)
        place = reports.where_flag(found)
    if json:
        output.document({**listed.as_dict(), "written": str(out) if out is not None else None})
        return
    output.line(f"queue {made.queue}: {made.samples:,} of {made.of:,} samples, {made.purpose}")
    for sentence in (*_expected(listed), *made.remarks):
        output.line(f"  {output.safe(sentence)}")
    if written is not None:
        output.line(
            f"wrote {written.samples:,} rows to {output.safe(written.path)}: fill in the column answer, ? for cannot tell"
        )
        output.line(f"next: trainset answers {output.safe(written.path)}{place}")
    else:
        output.line(f"next: trainset review {made.queue}{place}")


def queues(
    number: Annotated[int | None, typer.Argument(metavar="[QUEUE]", min=1, help="Tell one in sentences.")] = None,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """List the queues: how far they are, what was expected of each, and what the answers say."""
    with opened(dataset) as found:
        known, place = found.queues(number), reports.where_flag(found)
    if json:
        output.document([one.as_dict() for one in known])
    elif not known:
        output.line("no queue yet: trainset queue makes one")
    elif number is not None:
        _tell(known[0], place)
    else:
        names = ["queue", "order", "reviewed", "wrong: expected", "measured", "points: expected", "measured"]
        output.show(output.table(names, [_row(one) for one in known], right=(0, 2, 3, 5, 6)))


def review(
    number: Number = None,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Go through a queue in the terminal: one key an answer, undo; it goes on where it stopped."""
    from trainset.cli import review as in_terminal

    with opened(dataset) as found:
        going = found.review(number, person=person)
        try:
            in_terminal.go(going, quiet=json)
        finally:
            waiting = going.total - going.done - going.gone
            if json:
                output.document(
                    {
                        "queue": going.queue.queue, "answered": going.answered, "changed": going.changed, "reviewed": going.done,
                        "waiting": waiting, "gone": going.gone,
                    }
                )  # fmt: skip
            else:
                _ended(found, going.queue.queue, going.answered, going.changed, waiting, going.gone)


def answers(
    list_: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The CSV of `trainset queue --out`, filled in; or any list of samples and classes."
        ),
    ],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="WHAT=COLUMN", help="Read sample, label (the answer) or queue from this column."),
    ] = None,
    queue: Annotated[int | None, typer.Option(metavar="QUEUE", min=1, help="The queue, where no column tells.")] = None,
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Take the answers of a filled-in list: each is kept with who gave it, and becomes the label."""
    with opened(dataset) as found:
        done = found.answers(list_, queue=queue, columns=pairs(columns, "--map"), person=person)
        place = reports.where_flag(found)
    if json:
        output.document(done.as_dict())
    else:
        columns_read(done.columns)
        head = f"#{done.action}: " if done.action else ""
        parts = [
            f"{head}{done.added:,} {'answer' if done.added == 1 else 'answers'} kept, {done.changed:,} {'label' if done.changed == 1 else 'labels'} changed",
            f"{done.cannot_tell:,} cannot tell" if done.cannot_tell else "",
            f"{done.present:,} were there already" if done.present else "",
            f"{done.unanswered:,} without an answer" if done.unanswered else "",
            f"{done.others:,} also answered by others" if done.others else "",
        ]
        output.line(", ".join(part for part in parts if part))
        for text, name in done.read_as.items():
            output.line(f"  {output.safe(text, 60)!r} was read as {output.safe(name, 60)!r}")
        refused_rows(done.refused, done.refused_count)
        if done.queue is not None:
            output.line(f"next: trainset queues {done.queue}{place}  # what they say")
    if done.refused_count and not done.added + done.present + done.unanswered:
        raise typer.Exit(_NOTHING)


COMMANDS = (queue, queues, review, answers)


def _share(text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise BadValue("--share takes a share", expected="such as 10% or 0.1", got=repr(text[:80])) from None


def _ended(found: Workbench, queue: int, answered: int, changed: int, waiting: int, gone: int) -> None:
    place = reports.where_flag(found)
    left = f", {gone:,} left out: excluded or gone" if gone else ""
    output.line()
    output.line(
        f"queue {queue}: {answered:,} {'answer' if answered == 1 else 'answers'} kept, {changed:,} "
        f"{'label' if changed == 1 else 'labels'} changed, {waiting:,} still waiting{left}"
    )
    if waiting:
        output.line(f"next: trainset review {queue}{place}  # goes on")
        return
    for sentence in _measured(found.queues(queue)[0], place):
        output.line(f"  {output.safe(sentence)}")
    output.line(f"next: trainset train{place}")


def _row(one: Listed) -> list[str]:
    queue, found = one.queue, one.measured
    low, high = found.low, found.high
    between = "" if low is None or high is None else f" ({100 * low:.0f}-{100 * high:.0f})"
    return [
        str(queue.queue), queue.order, f"{found.reviewed:,}/{queue.samples:,}", _whole(queue.expected["error_rate"]),
        _whole(found.error_rate) + between, _points(queue.expected["gain"]).removesuffix(" points"),
        _points(found.gain.value if found.gain is not None else None).removesuffix(" points"),
    ]  # fmt: skip


def _tell(one: Listed, place: str) -> None:
    queue = one.queue
    output.line(f"queue {queue.queue} ({queue.order}): {queue.samples:,} of {queue.of:,} samples, {queue.purpose}")
    chosen = " and ".join(
        text
        for text in (f"check {queue.check}" if queue.check else "", f"where {queue.where}" if queue.where else "")
        if text
    )
    by = f" by run {queue.run}" if queue.run else ""
    output.line(
        f"  made {queue.made[:16].replace('T', ' ')} by {output.safe(queue.person)} at #{queue.at}{by}{output.safe(f', {chosen}' if chosen else '')}"
    )
    for sentence in (*_expected(one), *queue.remarks, *_measured(one, place)):
        output.line(f"  {output.safe(sentence)}")
    if one.measured.reviewed < queue.samples:
        output.line(f"next: trainset review {queue.queue}{place}")


def _expected(one: Listed) -> list[str]:
    expected, found = one.queue.expected, []
    if expected["error_rate"] is not None:
        low, high = expected["low"], expected["high"]
        between = f" ({_percent(low)} to {_percent(high)})" if low is not None and high is not None else ""
        found.append(f"expected: {_percent(expected['error_rate'])}{between} of the labels wrong")
    if expected["gain"] is not None:
        found.append(f"expected: {_points(expected['gain'])} of held-out accuracy after all of them")
    return found


def _measured(one: Listed, place: str) -> list[str]:
    queue, found = one.queue, one.measured
    who = f" by {', '.join(found.people)}" if found.people else ""
    said = [f"reviewed {found.reviewed:,} of {queue.samples:,}{who}"]
    if found.judged:
        expected = f", expected {_percent(found.expected_rate)}" if found.expected_rate is not None else ""
        said.append(
            f"measured: {found.wrong:,} of {found.judged:,} labels wrong, {_percent(found.error_rate)} "
            f"({_percent(found.low)} to {_percent(found.high)}){expected} of these"
        )
        if queue.order == "random":
            said.append(
                f"so about {_percent(found.error_rate)} of the {queue.of:,} labels that it was drawn from were wrong "
                f"({_percent(found.low)} to {_percent(found.high)})"
            )
    said += [f"{found.cannot_tell:,} could not be told"] if found.cannot_tell else []
    said += [f"{found.labelled:,} had no label and got one"] if found.labelled else []
    said += [f"on {found.disagreed:,} reviewers differ"] if found.disagreed else []
    if found.gain is not None:
        gain: Any = found.gain
        said.append(
            f"measured: {_points(gain.value)} of held-out accuracy from run {queue.run} to {gain.run} ({_points(gain.low)} to "
            f"{_points(gain.high)}), both against the labels at #{gain.at} of {gain.samples:,} samples that both held out; all that changed in between counts"
        )
    elif queue.run and found.judged:
        said.append(f"what it gained is measured once the same recipe is trained again: trainset train{place}")
    return said


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _points(value: float | None) -> str:
    return "" if value is None else f"{value * 100:+.1f} points"
