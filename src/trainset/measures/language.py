"""Language of a text."""

from __future__ import annotations

from trainset.contracts import measure
from trainset.learn import languages


@measure("Language", unit="ISO 639-1", medium="text", version=2)
def language(text: str) -> str:
    """The likeliest language, such as `en`; `unknown` below 20 letters, where every guess is a gamble (py3langid, after Lui and Baldwin
    2012), and for what it takes for no language at all.
    """
    if languages.letters(text) < 20:
        return "unknown"
    found = languages.likeliest(text)
    return "unknown" if found == languages.NONE else found
