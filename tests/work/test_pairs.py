"""Pairs of copies: the same samples that the checks flag, each beside what it copies."""

from __future__ import annotations

from pathlib import Path

import pytest

import trainset
from trainset.errors import BadValue
from trainset.work.check_settings import declared, help_of

TEXTS = """text,label
Please send me the yellow umbrella that was left in room four,lost
please send me the yellow umbrella that was left in room 4,found
Where do I change the password of my account,account
Where do I change the password of my account,account
""" + "".join(f"Sentence {n} speaks of {n * n} things nobody else names,{'ab'[n % 2]}\n" for n in range(40))


@pytest.fixture
def texts(tmp_path: Path) -> trainset.Workbench:
    (tmp_path / "texts.csv").write_text(TEXTS, encoding="utf-8")
    made = trainset.init(tmp_path / "texts.trainset")
    made.import_(tmp_path / "texts.csv")
    return made


@pytest.mark.parametrize("check", ["exact_duplicates", "near_duplicates"])
def test_every_flagged_sample_stands_in_a_pair(texts: trainset.Workbench, check: str) -> None:
    with texts:
        found = texts.pairs(check).to_pylist()
        assert found
        assert {row["goes"] for row in found} == {*texts.flagged(check).to_pylist()}
        assert all(row["copies"] == 2 for row in found)
        texts.dismiss(check, [row["goes"].hex() for row in found], reason="no")
        assert texts.pairs(check).num_rows == 0


THREE = """text,label
Please send me the yellow umbrella that was left in room four,lost
please send me the yellow umbrella that was left in room 4,found
Please send me the yellow umbrella that was left in room 4!,lost
""" + TEXTS.split("\n", 3)[3]


def test_a_pair_that_may_stay_is_dismissed_and_nothing_else_of_its_samples(tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_text(THREE, encoding="utf-8")
    with trainset.init(tmp_path / "texts.trainset") as dataset:
        dataset.import_(tmp_path / "texts.csv")
        every = dataset.pairs("near_duplicates").to_pylist()
        assert {row["copies"] for row in every} == {3}
        first = every[0]
        both = first["goes"].hex(), first["stays"].hex()
        seq = dataset.dismiss_pair("near_duplicates", *both, reason="two umbrellas")
        left = dataset.pairs("near_duplicates").to_pylist()
        (third,) = {row[side] for row in every for side in ("goes", "stays")} - {first["goes"], first["stays"]}
        beside = {frozenset((row["goes"], row["stays"])) for row in left}
        assert beside == {frozenset((first[side], third)) for side in ("goes", "stays")}, "each beside the third"
        result = dataset.audit(only=["near_duplicates"])["near_duplicates"]
        assert (result.flagged, result.dismissed) == (2, 1)
        assert dataset.dismissals().get("near_duplicates") is None
        dataset.undo(seq)
        assert dataset.pairs("near_duplicates").to_pylist() == every
        exact = dataset.pairs("exact_duplicates").to_pylist()
        dataset.dismiss_pair("exact_duplicates", exact[0]["stays"].hex(), exact[0]["goes"].hex(), reason="asked twice")
        assert dataset.pairs("exact_duplicates").num_rows == len(exact) - 1
        assert dataset.audit(only=["exact_duplicates"])["exact_duplicates"].flagged == len(exact) - 1
        assert dataset.exclude(check="near_duplicates").changed == 2
        with pytest.raises(BadValue, match="finds no pairs"):
            dataset.dismiss_pair("outlier", *both, reason="no")
        with pytest.raises(BadValue, match="two samples"):
            dataset.dismiss_pair("near_duplicates", both[0], both[0], reason="no")
        with pytest.raises(BadValue, match="say why"):
            dataset.dismiss_pair("near_duplicates", *both, reason=" ")


def test_an_empty_dataset_has_no_pairs_and_other_checks_find_none(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "empty.trainset", "text") as dataset:
        assert dataset.pairs().num_rows == 0
        with pytest.raises(BadValue, match="finds no pairs"):
            dataset.pairs("blurry")


def test_the_help_of_a_setting_is_what_the_page_says_of_it(texts: trainset.Workbench) -> None:
    with texts:
        checks = texts.checks()
    assert help_of(checks["outlier"], "neighbours") == "which neighbour's distance."
    assert help_of(checks["near_duplicates"], "recordings").startswith("the chance that an ordinary neighbour")
    assert help_of(checks["odd_length"], "z") == ""
    assert [one.name for one in declared(checks["near_duplicates"], "text")] == ["texts"]
