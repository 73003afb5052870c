"""Which embedder is meant: one that is built in, a file or folder of this person's, a repository, a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainset import registry
from trainset.contracts import Plugin
from trainset.embed import _models, _own
from trainset.errors import BadValue, MissingPackage, UnknownName
from trainset.model import MEDIA
from trainset.store import embedded
from trainset.store.dataset import Dataset
from trainset.store.embedded import Made

HUGGING_FACE = "hf:"
LAYER = "layer:"
"""What the names of logged layers begin with."""
_LAYER_VERSION = "1"


@dataclass(frozen=True)
class Embedder:
    """An embedder with the values of its settings: what `embed` computes with and what an embedding is kept under."""

    plugin: Plugin
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name it is listed and kept under."""
        return self.plugin.name

    @property
    def made(self) -> Made:
        """What its embeddings are kept under: settings that only change the speed are no part of it."""
        facts = self.plugin.facts
        settings = {name: value for name, value in sorted(self.settings.items()) if name not in facts["speed"]}
        given = {"given": facts["given"]} if "given" in facts else {}
        return Made(self.plugin.name, str(facts["version"]), {**settings, **given})

    @property
    def side(self) -> int:
        """Pixels of the squares that pictures are stretched to; 0: as they are."""
        side = self.plugin.facts["side"]
        return int(self.settings[side] if isinstance(side, str) else side)

    def __call__(self, *samples: Any) -> Any:
        return self.plugin.target(*samples, **self.settings)


@dataclass(frozen=True)
class Listed:
    """One embedder that comes with `trainset`. needs: the pip command that it lacks; empty when it can be used."""

    embedder: str
    title: str
    medium: str
    dim: int
    version: int
    default: bool
    about: str
    settings: Mapping[str, Any]
    needs: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "settings": dict(self.settings)}


def listed() -> list[Listed]:
    """Every embedder that comes with `trainset` or an installed package, by medium, the default of each first."""
    found = []
    for name, plugin in registry.plugins("embedder").items():
        facts, lacking = plugin.facts, _models.missing(plugin.facts["packages"])
        settings = {setting.name: setting.default for setting in plugin.settings.values()}
        found.append(
            Listed(
                name, plugin.title, facts["medium"], facts["dim"], facts["version"], facts["default"], plugin.summary, settings,
                MissingPackage(name, lacking, install=_models.EXTRA).next if lacking else "",
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (MEDIA.index(one.medium), not one.default, one.embedder))


def chosen(
    dataset: Dataset, embedder: str | Path | Callable[..., Any] = "", settings: Mapping[str, Any] | None = None, *,
    name: str = "", version: str = "", side: int = 0, rate: int = 0,
) -> Embedder:  # fmt: skip
    """The embedder that a person means, for the medium of the dataset: nothing for its default, a name, the path of an ONNX file
    or of a folder, `hf:owner/name`, or a function with a name and a version.

    What a dataset says of itself chooses none of these: a name comes from the person alone. Raises `BadValue`, `UnknownName`, and
    what opening a model raises.
    """
    medium = dataset.medium
    if not medium:
        raise BadValue("this dataset is empty: it has no medium yet", next="trainset import SOURCE")
    if callable(embedder):
        plugin = _own.of_function(embedder, medium, name, version, side=side, rate=rate)
        if name in registry.plugins("embedder") and plugin is not registry.plugins("embedder")[name]:
            raise BadValue(
                "an embedder that comes with trainset has this name", got=repr(name), next="give yours another name"
            )
    elif str(embedder).startswith(LAYER):
        plugin = _layer(dataset, str(embedder), settings or {})
    else:
        plugin = _named(dataset, str(embedder), medium)
    if plugin.facts["medium"] != medium:
        raise BadValue(
            f"embedder {plugin.name} is for {plugin.facts['medium']}, and this dataset holds {medium}",
            next="trainset embedders lists what there is",
        )
    return Embedder(plugin, _settings(plugin, settings or {}))


def layer_made(model: str, run: str, *, seen: bool) -> Made:
    """What a layer logged with a run is kept under. seen: whether the model had seen labels of samples that it is of."""
    return Made(LAYER + model, _LAYER_VERSION, {"run": run, "seen": "yes" if seen else "no"})


def layers(dataset: Dataset) -> list[Listed]:
    """The logged layers of a dataset, of each model that of the latest run."""
    found: dict[str, Listed] = {}
    for made, dim, count in sorted(embedded.all_made(dataset, LAYER), key=lambda one: _number(one[0])):
        about = f"logged with run {made.settings.get('run')}, of {count:,} contents"
        found[made.embedder] = Listed(
            made.embedder,
            "Layer of a model of one's own",
            dataset.medium,
            dim,
            int(_LAYER_VERSION),
            False,
            about,
            dict(made.settings),
            "",
        )
    return [one for _, one in sorted(found.items())]


def _number(made: Made) -> tuple[int, str]:
    """The number of the run that a layer was logged with."""
    run = str(made.settings.get("run", ""))
    digits = run[1:].split("-")[0]
    return (int(digits) if digits.isdecimal() and len(digits) < 10 else -1), run


def _layer(dataset: Dataset, name: str, asked: Mapping[str, Any]) -> Plugin:
    """A logged layer as an embedder that computes nothing: of the run asked for, else of the latest."""
    there = [made for made, _, _ in embedded.all_made(dataset, name) if made.embedder == name]
    mine = [made for made in there if made.settings.get("run") == asked["run"]] if "run" in asked else there
    if not mine:
        known = [made.settings.get("run") for made in there] if there else [one.embedder for one in layers(dataset)]
        raise UnknownName(
            f"no layer {name!r} was logged" + (" with this run" if there else ""), expected=", ".join(map(str, known))[:300] or "none yet",
            next="run.log(epoch, ids, probabilities, layer=activations) logs one",
        )  # fmt: skip
    said = max(mine, key=_number).settings
    run, seen = str(said.get("run")), str(said.get("seen"))
    return _own.of_layer(name, dataset.medium, run, seen)


def ready(embedder: Embedder) -> None:
    """Raises `MissingPackage` with the pip command when it needs a package that is not installed."""
    _models.require(f"the embedder {embedder.name}", embedder.plugin.facts["packages"])


def _kept(dataset: Dataset, name: str) -> Plugin | None:
    """The function whose embeddings are kept under this name (`NAME@VERSION` where there are several versions); None without any."""
    found = {}
    for made, _, _ in embedded.all_made(dataset, name.rpartition("@")[0] or name):
        given = made.settings.get("given")
        if made.settings.keys() == {"given"} and isinstance(given, list) and [type(one) for one in given] == [int, int]:
            found[f"{made.embedder}@{made.version}"] = made, given
            if made.embedder == name:
                found.setdefault(name, (made, given))
    mine = [key for key in found if key.startswith(f"{name}@") and found[key][0].embedder == name]
    if name not in found:
        return None
    if len(mine) > 1:
        raise BadValue(
            f"embeddings of several versions of {name!r} are kept", expected=f"one of {', '.join(sorted(mine))[:300]}"
        )
    made, (side, rate) = found[name]
    return _own.of_kept(made.embedder, dataset.medium, made.version, side, rate)


def _named(dataset: Dataset, name: str, medium: str) -> Plugin:
    known = registry.plugins("embedder")
    if not name:
        return next(plugin for plugin in known.values() if plugin.facts["default"] and plugin.facts["medium"] == medium)
    if name.replace("-", "_") in known:
        return known[name.replace("-", "_")]
    if name.startswith(HUGGING_FACE):
        from trainset.embed import _huggingface  # the network: imported by nobody who has not asked for it

        return _own.of_folder(_huggingface.fetched(name.removeprefix(HUGGING_FACE)), medium, name)
    fitting = ", ".join(other for other, plugin in known.items() if plugin.facts["medium"] == medium)
    path = Path(name)
    if path.is_dir():
        return _own.of_folder(path, medium)
    if path.suffix == ".onnx":
        return _own.of_file(path, medium)
    if (kept := _kept(dataset, name)) is not None:
        return kept
    raise UnknownName(
        f"there is no embedder {name!r}",
        expected=f"one of {fitting}, the path of an ONNX file or of a folder, hf:owner/name, or the name of a function that has embedded",
        next="trainset embedders lists what there is",
    )  # fmt: skip


def _settings(plugin: Plugin, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of an embedder. Texts are parsed, as from a command line."""
    values = {name: setting.default for name, setting in plugin.settings.items()}
    for name, value in given.items():
        if name not in values:
            raise UnknownName(
                f"embedder {plugin.name} has no setting {name!r}", expected=f"one of {', '.join(values) or 'none'}"
            )
        values[name] = plugin.settings[name].parse(value) if isinstance(value, str) else value
        if (
            isinstance(values[name], (int, float))
            and not isinstance(values[name], bool)
            and not 0 <= values[name] <= _MOST
        ):
            raise BadValue(f"setting {name} of embedder {plugin.name} is out of range", got=repr(value))
    for name in {"threads", plugin.facts["side"]} & values.keys():
        least = 1 if name == "threads" else 8
        if not least <= values[name] <= (64 if name == "threads" else 2048):
            raise BadValue(f"setting {name} of embedder {plugin.name} is out of range", got=repr(values[name]))
    return values


_MOST = 100_000
