"""Personal data."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.checks._flagged import flag
from trainset.contracts import Findings, check

_ENDS = r"(?:[a-z]{2,}|[A-Z]{2,}(?:[^a-z]|$)|(?i:com|org|net|edu|gov|info))"
"""How a domain ends: `@kiosk.Valid` is the end of one sentence and the begin of the next."""
_PATTERNS = {
    "an e-mail address": r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+" + _ENDS,
    "a phone number": r"(?:^|[^\d])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ .-]?\d{3,4}[ .-]?\d{3,4}|0\d{9,10}|\+\d{9,14}|\d{3}[ .-]\d{3}[ .-]\d{4})(?:[^\d]|$)",
    "a card number": r"(?:^|[^\d])\d(?:[ -]?\d){12,18}(?:[^\d]|$)",
    "a secret key": r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|sk-[A-Za-z0-9]{20,}|xox[bpars]-[A-Za-z0-9-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
_WEIGHT = {"an e-mail address": 0.6, "a phone number": 0.5, "a card number": 0.9, "a secret key": 1.0}
_CARD = re.compile(r"\d(?:[ -]?\d){12,18}")


@check("Personal data", medium="text", matters=3, version=2)
def personal_data(text: pa.Array) -> Findings:
    """Texts that look as if they held an e-mail address, a phone or card number, or a secret key.

    ## Why it matters
    Personal data have no place in a training set without consent, and models repeat what they have seen.

    ## What to do
    Read them; mask what is real, in all texts alike. Patterns cannot tell a made-up number from a real one.
    """
    texts = pc.fill_null(text, "")
    found = {
        kind: pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).copy()
        for kind, pattern in _PATTERNS.items()
    }
    for row in np.flatnonzero(found["a card number"]):
        found["a card number"][row] = any(_is_card(number) for number in _CARD.findall(texts[int(row)].as_py()))
    flagged = np.any([*found.values()], axis=0) if len(texts) else np.zeros(0, bool)
    severity = np.max([hits * _WEIGHT[kind] for kind, hits in found.items()], axis=0) if len(texts) else np.zeros(0)
    return flag(
        flagged, severity, lambda row: "looks like " + " and ".join(kind for kind, hits in found.items() if hits[row])
    )


def _is_card(number: str) -> bool:
    """Luhn's check digit (ISO/IEC 7812)."""
    digits = [int(letter) for letter in number if letter.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0
