"""Wrong language."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import flag, none
from trainset.checks._groups import most_common
from trainset.contracts import Findings, check
from trainset.learn import languages

_NEAR = (
    {"en", "pcm"}, {"da", "nb", "nn", "no"}, {"bs", "hr", "sr"}, {"id", "ms"}, {"cs", "sk"}, {"gl", "pt"}, {"xh", "zu"}, {"af", "nl"},
)  # fmt: skip
"""Languages so near to one another that a short text of one is easily taken for the other: Nigerian Pidgin for English in haste."""

_MANY = 20
"""Long texts from which on they alone say what the language of the set is."""


@check("Wrong language", medium="text", version=3)
def wrong_language(
    language: pa.Array,
    text: pa.Array,
    *,
    least_share: float = 0.9,
    least_letters: int = 60,
    least_lead: float = 12.0,
) -> Findings:
    """Texts in another language than nearly all; a near one, such as Danish among Norwegian, is not told apart.

    Of a text of fewer than `least_letters` letters each half must be in that language by itself, so that a foreign name is none, and the
    whole by `least_lead` nats likelier than in the language of the set (12: 160,000 to one).

    ## Why it matters
    A few texts of another language teach its words for one class, and cannot be rated by people who do not read it.

    ## What to do
    Read them; exclude or translate, or make the language a part of the task.

    ## References
    Lui and Baldwin 2012, langid.py
    """
    known = ~pc.equal(language, "unknown").fill_null(True).to_numpy(zero_copy_only=False)
    letters = pc.count_substring_regex(pc.fill_null(text, ""), r"\p{L}").to_numpy(zero_copy_only=False)
    long = known & (letters >= least_letters)
    usual, share = most_common(language.filter(pa.array(long if long.sum() >= _MANY else known)))
    if usual is None or share < least_share:
        return none(len(known))
    alike = [usual, *(name for group in _NEAR if usual in group for name in group)]
    flagged = known & ~pc.is_in(language, value_set=pa.array(alike)).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(flagged & ~long):
        words, name = text[int(row)].as_py() or "", language[int(row)].as_py()
        flagged[row] = languages.lead(words, alike, name) >= least_lead and languages.throughout(words, name, alike)
    return flag(flagged, letters / 300, lambda row: f"looks like {language[row].as_py()}, the set is {usual}")
