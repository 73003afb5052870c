"""The data card: what people said, what the log and the data tell, on a page and in Markdown, in every export."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from tests.helpers import pictures, run, run_json, texts
from tests.work.test_audit_page import EVIL, Page, stands_by_itself

import trainset
from trainset.errors import BadValue, DamagedDataset, TargetExists, UnknownName
from trainset.work.card import FIELDS


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[trainset.Workbench]:
    source = pictures(tmp_path / "in", each=6)
    shutil.copyfile(source / "cat" / "0.png", source / "dog" / "copy.png")
    with trainset.init(tmp_path / "pets") as dataset:
        dataset.import_(source)
        yield dataset


def saved(dataset: trainset.Workbench, place: Path, at: str | None = None) -> tuple[Page, str]:
    files = dataset.save_card(place, at=at)
    page = Page(files.page)
    stands_by_itself(page)
    assert files.page.stat().st_size < 10_000_000
    return page, files.text.read_text(encoding="utf-8")


def rendered(markdown: str) -> str:
    """What a reader of Markdown makes of it, raw HTML let through as the most trusting of them do."""
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


def test_a_card_tells_what_is_known_and_says_what_nobody_has_said(pets: trainset.Workbench, tmp_path: Path) -> None:
    pets.version("v1")
    pets.label("dog", where="path = 'cat/1.png'", reason="it barks", person="ada")
    pets.exclude(where="path = 'dog/2.png'", reason="blurred", person="bo")
    pets.version("v2")
    pets.define_class("dog", definition="anything that barks")
    pets.set_card("licence", "CC BY 4.0", person="ada")
    pets.set_card("cite", "@misc{pets,\n  title={Pets}}")
    page, text = saved(pets, tmp_path / "card", "v2")
    for shown in (page.text, text.replace("\\", "")):
        assert "data card of v2" in shown
        assert "12 samples (image)" in shown or "12 (image)" in shown
        assert "CC BY 4.0" in shown
        assert "title={Pets}" in shown
        assert "trainset card set purpose TEXT" in shown
        assert "trainset card set licence TEXT" not in shown
        assert "it barks" in shown  # why, since v1
        assert "blurred" in shown
        assert "1 set by people, for samples they chose: ada 1" in shown
        assert "11 came with the source" in shown
        assert "Duplicates with different labels" in shown
        assert str(tmp_path) not in shown  # where it lay is nobody's business
    assert "| cat | 5 |" in text
    assert len(page.all("img")) == 8
    assert "anything that barks" not in text  # that was said after v2


def test_a_card_of_now_has_definitions_and_says_why_there_are_no_scores(
    pets: trainset.Workbench, tmp_path: Path
) -> None:
    pets.define_class("dog", definition="anything that barks")
    page, text = saved(pets, tmp_path / "card.html")
    assert (tmp_path / "card.md").exists()
    for shown in (page.text, text):
        assert "anything that barks" in shown
        assert "There is no version before this one." in shown
        assert "No model was trained on this version" in shown
        assert "Nothing is known of contributors." in shown


def test_a_card_shows_contributors_scores_and_notes(tmp_path: Path) -> None:
    rows = [
        (f"it {'rains' if n % 2 else 'shines'} on day {n * 7919 % 1000}", "wet" if n % 2 else "dry") for n in range(60)
    ]
    source = texts(tmp_path / "in.csv", [])
    lines = ["text,label,contributor", *(f"{text},{label},s{n % 4}" for n, (text, label) in enumerate(rows))]
    source.write_text("\n".join(lines) + "\n")
    with trainset.init(tmp_path / "weather", medium="text") as dataset:
        dataset.import_(source)
        dataset.note("days of <i>May</i>", person="ada")
        dataset.embed("hashed_ngrams")
        dataset.train(embedder="hashed_ngrams")
        one = dataset.card()
        page, text = saved(dataset, tmp_path / "card")
    assert sum(sum(row.values()) for row in one.contributors.values()) == 60
    assert [*one.contributors] == ["s0", "s1", "s2", "s3"]
    run_ = one.runs[0]
    for shown in (page.text, text.replace("\\", "")):
        assert "s3" in shown
        assert run_.recipe.hash in shown
        assert f"{100 * run_.scores['accuracy']:.1f} %" in shown
        assert "days of <i>May</i>" in shown
    assert page.all("blockquote")


def test_nothing_from_data_or_people_is_obeyed(tmp_path: Path) -> None:
    """Neither by a browser nor by a reader of Markdown."""
    evil = (
        EVIL.replace("\x00", "")
        + "[x](http://e.il) ![y](http://e.il/p.png) <http://e.il> http://e.il www.e.il | # *b* `c` &lt; ~~d~~"
    )
    source = pictures(tmp_path / "in", each=3)
    name = evil.replace("\x1b", "")
    with trainset.init(tmp_path / "<img src=x onerror=alert(1)>.trainset") as dataset:
        dataset.import_(source)
        dataset.rename_class("cat", name)
        dataset.version("v1")
        for field in FIELDS:
            dataset.set_card(field, f"{evil}\n\n# {evil}\n\n<script>{evil}</script>\n\n    {evil}", person="<b>eve</b>")
        dataset.define_class(name, definition=evil)
        dataset.note(evil, label=name, person=evil[:40].replace("\x1b", ""))
        dataset.label("dog", where="path = 'cat/1.png'", reason=evil)
        _, text = saved(dataset, tmp_path / "card")
    html = rendered(text)
    html = html[html.index("-->") + 3 :]  # the comment it begins with
    allowed = {"h1", "h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "em", "strong"}
    assert {*re.findall(r"<([a-zA-Z!][a-z0-9]*)", html)} <= allowed
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    assert html.count("<h2>") == text.count("\n## ")
    assert not re.search(
        r"(https?|ftp|mailto):",
        re.sub(r"<pre><code>.*?</code></pre>", "", text, flags=re.S).replace("    ", "\0").split("\0")[0],
    )


def test_what_is_said_is_logged_undone_and_said_anew(pets: trainset.Workbench) -> None:
    first = pets.set_card("purpose", "  to tell cats from dogs \n", person="ada", reason="asked")
    assert (first.before, first.text) == ("", "to tell cats from dogs")
    again = pets.set_card("purpose", "to tell cats from dogs")
    assert again.action is None
    second = pets.set_card("purpose", "to count pets", person="bo")
    assert second.before == "to tell cats from dogs"
    assert pets.card_texts()["purpose"].person == "bo"
    pets.undo(second.action)
    assert pets.card_texts()["purpose"].text == "to tell cats from dogs"
    gone = pets.set_card("purpose", "")
    assert gone.action is not None
    assert "purpose" not in pets.card_texts()
    assert pets.log(limit=1)[0].verb == "card set"


@pytest.mark.parametrize("text", ["x" * 5_001, "a\0b", "half \ud800"])
def test_what_is_no_text_for_a_card_is_refused(pets: trainset.Workbench, text: str) -> None:
    with pytest.raises(BadValue):
        pets.set_card("purpose", text)
    with pytest.raises(UnknownName, match="no field"):
        pets.set_card("licences", "CC0")


def test_a_card_takes_the_place_of_a_card_and_of_nothing_else(pets: trainset.Workbench, tmp_path: Path) -> None:
    pets.save_card(tmp_path / "card")
    pets.save_card(tmp_path / "card")
    (tmp_path / "card.md").write_text("my own words")
    with pytest.raises(TargetExists):
        pets.save_card(tmp_path / "card")
    assert (tmp_path / "card.md").read_text() == "my own words"


def test_every_export_has_a_card_and_comes_back_without_it(pets: trainset.Workbench, tmp_path: Path) -> None:
    pets.set_card("purpose", "to tell cats from dogs")
    pets.export(tmp_path / "folders", where="label = 'cat'")
    pets.export(tmp_path / "list.csv")
    pets.export(tmp_path / "bare.csv", card=False)
    for place in (tmp_path / "folders" / "data_card", tmp_path / "list-card"):
        page = Page(place.with_suffix(".html"))
        stands_by_itself(page)
        assert "to tell cats from dogs" in page.text
        assert "to tell cats from dogs" in place.with_suffix(".md").read_text()
    assert "label = 'cat'" in (tmp_path / "folders" / "data_card.md").read_text().replace("\\", "")
    assert not [*tmp_path.glob("bare*card*")]
    for source, samples in (("folders", 6), ("list.csv", 13)):
        with trainset.init(tmp_path / f"back-{source}") as other:
            report = other.import_(tmp_path / source)
            assert report.files.get("refused", 0) == report.rows.get("refused", 0) == report.bad_count == 0
            assert other.status().samples == samples


def test_the_card_in_a_terminal(pets: trainset.Workbench, tmp_path: Path) -> None:
    where = ("-d", tmp_path / "pets")
    pets.version("v1")
    done = run("card", "set", "purpose", "to tell cats from dogs", *where, cwd=tmp_path)
    assert done.stdout == "#2: purpose: to tell cats from dogs\n"
    written = run("card", "v1", *where, cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    assert (tmp_path / "pets-v1-card.html").exists()
    assert (tmp_path / "pets-v1-card.md").exists()
    assert "not said yet: limits, collected, licence, consent, cite, contact, notes" in written.stdout
    assert run_json("card", *where, cwd=tmp_path)["said"]["purpose"]["text"] == "to tell cats from dogs"
    assert run_json("card", "fields", *where, cwd=tmp_path)["licence"] is None
    assert run_json("card", "unset", "purpose", *where, cwd=tmp_path)["text"] == ""
    wrong = run("card", "v9", *where, cwd=tmp_path)
    assert wrong.returncode == 2
    assert "v9" in wrong.stderr
    assert "FIELD" in run("card", "set", "--help").stdout
    assert "fields" in run("card", "--help").stdout


def test_a_card_has_the_table_of_versions_and_test_sets(tmp_path: Path) -> None:
    """Of the last comparison in which the version took part; a file of it that was changed is refused."""
    lines = ["text,label,split"]
    for n in range(80):
        wet = n % 2
        label = ("dry" if wet else "wet") if n < 8 else ("wet" if wet else "dry")
        lines.append(
            f"it {'rains' if wet else 'shines'} on day {n * 7919 % 1000},{label},{'test' if n % 4 == 3 or n % 8 == 4 else 'train'}"
        )
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n")
    with trainset.init(tmp_path / "weather", medium="text") as dataset:
        dataset.import_(tmp_path / "in.csv")
        dataset.version("v1")
        dataset.label("wet", where="text like '%rains%'", reason="read again")
        dataset.version("<v2>")
        assert dataset.card("v1").compared is None
        found = dataset.compare("v1", "<v2>", embedder="hashed_ngrams", seeds=2)
        one = dataset.card("<v2>", problems=False)
        page, text = saved(dataset, tmp_path / "card", "<v2>")
        assert one.compared is not None
        assert [row.version for row in one.compared.rows] == ["v1", "<v2>"]
        assert len(one.compared.cells) == len(found.scores)
        assert [*one.as_dict()["comparison"]["sentences"]] == found.sentences
        cell = found.scores[0]
        for shown in (page.text, text.replace("\\", "")):
            assert f"{100 * cell.accuracy:.1f} % ({100 * cell.low:.1f} to {100 * cell.high:.1f})" in shown
            assert found.entrants[0].recipe.hash in shown
            assert found.sentences[0] in shown
        file = next((tmp_path / "weather" / "comparisons").iterdir())
        for wrong in (
            "{}",
            "[]",
            "nonsense",
            file.read_text().replace('"row": 0', '"row": 9'),
            "[" * 100_000,
            '{"made": 1}',
        ):
            file.write_text(wrong)
            with pytest.raises(DamagedDataset):
                dataset.card("<v2>", problems=False)
