"""The Python API: what `import trainset` gives, and how results show and convert themselves."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import wave
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import trainset
import trainset.work
from tests.helpers import pictures
from tests.work.made import copied, named, twelve, write
from trainset.errors import BadValue, MissingPackage, NotADataset


@pytest.fixture(scope="module")
def dataset() -> Iterator[trainset.Workbench]:
    """Nothing in this module changes it."""
    with trainset.open(twelve() / "set") as opened:
        yield opened


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text; fails on what does not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], html

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}


def test_only_public_names_are_there() -> None:
    assert (
        set(dir(trainset))
        == set(trainset.__all__)
        == {"TrainsetError", "Workbench", "__version__", "init", "open", "shown"}
    )
    for name in trainset.__all__:
        assert getattr(trainset, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = trainset.nothing
    names: dict[str, Any] = {}
    exec("from trainset import *", names)  # noqa: S102
    assert names["open"] is trainset.open


def test_every_verb_is_a_method() -> None:
    """A verb is a public function of `trainset.work` that takes the dataset first."""
    helpers = {
        "chosen",
        "said",
        "vectors",
        "opened",
        "read_media",
        "as_dict",
        "samples_html",
        "status_html",
        "table_html",
        "known_as",
        "about",
        "pair",
        "spent",
        "decided",
        "near",
        "material",
        "meant",
        "roster",
        "keep",
        "placed",
        "run_command",
        "layers",
        "sides",
        "price",
        "ready_inputs",
        "rosters",
        "now_called",
        "predicted_by_heads",
        "predicted_by_command",
        "kept",
        "test_sets",
        "made_of",
        "keep_clusters",
        "changes",
        "known",
        "kept_clusters",
        "places",
        "left",
        "with_vectors",
        "readied",
        "recipe_of",
        "forecast_named",
        "keep_forecast",
        "with_embeddings",
        "about_samples",
        "rehearsed",
        "bad_files",
        "lock_rows",
        "touched",
        "watched",
        "compared",
        "outlines",
        "near_locked",
        "reviewed",
        "about_sample",
        "shown",
        "flags_named",
        "prune",
        "lock_texts",
        "on_disk",
        "presets",
        "recipe_fields",
        "check_embedder",
        "read",
        "within",
        "ahead",
        "unembedded",
        "embedder_fields",
        "embedder_settings",
        "apart",
        "spelled_out",
    }
    missing = []
    for found in pkgutil.iter_modules(trainset.work.__path__):
        module = importlib.import_module(f"trainset.work.{found.name}")
        for name, value in vars(module).items():
            if not inspect.isfunction(value) or value.__module__ != module.__name__ or name.startswith("_"):
                continue
            if name not in helpers and [*inspect.signature(value).parameters][:1] == ["dataset"]:
                missing += [f"{found.name}.{name}"] if getattr(trainset.Workbench, name, None) is not value else []
    assert missing == []


def test_every_verb_has_types_and_a_help_text() -> None:
    for name, method in inspect.getmembers(trainset.Workbench, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
            signature = inspect.signature(method)
            assert signature.return_annotation is not signature.empty, name


def test_opening_finds_the_dataset_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotADataset, match="no dataset here"):
        trainset.open()
    with pytest.raises(NotADataset):
        trainset.open(tmp_path / "nowhere")
    copied(tmp_path).close()
    with trainset.open(str(tmp_path / "set")) as opened:
        assert opened.medium == "text"
    monkeypatch.chdir(tmp_path / "set" / "samples")
    with trainset.open() as opened:
        assert opened.folder == (tmp_path / "set").resolve()
        assert repr(opened) == "<Workbench set (text)>"


def test_init_makes_it_once_and_the_medium_stays(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "pets", medium="image") as made:
        made.note("begun")
    with trainset.init(tmp_path / "pets") as again:
        assert [note.text for note in again.notes()] == ["begun"]
        with pytest.raises(BadValue, match="holds image"):
            again.import_(write(tmp_path / "t.csv", [("text",), ("one",)]))
    with pytest.raises(BadValue, match="unknown medium"):
        trainset.init(tmp_path / "other", medium="video")
    assert not (tmp_path / "other").exists()


def test_the_context_ends_the_writing_thread(tmp_path: Path) -> None:
    import threading

    with copied(tmp_path) as opened:
        opened.note("one")
        assert [t for t in threading.enumerate() if t.name == "trainset-writer"]
    assert not [t for t in threading.enumerate() if t.name == "trainset-writer"]
    opened.note("two")  # opens it again
    assert len(opened.notes()) == 2
    opened.close()
    opened.close()


def test_samples_convert_to_arrow_without_copies(dataset: trainset.Workbench) -> None:
    samples = dataset.look(n=7)
    assert samples.to_arrow() is samples.table
    table = pa.table(samples)
    assert table.equals(samples.table)
    assert pa.RecordBatchReader.from_stream(samples).read_all().num_rows == 7
    assert [*pa.RecordBatchReader.from_stream(samples, schema=table.schema)]
    changes = dataset.diff("start").to_arrow()
    assert (changes.num_rows, changes["kind"].unique().to_pylist()) == (12, ["added"])


def test_samples_convert_to_pandas(dataset: trainset.Workbench) -> None:
    samples = dataset.look(sort="text", n=12)
    frame = samples.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert [*frame.columns] == samples.table.column_names
    assert frame["text"].tolist() == [f"text {n:02}" for n in range(12)]
    assert frame["id"].str.len().eq(32).all()
    assert [identifier[:12] for identifier in frame["id"]] == samples.ids
    assert frame["label"].isna().sum() == 1
    assert frame["words"].sum() == 24
    empty = dataset.look(where="false").to_pandas()
    assert (len(empty), [*empty.columns]) == (0, [*frame.columns])


def test_without_pandas_the_command_to_get_it_is_said(
    dataset: trainset.Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackage, match="pip install pandas"):
        dataset.look().to_pandas()


def test_a_column_converts_to_numpy(dataset: trainset.Workbench) -> None:
    samples = dataset.look(sort="text", n=12)
    words = samples.to_numpy("words")
    assert isinstance(words, np.ndarray)
    assert (words.dtype, words.tolist()) == (np.int64, [2] * 12)
    assert samples.to_numpy("text").tolist() == [f"text {n:02}" for n in range(12)]
    assert samples.to_numpy("excluded").dtype == bool
    with pytest.raises(BadValue, match="no column 'nope'") as caught:
        samples.to_numpy("nope")
    assert "words" in caught.value.expected


def test_samples_are_iterated_as_dictionaries(dataset: trainset.Workbench) -> None:
    samples = dataset.look(where=named([0, 1]), sort="text")
    assert (len(samples), [row["label"] for row in samples]) == (2, ["cat", "dog"])
    assert [*samples] == samples.rows()
    assert {
        "id",
        "source",
        "path",
        "text",
        "label",
        "source_label",
        "split",
        "contributor",
        "excluded",
        "meta",
        "content",
    } <= {*samples.rows()[0]}
    assert samples.media(1) == b"text 01"


EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


@pytest.fixture
def evil(tmp_path: Path) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path / "set") as opened:
        opened.import_(write(tmp_path / "t.csv", [("text", "label"), (EVIL, EVIL), ("two\nlines", "a")]))
        yield opened


def harmless(html: str) -> Page:
    page = Page(html)
    assert page.names() <= {
        "div",
        "b",
        "br",
        "code",
        "i",
        "img",
        "audio",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert re.match(
            r"data:(image/jpeg|audio/\w+);base64,[\w+/=]+$", attributes.get("src") or "data:image/jpeg;base64,x"
        )
    return page


def test_texts_show_as_texts_and_nothing_of_them_runs(evil: trainset.Workbench) -> None:
    page = harmless(evil.look()._repr_html_())
    assert EVIL in page.text
    assert "two\nlines" in page.text
    assert "2 of 2 samples" in page.text
    assert page.names() == {"div", "b", "br", "code"}


def test_tables_escape_everything(evil: trainset.Workbench, tmp_path: Path) -> None:
    evil.rename_class("a", f"b{EVIL}")
    evil.exclude(where="text = 'two\nlines'", reason=EVIL, person="eve<b>")
    write(tmp_path / "bad" / f"{EVIL.replace('/', '')}.csv", [("text", "label"), ("x", "y"), ("z",)])
    report = evil.import_(tmp_path / "bad", name="<b>")
    assert report.bad_count
    for shown in (evil, evil.status(), evil.diff(1), report):
        page = harmless(shown._repr_html_())
        assert "<" in page.text, page.text
    assert "eve<b>" in harmless(evil.diff(1)._repr_html_()).text


def test_long_texts_are_cut(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "t.csv", [("text",), ("x" * 5000,)]))
        assert 300 < dataset.look()._repr_html_().count("x") < 320


def test_pictures_show_as_pictures(tmp_path: Path) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(pictures(tmp_path / "in", classes=('cat" onload="x', "dog"), each=2))
        dataset.exclude(["dog/1.png"])
        page = harmless(dataset.look(where="excluded or not excluded")._repr_html_())
        shown = [attributes for tag, attributes in page.tags if tag == "img"]
        assert len(shown) == 4
        assert {attributes["alt"] for attributes in shown} == {'cat" onload="x', "dog"}
        assert "excluded" in page.text
        for file in dataset.place("cache").glob("previews*"):
            file.unlink()
        assert harmless(dataset.look()._repr_html_()).text.count("no preview") == 3


def test_recordings_show_as_players(tmp_path: Path) -> None:
    for n in range(2):
        path = tmp_path / "in" / "beep" / f"{n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((np.sin(np.arange(800) / (5 + n)) * 20_000).astype("<i2").tobytes())
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(tmp_path / "in")
        page = harmless(dataset.look()._repr_html_())
        players = [attributes for tag, attributes in page.tags if tag == "audio"]
        assert [str(attributes["src"])[:15] for attributes in players] == ["data:audio/wav;"] * 2
        (tmp_path / "in" / "beep" / "0.wav").unlink()
        again = harmless(dataset.look()._repr_html_())
        assert len([tag for tag, _ in again.tags if tag == "audio"]) == 1
        assert "no longer there" in again.text


def test_a_dataset_and_its_status_show_the_counts(dataset: trainset.Workbench) -> None:
    for shown in (dataset, dataset.status()):
        page = harmless(shown._repr_html_())
        assert "12 samples, text" in page.text
        assert {"table", "th", "td"} <= page.names()
        for word in ("cat", "dog", "bird", "no label", "train"):
            assert word in page.text
