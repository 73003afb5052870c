"""The material of a run: samples at a position of the log as codes, groups, sides and a view of their embeddings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.errors import BadValue, UnknownName
from trainset.learn.folds import together
from trainset.recipe import REST, Recipe
from trainset.store import own_media
from trainset.store.dataset import Dataset
from trainset.store.measured import arrow_type, measures_of
from trainset.store.query import QueryTable, open_table
from trainset.work.embed import embeddings
from trainset.work.near import near
from trainset.work.vectors import Embeddings

Progress = Callable[[int], None]
_NEAR = {"image": "pictures", "audio": "recordings", "text": "texts"}
"""Medium -> the setting of the check `near_duplicates` that says how unlike near duplicates may be."""


@dataclass(frozen=True)
class Roster:
    """Samples that are not excluded, in the order of import; arrays are one value a sample.

    labels: names; beneath: code of the label, -1 for none. classes: names; class_of: (labels,) the class of each; codes: of the class,
    -1 for none. train: what is trained on and predicted held out. groups: what is held out together, as numbers; None: each sample
    by itself. by: what groups are made of. shared: has one of its contributor, or a near duplicate, in training, itself and not through
    others of its group. measures: (n, m) float64, NaN for none.
    """

    at: int
    ids: pa.Array
    contents: pa.Array
    split: pa.Array
    labels: tuple[str, ...]
    beneath: NDArray[np.int64]
    classes: tuple[str, ...]
    class_of: NDArray[np.int64]
    codes: NDArray[np.int64]
    train: NDArray[np.bool_]
    groups: NDArray[np.int64] | None
    by: str
    shared: NDArray[np.bool_]
    contributors: NDArray[np.int64]
    measures: NDArray[np.float64]
    remarks: tuple[str, ...]

    def of_split(self, name: str) -> NDArray[np.bool_]:
        """Which samples of this split are scored apart from training."""
        mine: NDArray[np.bool_] = pc.equal(self.split, name).fill_null(False).to_numpy(zero_copy_only=False)
        return mine & ~self.train & (self.codes >= 0)


@dataclass(frozen=True)
class Material(Roster):
    """Of these samples those that have an embedding. view: their embeddings."""

    view: Embeddings


def material(dataset: Dataset, recipe: Recipe, at: int, progress: Progress | None = None) -> Material:
    """Reads what a recipe trains on. Raises `BadValue` when there is nothing to learn from, `UnknownName` for a label or field that does
    not exist."""
    asked = _asked(dataset, recipe, at)
    view = embeddings(dataset, asked.contents, embedder=recipe.embedder, settings=recipe.settings)
    known = view.known
    remarks = [f"{np.count_nonzero(~known):,} samples have no embedding, and are left out"] if not known.all() else []
    if not known.any():
        raise BadValue("no sample has an embedding", got=f"embedder {recipe.embedder}", next="trainset embed says why")
    found = _roster(dataset, recipe, at, asked, known, remarks, progress)
    return Material(**vars(found), view=view.only(np.flatnonzero(known)))


def roster(dataset: Dataset, recipe: Recipe, at: int, progress: Progress | None = None) -> Roster:
    """The same without embeddings, of every sample: for a model of one's own. Raises as `material`."""
    asked = _asked(dataset, recipe, at)
    return _roster(dataset, recipe, at, asked, np.ones(len(asked.contents), bool), [], progress)


@dataclass(frozen=True)
class _Asked:
    """Samples as the query table gives them. columns: what groups are made of, by name. existing: the classes there are."""

    rows: pa.Table
    contents: pa.Array
    columns: dict[str, pa.Array]
    existing: set[str]
    measures: list[str]


def _asked(dataset: Dataset, recipe: Recipe, at: int) -> _Asked:
    names = [
        name
        for name, plugin in measures_of(dataset.medium).items()
        if arrow_type(plugin) not in (pa.string(), pa.binary())
    ]
    fields = [name.removeprefix("meta.") for name in recipe.groups.split(",") if name.startswith("meta.")]
    texts = ["text"] if dataset.medium == "text" else []
    wanted = ["id", "content", "label", "split", "contributor", *texts, *names]
    asked = recipe.groups.split(",")
    with open_table(dataset, at, columns=[*wanted[1:], *(["meta"] if fields else [])]) as table:
        rows = table.select(wanted, ["not excluded"])
        columns = {f"meta.{name}": _field(table, name) for name in fields}
        existing = {*table.replay.classes}
        cutting = {"auto", "original"} & {*asked} and own_media.any_of(dataset.folder, table.replay.sources.values())
    if cutting:
        columns["original"] = _original(dataset, at)
    if not rows.num_rows:
        raise BadValue("there is no sample to learn from", next="trainset import SOURCE")
    return _Asked(rows, rows["content"].combine_chunks().cast(pa.binary(16)), columns, existing, names)


def _roster(
    dataset: Dataset, recipe: Recipe, at: int, asked: _Asked, known: NDArray[np.bool_], remarks: list[str], progress: Progress | None
) -> Roster:  # fmt: skip
    rows, contents = asked.rows, asked.contents
    links = _links(dataset, recipe, rows, contents, asked.columns, remarks, progress)
    keep = pa.array(known)
    label = rows["label"].combine_chunks().filter(keep)
    labels, beneath = _codes(label)
    classes, class_of = _grouped(recipe, labels, asked.existing | {*labels})
    codes = np.append(class_of, -1)[beneath]
    if not (codes >= 0).any():
        raise BadValue(
            "no sample has a label to learn from", next="trainset label CLASS ID, or import a source with labels"
        )
    split = rows["split"].combine_chunks().filter(keep)
    train = _train(split, codes, remarks)
    by = ",".join(links.made) or "none"
    groups = together(rows.num_rows, links.codes, links.pairs)[known] if links.made else None
    trained = np.zeros(rows.num_rows, bool)
    trained[known] = train & (codes >= 0)  # what has no label is not learnt from
    if groups is not None and recipe.groups == "auto" and len(np.unique(groups[train & (codes >= 0)])) < 2:
        groups, by = None, "none"
        remarks.append("all samples are of one contributor or near duplicates, so each is held out by itself")
    return Roster(
        at, rows["id"].combine_chunks().cast(pa.binary(16)).filter(keep), contents.filter(keep), split, labels, beneath, classes,
        class_of, codes, train, groups, by, links.to(trained)[known] & (groups is not None), _codes(rows["contributor"].combine_chunks().filter(keep))[1],
        np.stack([_number(rows[name])[known] for name in asked.measures], axis=1), tuple(remarks),
    )  # fmt: skip


def _codes(column: pa.Array) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The texts there are, sorted, and (n,) which of them each is, -1 for none."""
    names = sorted(pc.unique(column.drop_null()).to_pylist())
    place = pc.index_in(column, value_set=pa.array(names, column.type))
    return tuple(names), place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def _grouped(recipe: Recipe, labels: tuple[str, ...], existing: set[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Classes in the order of the recipe, then labels that are classes of their own; and the class of each label."""
    if not recipe.classes:
        return labels, np.arange(len(labels))
    of = {label: name for name, some in recipe.classes.items() for label in some if label != REST}
    if unknown := sorted({*of} - existing):
        raise UnknownName(f"no class is called {unknown[0]!r}", expected=", ".join(sorted(existing))[:500])
    rest = next((name for name, some in recipe.classes.items() if REST in some), None)
    found = [of.get(label, label if rest is None else rest) for label in labels]
    clash = [
        label
        for label, name in zip(labels, found, strict=True)
        if rest is None and label not in of and name in recipe.classes
    ]
    if clash:
        raise BadValue(
            f"{clash[0]!r} is a class of the recipe and a label outside it", next="name the label in that class too"
        )
    classes = tuple(dict.fromkeys([*(name for name in recipe.classes if name in found), *found]))
    return classes, np.array([classes.index(name) for name in found], np.int64)


def _train(split: pa.Array, codes: NDArray[np.int64], remarks: list[str]) -> NDArray[np.bool_]:
    """Which samples are trained on: those of the train split, and those of none; all but production's when no split counts."""
    apart: NDArray[np.bool_] = pc.is_in(split, value_set=pa.array(["validation", "test"])).to_numpy(
        zero_copy_only=False
    )
    production: NDArray[np.bool_] = pc.equal(split, "production").fill_null(False).to_numpy(zero_copy_only=False)
    train = ~apart & ~production
    if not (train & (codes >= 0)).any():
        remarks.append("no labelled sample is of the train split, so every sample is trained on and held out in turn")
        return ~production
    labelled, kept = int((codes >= 0).sum()), int((train & (codes >= 0)).sum())
    if 2 * kept < labelled:
        remarks.append(
            f"only {kept:,} of {labelled:,} labelled samples are of the train split; trainset move-split changes that"
        )
    return train


@dataclass(frozen=True)
class _Links:
    """What ties samples to one another: codes, of which equal ones do and -1 does not, each of what `made` says; and pairs of samples."""

    codes: list[NDArray[np.int64]]
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]] | None
    made: list[str]

    def to(self, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which samples are tied to some of these directly."""
        tied = np.zeros(len(some), bool)
        for codes in self.codes:
            tied |= (codes >= 0) & np.isin(codes, codes[some])
        if self.pairs is not None:
            first, second = self.pairs
            tied[first[some[second]]] = True
            tied[second[some[first]]] = True
        return tied


def _links(
    dataset: Dataset, recipe: Recipe, rows: pa.Table, contents: pa.Array, columns: dict[str, pa.Array], remarks: list[str],
    progress: Progress | None,
) -> _Links:  # fmt: skip
    """What is held out together."""
    asked, pairs = recipe.groups.split(","), None
    if "original" in asked and "original" not in columns:
        raise BadValue("no sample was cut from a recording", next="--groups auto")
    found, made = [_codes(column)[1] for column in columns.values()], [*columns]
    if "contributor" in asked or recipe.groups == "auto":
        people = _codes(rows["contributor"].combine_chunks())[1]
        if (people >= 0).any():
            found.append(people)
            made.append("contributor")
        elif recipe.groups != "auto":
            raise BadValue(
                "no sample has a contributor to hold out", next="import with --map contributor=COLUMN, or --groups near"
            )
    if "near" in asked or recipe.groups == "auto":
        text = rows["text"].combine_chunks() if "text" in rows.column_names else None
        copies = contents.dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
        try:
            alike = near(dataset, contents, text, progress)
        except LookupError as missing:
            if recipe.groups != "auto":
                raise BadValue(str(missing.args[0]), next="trainset measure") from None
            remarks.append(f"near duplicates are not known: {missing.args[0]}")
        else:
            most = registry.plugins("check")["near_duplicates"].settings[_NEAR[dataset.medium]].default
            good = alike.unlike <= most
            pairs = alike.first[good], alike.second[good]
        if (pairs is not None and len(pairs[0])) or len(np.unique(copies)) < len(copies):
            found.append(copies)
            made.append("near")
    return _Links(found, pairs, made)


def _field(table: QueryTable, name: str) -> pa.Array:
    """A field of the metadata of each sample. Raises `BadFilter` when no sample has it."""
    table.condition([f"meta.{name} is null"])
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    rows = table.run(
        "SELECT json_extract_string(meta, ?) AS value FROM samples WHERE NOT excluded ORDER BY part, row", [pointer]
    )
    return rows["value"].combine_chunks()


def _original(dataset: Dataset, at: int) -> pa.Array:
    """Of each sample the stretch or recording that it was cut from, which is what a recording itself goes by."""
    with open_table(dataset, at, columns=["meta"]) as table:
        rows = table.run(
            "SELECT coalesce(json_extract_string(meta, '/stretch'), json_extract_string(meta, '/original')) AS cut, "
            "lower(hex(id)) AS own FROM samples WHERE NOT excluded ORDER BY part, row"
        )
    whole = pc.is_in(rows["own"], value_set=pc.unique(rows["cut"]).drop_null())
    return pc.coalesce(rows["cut"], pc.if_else(whole, rows["own"], None)).combine_chunks()


def _number(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.cast(pa.float64()).fill_null(float("nan")).to_numpy()
    return values


def summary_of_groups(found: Roster) -> list[dict[str, Any]]:
    """Of each class: how many samples, different labels beneath and contributors it has."""
    table = []
    for code, name in enumerate(found.classes):
        mine = found.codes == code
        people = found.contributors[mine]
        table.append(
            {
                "class": name, "samples": int(mine.sum()), "labels": len(np.unique(found.beneath[mine])),
                "contributors": len(np.unique(people[people >= 0])),
            }
        )  # fmt: skip
    return table
