"""The contracts of plug-ins: what a declaration says, what it refuses, and one suite over every built-in."""

from __future__ import annotations

import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from trainset import contracts, registry
from trainset.contracts import Findings, check, embedder, measure
from trainset.contracts import format as format_
from trainset.errors import BadValue, PluginError, UnknownName
from trainset.model import Outcome
from trainset.store import bad, measured
from trainset.store.schema import CANDIDATES
from trainset.work.prepare import resampled, squared
from trainset.work.together import Together

EVERY = [plugin for kind in contracts.KINDS for plugin in registry.plugins(kind).values()]
MEASURES = list(registry.plugins("measure").values())


@pytest.mark.parametrize("plugin", EVERY, ids=lambda p: f"{p.kind}:{p.name}")
def test_every_plugin_documents_itself_and_lives_in_a_file_of_its_name(plugin: contracts.Plugin) -> None:
    assert plugin.title
    assert plugin.summary
    assert plugin.module.rsplit(".", 1)[-1] == plugin.name
    assert all(
        setting.default is None or isinstance(setting.default, (bool, int, float, str))
        for setting in plugin.settings.values()
    )


def inputs() -> dict[str, list[list[dict[str, Any]]]]:
    """Per medium, groups of samples that may be measured together, of every odd shape."""
    rng = np.random.default_rng(0)
    facts = {"bytes": 9, "format": "any"}
    return {
        "image": [
            [{"pixels": rng.integers(0, 256, (h, w, 3), dtype=np.uint8) * scale, "facts": facts} for scale in (1, 0, 1)]
            for h, w in ((1, 1), (1, 2), (3, 4000), (2, 1), (7, 5), (64, 48))
        ],
        "audio": [
            [{"signal": rng.uniform(-1, 1, (n, c)).astype(np.float32) * scale, "rate": rate, "facts": facts}]
            for n, c, scale, rate in (
                (1, 1, 1, 8000), (800, 6, 1, 8000), (800, 2, 0, 8000), (5000, 1, 4, 8000), (0, 1, 1, 8000), (9000, 2, 1e-7, 44100), (50, 1, 1, 1000),
            )
        ],
        "text": [[{"text": text, "facts": facts} for text in ("a", "two words", "日本語", "\x00", " " * 50, "", "Ã¼ber <b>x</b>\ufffd")]],
    }  # fmt: skip


def measured_together(plugin: contracts.Plugin, samples: list[dict[str, Any]]) -> list[Any]:
    """The values of a measure as the pass over media computes them."""
    columns: dict[str, list[Any]] = {plugin.name: [None] * len(samples)}
    together = Together({plugin.name: plugin}, columns)
    for row, decoded in enumerate(samples):
        together.take(row, decoded)
        if not set(plugin.needs) & set(contracts.MANY):
            columns[plugin.name][row] = plugin.target(*(decoded[name] for name in plugin.needs))
    together.finish()
    return columns[plugin.name]


@pytest.mark.parametrize("plugin", MEASURES, ids=lambda p: p.name)
def test_every_measure_gives_a_value_of_its_type_for_every_shape_of_input(plugin: contracts.Plugin) -> None:
    medium = plugin.facts["medium"]
    for group in [group for name, groups in inputs().items() if medium in (name, "") for group in groups]:
        values = measured_together(plugin, group)
        column = pa.array(values, measured.arrow_type(plugin))  # what a part can hold
        assert len(column) == len(group)
        for value in values:
            assert value is None or isinstance(value, str | bytes) or np.isfinite(value)


@pytest.mark.parametrize(
    "plugin", [plugin for plugin in MEASURES if set(plugin.needs) & set(contracts.MANY)], ids=lambda p: p.name
)
def test_measured_together_is_measured_one_by_one(plugin: contracts.Plugin) -> None:
    for group in inputs()[plugin.facts["medium"]]:
        alone = [measured_together(plugin, [decoded])[0] for decoded in group]
        for one, other in zip(measured_together(plugin, group), alone, strict=True):
            assert one == other if isinstance(one, str | bytes) else one == pytest.approx(other, rel=1e-5, abs=1e-7)


def test_a_signature_is_the_declaration() -> None:
    @measure("Brightness", unit="0..1", medium="image", version=3)
    def brightness(pixels: np.ndarray, *, gamma: float = 2.2, linear: bool = False) -> float:
        """Mean brightness.

        More words.
        """
        return float(pixels.mean())

    plugin = brightness.__plugin__  # type: ignore[attr-defined]
    assert (plugin.name, plugin.needs, plugin.summary) == ("brightness", ("pixels",), "Mean brightness.")
    assert plugin.facts == {"unit": "0..1", "medium": "image", "version": 3}
    assert plugin.settings["gamma"].parse("1.5") == 1.5
    assert plugin.settings["linear"].parse("yes") is True
    with pytest.raises(BadValue, match="takes a number"):
        plugin.settings["gamma"].parse("much")


def test_a_measure_that_asks_for_what_its_medium_has_not_is_refused_with_the_list() -> None:
    with pytest.raises(PluginError, match="asks for 'pixels'") as caught:

        @measure("Wrong", unit="", medium="audio")
        def wrong(pixels: object) -> float:
            """Wrong."""
            return 0.0

    assert "signal" in caught.value.expected


def test_a_check_names_its_columns_and_an_unknown_one_is_refused() -> None:
    @check("Near-silent recordings")
    def near_silent(loudness: np.ndarray, label: pa.Array, *, below_dbfs: float = -45.0) -> Findings:
        """Recordings too quiet to learn from.

        ## Why it matters
        Silence keeps its label.

        ## What to do
        Listen.
        """
        flagged = loudness < below_dbfs
        return Findings(flagged.astype(np.float32), flagged, ["quiet"] * int(flagged.sum()))

    plugin = near_silent.__plugin__  # type: ignore[attr-defined]
    assert contracts.needed_columns(plugin, ["loudness"]) == ("loudness", "label")
    with pytest.raises(PluginError, match="asks for 'loudness'"):
        contracts.needed_columns(plugin, ["seconds"])
    assert near_silent(np.array([-60.0, -10.0], np.float32), pa.array(["a", "b"])).flagged.tolist() == [True, False]


def test_a_check_without_the_headings_of_its_help_page_is_refused() -> None:
    with pytest.raises(PluginError, match="What to do"):

        @check("Nothing")
        def nothing(label: pa.Array) -> Findings:
            """Nothing.

            ## Why it matters
            It does not.
            """
            raise AssertionError


CHECKS = list(registry.plugins("check").values())


def columns(count: int, seed: int) -> dict[str, Any]:
    """Every column a check may ask for: random, with gaps, and in the worst case empty throughout."""
    rng = np.random.default_rng(seed)

    def texts(values: list[str], gaps: float = 0.2) -> pa.Array:
        drawn = rng.integers(0, len(values), count)
        return pa.array([None if rng.random() < gaps else values[n] for n in drawn], pa.string())

    numbers = {}
    for name, plugin in registry.plugins("measure").items():
        if measured.arrow_type(plugin) not in (pa.string(), pa.binary()):
            numbers[name] = np.where(
                rng.random(count) < 0.2, np.nan, rng.choice([0.0, 1.0, 1e-9, 300.0, -120.0], count)
            )
    whole = {name: np.full(count, np.nan) for name in numbers} if seed % 3 == 0 else numbers
    return whole | {
        "measures": whole, "meta": {"a": texts(["x", "1", "2.5", ""]), "b": texts(["q"], 1.0)}, "language": texts(["en", "de", "unknown"]),
        "perceptual_hash": texts(["0" * 16]), "id": pa.array([rng.bytes(16) for _ in range(count)], pa.binary(16)),
        "content": pa.array([bytes(15) + bytes([n]) for n in rng.integers(0, 5, count)], pa.binary(16)), "source": texts(["s"], 0),
        "path": texts(["a/1.png", "a_2.png", "\n"]), "text": texts(["", "n/a", "a\nb", "mail me: a@b.org", "4111 1111 1111 1111", "x" * 50 + "\n" + "y" * 60]),
        "label": texts(["cat", "Cat", "dog"]), "source_label": texts(["cat"]), "split": texts(["train", "test", "validation"]),
        "contributor": texts(["theo", "ann", "li"]), "labelled_by": texts(["ada"]), "labelled_at": texts(["2026-01-01 10:00"]),
        "source_label_then": texts(["cat", ""]), "reported_label": texts(["cat", "x" * 500]), "reported_by": texts(["eve"]),
        "reported_why": texts(["", "it is a\ndog"]), "bad": bad_of(count, rng), "near": near_of(count, rng),
        "apart": rng.integers(0, max(count, 1), (5 if count else 0, 2)),
        "said": said_of(count, rng), "embeddings": embeddings_of(count, rng),
        "remarks": pa.array([["wrong extension: x", None] if rng.random() < 0.3 else None for _ in range(count)], pa.list_(pa.string())),
    }  # fmt: skip


def said_of(count: int, rng: np.random.Generator) -> contracts.Said:
    """What a run says, of some samples nothing."""
    classes = int(rng.integers(1, 5))
    probabilities = rng.dirichlet(np.full(classes, 0.3), count).astype(np.float32)
    probabilities[rng.random(count) < 0.2] = np.nan
    names = tuple("abcd"[:classes])
    beneath = {names[-1]: ("it is a\ndog", "x")} if rng.random() < 0.5 else {}
    return contracts.Said(
        names, probabilities, rng.integers(-1, classes, count), rng.integers(-1, 9, count), "r0001-abcdef", beneath
    )


class Apart:
    """Embeddings as a check sees them: how many, which are known, whether a network made them, and neighbours."""

    def __init__(self, distances: np.ndarray, known: np.ndarray) -> None:
        self._distances, self.known, self.learnt = distances, known, bool(len(known) % 3)

    def __len__(self) -> int:
        return len(self.known)

    def neighbours(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(self), k), np.int32), np.sort(self._distances[:, :k], axis=1)


def embeddings_of(count: int, rng: np.random.Generator) -> Apart:
    return Apart(rng.random((count, 20)).astype(np.float32) ** 4, rng.random(count) < 0.9)


def near_of(count: int, rng: np.random.Generator) -> contracts.Near:
    """Some pairs of samples, each once, of every degree."""
    pairs = np.array([(a, b) for a in range(min(count, 40)) for b in range(a) if rng.random() < 0.1], np.int64).reshape(
        -1, 2
    )
    medium = ("image", "audio", "text", "")[count % 4]
    return contracts.Near(pairs[:, 1], pairs[:, 0], rng.choice([0.0, 1e-9, 0.01, 0.04, 0.125, 0.2], len(pairs)), medium)


def bad_of(count: int, rng: np.random.Generator) -> pa.Table:
    """Files and rows that are no samples."""
    outcomes = [str(outcome) for outcome in Outcome if outcome.is_bad]
    rows = [
        {"source": f"s{n % 3}", "kind": "row" if n % 4 else "file", "name": f"{n}\n.png", "row": n if n % 4 else None,
         "outcome": outcomes[rng.integers(len(outcomes))], "reason": ""}
        for n in range(count // 2)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, bad.SCHEMA)


@pytest.mark.parametrize("plugin", CHECKS, ids=lambda p: p.name)
@pytest.mark.parametrize(("count", "seed"), [(0, 1), (1, 2), (1, 3), (60, 4), (60, 6), (400, 5)])
def test_every_check_answers_for_every_sample_whatever_the_columns(
    plugin: contracts.Plugin, count: int, seed: int
) -> None:
    given = columns(count, seed)
    contracts.needed_columns(plugin, registry.plugins("measure"))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all values missing
        found = plugin.target(*(given[need] for need in plugin.needs))
    assert found.severity.shape == found.flagged.shape == (count,)
    assert found.severity.dtype == np.float32
    assert found.flagged.dtype == bool
    assert len(found.because) == int(found.flagged.sum())
    assert all(text.strip() for text in found.because)
    assert ((found.severity >= 0) & (found.severity <= 1)).all()
    assert (found.severity[found.flagged] > 0).all()
    assert (found.severity[~found.flagged] == 0).all()
    assert found.bad is None or (found.bad.schema.equals(bad.SCHEMA) and found.bad.num_rows == given["bad"].num_rows)
    assert plugin.section("Why it matters")
    assert plugin.section("What to do")


EMBEDDERS = list(registry.plugins("embedder").values())


def embeddable(plugin: contracts.Plugin) -> list[Any]:
    """Samples of every odd shape, as `embed` hands them to this embedder with its default settings."""
    medium, side = plugin.facts["medium"], plugin.facts["side"]
    if medium == "text":
        return [sample["text"] for sample in inputs()["text"][0]]
    if medium == "audio":
        return [resampled(sample["signal"], sample["rate"], plugin.facts["rate"])[0] for (sample,) in inputs()["audio"]]
    pixels = plugin.settings[side].default if isinstance(side, str) else side
    return [squared(sample["pixels"], pixels) for group in inputs()["image"] for sample in group]


@pytest.mark.parametrize("plugin", EMBEDDERS, ids=lambda p: p.name)
def test_every_embedder_gives_a_finite_row_for_every_sample_alone_or_together(plugin: contracts.Plugin) -> None:
    samples = embeddable(plugin)
    together = plugin.target(samples)
    assert together.shape == (len(samples), plugin.facts["dim"])
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for row, sample in enumerate(samples):
        np.testing.assert_allclose(plugin.target([sample])[0], together[row], rtol=1e-3, atol=1e-3)
    assert set(plugin.facts["speed"]) <= set(plugin.settings)
    for word in ("Cost:", "Source:", "icence"):
        assert word in plugin.doc


def test_an_embedder_takes_the_samples_of_its_medium() -> None:
    with pytest.raises(PluginError, match="asks for 'texts'"):

        @embedder("Wrong", medium="image", dim=3)
        def wrong(texts: list[str]) -> object:
            """Wrong."""
            return None


def test_a_format_that_neither_reads_nor_writes_is_refused() -> None:
    with pytest.raises(PluginError, match="neither reads nor writes"):

        @format_("Nothing", suffixes=(".no",))
        class Nothing:
            """Nothing."""


def test_a_plugin_without_docstring_is_refused() -> None:
    with pytest.raises(PluginError, match="needs a docstring"):

        @measure("Silent", unit="", medium="text")
        def silent(text: str) -> int:
            return 0


def test_two_plugins_of_one_name_are_refused() -> None:
    modules = []
    for name in ("one", "two"):
        module = types.ModuleType(name)
        exec(  # noqa: S102  # two modules made here
            "from trainset.contracts import measure\n@measure('Same', unit='', medium='text')\ndef same(text: str) -> int:\n    'Same.'\n    return 0\n",
            module.__dict__,
        )
        modules.append(module)
    with pytest.raises(PluginError, match="two measure plug-ins are called 'same'"):
        registry.collect("measure", modules)


def test_an_unknown_plugin_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownName, match="no format 'zarr'") as caught:
        registry.plugin("format", "zarr")
    assert "class_folders" in caught.value.expected


def test_plugins_of_an_installed_package_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real installed distribution with an entry point, as a stranger would publish it."""
    (tmp_path / "stranger.py").write_text(
        "from trainset.contracts import measure\n\n@measure('Vowels', unit='letters', medium='text')\ndef vowels(text: str) -> int:\n"
        "    'Number of vowels.'\n    return sum(c in 'aeiou' for c in text)\n"
    )
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[trainset.measures]\nvowels = stranger\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry.plugins.cache_clear()
    try:
        found = registry.plugins("measure")
        assert found["vowels"].target("audio") == 4
        assert "words" in found
    finally:
        registry.plugins.cache_clear()


def test_every_reader_takes_a_place_and_outcomes_and_gives_candidates(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("one\n")
    for plugin in registry.plugins("format").values():
        if hasattr(plugin.target, "read"):
            suffixes = plugin.facts["suffixes"]
            assert plugin.facts["folder"] or suffixes, plugin.name
    from trainset.formats._batch import candidates

    assert candidates(1, text=["a"]).schema.equals(CANDIDATES)
