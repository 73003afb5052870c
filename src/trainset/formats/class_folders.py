"""Class folders: `class/file`, `split/class/file`, or files with no folder and so no label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from trainset.contracts import Losses, Outcomes, format
from trainset.errors import BadSource, BadValue
from trainset.formats import _folders, _lists
from trainset.formats._batch import ROWS, candidates
from trainset.formats._walk import walk
from trainset.model import SPLIT_SPELLINGS

_LAYOUTS = ("auto", "labels", "splits", "splits/labels", "none")


@format("Class folders", folder=True)
class ClassFolders:
    """A folder per class, or a folder per split with a folder per class in each; a list beside the files wins over both.

    `metadata.csv` or `metadata.jsonl` in any folder, and any one other CSV or JSONL in the top folder whose path column names
    the files beside it, give label, split, contributor and metadata. What it does not say comes from the folders.
    """

    def read(
        self,
        source: Path,
        outcomes: Outcomes,
        *,
        folders: str = "auto",
        list: str = "",
        map: str = "",
        delimiter: str = "",
        encoding: str = "",
        splits: str = "",
    ) -> Iterator[pa.RecordBatch]:
        """`folders`: what the folders mean (auto, labels, splits, splits/labels, none). `list`: which list to use ("none": no
        list). `map`: its columns, as in `text=utterance,label=intent`. `delimiter`, `encoding`: of the lists, when they are no
        comma and no UTF-8. `splits`: further names of splits, with commas between (--map-split sets it)."""
        if folders not in _LAYOUTS:
            raise BadValue("unknown meaning of folders", expected=", ".join(_LAYOUTS), got=folders)
        files = [*walk(source, outcomes)]
        listing = _lists.find(source, files, outcomes, chosen=list, mapping=map, delimiter=delimiter, encoding=encoding)
        if map and not listing.tables:
            raise BadSource(
                "there is no list in this folder whose columns could be mapped", where=str(source), got=f"--map {map}"
            )
        files = [path for path in files if path not in listing.lists]
        if not files and listing.tables:
            yield from listing.texts(outcomes)
            return
        known = {*SPLIT_SPELLINGS, *splits.lower().split(",")} - {""}
        layout = _layout(files, source, known, labelled_elsewhere=listing.has_labels) if folders == "auto" else folders
        if layout != "none" and files:
            outcomes.remark(f"folders are read as {layout}")
        for start in range(0, len(files), ROWS):
            some = files[start : start + ROWS]
            given: Sequence[str | None] = [None] * len(some)
            labels: Sequence[str | None] = [None] * len(some)
            if layout.startswith("splits"):
                given = [path.partition("/")[0] if "/" in path else None for path in some]
                if layout == "splits/labels":
                    parts = [path.split("/", 2) for path in some]
                    labels = [part[1] if len(part) > 2 else None for part in parts]
            elif layout == "labels":
                labels = [path.partition("/")[0] if "/" in path else None for path in some]
            batch = candidates(len(some), path=some, label=labels, split=given)
            yield listing.joined(batch) if listing.tables else batch
        listing.report_missing(outcomes)

    def write(self, samples: Iterable[pa.RecordBatch], target: Path) -> Losses:
        """`class/file` and a `metadata.csv` with everything the folders cannot hold."""
        return _folders.write(samples, target, splits=False)


def _layout(files: list[str], source: Path, splits: set[str], *, labelled_elsewhere: bool) -> str:
    """What the folders mean, from the names of the top ones and how deep files lie. Raises `BadSource` when it is not clear."""
    tops = {path.partition("/")[0] for path in files if "/" in path}
    named = {top for top in tops if top.lower() in splits}
    if not tops:
        return "none"
    deep = {path.partition("/")[0] for path in files if path.count("/") > 1}
    if named and tops - named and named <= deep and labelled_elsewhere:
        return "none"  # the list says it
    if named and tops - named and named <= deep:
        others = sorted(tops - named)
        raise BadSource(
            "some of these folders are named like splits and hold class folders, and others are not named so", where=str(source),
            expected="only splits, or only classes", got=", ".join(sorted(tops)[:20]),
            next=f"if all are splits, say which: --map-split {others[0]}=test; if all are classes: --folders labels",
        )  # fmt: skip
    if tops - named:
        return "labels"
    if deep:
        return "splits/labels"
    if labelled_elsewhere:
        return "splits"
    raise BadSource(
        "these folders are named like splits and hold no class folders: are they splits or labels?", where=str(source),
        got=", ".join(sorted(tops)),
        next="say --folders splits (samples without labels) or --folders labels (classes of that name)",
    )  # fmt: skip
