"""The pages of `docs/reference` are what the generator makes, and hold everything there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from docs import generate, shapes
from tests.docs.pages import ROOT, everything, read
from tests.helpers import pictures, run_json
from trainset import registry
from trainset.cli.app import COMMANDS
from trainset.contracts import KINDS
from trainset.model import MEDIA, SPLITS, EntryKind, Outcome


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return generate.pages()


def test_no_generated_page_is_stale(generated: dict[str, str]) -> None:
    there = {path.name: read(path) for path in generate.REFERENCE.glob("*.md")}
    stale = sorted(name for name in there.keys() | generated.keys() if there.get(name) != generated.get(name))
    assert not stale, f"run `make docs` and commit: {', '.join(stale)}"


@pytest.mark.parametrize("command", [["-m", "docs.generate"], ["docs/generate.py"]])
def test_the_generator_runs_as_a_module_and_as_a_file(command: list[str]) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_and_option_is_described(generated: dict[str, str]) -> None:
    page = generated["commands.md"]
    found = dict(generate.commands())
    assert {name.split()[0] for name in found} == set(COMMANDS)
    for name, command in found.items():
        assert f"\n## {name}\n" in page
        assert command.help
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                for word in (*parameter.opts, *parameter.secondary_opts):
                    assert f"`{word}" in section, f"{name} {word}"


def test_every_plugin_and_setting_is_described(generated: dict[str, str]) -> None:
    page = generated["plugins.md"]
    for kind in KINDS:
        for name, plugin in registry.plugins(kind).items():
            assert f"# {name}\n" in page
            assert plugin.doc.replace("\n## ", "\n#### ") in page
            for setting in plugin.settings:
                assert f"`{setting}`" in page, f"{name}.{setting}"


def test_every_outcome_entry_kind_split_and_medium_is_in_the_glossary(generated: dict[str, str]) -> None:
    page = generated["words.md"]
    missing = [str(word) for word in (*Outcome, *EntryKind, *SPLITS) if f"\n| {word} |" not in page]
    assert not missing
    assert all(medium in page for medium in MEDIA)


def test_every_error_is_described(generated: dict[str, str]) -> None:
    page = generated["errors.md"]
    for kind in generate.errors():
        assert f"| `{kind.__name__}` |" in page
        assert kind.__doc__, f"{kind.__name__} needs a docstring: it is its line on the page"


def test_every_command_says_what_its_json_is(generated: dict[str, str]) -> None:
    described = {name.removesuffix(" ACTION") for shape in shapes.SHAPES for name in shape.commands}
    assert described == {name for name, command in generate.commands() if any(p.name == "json" for p in command.params)}


def test_commands_print_the_json_that_is_described(tmp_path: Path) -> None:
    pictures(tmp_path / "pets", each=3)
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    soundfile.write(sounds / "a.wav", np.zeros(100), 8000)
    heard = tmp_path / "other" / "heard"
    run_json("import", "sounds", "-d", heard, cwd=tmp_path)
    run_json("label", "hum", "a.wav", "--new-class", "-d", heard, cwd=tmp_path)
    listed = tmp_path / "listed.csv"
    listed.write_text("path,label\ncat/0.png,dog\n")
    lines = [f"{'good great' if n % 2 else 'bad poor'} {n},{n % 2}" for n in range(48)]
    (tmp_path / "said.csv").write_text("\n".join(["text,label", *lines]))
    told = tmp_path / "other" / "told"
    run_json("import", "said.csv", "-d", told, cwd=tmp_path)
    found = {
        "init": run_json("init", "empty", cwd=tmp_path),
        "import": run_json("import", "pets", cwd=tmp_path),
        "look": run_json("look", cwd=tmp_path),
        "measure": run_json("measure", cwd=tmp_path),
        "embed": run_json("embed", "--embedder", "pixels", cwd=tmp_path),
        "recipe": run_json("recipe", "quick", "--embedder", "pixels", cwd=tmp_path),
        "recipes": run_json("recipes", cwd=tmp_path),
        "train": run_json("train", "--recipe", "quick", "--groups", "none", cwd=tmp_path),
        "confusion": run_json("confusion", cwd=tmp_path),
        "runs": run_json("runs", cwd=tmp_path),
        "prices set": run_json("prices", "set", "rating", "0.05", "--unit", "EUR", "-d", told, cwd=tmp_path),
        "prices": run_json("prices", "-d", told, cwd=tmp_path),
        "quiz": run_json("quiz", "-n", "3", "-d", told, cwd=tmp_path),
        "ceiling": run_json("ceiling", "--embedder", "hashed_ngrams", "--groups", "none", "-d", told, cwd=tmp_path),
        "curve": run_json("curve", "--embedder", "hashed_ngrams", "--groups", "none", "-d", told, cwd=tmp_path),
        "selections save": run_json("selections", "save", "dogs", "--where", "label = 'dog'", cwd=tmp_path),
        "selections": run_json("selections", cwd=tmp_path),
        "selections rename": run_json("selections", "rename", "dogs", "hounds", cwd=tmp_path),
        "queue": run_json("queue", "--order", "random", "-n", "2", cwd=tmp_path),
        "queues": run_json("queues", cwd=tmp_path),
        "review": run_json("review", cwd=tmp_path),
        "embedders": run_json("embedders", cwd=tmp_path),
        "clusters": run_json("clusters", "--embedder", "pixels", cwd=tmp_path),
        "map": run_json("map", "--embedder", "pixels", cwd=tmp_path),
        "neighbours": run_json("neighbours", "dog/0.png", "--embedder", "pixels", cwd=tmp_path),
        "audit": run_json("audit", cwd=tmp_path),
        "checks": run_json("checks", cwd=tmp_path),
        "dismiss": run_json("dismiss", "dark", "--why", "night", cwd=tmp_path),
        "sources": run_json("sources", cwd=tmp_path),
        "cut-windows": run_json("cut-windows", "silence", "--where", "true", "-d", heard, cwd=tmp_path),
        "extract-loudest": run_json("extract-loudest", "--where", "true", "-d", heard, cwd=tmp_path),
        "label": run_json("label", "cat", "dog/0.png", cwd=tmp_path),
        "apply": run_json("apply", listed, cwd=tmp_path),
        "answers": run_json("answers", listed, cwd=tmp_path),
        "import-reports": run_json("import-reports", listed, cwd=tmp_path),
        "version": run_json("version", "v1", cwd=tmp_path),
        "versions": run_json("versions", cwd=tmp_path),
        "weak add": run_json("weak", "add", "cat", "--where", "path like '%cat%'", "--name", "folder", cwd=tmp_path),
        "weak": run_json("weak", cwd=tmp_path),
        "weak suggest": run_json("label", "", "--where", "label = 'cat'", cwd=tmp_path)
        and run_json("weak", "suggest", cwd=tmp_path),
        "weak apply": run_json("weak", "apply", "--confidence", "0.5", cwd=tmp_path),
        "weak remove": run_json("weak", "remove", "folder", cwd=tmp_path),
        "lock": run_json("lock", "cats", "--where", "label = 'cat'", cwd=tmp_path),
        "locks": run_json("locks", cwd=tmp_path),
        "diff": run_json("diff", "start", cwd=tmp_path),
        "export": run_json("export", "out", cwd=tmp_path),
        "note": run_json("note", "hello", cwd=tmp_path),
        "notes": run_json("notes", cwd=tmp_path),
        "status": run_json("status", cwd=tmp_path),
        "log": run_json("log", cwd=tmp_path),
        "log ACTION": run_json("log", 2, cwd=tmp_path),
        "undo": run_json("undo", 2, cwd=tmp_path),
        "classes": run_json("classes", cwd=tmp_path),
        "card set": run_json("card", "set", "purpose", "to tell pets apart", cwd=tmp_path),
        "card write": run_json("card", cwd=tmp_path),
        "card fields": run_json("card", "fields", cwd=tmp_path),
        "costs set": run_json("costs", "set", "cat:dog", 5, cwd=tmp_path),
        "costs": run_json("costs", cwd=tmp_path),
        "classes add": run_json("classes", "add", "fox", cwd=tmp_path),
    }
    for shape in shapes.SHAPES:
        if shape.commands in (("compare",), ("serve",)):
            continue  # one needs more than these samples; the other goes on until it is stopped, see tests/server/test_serve.py
        document = found[shape.commands[0]]
        some = document[0] if shape.form == "a list of objects" else document
        assert [*some] == [*shape.names], shape.commands[0]
    inner = dict(shapes.INNER)
    assert [*found["look"]["samples"][0]][: len(shapes.SAMPLE)] == [*shapes.SAMPLE]
    one = (
        {**found["train"]["recipe"]},
        found["train"]["per_class"][0],
        found["train"]["grouped"][0],
        found["train"]["floors"],
    )
    names = "a recipe", "one of `per_class`, in `train`", "one of `grouped`, in `train`", "`floors`, in `train`"
    assert [[*some] for some in one] == [[*inner[name]] for name in names]
    read = run_json("confusion", cwd=tmp_path)["harm"]
    assert [*read] == [*inner["`harm`, in `train` and `confusion`"]]
    assert [*read["rules"][0]] == [*inner["one of `rules`, in that"]]
    assert [*read["costs"][0]] == [*inner["one of `costs`, in that"]]
    offer = found["curve"]["offers"][0]
    assert [*offer] == [*inner["one of `offers`, in that"]]
    assert [*offer["gain"]] == [*inner["`gain` and `mean_recall`, in that"]]
    assert [*found["ceiling"]["tried"][0]] == [*inner["one of `tried`, in `ceiling`"]]
    assert [*found["curve"]["curve"][0]] == [*inner["one of `curve`, in `curve`"]]
    assert [*found["prices"]["prices"][0]] == [*inner["one of `prices`, in that"]]
    part = run_json("confusion", "--row", found["train"]["labels"][0], cwd=tmp_path)
    assert [*part] == [*inner["`confusion` with --cell, --row or --column"]]
    assert [*part["common"]] == [*inner["`common`, and one of `worst`, in `confusion`"]]
    parts = found["clusters"]["classes"][0]
    assert [*parts] == [*inner["one of `classes`, in `clusters`"]]
    assert [*parts["clusters"][0]] == [*inner["one of `clusters`, in that"]]
    assert [*found["map"]["regions"][0]] == [*inner["one of `regions`, in `map`"]]
    near = [*found["neighbours"]["neighbours"][0]]
    assert near[-2:] == [*inner["one of `neighbours`, besides those of `look`"]]
    assert {*found["status"]["on_disk"][0]} == {*inner["one of `on_disk`, in `status`"]}
    assert {*found["status"]["notes"][0]} == {*inner["one of `notes`, in `status`"]}
    assert {*found["diff"]["groups"][0]} == {*inner["one of `groups`, in `diff`"]}
    assert {*found["diff"]["changes"][0]} == {*inner["one of `changes`, in `diff`"]}


def test_compare_prints_the_json_that_is_described(tmp_path: Path) -> None:
    pictures(tmp_path / "pets", each=4)
    run_json("import", "pets", cwd=tmp_path)
    run_json("move-split", "train", "--where", "true", cwd=tmp_path)
    run_json("move-split", "test", "cat/0.png", "dog/0.png", cwd=tmp_path)
    run_json("version", "v1", cwd=tmp_path)
    run_json("label", "cat", "dog/0.png", "dog/3.png", cwd=tmp_path)
    run_json("costs", "set", "cat:dog", 5, cwd=tmp_path)
    found = run_json(
        "compare", "v1", "now", "--embedder", "pixels", "--groups", "none", "--seeds", "2", "--gate", cwd=tmp_path
    )
    shape = next(one for one in shapes.SHAPES if "compare" in one.commands)
    assert [*found] == [*shape.names]
    inner = dict(shapes.INNER)
    pair = found["pairs"][0]
    inside = {
        "one of `rows`, in `compare`": found["rows"][0], "one of `test_sets`, in `compare`": found["test_sets"][0],
        "one of `scores`, in `compare`": found["scores"][0], "one of `pairs`, in `compare`": pair, "one of `per_class` of a pair": pair["per_class"][0],
        "`accuracy`, `macro_recall` and `saved` (null without costs) of a pair": pair["saved"],
        "`gate`, in `compare`; null without --gate": found["gate"],
    }  # fmt: skip
    assert [[*one] for one in inside.values()] == [[*inner[name]] for name in inside]
    assert len(found["test_sets"]) == 2


def test_an_error_is_the_json_that_is_described(tmp_path: Path) -> None:
    error = run_json("status", cwd=tmp_path, code=2)
    assert [*error] == [*dict(shapes.INNER)["an error, of any command"]]


def test_every_command_stands_in_a_page_written_by_hand() -> None:
    text = everything()
    assert not [name for name, _ in generate.commands() if f"trainset {name}" not in text]
