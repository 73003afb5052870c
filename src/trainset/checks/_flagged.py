"""Findings from what is flagged and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.contracts import Findings


def flag(
    flagged: NDArray[np.bool_],
    severity: NDArray[Any],
    because: Callable[[int], str],
    *,
    about: Sequence[str] = (),
    next: str = "",
) -> Findings:
    """Findings for (n,) `flagged`; `because` gives the sentence of a flagged row. Severity is clipped to 0..1, and is 0 elsewhere."""
    clipped = np.where(flagged, np.clip(np.nan_to_num(severity), 0.01, 1), 0).astype(np.float32)
    return Findings(clipped, flagged, [because(int(row)) for row in np.flatnonzero(flagged)], tuple(about), next)


def none(count: int, *, about: Sequence[str] = (), next: str = "", bad: pa.Table | None = None) -> Findings:
    """Findings that flag no sample."""
    return Findings(np.zeros(count, np.float32), np.zeros(count, bool), (), tuple(about), next, bad)
