"""Callbacks that log a run from scikit-learn, PyTorch, Keras and the Hugging Face Trainer. None of them is imported before it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trainset.errors import BadValue, MissingPackage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainset.work.log_run import Logged

__all__ = ["huggingface", "keras", "layer_of", "pytorch", "sklearn_folds", "sklearn_partial_fit", "softmax"]


def softmax(logits: Any) -> NDArray[np.float64]:
    """(n, classes) probabilities of (n, classes) logits."""
    import numpy as np

    wide = np.asarray(logits, np.float64)
    wide = np.exp(wide - wide.max(axis=1, keepdims=True))
    found: NDArray[np.float64] = wide / wide.sum(axis=1, keepdims=True)
    return found


def sklearn_folds(
    run: Logged, estimator: Any, x: Any, y: Any, ids: Any, *, cv: Any = 5, groups: Any = None, epoch: int = 1
) -> None:  # fmt: skip
    """Cross-validates an estimator with `predict_proba` and logs what it says of each sample without having seen it: for `held_out="yes"`.

    x, y, ids: one for each sample. cv, groups: as of `sklearn.model_selection.cross_val_predict`; give the contributors as groups, and
    `StratifiedGroupKFold` as cv, to hold them out as a whole.
    """
    import numpy as np
    from sklearn.model_selection import cross_val_predict

    classes = [str(name) for name in np.unique(np.asarray(y))]  # the order of `predict_proba`
    said = cross_val_predict(estimator, x, y, cv=cv, groups=groups, method="predict_proba")
    run.log(epoch, ids, _ordered(said, classes, run.classes))


def sklearn_partial_fit(
    run: Logged, estimator: Any, x: Any, y: Any, ids: Sequence[Any], *, epochs: int = 10, train: Any = None, batch: int = 256, seed: int = 0
) -> None:  # fmt: skip
    """Trains an estimator with `partial_fit` and `predict_proba` on the samples `train` (a mask; all by default) and logs all of them after each epoch."""
    import numpy as np

    inputs, labels = np.asarray(x), np.asarray(y)
    rows = np.flatnonzero(np.ones(len(labels), bool) if train is None else np.asarray(train))
    classes, draw = np.unique(labels[rows]), np.random.default_rng(seed)
    for epoch in range(1, epochs + 1):
        order = draw.permutation(rows)
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            estimator.partial_fit(inputs[some], labels[some], classes=classes)
        for start in range(0, len(labels), 4096):
            said = estimator.predict_proba(inputs[start : start + 4096])
            run.log(epoch, ids[start : start + 4096], _ordered(said, [str(name) for name in classes], run.classes))


@contextmanager
def layer_of(module: Any) -> Iterator[Callable[[], NDArray[np.float32]]]:
    """Keeps what a module of PyTorch gave at its last call, by a forward hook: call the value for an (n, d) array. More dimensions are averaged to
    two: of (n, time, d) over time, of (n, channels, height, width) over the picture."""
    kept: list[Any] = []

    def hook(_: Any, inputs: Any, output: Any) -> None:
        kept[:] = [output[0] if isinstance(output, tuple) else output]

    handle = module.register_forward_hook(hook)

    def taken() -> NDArray[np.float32]:
        if not kept:
            raise BadValue(
                "this module was not called",
                got=type(module).__name__,
                expected="a part of the model that its forward pass uses",
            )
        return _flat(_array(kept[0]))

    try:
        yield taken
    finally:
        handle.remove()


def pytorch(run: Logged, epoch: int, model: Any, batches: Iterable[tuple[Any, Any]], *, layer: Any = None) -> None:
    """Logs what a model of PyTorch says of `batches`: pairs of inputs and ids, after an epoch of any loop. The model gives logits.

    layer: a module of the model, whose output becomes the embedding. The model is put in evaluation mode and back.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        raise MissingPackage("a model of PyTorch", "torch")
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            for inputs, ids in batches:
                if layer is None:
                    run.log(epoch, ids, softmax(_array(model(inputs))))
                    continue
                with layer_of(layer) as taken:
                    said = softmax(_array(model(inputs)))
                    run.log(epoch, ids, said, layer=taken())
    finally:
        model.train(training)


def keras(run: Logged, x: Any, ids: Sequence[Any], *, layer: str = "", logits: bool = False, batch: int = 256) -> Any:
    """A `keras.callbacks.Callback` that logs what the model says of `x` after each epoch: `model.fit(..., callbacks=[keras(run, x, ids)])`.

    layer: the name of a layer whose output becomes the embedding. logits: whether the model ends without a softmax.
    """
    try:
        import keras as framework
    except ImportError:
        raise MissingPackage("a callback for Keras", "keras") from None
    base: Any = framework.callbacks.Callback

    class Logging(base):  # type: ignore[misc]  # a class of a framework that may not be installed
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            model = self.model
            if layer:
                inputs = model.inputs[0] if len(model.inputs) == 1 else model.inputs
                model = framework.Model(inputs, [model.outputs[0], model.get_layer(layer).output])
            for start in range(0, len(ids), batch):
                found = model.predict_on_batch(x[start : start + batch])
                said, hidden = (found[0], _flat(_array(found[1]))) if layer else (found, None)
                said = _array(said)
                run.log(epoch + 1, ids[start : start + batch], softmax(said) if logits else said, layer=hidden)

    return Logging()


def huggingface(
    run: Logged, dataset: Any, ids: Sequence[Any], *, collate: Any = None, layer: bool = False, batch: int = 64
) -> Any:
    """A `transformers.TrainerCallback` that logs what the model says of a data set after each epoch: `Trainer(..., callbacks=[huggingface(run, data, ids)])`.

    dataset: as the Trainer takes it, examples by number; its labels are not looked at. ids: one for each example. collate: makes a batch, by default
    `transformers.default_data_collator`. layer: whether the last hidden state, averaged over the text where there is no mask, becomes the embedding.
    """
    try:
        from transformers import TrainerCallback, default_data_collator
    except ImportError:
        raise MissingPackage("a callback for the Hugging Face Trainer", "transformers") from None
    base: Any = TrainerCallback
    together = collate or default_data_collator

    class Logging(base):  # type: ignore[misc]  # a class of a framework that may not be installed
        def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            model = more["model"]
            torch, training, epoch = sys.modules["torch"], model.training, round(state.epoch)
            model.eval()
            try:
                with torch.no_grad():
                    for start in range(0, len(ids), batch):
                        stop = min(start + batch, len(ids))
                        inputs = together([dataset[number] for number in range(start, stop)])
                        inputs = {
                            name: value.to(model.device)
                            for name, value in inputs.items()
                            if name not in ("labels", "label")
                        }
                        found = model(**inputs, output_hidden_states=True) if layer else model(**inputs)
                        hidden = _pooled(found.hidden_states[-1], inputs.get("attention_mask")) if layer else None
                        run.log(epoch, ids[start:stop], softmax(_array(found.logits)), layer=hidden)
            finally:
                model.train(training)

    return Logging()


def _ordered(said: Any, theirs: Sequence[str], ours: Sequence[str]) -> NDArray[np.float64]:
    """Columns in the order of the run's classes, 0 for one that the model does not know. Raises `BadValue` for one that the run does not."""
    import numpy as np

    if unknown := [name for name in theirs if name not in ours]:
        raise BadValue(f"the model says {unknown[0]!r}, which is no class of the run", expected=", ".join(ours)[:300])
    wide = np.zeros((len(said), len(ours)))
    wide[:, [[*ours].index(name) for name in theirs]] = said
    return wide


def _array(value: Any) -> NDArray[Any]:
    """A tensor of any framework as an array."""
    import numpy as np

    for step in ("detach", "float", "cpu"):
        if hasattr(value, step):
            value = getattr(value, step)()
    found: NDArray[Any] = np.asarray(value)
    return found


def _flat(values: NDArray[Any]) -> NDArray[np.float32]:
    import numpy as np

    wide = np.asarray(values, np.float32)
    if wide.ndim == 3:
        wide = wide.mean(axis=1)
    elif wide.ndim > 3:
        wide = wide.reshape(*wide.shape[:2], -1).mean(axis=2)
    return wide


def _pooled(hidden: Any, mask: Any) -> NDArray[np.float32]:
    """(n, time, d) averaged over the words that the mask (n, time) lets through."""
    import numpy as np

    wide = np.asarray(_array(hidden), np.float32)
    if mask is None:
        return _flat(wide)
    weight = np.asarray(_array(mask), np.float32)[:, :, None]
    pooled: NDArray[np.float32] = (wide * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
    return pooled
