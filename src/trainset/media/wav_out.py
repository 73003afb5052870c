"""Samples to the bytes of a WAV file, as exact as the recording they are from."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

_SUBTYPES = {
    "pcm_s8": ("PCM_U8", 8), "pcm_u8": ("PCM_U8", 8), "pcm_24": ("PCM_24", 24), "pcm_32": ("PCM_32", 32),
    "float": ("FLOAT", 0), "double": ("FLOAT", 0),
}  # fmt: skip


def wav_bytes(signal: NDArray[np.float32], rate: int, coding: str) -> bytes:
    """A WAV file. signal: (frames, channels), full scale is +-1. coding: of the recording, as `facts` of `Audio` say it.

    Samples of 8, 16 and 24 bits come back as they were; of 32 bits the upper 24 do, and floats as 32 bits. What was
    coded with a loss (MP3, Ogg) gets 16 bits.
    """
    subtype, bits = _SUBTYPES.get(coding, ("PCM_16", 16))
    data: NDArray[np.float32] | NDArray[np.int32] = signal
    if bits:
        half = 2.0 ** (bits - 1)
        whole = np.clip(np.rint(signal.astype(np.float64) * half), -half, half - 1)
        # by hand and as 32 bits: libsndfile scales floats by one less than a half, and would change every sample
        data = (whole * 2.0 ** (32 - bits)).astype(np.int32)
    file = io.BytesIO()
    soundfile.write(file, data, rate, format="WAV", subtype=subtype)
    return file.getvalue()
