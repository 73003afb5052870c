"""One registry for every kind of plug-in: scans the kind's package folder, then the entry points of installed packages."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from trainset.contracts import KINDS, Plugin
from trainset.errors import PluginError, UnknownName


@cache
def plugins(kind: str) -> dict[str, Plugin]:
    """All plug-ins of a kind by name, the built-in ones first, each group sorted by name.

    Entry points use the group `trainset.<folder>` (such as `trainset.measures`) and name a module that holds plug-ins.
    Raises `PluginError` when two plug-ins of a kind have one name.
    """
    folder = KINDS[kind]
    package = importlib.import_module(f"trainset.{folder}")
    names = [info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_")]
    modules = [importlib.import_module(f"trainset.{folder}.{name}") for name in sorted(names)]
    found = entry_points(group=f"trainset.{folder}")
    modules += [importlib.import_module(point.module) for point in sorted(found, key=lambda point: point.name)]
    return collect(kind, modules)


def collect(kind: str, modules: list[ModuleType]) -> dict[str, Plugin]:
    """The plug-ins of `kind` that these modules declare. Raises `PluginError` on a name declared twice."""
    result: dict[str, Plugin] = {}
    for module in modules:
        for value in vars(module).values():
            plugin = getattr(value, "__plugin__", None)
            if not isinstance(plugin, Plugin) or plugin.kind != kind or plugin.module != module.__name__:
                continue
            if plugin.name in result:
                raise PluginError(
                    f"two {kind} plug-ins are called {plugin.name!r}",
                    where=f"{result[plugin.name].module} and {plugin.module}",
                    next="rename one of the two functions",
                )
            result[plugin.name] = plugin
    return result


def plugin(kind: str, name: str) -> Plugin:
    """The plug-in of that name (`-` and `_` are the same). Raises `UnknownName` with the list of those that exist."""
    known = plugins(kind)
    wanted = name.replace("-", "_")
    if wanted not in known:
        raise UnknownName(f"there is no {kind} {name!r}", expected=f"one of {', '.join(sorted(known))}")
    return known[wanted]
