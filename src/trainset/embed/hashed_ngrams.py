"""The words and letters of a text, counted under their hashes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import embedder

_HALF = 1024
_LETTERS = 20_000


@embedder("Hashed n-grams", medium="text", dim=2 * _HALF, version=1, batch=512)
def hashed_ngrams(texts: Sequence[str]) -> NDArray[np.float32]:
    """The words of a text and their pairs, and its runs of three to five letters, in 2,048 numbers: each is hashed to a place and a
    sign (Weinberger et al., "Feature hashing for large scale multitask learning", 2009), the logarithm of its count is added there.

    For texts in any language whose classes differ in their words, and as the floor that a pretrained embedder must beat. It does
    not know that two words mean the same. Of a text the first 20,000 characters are read.

    Cost: some thousand sentences a second. Source: no weights, so nothing to install and no licence.
    """
    cut = [text[:_LETTERS] for text in texts]
    return np.concatenate([_half(cut, kind) for kind in ("word", "char_wb")], axis=1)


def _half(texts: Sequence[str], kind: str) -> NDArray[np.float32]:
    counts = _hashing(kind).transform(texts)
    counts.data = np.sign(counts.data) * np.log1p(np.abs(counts.data))
    dense: NDArray[np.float32] = counts.toarray().astype(np.float32)
    lengths = np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), np.float32(1e-12))
    half: NDArray[np.float32] = dense / lengths * np.float32(0.5**0.5)
    return half


@cache
def _hashing(kind: str) -> Any:
    from sklearn.feature_extraction.text import HashingVectorizer

    how: dict[str, Any] = {"word": {"token_pattern": r"\w+", "ngram_range": (1, 2)}, "char_wb": {"ngram_range": (3, 5)}}
    return HashingVectorizer(n_features=_HALF, analyzer=kind, norm=None, dtype=np.float32, **how[kind])
