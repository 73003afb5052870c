"""Pairs: each copy beside the sample that it copies, for a person to decide which of them stays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset import registry
from trainset.checks._copies import kept_of, together
from trainset.checks._groups import groups
from trainset.checks._near import linked, near_pairs, worst_pair
from trainset.errors import BadValue
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.work.dismissed import apart, dismissals
from trainset.work.near import near

PAIRED = ("exact_duplicates", "near_duplicates")
"""The checks whose findings are copies of something."""

SCHEMA = pa.schema(
    [("stays", pa.binary(16)), ("goes", pa.binary(16)), ("copies", pa.int64()), ("unlike", pa.float64())]
)
"""stays: id of the sample that the check would keep. goes: of the one it flags. copies: samples of their group. unlike: as `contracts.Near`
has it, null for exact copies."""

Rows = NDArray[np.int64]


def pairs(dataset: Dataset, check: str = "near_duplicates") -> pa.Table:
    """What a check of duplicates flags, each beside what it copies (of near duplicates: the most alike), in the columns of `SCHEMA`.

    Worst first: under two labels, then in two splits, then the most alike. Dismissed findings and pairs are left out; a pair stands once. Raises
    `BadValue` for another check, and when nothing is measured to compare by.
    """
    if check not in PAIRED:
        raise BadValue(f"{check[:80]!r} finds no pairs", expected=" or ".join(PAIRED))
    texts = ["text"] if dataset.medium == "text" else []
    with open_table(dataset, columns=["content", "split", "label", *texts]) as table:
        rows = table.select(["id", "content", "split", "label", *texts], ["not excluded"]).combine_chunks()
    if not rows.num_rows:
        return SCHEMA.empty_table()
    columns = {name: pa.concat_arrays(rows[name].chunks) for name in rows.column_names}
    content = columns["content"].cast(pa.binary(16))
    ids = columns["id"].cast(pa.binary(16))
    decided = apart(dataset, ids).get(check, np.empty((0, 2), np.int64))
    if check == "exact_duplicates":
        group = groups(content)
        goes, stays = _copied(group, columns["split"])
        undecided = ~together(goes, stays, decided, len(group))
        goes, stays = goes[undecided], stays[undecided]
        unlike = np.full(len(goes), np.nan)
        severity = np.ones(len(goes))
    else:
        goes, stays, severity, group = _near(dataset, content, columns, decided)
        unlike = 2 * (1 - severity)  # times the threshold: 0 the same, 1 just within
    gone = pa.array([one for some in dismissals(dataset).get(check, {}).values() for one in some], pa.binary(16))
    open_ = pc.invert(pc.is_in(ids.take(pa.array(goes)), value_set=gone))
    keep = np.flatnonzero(np.asarray(open_) & _once(goes, stays))
    goes, stays, severity, unlike = goes[keep], stays[keep], severity[keep], unlike[keep]
    labels, sides = groups(columns["label"]), groups(columns["split"])
    order = np.lexsort((-severity, sides[goes] == sides[stays], labels[goes] == labels[stays]))
    size = np.bincount(group)[group[goes]]
    return pa.table(
        [
            ids.take(pa.array(stays[order])), ids.take(pa.array(goes[order])), pa.array(size[order], pa.int64()),
            pa.array(unlike[order], from_pandas=True),
        ],
        schema=SCHEMA,
    )  # fmt: skip


def _copied(group: Rows, split: pa.Array) -> tuple[Rows, Rows]:
    """The rows of copies, and for each the row that its group keeps."""
    kept, several = kept_of(group, split)
    goes = np.flatnonzero(several & (kept[group] != np.arange(len(group))))
    return goes, kept[group[goes]]


def _near(
    dataset: Dataset, content: pa.Array, columns: dict[str, pa.Array], decided: Rows
) -> tuple[Rows, Rows, NDArray[np.float64], Rows]:
    """The rows that the check of near duplicates flags with its own settings, of each the row it is most like, how bad that is, and the group of every row."""
    try:
        found = near(dataset, content, columns.get("text"))
    except LookupError as missing:
        raise BadValue(str(missing.args[0]), next="trainset measure") from None
    settings = registry.plugin("check", "near_duplicates").settings
    most = [float(settings[name].default) for name in ("pictures", "recordings", "texts")]
    first, second, severity = near_pairs(found, content, columns["split"], most[0], most[1], most[2], decided)
    group = linked(first, second, len(content))
    goes, _ = _copied(group, columns["split"])
    rows, others = np.concatenate([first, second]), np.concatenate([second, first])
    other, bad = worst_pair(rows, others, np.concatenate([severity, severity]), len(content))
    return goes, other[goes], bad[goes], group


def _once(goes: Rows, stays: Rows) -> NDArray[np.bool_]:
    """(n,) whether no earlier pair is of the same two."""
    both = np.sort(np.stack([goes, stays], axis=1), axis=1) if len(goes) else np.empty((0, 2), np.int64)
    _, first = np.unique(both, axis=0, return_index=True)
    once = np.zeros(len(goes), bool)
    once[first] = True
    return once
