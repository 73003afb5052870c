"""Runs logged from the frameworks that people train with; those that are not installed are skipped, with the reason."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import StratifiedGroupKFold

import trainset
from tests.work.made import write
from trainset import Workbench, callbacks
from trainset.errors import BadValue
from trainset.store.runs import Run

COUNT, TEST = 400, 100


class Digits:
    """The first handwritten digits of scikit-learn as texts of their numbers, the last of them the test split: no decoding, and real."""

    def __init__(self, dataset: Workbench) -> None:
        data = load_digits()
        self.dataset = dataset
        self.x = (data.data[:COUNT] / 16).astype(np.float32)
        self.y = data.target[:COUNT].astype(str)
        rows = dataset.look(n=COUNT).rows()
        self.ids = [row["id"] for row in sorted(rows, key=lambda row: int(row["text"].split()[0]))]
        self.train = np.arange(COUNT) < COUNT - TEST


@pytest.fixture
def digits(tmp_path: Path) -> Iterator[Digits]:
    data = load_digits()
    rows: list[list[object]] = [["text", "label", "split"]]
    for n in range(COUNT):
        rows.append(
            [
                f"{n} " + " ".join(map(str, data.data[n].astype(int))),
                str(data.target[n]),
                "test" if n >= COUNT - TEST else "train",
            ]
        )
    with trainset.init(tmp_path / "set", "text") as dataset:
        dataset.import_(write(tmp_path / "t.csv", rows))
        yield Digits(dataset)


def kept(logged: Any) -> Run:
    assert logged.run is not None
    found: Run = logged.run
    return found


def test_cross_validation_of_scikit_learn_is_a_held_out_run(digits: Digits) -> None:
    with digits.dataset.log_run("logistic", held_out="yes") as logged:
        model = LogisticRegression(max_iter=200)
        some = digits.train
        ids = [one for one, mine in zip(digits.ids, some, strict=True) if mine]
        callbacks.sklearn_folds(logged, model, digits.x[some], digits.y[some], ids, cv=3)
        callbacks.sklearn_folds(
            logged,
            model,
            digits.x[some],
            digits.y[some],
            ids,
            cv=StratifiedGroupKFold(3),
            groups=np.arange(some.sum()) // 5,
        )
    assert kept(logged).scores["accuracy"] > 0.9
    assert kept(logged).scores["held_out"]["samples"] == COUNT - TEST


def test_partial_fit_of_scikit_learn_logs_every_epoch(digits: Digits) -> None:
    with digits.dataset.log_run("sgd", held_out="no") as logged:
        callbacks.sklearn_partial_fit(
            logged,
            SGDClassifier(loss="log_loss", random_state=0),
            digits.x,
            digits.y,
            digits.ids,
            epochs=3,
            train=digits.train,
        )
    assert [one["epoch"] for one in logged.history] == [1, 2, 3]
    assert kept(logged).scores["test"]["accuracy"] > 0.8


def test_a_class_that_the_run_does_not_know_is_refused(digits: Digits) -> None:
    with digits.dataset.log_run("logistic", held_out="yes") as logged:
        with pytest.raises(BadValue, match="no class of the run"):
            callbacks.sklearn_folds(
                logged, LogisticRegression(), digits.x, np.where(digits.y == "3", "three", digits.y), digits.ids, cv=2
            )
        logged.log(1, digits.ids[:1], np.full((1, 10), 0.1))


def test_a_loop_of_pytorch_logs_predictions_and_a_layer(digits: Digits) -> None:
    torch = pytest.importorskip(
        "torch", reason="PyTorch is not installed: docs/how-to/own-model.md says with which version this was run"
    )
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(32, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    x, y = torch.tensor(digits.x), torch.tensor(digits.y.astype(int))
    batches = [(x[start : start + 64], digits.ids[start : start + 64]) for start in range(0, COUNT, 64)]
    with digits.dataset.log_run("net", held_out="no") as logged:
        for epoch in (1, 2, 3):
            for _ in range(10):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(model(x[: COUNT - TEST]), y[: COUNT - TEST]).backward()
                optimizer.step()
            callbacks.pytorch(logged, epoch, model, batches, layer=model[1])
            assert model.training
    assert not model[1]._forward_hooks
    assert kept(logged).scores["test"]["accuracy"] > 0.8
    assert [one["samples"] for one in logged.history] == [TEST] * 3
    check_layer(digits, "net", 32)


def check_layer(digits: Digits, name: str, dim: int) -> None:
    """The layer is there for every sample, and a head on it says that its model had seen the labels."""
    view = digits.dataset.embeddings(embedder=f"layer:{name}")
    assert (view.dim, bool(view.known.all())) == (dim, True)
    trained = digits.dataset.train(embedder=f"layer:{name}", groups="none")
    assert any("had seen these labels" in remark for remark in trained.remarks)


def test_a_callback_of_keras_logs_every_epoch_and_a_layer(digits: Digits) -> None:
    keras = pytest.importorskip(
        "keras", reason="Keras is not installed: docs/how-to/own-model.md says with which version this was run"
    )
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((64,)),
        keras.layers.Dense(32, activation="relu", name="hidden"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    some = digits.train
    with digits.dataset.log_run("net", held_out="no") as logged:
        log = callbacks.keras(logged, digits.x, digits.ids, layer="hidden", batch=128)
        model.fit(digits.x[some], digits.y[some].astype(int), epochs=5, batch_size=32, verbose=0, callbacks=[log])
    assert [one["epoch"] for one in logged.history] == [1, 2, 3, 4, 5]
    assert kept(logged).scores["test"]["accuracy"] > 0.8
    check_layer(digits, "net", 32)


def test_a_callback_of_the_hugging_face_trainer_logs_every_epoch_and_the_hidden_state(
    digits: Digits, tmp_path: Path
) -> None:
    why = "transformers with PyTorch is not installed: docs/how-to/own-model.md says with which version this was run"
    pytest.importorskip("torch", reason=why)
    transformers = pytest.importorskip("transformers", reason=why)
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, max_position_embeddings=64, num_labels=10
    )  # fmt: skip
    transformers.set_seed(0)
    model = transformers.BertForSequenceClassification(config)  # from a configuration: nothing is downloaded
    words = (digits.x * 16).astype(int)
    examples = [
        {"input_ids": row.tolist(), "attention_mask": [1] * 64, "labels": int(label)}
        for row, label in zip(words, digits.y, strict=True)
    ]
    settings = transformers.TrainingArguments(
        str(tmp_path / "out"), num_train_epochs=2, per_device_train_batch_size=16, report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True,
        learning_rate=5e-3, logging_strategy="no",
    )  # fmt: skip
    with digits.dataset.log_run("bert", held_out="no") as logged:
        log = callbacks.huggingface(logged, examples, digits.ids, layer=True)
        transformers.Trainer(model, settings, train_dataset=examples[: COUNT - TEST], callbacks=[log]).train()
    assert [one["epoch"] for one in logged.history] == [1, 2]
    assert [one["samples"] for one in logged.history] == [TEST] * 2
    assert kept(logged).scores["test"]["samples"] == TEST
    check_layer(digits, "bert", 32)


def test_no_framework_is_imported_before_it_is_used() -> None:
    script = "import sys, trainset.callbacks; sys.exit(' '.join({'torch', 'keras', 'transformers', 'sklearn', 'numpy'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_framework_that_is_missing_says_what_to_install(digits: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch", "keras", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    with digits.dataset.log_run("net", held_out="no") as logged:
        for call in (
            lambda: callbacks.pytorch(logged, 1, None, []), lambda: callbacks.keras(logged, digits.x, digits.ids), lambda: callbacks.huggingface(logged, [], [])
        ):  # fmt: skip
            with pytest.raises(trainset.TrainsetError, match="pip install"):
                call()
        logged.log(1, digits.ids[:1], np.full((1, 10), 0.1))
