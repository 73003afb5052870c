"""The pages written by hand: links resolve, commands exist and run, invariants name tests, nothing points to one machine."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from pathlib import Path

import pytest
from PIL import Image

import trainset
from docs import generate, screenshots
from tests.docs.pages import DOCS, PAGES, ROOT, anchors, blocks, commands, links, read
from tests.helpers import pictures, run

ARCHITECTURE = DOCS / "architecture.md"
_TEST = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def shown(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_resolve(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} in {shown(page)}"
        assert not anchor or anchor in anchors(target), f"{link} in {shown(page)}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, todo = set[Path](), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        reached.add(page)
        for link in links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            below = sorted(target.glob("*.md")) if target.is_dir() else [target]
            todo += [found for found in below if found.suffix == ".md" and found not in reached]
    assert not [shown(page) for page in PAGES if page not in reached]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_command_and_option_shown_exists(page: Path) -> None:
    known = dict(generate.commands())
    for line, _ in commands(page):
        words = shlex.split(line)
        if words[0].startswith(("-", ".")) or words[0].isupper():
            continue
        name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        assert name in known, line
        options = {word for p in known[name].params for word in (*p.opts, *p.secondary_opts)}
        assert {word for word in words if re.fullmatch(r"--[a-z][a-z-]*|-[a-z]", word)} <= options, line


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_python_blocks_are_python(page: Path) -> None:
    for language, text in blocks(page):
        if language == "python":
            ast.parse(text)


def test_the_readme_begins_with_what_to_type() -> None:
    first = "\n".join(read(ROOT / "README.md").splitlines()[:40])
    assert all(command in first for command in ("make quickstart", "make test", "pip install .", "trainset ./photos"))


def test_the_readme_shows_the_pictures_that_the_script_takes_and_no_others() -> None:
    shown = set(re.findall(r"!\[[^]]+\]\([^)]+\)", read(ROOT / "README.md")))
    assert shown == {screenshots.shown(shot) for shot in screenshots.SHOTS}
    names = {f"{shot.name}.webp" for shot in screenshots.SHOTS}
    assert {file.name for file in screenshots.PICTURES.iterdir()} == names
    for name in names:
        with Image.open(screenshots.PICTURES / name) as picture:
            assert picture.size == (screenshots.WIDTH, screenshots.HEIGHT), name
        assert (screenshots.PICTURES / name).stat().st_size < 150_000, name


def test_every_make_target_is_in_contributing() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", read(ROOT / "Makefile"), re.MULTILINE)
    assert targets
    page = read(ROOT / "CONTRIBUTING.md")
    assert not [target for target in targets if f"`make {target}`" not in page]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert not re.findall(r"(?<![\w.~$}/…])/(?:work|tmp|home|root|Users|mnt|opt|var)/[\w.-]+", read(page))
    assert not re.findall(r"\b(?:localhost|127\.0\.0\.1):\d+|https?://(?:10|192\.168)\.", read(page))


def test_every_invariant_names_tests_that_exist() -> None:
    paragraphs = [text for text in read(ARCHITECTURE).split("\n\n") if text.startswith("**Invariant:**")]
    assert len(paragraphs) > 20
    for paragraph in paragraphs:
        assert _TEST.search(paragraph), f"names no test: {paragraph}"
    named = [name for page in PAGES for name in _TEST.findall(read(page))]
    missing = [f"{path}::{name}" for path, name in named if name not in functions(ROOT / path)]
    assert not missing, "\n".join(missing)


def functions(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {node.name for node in ast.walk(ast.parse(read(path))) if isinstance(node, ast.FunctionDef)}


def test_the_code_map_names_every_room() -> None:
    page = read(ARCHITECTURE)
    package = ROOT / "src" / "trainset"
    rooms = {path.parent.name + "/" for path in package.glob("*/__init__.py")}
    rooms |= {path.name for path in package.glob("*.py") if not path.name.startswith("__")}
    assert not [room for room in rooms if f"`{room}`" not in page]


def test_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    followed(DOCS / "tutorial.md", tmp_path)


@pytest.mark.timeout(600)
def test_what_to_collect_next_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = followed(DOCS / "how-to" / "what-to-collect-next.md", tmp_path)
    (forecast,) = (text for command, text in said if command.startswith("curve --embedder"))
    assert "25 more of " in forecast
    (check,) = (text for command, text in said if "--check" in command)
    assert "lie in their interval" in check


def test_a_class_is_split_as_the_how_to_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    followed(DOCS / "how-to" / "split-a-class.md", tmp_path)
    with trainset.open("digits.trainset") as dataset:
        old, new = ({row["path"] for row in dataset.look(label=name, n=1000).rows()} for name in ("round", "round 2"))
        assert min(len(old), len(new)) > 60
        before, after = (run.scores["accuracy"] for run in dataset.runs())
        assert min(before, after) > 0.8


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tutorial_of_real_sets_runs_and_finds_what_it_says(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINSET_DATA", str(data_folder.resolve()))
    monkeypatch.chdir(tmp_path)
    said = followed(DOCS / "tutorial-real-sets.md", tmp_path)
    (column,) = (text for command, text in said if "--column silence" in command)
    first = " ".join(column.partition("The ")[2].split()).partition(". ")[0]
    assert re.match(
        r"\d+ recordings taken for silence are 2\d(\.\d)? dB quieter than the rest of their class", first
    ), first
    with trainset.open("words.trainset") as dataset:
        before, after = (run.scores["held_out"]["accuracy"] for run in dataset.runs())
        assert after > before + 0.03
    with trainset.open("photos.trainset") as dataset:
        drawn, likely = dataset.queues()
        low, high = drawn.measured.low, drawn.measured.high
        assert low is not None
        assert high is not None
        assert low < 432 / 6000 < high
        assert likely.measured.wrong > 150
        before, after = (run.scores["test"]["accuracy"] for run in dataset.runs())
        assert after > before
    with trainset.open("bank.trainset") as dataset:
        assert dataset.runs()[-1].scores["test"]["accuracy"] > 0.92
        assert dataset.look(where="flagged_reported and flagged_label_error").total > 50


@pytest.mark.timeout(1800)
def test_the_how_to_on_comparing_versions_runs_and_finds_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainset.quickstart import write_digits

    write_digits(tmp_path / "digits")
    for path in (tmp_path / "digits").rglob("*.png"):
        if path.stem > "digit_0900":
            path.unlink()  # half of them, for the machine's sake
    with trainset.init(tmp_path / "digits.trainset") as dataset:
        dataset.import_(tmp_path / "digits")
        wrong = {row["id"]: row["label"] for row in dataset.look(where="split = 'train'", n=300, seed=1).rows()}
        for shift, name in ((3, "v1"), (0, "v2")):
            for digit in range(10):
                dataset.label(str((digit + shift) % 10), [one for one, label in wrong.items() if label == str(digit)])
            dataset.version(name)
    monkeypatch.chdir(tmp_path / "digits.trainset")
    said = followed(DOCS / "how-to" / "compare-versions.md", tmp_path / "digits.trainset")
    assert "v2 is better than v1 on v1:test = v2:test" in said[0][1]
    assert any("gate: passed" in text for _, text in said)
    assert any("the time of a sample" in " ".join(text.split()) for _, text in said)


def followed(page: Path, folder: Path) -> list[tuple[str, str]]:
    """Does what a page says, in its order. Returns its commands with what they printed."""
    waiting, said = iter(commands(page)), []
    names: dict[str, object] = {}
    for language, text in blocks(page):
        if language == "python":
            exec(compile(text, page.name, "exec"), names)  # noqa: S102  # our own page
        for line in text.splitlines() if language == "console" else ():
            command, code = next(waiting)
            result = run(
                *shlex.split(command), cwd=folder, seconds=900
            )  # a model from elsewhere on thousands of samples
            assert result.returncode == code, f"{line}\n{result.stdout}{result.stderr}"
            said.append((command, result.stdout))
    assert next(waiting, None) is None
    return said


@pytest.mark.parametrize(
    "page",
    [
        ROOT / "README.md",
        *(DOCS / "how-to" / name for name in ("notebooks.md", "embed.md", "train.md", "own-model.md", "review.md")),
    ],
    ids=shown,
)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "digits", classes=("3", "8"))
    with trainset.init("digits.trainset") as dataset:
        dataset.import_("digits")
        dataset.version("v1")
        dataset.version("v2")
    names: dict[str, object] = {}
    for language, text in blocks(page):
        if language == "python":
            exec(compile(text, page.name, "exec"), names)  # noqa: S102  # our own page


def test_the_command_of_the_how_to_is_a_whole_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = next(text for language, text in blocks(DOCS / "how-to" / "own-model.md") if text.startswith("# train.py"))
    (tmp_path / "train.py").write_text(script)
    rows = [
        (f"{'good great fine' if n % 2 else 'bad poor awful'} {n}", f"{n % 2}", "train" if n < 20 else "test")
        for n in range(30)
    ]
    (tmp_path / "t.csv").write_text("text,label,split\n" + "".join(",".join(row) + "\n" for row in rows))
    with trainset.init("set", "text") as dataset:
        dataset.import_("t.csv")
        found = dataset.train(
            f"{sys.executable} train.py --train {{train}} --test {{test}} --out {{out}}", folds=2, groups="none"
        )
        assert found.scores["accuracy"] == found.scores["test"]["accuracy"] == 1
