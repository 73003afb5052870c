"""A measure betrays the label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._flagged import none
from trainset.checks._foretold import binned, foretold, halves
from trainset.checks._groups import codes
from trainset.contracts import Findings, check


@check("A measure betrays the label", matters=3)
def betraying_measure(
    label: pa.Array, measures: Mapping[str, NDArray[np.float64]], id: pa.Array, *, least_gain: float = 0.35
) -> Findings:
    """Measures such as brightness, length or size from which the label can be told without looking.

    ## Why it matters
    A model takes the shortest way: it learns the brightness or the length, and fails where that is another.

    ## What to do
    Look at both ends of the measure: `trainset look --sort MEASURE`; collect what is missing, or make the measure the same for all.
    """
    group, names = codes(label)
    if len(names) < 2:
        return none(len(group))
    half = halves(id)
    about = []
    for name, values in measures.items():
        score = foretold(binned(values), group, half)
        floor = 1 / len(names)
        if (score - floor) / (1 - floor) > least_gain:
            about.append((score, f"{name} tells the label in {score:.0%} of cases, chance is {floor:.0%}"))
    return none(len(group), about=[text for _, text in sorted(about, reverse=True)])
