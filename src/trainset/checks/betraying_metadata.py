"""Metadata or file names betray the label."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import none
from trainset.checks._foretold import binned, foretold, halves
from trainset.checks._groups import codes
from trainset.contracts import Findings, check

_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"


@check("Metadata or file names betray the label", version=2)
def betraying_metadata(
    label: pa.Array, meta: Mapping[str, pa.Array], path: pa.Array, id: pa.Array, *, least_gain: float = 0.5
) -> Findings:
    """Fields of metadata, or file names but for their numbers, from which the label can be told.

    ## Why it matters
    What the collection knew, such as a device, a day or a running number, will not be there in use; it also tells that classes were collected apart.

    ## What to do
    Look at how it was collected. A field that repeats the label is harmless as long as no model gets it.
    """
    group, names = codes(label)
    if len(names) < 2:
        return none(len(group))
    half, floor = halves(id), 1 / len(names)
    fields = {f"meta.{name}": values for name, values in meta.items()}
    names_of_files = pc.replace_substring_regex(path, r"^.*/", "")
    fields["the beginning of the file name"] = pc.replace_substring_regex(names_of_files, r"[0-9_. -].*$", "")
    fields["the file name without its numbers"] = pc.replace_substring_regex(names_of_files, r"[0-9]+", "")
    about = []
    for name, values in fields.items():
        numbers = pc.if_else(pc.match_substring_regex(values, _NUMBER), values, None).cast(pa.float64())
        tried = [(codes(values)[0], name)]
        if numbers.null_count < len(numbers) / 10:
            tried.append(
                (binned(numbers.fill_null(float("nan")).to_numpy(zero_copy_only=False)), f"{name} as a number")
            )
        score, shown = max((foretold(bins, group, half), text) for bins, text in tried)
        if (score - floor) / (1 - floor) > least_gain:
            about.append((score, f"{shown} tells the label in {score:.0%} of cases, chance is {floor:.0%}"))
    return none(len(group), about=[text for _, text in sorted(about, reverse=True)])
