"""An ONNX file from anywhere, looked at before it is run: its size, its operators, and where its numbers lie."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainset.embed import _models
from trainset.errors import BadValue, DamagedModel, UnknownName, Unsafe

LARGEST = 2 * 10**9
"""Bytes of a model with all that belongs to it."""
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}
"""Whose operators ONNX Runtime has in itself. All others come from libraries, which are code."""
_DEEPEST = 30  # graphs inside graphs


@dataclass(frozen=True)
class OnnxFile:
    """A model that may be run. sha256: over the file and those it names."""

    path: Path
    sha256: str


def checked(path: Path, largest: int = LARGEST) -> OnnxFile:
    """The model at `path`. Raises `BadValue` when it is too large, `DamagedModel` when it is none, `Unsafe` when it needs custom
    operators or reads files outside its folder, `MissingPackage` without ONNX."""
    _models.require("an ONNX file", ("onnxruntime", "onnx"))
    import onnx

    try:
        size = _regular(path)
    except FileNotFoundError:
        raise UnknownName("there is no such model file", where=str(path)) from None
    _require_size(path, size, largest)
    try:
        model = onnx.load_model(path, format="protobuf", load_external_data=False)
    except Exception as error:  # noqa: BLE001  # protobuf's own kinds, which it does not export
        raise DamagedModel("this is no ONNX model", where=str(path), got=str(error)[:200]) from None
    if not model.graph.output:
        raise DamagedModel("this is no ONNX model", where=str(path), got="a graph without outputs")
    own = {function.domain for function in model.functions}
    places = set()
    for node in _nodes(model):
        if node.domain not in _DOMAINS | own:
            raise Unsafe(
                "this model needs custom operators, which are code and are not loaded", where=str(path), expected="operators of ONNX Runtime itself",
                got=f"{node.domain}.{node.op_type}"[:100], next="export the model without custom operators",
            )  # fmt: skip
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            places.add(next((entry.value for entry in tensor.external_data if entry.key == "location"), ""))
    digest = hashlib.sha256(_models.sha256_of(path).encode())
    for place in sorted(places):
        data = _beside(path, place)
        size += _regular(data)
        _require_size(path, size, largest)
        digest.update(f"{place}\0{_models.sha256_of(data)}".encode())
    return OnnxFile(path, digest.hexdigest())


def _beside(path: Path, place: str) -> Path:
    """The file of external data that a model names; in its own folder, links followed."""
    folder = path.parent.resolve()
    real = Path(os.path.realpath(folder / place))
    if not place or "\0" in place or Path(place).is_absolute() or not real.is_relative_to(folder) or real == folder:
        raise Unsafe(
            "this model reads a file outside its folder", where=str(path), expected="external data beside the model", got=repr(place)[:200]
        )  # fmt: skip
    if not real.is_file():
        raise DamagedModel("a file that this model needs is missing", where=str(path), got=repr(place)[:200])
    return real


def _regular(path: Path) -> int:
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise Unsafe("this is no regular file", where=str(path))
    return facts.st_size


def _require_size(path: Path, size: int, largest: int) -> None:
    if size > largest:
        raise BadValue(
            "this model is too large", where=str(path), expected=f"at most {largest:,} bytes", got=f"{size:,}"
        )


def _nodes(model: Any) -> Iterator[Any]:
    """All nodes: of the graph, the graphs inside it, and the model's own functions."""
    yield from _inside(model.graph.node, 0)
    for function in model.functions:
        yield from _inside(function.node, 0)


def _inside(nodes: Any, depth: int) -> Iterator[Any]:
    if depth > _DEEPEST:
        raise DamagedModel("this model has graphs inside graphs without end")
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _inside(graph.node, depth + 1)


def _tensors(model: Any) -> Iterator[Any]:
    """All tensors whose numbers may lie elsewhere."""
    graphs = [model.graph, *(graph for node in _nodes(model) for at in node.attribute for graph in (at.g, *at.graphs))]
    for graph in graphs:
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in _nodes(model):
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
