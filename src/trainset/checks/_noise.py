"""Recordings of noise that belong to no class, as Speech Commands keeps them beside its words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_FIELD = "background_noise"
"""The metadata field by which the format marks them."""


def is_noise(meta: Mapping[str, pa.Array], label: pa.Array) -> NDArray[np.bool_]:
    """(n,) whether a recording is noise to mix in: long on purpose, and begun and ended anywhere."""
    if _FIELD not in meta:
        return np.zeros(len(label), bool)
    marked = pc.equal(meta[_FIELD], "true").fill_null(False)
    found: NDArray[np.bool_] = pc.and_(marked, label.is_null()).to_numpy(zero_copy_only=False)
    return found
