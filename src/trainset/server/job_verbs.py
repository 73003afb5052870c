"""The verbs that run as jobs: what each takes, and how it says where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trainset.errors import BadValue
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
    """Counts what a verb tells one by one."""

    def __init__(self, say: Say, step: str, of: int | None = None) -> None:
        self._say, self._step, self._done, self._of = say, step, 0, of
        say(step=step, done=0, of=of)

    def __call__(self, more: int = 1) -> None:
        self._done += more
        self._say(step=self._step, done=self._done, of=self._of)


def _import(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    names = ("name", "format", "settings", "split_names", "reason", "rehash")
    more = {name: given[name] for name in names if given.get(name)}
    report = dataset.import_(
        given["source"],
        person=person,
        progress=_Steps(say, "reading", given.get("files")),
        unpacking=_Steps(say, "unpacking"),
        **more,
    )
    return report.as_dict()


def _measure(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    return dict(vars(dataset.measure(progress=_Steps(say, "measuring"))))


def _embed(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    report = dataset.embed(given.get("embedder", ""), progress=_Steps(say, "embedding"))
    return report.as_dict()


def _train(dataset: Workbench, given: Mapping[str, Any], person: str, say: Say) -> Any:
    """Shows how far each epoch is."""
    settings = dict(given.get("settings") or {})

    def epoch(one: Any) -> None:
        say(
            step="training",
            done=one.number,
            of=settings.get("epochs"),
            live={"epoch": one.number, "loss": float(one.loss)},
        )

    run = dataset.train(
        given.get("recipe", ""), version=given.get("version") or None, embed_progress=_Steps(say, "embedding"),
        compare_progress=_Steps(say, "comparing"), epoch=epoch, **settings,
    )  # fmt: skip
    return {"run": run.run, "accuracy": dict(run.scores).get("accuracy")}


VERBS: Mapping[str, Verb] = {
    "import": Verb("Import", _import, ("source", "name", "format", "settings", "split_names", "reason", "rehash")),
    "measure": Verb("Measure", _measure),
    "embed": Verb("Embed", _embed, ("embedder",)),
    "train": Verb("Train", _train, ("recipe", "version", "settings")),
}
"""Name -> verb. One that is added here has a route, a place in the list of jobs and its progress."""


def checked(verb: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments. Raises `BadValue` for a verb or an argument that there is not."""
    if verb not in VERBS:
        raise BadValue(f"{verb[:80]!r} is no work that can be started here", expected=", ".join(VERBS))
    if unknown := sorted(set(arguments) - set(VERBS[verb].takes)):
        raise BadValue(f"{verb} takes no {unknown[0][:80]!r}", expected=", ".join(VERBS[verb].takes) or "nothing")
    return arguments
