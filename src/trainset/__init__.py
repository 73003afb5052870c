"""trainset: the workbench for training data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainset.cli.run_report import shown
    from trainset.errors import TrainsetError
    from trainset.work.workbench import Workbench, init, open

__version__ = "0.1.0"
__all__ = ["TrainsetError", "Workbench", "__version__", "init", "open", "shown"]

_HOMES = {
    "TrainsetError": "trainset.errors",
    "Workbench": "trainset.work.workbench",
    "init": "trainset.work.workbench",
    "open": "trainset.work.workbench",
    "shown": "trainset.cli.run_report",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that `import trainset` is instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'trainset' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
