"""Forms: what can be set when work is started, with kinds, defaults, choices and help, for whoever shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainset import registry
from trainset.errors import BadValue, UnknownName
from trainset.recipe import OWN, Recipe
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.work.embed import embedders
from trainset.work.locks import locks
from trainset.work.recipe import recipes

Value = str | int | float | None
NOW = ""
"""The version that is the present."""


@dataclass(frozen=True)
class Choice:
    """A value that can be chosen, and how it reads."""

    value: str
    title: str


@dataclass(frozen=True)
class Field:
    """One thing that can be set. kind: text, number, whole, choice, or many (several choices). about: what it does. of: the value of `head` that it
    needs, where it needs one; of_embedder: that of `embedder`. least, most: of a number; fewest: of many."""

    name: str
    title: str
    kind: str
    default: Value = None
    choices: tuple[Choice, ...] = ()
    about: str = ""
    of: str = ""
    of_embedder: str = ""
    least: float | None = None
    most: float | None = None
    fewest: int = 0
    setting: bool = False
    """Whether it is a setting of the recipe."""


_KINDS = {int: "whole", float: "number", str: "text"}
_LEFT_OUT = ("settings", "model", "command", "hashes")
"""What is set by a file, or was typed at this machine: see `work.command`."""


def forms(dataset: Dataset) -> dict[str, tuple[Field, ...]]:
    """Work that can be started -> its fields."""
    embedder = Field("embedder", "Embedder", "choice", "", tuple(_embedders(dataset)), "What makes vectors of samples.")
    versions = tuple(Choice(one.name, f"{one.name} (#{one.seq})") for one in log.read_versions(dataset))
    recipe = Field(
        "recipe", "Recipe", "choice", "", tuple(_recipes(dataset)), "Its settings count where nothing is set here."
    )
    now = Choice(NOW, "now")
    sets = [Choice(one.name, f"{one.name} (locked)") for one in locks(dataset)] + list(versions)
    return {
        "train": (
            recipe, Field("version", "Version", "choice", NOW, (now, *versions), "What is trained on."), *recipe_fields(dataset),
            *embedder_fields(dataset),
        ),
        "embed": (embedder, *embedder_fields(dataset)),
        "measure": (),
        "compare": (
            Field("versions", "Versions", "many", None, (Choice("now", "now"), *versions), "Two or more, the older first.", fewest=2),
            recipe,
            Field("test_sets", "Test sets", "many", None, tuple(sets), "None: the test splits of the versions."),
            Field("seeds", "Trained again", "whole", None, (), "How often each side is trained on another draw; empty: 8 times.", least=0, most=1000),
        ),
    }  # fmt: skip


def presets(dataset: Dataset) -> dict[str, dict[str, Value]]:
    """The settings of each named recipe, as a form shows them."""
    found = {}
    for one in recipes(dataset):
        facts = one.recipe.as_dict()
        grouped = ",".join(f"{name}={'|'.join(labels)}" for name, labels in one.recipe.classes.items())
        names = [each.name for each in dataclasses.fields(Recipe) if each.name not in _LEFT_OUT]
        found[one.name] = {name: grouped if name == "classes" else facts[name] for name in names}
        found[one.name] |= {f"{one.recipe.embedder}.{name}": value for name, value in one.recipe.settings.items()}
    return found


def recipe_fields(dataset: Dataset) -> list[Field]:
    """The settings of a recipe, taken from `Recipe` itself."""
    found = []
    for one in dataclasses.fields(Recipe):
        if one.name in _LEFT_OUT:
            continue
        facts = one.metadata
        choices = [Choice(value, value) for value in facts.get("choices", ()) if (one.name, value) != ("head", OWN)]
        if one.name == "embedder":
            choices = _embedders(dataset)
        default = None if one.default is dataclasses.MISSING else one.default
        found.append(
            Field(
                one.name, one.name.replace("_", " ").capitalize(), _kind(one, choices), default, tuple(choices), facts.get("about", ""),
                facts.get("of", ""), least=facts.get("least"), most=facts.get("most"), setting=True,
            )
        )  # fmt: skip
    return found


def embedder_fields(dataset: Dataset) -> list[Field]:
    """The settings of each embedder that is offered, named `EMBEDDER.SETTING`; those that change its speed alone are left out."""
    offered = {one.value for one in _embedders(dataset)}
    return [
        Field(
            f"{plugin.name}.{one.name}", one.name.capitalize(), _KINDS.get(one.type, "text"), one.default, (), f"Of the embedder {plugin.name}.",
            of_embedder=plugin.name, setting=True,
        )
        for plugin in registry.plugins("embedder").values()
        for one in plugin.settings.values()
        if plugin.name in offered and one.name not in plugin.facts["speed"] and one.type in _KINDS
    ]  # fmt: skip


def embedder_settings(dataset: Dataset, embedder: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Of settings named `EMBEDDER.SETTING` those of one embedder, by their own names. Raises `BadValue` for one that there is not, or of another embedder."""
    known = {one.name: one for one in embedder_fields(dataset)}
    found = {}
    for name, value in given.items():
        if name not in known:
            raise BadValue(
                f"there is no setting {name[:80]!r} that can be set here", expected=", ".join(known) or "none"
            )
        if known[name].of_embedder != embedder:
            raise BadValue(
                f"{name} is no setting of {embedder or 'the embedder that the recipe has'}",
                next=f"choose {known[name].of_embedder} as embedder",
            )
        found[name.partition(".")[2]] = value
    return found


def check_embedder(dataset: Dataset, name: str) -> str:
    """Raises `UnknownName` for an embedder that is not offered: a page may not name files of this machine."""
    known = [one.value for one in _embedders(dataset)]
    if name not in known:
        raise UnknownName(
            f"the workbench offers no embedder {name[:80]!r}", expected=", ".join(filter(None, known)),
            next="trainset embed --embedder takes files and repositories, in a terminal",
        )  # fmt: skip
    return name


def _kind(one: dataclasses.Field[Any], choices: Sequence[Choice]) -> str:
    if choices:
        return "choice"
    kind = str(one.type)
    return "whole" if kind == "int" else "number" if kind.startswith("float") else "text"


def _embedders(dataset: Dataset) -> list[Choice]:
    usable = [one for one in embedders(dataset) if not one.needs]
    return [
        Choice("", "as the recipe or the medium says"),
        *(Choice(one.embedder, f"{one.embedder}: {one.title}") for one in usable),
    ]


def _recipes(dataset: Dataset) -> list[Choice]:
    return [Choice("", "none"), *(Choice(one.name, one.name) for one in recipes(dataset))]
