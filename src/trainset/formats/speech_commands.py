"""Speech Commands: a folder per word, two lists for the splits, and recordings of noise beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses, Outcomes, format
from trainset.formats import _split_lists
from trainset.formats._batch import ROWS, candidates
from trainset.formats._walk import walk
from trainset.formats._which_set import speaker, which_set
from trainset.formats._words_out import NOISE, NOISE_FIELD, Words
from trainset.media.kinds import medium_of
from trainset.model import Outcome

_NOISE_META = json.dumps({NOISE_FIELD: True})


@format("Speech Commands", folder=True)
class SpeechCommands:
    """A folder per word with files named `<speaker>_nohash_<n>.wav`; `validation_list.txt` and `testing_list.txt` say the splits.

    What no list names is train, what both name is test. Without lists the split is the hash of the speaker, as in the dataset's
    README. The contributor is what stands before `_nohash_`. Recordings in `_background_noise_` are no class: they have no
    label, no split, and `meta.background_noise`.
    """

    @staticmethod
    def fits(source: Path) -> bool:
        """A folder with both lists."""
        return all((source / name).is_file() for name in _split_lists.LISTS)

    def read(
        self, source: Path, outcomes: Outcomes, *, validation_percentage: float = 10.0, testing_percentage: float = 10.0
    ) -> Iterator[pa.RecordBatch]:
        """`validation_percentage`, `testing_percentage`: the shares of speakers when there are no lists."""
        files = [*walk(source, outcomes)]
        names = set(files)
        splits = _split_lists.read(source, names, outcomes)
        outcomes.remark(_how(splits.found, validation_percentage, testing_percentage))
        samples = [path for path in files if path not in splits.found and _is_sample(path, outcomes)]
        spoken = {path for path in samples if not _is_noise(path)}
        if noises := len(samples) - len(spoken):
            outcomes.remark(
                f"recordings in {NOISE} ({noises:,}) are no class: they have no label, no split, and meta.{NOISE_FIELD}"
            )
        for start in range(0, len(samples), ROWS):
            some = samples[start : start + ROWS]
            bare = [path.rpartition("/")[2] for path in some]
            listed = [splits.rows.get(path, (None, None)) if path in spoken else (None, None) for path in some]
            yield candidates(
                len(some),
                path=some,
                label=[path.partition("/")[0] if "/" in path and path in spoken else None for path in some],
                split=[
                    None if path not in spoken
                    else splits.of(path) if splits.found
                    else which_set(name, validation_percentage, testing_percentage)
                    for path, name in zip(some, bare, strict=True)
                ],
                contributor=[speaker(name) if speaker(name) != name else None for name in bare],
                meta=[None if path in spoken else _NOISE_META for path in some],
                list=[name for name, _ in listed],
                row=[row for _, row in listed],
                remarks=[[splits.twice[path]] if path in splits.twice else None for path in some],
            )  # fmt: skip
        _split_lists.report_unused(splits, spoken, names, outcomes)

    def write(self, samples: Iterable[pa.RecordBatch], target: Path) -> Losses:
        """The same layout: class folders, both lists from the splits, noise in its folder. What it cannot hold is said."""
        with Words(target) as words:
            for batch in samples:
                for row in batch.to_pylist():
                    words.add(row)
        return words.losses()


def _how(found: tuple[str, ...], validation: float, testing: float) -> str:
    if not found:
        return f"there are no lists: the split is the hash of each speaker ({validation:g} % validation, {testing:g} % testing)"
    missing = "".join(f"; there is no {name}" for name in _split_lists.LISTS if name not in found)
    return f"splits are from {' and '.join(found)}, what they do not name is train{missing}"


def _is_noise(path: str) -> bool:
    return path.startswith(NOISE + "/")


def _is_sample(path: str, outcomes: Outcomes) -> bool:
    """Whether a file is handed on: in a class folder any, beside them and beside noise only recordings."""
    if ("/" in path and not _is_noise(path)) or medium_of(path) == "audio":
        return True
    outcomes.file(path, Outcome.IGNORED, "a document beside the recordings")
    return False
