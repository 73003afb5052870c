"""A recipe: the frozen way to train, as one value with a canonical text and a hash."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from trainset.errors import BadValue

OWN = "own"
HEADS = ("ridge", "logistic", OWN)
"""The heads there are: `ridge` has exact held-out predictions in one pass, `logistic` is trained in epochs with folds; `own` is a model of
one's own."""
WEIGHTS = ("none", "balanced")
VALUES = ("auto", "plain", "root")
"""What the ridge head learns from: the values of the embeddings, their signed square roots, or (auto) square
roots unless plain values err clearly less held out."""
RESAMPLE = ("none", "over", "under", "smote")
GROUPS = ("auto", "none", "contributor", "near", "original")
"""What is held out together, besides `meta.<field>` and several with commas. auto: samples of one contributor, near
duplicates, and what was cut from one recording, where there are any."""
PLACES = ("{train}", "{test}", "{out}")
"""In a command: the list to learn from, the list to predict, the file to write."""
REST = "*"
"""Among the labels of a class: every label that no class names."""
_MOST = 10_000  # classes or labels of a grouping
_LONGEST = 4_000  # characters of a command
_LATER: Mapping[str, Any] = {"model": "", "command": "", "hashes": {}}
"""Settings that recipes made before them do not have."""


def _set(default: Any, about: str, choices: tuple[str, ...] = (), **facts: Any) -> Any:
    """A setting with what forms say of it. of: the head it is of, where it is of one; least, most: of a number."""
    metadata = {"about": about, "choices": choices, **facts}
    return (
        field(default_factory=dict, metadata=metadata) if default is dict else field(default=default, metadata=metadata)
    )


@dataclass(frozen=True)
class Recipe:
    """Embedder, head, settings, classes, groups and seed. Two recipes of one hash train the same way.

    embedder: empty for the default of the medium. values: `VALUES`, of the ridge head. penalty: of the ridge head; None chooses it on
    held-out error. strength, epochs, folds: of the logistic head. weights: of the classes. resample: of each fold's training samples, by
    the logistic head alone. classes: class -> labels that it stands for; empty: every label is a class. groups: what is held out
    together. model: the name of a model of one's own. command: what trains it and predicts; folds 0: only validation and test. hashes: of the files of
    the command, or that its predictions came in.
    """

    embedder: str = _set("", "What makes vectors of samples; empty: the default of the medium.")
    settings: Mapping[str, Any] = _set(dict, "Settings of the embedder.")
    head: str = _set(
        "ridge", "ridge: exact held-out predictions in one pass; logistic: trained in epochs, with folds.", HEADS
    )
    values: str = _set(
        "auto",
        "Of the embeddings: plain, their signed square roots, or auto: roots unless plain errs clearly less.",
        VALUES,
        of="ridge",
    )
    penalty: float | None = _set(None, "Empty: chosen on held-out error.", of="ridge", least=0.0)
    strength: float = _set(10.0, "Larger fits the labels closer.", of="logistic", least=0.0)
    epochs: int = _set(60, "At most so many.", of="logistic", least=1, most=10_000)
    folds: int = _set(5, "Parts that are held out in turn.", of="logistic", least=0, most=1_000)
    weights: str = _set("none", "balanced: every class weighs the same.", WEIGHTS)
    resample: str = _set("none", "How the training samples of rare classes are made more.", RESAMPLE, of="logistic")
    classes: Mapping[str, tuple[str, ...]] = _set(
        dict, "Labels as classes, such as digits=0|1|2,yes,other=*; empty: every label is a class."
    )
    groups: str = _set(
        "auto",
        "What is held out together: auto, none, contributor, near, original, meta.FIELD, or several with commas.",
    )
    seed: int = _set(0, "Of folds and draws.", least=0, most=2**31)
    model: str = _set("", "The name of a model of one's own.", of=OWN)
    command: str = _set("", "What trains a model of one's own and predicts.", of=OWN)
    hashes: Mapping[str, str] = _set(dict, "Of the files of the command, or that its predictions came in.", of=OWN)

    def __post_init__(self) -> None:
        """Raises `BadValue` for what cannot be trained."""
        _one_of("head", self.head, HEADS)
        _one_of("values", self.values, VALUES)
        _one_of("weights", self.weights, WEIGHTS)
        _one_of("resample", self.resample, RESAMPLE)
        for name in self.groups.split(","):
            if not (name.startswith("meta.") and len(name) > 5):
                _one_of("groups", name, GROUPS, ", or meta.<field>, or several with commas")
        if "," in self.groups and {"auto", "none"} & {*self.groups.split(",")}:
            raise BadValue("groups is auto, or none, or what they are made of", got=self.groups)
        if self.resample != "none" and self.head == "ridge":
            raise BadValue(
                "the ridge head takes no resampling: it has no folds to make samples inside of",
                next="--weights balanced does what over-sampling does, or take --head logistic",
            )
        _number("penalty", self.penalty, lambda value: value is None or value > 0, "a number above 0")
        _number("strength", self.strength, lambda value: value is not None and value > 0, "a number above 0")
        self._check_own()
        fewest = 0 if self.head == OWN else 2
        for name, least, most in (("epochs", 1, 10_000), ("folds", fewest, 1_000), ("seed", 0, 2**31)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise BadValue(f"{name} is out of range", expected=f"{least} to {most:,}", got=repr(value))
        if sum(labels == (REST,) or REST in labels for labels in self.classes.values()) > 1:
            raise BadValue(f"two classes stand for every other label ({REST})", expected="at most one")
        _each_once(self.classes)

    def _check_own(self) -> None:
        named = bool(self.model or self.command)
        if (self.head == OWN) is not named:
            raise BadValue(
                "a model of your own has a name or a command, and the head `own`", got=f"head {self.head}" + ("" if named else " without either"),
                next='trainset train --recipe "python train.py --train {train} --test {test} --out {out}"',
            )  # fmt: skip
        if self.head == OWN and (
            self.embedder
            or self.settings
            or self.weights != "none"
            or self.resample != "none"
            or self.penalty is not None
        ):
            raise BadValue(
                "a model of your own has its own embedding, weights and samples: what is set here does not reach it"
            )
        if any(
            len(text) > _LONGEST or not text.isprintable()
            for text in (self.model, self.command, *self.hashes, *self.hashes.values())
        ):
            raise BadValue(
                "a model's name and command are printable texts on one line",
                expected=f"at most {_LONGEST:,} characters",
            )

    @property
    def text(self) -> str:
        """Canonical JSON: what the hash is over. What only models of one's own have is left out of other recipes."""
        said = {name: value for name, value in self.as_dict().items() if value or name not in _LATER}
        return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """The first 12 hex digits of the BLAKE2b of `text`."""
        return hashlib.blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **vars(self),
            "settings": dict(self.settings),
            "hashes": dict(self.hashes),
            "classes": {name: list(labels) for name, labels in self.classes.items()},
        }

    @classmethod
    def from_dict(cls, found: object) -> Recipe:
        """From JSON that anybody may have written. Raises `ValueError` when it is no recipe."""
        if not isinstance(found, dict) or {*found} | {*_LATER} != {each.name for each in fields(cls)}:
            raise ValueError("no recipe")
        values = {**_LATER, **found}
        texts = ("embedder", "head", "values", "weights", "resample", "groups", "model", "command")
        if not all(isinstance(values[name], str) for name in texts):
            raise ValueError("a recipe's texts are no texts")
        if not isinstance(values["settings"], dict) or not isinstance(values["classes"], dict):
            raise ValueError("a recipe's settings or classes are no objects")
        if not isinstance(values["hashes"], dict) or not all(
            isinstance(digest, str) for digest in values["hashes"].values()
        ):
            raise ValueError("a recipe's hashes are no object")
        for labels in values["classes"].values():
            if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
                raise ValueError("a recipe's class is no list of labels")
        values["classes"] = {name: tuple(labels) for name, labels in values["classes"].items()}
        try:
            return cls(**values)
        except BadValue as refused:
            raise ValueError(f"{refused.what}: {refused.detail}") from None


def seen(recipe: Recipe) -> bool:
    """Whether its embedding is a layer of a model that had seen the labels, so that nothing on top of it is out of sample."""
    return recipe.settings.get("seen") == "yes"


def is_command(text: str) -> bool:
    """Whether a recipe is given as a command rather than by its name."""
    return any(place in text for place in PLACES)


def grouping(text: str | Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Classes as a person types them: `digits=0|1|2,yes,other=*`. A name alone is a class of that one label; `*` stands for every label
    that no class names. Raises `BadValue`."""
    if not isinstance(text, str):
        return {str(name): tuple(labels) for name, labels in text.items()}
    found: dict[str, tuple[str, ...]] = {}
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        name, sign, labels = piece.partition("=")
        named = tuple(filter(None, (label.strip() for label in labels.split("|")))) if sign else (name.strip(),)
        if not name.strip() or not named or name.strip() in found:
            raise BadValue("classes are NAME=LABEL|LABEL, each name once", got=repr(piece[:80]))
        found[name.strip()] = named
    return found


def _each_once(classes: Mapping[str, tuple[str, ...]]) -> None:
    every = [label for labels in classes.values() for label in labels]
    if len(every) > _MOST or len(classes) > _MOST:
        raise BadValue("a recipe groups too many labels", expected=f"at most {_MOST:,}")
    twice = next((label for label in every if every.count(label) > 1), None) if len({*every}) < len(every) else None
    if twice is not None or not all(classes.values()):
        raise BadValue("every label is in one class, and no class is empty", got=repr(twice) if twice else "")


def _one_of(what: str, value: str, known: tuple[str, ...], more: str = "") -> None:
    if value not in known:
        raise BadValue(f"there is no {what} {value!r}", expected=", ".join(known) + more)


def _number(what: str, value: Any, good: Any, expected: str) -> None:
    whole = value is None or (isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value))
    if not whole or not good(value):
        raise BadValue(f"{what} is out of range", expected=expected, got=repr(value))
