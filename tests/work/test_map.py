"""The map: neighbours lie together, what is on it stays where it is, and its page runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from tests import helpers
from tests.work.judged import judged
from tests.work.made import write

import trainset
from trainset.errors import BadValue, TargetExists
from trainset.learn import landmarks
from trainset.store import embedded
from trainset.work.embedders import chosen
from trainset.work.map_ import Map
from trainset.work.with_vectors import unit
from trainset.work.workbench import Workbench

CLASSES = ("cat", "dog", "<b>owl</b>")


def grown(dataset: Workbench, path: Path, first: int, last: int) -> None:
    """Texts `first` to `last` of three classes, whose embeddings lie in three heaps."""
    write(path, [("text", "label", "split"), *((f"text {n}", CLASSES[n % 3], "train") for n in range(last))])
    dataset.import_(path)
    content = {row["text"]: bytes.fromhex(row["content"]) for row in dataset.look(n=100_000).rows()}
    centres = np.random.default_rng(1).normal(size=(3, 6))
    names = [f"text {n}" for n in range(first, last)]
    noise = np.random.default_rng(first).normal(size=(len(names), 6)) * 0.1
    vectors = np.array([centres[int(name[5:]) % 3] for name in names]) + noise
    contents = pa.array([content[name] for name in names], pa.binary(16))
    embedded.write(dataset, chosen(dataset, "hashed_ngrams").made, contents, vectors.astype(np.float32))


def places(found: Map) -> dict[bytes, tuple[float, float]]:
    return {row["id"]: (row["x"], row["y"]) for row in found.table.to_pylist()}


def test_heaps_are_regions_named_by_their_labels_and_what_is_there_stays(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        grown(dataset, tmp_path / "t.csv", 0, 150)
        made = dataset.map(embedder="hashed_ngrams")
        assert made.anew
        assert made.landmarks == 150
        assert sum(one.samples for one in made.regions) == 150
        assert {name for one in made.regions for name in one.labels} == {*CLASSES}
        assert all(max(one.labels.values()) > 0.9 for one in made.regions)
        again = dataset.map(embedder="hashed_ngrams")
        assert (again.kept, again.placed, again.anew) == (150, 0, False)
        assert places(again) == places(made)

        grown(dataset, tmp_path / "t.csv", 150, 200)
        dataset.exclude(where="label = 'dog' and text like '%1'", reason="no")
        more = dataset.map(embedder="hashed_ngrams")
        assert more.placed == 48  # of the new ones two are excluded
        before, after = places(made), places(more)
        assert len(after) < 200
        assert all(after[name] == before[name] for name in {*before} & {*after})
        label_of = dict(zip(more.table["id"].to_pylist(), more.table["label"].to_pylist(), strict=True))
        middles = {label: np.mean([before[n] for n in before if label_of.get(n) == label], axis=0) for label in CLASSES}
        for name in {*after} - {*before}:  # what is new lies with its like
            nearest = min(CLASSES, key=lambda label: float(np.linalg.norm(np.array(after[name]) - middles[label])))
            assert nearest == label_of[name]


def test_a_set_that_more_than_doubles_is_laid_out_again_near_where_it_lay(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        grown(dataset, tmp_path / "t.csv", 0, 60)
        before = places(dataset.map(embedder="hashed_ngrams"))
        grown(dataset, tmp_path / "t.csv", 60, 150)
        made = dataset.map(embedder="hashed_ngrams")
        assert made.anew
        after = places(made)
        moved = [np.linalg.norm(np.array(after[name]) - before[name]) for name in before]
        assert np.median(moved) < 0.35  # by chance half of the width


def test_vectors_that_lie_in_another_order_are_read_once_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_GROUP_BYTES", 10 * 6 * 4)
    monkeypatch.setattr(embedded, "_KEPT_BYTES", 0)
    monkeypatch.setattr(unit, "__defaults__", (10,))
    monkeypatch.setattr(landmarks, "MOST", 50)
    with trainset.init(tmp_path / "set") as dataset:
        grown(dataset, tmp_path / "t.csv", 0, 150)
        in_order = places(dataset.map(embedder="hashed_ngrams"))
        made = chosen(dataset, "hashed_ngrams").made
        contents = embedded.contents_of(dataset, made)
        vectors = embedded.Embeddings(dataset, made, contents).take(range(150))
        for path in dataset.place("embeddings").glob("*.parquet"):
            path.unlink()
        other = np.random.default_rng(3).permutation(150)
        embedded.write(dataset, made, contents.take(pa.array(other)), vectors[other])
        reads, whole = list[int](), pq.ParquetFile.read_row_group

        def read(file: pq.ParquetFile, number: int, *args: Any, **more: Any) -> pa.Table:
            if more.get("columns") == ["vector"]:
                reads.append(number)
            return whole(file, number, *args, **more)

        monkeypatch.setattr(pq.ParquetFile, "read_row_group", read)
        found = dataset.map(embedder="hashed_ngrams", anew=True)
        assert max(np.bincount(reads)) == 2  # of landmarks, and of everyone else
        reads.clear()
        near = dataset.neighbours(found.regions[0].typical[0], n=149, embedder="hashed_ngrams")
        assert max(np.bincount(reads)) <= 2  # the sample itself, and all
        assert len({*near.samples.ids}) == 149
        assert {*places(found)} == {*in_order}
        middles = {one.name.rsplit(" ", 1)[0]: (one.x, one.y) for one in found.regions}
        label_of = dict(zip(found.table["id"].to_pylist(), found.table["label"].to_pylist(), strict=True))
        for name, place in places(found).items():  # everyone lies where its like does
            nearest = min(middles, key=lambda label: float(np.linalg.norm(np.subtract(place, middles[label]))))
            assert nearest == label_of[name]


def test_a_damaged_cache_is_made_again(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        grown(dataset, tmp_path / "t.csv", 0, 30)
        made = dataset.map(embedder="hashed_ngrams")
        (cache,) = (tmp_path / "set" / "cache").glob("map-*.parquet")
        cache.write_bytes(b"nonsense")
        assert places(dataset.map(embedder="hashed_ngrams")).keys() == places(made).keys()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_samples_have_a_map(tmp_path: Path, count: int) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        grown(dataset, tmp_path / "t.csv", 0, count)
        made = dataset.map(embedder="hashed_ngrams")
        assert made.table.num_rows == count
        assert np.isfinite(made.table["x"].to_numpy()).all()


def test_files_are_written_by_suffix_and_nothing_else_is_written_over(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        grown(dataset, tmp_path / "t.csv", 0, 45)
        made = dataset.map(embedder="hashed_ngrams")
        html = dataset.save_map(tmp_path / "m.html", made).read_text()
        dataset.save_map(tmp_path / "m.html", made)
        assert "<b>owl" not in html
        assert "&lt;b&gt;owl" in html
        assert "<script" not in html
        assert " style=" not in html
        assert "http" not in html.replace('http-equiv="Content', "")
        assert dataset.save_map(tmp_path / "m.png", made, dark=True).read_bytes().startswith(b"\x89PNG")
        lines = dataset.save_map(tmp_path / "m.csv", made).read_text().splitlines()
        assert lines[0] == "id,label,x,y,region"
        assert len(lines) == 46
        with pytest.raises(BadValue):
            dataset.save_map(tmp_path / "m.pdf", made)
        (tmp_path / "thesis.html").write_text("mine")
        with pytest.raises(TargetExists):
            dataset.save_map(tmp_path / "thesis.html", made)
    done = helpers.run("map", "--embedder", "hashed_ngrams", "-d", tmp_path / "set", seconds=600)
    assert done.returncode == 0, done.stderr
    assert "45 lie where they lay" in done.stdout


def test_a_place_is_among_the_neighbours_that_lie_together() -> None:
    layout: NDArray[np.float32] = np.array([[0, 0], [0.01, 0], [1, 1]], np.float32)
    vectors: NDArray[np.float32] = np.array([[1, 0], [0.99, 0.14], [0.98, -0.2]], np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    place = landmarks.placer(vectors, layout, many=False)(vectors[:1])
    assert place[0].max() < 0.05  # not between the two places


def test_without_embeddings_it_is_said_of_which_embedder_there_are_none(tmp_path: Path) -> None:
    """Those of another one may be there."""
    with judged(tmp_path, 12) as dataset, pytest.raises(BadValue, match="no sample has an embedding") as refused:
        dataset.export(tmp_path / "out", format="projector")
    assert refused.value.got == "there are no embeddings by minilm yet: trainset embed"
