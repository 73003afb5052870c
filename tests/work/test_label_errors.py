"""What a run says of labels, as findings: on handwritten digits with labels changed on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import trainset

FLIPPED = 40


@pytest.fixture
def digits(tmp_path: Path) -> Iterator[tuple[trainset.Workbench, set[str]]]:
    """800 digits, 40 of them under the label of the next one; their paths."""
    folder = tmp_path
    pictures, labels = load_digits(return_X_y=True)
    wrong = set()
    for number in range(800):
        label = int(labels[number])
        if number % 20 == 0:
            label = (label + 1) % 10
            wrong.add(f"{label}/{number:04}.png")
        place = folder / "in" / str(label)
        place.mkdir(parents=True, exist_ok=True)
        pixels = (pictures[number].reshape(8, 8) * 15).astype(np.uint8)
        Image.fromarray(pixels).resize((32, 32), Image.Resampling.BILINEAR).save(place / f"{number:04}.png")
    assert len(wrong) == FLIPPED
    with trainset.init(folder / "set") as dataset:
        dataset.import_(folder / "in")
        yield dataset, wrong


def flagged(dataset: trainset.Workbench, check: str) -> list[str]:
    return [str(row["path"]) for row in dataset.look(check=check, n=999).rows()]


def test_without_a_run_the_checks_say_what_to_do(digits: tuple[trainset.Workbench, set[str]]) -> None:
    dataset, _ = digits
    for check, why in (
        ("label_error", "trainset train"),
        ("ambiguous", "trainset train"),
        ("outlier", "trainset embed"),
    ):
        assert why in dataset.audit(only=[check])[check].skipped


def test_most_of_the_flipped_labels_are_found_with_what_they_look_like(
    digits: tuple[trainset.Workbench, set[str]],
) -> None:
    dataset, wrong = digits
    dataset.train(embedder="pixels")
    result = dataset.audit(only=["label_error"])["label_error"]
    found = {str(row["path"]) for row in dataset.look(check="label_error", n=999).rows()}
    hit = len(found & wrong)
    assert hit >= 0.85 * len(wrong)
    assert hit >= 0.7 * len(found)
    assert result.about[0].startswith("about ")
    assert 0.02 < float(result.about[0].split()[1].rstrip("%")) / 100 < 0.12
    assert all("looks like" in because for because in result.because)
    strict = dataset.audit(only=["label_error"], settings={"label_error": {"cut": 0.95}})["label_error"]
    assert 0 < strict.flagged < result.flagged


def test_a_corrected_label_is_no_finding_any_more_before_the_next_run(
    digits: tuple[trainset.Workbench, set[str]],
) -> None:
    dataset, wrong = digits
    dataset.train(embedder="pixels")
    first = next(path for path in flagged(dataset, "label_error") if path in wrong)
    label = first.split("/")[0]
    change = dataset.label(str((int(label) - 1) % 10), [first])
    assert first not in flagged(dataset, "label_error")
    dataset.undo(change.action)
    assert first in flagged(dataset, "label_error")


def test_few_clean_digits_are_far_from_everything_or_ambiguous(digits: tuple[trainset.Workbench, set[str]]) -> None:
    dataset, _ = digits
    dataset.train(embedder="pixels")
    assert dataset.audit(only=["outlier"])["outlier"].flagged <= 0.02 * 800
    assert dataset.audit(only=["ambiguous"])["ambiguous"].flagged <= 0.05 * 800


def test_labels_that_the_embeddings_cannot_judge_flag_nothing_and_say_so(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for number in range(120):
        place = tmp_path / "in" / f"{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(place / f"{number}.png")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        dataset.train(embedder="pixels")
        result = dataset.audit(only=["label_error"])["label_error"]
    assert result.flagged == 0
    assert "too weak to judge" in result.about[0]


@pytest.mark.parametrize(("column", "groups"), [("contributor", "contributor"), ("batch", "meta.batch")])
def test_a_contributor_or_batch_with_a_class_wrong_throughout_is_named(
    column: str, groups: str, tmp_path: Path
) -> None:
    pictures, labels = load_digits(return_X_y=True)
    lines = [f"path,label,{column}"]
    (tmp_path / "in").mkdir()
    for number in range(900):
        who, label = f"writer {number % 6}", int(labels[number])
        said = 7 if label == 1 and who == "writer 2" else label
        Image.fromarray((pictures[number].reshape(8, 8) * 15).astype(np.uint8)).save(tmp_path / "in" / f"{number}.png")
        lines.append(f"{number}.png,{said},{who}")
    (tmp_path / "in" / "list.csv").write_text("\n".join(lines))
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        dataset.train(embedder="pixels", groups=groups)
        result = dataset.audit(only=["mislabelled_contributor"])["mislabelled_contributor"]
        whose = "'writer 2' has " if column == "contributor" else "batch 'writer 2' has "
        mistake = [because for because in result.because if because.startswith(whose) and "most like '1'" in because]
        assert len(mistake) >= 8
        assert len(mistake) > result.flagged / 2
        dataset.train(embedder="pixels", groups="none")
        assert dataset.audit(only=["mislabelled_contributor"])["mislabelled_contributor"].flagged == 0
