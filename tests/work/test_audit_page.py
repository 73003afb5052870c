"""The page of an audit: it stands by itself, shows what was found, obeys nothing from data, and stays small."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.helpers import pictures, run, run_json

import trainset
from trainset.errors import TargetExists
from trainset.work import audit_page, page
from trainset.work.excerpt import LONGEST, SECONDS

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`\u202egnp\u2066\u200b\x1b[31m\x00</title><!--"
VOID = {"meta", "img", "br", "wbr", "link"}


class Page(HTMLParser):
    """The tags with their attributes, and the text; fails on what does not close."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.html = path.read_text(encoding="utf-8")
        self._open: list[str] = []
        self.feed(self.html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self._open[-1:] != ["style"] else ""

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def data(self, tag: str, kind: str) -> list[bytes]:
        """The bytes of the pictures or players of a kind."""
        begin = f"data:{kind};base64,"
        sources = [str(found["src"]) for found in self.all(tag)]
        return [base64.b64decode(src.removeprefix(begin), validate=True) for src in sources if src.startswith(begin)]


def stands_by_itself(page: Page) -> None:
    """Nothing is loaded, run or sent, and whoever sees or hears it finds their way."""
    allowed = {
        "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer", "h1", "h2", "h3", "p", "b", "a", "ul", "ol", "li",
        "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "div", "span", "bdi", "code", "blockquote", "img", "audio", "br", "wbr",
    }  # fmt: skip
    assert {tag for tag, _ in page.tags} <= allowed
    names = {name for _, attributes in page.tags for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("style", "srcset", "action", "background")}
    sources = [str(a[n]) for _, a in page.tags for n in ("src", "href") if n in a]
    assert all(re.match(r"#[a-z_]+$|data:(image/(jpeg|png)|audio/(wav|flac|ogg|mpeg));base64,", url) for url in sources)
    assert "url(" not in page.html
    assert "@import" not in page.html
    policy = str(next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"))
    style = re.search("<style>(.*?)</style>", page.html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy
    assert all("alt" in found for found in page.all("img"))
    assert all(found.get("aria-label") and "controls" in found for found in page.all("audio"))
    identifiers = [str(a["id"]) for _, a in page.tags if "id" in a]
    assert len(identifiers) == len({*identifiers})
    targets = {str(a["href"])[1:] for a in page.all("a")} | {str(a["aria-labelledby"]) for a in page.all("section")}
    assert targets <= {*identifiers}
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b-\x1f\x7f-\x9f]", page.html)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source of pictures with copies, dark ones and files that are none."""
    source = pictures(tmp_path_factory.mktemp("damaged") / "in", each=6)
    for n in range(3):
        shutil.copyfile(source / "cat" / f"{n}.png", source / "dog" / f"copy{n}.png")
    large = np.random.default_rng(3).integers(0, 12, (300, 400, 3), dtype=np.uint8)
    Image.fromarray(large).save(source / "cat" / "dark.png")
    (source / "dog" / "broken.png").write_bytes(b"no picture")
    (source / "dog" / "<b>empty.png").write_bytes(b"")
    return source


@pytest.fixture
def dataset(damaged: Path, tmp_path: Path) -> Iterator[trainset.Workbench]:
    with trainset.init(tmp_path / "pets.trainset") as made:
        made.import_(damaged)
        yield made


def saved(dataset: trainset.Workbench, place: Path, **how: int) -> Page:
    written = dataset.save_audit(dataset.audit(), place, **how)
    assert written.bytes == place.stat().st_size < 10_000_000
    page = Page(place)
    stands_by_itself(page)
    return page


def test_a_page_shows_what_was_audited_and_the_worst_samples_of_each_finding(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    dataset.version("v1")
    dataset.dismiss("label_conflicts", [dataset.look(check="label_conflicts", n=1).ids[0]], reason="both <are> right")
    page = saved(dataset, tmp_path / "audit.html")
    result = dataset.audit()
    assert "Audit of pets" in page.text
    assert "16 (image)" in page.text  # samples
    assert "position #2" in page.text
    for one in result.found:
        assert one.title in page.text
        assert all(said in page.text for said in one.about)
    dark = result["dark"]
    assert dark.because[0] in page.text
    assert dark.ids[0].as_py().hex()[:12] in page.text
    assert "cat/dark.png" in page.text
    assert "1 sample, 6.2 %" in page.text
    # what is no sample, with name and reason
    assert "<b>empty.png" in page.text
    assert "this is plain text, not a picture" in page.text
    assert "2 files" in page.text
    # checks that found nothing, and what somebody dismissed
    assert "Found nothing" in page.text
    assert "1 sample, by ada on " in page.text
    assert "both <are> right" in page.text
    shown = page.data("img", "image/jpeg")
    assert len(shown) == sum(one.flagged for one in result.found)
    sizes = {Image.open(io.BytesIO(data)).size for data in shown}
    assert sizes == {(8, 6), (134, 100)}


def test_counts_and_orders_are_said_as_they_are(dataset: trainset.Workbench, tmp_path: Path) -> None:
    said = saved(dataset, tmp_path / "audit.html", most=2).text
    assert "label_conflicts" in said
    assert "2 of 6:" in said  # all as bad as one another
    assert "The sample:" in said
    assert "3 copies of 3 samples; 3 under another label" in said


def test_a_path_is_read_from_left_to_right_and_keeps_its_end() -> None:
    assert page.path("\u05d0/\u05d1.png") == '<bdi dir="ltr"><bdi>\u05d0</bdi>/<wbr><bdi>\u05d1.png</bdi></bdi>'
    long = page.path("<a>/" + "x" * 500 + "/end.png", 40)
    assert "…" in long
    assert long.startswith('<bdi dir="ltr"><bdi>&lt;a&gt;</bdi>')
    assert long.endswith("<wbr><bdi>end.png</bdi></bdi>")


def test_a_version_has_its_name_and_its_state_on_its_page(dataset: trainset.Workbench, tmp_path: Path) -> None:
    dataset.version("v1")
    dataset.exclude(check="exact_duplicates")
    dataset.save_audit(dataset.audit(at="v1"), tmp_path / "then.html")
    then = Page(tmp_path / "then.html")
    assert "v1 (position #1)" in then.text
    assert "exact_duplicates" in re.sub("Found nothing.*", "", then.text, flags=re.DOTALL)
    now = saved(dataset, tmp_path / "now.html")
    assert "3 more are excluded" in now.text
    assert "exact_duplicates" not in re.sub("Found nothing.*", "", now.text, flags=re.DOTALL)


def test_settings_are_on_the_page_and_an_audit_without_findings_has_one(
    dataset: trainset.Workbench, tmp_path: Path
) -> None:
    result = dataset.audit(only=["bright"], settings={"bright": {"above": "0.99"}})
    dataset.save_audit(result, tmp_path / "audit.html")
    page = Page(tmp_path / "audit.html")
    stands_by_itself(page)
    assert "bright.above = 0.99" in page.text
    assert "1 check found nothing" in page.text
    with trainset.init(tmp_path / "nothing") as empty:
        assert "0 (no medium yet)" in saved(empty, tmp_path / "nothing.html").text


def test_thumbnails_are_made_again_without_the_cache_and_none_of_what_changed(damaged: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    shutil.copytree(damaged, source)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        with_cache = len(saved(dataset, tmp_path / "a.html").data("img", "image/jpeg"))
        for path in (dataset.folder / "cache").glob("previews.db*"):
            path.unlink()
        assert len(saved(dataset, tmp_path / "b.html").data("img", "image/jpeg")) == with_cache
        for path in (dataset.folder / "cache").glob("previews.db*"):
            path.unlink()
        Image.new("RGB", (9, 9), "red").save(source / "cat" / "dark.png")
        for name in ("cat/1.png", "dog/copy1.png"):
            (source / name).unlink()
        page = saved(dataset, tmp_path / "c.html")
        assert "the file has changed since" in page.text
        assert "No such file" in page.text


def test_copies_that_the_dataset_keeps_are_shown_when_the_files_are_gone(damaged: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    shutil.copytree(damaged, source)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        number = len(saved(dataset, tmp_path / "a.html").data("img", "image/jpeg"))
        dataset.version("v1", keep_media=True)
        shutil.rmtree(source)
        for path in (dataset.folder / "cache").glob("previews.db*"):
            path.unlink()
        assert len(saved(dataset, tmp_path / "b.html").data("img", "image/jpeg")) == number


def test_a_strangers_dataset_reads_no_folder_that_was_not_allowed(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(damaged)
        for path in (dataset.folder / "cache").glob("previews.db*"):
            path.unlink()
        monkeypatch.setenv("TRAINSET_HOME", str(tmp_path / "another"))
        page = saved(dataset, tmp_path / "audit.html")
        assert page.all("img") == []
        assert "you have not allowed it to read" in page.text


def test_recordings_have_players_of_bounded_size(tmp_path: Path) -> None:
    draw, rate = np.random.default_rng(0), 16_000
    source = tmp_path / "in"
    sounds = {
        "yes/short.wav": (draw.normal(0, 1e-5, rate // 2), rate, "PCM_16"), "yes/long.wav": (draw.normal(0, 1e-5, 30 * rate), rate, "PCM_16"),
        "no/float.wav": (draw.normal(0, 1e-5, rate), rate, "FLOAT"), "no/stereo.flac": (draw.normal(0, 1e-5, (12 * 48_000, 2)), 48_000, "PCM_16"),
        "no/slow.wav": (draw.normal(0, 1e-5, 2_000), 1_000, "PCM_16"), "no/quiet.aiff": (draw.normal(0, 1e-5, rate), rate, "PCM_16"),
        "no/loud.wav": (draw.uniform(-1, 1, 60 * 44_100), 44_100, "PCM_16"),
    }  # fmt: skip
    for name, (signal, hertz, coding) in sounds.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(source / name, signal, hertz, coding)
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(source)
        page = saved(dataset, tmp_path / "audit.html")
    originals = page.data("audio", "audio/wav")
    assert {*originals} == {(source / "yes" / "short.wav").read_bytes()}  # small, and of a kind that browsers play
    excerpts = page.data("audio", "audio/flac")
    assert len({*excerpts}) >= 5
    assert max(map(len, excerpts)) <= LONGEST
    for data in excerpts:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            assert file.channels == 1
            assert file.samplerate >= 3_000
            assert file.frames / file.samplerate <= SECONDS + 0.01
    assert f"30.00 s, the first {SECONDS:.2f} s of it here" in page.text
    assert len(page.data("img", "image/png")) == len(page.all("audio"))
    assert all(Image.open(io.BytesIO(data)).size == (240, 48) for data in page.data("img", "image/png"))


def test_nothing_from_data_is_obeyed(tmp_path: Path) -> None:
    odd = EVIL.replace("\x00", "")
    with (tmp_path / "said.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label", "split", "speaker", "device"])
        rows.writerows(
            [[f"{odd} a@b.org {n % 3}", f"{odd}{n % 2}", "train" if n % 3 else "test", odd, odd] for n in range(12)]
        )
    with trainset.init(tmp_path / "<b>'\"") as dataset:
        dataset.import_(tmp_path / "said.csv", name=odd)
        dataset.version("v1")
        dataset.dismiss("personal_data", dataset.look(check="personal_data", n=1).ids, reason=odd, person="<i>eve")
        page = saved(dataset, tmp_path / "audit.html")
    assert page.text.count("<script>alert(1)</script>") > 12
    assert "U+202E" in page.text
    assert "U+001B" in page.text
    assert "by <i>eve on " in page.text
    evil = f"{EVIL.replace('/', '_').replace(chr(0), '')[:60]}"
    pictures(tmp_path / "photos", classes=(evil, "b"), each=3)
    for n in range(3):
        shutil.copyfile(tmp_path / "photos" / evil / f"{n}.png", tmp_path / "photos" / "b" / f"{evil}{n}.png")
    (tmp_path / "photos" / "b" / f"{evil}.png").write_bytes(b"no picture")
    (tmp_path / "photos" / "b" / b"\xff\xfe.png".decode("utf-8", "surrogateescape")).write_bytes(b"")
    with trainset.init(tmp_path / "images") as dataset:
        dataset.import_(tmp_path / "photos", name=odd)
        page = saved(dataset, tmp_path / "images.html")
    assert len(page.data("img", "image/jpeg")) > 6
    assert any("<_script>" in str(found["alt"]) for found in page.all("img"))


def test_a_page_says_what_it_leaves_out_and_keeps_the_worst(
    dataset: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = dataset.audit()
    flagged = sum(one.flagged for one in result.found)
    written = dataset.save_audit(result, tmp_path / "audit.html", most=1)
    assert written.samples == sum(bool(one.flagged) for one in result.found)
    assert written.left_out == (
        f"{flagged - written.samples:,} of {flagged:,} findings: of each check the worst 1 are shown",
    )
    assert written.left_out[0] in Page(tmp_path / "audit.html").text
    monkeypatch.setattr(audit_page, "_MEDIA", 3_000)
    written = dataset.save_audit(result, tmp_path / "audit.html")
    page = Page(tmp_path / "audit.html")
    assert 0 < len(page.data("img", "image/jpeg")) < flagged
    assert written.samples == flagged
    assert any(re.fullmatch(r"\d+ pictures, for which there is no room", said) for said in written.left_out)
    assert "left out: the page would grow too large" in page.text
    monkeypatch.setattr(audit_page, "_CARDS", 1_500)
    written = dataset.save_audit(result, tmp_path / "audit.html")
    assert 0 < written.samples < flagged
    assert f"{flagged - written.samples} samples, for which there is no room" in written.left_out


def test_a_page_takes_the_place_of_a_page_and_of_nothing_else(dataset: trainset.Workbench, tmp_path: Path) -> None:
    result = dataset.audit(only=["dark"])
    dataset.save_audit(result, tmp_path / "audit.html")
    dataset.save_audit(result, tmp_path / "audit.html")
    (tmp_path / "thesis.html").write_text("<!doctype html>\n<p>years of work")
    for place in (tmp_path / "thesis.html", tmp_path):
        with pytest.raises(TargetExists):
            dataset.save_audit(result, place)
    assert (tmp_path / "thesis.html").read_text().endswith("years of work")


def test_the_command_writes_the_page(damaged: Path, tmp_path: Path) -> None:
    assert run("import", damaged, "-d", "set", cwd=tmp_path).returncode == 0
    done = run("audit", "-d", "set", "--html", "audit.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "samples in it" in done.stdout
    stands_by_itself(Page(tmp_path / "audit.html"))
    document = run_json("audit", "-d", "set", "--only", "dark", "--html", "dark.html", cwd=tmp_path)
    assert [one["check"] for one in document] == ["dark"]
    assert "cat/dark.png" in Page(tmp_path / "dark.html").text
    (tmp_path / "notes.txt").write_text("mine")
    assert run("audit", "-d", "set", "--html", "notes.txt", cwd=tmp_path).returncode == 2
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_cached_thumbnail_that_was_forged_is_not_handed_on(
    dataset: trainset.Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainset.store.previews.get", lambda *_: dict.fromkeys(_[1], b"<svg onload=alert(1)>"))
    page = saved(dataset, tmp_path / "audit.html")
    assert len(page.data("img", "image/jpeg")) == sum(one.flagged for one in dataset.audit().found)
