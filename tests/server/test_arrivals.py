"""What an import brings is shown while it runs, and is in the dataset when it has ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

import trainset
from tests.helpers import pictures, texts
from trainset.server.arrivals import MOST, Arrivals, read_arrivals
from trainset.store import previews


def test_samples_are_handed_on_before_they_are_in_the_log(tmp_path: Path) -> None:
    seen, logged = list[str](), list[int]()
    with trainset.init(tmp_path / "pets.trainset") as dataset:

        def arrived(samples: pa.RecordBatch, opened: Callable[[str], BinaryIO]) -> None:
            logged.append(len(dataset.log()))
            seen.extend(samples["path"].to_pylist())
            with opened(seen[-1]) as file:
                assert file.read(4) == b"\x89PNG"

        dataset.import_(pictures(tmp_path / "in", each=8), arrived=arrived)
        assert set(logged) == {0}
        assert len(seen) == len(set(seen)) == len(dataset.look(n=100).rows()) == 16
        assert len(dataset.log()) == 1


def test_what_arrives_is_read_back_with_its_preview(tmp_path: Path) -> None:
    path = tmp_path / "arrivals"
    with trainset.init(tmp_path / "pets.trainset") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=8), arrived=Arrivals(path))
        found = read_arrivals(path)
        assert {one.label for one in found} == {"cat", "dog"}
        assert {one.name for one in found} == {row["path"] for row in dataset.look(n=100).rows()}
        kept = previews.get(dataset, [one.content for one in found])
        assert all(one.thumb or one.content in kept for one in found)
    with trainset.init(tmp_path / "mails.trainset") as mails:
        (tmp_path / "arrivals").unlink()
        mails.import_(
            texts(tmp_path / "mails.csv", [(f"mail {n}" * 200, "ham") for n in range(2_000)]), arrived=Arrivals(path)
        )
    words = read_arrivals(path)
    assert 0 < len(words) < MOST, "some of them"
    assert max(len(one.name) for one in words) == 300


def test_a_forged_list_of_arrivals_shows_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "arrivals"
    good = {"name": "a", "label": None, "split": None, "content": "00" * 16, "thumb": ""}
    lines = [
        json.dumps(good),
        "{",
        "[]",
        "null",
        json.dumps({**good, "content": 7}),
        json.dumps({**good, "thumb": "PHN2Zz4="}),
    ]
    path.write_text("\n".join(lines))
    assert [(one.name, one.thumb) for one in read_arrivals(path)] == [("a", b""), ("a", b"")]
    assert read_arrivals(tmp_path / "none") == []
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_arrivals(link) == []
