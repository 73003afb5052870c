"""Embedders of one's own: ONNX files, folders of the shape of Hugging Face, what is fetched only when asked."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from trainset.embed import _huggingface, _models, _onnx_file, _own
from trainset.embed.minilm import _paths, minilm
from trainset.errors import BadValue, DamagedModel, Offline, UnknownName


def model(
    path: Path, given: list[Any], nodes: list[Any], kind: int = TensorProto.FLOAT, constants: tuple[Any, ...] = ()
) -> Path:
    """A model from `x`, of this shape, to `y`."""
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", kind, given)], [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [*constants]
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )
    return path


def means(path: Path, given: list[Any], last: bool = False) -> Path:
    """A model that gives the mean of each colour."""
    axes = [1, 2] if last else [2, 3]
    return model(path, given, [helper.make_node("ReduceMean", ["x"], ["y"], axes=axes, keepdims=0)])


PICTURES = [np.full((8, 8, 3), [0, 51, 255], np.uint8), np.full((8, 8, 3), [255, 255, 0], np.uint8)]


@pytest.mark.parametrize(
    ("given", "last"),
    [(["n", 3, 8, 8], False), (["n", 8, 8, 3], True), (["n", 3, "h", "w"], False), ([2, 3, 8, 8], False)],
)
def test_the_layout_of_pictures_is_told_from_the_graph(given: list[Any], last: bool, tmp_path: Path) -> None:
    plugin = _own.of_file(means(tmp_path / "m.onnx", given, last), "image")
    found = plugin.target(PICTURES)
    np.testing.assert_allclose(found, np.array([[0, 0.2, 1], [1, 1, 0]]), atol=1e-6)
    assert plugin.settings["side"].default == (224 if "h" in given else 8)
    assert plugin.facts["batch"] == (2 if given[0] == 2 else 32)


def test_a_model_that_is_replaced_is_another_model(tmp_path: Path) -> None:
    first = _own.of_file(means(tmp_path / "m.onnx", ["n", 3, 8, 8]), "image")
    assert first.target(PICTURES).shape == (2, 3)
    second = _own.of_file(
        model(tmp_path / "m.onnx", ["n", 3, 8, 8], [helper.make_node("Flatten", ["x"], ["y"])]), "image"
    )
    assert second.facts["version"] != first.facts["version"]
    assert second.target(PICTURES).shape == (2, 192)


def test_mean_and_scale_are_settings(tmp_path: Path) -> None:
    plugin = _own.of_file(means(tmp_path / "m.onnx", ["n", 3, 8, 8]), "image")
    np.testing.assert_allclose(plugin.target(PICTURES[:1], mean="0,51,0", scale="1,1,255"), [[0, 0, 1]], atol=1e-6)
    for wrong in ({"mean": "a"}, {"scale": "0"}, {"mean": "1,2"}, {"scale": "nan"}, {"side": 16}, {"pooling": "max"}):
        with pytest.raises(BadValue):
            plugin.target(PICTURES, **wrong)


def test_what_a_folder_says_of_pictures_is_used(tmp_path: Path) -> None:
    means(tmp_path / "repo" / "onnx" / "model.onnx", ["n", 3, "h", "w"])
    about = {
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.25, 0.25, 0.25],
        "rescale_factor": 1 / 255,
        "size": {"height": 8, "width": 8},
    }
    (tmp_path / "repo" / "preprocessor_config.json").write_text(json.dumps(about))
    (tmp_path / "repo" / "config.json").write_text("{}")
    plugin = _own.of_folder(tmp_path / "repo", "image")
    assert plugin.settings["side"].default == 8
    np.testing.assert_allclose(plugin.target(PICTURES[:1]), [[-2, -1.2, 2]], atol=1e-4)
    (tmp_path / "repo" / "preprocessor_config.json").write_text("{")
    with pytest.raises(DamagedModel, match="no JSON"):
        _own.of_folder(tmp_path / "repo", "image")


def test_a_folder_with_a_model_for_texts_gives_what_the_packaged_one_does(tmp_path: Path) -> None:
    network, words = _paths()
    (tmp_path / "onnx").mkdir()
    shutil.copy(network, tmp_path / "onnx" / "model.onnx")
    with pytest.raises(BadValue, match="tokenizer"):
        _own.of_folder(tmp_path, "text")
    shutil.copy(words, tmp_path / "tokenizer.json")
    plugin = _own.of_folder(tmp_path, "text")
    texts = ["my card has not come", "what is the weather like in the mountains today?"]
    np.testing.assert_allclose(plugin.target(texts), minilm(texts), atol=1e-5)
    assert not np.allclose(plugin.target(texts, pooling="first"), minilm(texts), atol=1e-2)
    assert plugin.name == tmp_path.name
    (tmp_path / "tokenizer.json").write_bytes(words.read_bytes() + b" ")
    assert _own.of_folder(tmp_path, "text").facts["version"] != plugin.facts["version"]
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(DamagedModel, match="no tokenizer"):
        _own.of_folder(tmp_path, "text")
    with pytest.raises(BadValue, match="tokens"):
        plugin.target(texts, tokens=1)


@pytest.mark.parametrize("given", [["n", "frames"], [1, 1, "frames"], ["n", 100], ["frames"]])
def test_recordings_go_to_a_model_one_by_one(given: list[Any], tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Reshape", ["x", "s"], ["f"]),
        helper.make_node("ReduceMax", ["f"], ["y"], axes=[1], keepdims=1),
    ]
    shape = numpy_helper.from_array(np.array([1, -1], np.int64), "s")
    plugin = _own.of_file(model(tmp_path / "m.onnx", given, nodes, constants=(shape,)), "audio")
    signals = [np.full(n, 0.5, np.float32) for n in (10, 90, 20_000)]
    assert plugin.target(signals, scale=2.0).tolist() == [[1.0]] * 3


def test_maps_and_tokens_are_pooled(tmp_path: Path) -> None:
    plugin = _own.of_file(
        model(tmp_path / "m.onnx", ["n", 3, 8, 8], [helper.make_node("Identity", ["x"], ["y"])]), "image"
    )
    np.testing.assert_allclose(plugin.target(PICTURES), np.array([[0, 0.2, 1], [1, 1, 0]]), atol=1e-6)
    flat = numpy_helper.from_array(np.array([0, 3, 64], np.int64), "s")
    nodes = [helper.make_node("Reshape", ["x", "s"], ["y"])]
    plugin = _own.of_file(model(tmp_path / "n.onnx", ["n", 3, 8, 8], nodes, constants=(flat,)), "image")
    assert plugin.target(PICTURES).shape == (2, 64)
    assert plugin.target(PICTURES, pooling="first")[1].tolist() == [1.0] * 64


@pytest.mark.parametrize(
    ("given", "medium"),
    [
        (["n", 3, 8, 9], "image"),
        (["n", 5, 8, 8], "image"),
        (["n", 7], "image"),
        (["n", 3, 8, 8], "text"),
        ([1, 1, 1, 1], "audio"),
    ],
)
def test_a_model_of_another_medium_is_refused(given: list[Any], medium: str, tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", given, [helper.make_node("Identity", ["x"], ["y"])])
    with pytest.raises(BadValue):
        _own.of_file(path, medium)


def test_a_graph_that_cannot_be_loaded_or_run_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DamagedModel, match="cannot load"):
        _own.of_file(
            model(tmp_path / "a.onnx", ["n", 3, 8, 8], [helper.make_node("NoSuchThing", ["x"], ["y"])]), "image"
        )
    wrong = numpy_helper.from_array(np.array([7, 7], np.int64), "s")
    plugin = _own.of_file(
        model(
            tmp_path / "b.onnx", ["n", 3, 8, 8], [helper.make_node("Reshape", ["x", "s"], ["y"])], constants=(wrong,)
        ),
        "image",
    )
    with pytest.raises(DamagedModel, match="cannot be run"):
        plugin.target(PICTURES)


class Hub(http.server.BaseHTTPRequestHandler):
    """A server of the shape of Hugging Face, on this machine."""

    files: dict[str, bytes] = {}
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        data = self.files.get(self.path)
        if self.path.endswith("/moved/resolve/main/config.json"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            return
        self.send_response(404 if data is None else 200)
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    Hub.files, Hub.asked = {}, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_repository_is_fetched_once(hub: str, tmp_path: Path) -> None:
    at = "/me/colours/resolve/main/"
    Hub.files = {
        f"{at}onnx/model.onnx": means(tmp_path / "m.onnx", ["n", 3, 8, 8]).read_bytes(),
        f"{at}config.json": b"{}",
    }
    folder = _huggingface.fetched("me/colours", hub)
    assert folder.is_relative_to(_models.cache_folder())
    np.testing.assert_allclose(_own.of_folder(folder, "image").target(PICTURES)[0], [0, 0.2, 1], atol=1e-6)
    before = len(Hub.asked)
    assert (_huggingface.fetched("me/colours", hub), len(Hub.asked)) == (folder, before)


def test_a_repository_without_a_model_or_with_one_too_large_is_refused(
    hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownName, match="has no ONNX model"):
        _huggingface.fetched("me/nothing", hub)
    Hub.files = {"/me/huge/resolve/main/onnx/model.onnx": bytes(5000)}
    monkeypatch.setattr(_onnx_file, "LARGEST", 4000)
    with pytest.raises(BadValue, match="too large"):
        _huggingface.fetched("me/huge", hub)
    assert not [path for path in _models.cache_folder().rglob("*") if path.name.startswith(("model", "."))]


def test_nothing_is_fetched_without_encryption_after_a_redirect(hub: str) -> None:
    with pytest.raises(Offline, match="without encryption"):
        _huggingface.fetched("me/moved", hub)


def test_without_a_network_it_says_so() -> None:
    with pytest.raises(Offline, match="no network") as caught:
        _huggingface.fetched("me/colours", "http://127.0.0.1:9")
    assert "path" in caught.value.next


@pytest.mark.parametrize("name", ["", "colours", "a/b/c", "../x", "a/..", "a b/c", "https://x/y", "a/b?x", "-a/b"])
def test_what_is_no_name_of_a_repository_is_never_asked_for(name: str, hub: str) -> None:
    with pytest.raises(BadValue, match="no name of a repository"):
        _huggingface.fetched(name, hub)
    assert not Hub.asked
