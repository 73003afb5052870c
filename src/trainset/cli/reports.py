"""What import, look and status print for a person."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainset.cli import output
from trainset.errors import NotADataset

if TYPE_CHECKING:
    from trainset.work.import_report import ImportReport
    from trainset.work.look import Samples
    from trainset.work.status import Status
    from trainset.work.workbench import Workbench

_NAMED = 10
_ALARMS = 5


def print_import(dataset: Workbench, result: ImportReport) -> None:
    """What an import did: counts, remarks, the first bad ones by name, what is missing."""
    files, rows = sum(result.files.values()), sum(result.rows.values())
    what = (
        " and ".join(
            text for text in (_number(files, "file") if files else "", _number(rows, "row") if rows else "") if text
        )
        or "nothing"
    )
    rate = max(rows, files) / max(result.seconds, 1e-9)
    output.line(
        f"{output.safe(result.source)} ({result.format.replace('_', ' ')}): {what} in {result.seconds:.1f} s, {rate:,.0f}/s"
    )
    for name, counts in (("files", result.files), ("rows", result.rows)):
        if counts:
            output.line(f"  {name}: " + ", ".join(f"{n:,} {outcome}" for outcome, n in counts.items()))
    for text in result.about:
        output.line(f"  {output.safe(text)}")
    if result.remarks:
        output.line(
            "  remarks: "
            + ", ".join(
                f"{output.safe(text)} {n:,}" for text, n in sorted(result.remarks.items(), key=lambda pair: -pair[1])
            )
        )
    if result.duplicates:
        are = "is an exact copy" if result.duplicates == 1 else "are exact copies"
        output.line(f"  {result.duplicates:,} {are} of others in this source")
    if result.proposed_split and result.samples:
        output.line("  no splits in the source: proposed 80/10/10 by a hash that never moves a sample")
    if result.new_classes:
        called = "new class" if len(result.new_classes) == 1 else "new classes"
        output.line(f"  {len(result.new_classes):,} {called}: " + output.safe(", ".join(result.new_classes), 300))
    for bad in result.bad[:_NAMED]:
        named = bad["row"] is None or str(bad["reason"]).startswith("row ")  # the reason says which row it is
        place = bad["name"] if named else f"{bad['name']} row {bad['row']}"
        output.line(f"  {bad['outcome']}: {output.safe(place, 120)}: {output.safe(bad['reason'], 400)}", style="yellow")
    if result.bad_count > _NAMED:
        output.line(f"  and {result.bad_count - _NAMED:,} more: --report FILE lists them all", style="yellow")
    if result.nothing and any(bad["outcome"] == "unsafe" for bad in result.bad):
        output.line("  if you trust this source, --allow-root DIR reads what it names below DIR too")
    if result.missing:
        output.line(
            f"  missing: {result.missing:,} samples are no longer in the source, such as {output.safe(', '.join(result.missing_names[:3]), 200)}"
        )
    if result.nothing:
        output.line("  not one sample of this source is in the dataset", style="yellow")
    elif result.action is None:
        output.line("  nothing new: everything was there already")
    else:
        output.line(f"  action #{result.action} in {output.safe(dataset.folder.name)}")


def print_samples(dataset: Workbench, drawn: Samples, how: str, nothing: str = "") -> None:
    """Samples as their medium is best seen, and the notes on them; without any, `nothing`."""
    from trainset.cli import pictures

    if not len(drawn):
        output.line(nothing or "no samples in this selection")
        return
    output.line(f"{len(drawn):,} of {drawn.total:,} samples, {how}")
    output.show(pictures.grid(drawn))
    shown = set(drawn.ids)
    for note in dataset.notes():
        if note.sample in shown:
            output.line(f"note on {note.sample} by {output.safe(note.person)}: {output.safe(note.text, 300)}")


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def nothing_flagged(dataset: Workbench, check: str, at: str | int | None = None) -> str:
    """What to say of a check that flags no sample: that it is about something else, or nothing to say."""
    one = dataset.audit(only=[check], at=at).results[0]
    if one.dismissed and not one.flagged:
        return f"{one.check} flags none but what was dismissed ({one.dismissed:,})\nnext: trainset log{where_flag(dataset)}"
    if one.flagged or not one.about:
        return ""
    about = "files and rows that are no samples" if one.bad_count else "the set as a whole"
    return f"{one.check} is about {about}, and flags none\nnext: trainset audit --only {one.check}{where_flag(dataset)}"


def print_status(result: Status) -> None:
    """A dataset at a glance."""
    name = f"{output.safe(result.folder)}: {result.medium or 'empty'}, position #{result.at}" + (
        f" = {output.safe(result.version)}" if result.version else ""
    )
    output.line(name, style="bold")
    extra = [
        f"{result.excluded:,} excluded" if result.excluded else "",
        f"{result.unlabelled:,} without label" if result.unlabelled else "",
    ]
    output.line(f"{result.samples:,} samples" + "".join(f", {text}" for text in extra if text))
    definitions = {c.name: c.definition for c in result.classes}
    largest = max((sum(row.values()) for row in result.counts.values()), default=1)
    rows: list[list[object]] = []
    for label, counts in list(result.counts.items())[:40]:
        total = sum(counts.values())
        numbers = [f"{counts.get(split, 0):,}" for split in result.splits]
        rows.append(
            [
                output.safe(label or "(no label)", 30),
                *numbers,
                f"{total:,}",
                _bar(total / largest),
                output.safe(definitions.get(label, ""), 40),
            ]
        )
    names = ["class", *(split or "no split" for split in result.splits), "all", "", ""]
    output.show(output.table(names, rows, right=tuple(range(1, len(result.splits) + 2))))
    if len(result.counts) > 40:
        output.line(f"and {len(result.counts) - 40} more classes: trainset classes")
    if result.imbalance is not None and result.imbalance >= 1.5:
        output.line(f"imbalance: the largest class has {result.imbalance:.1f} times the samples of the smallest")
    empty = [c.name for c in result.classes if not c.samples]
    if empty:
        output.line(f"classes without samples: {output.safe(', '.join(empty), 200)}")
    for version in result.versions:
        output.line(
            f"version {output.safe(version.name)} (#{version.seq}, {version.samples:,} samples, {version.digest[:12]}): {output.safe(version.message, 100)}"
        )
    _print_locks(result)
    computed = [f"{name} {n:,}" for name, n in result.computed.items() if n]
    if computed:
        output.line("computed: " + ", ".join(computed))
    for note in result.notes[-5:]:
        about = note.sample or (f"class {note.label}" if note.label else "dataset")
        output.line(f"note on {output.safe(about)} by {output.safe(note.person)}: {output.safe(note.text, 200)}")
    for found in result.on_disk:
        if found.note and not found.compared:
            output.line(
                f"on disk: {output.safe(found.source)}: not compared: {output.safe(found.note)}", style="yellow"
            )
        elif found.missing or found.changed or found.note:
            output.line(
                f"on disk: {output.safe(found.source)}: {found.missing:,} missing, {found.changed:,} changed since the import. "
                f"{output.safe(found.note)} {output.safe(', '.join(found.names[:3]), 200)}".rstrip(), style="yellow",
            )  # fmt: skip
        else:
            output.line(f"on disk: {output.safe(found.source)}: all {found.compared:,} files are as they were")


def _print_locks(result: Status) -> None:
    for lock in result.locks:
        mine = sum(one.lock == lock.name for one in result.alarms)
        said = f"{mine} open alarm{'s' * (mine > 1)}" if mine else "no open alarm"
        output.line(f"locked {output.safe(lock.name)} (#{lock.seq}, {lock.samples:,} samples): {said}")
    for one in result.alarms[:_ALARMS]:
        output.line(f"alarm {output.safe(one.alarm)}: {output.safe(one.says, 300)}", style="yellow")
    if len(result.alarms) > _ALARMS:
        output.line(f"and {len(result.alarms) - _ALARMS} more alarms: trainset locks lists them", style="yellow")
    if result.alarms_note:
        output.line(f"alarms: {output.safe(result.alarms_note, 300)}; trainset locks says more", style="yellow")


def _bar(share: float) -> Any:
    from rich.text import Text

    return Text(output.bar(share), style="cyan", no_wrap=True)


def where_flag(dataset: Workbench) -> str:
    """What to add to a command so that it finds this dataset from here."""
    from trainset.store.dataset import find

    try:
        if find(Path.cwd()) == dataset.folder:
            return ""
    except NotADataset:
        pass
    try:
        place = dataset.folder.relative_to(Path.cwd())
    except ValueError:
        place = dataset.folder
    shown = output.safe(place)
    return f" -d {shown if shlex.quote(shown) == shown else output.quoted(shown)}"
