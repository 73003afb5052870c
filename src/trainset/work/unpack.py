"""Unpack: an archive becomes files inside the dataset, once, which are then read as any folder or list."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainset import registry
from trainset.contracts import Outcomes, Plugin
from trainset.errors import BadSource, BadValue
from trainset.formats import _names
from trainset.formats._walk import plain_files
from trainset.store import own_media, paths, unpacked
from trainset.store.dataset import Dataset
from trainset.store.durable import storage_full_is_clear
from trainset.store.replay import replay
from trainset.store.unpacked import Record

_PIECE = 2**20


@dataclass(frozen=True)
class Opened:
    """What to read in place of the archive, with which format and settings.

    plugin: the format that unpacked it. tell: says what became of the members that are no files there. empty: nothing could be
    unpacked, so nothing is to be read, and the place may not be there.
    """

    place: Path
    plugin: str
    tell: Callable[[Outcomes], None]
    format: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    empty: bool = False

    def read_as(self, reader: str) -> str:
        """What the source is, for people: `reader` says nothing where the archive itself says how it is read."""
        return self.plugin if self.empty or self.format else f"{self.plugin} of {reader}"


def unpacker(place: Path, format: str = "") -> Plugin | None:
    """The format that unpacks such a source; none when it is read where it is."""
    known = registry.plugins("format").values()
    for plugin in (found for found in known if hasattr(found.target, "unpack")):
        if plugin.name == format.replace("-", "_"):
            return plugin
        fits = getattr(plugin.target, "fits", None)
        if place.is_dir() and not format and fits is not None and fits(place):
            return plugin
        if place.is_file() and place.suffix.lower() in plugin.facts["suffixes"]:
            return plugin
    return None


def known_as(dataset: Dataset, place: Path) -> str:
    """The name of the source that was unpacked from this very archive; empty when there is none."""
    real = os.path.realpath(place)
    found = (unpacked.load(dataset, folder) for folder in unpacked.folders(dataset))
    return next((record.source for record in found if record is not None and record.packed == real), "")


def default_name(place: Path) -> str:
    """An archive's source is called as the folder or list in it would be."""
    from trainset.formats.archive import stem

    return stem(place.resolve().name)


@contextmanager
def opened(
    dataset: Dataset, place: Path, plugin: Plugin, name: str, settings: Mapping[str, Any], *, named: bool, rehash: bool,
    progress: Callable[[int], None],
) -> Iterator[Opened]:  # fmt: skip
    """Unpacks the archive, unless it is unpacked already. `named`: whether a person gave the source its name. `progress`: called
    with how many more members or rows are unpacked.

    Raises `BadValue` when the dataset has another source of that name, `BadSource` when the archive changes meanwhile.
    """
    folder, real = _names.safe_name(name), os.path.realpath(place)
    _check_name(dataset, name, folder, place)
    record = unpacked.load(dataset, folder)
    files = _files(place)
    digest = ""
    if record is not None and record.plugin == plugin.name:
        settings = {**record.limits, **settings}
        if record.files != files or record.packed != real:
            digest = _digest(place, files)
            if record.packed != real and record.digest != digest and not named:
                raise BadValue(
                    f"this dataset has a source {name!r} already, and it is another archive", where=str(place), got=record.packed,
                    next=f"if this is a newer one of the same: --name {name!r}; else give it a name of its own with --name",
                )  # fmt: skip
        same = digest == record.digest if digest else True
        if same and not rehash and record.limits == settings:
            yield _as_it_is(dataset, folder, record)
            return
    digest = digest or _digest(place, files)
    with unpacked.Making(dataset, folder, progress) as making:
        with storage_full_is_clear(making.files):
            found = plugin.target().unpack(place, making.files, making.outcomes, **settings)
        if _files(place) != files:
            raise BadSource("this archive was changed while it was read", where=str(place), next="import it again")
        if not any(making.files.iterdir()):
            yield Opened(unpacked.place(dataset, folder), plugin.name, making.tell, empty=True)
            return
        record = Record(name, real, files, digest, plugin.name, settings, found.path, found.format, found.settings)
        making.keep(record)
    yield _as_it_is(dataset, folder, record)


def _as_it_is(dataset: Dataset, folder: str, record: Record) -> Opened:
    place = unpacked.within(dataset, folder, record.path)
    told = lambda outcomes: unpacked.tell(dataset, folder, outcomes)  # noqa: E731
    return Opened(place, record.plugin, told, record.format, record.settings)


def _check_name(dataset: Dataset, name: str, folder: str, place: Path) -> None:
    earlier = replay(dataset).sources.get(name)
    inside = f"{dataset.folder}/{own_media.UNPACKED}/{folder}/"
    if earlier is not None and not earlier.root.startswith(inside):
        raise BadValue(
            f"this dataset has a source {name!r} already, and it is a folder", where=str(place), got=earlier.root,
            next="give this archive a name of its own with --name",
        )  # fmt: skip


def _files(place: Path) -> tuple[tuple[str, int, int], ...]:
    """What the archive is made of: itself, or the files of a folder."""
    found = sorted(Path(path) for path in plain_files(place)) if place.is_dir() else [place]
    facts = [(paths.from_local(str(path.relative_to(place))) if path != place else "", path.stat()) for path in found]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in facts)


def _digest(place: Path, files: tuple[tuple[str, int, int], ...]) -> str:
    total = hashlib.blake2b(digest_size=16)
    for name, size, _ in files:
        total.update(f"{name}\0{size}\0".encode("utf-8", "surrogatepass"))
        with (place / paths.local(name) if name else place).open("rb") as file:
            while piece := file.read(_PIECE):
                total.update(piece)
    return total.hexdigest()
