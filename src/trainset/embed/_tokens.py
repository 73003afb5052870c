"""Texts through a transformer in ONNX: tokens in, the mean of their vectors out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.embed import _models
from trainset.errors import BadValue, DamagedModel

_LETTERS = 20
"""Of a text for each token that is read, beyond which it is not looked at: a text may have millions."""


def tokenizer(path: Path, version: str = "") -> Any:
    """The tokenizer of a `tokenizer.json`; kept, for one path and version of its file."""
    _models.used(path)
    return _tokenizer(path, version)


@lru_cache(maxsize=4)
def _tokenizer(path: Path, version: str) -> Any:
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001  # it raises nothing narrower
        raise DamagedModel("this is no tokenizer", where=str(path), got=str(error)[:200]) from None


def require_most(tokens: int, most: int) -> None:
    """Raises `BadValue` for a number of tokens that the network cannot read."""
    if not 2 <= tokens <= most:
        raise BadValue("setting tokens is out of range", expected=f"2 to {most}", got=str(tokens))


def mean_vectors(
    model: Any, words: Any, texts: Sequence[str], most: int, pooled: Callable[..., NDArray[np.float32]] | None = None
) -> NDArray[np.float32]:
    """(n, dim) float32 of unit length: the mean of the vectors of a text's tokens, of which the first `most` are read.

    pooled: makes (n, dim) of (n, tokens, dim) vectors and the (n, tokens) mask otherwise.
    """
    words.enable_truncation(max_length=most)
    words.no_padding()
    encoded = words.encode_batch([text[: most * _LETTERS] for text in texts])
    longest = max(1, max(len(one.ids) for one in encoded))
    ids, mask = np.zeros((2, len(encoded), longest), np.int64)
    for row, one in enumerate(encoded):
        ids[row, : len(one.ids)] = one.ids
        mask[row, : len(one.ids)] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = model.run(None, {given.name: inputs[given.name] for given in model.get_inputs()})[0]
    if pooled is not None:
        vectors = pooled(hidden, mask)
    elif hidden.ndim == 2:  # the model pools by itself
        vectors = hidden
    else:
        weights = mask[..., None].astype(np.float32)
        vectors = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
    unit: NDArray[np.float32] = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype(
        np.float32
    )
    return unit
