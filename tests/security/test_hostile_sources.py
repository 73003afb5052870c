"""Sources made to trap an import: links, pipes, depth, lists that name what is not theirs, and filters that would take for ever."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import trainset
from tests import helpers
from tests.security import forge
from trainset.errors import BadFilter, TrainsetError

SECRET = "-----BEGIN OPENSSH PRIVATE KEY-----"  # noqa: S105  # of nobody


def imported(tmp_path: Path, source: Path, **how: object) -> dict[str, int]:
    """Outcomes of files and rows; nothing of the secret may be anywhere in the dataset."""
    with trainset.init(tmp_path / "set") as dataset:
        report = dataset.import_(source, **how)  # type: ignore[arg-type]
        for row in dataset.look(n=100).rows():
            assert SECRET not in str(row)
    for path in (tmp_path / "set").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()
    return {f"file {name}": n for name, n in report.files.items()} | {
        f"row {name}": n for name, n in report.rows.items()
    }


def test_links_in_a_circle_to_folders_and_out_are_outcomes(tmp_path: Path, secret: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=1)
    (source / "cat" / "again").symlink_to(source)
    (source / "cat" / "self.png").symlink_to("self.png")
    (source / "cat" / "a.png").symlink_to("b.png")
    (source / "cat" / "b.png").symlink_to("a.png")
    (source / "cat" / "key.png").symlink_to(secret)
    (source / "cat" / "gone.png").symlink_to("/nowhere/x.png")
    (source / "cat" / "zero.png").symlink_to("/dev/zero")
    (source / "cat" / "fine.png").symlink_to("0.png")
    os.mkfifo(source / "cat" / "pipe.png")
    found = imported(tmp_path, source)
    assert found["file added"] == 3
    assert sum(found.values()) == 11
    assert found["file unsafe"] >= 4


def test_folders_nested_a_thousand_deep_are_walked(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=1)
    place = os.open(source / "cat", os.O_RDONLY)
    for _ in range(1_000):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    picture = os.open("deep.png", os.O_WRONLY | os.O_CREAT, dir_fd=place)
    os.write(picture, (source / "cat" / "0.png").read_bytes())
    os.close(picture)
    os.close(place)
    found = imported(tmp_path, source)
    assert found["file added"] == 3


def test_folders_deeper_than_a_path_can_be_are_reported(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=1)
    place = os.open(source / "cat", os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 200, dir_fd=place)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    found = imported(tmp_path, source)
    assert (found["file added"], found["file unreadable"]) == (2, 1)


def test_ten_thousand_classes_are_imported_and_shown(tmp_path: Path) -> None:
    with (tmp_path / "many.csv").open("w") as file:
        file.write("text,label\n" + "".join(f"text {n},class {n}\n" for n in range(10_000)))
    assert imported(tmp_path, tmp_path / "many.csv")["row added"] == 10_000
    for command in (("status",), ("classes",), ("look",)):
        done = helpers.run(*command, "-d", tmp_path / "set")
        assert done.returncode == 0
    assert len(helpers.run("status", "-d", tmp_path / "set").stdout) < 20_000


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read every folder")
def test_folders_and_files_that_may_not_be_read_are_reported(tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=1)
    (source / "locked").mkdir(mode=0)
    (source / "cat" / "0.png").chmod(0)
    try:
        found = imported(tmp_path, source)
    finally:
        (source / "locked").chmod(0o700)
    assert (found["file added"], found["file unreadable"]) == (1, 2)


PATHS = ["../elsewhere/id_rsa", "{secret}", "~/id_rsa", "a/../../elsewhere/id_rsa", "..\\elsewhere\\id_rsa", "\\\\host\\share\\x.png", "C:\\x.png", "//host/x.png",
         "%2e%2e/elsewhere/id_rsa", "%252e%252e/x", "link.png", "folder/id_rsa", "/dev/zero", "/etc/passwd", "pipe.png", ".", "..", "cat", "http://127.0.0.1/x.png",
         "file:///etc/passwd", "./cat/0.png", "cat//1.png", "x" * 5_000]  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize("where", ["list beside the files", "list by itself", "metadata in a folder"])
def test_paths_in_a_list_reach_nothing_outside(
    suffix: str, where: str, tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(secret.parent))
    source = helpers.pictures(tmp_path / "in", classes=("cat",), each=3)
    (source / "link.png").symlink_to(secret)
    (source / "folder").symlink_to(secret.parent)
    os.mkfifo(source / "pipe.png")
    paths = [path.replace("{secret}", str(secret)) for path in PATHS]
    table = source / ("metadata" if where.startswith("metadata") else "list")
    table = table.with_suffix(suffix)
    if suffix == ".csv":
        table.write_text("path,label\n" + "".join(f'"{path}",evil\n' for path in paths))
    else:
        import json

        table.write_text("".join(json.dumps({"path": path, "label": "evil"}) + "\n" for path in [*paths, "a\0b"]))
    found = imported(tmp_path, table if where == "list by itself" else source)
    inside = found.get("row added", 0)
    assert inside == 2
    assert sum(n for name, n in found.items() if name.startswith("row")) == len(paths) + (suffix == ".jsonl")


@pytest.mark.parametrize("kind", ["link out", "pipe", "endless", "folder", "link to nothing"])
@pytest.mark.parametrize("name", ["metadata.csv", "list.csv", "metadata.jsonl", "train.csv"])
@pytest.mark.timeout(60)
def test_a_list_that_is_no_file_of_the_folder_is_not_read(kind: str, name: str, tmp_path: Path, secret: Path) -> None:
    source = helpers.pictures(tmp_path / "in", each=1)
    secret.write_text(
        f"path,label,note\ncat/0.png,dog,{SECRET}\n"
        if name.endswith("csv")
        else f'{{"path": "cat/0.png", "label": "dog", "note": "{SECRET}"}}\n'
    )
    place = source / name
    if kind == "link out":
        place.symlink_to(secret)
    elif kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("/dev/zero" if kind == "endless" else "/nowhere")
    found = imported(tmp_path, source)
    assert found["file added"] == 2
    with trainset.open(tmp_path / "set") as dataset:
        assert sorted(row["label"] for row in dataset.look().rows()) == ["cat", "dog"]


@pytest.mark.parametrize("kind", ["link out", "endless"])
def test_a_list_of_texts_in_a_folder_is_no_link_out_of_it(kind: str, tmp_path: Path, secret: Path) -> None:
    source = tmp_path / "in"
    helpers.texts(source / "test.csv", [("a", "b")])
    secret.write_text(f"text,label\n{SECRET},b\n")
    (source / "train.csv").symlink_to(secret if kind == "link out" else "/dev/zero")
    assert imported(tmp_path, source)["row added"] == 1


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".txt", ".png", ""])
@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device"])
@pytest.mark.timeout(60)
def test_a_source_that_is_a_pipe_or_a_device_is_refused_at_once(kind: str, suffix: str, tmp_path: Path) -> None:
    place = tmp_path / f"in{suffix}"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "link to a device":
        place.symlink_to("/dev/zero")
    else:
        place = Path("/dev/zero")
    done = helpers.run("import", place, "-d", tmp_path / "set")
    assert done.returncode in (2, 3), done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_into_a_forged_dataset_looks_at_nothing_outside(images: Path, secret: Path, tmp_path: Path) -> None:
    source = helpers.pictures(tmp_path / "photos", each=1)
    forge.source(images, root=str(source))
    forge.rewrite(images, path=["../elsewhere/id_rsa", str(secret), "cat/0.png", "\0", "~/x", ""])
    with trainset.open(images) as dataset:
        report = dataset.import_(source)
    assert sum(report.files.values()) == 2


DEEP = '{"text": "a", "label": "b", "x": ' + "[" * 100_000 + "]" * 100_000 + "}\n"


@pytest.mark.parametrize(
    "data",
    [
        DEEP,
        DEEP[:50_000],
        '{"text": "a", "n": ' + "9" * 100_000 + "}\n",
        '{"text": "\\ud800"}\n',
        '{"text": "a", "text": "b"}\n',
    ],
)
def test_json_made_to_break_readers_is_an_outcome(data: str, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(data)
    found = imported(tmp_path, tmp_path / "in.jsonl")
    assert sum(found.values()) in (1, 2)
    assert found.get("file ignored", 0) + found.get("file unreadable", 0) + found.get("file unsupported", 0) == 1


SLOW = [
    "regexp_matches(text, '(a+)+$')", "regexp_matches(text, '^(a|a)*b')", "regexp_matches(text, '(a*)*(a*)*b')", "regexp_matches(text, '((a?){50}){50}b')",
    "(" * 15_000, "- " * 9_000, "'('||(" * 3_000, "(- " * 5_000, "- --x\n" * 3_000, "- /**/" * 3_000, "e'\\\\'' = (" * 900 + "(" * 5_000,
    "text like '%a_%a_%a_%a_%a_%b'", "text ilike '%a%a%a%a%a%a%b'", "text like text", "contains(text, text)", "upper(lower(text)) = strip_accents(text)",
]  # fmt: skip


@pytest.mark.parametrize("where", SLOW)
def test_filters_made_to_take_for_ever_end(where: str, texts: Path) -> None:
    forge.rewrite(texts, text="a" * 50_000)
    started = time.monotonic()
    with trainset.open(texts) as dataset:
        try:
            dataset.look(where=where)
        except BadFilter as error:
            assert error.what
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "where",
    [
        "text = (select content from read_text('/etc/passwd'))", "exists (from read_csv('/etc/passwd'))", "label in (from glob('/*'))", "people = 1",
        "text = getenv('HOME')", "text = current_setting('home_directory')", "label = (select sql from sqlite_master)", "overlay.value = 'x'", "samples = 'x'",
        "label = 'a'; attach '/tmp/x.db'", "label = 'a') or (1 = 1", "rowid = 1", "part = 0", "row = 0", "text = content::varchar", "repeat(text, 100000000) = 'a'",
        "regexp_replace(text, 'a', 'b') = 'c'", "hash(text) = 1", "text similar to 'a'", "text ~ 'a'", "text glob '*'", "list_sum([1]) = 1", "regexp_matches(text, '(')",
        "ln(-1) > 0", "size / 0 > 1", "size + 9223372036854775807 > 0", "contains(size, 1)", "abs(label) = 1", "case when label then 1 else 'a' end", "not label", "meta.a > 1e999",
        "meta.\"'\" = 'a'", "meta.\"~\" = '/'", "label between 1 and 'a'", "label",
    ],
)  # fmt: skip
def test_filters_that_reach_for_more_are_refused_or_find_nothing(where: str, texts: Path) -> None:
    with trainset.open(texts) as dataset:
        try:
            found = dataset.look(where=where)
        except BadFilter:
            return
        assert (
            where.startswith(("meta", "size", "case", "ln")) or len(found) == 0
        )  # ln(-1) is no number, which sorts last


@pytest.mark.parametrize(
    "arguments",
    [
        ("look", "-n", "9" * 30), ("look", "--seed", "9" * 40), ("look", "--sort", "-"), ("look", "--sort", "label desc; drop table samples"), ("look", "--at", "#" + "9" * 30),
        ("look", "--at", "#٣"), ("look", "--at", "../x"), ("log", "9" * 30), ("log", "-n", "9" * 30), ("undo", "9" * 30), ("undo", "-1"), ("diff", "#0", "#99"),
        ("look", "zz"), ("look", "0" * 33), ("look", "../../etc/passwd"), ("label", "x" * 600, "--where", "true", "--new-class"), ("label", "\n", "--where", "true", "--new-class"),
        ("note", "   "), ("note", "x" * 100_000), ("version", "#1"), ("version", "x" * 100_000), ("export", "/proc/x/y.csv"), ("export", "/dev/null/x"), ("export", "x" * 300),
        ("look", "--save", "/proc/x"), ("look", "--save", "/etc/passwd"), ("sources", "../x", "--root", "/"), ("sources", "said.csv", "--root", "/etc/passwd"),
        ("import", "/proc/self/mem"), ("import", "/nowhere"), ("import", "/dev/null"), ("export", "out.exe"), ("export", "o.csv", "--set", "x=1"), ("export", "o.csv", "--format", "../x"),
    ],
)  # fmt: skip
def test_arguments_made_to_break_it_are_one_clean_message(
    arguments: tuple[str, ...], texts: Path, tmp_path: Path
) -> None:
    done = helpers.run(*arguments, "-d", texts, cwd=tmp_path)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (0, 2, 3)


def test_a_dataset_that_may_not_be_written_says_so(texts: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the administrator may write everywhere")
    for path in [texts, *texts.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        for command in (
            ("status",),
            ("look",),
            ("label", "a", "--where", "true"),
            ("import", helpers.texts(tmp_path / "x.csv", [("a", "b")])),
        ):
            done = helpers.run(*command, "-d", texts)
            assert "Traceback" not in done.stderr
    finally:
        for path in [texts, *texts.rglob("*")]:
            path.chmod(0o700)


def test_every_error_here_is_one_of_ours() -> None:
    assert issubclass(BadFilter, TrainsetError)
