"""Export: a version goes out in a format that comes back in; what the format cannot hold is said."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa

from trainset import registry
from trainset.contracts import Plugin
from trainset.errors import BadSource, DamagedDataset, TargetExists, TrainsetError, UnknownName
from trainset.formats import _json
from trainset.model import SPLIT_SPELLINGS, Source
from trainset.store import ids, log
from trainset.store.dataset import Dataset
from trainset.store.durable import TEMPORARY, storage_full_is_clear, sync_folder
from trainset.store.query import QueryTable
from trainset.store.schema import EXPORTED
from trainset.work.card import card as data_card
from trainset.work.card import check_card
from trainset.work.card import write as write_card
from trainset.work.export_vectors import with_embeddings
from trainset.work.media import read_media
from trainset.work.selection import Selection, opened

_ROWS = 2_000
_BYTES = 32 * 2**20  # of media in one batch: memory stays bounded however large the files are
_DETAILS = ("source", "path", "text", "content", "split", "split_given", "contributor", "meta")
_NAMED = 20
CARD = "data_card"


@dataclass(frozen=True)
class ExportReport:
    """What went out: `samples` written of `selected`; `lost` says what the format could not hold, `failed` names samples whose
    media are gone or changed, `warnings` what the reader of the file should know."""

    target: str
    format: str
    at: int
    selected: int
    samples: int
    lost: tuple[str, ...]
    warnings: tuple[str, ...]
    failed: tuple[str, ...]
    failed_count: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def export(
    dataset: Dataset,
    target: str | os.PathLike[str],
    *,
    format: str = "",
    at: str | int | None = None,
    where: str = "",
    settings: Mapping[str, Any] | None = None,
    card: bool = True,
    progress: Callable[[int], None] | None = None,
) -> ExportReport:
    """Writes the samples of a version (excluded ones left out) to `target`, which must not exist yet, and its data card with them
    (`card`): in a folder as `data_card.html` and `data_card.md`, beside a file as `NAME-card.html` and `NAME-card.md`.

    `format`: class_folders, split_class_folders, speech_commands, csv, jsonl, huggingface_parquet, projector; by default what the target's name
    says. The target appears when it
    is complete. Raises `TargetExists`, `UnknownName`, `StorageFull`, and `Gone` or `Unsafe` when not one of the files can be read.
    """
    place = Path(target)
    plugin = registry.plugin("format", format or by_name(place))
    if not hasattr(plugin.target, "write"):
        raise UnknownName(f"the format {plugin.name} is for import only", expected=", ".join(_writers()))
    with storage_full_is_clear(place):
        _require_free(place)
    for key in settings or {}:
        if key not in plugin.settings_of("write"):
            raise UnknownName(
                f"the format {plugin.name} has no setting {key!r}",
                expected=", ".join(plugin.settings_of("write")) or "none",
            )
    position = log.position(dataset, at)
    table, conditions = opened(dataset, Selection(where=where), position)
    work = place.parent / f".{uuid4().hex}{TEMPORARY}"
    failed: list[TrainsetError] = []
    with table, storage_full_is_clear(place):
        selected = table.count(conditions)
        proposes = selected and not table.count([*conditions, "split is not null"])
        shows = bool(getattr(plugin.target, "vectors", False))  # asks for vectors and thumbnails in place of files
        media = bool((settings or {}).get("media", True)) and not shows
        work.mkdir(parents=True)
        try:
            batches = _batches(dataset, table, conditions, failed, media, progress or (lambda done: None))
            if shows:
                batches = with_embeddings(dataset, position, batches)
            losses = plugin.target().write(batches, work / place.name, **(settings or {}))
            if failed and not losses.samples:
                raise failed[0]
            cards: set[str] = set()
            if card:
                held = work / place.name
                beside = held / CARD if held.is_dir() else held.with_name(held.stem + "-card")
                written = write_card(data_card(dataset, position, problems=None, part=where), dataset, beside)
                cards = {written.page.name, written.text.name}
            ready = sorted(
                work.iterdir(), key=lambda path: path == work / place.name
            )  # the list last: it names the others
            for made in ready:
                if made.name in cards:
                    check_card(place.parent / made.name)
                else:
                    _require_free(place.parent / made.name)
            if place.is_dir():
                place.rmdir()  # it is empty
            for made in ready:
                try:
                    os.replace(made, place.parent / made.name)  # noqa: PTH105  # the tests' fault injection watches this name
                except OSError as error:
                    if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                        _require_free(place.parent / made.name)  # another export was first
                    raise
            sync_folder(place.parent)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return ExportReport(
        str(place),
        plugin.name,
        position,
        selected,
        losses.samples,
        losses.lost,
        (*losses.warnings, *([_NO_SPLIT] if proposes else []), *([] if selected else [_NOTHING])),
        tuple(f"{error.where}: {error.what}" for error in failed[:_NAMED]),
        len(failed),
    )


_NOTHING = "no sample is in this selection: what was written is empty"
_NO_SPLIT = "no sample has a split: where none has one, an import proposes them"


def _require_free(place: Path) -> None:
    """Raises `TargetExists` unless nothing, or an empty folder, is at this place."""
    if place.is_symlink() or (place.exists() and (not place.is_dir() or any(place.iterdir()))):
        raise TargetExists(
            "there is something at the target already, and nothing is written over",
            where=str(place),
            next="name a new place",
        )


def _batches(
    dataset: Dataset,
    table: QueryTable,
    conditions: tuple[str, ...],
    failed: list[TrainsetError],
    media: bool,
    progress: Callable[[int], None],
) -> Iterator[pa.RecordBatch]:
    rows = table.select(["id", "label", "split", "part", "row"], conditions)
    for start in range(0, rows.num_rows, _ROWS):
        some = rows.slice(start, _ROWS)
        details = table.details(some, _DETAILS)
        held: list[dict[str, Any]] = []
        size = 0
        for state, row in zip(some.to_pylist(), details.to_pylist(), strict=True):
            try:
                data = _media(dataset, table.replay.sources, row) if media and row["path"] is not None else None
            except TrainsetError as error:
                failed.append(error)
                continue
            # the source's spelling, unless only this source's import knows what it means
            given = row["split_given"] or ""
            spelled = (
                given if state["split"] and SPLIT_SPELLINGS.get(given.lower()) == state["split"] else state["split"]
            )
            held.append(
                {
                    "id": state["id"].hex(),
                    "name": row["path"].rsplit("/", 1)[-1] if row["path"] is not None else None,
                    "path": row["path"],
                    "media": data,
                    "text": row["text"] if row["path"] is None else None,
                    "label": state["label"],
                    "split": spelled,
                    "contributor": row["contributor"],
                    "meta": _meta(row["meta"], state["id"]),
                }
            )
            size += len(data or b"")
            if size >= _BYTES:
                yield pa.RecordBatch.from_pylist(held, schema=EXPORTED)
                held, size = [], 0
        if held:
            yield pa.RecordBatch.from_pylist(held, schema=EXPORTED)
        progress(some.num_rows)


def _meta(meta: str | None, identifier: bytes) -> str | None:
    """The metadata of a sample, if they are what they must be. Raises `DamagedDataset`."""
    if meta is None:
        return None
    try:
        fine = isinstance(_json.loads(meta)[0], dict)
    except _json.BadJson:
        fine = False
    if not fine:
        raise DamagedDataset(
            "the metadata of a sample are no JSON object",
            where=ids.shown(identifier),
            got=meta[:80],
            next="import its source again",
        )
    return meta


def _media(dataset: Dataset, sources: Mapping[str, Source], row: dict[str, Any]) -> bytes:
    return read_media(dataset, sources, row["source"], row["path"], row["content"])


def by_name(place: Path) -> str:
    """The format that the name of a target means: by its suffix, else split/class folders. Raises `BadSource`."""
    for name, plugin in _writers().items():
        if place.suffix.lower() in plugin.facts["suffixes"]:
            return name
    if place.suffix:
        raise BadSource(
            "this target's name does not say which format is meant",
            where=str(place),
            next=f"--format {'|'.join(_writers())}",
        )
    return "split_class_folders"


def _writers() -> dict[str, Plugin]:
    return {name: plugin for name, plugin in registry.plugins("format").items() if hasattr(plugin.target, "write")}
