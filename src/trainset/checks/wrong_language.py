"""Wrong language."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.checks._flagged import flag, none
from trainset.checks._groups import most_common
from trainset.contracts import Findings, check

_NEAR = (
    {"en", "pcm"}, {"da", "nb", "nn", "no"}, {"bs", "hr", "sr"}, {"id", "ms"}, {"cs", "sk"}, {"gl", "pt"}, {"xh", "zu"}, {"af", "nl"},
)  # fmt: skip
"""Languages so near to one another that a short text of one is easily taken for the other: Nigerian Pidgin for English in haste."""


@check("Wrong language", medium="text", version=2)
def wrong_language(
    language: pa.Array,
    characters: NDArray[np.float64],
    non_letters: NDArray[np.float64],
    *,
    least_share: float = 0.9,
    least_letters: int = 60,
) -> Findings:
    """Texts in another language than nearly all; a near one, such as Danish among Norwegian, is not told apart.

    ## Why it matters
    A few texts of another language teach its words for one class, and cannot be rated by people who do not read it.

    ## What to do
    Read them; exclude or translate, or make the language a part of the task.

    ## References
    Lui and Baldwin 2012, langid.py
    """
    letters = characters * (1 - non_letters)
    sure = (letters >= least_letters) & ~pc.equal(language, "unknown").fill_null(True).to_numpy(zero_copy_only=False)
    usual, share = most_common(language.filter(pa.array(sure)))
    if usual is None or share < least_share:
        return none(len(sure))
    alike = pa.array([usual, *(name for group in _NEAR if usual in group for name in group)])
    flagged = sure & ~pc.is_in(language, value_set=alike).to_numpy(zero_copy_only=False)
    return flag(flagged, letters / 300, lambda row: f"looks like {language[row].as_py()}, the set is {usual}")
