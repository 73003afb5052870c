"""Common: what the samples of a part of a confusion matrix share against the rest of their class, as sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.learn.traits import LEAST, SMALL, Trait, Traits, traits
from trainset.store.dataset import Dataset
from trainset.store.runs import Predictions, Run
from trainset.work.about import About, about
from trainset.work.harm import ranked_by, spent
from trainset.work.runs import Part, part, read, side

_LEVEL = 0.05  # the chance that anything is said where there is nothing

_NOUNS = {"image": "pictures", "audio": "recordings", "text": "texts"}
_UNITS = {"dBFS": "dB", "LUFS": "dB", "share": "", "full scale": ""}
"""Units of a difference, where it is another than that of the values."""
_LONGEST = 60
_REST = 50_000
"""Samples above which a part is compared with a draw of the rest of its classes."""


@dataclass(frozen=True)
class Shared:
    """One thing that the samples of a part have in common. says: a sentence without its subject and without `also`. field, value: of what, such as
    `contributor` and `s3`; of a measure its name, and empty. effect: -1 to 1, how much more often one of them has more than one of the rest
    of its class than less; of shares their difference. p, corrected: by itself, and for all looks. inside, rest: medians, or shares 0 to 1.
    shift, low, high: how far apart, with its ends at 95 % (of this look alone). also: names of what says the same."""

    says: str
    kind: str
    field: str
    value: str | None
    effect: float
    p: float
    corrected: float
    inside: float
    rest: float
    shift: float
    low: float
    high: float
    also: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON; what is not finite is null."""
        return {name: _finite(value) for name, value in vars(self).items()} | {"also": list(self.also)}


@dataclass(frozen=True)
class Common:
    """A part of a matrix and what its samples share. given, predicted: the names, empty for any. samples: how many; compared: of those, how
    many have a rest of their class to be compared with. subject: the beginning of a sentence. looks: comparisons over all parts that were
    asked for. smallest: the least p of this part, not corrected."""

    given: str
    predicted: str
    samples: int
    compared: int
    subject: str
    traits: tuple[Shared, ...]
    looks: int
    smallest: float

    @property
    def sentences(self) -> list[str]:
        """What is to be said, the largest difference first; when it is nothing, that and why."""
        if not self.traits:
            return [f"{self.subject}: {self._nothing}"]
        return [f"{self.subject} {one.says}{_also(one)}" for one in self.traits]

    @property
    def brief(self) -> str:
        """The first of it on a line."""
        what = f"{_short(self.given) or 'others'} taken for {_short(self.predicted) or 'others'}"
        more = f" (and {len(self.traits) - 1} more)" if len(self.traits) > 1 else ""
        return f"{what}, {self.samples:,}: {self.traits[0].says + more if self.traits else self._nothing}"

    @property
    def _nothing(self) -> str:
        if not self.compared and self.samples:
            return "they are all of their class, so there is no rest to compare them with"
        if self.compared < LEAST:
            alone = f"; {self.samples - self.compared:,} are all of their class" if self.compared < self.samples else ""
            return f"too few to say what they share (at least {LEAST}{alone})"
        if self.looks * self.smallest <= _LEVEL:  # small p by itself would read as if something had been missed
            return f"no difference of {100 * SMALL:.0f} points or more was found ({self.looks:,} looks, smallest p {self.smallest:.2g})"
        return f"nothing in common was found ({self.looks:,} looks, smallest p {self.smallest:.2g})"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        traits = [one.as_dict() for one in self.traits]
        return {**vars(self), "traits": traits, "sentences": self.sentences, "brief": self.brief}


def common(
    dataset: Dataset,
    name: str = "",
    *,
    cell: str = "",
    row: str = "",
    column: str = "",
    split: str = "",
    worst: int = 5,
    by: str = "count",
    decide: str = "likely",
    where: str = "",
) -> tuple[Common, ...]:
    """What the samples of a cell, a row or a column of a run's matrix have in common, against the rest of the class of each; without one of
    them, of each of the `worst` cells and of the worst row and column, `by` count or harm. decide, where: see `run`.

    Samples are compared as they were when the run was made, in measures, words, fields of metadata, source, folder, contributor, split,
    who labelled them and when. All looks are corrected together (`learn/traits.py`). Raises `UnknownName`, `BadValue`.
    """
    one, found = read(dataset, name, decide, where)
    if cell or row or column:
        return compared(one, found, [part(one, found, cell, row, column, split)], split, dataset)
    weighs = spent(dataset, one, found) if ranked_by(by) == "harm" else np.ones(len(found))
    return compared(one, found, _worst(one, found, weighs, split, worst), split, dataset)


def _worst(run: Run, found: Predictions, weighs: NDArray[np.float64], split: str, most: int) -> list[Part]:
    """The cells of the mistakes that weigh most, and the row and the column of those."""
    mine = np.flatnonzero(side(found, split) & (found.given >= 0) & (found.predicted != found.given))
    given, predicted = found.given[mine], found.predicted[mine]
    cells = given * len(run.classes) + predicted
    names = [(*divmod(at, len(run.classes)), mine[cells == at]) for at in _heaviest(cells, weighs[mine], most)]
    result = [Part(run.classes[one], run.classes[to], rows) for one, to, rows in names]
    result += [Part(run.classes[one], "", mine[given == one]) for one in _heaviest(given, weighs[mine], 1)]
    result += [Part("", run.classes[to], mine[predicted == to]) for to in _heaviest(predicted, weighs[mine], 1)]
    return [
        one for at, one in enumerate(result) if not any(np.array_equal(one.rows, other.rows) for other in result[:at])
    ]


def _heaviest(values: NDArray[np.int64], weighs: NDArray[np.float64], most: int) -> list[int]:
    which, of = np.unique(values, return_inverse=True)
    return [int(one) for one in which[np.argsort(-np.bincount(of.reshape(-1), weighs), kind="stable")][:most]]


def compared(run: Run, found: Predictions, wanted: list[Part], split: str, dataset: Dataset) -> tuple[Common, ...]:
    """What each of these parts of a run shares."""
    beneath = any(part.beneath for part in wanted)
    code = found.beneath if beneath else found.given
    keep = np.flatnonzero(side(found, split) & (code >= 0))
    if len(wanted) == 1 and len(keep) > _REST:
        keep = _some(keep, code, wanted[0].rows)
    classes = np.unique(code[keep], return_inverse=True)[1].reshape(-1).astype(np.int64)
    known = about(dataset, run, found, keep) if any(len(part.rows) >= LEAST for part in wanted) else About(len(keep))
    places = [np.searchsorted(keep, part.rows) for part in wanted]
    worded = [bool(number.less and number.more) for number in known.numbers]
    seen = traits(places, classes, known.values, known.marks, worded=worded)
    return tuple(_common(dataset.medium, place, one, seen, known) for place, one in enumerate(wanted))


def _some(keep: NDArray[np.int64], code: NDArray[np.int64], inside: NDArray[np.int64]) -> NDArray[np.int64]:
    """The samples of a part, and as many of the rest of their classes as say what a rest is like: a fair draw of `_REST`, as many of each."""
    rest = np.setdiff1d(keep, inside, assume_unique=True)
    classes = np.unique(code[inside])
    rest = np.random.default_rng(0).permutation(rest[np.isin(code[rest], classes)])
    drawn = [rest[code[rest] == one][: _REST // len(classes)] for one in classes.tolist()]
    return np.sort(np.concatenate([inside, *drawn]))


def _common(medium: str, place: int, part: Part, seen: Traits, known: About) -> Common:
    some = tuple(shared(trait, known) for trait in seen.parts[place])
    return Common(
        part.given, part.predicted, len(part.rows), seen.samples[place], _subject(medium, part), some, seen.looks, seen.smallest[place]
    )  # fmt: skip


def _subject(medium: str, part: Part) -> str:
    noun = _NOUNS.get(medium, "samples")
    of = f" of {_short(part.given)}" if part.given else ""
    to = f" taken for {_short(part.predicted) if part.predicted else 'others'}"
    return f"the {len(part.rows):,} {noun[:-1] if len(part.rows) == 1 else noun}{of}{to}"


def shared(trait: Trait, known: About) -> Shared:
    """A trait with its sentence."""
    also = tuple(dict.fromkeys(briefly(one, known) for one in trait.also))
    of, value = _what(trait, known)
    return Shared(
        _says(trait, known), trait.kind, of, value, trait.effect, trait.p, trait.corrected,
        trait.inside, trait.rest, trait.shift, trait.low, trait.high, also,
    )  # fmt: skip


def _also(one: Shared) -> str:
    return f"; also: {', '.join(one.also[:6])}" + (" ..." if len(one.also) > 6 else "") if one.also else ""


def _what(trait: Trait, known: About) -> tuple[str, str | None]:
    if trait.kind == "mark":
        return known.named[trait.which].field, known.named[trait.which].value
    return known.numbers[trait.which].name, ""


def _says(trait: Trait, known: About) -> str:
    if trait.kind == "mark":
        mark = known.named[trait.which]
        says = _carried(mark.field, mark.value, mark.word)
        return f"{says[0]} in {_shares(trait)}"
    number = known.numbers[trait.which]
    unit = _UNITS.get(number.unit, "" if number.unit[:1].isdigit() or number.field == "meta" else number.unit)
    if trait.kind != "number":
        side = "higher" if trait.kind == "above" else "lower"
        return f"are {side} in {_title(number.title)} than most of their class in {_shares(trait)}"
    more = trait.effect > 0
    word = (number.more if more else number.less) or f"{'higher' if more else 'lower'} in {_title(number.title)}"
    medians = f"median {_number(trait.inside)} against {_number(trait.rest)}" + (
        f" {number.unit}" if unit or number.unit in _UNITS else ""
    )
    if not math.isfinite(trait.shift) or trait.shift == 0 or (trait.shift > 0) != more:
        return f"tend to be {word} than the rest of their class ({medians}; so in {(1 + abs(trait.effect)) / 2:.0%} of pairs)"
    ends = (trait.low, trait.high) if more else (-trait.high, -trait.low)
    interval = f"; 95 % interval {_number(ends[0])} to {_number(ends[1])}" if all(map(math.isfinite, ends)) else ""
    by = f"{_number(abs(trait.shift))} {unit}".strip()
    return f"are {by} {word} than the rest of their class ({medians}{interval})"


def briefly(trait: Trait, known: About) -> str:
    """A trait in a few words, such as `the word 'card' (80% against 3%)`."""
    if trait.kind == "mark":
        mark = known.named[trait.which]
        return f"{_carried(mark.field, mark.value, mark.word)[1]} ({trait.inside:.0%} against {trait.rest:.0%})"
    number = known.numbers[trait.which]
    if trait.kind != "number":
        return f"{_title(number.title)} {trait.kind} most ({trait.inside:.0%} against {trait.rest:.0%})"
    return f"{_title(number.title)} ({_number(trait.inside)} against {_number(trait.rest)})"


def _carried(field: str, value: str | None, word: bool) -> tuple[str, str]:
    """What is said of samples with a mark, and its name."""
    shown = repr(_short(value)) if value is not None else ""
    if word:
        where = "" if field == "text" else f" in {_short(field)}"
        return f"have the word {shown}{where}", f"the word {shown}{where}"
    if value is None:
        nothing = {
            "contributor": "have no contributor", "labelled_by": "have the label of their source", "labelled_at": "have the label of their source",
            "label": "have no label", "split": "are in no split",
        }.get(field, f"have no {_short(field)}")  # fmt: skip
        return nothing, nothing.removeprefix("have ").removeprefix("are ")
    says = {
        "source": f"come from the source {shown}", "contributor": f"are of the contributor {shown}", "split": f"are in the split {shown}",
        "labelled_by": f"were labelled by {shown}", "labelled_at": f"were labelled on {value}", "folder": f"lie in the folder {shown}",
        "label": f"are of the label {shown}", "copies": f"are copies of one another (content {value})",
    }.get(field, f"have {_short(field)} = {shown}")  # fmt: skip
    return says, f"{field.replace('_', ' ')} {shown}" if not field.startswith("meta.") else f"{_short(field)} = {shown}"


def _shares(trait: Trait) -> str:
    low, high = (f"{100 * end:.0f}" for end in (trait.low, trait.high))
    return (
        f"{trait.inside:.0%} of cases, against {trait.rest:.0%} of the rest of their class ({trait.hits:,} of {trait.known:,}; 95 % interval of "
        f"the difference {low} to {high} points)"
    )


def _title(title: str) -> str:
    """A title inside a sentence; `DC offset` stays as it is."""
    return title if title[1:2].isupper() or title.startswith("meta.") else title[:1].lower() + title[1:]


def _number(value: float) -> str:
    return (
        f"{value:,.0f}"
        if math.isfinite(value) and abs(value) >= 100
        else f"{value:.2g}"
        if abs(value) < 10
        else f"{value:.3g}"
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST * 2 // 3]}…{name[1 - _LONGEST // 3 :]}"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
