"""Queues: what each order chooses, what it expects, and what the answers then measure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.work.judged import CLASSES, WRONG, judged, texts_of, train
from tests.work.made import write

import trainset
from trainset.errors import BadValue, UnknownName
from trainset.learn.intervals import wilson

MISLABELLED = {f"text {n:02}" for n in WRONG}


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with judged(tmp_path) as opened:
        train(opened)
        yield opened


def true_class(text: str) -> str:
    number = int(text.split()[1])
    return CLASSES[(number + (number in WRONG)) % 3]


def review(dataset: trainset.Workbench, queue: int, many: int | None = None, person: str = "") -> None:
    """Answers with the class that a text lies with."""
    going = dataset.review(queue, person=person)
    while (asked := going.next()) is not None and going.answered != many:
        going.answer(true_class(asked.sample.rows()[0]["text"]))


def test_the_likeliest_errors_come_first_and_about_as_many_are_expected_as_are_found(
    dataset: trainset.Workbench,
) -> None:
    made = dataset.queue(n=8)
    assert (made.order, made.samples, made.of, made.at) == ("likely-wrong", 8, 60, 1)
    assert set(texts_of(dataset, made.queue)[:5]) == MISLABELLED
    review(dataset, made.queue)
    (listed,) = dataset.queues()
    found = listed.measured
    assert (found.reviewed, found.judged, found.wrong, found.people) == (8, 8, 5, ("ada",))
    assert found.error_rate == 5 / 8
    assert (found.low, found.high) == pytest.approx([float(end) for end in wilson(5, 8)], abs=1e-6)
    assert made.expected["error_rate"] == found.expected_rate == pytest.approx(5 / 8, abs=0.15)


def test_without_a_run_it_says_how_to_make_one_and_makes_none(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        for order in ("", "likely-wrong", "most-useful", "entropy", "margin"):
            with pytest.raises(UnknownName, match="no run") as refused:
                dataset.queue(order)
            assert refused.value.next == "trainset train"
        assert dataset.runs() == []
        assert dataset.queues() == []
        assert dataset.queue("random", n=5).samples == 5
        assert dataset.queue(where="label = 'cat'").samples == 20


def test_random_is_a_fair_draw_of_what_nobody_has_answered(dataset: trainset.Workbench) -> None:
    first = dataset.queue(n=8)
    review(dataset, first.queue)
    one, same, other = (
        dataset.queue("random", n=20),
        dataset.queue("random", n=20),
        dataset.queue("random", n=20, seed=1),
    )
    assert one.of == 52
    assert dataset.waiting(one.queue) == dataset.waiting(same.queue) != dataset.waiting(other.queue)
    answered = {row["sample"] for row in dataset.ratings().rows()}
    assert not answered & {*dataset.waiting(one.queue), *dataset.waiting(other.queue)}
    review(dataset, one.queue)
    found = dataset.queues(one.queue)[0].measured
    assert found.error_rate == 0
    assert found.high == pytest.approx(float(wilson(0, 20)[1]), abs=1e-6)
    assert dataset.queue("random", n=99).samples == 32


def test_the_rate_of_random_draws_is_that_of_the_set_on_average(tmp_path: Path) -> None:
    with judged(tmp_path, wrong=range(0, 60, 4), test=0) as dataset:
        before = {row["id"]: row["text"] for row in dataset.look(n=60).rows()}
        shares: list[float] = []
        inside = 0
        for seed in range(60):
            queue = dataset.queue("random", n=20, seed=seed)
            wrong = sum(int(before[one].split()[1]) % 4 == 0 for one in dataset.waiting(queue.queue))
            low, high = wilson(wrong, 20)
            shares.append(wrong / 20)
            inside += bool(low <= 0.25 <= high)
        assert sum(shares) / 60 == pytest.approx(0.25, abs=0.03)
        assert inside >= 54


def test_most_useful_takes_nothing_from_the_test_set_and_nothing_that_was_reviewed(
    dataset: trainset.Workbench,
) -> None:
    first = dataset.queue(n=3)
    review(dataset, first.queue)
    steps: list[int] = []
    made = dataset.queue("most-useful", n=10, progress=steps.append)
    assert len(steps) == 25
    assert made.of == 45
    assert made.expected["gain"] == max(made.expected["blends"].values())
    assert len(made.expected["blends"]) == 4
    splits = {row["split"] for row in dataset.look(dataset.waiting(made.queue), n=60).rows()}
    assert splits == {"train"}
    assert not {row["sample"] for row in dataset.ratings().rows()} & {*dataset.waiting(made.queue)}
    assert dataset.queue("most-useful", n=10).expected == made.expected


def test_the_test_set_chooses_nothing(tmp_path: Path) -> None:
    chosen = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with judged(tmp_path / name) as dataset:
            if name == "two":
                dataset.label("owl", where="split = 'test'")
            train(dataset)
            made = dataset.queue("most-useful", n=10)
            chosen.append((texts_of(dataset, made.queue), made.expected["blends"]))
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("head", ["ridge", "logistic"])
def test_unlabelled_samples_are_asked_about_too_and_are_no_errors(tmp_path: Path, head: str) -> None:
    with judged(tmp_path, unlabelled=6) as dataset:
        dataset.train(embedder="hashed_ngrams", groups="none", head=head, epochs=10)
        made = dataset.queue("most-useful", n=54)
        assert any(text.startswith("new") for text in texts_of(dataset, made.queue))
        going = dataset.review(made.queue)
        while going.next() is not None:
            going.answer("cat")
        found = dataset.queues(made.queue)[0].measured
        assert (found.reviewed, found.judged, found.labelled) == (54, 48, 6)
        assert dataset.queue("random").of == 12


def test_what_helps_learning_is_chosen_from_what_is_trained_on(dataset: trainset.Workbench) -> None:
    for order in ("entropy", "margin"):
        assert dataset.queue(order, n=60).samples == 48
    assert dataset.queue("likely-wrong", n=60, where="split = 'test'").samples == 12
    with pytest.raises(BadValue, match="not trained on"):
        dataset.queue("margin", where="split = 'test'")


def test_a_finding_is_one_step_from_a_queue(dataset: trainset.Workbench) -> None:
    by_check, by_filter = dataset.queue(check="label_error"), dataset.queue(where="flagged_label_error")
    assert by_check.order == "selected"
    assert dataset.waiting(by_check.queue) == [row["id"] for row in dataset.look(check="label_error", n=60).rows()]
    assert {*dataset.waiting(by_filter.queue)} == {*dataset.waiting(by_check.queue)}
    assert set(texts_of(dataset, by_check.queue)) == MISLABELLED


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"order": "best"}, "no such order"),
        ({"order": "selected"}, "say which samples"),
        ({"n": 0}, "nothing to put"),
        ({"share": 0.0}, "no share"),
        ({"share": 1.2}, "no share"),
        ({"share": 0.1, "n": 3}, "not both"),
        ({"where": "label = 'cow'"}, "no sample is selected"),
        ({"run": "r0009"}, "no run"),
    ],
)
def test_what_makes_no_queue_is_refused_and_keeps_none(
    dataset: trainset.Workbench, how: dict[str, object], why: str
) -> None:
    with pytest.raises((BadValue, UnknownName), match=why):
        dataset.queue(**how)  # type: ignore[arg-type]
    assert dataset.queues() == []


def test_a_share_is_of_what_can_be_chosen(dataset: trainset.Workbench) -> None:
    assert dataset.queue(share=0.1).samples == 6
    assert dataset.queue("margin", share=0.1).samples == math.ceil(4.8)
    assert dataset.queue(where="label = 'cat'", share=0.5).samples == 10


def test_nothing_left_says_so(dataset: trainset.Workbench) -> None:
    made = dataset.queue(n=60)
    review(dataset, made.queue)
    with pytest.raises(BadValue, match="answered all of them"):
        dataset.queue(n=1)
    with pytest.raises(BadValue, match="answered all of them"):
        dataset.queue("random")


def test_the_gain_is_that_of_a_later_run_of_the_same_recipe_against_its_labels(dataset: trainset.Workbench) -> None:
    made = dataset.queue(n=5)
    review(dataset, made.queue)
    assert dataset.queues()[0].measured.gain is None
    dataset.train(embedder="hashed_ngrams", groups="none", penalty=1.0)  # another recipe says nothing of it
    assert dataset.queues()[0].measured.gain is None
    later = train(dataset)
    gain = dataset.queues()[0].measured.gain
    assert gain is not None
    assert (gain.run, gain.at, gain.samples) == (later.run, later.at, 48)
    held, earlier = dataset.predictions(later.run), dataset.predictions("1")
    trained = held.how == 0
    before = (earlier.predicted[trained] == held.given[trained]).mean()
    after = (held.predicted[trained] == held.given[trained]).mean()
    assert gain.value == pytest.approx(after - before, abs=1e-6)
    assert gain.low <= gain.value <= gain.high
    dataset.label("cat", where="text = 'text 59'")
    train(dataset)
    assert dataset.queues()[0].measured.gain == gain


def test_a_class_made_of_labels_suggests_none_of_them(tmp_path: Path) -> None:
    with judged(tmp_path) as dataset:
        dataset.train(embedder="hashed_ngrams", groups="none", classes="cat,other=*")
        made = dataset.queue(n=60)
        going = dataset.review(made.queue)
        while (asked := going.next()) is not None:
            assert asked.suggested in (("cat", None) if asked.label == "cat" else (asked.label, "cat"))
            going.answer(asked.label)
        assert dataset.queues()[0].measured.reviewed == 60


def test_samples_that_came_after_the_run_are_not_chosen_by_it_and_it_says_so(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    (tmp_path / "more.csv").write_text("text,label\nmore,cat\n", encoding="utf-8")
    dataset.import_(tmp_path / "more.csv")
    made = dataset.queue(n=100)
    assert made.samples == 60
    assert made.remarks == (f"run {made.run} says nothing of 1 sample: new since, or seen by its model",)
    with pytest.raises(BadValue, match="says nothing"):
        dataset.queue("likely-wrong", where="text = 'more'")


def test_a_model_of_ones_own_judges_what_it_did_not_see_and_is_not_rehearsed(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    found = dataset.predictions()
    names = [row["id"] for row in dataset.look([one.hex() for one in found.ids.to_pylist()], n=60).rows()]
    rows: list[tuple[str, ...]] = [("id", *CLASSES)]
    rows += [*((name, *map(str, one)) for name, one in zip(names, found.probabilities, strict=True))]
    own = {
        held: dataset.import_predictions(write(tmp_path / f"{held}.csv", rows), held_out=held).run
        for held in ("yes", "no")
    }
    assert {*texts_of(dataset, dataset.queue(n=5, run=own["yes"]).queue)} == MISLABELLED
    assert dataset.queue(n=60, run=own["no"]).samples == 12
    with pytest.raises(BadValue, match="model of one's own"):
        dataset.queue("most-useful", run=own["yes"])


def test_a_queue_outlives_its_run_and_the_cache(dataset: trainset.Workbench) -> None:
    made = dataset.queue(n=8)
    review(dataset, made.queue, 3)
    for part in (dataset.folder / "predictions").glob("*"):
        part.unlink()
    with trainset.open(dataset.folder) as again:
        (listed,) = again.queues()
        assert listed.queue == made
        assert listed.measured.reviewed == 3
        assert len(again.waiting()) == 5
        assert again.review().next() is not None


def test_what_would_hurt_most_comes_first_once_a_cost_is_set(dataset: trainset.Workbench) -> None:
    with pytest.raises(BadValue, match="no cost is set") as refused:
        dataset.queue("most-harmful", n=5)
    assert refused.value.next.startswith("trainset costs set")
    dear = {text for text in MISLABELLED if CLASSES[(int(text.split()[1]) + 1) % 3] == "dog"}
    assert 0 < len(dear) < len(MISLABELLED)
    for label in CLASSES:
        if label != "dog":
            dataset.set_cost("dog", label, 50)
    made = dataset.queue("most-harmful", n=len(dear))
    assert {*texts_of(dataset, made.queue)} == dear


def test_a_random_queue_does_not_say_what_the_model_suggests(dataset: trainset.Workbench, tmp_path: Path) -> None:
    for order, silent in (("random", True), ("likely-wrong", False)):
        made = dataset.queue(order, n=6)
        asked = dataset.review(made.queue).next()
        assert asked is not None
        assert (asked.suggested is None and asked.confidence is None) == silent
        dataset.write_review(tmp_path / f"{order}.csv", queue=made.queue)
        lines = (tmp_path / f"{order}.csv").read_text().splitlines()[1:]
        assert all(",,,," in line for line in lines) == silent
        assert made.expected["error_rate"] is not None


def test_a_run_of_other_labels_judges_none(dataset: trainset.Workbench) -> None:
    dataset.label("owl", where="label = 'cat'")
    (skipped,) = dataset.audit(only=["label_error"]).results
    assert skipped.skipped.endswith(
        "labels have changed since run r0001-" + dataset.runs()[0].run[6:] + ": trainset train"
    )
