"""Which language a text is in, and how much speaks for it rather than for others (py3langid, after Lui and Baldwin 2012)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

NONE = "zxx"
"""No language at all, in ISO 639-2."""

_LONGEST = 1_000  # characters; the first ones tell


def letters(text: str) -> int:
    """How many letters are in what of a text is looked at."""
    return sum(letter.isalpha() for letter in text[:_LONGEST])


def likeliest(text: str) -> str:
    """The likeliest language (ISO 639-1), or `NONE`."""
    import py3langid

    return str(py3langid.classify(_shown(text))[0])


def lead(text: str, others: Collection[str], language: str = "") -> float:
    """How much likelier the text is in `language`, or else in whichever is likeliest, than in the likeliest of `others`, in nats:
    12 is 160,000 to one. Negative where one of `others` is likelier.
    """
    import py3langid

    scores = {str(name): float(score) for name, score in py3langid.rank(_shown(text))}
    return scores.get(language, max(scores.values())) - max(scores.get(name, float("-inf")) for name in others)


def throughout(text: str, language: str, others: Collection[str]) -> bool:
    """Whether each half of a text by itself is likelier in `language` than in any of `others`: of a sentence in that language it is, of
    one that only names `Rio de Janeiro` it is not.
    """
    words: Sequence[str] = text[:_LONGEST].split()
    between, words = (" ", words) if len(words) > 1 else ("", text[:_LONGEST])  # not every script has spaces
    middle = len(words) // 2
    return all(lead(between.join(half), others, language) > 0 for half in (words[:middle], words[middle:]))


def _shown(text: str) -> str:
    """Capitals are rare in what it was trained on: `CHEERS! SEE YA` is no Lingala."""
    begin = text[:_LONGEST]
    return begin.lower() if 2 * sum(letter.isupper() for letter in begin) > letters(begin) else begin
