"""Embedders of one's own, made into plug-ins: an ONNX file, a folder of the shape of Hugging Face, a Python function."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.contracts import Plugin, embedder
from trainset.embed import _models, _onnx_file, _tokens
from trainset.errors import BadValue, DamagedModel, UnknownName

_SIDE, _RATE, _TOKENS = 224, 16_000, 256
_FILES = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx")
"""Where a repository has its model, the first that is there."""
_LONGEST = 50_000_000  # bytes of a list of settings or a tokenizer


def of_file(path: Path, medium: str, name: str = "") -> Plugin:
    """An ONNX file as an embedder of this medium. Beside it, or one folder above, lie `tokenizer.json` (needed for texts) and
    `preprocessor_config.json` (of pictures: mean, scale, side)."""
    model = _onnx_file.checked(path)
    _models.require("an embedder for texts", ("tokenizers",) if medium == "text" else ())
    made: Plugin = {"image": _pictures, "audio": _recordings, "text": _texts}[medium](model, _inputs(model, medium))
    return replace(
        made, name=name or path.name, title="ONNX model", facts={**made.facts, "version": _version(model, medium)}
    )


def _version(model: _onnx_file.OnnxFile, medium: str) -> str:
    """Of all that says what the vectors are, besides settings."""
    words = _beside(model.path, "tokenizer.json") if medium == "text" else None
    return hashlib.sha256(f"{model.sha256}{_models.sha256_of(words) if words else ''}".encode()).hexdigest()[:32]


def of_folder(folder: Path, medium: str, name: str = "") -> Plugin:
    """A folder of the shape of a Hugging Face repository: `onnx/model.onnx`, `tokenizer.json` or `preprocessor_config.json`."""
    for file in _FILES:
        if (folder / file).is_file():
            return of_file(folder / file, medium, name or folder.name)
    raise UnknownName(
        "there is no ONNX model in this folder", where=str(folder), expected=f"one of {', '.join(_FILES)}"
    )


def of_function(function: Callable[..., Any], medium: str, name: str, version: str, *, side: int, rate: int) -> Plugin:
    """A Python function: sequence of samples in (see `contracts.embedder`), (n, dim) numbers out."""
    if isinstance(found := getattr(function, "__plugin__", None), Plugin):
        return found
    if not name or not version:
        raise BadValue(
            "a function of your own needs a name and a version, under which its embeddings are kept",
            next="dataset.embed(function, name='mine', version='1'): another version is computed again",
        )
    facts: dict[str, Any] = {"medium": medium, "dim": 0, "side": side, "rate": rate or _RATE}

    def images(images: Sequence[NDArray[np.uint8]]) -> Any:
        """A function of your own."""
        return function(images)

    def signals(signals: Sequence[NDArray[np.float32]]) -> Any:
        """A function of your own."""
        return function(signals)

    def texts(texts: Sequence[str]) -> Any:
        """A function of your own."""
        return function(texts)

    shapes: Mapping[str, Callable[..., Any]] = {"image": images, "audio": signals, "text": texts}
    chosen = shapes[medium]
    return replace(
        _declared(chosen, **facts), name=name, title="Python function", facts={**_facts(facts), "version": version}
    )


def of_kept(name: str, medium: str, version: str, side: int, rate: int) -> Plugin:
    """A Python function whose embeddings are kept, known by its name alone: they are there or not, and are never computed here."""
    made = of_function(_never, medium, name, version, side=side, rate=rate)
    return replace(made, facts={**made.facts, "logged": True})


def _never(samples: Any) -> Any:
    raise AssertionError("a function that is known by its name alone computes nothing")


def of_layer(name: str, medium: str, run: str, seen: str) -> Plugin:
    """A layer that a model of one's own has logged: it is there or not, and is never computed here."""

    def images(images: Sequence[NDArray[np.uint8]], *, run: str = run, seen: str = seen) -> Any:
        """A logged layer."""
        raise AssertionError("a layer is logged, not computed")

    def signals(signals: Sequence[NDArray[np.float32]], *, run: str = run, seen: str = seen) -> Any:
        """A logged layer."""
        raise AssertionError("a layer is logged, not computed")

    def texts(texts: Sequence[str], *, run: str = run, seen: str = seen) -> Any:
        """A logged layer."""
        raise AssertionError("a layer is logged, not computed")

    shapes: Mapping[str, Callable[..., Any]] = {"image": images, "audio": signals, "text": texts}
    made = _declared(shapes[medium], medium=medium, dim=0)
    return replace(made, name=name, title="Logged layer", facts={**made.facts, "logged": True})


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    # what it is given is part of what it gives
    return {
        "default": False,
        "batch": 64,
        "packages": (),
        "speed": (),
        "given": [facts["side"], facts["rate"]],
        **facts,
    }


def _declared(function: Callable[..., Any], **facts: Any) -> Plugin:
    plugin: Plugin = embedder("", **facts)(function).__plugin__  # type: ignore[attr-defined]  # the mark of the registry
    return plugin


def _inputs(model: _onnx_file.OnnxFile, medium: str) -> list[Any]:
    path = model.path
    try:
        found: list[Any] = _models.session(path, 2, model.sha256).get_inputs()
    except Exception as error:  # noqa: BLE001  # ONNX Runtime's own kinds
        raise DamagedModel("ONNX Runtime cannot load this model", where=str(path), got=str(error)[:300]) from None
    names = {one.name for one in found}
    fits = "input_ids" in names if medium == "text" else len(found) == 1
    if not fits:
        wanted = "input_ids" if medium == "text" else "one input"
        raise BadValue(
            f"this model is none for {medium}",
            where=str(path),
            expected=wanted,
            got=", ".join(sorted(names))[:200] or "none",
        )
    return found


def _pictures(model: _onnx_file.OnnxFile, inputs: list[Any]) -> Plugin:
    shape, kind, name = inputs[0].shape, inputs[0].type, inputs[0].name
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        if len(shape) == 4 and not isinstance(shape[1], int) and not isinstance(shape[3], int):
            shape = [shape[0], 3, *shape[2:]]  # nothing said: channels first, as most exporters write
        else:
            raise BadValue("this model takes no colour pictures", where=str(model.path), expected="an input (n, 3, side, side) or (n, side, side, 3)",
                got=str(shape),
            )  # fmt: skip
    first = shape[1] == 3
    high, wide = (shape[2], shape[3]) if first else (shape[1], shape[2])
    fixed = high if isinstance(high, int) and high == wide else 0
    if isinstance(high, int) and isinstance(wide, int) and high != wide:
        raise BadValue("this model takes pictures that are no squares", where=str(model.path), got=f"{wide} x {high}")
    about = _config(model.path, "preprocessor_config.json")
    usual_mean, usual_scale = _mean_and_scale(about, model.path)

    def onnx_model(
        images: Sequence[NDArray[np.uint8]], *, side: int = fixed or _side(about) or _SIDE, mean: str = usual_mean, scale: str = usual_scale,
        pooling: str = "mean", threads: int = 2,
    ) -> NDArray[np.float32]:  # fmt: skip
        """An ONNX model of one's own: pictures as (pixel - mean) / scale, pixels 0 to 255."""
        if fixed and side != fixed:
            raise BadValue(f"this model takes pictures of {fixed} x {fixed} pixels only", got=str(side))
        pixels = np.stack(images)
        if kind == "tensor(uint8)":
            given: Any = pixels
        else:
            given = (pixels - _numbers("mean", mean)) / _numbers("scale", scale)
            given = given.astype(np.float16 if kind == "tensor(float16)" else np.float32)
        return _pooled(_run(model, threads, {name: given.transpose(0, 3, 1, 2) if first else given}), pooling)

    return _declared(onnx_model, medium="image", dim=0, side="side", batch=_batch(shape[0], 32), speed=("threads",))


def _recordings(model: _onnx_file.OnnxFile, inputs: list[Any]) -> Plugin:
    shape, name = inputs[0].shape, inputs[0].name
    if len(shape) not in (1, 2, 3):
        raise BadValue(
            "this model takes no recordings", where=str(model.path), expected="an input (n, frames)", got=str(shape)
        )
    length = shape[-1] if isinstance(shape[-1], int) else 0
    about = _config(model.path, "preprocessor_config.json")
    usual = about.get("sampling_rate")
    rate = usual if isinstance(usual, int) and 1_000 <= usual <= 192_000 else _RATE

    def onnx_model(
        signals: Sequence[NDArray[np.float32]], *, scale: float = 1.0, shortest: float = 0.5, pooling: str = "mean", threads: int = 2
    ) -> NDArray[np.float32]:  # fmt: skip
        """An ONNX model of one's own: recordings times `scale`, those below `shortest` seconds between silence."""
        found = []
        for signal in signals:  # one at a time: what stands beside it must not lengthen it
            wanted = length or max(len(signal), int(shortest * rate))
            start = max(0, (len(signal) - wanted) // 2)
            heard = signal[start : start + wanted] * np.float32(scale)
            room = wanted - len(heard)
            given = np.pad(heard, (room // 2, room - room // 2)).reshape([1] * (len(shape) - 1) + [-1])
            vectors = _run(model, threads, {name: given})
            found.append(_pooled(vectors if vectors.ndim > 1 else vectors[None], pooling)[:1])
        return np.concatenate(found)

    return _declared(onnx_model, medium="audio", dim=0, rate=rate, batch=32, speed=("threads",))


def _texts(model: _onnx_file.OnnxFile, inputs: list[Any]) -> Plugin:
    words = _beside(model.path, "tokenizer.json")
    if words is None:
        raise BadValue(
            "a model for texts needs its tokenizer",
            where=str(model.path),
            expected="tokenizer.json beside it or one folder above",
        )
    hashed = _models.sha256_of(words)
    _tokens.tokenizer(words, hashed)
    known = {"input_ids", "attention_mask", "token_type_ids"}
    if odd := sorted({one.name for one in inputs} - known):
        raise BadValue(
            "this model asks for more than tokens", where=str(model.path), expected=", ".join(sorted(known)), got=odd[0]
        )

    def onnx_model(
        texts: Sequence[str], *, tokens: int = _TOKENS, pooling: str = "mean", threads: int = 2
    ) -> NDArray[np.float32]:  # fmt: skip
        """An ONNX model of one's own: the mean of a text's tokens, of which the first `tokens` are read, at unit length."""
        first = (lambda hidden, mask: hidden[:, 0]) if _pooling(pooling) == "first" else None
        _tokens.require_most(tokens, 8192)
        network, known_words = _models.session(model.path, threads, model.sha256), _tokens.tokenizer(words, hashed)
        return _guarded(model.path, lambda: _tokens.mean_vectors(network, known_words, texts, tokens, first))

    return _declared(onnx_model, medium="text", dim=0, batch=32, speed=("threads",))


def _run(model: _onnx_file.OnnxFile, threads: int, inputs: Mapping[str, Any]) -> NDArray[np.float32]:
    network = _models.session(model.path, threads, model.sha256)
    return _guarded(model.path, lambda: np.asarray(network.run(None, inputs)[0], np.float32))


def _guarded(path: Path, work: Callable[[], NDArray[np.float32]]) -> NDArray[np.float32]:
    """What a model gives, or why it cannot: it is the user's, so its fault is no bug of ours."""
    try:
        return work()
    except Exception as error:
        if type(error).__module__.startswith("onnxruntime"):
            raise DamagedModel(
                "this model cannot be run on these samples", where=str(path), got=str(error)[:300]
            ) from None
        raise


def _pooled(values: NDArray[np.float32], pooling: str) -> NDArray[np.float32]:
    """(n, dim) of what a model gives: vectors; a vector per part (n, parts, dim); or maps (n, dim, height, width)."""
    how = _pooling(pooling)
    vectors = values
    if values.ndim == 4:
        vectors = values.mean(axis=(2, 3))
    elif values.ndim == 3:
        vectors = values.mean(axis=1) if how == "mean" else values[:, 0]
    return vectors


def _pooling(text: str) -> str:
    if text not in ("mean", "first"):
        raise BadValue("setting pooling takes mean or first", got=repr(text))
    return text


def _numbers(name: str, text: str) -> NDArray[np.float32]:
    try:
        values = np.array([float(part) for part in text.split(",")], np.float32)
    except ValueError:
        values = np.empty(0, np.float32)
    if len(values) not in (1, 3) or not np.isfinite(values).all() or (name == "scale" and not values.all()):
        raise BadValue(f"setting {name} takes one number or three, for red, green and blue", got=repr(text))
    return values


def _batch(size: Any, most: int) -> int:
    return size if isinstance(size, int) and 0 < size < most else most


def _beside(path: Path, name: str) -> Path | None:
    for folder in (path.parent, path.parent.parent):
        if (folder / name).is_file() and (folder / name).stat().st_size <= _LONGEST:
            return folder / name
    return None


def _config(path: Path, name: str) -> dict[str, Any]:
    found = _beside(path, name)
    if found is None:
        return {}
    try:
        values = json.loads(found.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DamagedModel(f"{name} is no JSON", where=str(found), got=str(error)[:200]) from None
    return values if isinstance(values, dict) else {}


def _mean_and_scale(about: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """As settings, for pixels 0 to 255; 0 and 255 when nothing is said."""
    factor = about.get("rescale_factor", 1 / 255)
    mean, spread = about.get("image_mean", [0.0]), about.get("image_std", [1.0])
    try:
        if not about.get("do_normalize", True):
            mean, spread = [0.0], [1.0]
        return ",".join(f"{float(m) / factor:.6g}" for m in mean), ",".join(f"{float(s) / factor:.6g}" for s in spread)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise DamagedModel("preprocessor_config.json is not as it must be", where=str(path), got=str(error)) from None


def _side(about: Mapping[str, Any]) -> int:
    for size in (about.get("crop_size"), about.get("size")):
        found = size.get("height", size.get("shortest_edge")) if isinstance(size, dict) else size
        if isinstance(found, int) and 8 <= found <= 2048:
            return found
    return 0
