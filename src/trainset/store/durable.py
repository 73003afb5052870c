"""Writing files so that after a crash they are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from trainset.errors import BadValue, StorageFull

TEMPORARY = ".tmp"
_NOT_WRITABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENOENT, errno.ELOOP,
)  # fmt: skip


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that appears under its name only when it is complete and on disk.

    Temporary name, fsync, rename, fsync of the folder. Raises `StorageFull` when the disk is, leaving nothing behind.
    """
    temporary = path.with_name(f".{uuid4().hex}{TEMPORARY}")
    try:
        with storage_full_is_clear(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105  # the tests' fault injection watches this name
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def storage_full_is_clear(path: Path) -> Iterator[None]:
    """Turns the operating system's "no space left" into `StorageFull`, and a place that cannot be written into `BadValue`."""
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_WRITABLE:
            raise BadValue(
                "this place cannot be written", where=str(error.filename2 or error.filename or path), got=os.strerror(error.errno),
                next="change its permissions or what stands there, or name another place",
            ) from error  # fmt: skip
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise StorageFull(
            "the disk is full", where=str(path.parent), got=os.strerror(error.errno),
            next="free some space and run the same command again: nothing acknowledged is lost, nothing half-written is kept",
        ) from error  # fmt: skip


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Deletes the temporary files of writers that were killed: those so old that nobody can be writing them any more."""
    for leftover in folder.glob(f".*{TEMPORARY}"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > _ABANDONED:
                leftover.unlink()


_ABANDONED = 3600.0
"""Seconds since the last write to a temporary file after which its writer is gone."""
