"""The folder of a dataset: finding it, making it, opening it."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from trainset.errors import BadValue, DamagedDataset, NotADataset
from trainset.model import MEDIA
from trainset.store import durable, people

if TYPE_CHECKING:
    from trainset.store.kept import KeptTable

SETTINGS = "trainset.toml"
FORMAT = 1
SUFFIX = ".trainset"
_LONGEST = 100_000  # bytes of the settings file

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ncpfs",
    "fuse.sshfs",
    "fuse.s3fs",
    "fuse.gcsfuse",
    "fuse.rclone",
}


class Dataset:
    """An open dataset: where its files are, its medium, and the database of what people did.

    The verbs are functions in `trainset.work` that take it as their first argument.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the dataset in `folder`. Runs nothing from it. Raises `NotADataset` or `DamagedDataset`."""
        self.folder = folder.resolve()
        self._settings = _read_settings(self.folder)
        if not (self.folder / "people.db").is_file() or (self.folder / "people.db").is_symlink():
            raise DamagedDataset(
                "people.db is missing: what people did here is gone",
                where=str(self.folder),
                next="restore it from a backup",
            )
        refuse_network(self.folder)
        self.people = people.People(self.folder / "people.db")
        self.leaving: Callable[[Any], None] | None = None
        """What is to be looked at before it is closed, by whoever opened it."""
        self.kept: KeptTable | None = None
        """The table that answers questions about now, where one is kept open for many of them."""

    @property
    def medium(self) -> str:
        """image, audio or text; empty until the first import decides it."""
        return str(self._settings.get("medium", ""))

    def set_medium(self, medium: str) -> None:
        """Decides the medium, once. Raises `BadValue` when it is another one already."""
        if self.medium and self.medium != medium:
            raise BadValue(
                f"this dataset holds {self.medium}, and a dataset holds one medium", where=str(self.folder), got=medium,
                next="import it into another dataset with -d",
            )  # fmt: skip
        if not self.medium:
            _write_settings(self.folder, medium)
            self._settings = _read_settings(self.folder)

    def reread(self) -> None:
        """Takes in what another process decided: the medium, by a first import."""
        self._settings = _read_settings(self.folder)

    def place(self, *parts: str) -> Path:
        """A path inside the dataset's folder. Raises `DamagedDataset` when a link or a device is in its way."""
        place = self.folder
        for number, part in enumerate(parts, 1):
            if part in ("", ".", "..") or "/" in part or "\0" in part:
                raise DamagedDataset("this is no name of a file in a dataset", where=str(place), got=repr(part)[:80])
            place = place / part
            try:
                mode = place.lstat().st_mode
            except OSError:
                continue
            if not stat.S_ISDIR(mode) and not (stat.S_ISREG(mode) and number == len(parts)):
                raise DamagedDataset(
                    "a link, device or other thing stands where the dataset keeps its own files", where=str(place),
                    next="put the file or folder itself there: a dataset reaches nothing outside its folder",
                )  # fmt: skip
        return place

    @contextlib.contextmanager
    def one_at_a_time(self, what: str, waiting: object = None) -> Iterator[None]:
        """Holds the lock `what` against other processes (freed by the system when the process dies).

        `waiting` is called once, without arguments, when another process holds it.
        """
        path = self.place("cache", f"{what}.lock")
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as file:
            try:
                import fcntl
            except ImportError:  # no advisory locks on this system: two importers may do the same work twice, no more
                yield
                return
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if callable(waiting):
                    waiting()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def close(self) -> None:
        """Ends the writing thread and closes the files."""
        leaving, self.leaving = self.leaving, None
        try:
            if leaving is not None:
                leaving(self)
        finally:
            self.people.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.folder.name} ({self.medium or 'empty'})>"


def create(folder: Path, medium: str = "") -> None:
    """Makes an empty dataset, in steps that a crash cannot leave half done: the settings file, written last, makes it one.

    Raises `BadValue` when the folder is in use for something else, `StorageFull` when the disk is full.
    """
    if (folder / SETTINGS).exists():
        return
    if medium and medium not in MEDIA:
        raise BadValue("unknown medium", expected=", ".join(MEDIA), got=medium)
    if folder.is_file() or (folder.is_dir() and any(_foreign(folder))):
        raise BadValue(
            "a dataset needs a folder of its own, and this one holds other things", where=str(folder),
            got=", ".join(sorted(_foreign(folder))[:3]) if folder.is_dir() else "a file", next="choose another folder",
        )  # fmt: skip
    with durable.storage_full_is_clear(folder):
        folder.mkdir(parents=True, exist_ok=True)
        refuse_network(folder)
        durable.remove_leftovers(folder)
        for name in ("samples", "measures", "outcomes", "blobs", "cache"):
            (folder / name).mkdir(exist_ok=True)
    if not (folder / "people.db").exists():
        people.create(folder / "people.db")
    _write_settings(folder, medium)


def find(start: Path) -> Path:
    """The dataset one stands in: `start`, a parent of it, or the only `*.trainset` folder in it.

    Raises `NotADataset` with what to do.
    """
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file():
            return folder
    here = sorted(folder for folder in start.glob(f"*{SUFFIX}") if (folder / SETTINGS).is_file())
    if len(here) == 1:
        return here[0]
    if here:
        raise NotADataset(
            "there are several datasets here", where=str(start), got=", ".join(folder.name for folder in here),
            next=f"name one: -d {here[0].name}",
        )  # fmt: skip
    raise NotADataset(
        "there is no dataset here", where=str(start), next="name one with -d DIR, or make one: trainset import SOURCE"
    )


def refuse_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> None:
    """Refuses a folder on a network file system, where SQLite's shared log cannot work. `mounts`: the system's table."""
    if not mounts.exists():
        return
    best, kind = "", ""
    real = os.path.realpath(folder)
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, found, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, found
    if kind in _NETWORK:
        raise BadValue(
            "a dataset cannot live on a network folder: its log needs locks that such folders do not keep",
            where=str(folder), got=f"a folder of type {kind}", next="put the dataset on a local disk; its sources may stay where they are",
        )  # fmt: skip


def _read_settings(folder: Path) -> dict[str, object]:
    path = folder / SETTINGS
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise ValueError("it is no regular file but a link or device")
        with path.open("rb") as file:
            settings = tomllib.loads(file.read(_LONGEST).decode())
    except FileNotFoundError:
        raise NotADataset(
            "this folder is no dataset",
            where=str(folder),
            expected=f"a file {SETTINGS} in it",
            next="trainset import SOURCE -d DIR",
        ) from None
    except (ValueError, RecursionError, OSError) as error:
        raise DamagedDataset(f"{SETTINGS} cannot be read", where=str(path), got=str(error)[:200]) from error
    allowed = {"format", "medium"}
    if unknown := sorted(set(settings) - allowed):
        raise DamagedDataset(
            f"{SETTINGS} has a setting that this version does not know or does not take from a dataset's own folder",
            where=str(path), expected=", ".join(sorted(allowed)), got=unknown[0][:80],
        )  # fmt: skip
    if settings.get("format") != FORMAT:
        raise DamagedDataset(
            "this dataset has another format", where=str(path), expected=str(FORMAT), got=repr(settings.get("format")),
            next="pip install --upgrade trainset",
        )  # fmt: skip
    if settings.get("medium", "") not in ("", *MEDIA):
        raise DamagedDataset("unknown medium", where=str(path), expected=", ".join(MEDIA), got=repr(settings["medium"]))
    return settings


def _write_settings(folder: Path, medium: str) -> None:
    lines = ["# A trainset dataset. See `trainset status`.", f"format = {FORMAT}"]
    if medium:
        lines.append(f"medium = {json.dumps(medium)}")
    with durable.whole_file(folder / SETTINGS) as file:
        file.write(("\n".join(lines) + "\n").encode())


def _foreign(folder: Path) -> Iterator[str]:
    ours = {
        SETTINGS,
        "samples",
        "measures",
        "embeddings",
        "predictions",
        "outcomes",
        "blobs",
        "media",
        "cache",
        "people.db",
        "people.db-wal",
        "people.db-shm",
    }
    for entry in folder.iterdir():
        if entry.name not in ours and not (entry.name.startswith(".") and durable.TEMPORARY in entry.name):
            yield entry.name
