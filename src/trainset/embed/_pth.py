"""PyTorch's file of weights before version 1.6, read without PyTorch and without pickle: it is data, and nothing it names is called.

The file is four pickles (a number, a version, the system, the names of the tensors) and then the values of each storage. The third
to fifth of these are interpreted here, instruction by instruction: of the two hundred things a pickle may name, four mean something.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainset.errors import DamagedModel

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_TYPES: Mapping[str, np.dtype[Any]] = {"torch FloatStorage": np.dtype("<f4"), "torch LongStorage": np.dtype("<i8")}
_REBUILD, _DICT = "torch._utils _rebuild_tensor_v2", "collections OrderedDict"
_DEEPEST = 100_000  # objects on the stack
_PLAIN = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE", "INT", "LONG", "UNICODE"
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


@dataclass(frozen=True)
class _Named:
    """A global that the pickle names: never looked up, only compared."""

    name: str


@dataclass(frozen=True)
class _Storage:
    key: str
    type: np.dtype[Any]
    count: int


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


_MARK = object()


def read_tensors(data: bytes, where: str) -> dict[str, NDArray[Any]]:
    """The tensors of a file by name. Raises `DamagedModel` when it asks for anything but tensors, or is damaged."""
    file = io.BytesIO(data)
    try:
        magic, version, _, named = (_value(file) for _ in range(4))
        keys = _value(file)
        if (magic, version) != (_MAGIC, _VERSION) or not isinstance(named, Mapping) or not isinstance(keys, list):
            raise ValueError("it is no file of weights in PyTorch's old form")
        tensors = {str(name): tensor for name, tensor in named.items() if isinstance(tensor, _Tensor)}
        known = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        values = {key: _values(file, known[key]) for key in keys}
        return {name: _array(tensor, values[tensor.storage.key]) for name, tensor in tensors.items()}
    except DamagedModel:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise DamagedModel("a file of weights cannot be read", where=where, got=str(error)[:200]) from error


def _value(file: io.BytesIO) -> Any:
    """The next pickle's value. Raises `DamagedModel` at the first instruction or name that tensors do not need."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for code, argument, _ in pickletools.genops(file):
        name = code.name
        if len(stack) > _DEEPEST:
            raise ValueError("it nests too deeply")
        if name in ("PROTO", "FRAME"):
            continue
        if name == "STOP":
            return stack.pop()
        if name in _PLAIN:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "MARK":
            stack.append(_MARK)
        elif name in ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE"):
            stack.append({"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}[name]())
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "TUPLE":
            stack.append(tuple(_marked(stack)))
        elif name in ("APPEND", "APPENDS"):
            more = [stack.pop()] if name == "APPEND" else _marked(stack)
            stack[-1].extend(more)
        elif name in ("SETITEM", "SETITEMS"):
            more = [stack.pop(-2), stack.pop()] if name == "SETITEM" else _marked(stack)
            stack[-1].update(zip(more[::2], more[1::2], strict=True))
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            memo[int(argument or 0)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(memo[int(argument or 0)])
        elif name == "GLOBAL":
            stack.append(_named(str(argument)))
        elif name == "BINPERSID":
            stack.append(_storage(stack.pop()))
        elif name == "REDUCE":
            arguments = stack.pop()
            stack.append(_built(stack.pop(), arguments))
        elif name == "BUILD":  # attributes of a dictionary: versions of the layers, which nothing here needs
            stack.pop()
        else:
            raise _foreign(f"the instruction {name}")
    raise ValueError("it ends in the middle")


def _marked(stack: list[Any]) -> list[Any]:
    """What stands above the last mark, which is taken away too."""
    at = len(stack) - 1
    while stack[at] is not _MARK:
        at -= 1
        if at < 0:
            raise ValueError("a mark is missing")
    found = stack[at + 1 :]
    del stack[at:]
    return found


def _named(name: str) -> _Named:
    if name not in (*_TYPES, _REBUILD, _DICT):
        raise _foreign(name.replace(" ", "."))
    return _Named(name)


def _storage(about: Any) -> _Storage:
    _, kind, key, _, count, *_ = about
    return _Storage(str(key), _TYPES[kind.name], int(count))


def _built(what: Any, arguments: Any) -> Any:
    if what == _Named(_DICT):
        return dict(arguments[0]) if arguments else {}
    if what == _Named(_REBUILD):
        storage, offset, shape, strides, *_ = arguments
        if not isinstance(storage, _Storage):
            raise ValueError("a tensor without values")
        return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))
    raise _foreign("a call of something else")


def _values(file: io.BytesIO, storage: _Storage) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little", signed=True)
    if count != storage.count or not 0 <= count <= file.getbuffer().nbytes // storage.type.itemsize:
        raise ValueError("a storage has another length than its tensors say")
    found = np.frombuffer(file.read(count * storage.type.itemsize), storage.type)
    if len(found) != count:
        raise ValueError("it is cut off")
    return found


def _array(tensor: _Tensor, values: NDArray[Any]) -> NDArray[Any]:
    """The tensor with its strides, which may be any, but not beyond its storage."""
    if len(tensor.shape) != len(tensor.strides) or min((*tensor.shape, *tensor.strides, tensor.offset), default=0) < 0:
        raise ValueError("a tensor's shape and strides do not fit")
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if last >= len(values) or 0 in tensor.shape:
        raise ValueError("a tensor reaches beyond its storage")
    size = values.dtype.itemsize
    view = np.lib.stride_tricks.as_strided(
        values[tensor.offset :], tensor.shape, [step * size for step in tensor.strides], writeable=False
    )
    return np.ascontiguousarray(view)


def _foreign(what: str) -> DamagedModel:
    return DamagedModel(
        "a file of weights asks for something that weights do not need, and is refused", expected="tensors and nothing else", got=what,
        next="take the file from the package it belongs to",
    )  # fmt: skip
