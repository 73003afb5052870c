"""Writing the layout of Speech Commands: where a recording goes, what it is called, and what cannot be held."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import chain, count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trainset.contracts import Losses
from trainset.formats import _json
from trainset.formats._columns import listed
from trainset.formats._names import FolderNames, file_name
from trainset.formats._split_lists import LISTS
from trainset.formats._which_set import speaker, which_set
from trainset.media.kinds import sniff
from trainset.model import SPLIT_SPELLINGS
from trainset.store.ids import content_hash

NOISE = "_background_noise_"
NOISE_FIELD = "background_noise"
"""The folder of recordings that are no class, and the metadata field that marks them in a dataset."""

_NAME = re.compile(r"[0-9a-f]{8}_nohash_[0-9]+\.wav")
_SPEAKER = re.compile(r"[0-9a-f]{8}")


class Words:
    """Writes samples into a folder one by one; `losses` says what came of them. Its lists are complete when it is left."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._folders = FolderNames([NOISE, *LISTS])
        self._taken: dict[str, set[str]] = defaultdict(set)
        self._next: dict[tuple[str, str], count[int]] = defaultdict(count)
        self._speakers = _Speakers()
        self._lost: Counter[str] = Counter()
        self._written = self._renamed = self._elsewhere = self._split = 0

    def __enter__(self) -> Self:
        self._target.mkdir(parents=True)
        self._open = ExitStack()
        self._lists = {
            split: self._open.enter_context((self._target / name).open("xb")) for name, split in LISTS.items()
        }
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._open.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Writes one sample, in the columns of `EXPORTED`, or counts why it has no place."""
        split = SPLIT_SPELLINGS.get((row["split"] or "").lower())
        meta = _json.loads(row["meta"])[0] if row["meta"] else {}
        noise = row["label"] is None and meta.pop(NOISE_FIELD, None) in (True, "true")
        if reason := _no_place(row, split, noise):
            self._lost[reason] += 1
            return
        if meta:
            self._lost["samples have metadata, which no file of this layout holds"] += 1
        if noise:
            name = file_name(row["name"], row["id"], self._taken[NOISE])
            self._save(NOISE, name, row["media"])
            return
        folder = self._folders.name(row["label"])
        name = self._name(row, folder)
        self._save(folder, name, row["media"])
        self._renamed += name != row["name"]
        if split in self._lists:
            self._lists[split].write(f"{folder}/{name}\n".encode())
        elif split is None:
            self._lost["samples have no split: no list names them, and so they come back as train"] += 1
        self._split += 1
        self._elsewhere += which_set(name) != (split or "train")

    def losses(self) -> Losses:
        """What was written, and what was not."""
        lost = [f"{number:,} {what}" for what, number in self._lost.items()]
        if changed := self._folders.changed:
            named = listed(f"{label} is {folder}" for label, folder in changed.items())
            lost.append(f"{len(changed):,} classes come back under the name of their folder: {named}")
        warnings = []
        if self._renamed:
            warnings.append(f"{self._renamed:,} files have new names, of the form <speaker>_nohash_<n>.wav")
        if self._elsewhere:
            warnings.append(
                f"{self._elsewhere:,} of {self._split:,} recordings are in another split than the hash of their names says: the lists "
                "win, and a program that computes the hash (which_set) instead of reading them splits otherwise"
            )
        return Losses(self._written, tuple(lost), tuple(warnings))

    def _save(self, folder: str, name: str, data: bytes) -> None:
        (self._target / folder).mkdir(exist_ok=True)
        with (self._target / folder / name).open("xb") as file:
            file.write(data)
        self._written += 1

    def _name(self, row: Mapping[str, Any], folder: str) -> str:
        """The sample's own name when it says its contributor and is free, else the next one of its contributor."""
        contributor, own = row["contributor"], row["name"] or ""
        good = _NAME.fullmatch(own) is not None
        if contributor is None and good:
            contributor = speaker(own)
        elif contributor is None:
            self._lost["samples have no contributor: each comes back with one of its own"] += 1
        prefix = self._speakers.prefix(contributor, row["id"])
        if contributor is not None and prefix != contributor:
            self._lost["samples come back with a hash of their contributor's name"] += 1
        taken = self._taken[folder]
        if not good or speaker(own) != prefix or own in taken:
            numbers = self._next[folder, prefix]
            own = next(name for name in (f"{prefix}_nohash_{n}.wav" for n in numbers) if name not in taken)
        taken.add(own)
        return own


class _Speakers:
    """One name of 8 hex digits for each contributor, the same in every export unless two of them clash."""

    def __init__(self) -> None:
        self._prefixes: dict[tuple[str, str], str] = {}
        self._taken: set[str] = set()

    def prefix(self, contributor: str | None, sample: str) -> str:
        """Of a contributor, or of a sample whose contributor nobody knows."""
        who = ("contributor", contributor) if contributor is not None else ("sample", sample)
        if who not in self._prefixes:
            own = [who[1]] if _SPEAKER.fullmatch(who[1]) else []
            hashes = (content_hash("\0".join([*who, *"x" * n]).encode("utf-8", "surrogatepass")) for n in count())
            prefix = next(p for p in chain(own, (digest.hex()[:8] for digest in hashes)) if p not in self._taken)
            self._taken.add(prefix)
            self._prefixes[who] = prefix
        return self._prefixes[who]


def _no_place(row: Mapping[str, Any], split: str | None, noise: bool) -> str:
    """Why a sample is left out, as what follows its count; empty when it is not."""
    if row["media"] is None:
        return "samples have no recording to write: left out"
    kind = sniff(row["media"][:4096])
    if kind is None or kind.name != "WAV":
        return "recordings are no WAV files, and the layout has no others: left out"
    if row["label"] is None and not noise:
        return "samples have no label, and so no folder: left out"
    if split == "production":
        return "samples are of the split production: left out, because what no list names is for training"
    return ""
