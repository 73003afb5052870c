"""The files of TensorBoard's projector: a vector, a line and a picture a sample, in one order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import trainset
from tests import helpers
from trainset.errors import BadValue


def test_vectors_lines_and_pictures_are_in_one_order(tmp_path: Path) -> None:
    for number, (name, colour) in enumerate([("red", (250, 0, 0)), ("blue", (0, 0, 250)), ("red", (200, 0, 0))]):
        path = tmp_path / "in" / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (90, 90), colour).save(path)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        with pytest.raises(BadValue) as missing:
            dataset.export(tmp_path / "out", format="projector")
        assert "trainset embed" in missing.value.next
        assert not (tmp_path / "out").exists()
        dataset.embed("pixels")
        dataset.train(embedder="pixels", groups="none")
        done = dataset.export(tmp_path / "out", format="projector")
        assert (done.samples, done.lost) == (3, ())
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} >= {
        "tensors.tsv",
        "metadata.tsv",
        "sprite.png",
        "projector_config.pbtxt",
    }
    assert not (out / "tiles").exists()
    vectors = np.loadtxt(out / "tensors.tsv", delimiter="\t")
    head, *lines = (out / "metadata.tsv").read_text().splitlines()
    assert head.split("\t")[:2] == ["label", "split"]
    assert vectors.shape == (3, 768)
    sheet = np.asarray(Image.open(out / "sprite.png"))
    assert sheet.shape == (128, 128, 3)
    for number, line in enumerate(lines):
        top, left = divmod(number, 2)
        middle = sheet[top * 64 + 32, left * 64 + 32]
        assert line.startswith("red" if middle[0] > middle[2] else "blue")
    config = (out / "projector_config.pbtxt").read_text()
    assert 'tensor_path: "tensors.tsv"' in config
    assert config.count("single_image_dim: 64") == 2


def test_texts_stay_in_their_cells(tmp_path: Path) -> None:
    more = "".join(f"word {n},{'ab'[n % 2]}\n" for n in range(10))
    (tmp_path / "t.csv").write_text(f'text,label\n"one\ttwo\nthree",a\nfour,b\n{more}')
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "t.csv")
        dataset.embed("hashed_ngrams")
        dataset.train(embedder="hashed_ngrams", groups="none")
    done = helpers.run("export", tmp_path / "out", "--projector", "-d", tmp_path / "set")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "metadata.tsv").read_text().splitlines()
    assert len(lines) == 13
    assert all(line.count("\t") == 4 for line in lines)
    assert not (tmp_path / "out" / "sprite.png").exists()
