"""Language of a text."""

from __future__ import annotations

from trainset.contracts import measure

_LONGEST = 1_000  # characters; the first ones tell
_NO_LANGUAGE = "zxx"  # of ISO 639-2


@measure("Language", unit="ISO 639-1", medium="text", version=2)
def language(text: str) -> str:
    """The likeliest language, such as `en`; `unknown` below 20 letters, where every guess is a gamble (py3langid, after Lui and Baldwin
    2012), and for what it takes for no language at all.
    """
    begin = text[:_LONGEST]
    if sum(letter.isalpha() for letter in begin) < 20:
        return "unknown"
    import py3langid

    if 2 * sum(letter.isupper() for letter in begin) > sum(letter.isalpha() for letter in begin):
        begin = begin.lower()  # capitals are rare in what it was trained on: `CHEERS! SEE YA` is no Lingala
    found = str(py3langid.classify(begin)[0])
    return "unknown" if found == _NO_LANGUAGE else found
