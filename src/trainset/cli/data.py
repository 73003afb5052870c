"""init, import, look, status, sources: what is there."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainset.cli import output
from trainset.cli.options import As, AsJson, At, DatasetDir, Ids, Where, Why, opened, pairs
from trainset.errors import BadValue, NotADataset, TrainsetError

if TYPE_CHECKING:
    from trainset.work.import_ import ImportReport
    from trainset.work.look import Samples
    from trainset.work.status import Status
    from trainset.work.workbench import Workbench

_NAMED = 10


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the dataset is made.")],
    medium: Annotated[str, typer.Option(help="image, audio or text; by default the first import decides.")] = "",
    json: AsJson = False,
) -> None:
    """Make an empty dataset."""
    from trainset.work import workbench

    with workbench.init(folder, medium) as dataset:
        if json:
            output.document({"dataset": str(dataset.folder), "medium": dataset.medium})
        else:
            output.line(f"made {output.safe(dataset.folder)}")
            output.line(f"next: trainset import SOURCE -d {output.safe(folder)}")


def import_(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A folder, or a CSV, TSV, JSONL or text file.")],
    dataset: DatasetDir = None,
    name: Annotated[str, typer.Option(help="The source's name; by default the folder's or file's.")] = "",
    format: Annotated[str, typer.Option(help="The layout, when it is not the one detected.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="A list's columns: --map text=utterance.")
    ] = None,
    folders: Annotated[str, typer.Option(help="What folders mean: labels, splits, splits/labels, none.")] = "",
    map_split: Annotated[
        list[str] | None, typer.Option(metavar="THEIRS=OURS", help="A split's name: --map-split extra=train.")
    ] = None,
    allow_root: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="A folder outside the source that its paths may lead to.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the format.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the outcome of every file and row as CSV.")
    ] = None,
    rehash: Annotated[bool, typer.Option(help="Read files again whose size and times are as before.")] = False,
    why: Why = "",
    person: As = "",
    json: AsJson = False,
) -> int:
    """Import a folder or a list; a second import adds only what is new."""
    with _made(source, dataset) as opened_dataset:
        result = _import(
            opened_dataset, source, json, name=name, format=format, allow_roots=[str(root) for root in allow_root or []],
            split_names=pairs(map_split, "--map-split"), settings=_settings(source, format, settings, mapping, folders), report=report,
            rehash=rehash, reason=why, person=person,
        )  # fmt: skip
        if json:
            output.document({"dataset": str(opened_dataset.folder), **result.as_dict()})
        else:
            _print_import(opened_dataset, result)
            if not result.nothing:
                output.line(f"next: trainset look{_suffix(opened_dataset)}")
        return 3 if result.nothing else 0


def look(
    samples: Ids = None,
    dataset: DatasetDir = None,
    where: Where = "",
    label: Annotated[str | None, typer.Option(help="Of this class; an empty text: without label.")] = None,
    split: Annotated[str | None, typer.Option(help="Of this split; an empty text: without split.")] = None,
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    sort: Annotated[
        str, typer.Option(metavar="COLUMN", help="The first by this column instead of a draw; -COLUMN: largest first.")
    ] = "",
    number: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 12,
    seed: Annotated[int, typer.Option(help="Another seed, another draw.")] = 0,
    at: At = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Write their files into a new folder.")] = None,
    play: Annotated[bool, typer.Option(help="Play recordings, where the machine has a player.")] = False,
    json: AsJson = False,
) -> None:
    """Draw samples at random and show them; notes on them are shown too."""
    with opened(dataset) as found:
        drawn = found.look(
            samples or [], where=where, label=label, split=split, source=source, sort=sort, n=number, seed=seed, at=at
        )
        troubles = drawn.save(save) if save is not None else []
        if json:
            output.document(
                {
                    "total": drawn.total,
                    "samples": drawn.rows(),
                    "saved": str(save) if save else None,
                    "not_saved": troubles,
                }
            )
        else:
            _print_samples(found, drawn, "in the order of " + sort if sort else f"at random (seed {seed})")
            for trouble in troubles:
                output.line(f"not saved: {output.safe(trouble)}")
            if save is not None:
                output.line(f"saved {len(drawn) - len(troubles)} files in {output.safe(save)}")
        if play:
            _play(drawn)


def status(
    dataset: DatasetDir = None,
    at: At = None,
    disk: Annotated[bool, typer.Option(help="Compare the files on disk.")] = True,
    json: AsJson = False,
) -> None:
    """Counts by class and split, classes, versions, notes, what was computed, what changed on disk."""
    with opened(dataset) as found:
        result = found.status(at, disk=disk)
        if json:
            output.document(result.as_dict())
        else:
            _print_status(result)


def sources(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A source to point somewhere.")] = "",
    dataset: DatasetDir = None,
    root: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder that holds its media on this machine; allows reading there."),
    ] = None,
    person: As = "",
    json: AsJson = False,
) -> None:
    """Where samples came from; --root says where a source is on this machine and that you trust it."""
    with opened(dataset) as found:
        if name and root is None:
            raise BadValue("say where the source is", next=f"trainset sources {name!r} --root DIR")
        if name and root is not None:
            found.point_source(name, root, person=person)
        rows = found.status(disk=False).sources
        if json:
            output.document(list(rows))
        else:
            shown = [
                [row["name"], row["format"], f"{row['samples']:,}", row["root"], "yes" if row["allowed"] else "no"]
                for row in rows
            ]
            output.show(output.table(["source", "format", "samples", "folder", "may be read"], shown, right=(2,)))


def start(source: Path, dataset: DatasetDir = None, json: AsJson = False) -> int:
    """Init, import, look and status in one: what `trainset ./photos` runs."""
    with _made(source, dataset, beside=True) as found:
        result = _import(found, source, json)
        drawn = found.look() if not result.nothing else None
        if json:
            shown = found.status().as_dict()
            output.document(
                {
                    "dataset": str(found.folder),
                    "import": result.as_dict(),
                    "look": drawn.rows() if drawn else [],
                    "status": shown,
                }
            )
            return 3 if result.nothing else 0
        _print_import(found, result)
        if drawn is None:
            return 3
        output.line()
        _print_samples(found, drawn, "at random (seed 0)")
        output.line()
        _print_status(found.status())
        place = _suffix(found)
        output.line()
        output.line(
            f"next: trainset look --label CLASS{place}; trainset label CLASS ID{place}; trainset version v1{place}"
        )
        return 0


COMMANDS = (init, import_, look, status, sources)


def _made(source: Path, dataset: Path | None, *, beside: bool = False) -> Workbench:
    """The dataset to import into: the one named, else the one stood in, else a new one named after the source."""
    from trainset.store.dataset import SUFFIX, find
    from trainset.work import workbench

    if not source.exists():
        raise BadValue("there is nothing at this place", where=str(source), expected="a folder or a file to import")
    if dataset is not None:
        return workbench.init(dataset)
    if not beside:
        with contextlib.suppress(NotADataset):
            return workbench.open(find(Path.cwd()))
    return workbench.init(Path.cwd() / f"{source.resolve().name}{SUFFIX}")


def _settings(
    source: Path, format: str, settings: list[str] | None, mapping: list[str] | None, folders: str
) -> dict[str, Any]:
    from trainset.work.import_ import choose_format

    plugin = choose_format(source, format)
    found = {name.rsplit(".", 1)[-1]: value for name, value in pairs(settings, "--set").items()}
    if mapping:
        found["map"] = ",".join(mapping)
    if folders:
        found["folders"] = folders
    return {
        name: plugin.settings[name].parse(value) if name in plugin.settings else value for name, value in found.items()
    }


def _import(dataset: Workbench, source: Path, quiet: bool, **how: Any) -> ImportReport:
    def waiting() -> None:
        if not quiet:
            print("another import is running on this dataset: waiting for it", file=sys.stderr)

    with output.progress(f"import {source.name}", quiet=quiet) as count:
        return dataset.import_(source, progress=count, waiting=waiting, **how)


def _print_import(dataset: Workbench, result: ImportReport) -> None:
    files, rows = sum(result.files.values()), sum(result.rows.values())
    what = (
        " and ".join(text for text in (f"{files:,} files" if files else "", f"{rows:,} rows" if rows else "") if text)
        or "nothing"
    )
    rate = (rows or files) / max(result.seconds, 1e-9)
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
        output.line(f"  {result.duplicates:,} are exact copies of others in this source")
    if result.proposed_split and result.samples:
        output.line("  no splits in the source: proposed 80/10/10 by a hash that never moves a sample")
    if result.new_classes:
        output.line(f"  {len(result.new_classes):,} new classes: " + output.safe(", ".join(result.new_classes), 300))
    for bad in result.bad[:_NAMED]:
        place = bad["name"] if bad["row"] is None else f"{bad['name']} row {bad['row']}"
        output.line(f"  {bad['outcome']}: {output.safe(place, 120)}: {output.safe(bad['reason'], 400)}", style="yellow")
    if result.bad_count > _NAMED:
        output.line(f"  and {result.bad_count - _NAMED:,} more: --report FILE lists them all", style="yellow")
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


def _print_samples(dataset: Workbench, drawn: Samples, how: str) -> None:
    from trainset.cli import pictures

    if not len(drawn):
        output.line("no samples in this selection")
        return
    output.line(f"{len(drawn):,} of {drawn.total:,} samples, {how}")
    output.show(pictures.grid(drawn))
    shown = set(drawn.ids)
    for note in dataset.notes():
        if note.sample in shown:
            output.line(f"note on {note.sample} by {output.safe(note.person)}: {output.safe(note.text, 300)}")


def _print_status(result: Status) -> None:
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
    computed = [f"{name} {n:,}" for name, n in result.computed.items() if n]
    if computed:
        output.line("computed: " + ", ".join(computed))
    for note in result.notes[-5:]:
        about = note.sample or (f"class {note.label}" if note.label else "dataset")
        output.line(f"note on {output.safe(about)} by {output.safe(note.person)}: {output.safe(note.text, 200)}")
    for found in result.on_disk:
        if found.missing or found.changed or found.note:
            output.line(
                f"on disk: {output.safe(found.source)}: {found.missing:,} missing, {found.changed:,} changed since the import. "
                f"{output.safe(found.note)} {output.safe(', '.join(found.names[:3]), 200)}".rstrip(), style="yellow",
            )  # fmt: skip
        else:
            output.line(f"on disk: {output.safe(found.source)}: all {found.compared:,} files are as they were")


def _bar(share: float) -> Any:
    from rich.text import Text

    return Text(output.bar(share), style="cyan", no_wrap=True)


def _suffix(dataset: Workbench) -> str:
    """What to add to a command so that it finds this dataset from here."""
    from trainset.store.dataset import find

    try:
        if find(Path.cwd()) == dataset.folder:
            return ""
    except NotADataset:
        pass
    try:
        return f" -d {output.safe(dataset.folder.relative_to(Path.cwd()))}"
    except ValueError:
        return f" -d {output.safe(dataset.folder)}"


def _play(drawn: Samples) -> None:
    player = next(
        (found for name in ("pw-play", "paplay", "aplay", "afplay", "ffplay", "play") if (found := shutil.which(name))),
        None,
    )
    if drawn.dataset.medium != "audio":
        raise BadValue("only recordings can be played", got=drawn.dataset.medium)
    if player is None:
        raise BadValue(
            "no player was found on this machine", expected="one of pw-play, paplay, aplay, afplay, ffplay, play"
        )
    for number, row in enumerate(drawn.rows()):
        output.line(f"{row['id'][:12]} {output.safe(row['label'] or 'no label')}")
        with tempfile.NamedTemporaryFile(suffix=Path(row["path"] or "x.wav").suffix) as file:
            try:
                file.write(drawn.media(number))
            except TrainsetError as error:
                output.error(str(error))
                continue
            file.flush()
            quiet = ["-nodisp", "-autoexit", "-loglevel", "error"] if player.endswith("ffplay") else []
            subprocess.run([player, *quiet, file.name], check=False)  # noqa: S603  # a player of this machine, a file we made
