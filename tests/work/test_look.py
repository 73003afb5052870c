"""Look: a seeded draw, or the first of an order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from tests.helpers import pictures
from tests.work.made import copied, named, rows, twelve, write

import trainset
from trainset.errors import BadFilter, BadValue, TargetExists, TrainsetError
from trainset.store.query import QueryTable


@pytest.fixture(scope="module")
def dataset() -> Iterator[trainset.Workbench]:
    """Nothing in this module changes it."""
    with trainset.open(twelve() / "set") as opened:
        yield opened


def drawn(dataset: trainset.Workbench, **how: object) -> list[str]:
    return [row["text"] for row in dataset.look(**how)]  # type: ignore[arg-type]


def test_the_same_seed_draws_the_same_and_another_draws_others(dataset: trainset.Workbench) -> None:
    assert drawn(dataset, n=5, seed=3) == drawn(dataset, n=5, seed=3)
    assert drawn(dataset, n=5) == drawn(dataset, n=5, seed=0)
    assert len({tuple(drawn(dataset, n=5, seed=seed)) for seed in range(8)}) > 6
    assert drawn(dataset, n=3, seed=3) == drawn(dataset, n=12, seed=3)[:3]
    assert sorted(drawn(dataset, n=12, seed=2**70)) == sorted(drawn(dataset, n=12, seed=-1))
    assert drawn(dataset, n=5) != sorted(drawn(dataset, n=5))  # no order of names, nor of import


def test_every_sample_has_the_same_chance(dataset: trainset.Workbench) -> None:
    count = dict.fromkeys(rows(dataset), 0)
    for seed in range(120):
        for text in drawn(dataset, n=3, seed=seed):
            count[text] += 1
    assert all(12 <= times <= 52 for times in count.values()), count  # 30 expected, standard deviation 4.7


def test_a_draw_does_not_depend_on_the_order_of_import(dataset: trainset.Workbench, tmp_path: Path) -> None:
    lines = [("text", "label", "speaker"), *((f"text {n:02}", "x", "s") for n in reversed(range(12)))]
    with trainset.init(tmp_path / "set") as other:
        other.import_(write(tmp_path / "half.csv", lines[:5]), name="t.csv")
        other.import_(write(tmp_path / "whole.csv", lines), name="t.csv")
        for seed in range(3):
            assert drawn(other, n=5, seed=seed) == drawn(dataset, n=5, seed=seed)


def test_a_draw_of_a_selection_is_the_draw_of_all_without_the_others(dataset: trainset.Workbench) -> None:
    every = drawn(dataset, n=12, seed=4)
    cats = set(drawn(dataset, n=12, label="cat"))
    assert drawn(dataset, n=12, seed=4, label="cat") == [text for text in every if text in cats]


def test_an_order_is_ascending_or_descending_with_nothing_last(dataset: trainset.Workbench) -> None:
    order = [f"text {n:02}" for n in range(12)]
    assert drawn(dataset, sort="text") == order
    assert drawn(dataset, sort="-text", n=3) == order[:-4:-1]
    assert drawn(dataset, sort="label")[-1] == "text 11"
    assert drawn(dataset, sort="-label")[-1] == "text 11"
    assert [row["label"] for row in dataset.look(sort="-label")] == ["dog"] * 4 + ["cat"] * 4 + ["bird"] * 3 + [None]
    assert drawn(dataset, sort="label")[:3] == ["text 02", "text 05", "text 08"]  # equals: in the order of import
    assert drawn(dataset, sort="characters") == order


def test_metadata_are_ordered_as_numbers_where_they_are_some(dataset: trainset.Workbench) -> None:
    """9, 18, ... 99, 108 as texts would begin with 108; 05 has none."""
    numbered = [n for n in range(12) if n != 5]
    assert drawn(dataset, sort="meta.score") == [*(f"text {n:02}" for n in numbered), "text 05"][:12]
    assert drawn(dataset, sort="-meta.score", n=2) == ["text 11", "text 10"]
    assert drawn(dataset, sort="-meta.score")[-1] == "text 05"
    assert drawn(dataset, where="meta.score between 9 and 27", sort="-meta.score") == ["text 03", "text 02", "text 01"]
    assert drawn(dataset, sort="meta.nothing") == [f"text {n:02}" for n in range(12)]


def test_words_among_the_numbers_come_after_them(tmp_path: Path) -> None:
    cells = [("text", "m"), ("a", "10"), ("b", "9"), ("c", "x"), ("d", "-1"), ("e", ""), ("f", "1e3"), ("g", "w")]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", cells))
        assert "".join(drawn(dataset, sort="meta.m"))[:4] == "dbaf"
        assert "".join(drawn(dataset, sort="-meta.m"))[:4] == "fabd"
        assert set(drawn(dataset, sort="meta.m")[4:]) == {"c", "e", "g"}


def test_more_than_there_are_is_all_there_are(dataset: trainset.Workbench) -> None:
    found = dataset.look(n=10**9)
    assert (len(found), found.total) == (12, 12)
    assert len(dataset.look(n=3)) == 3
    assert dataset.look(n=3).total == 12
    for n in (0, -1):
        with pytest.raises(BadValue, match="nothing to look at"):
            dataset.look(n=n)


def test_an_empty_selection_is_empty_and_has_all_columns(dataset: trainset.Workbench) -> None:
    for empty in (dataset.look(where="false"), dataset.look(label="nobody", sort="text"), dataset.look(at="start")):
        assert (len(empty), empty.total, empty.ids, empty.rows(), empty.previews()) == (0, 0, [], [], {})
        assert empty.table.schema.equals(dataset.look().table.schema)
        assert "0 of 0 samples" in empty._repr_html_()
        assert list(empty.to_pandas().columns) == empty.table.column_names


def test_looking_at_an_empty_dataset_is_no_mistake(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "empty") as dataset:
        assert dataset.look().total == 0
        assert dataset.look(where="label = 'a'", sort="split").rows() == []
        assert "no medium" in dataset._repr_html_()


@pytest.mark.parametrize(
    "sort", ["nope", "-", "text, label", "text desc", "random()", "(select 1)", "seconds", "text; drop"]
)
def test_an_order_is_a_column(dataset: trainset.Workbench, sort: str) -> None:
    with pytest.raises(BadFilter):
        dataset.look(sort=sort)


def test_measures_stand_beside_the_samples(dataset: trainset.Workbench) -> None:
    [row] = dataset.look(where="text = 'text 07' and characters = 7").rows()
    assert (row["characters"], row["words"]) == (7, 2)
    assert row["contributor"] == "s3"


def test_measures_that_are_gone_are_empty_and_come_with_the_next_import(tmp_path: Path) -> None:
    with copied(tmp_path) as own:
        for part in own.place("measures").glob("*.parquet"):
            part.unlink()
        assert {row["words"] for row in own.look()} == {None}
        assert own.look(sort="-words").total == 12


def test_look_stands_at_a_version(tmp_path: Path) -> None:
    with copied(tmp_path) as own:
        own.version("v1")
        own.label("dog", where=named([0]))
        own.exclude(where=named([1]))
        [identifier] = own.look(where=named([0])).ids
        assert own.look([identifier], at="v1").rows()[0]["label"] == "cat"
        assert drawn(own, n=12, at="v1", seed=1) == drawn(own, n=12, at="#1", seed=1)
        assert own.look(n=12).total == 11


def test_saving_writes_files_and_names_those_that_are_gone(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", each=2))
        (tmp_path / "in" / "dog" / "1.png").unlink()
        found = dataset.look()
        troubles = found.save(tmp_path / "out")
        assert troubles == ["in: dog/1.png: the file is no longer there"]
        saved = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
        assert sorted(saved) == sorted(path.read_bytes() for path in (tmp_path / "in").rglob("*.png"))
        with pytest.raises(TargetExists):
            found.save(tmp_path / "out")
        with pytest.raises(TrainsetError):
            dataset.look(["dog/1.png"]).media(0)


def test_saving_texts_writes_texts(dataset: trainset.Workbench, tmp_path: Path) -> None:
    assert dataset.look(label="cat").save(tmp_path / "out") == []
    assert sorted(p.read_text() for p in (tmp_path / "out").iterdir()) == ["text 00", "text 03", "text 06", "text 09"]


def test_a_small_jpeg_is_shown_from_its_file(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(pixels).save(tmp_path / "in" / "small.jpg")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        drawn = dataset.look()
        assert [*drawn.previews().values()] == [(tmp_path / "in" / "small.jpg").read_bytes()]
        assert "data:image/jpeg" in drawn._repr_html_()
        (tmp_path / "in" / "small.jpg").unlink()
        assert drawn.previews() == {}
        assert dataset.look()._repr_html_()


def test_a_table_of_some_ids_is_that_of_all_without_the_others(tmp_path: Path) -> None:
    texts = tmp_path / "t.csv"
    texts.write_text("\n".join(["text,label", *(f"text {n},class {n % 7}" for n in range(25_000))]))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(texts)
        listed = "SELECT id, text, label, part, row, words FROM samples ORDER BY id"
        with QueryTable(dataset, None, ["text", "words"]) as table:
            every = table.run(listed)
        for some in ([], [3], [0, 9_999, 10_000, 24_999], [*range(25_000)]):
            with QueryTable(
                dataset, None, ["text", "words"], every["id"].take(some or pa.array([], "int64")).combine_chunks()
            ) as table:
                assert table.run(listed) == every.take(pa.array(some, "int64"))
