"""Language of a text."""

from __future__ import annotations

from trainset.contracts import measure

_LONGEST = 1_000  # characters; the first ones tell


@measure("Language", unit="ISO 639-1", medium="text")
def language(text: str) -> str:
    """The likeliest language, such as `en`; `unknown` below 20 letters, where every guess is a gamble (py3langid, after Lui and Baldwin
    2012).
    """
    if sum(letter.isalpha() for letter in text[:_LONGEST]) < 20:
        return "unknown"
    import py3langid

    return str(py3langid.classify(text[:_LONGEST])[0])
