"""init, import, look, status, sources: what is there."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trainset.cli import output, play, reports
from trainset.cli.options import As, AsJson, At, Check, DatasetDir, Ids, Where, Why, opened, pairs, watched
from trainset.errors import BadValue, NotADataset, TrainsetError

if TYPE_CHECKING:
    from trainset.work.import_report import ImportReport
    from trainset.work.look import Samples
    from trainset.work.workbench import Workbench


Mapping = Annotated[
    list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="A list's columns: --map text=utterance.")
]
Folders = Annotated[str, typer.Option(help="What folders mean: labels, splits, splits/labels, none.")]
AllowRoot = Annotated[
    list[Path] | None, typer.Option(metavar="DIR", help="A folder outside the source that its paths may lead to.")
]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the format.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the outcome of every file and row as CSV.")]
Number = Annotated[int, typer.Option("-n", min=1, help="How many.")]
Seed = Annotated[int, typer.Option(help="Another seed, another draw.")]


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
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder, a list (CSV, TSV, JSONL, text), an archive or Parquet.")
    ],
    dataset: DatasetDir = None,
    name: Annotated[str, typer.Option(help="The source's name; by default the folder's or file's.")] = "",
    format: Annotated[str, typer.Option(help="The layout, when it is not the one detected.")] = "",
    mapping: Mapping = None,
    folders: Folders = "",
    map_split: Annotated[
        list[str] | None, typer.Option(metavar="THEIRS=OURS", help="A split's name: --map-split extra=train.")
    ] = None,
    allow_root: AllowRoot = None,
    settings: Settings = None,
    report: Report = None,
    rehash: Annotated[bool, typer.Option(help="Read files again whose size and times are as before.")] = False,
    why: Why = "",
    person: As = "",
    json: AsJson = False,
) -> int:
    """Import a folder, a list or an archive of them; a second import adds only what is new."""
    with _made(source, dataset) as opened_dataset:
        result = _import(
            opened_dataset, source, json, name=name, format=format, allow_roots=[str(root) for root in allow_root or []],
            split_names=pairs(map_split, "--map-split"), settings=_settings(source, format, settings, mapping, folders), report=report,
            rehash=rehash, reason=why, person=person,
        )  # fmt: skip
        if json:
            output.document({"dataset": str(opened_dataset.folder), **result.as_dict()})
        else:
            reports.print_import(opened_dataset, result)
            if not result.nothing:
                output.line(f"next: trainset look{reports.where_flag(opened_dataset)}")
        return 3 if result.nothing else 0


def look(
    samples: Ids = None,
    dataset: DatasetDir = None,
    where: Where = "",
    check: Check = "",
    label: Annotated[str | None, typer.Option(help="Of this class; an empty text: without label.")] = None,
    split: Annotated[str | None, typer.Option(help="Of this split; an empty text: without split.")] = None,
    source: Annotated[str | None, typer.Option(help="Of this source.")] = None,
    sort: Annotated[
        str, typer.Option(metavar="COLUMN", help="The first by this column instead of a draw; -COLUMN: largest first.")
    ] = "",
    number: Number = 12,
    seed: Seed = 0,
    at: At = None,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Write their files into a new folder.")] = None,
    play: Annotated[bool, typer.Option(help="Play recordings, where the machine has a player.")] = False,
    json: AsJson = False,
) -> None:
    """Draw samples at random and show them; notes on them are shown too."""
    with opened(dataset) as found:
        drawn = found.look(
            samples or [],
            where=where,
            check=check,
            label=label,
            split=split,
            source=source,
            sort=sort,
            n=number,
            seed=seed,
            at=at,
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
            nothing = "" if drawn.total or not check else reports.nothing_flagged(found, check, at)
            reports.print_samples(found, drawn, _how(sort, check, seed), nothing)
            for trouble in troubles:
                output.line(f"not saved: {output.safe(trouble)}")
            if save is not None:
                output.line(f"saved {len(drawn) - len(troubles)} files in {output.safe(save)}")
        if play:
            _play(drawn)


def _how(sort: str, check: str, seed: int) -> str:
    if sort:
        return "in the order of " + sort
    return f"flagged by {check}, the worst first" if check else f"at random (seed {seed})"


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
            reports.print_status(result)


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


def start(
    source: Path,
    dataset: DatasetDir = None,
    mapping: Mapping = None,
    folders: Folders = "",
    allow_root: AllowRoot = None,
    settings: Settings = None,
    report: Report = None,
    number: Number = 12,
    seed: Seed = 0,
    json: AsJson = False,
) -> int:
    """Init, import, look and status in one: what `trainset ./photos` runs."""
    with _made(source, dataset, beside=True) as found:
        chosen = _settings(source, "", settings, mapping, folders)
        result = _import(
            found, source, json, settings=chosen, allow_roots=[str(root) for root in allow_root or []], report=report
        )
        drawn = found.look(n=number, seed=seed) if not result.nothing else None
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
        reports.print_import(found, result)
        if drawn is None:
            return 3
        output.line()
        reports.print_samples(found, drawn, f"at random (seed {seed})")
        output.line()
        reports.print_status(found.status())
        place = reports.where_flag(found)
        output.line()
        output.line(
            f"next: trainset look --label CLASS{place}; trainset label CLASS ID{place}; trainset version v1{place}"
        )
        return 0


COMMANDS = (init, import_, look, status, sources)


def _made(source: Path, dataset: Path | None, *, beside: bool = False) -> Workbench:
    """The dataset to import into: the one named, else the one stood in, else the one named after the source.

    The only dataset beside is taken if it is empty or knows this source; else samples of another kind would end up in it
    because somebody forgot to name one.
    """
    from trainset.store.dataset import SUFFIX, find
    from trainset.work import workbench

    if not os.path.exists(source):  # noqa: PTH110  # false, not an error, for what cannot be a path
        raise BadValue("there is nothing at this place", where=str(source), expected="a folder or a file to import")
    if dataset is not None:
        return watched(workbench.init(dataset))
    own = Path.cwd() / f"{source.resolve().name}{SUFFIX}"
    if not beside and not own.exists():
        with contextlib.suppress(NotADataset):
            found = find(Path.cwd())
            opened = watched(workbench.open(found))
            if found.parent != Path.cwd() or not opened.sources() or _knows(opened, source):
                return opened
            opened.close()
            output.note(f"making {own.name}; to add to {found.name} instead: -d {found.name}")
    return watched(workbench.init(own))


def _knows(dataset: Workbench, source: Path) -> bool:
    from trainset.work.unpack import known_as

    root = os.path.realpath(source if source.is_dir() else source.parent)
    return bool(known_as(dataset, source)) or any(
        other.root == root and (source.is_dir() or other.name == source.resolve().name) for other in dataset.sources()
    )


def _settings(
    source: Path, format: str, settings: list[str] | None, mapping: list[str] | None, folders: str
) -> dict[str, Any]:
    from trainset.work.import_ import plugins_for

    plugins = plugins_for(source, format)
    found = {name.rsplit(".", 1)[-1]: value for name, value in pairs(settings, "--set").items()}
    if mapping:
        found["map"] = ",".join(mapping)
    if folders:
        found["folders"] = folders
    known = {name: setting for plugin in plugins for name, setting in plugin.settings.items()}
    return {name: known[name].parse(value) if name in known else value for name, value in found.items()}


def _import(dataset: Workbench, source: Path, quiet: bool, **how: Any) -> ImportReport:
    def waiting() -> None:
        if not quiet:
            print("another import is running on this dataset: waiting for it", file=sys.stderr)

    with output.stages(f"unpack {source.name}", f"import {source.name}", quiet=quiet) as (unpacking, count):
        return dataset.import_(source, progress=count, unpacking=unpacking, waiting=waiting, **how)


def _play(drawn: Samples) -> None:
    if drawn.dataset.medium != "audio":
        raise BadValue("only recordings can be played", got=drawn.dataset.medium)
    player = play.player()
    for number, row in enumerate(drawn.rows()):
        output.line(f"{row['id'][:12]} {output.safe(row['label'] or 'no label')}")
        try:
            data = drawn.media(number)
        except TrainsetError as error:
            output.error(str(error))
            continue
        with play.playing(player, row["path"], data) as sound:
            sound.wait()
