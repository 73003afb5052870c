"""What keeps short processes short: pandas left out, and fewer rounds of the garbage collector.

Arrow imports pandas, where it is installed, the first time it makes an array: half a second and 60 MB for every command and every
worker process.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
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
    """For a process of our own: a tenth of its start and of many small decodings is saved."""
    gc.set_threshold(_OBJECTS, 20, 20)


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, unless it is imported already."""
    if not any(isinstance(finder, _NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NoPandas())
