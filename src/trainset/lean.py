"""Keeps pandas out of processes that never show a data frame.

Arrow imports pandas, where it is installed, the first time it makes an array: half a second and 60 MB for every command and every
worker process.
"""

from __future__ import annotations

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


def leave_pandas_out() -> None:
    """From now on `import pandas` fails in this process, unless it is imported already."""
    if not any(isinstance(finder, _NoPandas) for finder in sys.meta_path):
        sys.meta_path.insert(0, _NoPandas())
