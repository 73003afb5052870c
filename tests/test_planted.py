"""The damage that the quickstart plants is found, all of it."""

from __future__ import annotations

from pathlib import Path

import trainset
from trainset.planted import found, plant
from trainset.quickstart import write_digits


def test_all_that_is_planted_is_found_and_little_else(tmp_path: Path) -> None:
    write_digits(tmp_path / "digits")
    planted = plant(tmp_path / "digits", tmp_path / "damaged")
    assert {kind: len(paths) for kind, paths in planted.items()} == {
        "blank": 12, "very dark": 12, "copy": 12, "copy under another label": 8, "copy in test": 10, "PNG named .jpg": 5, "truncated": 3, "empty": 2, "flipped label": 69,
    }  # fmt: skip
    with trainset.init(tmp_path / "set") as dataset:
        report = dataset.import_(tmp_path / "damaged")
        result = dataset.audit()
        paths = {bytes.fromhex(row["id"]): row["path"] for row in dataset.look(n=10_000).rows()}
        for kind, number, hits, by in found(planted, report, result, paths):
            assert hits == (None if kind == "flipped label" else number), (kind, by)
        assert (result["dark"].flagged, result["low_information"].flagged, result["wrong_extension"].flagged) == (
            12,
            12,
            5,
        )
        assert result["split_leak"].flagged == 10
        # blank pictures are copies of one another as well
        assert result["exact_duplicates"].flagged == 12 + 8 + 10 + 11
    assert report.bad_count == 5
    again = plant(tmp_path / "digits", tmp_path / "damaged")
    assert again == planted


def test_flipped_labels_are_those_of_undamaged_training_pictures(tmp_path: Path) -> None:
    write_digits(tmp_path / "digits")
    planted = plant(tmp_path / "digits", tmp_path / "damaged")
    true = {path.name: path for path in (tmp_path / "digits").glob("*/*.png")}
    damaged = {Path(place).name for kind, some in planted.items() if kind != "flipped label" for place in some}
    for place in planted["flipped label"]:
        split, label, name = place.split("/")
        assert split == "train"
        assert label != true[name].parent.name
        assert (tmp_path / "damaged" / place).read_bytes() == true[name].read_bytes()
        assert name not in damaged
    assert len({label for _, label, _ in (place.split("/") for place in planted["flipped label"])}) == 10
    others = [path for path in (tmp_path / "damaged" / "train").rglob("digit_*.png") if path.name in true]
    wrong = [path for path in others if path.parent.name != true[path.name].parent.name]
    assert len(wrong) == len(planted["flipped label"])
