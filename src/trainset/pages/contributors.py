"""What each contributor gave, and how well a model that has not heard them does on it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.contracts import Sheet, Table, page

_MOST = 500


@page("Contributors")
def contributors(
    contributor: pa.Array, label: pa.Array, predicted: pa.Array, split: pa.Array, *, most: int = _MOST
) -> Sheet:
    """Who gave how much, of which classes, and what share of it the latest run takes for what it is labelled.

    Where one of them is far below the others, their labels, their recordings or the words they use are worth a look; so is a set that comes from
    few. most: how many are listed, those who gave most first.
    """
    known = contributor.is_valid()
    if not pc.any(known).as_py():
        return Sheet(("No sample says who gave it: a list with a column `contributor`, `speaker` or `author` does.",))
    same = pc.equal(label, predicted)
    table = pa.table({"contributor": contributor, "label": label, "split": split, "same": same.cast(pa.float64())})
    table = table.filter(known)
    found = table.group_by("contributor").aggregate(
        [("contributor", "count"), ("label", "count_distinct"), ("split", "count_distinct"), ("same", "mean")]
    )
    found = found.sort_by([("contributor_count", "descending"), ("contributor", "ascending")])
    counts = found["contributor_count"].to_numpy()
    shares = counts / counts.sum()
    rows = [
        [name, int(count), float(share), int(classes), int(splits), right]
        for name, count, share, classes, splits, right in zip(
            found["contributor"].to_pylist(), counts, shares, found["label_count_distinct"].to_pylist(),
            found["split_count_distinct"].to_pylist(), found["same_mean"].to_pylist(), strict=True,
        )
    ][:most]  # fmt: skip
    quoted = [str(row[0]).replace("'", "''") for row in rows]
    says = [
        f"{len(counts):,} gave {int(counts.sum()):,} samples; the effective number is {1 / float(np.square(shares).sum()):.1f}."
    ]
    if without := len(contributor) - int(counts.sum()):
        says.append(f"{without:,} samples do not say who gave them.")
    return Sheet(
        says,
        [
            Table(
                "Contributors", ("contributor", "samples", "share", "classes", "splits", "as labelled"), rows, ("share", "as labelled"),
                [f"contributor = '{name}'" for name in quoted],
                "As labelled: what the latest run predicts as its label; of samples that it was not trained on, held out.",
            )
        ],
    )  # fmt: skip
