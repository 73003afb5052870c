"""What a measure, check, embedder, format and page is: all that the author of a plug-in must read.

A plug-in is one function (a format: one class) in one file of the kind's folder. The signature is the declaration:
the function's name is the plug-in's name, positional arguments are what it needs, keyword-only arguments with defaults
are its settings, the docstring is its help page.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from trainset.errors import BadValue, PluginError
from trainset.model import MEDIA, Outcome
from trainset.sheets import Sheet as Sheet
from trainset.sheets import Table as Table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

T = TypeVar("T", bound=Callable[..., Any])

KINDS: Mapping[str, str] = {
    "measure": "measures",
    "check": "checks",
    "embedder": "embed",
    "format": "formats",
    "page": "pages",
}
"""Kind of plug-in -> the package folder (and group `trainset.<folder>` of entry points) it is found in."""

DECODED: Mapping[str, tuple[str, ...]] = {
    "image": ("pixels", "pictures", "planes", "lumas", "facts"),
    "audio": ("signal", "rate", "facts"),
    "text": ("text", "texts", "facts"),
    "": ("facts",),
}
"""What a measure may ask for, by medium (empty: of every medium).

A name in the plural brings many samples at once, and the measure returns one value for each: a small picture is measured in a
microsecond, and asked for in ten. pictures: (n, height, width, 3) uint8 of one size; planes: (3, n, height, width) float32, their
red, green and blue, 0..255; lumas: (n, height, width) float32, their brightness 0..255 (ITU-R BT.601); all averaged down to at most
4 million pixels. texts: n strings as an Arrow array.

pixels: (height, width, 3) uint8, RGB as a viewer shows it. signal: (frames, channels) float32, full scale is +-1.
rate: frames per second. text: the decoded text. facts: what the file itself says, a mapping with `bytes`, `format` and,
where they apply, `mode`, `channels`, `bits`, `orientation`, `frames`.
"""

COLUMNS = (
    "id", "content", "source", "path", "text", "label", "source_label", "split", "contributor", "remarks",
    "labelled_by", "labelled_at", "source_label_then", "reported_label", "reported_by", "reported_why",
    "predicted", "confidence", "embeddings", "probabilities",
)  # fmt: skip
"""What a check may ask for besides the measures; excluded samples are left out.

Numbers come as (n,) float64, NaN where there is none; texts, ids and contents as Arrow arrays of n, null where there is none.
`labelled_by`, `labelled_at`: who set the label, and when; null where it is the source's. `source_label_then`: what the source said then,
empty for nothing, where it says something else now, and something else than that person.
`reported_label`, `reported_by`, `reported_why`: of the latest report of the sample; null where there is none, or it says nothing.
`measures`: all numbers that are measured, a mapping of name to (n,) float64. `meta`: all metadata, field to Arrow array of texts.
`near`: the near duplicates among the samples, a `Near`.
`apart`: pairs of samples that people looked at, of which this check is to say nothing: (k, 2) int64, their rows.
`said`: what the latest run says of the samples, a `Said`.
`embeddings`: those of the latest run's embedder, else of the default one: `len`, `known`, `learnt` (by a trained network) and `neighbours(k)`.
`bad`: the files and rows of the sources that are no samples, an Arrow table of source, kind, name, row, outcome and reason.
"""

SHOWN = (
    "id", "source", "path", "text", "label", "source_label", "split", "contributor", "size", "predicted", "confidence",
)  # fmt: skip
"""What a page may ask for besides measures, as a check gets it, of what is selected. `predicted`, `confidence`: of the latest run, null without one."""

WHOLE = ("measures", "meta", "bad", "near", "apart", "said")
"""What brings every column of a kind, or is no column of samples."""

_TAKEN = {bool: "yes or no", int: "a whole number", float: "a number"}


@dataclass(frozen=True)
class Setting:
    """One setting of a plug-in: a keyword-only argument with its default."""

    name: str
    default: Any
    type: type

    def parse(self, text: str) -> Any:
        """The value a person typed, as the type of the default. Raises `BadValue` when it is none."""
        if self.type is bool:
            words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            if text.lower() in words:
                return words[text.lower()]
        elif self.type in (int, float):
            try:
                return self.type(text)
            except ValueError:
                pass
        else:
            return text
        raise BadValue(f"setting {self.name} takes {_TAKEN.get(self.type, self.type.__name__)}", got=repr(text))


@dataclass(frozen=True)
class Plugin:
    """A declared plug-in: what it is, what it needs, what can be set."""

    kind: str
    name: str
    title: str
    target: Callable[..., Any]
    module: str
    needs: tuple[str, ...]
    settings: Mapping[str, Setting]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def settings_of(self, method: str) -> dict[str, Setting]:
        """The settings that one method of a format takes: those of `read`, of `unpack` or of `write`."""
        arguments = inspect.signature(getattr(self.target, method)).parameters
        return {name: setting for name, setting in self.settings.items() if name in arguments}

    def reads(self, source: Path) -> bool:
        """Whether a format reads such a file or folder; one that has `fits` only the folders that it recognises."""
        if not source.is_dir():
            return source.suffix.lower() in self.facts["suffixes"]
        fits = getattr(self.target, "fits", None)
        return bool(self.facts["folder"] and (fits is None or fits(source)))

    @property
    def doc(self) -> str:
        """The help page: the docstring, unindented."""
        return inspect.getdoc(self.target) or ""

    def section(self, heading: str) -> str:
        """What stands in the help page under `## heading`, as one paragraph; empty without that heading."""
        _, _, after = self.doc.partition(f"## {heading}\n")
        return " ".join(after.split("\n## ", 1)[0].split())

    @property
    def summary(self) -> str:
        """The first line of the help page."""
        return self.doc.split("\n", 1)[0]


@dataclass(frozen=True)
class Findings:
    """What a check says, one value per sample in the order of the columns it was given.

    severity: (n,) float32 in 0..1, 1 = worst. flagged: (n,) bool. because: a sentence for each flagged sample, in their order.
    about: sentences about the set as a whole. next: what to do now, when that depends on what was found. bad: of the table of that
    name those that this is about, the worst first: they are no samples, so nothing of them can be flagged.
    """

    severity: NDArray[np.float32]
    flagged: NDArray[np.bool_]
    because: Sequence[str]
    about: Sequence[str] = ()
    next: str = ""
    bad: pa.Table | None = None


@dataclass(frozen=True)
class Said:
    """What a run says of samples, in their order; none of it comes from a head that saw the sample's own label.

    classes: what was told apart. probabilities: (n, classes) float32, calibrated; rows of NaN where the run says nothing. codes: (n,)
    int64, the class of the sample's present label, -1 for none of them. groups: (n,) int64, what was held out together. run: its id.
    beneath: the labels that each class stands for, where that is not the label of its name.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    codes: NDArray[np.int64]
    groups: NDArray[np.int64]
    run: str
    beneath: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(n,) of which the run says something."""
        first = self.probabilities[:, 0]
        known: NDArray[np.bool_] = first == first  # NaN is not
        return known


@dataclass(frozen=True)
class Near:
    """Pairs of samples that nearly are the same, each pair once. first, second: (m,) their rows; exact copies are no pair, one of
    them stands for all.

    unlike: (m,) float64, 0 = the same. Of pictures and recordings the chance, 0 to 1, that an ordinary neighbour in this set would
    lie as near (see `learn/chance.py`); of texts how many of the set would be as like another one by chance (`learn/phrases.py`).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    unlike: NDArray[np.float64]
    medium: str


@dataclass(frozen=True)
class Losses:
    """What a format wrote, and what it could not hold, as sentences with counts. Empty `lost`: nothing was lost.

    warnings: sentences about what was written whole and may still surprise, such as cells a spreadsheet would run.
    """

    samples: int
    lost: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unpacked:
    """What a format has unpacked: the folder or list to read now, as an encoded path below the target, and how to read it."""

    path: str
    format: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


class Outcomes(Protocol):
    """Where a format reports the files and rows that it does not hand on as samples."""

    def file(self, path: str, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """`path` is relative to the source, with `/`."""

    def row(self, list_name: str, row: int, outcome: Outcome, reason: str = "", remarks: Sequence[str] = ()) -> None:
        """`row` counts the rows of the list from 1, its header not counted."""

    def remark(self, text: str) -> None:
        """Something about the source as a whole that its owner should know, such as the mapping of columns guessed."""


class Unpacking(Outcomes, Protocol):
    """Where a format reports while it unpacks."""

    def done(self, more: int) -> None:
        """These many more members or rows are done, for who watches."""


class Format(Protocol):
    """A layout of samples on disk. It has at least one of these methods: `read` or `unpack` to import, `write` to export.

    One layout of folders among several may have a static method `fits(source)`, which says whether a folder is of it; such
    formats are asked before those without, and are else only read when a person names them.
    """

    def read(self, source: Path, outcomes: Outcomes) -> Iterator[pa.RecordBatch]:
        """Samples in batches of up to 10,000, with the columns of `store.schema.CANDIDATES`."""

    def unpack(self, source: Path, target: Path, outcomes: Unpacking) -> Unpacked:
        """Writes the files that the samples are packed in to `target`, an empty folder inside the dataset, for another format to
        read. Nothing written means that nothing could be read."""

    def write(self, samples: Iterable[pa.RecordBatch], target: Path) -> Losses:
        """Writes batches with the columns of `store.schema.EXPORTED` to `target`, which does not exist yet."""


MANY = ("pictures", "planes", "lumas", "texts")
"""What brings many samples at once."""


def measure(
    title: str, *, unit: str, medium: str = "", version: int = 1, less: str = "", more: str = ""
) -> Callable[[T], T]:
    """Declares a number computed from one decoded sample: a float, an int, a bool, a short text, bytes (for
    machines: no column of filters), or None where there is no value.
    What asks for many samples at once returns an array or a list of them.

    less, more: what samples with a smaller and a larger value are, as in `quieter` and `louder`, for sentences.

    Raises `PluginError` when it asks for something its medium does not have.
    """
    words = {name: word for name, word in (("less", less), ("more", more)) if word}
    return _declare("measure", title, allowed=DECODED.get(medium), unit=unit, medium=medium, version=version, **words)


def check(title: str, *, medium: str = "", matters: int = 2, version: int = 1) -> Callable[[T], T]:
    """Declares a judgement over the dataset: columns in, `Findings` out. Its docstring has the headings of its help page.

    matters: 3 spoils what is measured (leaks, wrong labels), 2 harms learning, 1 is worth a look.
    Raises `PluginError` without the headings.
    """
    declare = _declare("check", title, allowed=None, medium=medium, matters=matters, version=version)

    def register(target: T) -> T:
        doc = inspect.getdoc(target) or ""
        for heading in ("## Why it matters", "## What to do"):
            if heading not in doc:
                raise PluginError(
                    f"check {_snake(target.__name__)} has no {heading!r} in its docstring", where=target.__module__
                )
        return declare(target)

    return register


def embedder(
    title: str,
    *,
    medium: str,
    dim: int,
    version: int = 1,
    default: bool = False,
    batch: int = 64,
    side: str | int = 0,
    rate: int = 0,
    packages: tuple[str, ...] = (),
    speed: tuple[str, ...] = (),
) -> Callable[[T], T]:
    """Declares a function from a sequence of samples to an (n, dim) float32 array, a row each in their order.

    It asks for what its medium has. images: (height, width, 3) uint8, RGB, stretched to a square of `side` pixels (a number, or the
    name of the setting that holds it); 0: as they are, those above a million pixels averaged down. signals: (frames,) float32, full
    scale is +-1, channels averaged, at `rate` frames a second; 0: as they are, and `rates` has the rate of each. texts: strings.
    Whatever stands beside a sample, its row must be the same.

    dim: 0 when only the output tells. default: for its medium. batch: how many at a time, at most. packages: distributions that it
    needs. speed: settings that change no number; all others are part of what an embedding is cached under.
    """
    names = {"image": ("images",), "audio": ("signals", "rates"), "text": ("texts",)}
    facts = {"dim": dim, "version": version, "default": default, "batch": batch, "side": side, "rate": rate}
    return _declare(
        "embedder", title, allowed=names.get(medium), medium=medium, **facts, packages=packages, speed=speed
    )


def page(title: str, *, medium: str = "") -> Callable[[T], T]:
    """Declares a page of the workbench: columns of the samples that are selected in, a `Sheet` out. medium: of which alone it is; empty: of all."""
    return _declare("page", title, allowed=None, medium=medium)


def format(title: str, *, suffixes: tuple[str, ...] = (), folder: bool = False) -> Callable[[T], T]:
    """Declares a layout on disk: a class with `read` or `unpack`, `write`, or both.

    suffixes: of the files it reads, lower case. folder: whether it reads folders.
    The keyword-only arguments of its methods are its settings.
    """
    return _declare("format", title, allowed=None, suffixes=suffixes, folder=folder)


def needed_columns(plugin: Plugin, measures: Iterable[str]) -> tuple[str, ...]:
    """The columns a check or a page needs. Raises `PluginError` with the list of what exists when it asks for another one."""
    known = (*SHOWN, *measures) if plugin.kind == "page" else (*COLUMNS, *WHOLE, *measures)
    unknown = [name for name in plugin.needs if name not in known]
    if unknown:
        _refuse(plugin.kind, plugin.name, plugin.module, unknown[0], known)
    return plugin.needs


def _declare(kind: str, title: str, *, allowed: tuple[str, ...] | None, **facts: Any) -> Callable[[T], T]:
    medium = facts.get("medium", "")
    if medium and medium not in MEDIA:
        raise PluginError(f"{kind} {title!r} has an unknown medium", expected=f"one of {', '.join(MEDIA)}", got=medium)

    def register(target: T) -> T:
        name = _snake(target.__name__)
        verbs = ("read", "unpack", "write")
        parts = [getattr(target, verb, None) for verb in verbs] if kind == "format" else [target]
        if kind == "format" and not any(parts):
            raise PluginError(f"format {name} neither reads nor writes", where=target.__module__)
        needs: dict[str, None] = {}
        settings: dict[str, Setting] = {}
        for part in filter(None, parts):
            for argument in inspect.signature(part).parameters.values():
                if argument.kind is argument.KEYWORD_ONLY:
                    if argument.default is argument.empty:
                        raise PluginError(
                            f"setting {argument.name} of {kind} {name} needs a default", where=target.__module__
                        )
                    kind_of = str if argument.default is None else type(argument.default)
                    settings[argument.name] = Setting(argument.name, argument.default, kind_of)
                elif kind != "format":
                    needs[argument.name] = None
        for need in needs:
            if allowed is not None and need not in allowed:
                _refuse(kind, name, target.__module__, need, allowed)
        if not inspect.getdoc(target):
            raise PluginError(f"{kind} {name} needs a docstring: it is its help page", where=target.__module__)
        plugin = Plugin(kind, name, title, target, target.__module__, tuple(needs), settings, facts)
        target.__plugin__ = plugin  # type: ignore[attr-defined]  # the mark the registry looks for
        return target

    return register


def _refuse(kind: str, name: str, module: str, need: str, known: Iterable[str]) -> None:
    raise PluginError(
        f"{kind} {name} asks for {need!r}, which does not exist", where=module, expected=f"of {', '.join(known)}"
    )


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
