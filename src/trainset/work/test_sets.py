"""Test sets: the lists of samples that versions are compared on, with the labels that they have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trainset.errors import BadValue, UnknownName
from trainset.store import log
from trainset.store.dataset import Dataset
from trainset.store.query import open_table
from trainset.store.replay import replay
from trainset.work.locks import locked

_SPLITS = ("test", "validation")


@dataclass(frozen=True)
class TestSet:
    """Labelled samples to be predicted, as they are at position `at`. ids, contents: 16 bytes each. labels: by the names that classes have
    now. unlabelled: samples of it that are left out, for nothing is known of them. lock: whether it is a lock."""

    name: str
    at: int
    ids: pa.Array
    contents: pa.Array
    labels: pa.Array
    unlabelled: int = 0
    lock: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    def only(self, keep: NDArray[np.bool_]) -> TestSet:
        """Those of a mask."""
        mask = pa.array(keep)
        return replace(
            self, ids=self.ids.filter(mask), contents=self.contents.filter(mask), labels=self.labels.filter(mask)
        )

    def same(self, other: TestSet) -> bool:
        """Whether the other has the same samples with the same labels."""
        return all(
            mine.equals(its)
            for mine, its in ((self.ids, other.ids), (self.contents, other.contents), (self.labels, other.labels))
        )


def test_sets(dataset: Dataset, names: Sequence[str], versions: Sequence[tuple[str, int]]) -> list[TestSet]:
    """The test sets of these names: that of a lock, `VERSION` for the test split of a version, `VERSION:validation` for another. Without names the test
    split of every version that has one; sets that hold the same are one. Raises `UnknownName`, `BadValue`."""
    found = list[TestSet]()
    for name in names or [f"{version}:test" for version, _ in versions]:
        one = _locked(dataset, name) if names else None
        if one is None:
            one = _read(
                dataset, *(_meant(dataset, name) if names else (name, dict(versions)[name.removesuffix(":test")]))
            )
        if not len(one):
            if names:
                raise _empty(name)
            continue
        same = next((place for place, other in enumerate(found) if other.same(one)), None)
        if same is None:
            found.append(one)
        elif found[same].name != one.name:
            found[same] = replace(found[same], name=f"{found[same].name} = {one.name}")
    if not found:
        raise _empty(", ".join(name for name, _ in versions))
    return found


def _empty(name: str) -> BadValue:
    return BadValue(
        "there is nothing to test on", where=name, expected="labelled samples of the test split", got="none",
        next="trainset move-split test --where FILTER makes some; --test-set VERSION takes those of another version",
    )  # fmt: skip


def _locked(dataset: Dataset, name: str) -> TestSet | None:
    """A lock, as it was locked; None when none has this name."""
    if name not in replay(dataset).locks:
        return None
    found = locked(dataset, name)
    known = found.labels.is_valid()
    ids, contents, labels = (column.filter(known) for column in (found.ids, found.contents, found.labels))
    return TestSet(name, found.position, ids, contents, labels, len(found) - len(ids), lock=True)


def _meant(dataset: Dataset, text: str) -> tuple[str, int]:
    """A version, with the split behind a colon. Names may hold colons, so the whole is tried first."""
    try:
        return f"{text}:test", log.position(dataset, text)
    except UnknownName as unknown:
        version, colon, split = text.rpartition(":")
        if colon and split not in _SPLITS:
            raise BadValue("this split is no test set", expected=" or ".join(_SPLITS), got=repr(split[:80])) from None
        if not colon:
            raise UnknownName(
                f"there is no test set {text!r}",
                expected=f"a lock, or {unknown.expected}",
                next="trainset locks and trainset versions list them",
            ) from None
        return text, log.position(dataset, version)


def _read(dataset: Dataset, name: str, at: int) -> TestSet:
    split = name.rpartition(":")[2]
    with open_table(dataset, at, columns=["content"]) as table:
        rows = table.select(["id", "content", "label", "split"], ["not excluded"])
    rows = rows.filter(pc.equal(rows["split"], split).combine_chunks().fill_null(False))
    labelled = rows.filter(pc.is_valid(rows["label"]))
    labelled = labelled.take(pc.sort_indices(labelled["id"].cast(pa.binary(16))))  # as those of a lock are
    ids, contents = (labelled[column].combine_chunks().cast(pa.binary(16)) for column in ("id", "content"))
    return TestSet(
        name, at, ids, contents, now_called(dataset, labelled["label"].combine_chunks(), at), rows.num_rows - len(ids)
    )


def now_called(dataset: Dataset, labels: pa.Array, at: int) -> pa.Array:
    """Labels of position `at` by the names that their classes have now, so that a class that was renamed or merged since is one class in
    every version."""
    known = replay(dataset)
    encoded = labels.cast(pa.string()).dictionary_encode()
    names = [known.current_name(name, at) for name in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)
