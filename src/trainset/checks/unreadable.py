"""Unreadable."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import none
from trainset.contracts import Findings, check

_WORST_FIRST = ("unreadable", "truncated", "empty", "too large", "unsafe", "unsupported")


@check("Files that could not be taken")
def unreadable(id: pa.Array, bad: pa.Table) -> Findings:
    """Files and rows of the sources that are no samples: unreadable, truncated, empty, too large, unsafe or unsupported.

    ## Why it matters
    What is missing is seldom missing at random: it is one camera's, one contributor's, or the end of a broken transfer, and a
    class that loses more than others is learnt less well.

    ## What to do
    Fetch them again or mend them where they come from, or remove them there; then import the source again. A file that is fine
    by then is on this list no longer.
    """
    if not bad.num_rows:
        return none(len(id))
    order = pc.index_in(bad["outcome"], value_set=pa.array(_WORST_FIRST))
    worst = bad.append_column("order", order).sort_by(
        [(name, "ascending") for name in ("order", "source", "name", "row")]
    )
    counts = {pair["values"]: pair["counts"] for pair in bad["outcome"].value_counts().to_pylist()}
    kinds = {pair["values"]: pair["counts"] for pair in bad["kind"].value_counts().to_pylist()}
    what = " and ".join(
        f"{kinds[kind]:,} {kind}{'s' if kinds[kind] != 1 else ''}" for kind in ("file", "row") if kind in kinds
    )
    said = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in _WORST_FIRST if outcome in counts)
    about = [f"{what} could not be taken: {said}"]
    sources = sorted(bad["source"].value_counts().to_pylist(), key=lambda pair: (-pair["counts"], pair["values"]))
    if len(sources) > 1:
        about.append("by source: " + ", ".join(f"{pair['values']} {pair['counts']:,}" for pair in sources[:5]))
    return none(len(id), about=about, bad=worst.drop_columns(["order"]))
