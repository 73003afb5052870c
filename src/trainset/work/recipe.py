"""Recipes: named in the log, so that the same way to train is used again by its name."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainset import registry
from trainset.errors import BadValue, UnknownName, Unsafe
from trainset.model import Entry, EntryKind
from trainset.recipe import OWN, Recipe, grouping, is_command
from trainset.store import home, log
from trainset.store.dataset import Dataset
from trainset.store.replay import Replay, replay
from trainset.work import command, embedders
from trainset.work.person import acting


@dataclass(frozen=True)
class Named:
    """A recipe with its name, and where in the log it was named."""

    name: str
    action: int
    recipe: Recipe

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "action": self.action, "hash": self.recipe.hash, "recipe": self.recipe.as_dict()}


def recipe(dataset: Dataset, /, name: str, *, reason: str = "", person: str = "", **settings: Any) -> Named:
    """Names a recipe, or gives a name another one: an entry of the log, which can be undone. settings: see `trainset.recipe.Recipe`;
    what is not given is the default. A command is remembered as typed at this machine, and runs by its name here. Raises `BadValue`."""
    if (
        is_command(name)
        or not name.strip()
        or name != name.strip()
        or not name.isprintable()
        or len(name) > 200
        or name.startswith("-")
    ):
        raise BadValue(
            "this cannot be a recipe's name", got=repr(name[:200]), expected="a printable name such as quick"
        )
    made = meant(dataset, "", settings)
    if made.command:
        home.allow_command(dataset.folder, made.command)
    seq = log.append(
        dataset, "recipe", acting(person), reason, [Entry(EntryKind.RECIPE, subject=name, value=made.text)]
    )
    if seq is None:
        raise AssertionError("an action without entries")
    return Named(name, seq, made)


def recipes(dataset: Dataset, at: str | int | None = None) -> list[Named]:
    """All named recipes that stand, by name."""
    known = replay(dataset, log.position(dataset, at)).recipes
    return [Named(name, *found) for name, found in sorted(known.items())]


def meant(dataset: Dataset, name: str, changes: Mapping[str, Any]) -> Recipe:
    """The named recipe (or, without a name, the default) with these changes; None changes nothing. The embedder is spelled out. In place of
    a name stands a command, with {train}, {test} and {out}.

    A recipe in a dataset may come from a stranger, so an embedder that does not come with trainset counts only when it is given
    again, and a command only when it was typed at this machine. Raises `UnknownName`, `BadValue`, `Unsafe`.
    """
    given = {key: value for key, value in changes.items() if value is not None}
    unknown = sorted(given.keys() - {field.name for field in dataclasses.fields(Recipe)})
    if unknown:
        raise UnknownName(
            f"a recipe has no setting {unknown[0]!r}", expected=", ".join(f.name for f in dataclasses.fields(Recipe))
        )
    if callable(given.get("embedder")):
        raise BadValue(
            "a recipe names its embedder", got="a function",
            next="dataset.embed(function, name='mine', version='1'), then dataset.train(embedder='mine')",
        )  # fmt: skip
    if "classes" in given:
        given["classes"] = grouping(given["classes"])
    for key in ("penalty", "strength"):
        if given.get(key) is not None:
            given[key] = float(given[key])
    if is_command(name):
        given, name = {"command": name, **given}, ""
    start = _named(replay(dataset), name) if name else Recipe()
    if start.command and given.get("command") != start.command and not home.is_typed(dataset.folder, start.command):
        raise Unsafe(
            f"the recipe {name!r} is a command that nobody has typed at this machine, and a dataset may not choose what runs here",
            got=start.command, next=f"if you trust it: trainset train --recipe {shlex.quote(start.command)}",
        )  # fmt: skip
    if given.get("command") or start.head == OWN:
        found = dataclasses.replace(start, **{"head": OWN, **given})
        return dataclasses.replace(found, hashes=command.hashes_of(found.command)) if found.command else found
    foreign = start.embedder not in ("", *registry.plugins("embedder")) and not start.embedder.startswith(
        embedders.LAYER
    )
    if foreign and given.get("embedder") != start.embedder:
        raise BadValue(
            f"the recipe {name!r} takes a model from elsewhere, which a dataset cannot choose", got=start.embedder[:200],
            next="if you trust it, name it again with --embedder",
        )  # fmt: skip
    if "embedder" in given and given["embedder"] != start.embedder and "settings" not in given:
        given["settings"] = {}
    found = dataclasses.replace(start, **given)
    embedder = embedders.chosen(dataset, found.embedder, found.settings)
    of_ours = embedder.name in registry.plugins("embedder")
    settings = {key: value for key, value in embedder.made.settings.items() if key in embedder.settings}
    return dataclasses.replace(found, embedder=embedder.name if of_ours else found.embedder, settings=settings)


def _named(replayed: Replay, name: str) -> Recipe:
    if name not in replayed.recipes:
        raise UnknownName(
            f"there is no recipe {name!r}", expected=", ".join(sorted(replayed.recipes)) or "none yet",
            next="a command has {train}, {test} and {out} in it" if " " in name else "trainset recipe NAME names one",
        )  # fmt: skip
    seq, found = replayed.recipes[name]
    classes = {
        group: tuple(dict.fromkeys(replayed.current_name(label, seq) for label in labels))
        for group, labels in found.classes.items()
    }  # a class goes by the name it has now
    return dataclasses.replace(found, classes=classes)
