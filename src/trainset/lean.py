"""What keeps short processes short: pandas left out, modules run when they are used, and fewer rounds of the garbage collector.

Arrow imports pandas, where it is installed, the first time it makes an array: half a second and 60 MB for every command and every
worker process.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


class _NoPandas:
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process", name=name)
        return None


_OBJECTS = 50_000
"""New objects between two rounds of the collector. At its own 700 an import of the libraries alone sets off hundreds."""


def collect_rarely() -> None:
    """For a process of our own: a tenth of its start and of many small decodings is saved, and the tenth of a second in which it
    would look through all objects at its end, where the system takes all memory back at once."""
    gc.set_threshold(_OBJECTS, 20, 20)
    atexit.register(gc.freeze)


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, unless it is imported already."""
    if not any(isinstance(finder, _NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NoPandas())


class _WhenUsed:
    """Finds modules of a package so that they run at the first access to one of their names."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name.startswith(f"{self._package}.") else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextlib.contextmanager
def run_when_used(package: str) -> Iterator[None]:
    """Modules of `package` that are first imported inside run when one of their names is first asked for."""
    finder = _WhenUsed(package)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
