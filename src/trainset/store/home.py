"""The user's own settings, kept outside every dataset: which folders a dataset may read media from, and which commands were typed for it.

A dataset is data: one made by a stranger may name `/home/you/.ssh` as its source. So a root outside the dataset's folder
counts only if the person at this machine named it, by importing from it or with `trainset sources NAME --root DIR`.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from trainset.errors import Unsafe
from trainset.store.durable import whole_file


def settings_folder() -> Path:
    """`$TRAINSET_HOME`, else `$XDG_CONFIG_HOME/trainset`, else `~/.config/trainset`."""
    if own := os.environ.get("TRAINSET_HOME"):
        return Path(own)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "trainset"


def allow_root(dataset: Path, root: str) -> None:
    """Remembers that this dataset may read from `root`: one small file per permission, so that no two writers clash.

    A root in its own folder needs none.
    """
    if is_allowed(dataset, root):
        return
    with whole_file(_permission(dataset, root)) as file:
        file.write(
            f"{os.path.realpath(dataset)}\nmay read from\n{os.path.realpath(root)}\n".encode("utf-8", "surrogateescape")
        )


def is_allowed(dataset: Path, root: str) -> bool:
    """Whether the user allowed this root, or it lies inside the dataset's own folder. A relative one never is: it would mean
    another place in every folder one stands in."""
    if not os.path.isabs(root):  # noqa: PTH117  # odd bytes stay as they are
        return False
    own, real = os.path.realpath(dataset), os.path.realpath(root)
    return real == own or real.startswith(own + "/") or _permission(dataset, root).exists()


def require_root(dataset: Path, source: str, root: str) -> None:
    """Raises `Unsafe` unless the root is allowed."""
    if not is_allowed(dataset, root):
        raise Unsafe(
            f"source {source!r} of this dataset is a folder that you have not allowed it to read",
            where=root,
            next=f"if you trust the dataset: trainset sources {source!r} --root DIR, with the folder that holds its media",
        )


def allow_command(dataset: Path, command: str) -> None:
    """Remembers that the person at this machine typed this command for this dataset."""
    with whole_file(_typed(dataset, command)) as file:
        file.write(f"{os.path.realpath(dataset)}\nmay run\n{command}\n".encode("utf-8", "surrogateescape"))


def is_typed(dataset: Path, command: str) -> bool:
    """Whether the person at this machine typed this very command for this dataset."""
    return _typed(dataset, command).exists()


def _permission(dataset: Path, root: str) -> Path:
    return _file("roots", os.path.realpath(dataset), os.path.realpath(root))


def _typed(dataset: Path, command: str) -> Path:
    return _file("commands", os.path.realpath(dataset), command)


def _file(kind: str, *words: str) -> Path:
    return (
        settings_folder()
        / kind
        / hashlib.blake2b("\0".join(words).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    )
