"""lock, locks: test sets that must not change, and what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainset.cli import output, reports
from trainset.cli.options import As, AsJson, DatasetDir, Where, Why, opened
from trainset.errors import BadValue

if TYPE_CHECKING:
    from trainset.model import Lock
    from trainset.work.locks import Alarm
    from trainset.work.workbench import Workbench

_SHOWN = 3


def lock(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="What the test set is to be called.")] = None,
    where: Where = "",
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="VERSION", help="Lock them as they were there; by default as they are."),
    ] = None,
    acknowledge: Annotated[
        str | None,
        typer.Option(
            "--acknowledge", metavar="NAME|ALARM", help="End the alarms of a lock, or one alarm, as `locks` names it."
        ),
    ] = None,
    why: Why = "",
    dataset: DatasetDir = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Lock the test split, or what --where holds for, as a test set; whatever happens to it is an alarm until acknowledged."""
    with opened(dataset, alarms=False) as found:
        if acknowledge is not None:
            if name is not None or where or at is not None:
                raise BadValue(
                    "to lock and to acknowledge are two things", next="trainset lock --acknowledge NAME --why TEXT"
                )
            _acknowledge(found, acknowledge, why, person, json)
            return
        if name is None:
            raise BadValue("a lock needs a name", next="trainset lock NAME; trainset locks lists those there are")
        with output.progress("compare with train", quiet=json) as count:
            made = found.lock(name, where=where, at=at, reason=why, person=person, progress=count)
        mine = [one for one in found.alarms() if one.lock == name]
        if json:
            output.document({**_as_dict(made), "alarms": [one.as_dict() for one in mine]})
            return
        what = f"{made.samples:,} sample{'s' * (made.samples != 1)} of {made.where or 'these ids'}"
        output.line(
            output.safe(f"#{made.seq}: locked {name}: {what} as at #{made.position}, digest {made.digest[:16]}")
        )
        _show(mine, reports.where_flag(found))


def locks(
    all_: Annotated[bool, typer.Option("--all", help="Alarms that were acknowledged as well.")] = False,
    dataset: DatasetDir = None,
    json: AsJson = False,
) -> None:
    """List locked test sets and their alarms, after a look at every file and at all that entered training."""
    with opened(dataset, alarms=False) as found:
        known = found.locks()
        with output.progress("look at locked samples", quiet=json or not known) as count:
            alarms = found.alarms(acknowledged=True, everything=True, progress=count)
        listed = alarms if all_ else [one for one in alarms if one.acknowledged is None]
        if json:
            output.document({"locks": [_as_dict(one) for one in known], "alarms": [one.as_dict() for one in listed]})
            return
        if not known:
            output.line("nothing is locked: trainset lock NAME locks the test split")
            return
        rows = [
            [
                one.name, f"{one.samples:,}", one.where or "by id", f"#{one.position}", f"#{one.seq}", one.person, f"{one.at:%Y-%m-%d}",
                one.reason,
            ]
            for one in known
        ]  # fmt: skip
        names = ["lock", "samples", "of", "at", "action", "by", "on", "why"]
        output.show(output.table(names, rows, right=(1,)))
        ended = len(alarms) - sum(one.acknowledged is None for one in alarms)
        if not any(one.acknowledged is None for one in alarms):
            output.line("no alarm" + (f"; {ended:,} acknowledged (--all lists them)" if ended and not all_ else ""))
        _show(listed, reports.where_flag(found))


def _acknowledge(dataset: Workbench, name: str, why: str, person: str, as_json: bool) -> None:
    ended = dataset.acknowledge(name, why, person=person)
    if as_json:
        output.document({"action": ended[0].acknowledged, "acknowledged": [one.as_dict() for one in ended]})
        return
    for one in ended:
        output.line(output.safe(f"#{one.acknowledged}: acknowledged {one.alarm}: {one.says}"))


def _show(alarms: Sequence[Alarm], place: str) -> None:
    for one in alarms:
        known = f" (acknowledged in #{one.acknowledged})" if one.acknowledged is not None else ""
        output.line(output.safe(f"alarm {one.alarm}: {one.says}{known}"), style="" if known else "bold")
        some = one.others or one.samples
        listed = " ".join(some[:_SHOWN])
        more = f" and {len(some) - _SHOWN:,} more (--json)" if len(some) > _SHOWN else ""
        output.line(f"  {'in train' if one.others else 'samples'}: {listed}{more}")
    waiting = [one for one in alarms if one.acknowledged is None]
    if waiting:
        names = {one.lock for one in waiting}
        name = waiting[0].alarm if len(waiting) == 1 or len(names) > 1 else waiting[0].lock
        output.line(f"next: trainset lock --acknowledge {output.quoted(name)} --why TEXT{place}")


def _as_dict(made: Lock) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__slots__} | {"at": made.at.isoformat()}


COMMANDS = (lock, locks)
