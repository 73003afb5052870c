"""The split that the Speech Commands dataset gives a recording by the hash of its speaker."""

from __future__ import annotations

import hashlib
import re

from trainset.store import paths

MAX_NUM_WAVS_PER_CLASS = 2**27 - 1

_AFTER_SPEAKER = re.compile(r"_nohash_.*$")


def which_set(name: str, validation_percentage: float = 10.0, testing_percentage: float = 10.0) -> str:
    """train, validation or test, by the file's name up to `_nohash_`: all recordings of a speaker are on one side.

    The function of that name in the README of Speech Commands (Warden, arXiv 1804.03209), number by number.
    """
    hashed = hashlib.sha1(paths.decode(speaker(name)), usedforsecurity=False).hexdigest()
    percentage = (int(hashed, 16) % (MAX_NUM_WAVS_PER_CLASS + 1)) * (100.0 / MAX_NUM_WAVS_PER_CLASS)
    if percentage < validation_percentage:
        return "validation"
    return "test" if percentage < testing_percentage + validation_percentage else "train"


def speaker(name: str) -> str:
    """What stands before `_nohash_` in a file's name; the whole name when it has none."""
    return _AFTER_SPEAKER.sub("", name)
