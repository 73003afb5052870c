"""Which format reads a source: the one a person names, else the one that knows such a file or folder."""

from __future__ import annotations

from pathlib import Path

from trainset import registry
from trainset.contracts import Plugin
from trainset.errors import BadSource
from trainset.work import unpack


def plugins_for(source: Path, name: str = "") -> list[Plugin]:
    """The formats whose settings an import of this source may take: of an archive nobody knows before what is in it."""
    packed = unpack.unpacker(source, name)
    return [choose_format(source, name)] if packed is None else [*readers().values(), packed]


def choose_format(source: Path, name: str = "") -> Plugin:
    """The format named, else the one that reads such a source. Raises `BadSource` with what can be read."""
    if name:
        plugin = registry.plugin("format", name)
        if not hasattr(plugin.target, "read"):
            raise BadSource(f"the format {name} is for export only", expected=", ".join(readers()))
        return plugin
    for plugin in sorted(readers().values(), key=lambda plugin: not hasattr(plugin.target, "fits")):
        if plugin.reads(source):
            return plugin
    return registry.plugin("format", "class_folders")  # a single file: a folder of one


def readers() -> dict[str, Plugin]:
    """The formats that read a folder or list where it is."""
    return {name: plugin for name, plugin in registry.plugins("format").items() if hasattr(plugin.target, "read")}
