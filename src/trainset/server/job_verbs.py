"""The verbs that run as jobs: what each takes, and how it says where it is."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trainset.errors import BadValue, Unsafe
from trainset.recipe import is_command
from trainset.server.arrivals import Arrivals
from trainset.server.jobs import arrivals_of, epochs_of
from trainset.store import paths
from trainset.store.epochs import Live
from trainset.store.picks import keep_pick
from trainset.work.clusters_kept import keep_clusters
from trainset.work.compared import kept
from trainset.work.epoch import Epoch
from trainset.work.forms import check_embedder, embedder_settings, recipe_fields
from trainset.work.map_view import made_of
from trainset.work.recipe import meant
from trainset.work.workbench import Workbench

Say = Callable[..., None]
Run = Callable[[Workbench, Mapping[str, Any], str, Say], Any]


@dataclass(frozen=True)
class Verb:
    """title: as a button says it. run: dataset, arguments, who asks, and what tells progress; returns what JSON can hold. takes: the names of the
    arguments, checked before the job is made."""

    title: str
    run: Run
    takes: tuple[str, ...] = ()


class _Steps:
    """Counts what a verb tells one by one. of: of how many, where that is known, or what finds it out when the step begins."""

    def __init__(self, say: Say, step: str, of: int | Callable[[], int] | None = None) -> None:
        self._say, self._step, self._done = say, step, 0
        self._of = None if callable(of) else of
        self._asked = of if callable(of) else None

    def __call__(self, more: int = 1) -> None:
        if self._asked is not None:
            self._of, self._asked = self._asked(), None
        self._done += more
        self._say(step=self._step, done=self._done, of=self._of)


def _import(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    names = ("name", "format", "settings", "split_names", "reason", "rehash")
    more = {name: given[name] for name in names if given.get(name)}
    within = [os.path.realpath(root) for root in given.get("within") or ()]
    if within and not paths.is_inside(os.path.realpath(given["source"]), within):  # it may have waited for hours
        raise Unsafe("this place leads elsewhere since it was chosen", where=os.path.basename(given["source"]))  # noqa: PTH119
    path = arrivals_of(dataset, int(given["job"]))
    try:
        report = dataset.import_(
            given["source"],
            person=person,
            progress=_Steps(say, "reading", given.get("files")),
            unpacking=_Steps(say, "unpacking", given.get("files")),
            arrived=Arrivals(path),
            **more,
        )
    finally:
        path.unlink(missing_ok=True)  # they are in the dataset now, or the next import begins anew
    return report.as_dict()


def _measure(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    return dict(vars(dataset.measure(progress=_Steps(say, "measuring"))))


def _embed(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    from trainset.work.embed import unembedded

    name = check_embedder(dataset, str(given.get("embedder") or ""))
    settings = embedder_settings(dataset, name, given.get("settings") or {})
    steps = _Steps(say, "embedding", lambda: unembedded(dataset, name, settings))
    return dataset.embed(name, settings=settings, progress=steps).as_dict()


def _embedding(dataset: Workbench, say: Say, recipe: str, settings: Mapping[str, Any] = {}) -> _Steps:
    """How far the embeddings of a recipe are."""

    def total() -> int:
        from trainset.work.embed import unembedded

        chosen = meant(dataset, recipe, dict(settings))
        return unembedded(dataset, chosen.embedder, chosen.settings)

    return _Steps(say, "embedding", total)


def _train(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    """Shows how far each epoch is, and keeps its matrix where the page reads it."""
    settings = _settings(dataset, given)
    path = epochs_of(dataset, int(given["job"]))
    live: Live | None = None

    def epoch(one: Epoch) -> None:
        nonlocal live
        live = live or Live(path, one.classes)
        live.add(one.number, one.scores.matrix, one.in_sample)
        right = float(one.scores.accuracy.value)
        say(
            step="training",
            done=one.number,
            of=one.of,
            live={"epoch": one.number, "accuracy": right, "in_sample": one.in_sample},
        )
        say(
            line=f"epoch {one.number}: {right:.1%} right held out"
            + ("" if one.in_sample is None else f", {one.in_sample:.1%} of what it learns from")
        )

    run = dataset.train(
        str(given.get("recipe") or ""), version=given.get("version") or None, embed_progress=_embedding(dataset, say, str(given.get("recipe") or ""), settings),
        compare_progress=_Steps(say, "comparing"), epoch=epoch, step=lambda text: say(line=text), **settings,
    )  # fmt: skip
    for remark in run.remarks:
        say(line=remark)
    path.unlink(missing_ok=True)  # the run has them now
    return {"run": run.run, "accuracy": dict(run.scores).get("accuracy")}


def _compare(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    """The table and what may be concluded, as it is kept for the data card."""
    recipe = str(given.get("recipe") or "")
    from trainset.work.compare import DRAWS

    _no_command(recipe)
    versions = [*map(str, given.get("versions") or ())]
    draws = DRAWS if given.get("seeds") is None else int(given["seeds"])
    trainings = len(versions) * (draws + 1)
    found = dataset.compare(
        *versions, recipe=recipe, test_sets=[*map(str, given.get("test_sets") or ())], seeds=given.get("seeds"),
        embed_progress=_embedding(dataset, say, recipe), compare_progress=_Steps(say, "comparing"), progress=_Steps(say, "training", trainings),
        step=lambda text: say(line=text),
    )  # fmt: skip
    return {
        **kept(found, "", lambda ids: keep_pick(dataset, ids).name).as_dict(),
        "remarks": list(found.remarks),
        "alarms": [one.as_dict() for one in found.alarms],
    }


def _settings(dataset: Workbench, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a recipe that a page may set."""
    settings = dict(given.get("settings") or {})
    _no_command(str(given.get("recipe") or ""), settings)
    of_embedder = {name: settings.pop(name) for name in [*settings] if "." in name}
    known = {field.name for field in recipe_fields(dataset)}
    if unknown := sorted(set(settings) - known):
        raise BadValue(
            f"a recipe has no setting {unknown[0][:80]!r} that can be set here", expected=", ".join(sorted(known))
        )
    if "embedder" in settings:
        check_embedder(dataset, str(settings["embedder"]))
    if of_embedder:
        embedder = str(settings.get("embedder") or meant(dataset, str(given.get("recipe") or ""), {}).embedder)
        settings["settings"] = embedder_settings(dataset, embedder, of_embedder)
    return settings


def _no_command(recipe: str, settings: Mapping[str, Any] = {}) -> None:
    """What runs on this machine is typed at it, not sent to it."""
    if is_command(recipe) or {"command", "model", "hashes"} & set(settings):
        raise Unsafe(
            "a command is started where it was typed, not from the page", got=recipe[:200],
            next="trainset train --recipe COMMAND in a terminal; a recipe that was named there can be chosen here",
        )  # fmt: skip


def _map(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    say(step="laying out")
    made = dataset.map(
        embedder=_mapped(dataset, given),
        anew=bool(given.get("anew")),
        progress=_Steps(say, "laying out, then placing"),
    )
    return {"samples": made.table.num_rows, "kept": made.kept, "placed": made.placed, "anew": made.anew}


def _clusters(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    embedder = _mapped(dataset, given)
    found = dataset.clusters(embedder=embedder, progress=_Steps(say, "classes", len(dataset.classes())))
    keep_clusters(dataset, found, embedder)
    return {"classes": len(found), "to_split": sum(one.proposed for one in found)}


def _mapped(dataset: Workbench, given: Mapping[str, Any]) -> str:
    """The embedder of a map, checked as the page's other questions about maps are."""
    name = str(given.get("embedder") or "")
    made_of(dataset, name)
    return name


def _curve(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    _no_command(str(given.get("recipe") or ""))
    more = {name: given[name] for name in ("version", "more") if given.get(name)}
    found = dataset.curve(
        given.get("recipe") or "", of=given.get("of") or (), embed_progress=_embedding(dataset, say, str(given.get("recipe") or "")),
        progress=_Steps(say, "training"), **more
    )  # fmt: skip
    return {"forecast": found.number}


def _queue(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    made = dataset.queue(
        str(given.get("order") or ""), n=given.get("n"), run=str(given.get("run") or ""), where=str(given.get("where") or ""), person=person,
        progress=_Steps(say, "trainings"),
    )  # fmt: skip
    return {"number": made.queue, "samples": made.samples, "remarks": list(made.remarks)}


VERBS: Mapping[str, Verb] = {
    "import": Verb(
        "Import",
        _import,
        ("source", "root", "upload", "name", "format", "settings", "split_names", "reason", "rehash", "files"),
    ),
    "measure": Verb("Measure", _measure),
    "embed": Verb("Embed", _embed, ("embedder", "settings")),
    "map": Verb("Map", _map, ("embedder", "anew")),
    "clusters": Verb("Find clusters", _clusters, ("embedder",)),
    "curve": Verb("Forecast", _curve, ("recipe", "version", "more", "of")),
    "queue": Verb("Make a queue", _queue, ("order", "n", "run", "where")),
    "train": Verb("Train", _train, ("recipe", "version", "settings")),
    "compare": Verb("Compare", _compare, ("versions", "recipe", "test_sets", "seeds")),
}
"""Name -> verb. One that is added here has a route, a place in the list of jobs and its progress; a form when `work.forms` has one."""


def checked(verb: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments. Raises `BadValue` for a verb or an argument that there is not, `Unsafe` for a command."""
    if verb not in VERBS:
        raise BadValue(f"{verb[:80]!r} is no work that can be started here", expected=", ".join(VERBS))
    if unknown := sorted(set(arguments) - set(VERBS[verb].takes)):
        raise BadValue(f"{verb} takes no {unknown[0][:80]!r}", expected=", ".join(VERBS[verb].takes) or "nothing")
    for name, value in arguments.items():
        if value is not None and not _KINDS[name](value):
            raise BadValue(f"{verb} takes another kind of {name}", got=ascii(value)[:80])
    settings = (arguments.get("settings") or {}) if verb == "train" else {}
    _no_command(str(arguments.get("recipe") or ""), settings)
    return arguments


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and not re.search("[\\0\\ud800-\\udfff]", value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value <= 2**31


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _LONGEST and all(map(_is_text, value))


def _are_settings(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_text(name) and _is_plain(one) for name, one in value.items())


def _is_plain(value: Any) -> bool:
    if isinstance(value, (int, float)):
        return math.isfinite(value) and abs(value) <= 2**53
    return value is None or _is_text(value)


_LONGEST = 20_000
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("source", "upload", "name", "format", "reason", "embedder", "recipe", "version", "order", "run", "where"),
        _is_text,
    ),
    **dict.fromkeys(("root", "files", "more", "n", "seeds", "rehash", "anew"), _is_count),
    **dict.fromkeys(("of", "versions", "test_sets"), _are_texts),
    **dict.fromkeys(("settings", "split_names"), _are_settings),
}
"""What an argument may be: it is kept, and told to every page, before the verb looks at it. A yes or no counts as 1 or 0."""
