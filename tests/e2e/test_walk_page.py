"""From an empty folder to a version that is proven to be better, in the browser alone, for recordings, pictures and texts; clicks and keys are counted."""

from __future__ import annotations

import csv
import re
import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import StartBench

import trainset

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LONG = 240_000  # milliseconds: jobs are processes of their own, on machines that do other things as well
CELL = ".cell:not([hidden]):not(.loading)"


@dataclass
class Planted:
    """A folder to import. truth: name of a file, or text -> label; the half of `wrong` that is for learning is filed under `taken_for`,
    which so has `mixed` samples to learn from."""

    folder: Path
    wrong: str
    taken_for: str
    truth: dict[str, str] = field(default_factory=dict)
    samples: int = 0
    mixed: int = 0


@dataclass
class Hand:
    """One person's hand: every click and key is counted under the step that it is part of. A choice in a list is two clicks."""

    page: Page
    step: str = ""
    clicks: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    keys: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def click(self, what: Locator, wait: float | None = None) -> None:
        self.clicks[self.step] += 1
        what.click(timeout=wait)

    def press(self, key: str) -> None:
        self.keys[self.step] += 1
        self.page.keyboard.press(key)

    def write(self, into: Locator, text: str) -> None:
        self.click(into)
        self.keys[self.step] += len(text)
        into.fill(text)

    def choose(self, of: Locator, value: str) -> None:
        self.clicks[self.step] += 2
        of.select_option(value)

    def told(self) -> str:
        """As the log of the test has it."""
        steps = [*dict.fromkeys([*self.clicks, *self.keys])]
        return ", ".join(f"{step}: {self.clicks[step]} clicks {self.keys[step]} keys" for step in steps)


def recordings(data: Path, into: Path) -> Planted:
    """Four digits of the spoken ones."""
    made = Planted(into / "digits", "0", "1")
    for digit in ("0", "1", "2", "3"):
        for split, most in (("train", 26), ("test", 22)):
            some = sorted((data / "audio_fsdd" / split / digit).iterdir())
            for n, source in enumerate(some[:: max(1, len(some) // most)][:most]):
                label = made.taken_for if split == "train" and digit == made.wrong and n % 2 else digit
                made.mixed += (split, label) == ("train", made.taken_for)
                target = made.folder / split / label / f"said_{digit}_{source.name}"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
                made.truth[target.name] = digit
    made.samples = len(made.truth)
    return made


def pictures(data: Path, into: Path) -> Planted:
    """Three of the ten classes of CIFAR-10N, where people were right."""
    import zipfile

    made = Planted(into / "photos", "frog", "ship")
    with (data / "images_cifar10n" / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["given_label"] == row["true_label"]]
    with zipfile.ZipFile(data / "images_cifar10n" / "images.zip") as archive:
        for name in ("frog", "ship", "horse"):
            for split, most in (("train", 40), ("test", 60)):
                some = [row["path"] for row in rows if (row["split"], row["true_label"]) == (split, name)][:most]
                for n, path in enumerate(some):
                    label = made.taken_for if split == "train" and name == made.wrong and n % 2 else name
                    made.mixed += (split, label) == ("train", made.taken_for)
                    target = made.folder / split / label / f"a_{name}_{Path(path).name}"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(archive.read(path))
                    made.truth[target.name] = name
    made.samples = len(made.truth)
    return made


def texts(data: Path, into: Path) -> Planted:
    """Four of the intents of Banking77, in lists whose columns nobody could guess."""
    made = Planted(into / "questions", "lost_or_stolen_card", "exchange_rate")
    names = (made.wrong, made.taken_for, "age_limit", "terminate_account")
    made.folder.mkdir()
    for split, most in (("train", 30), ("test", 40)):
        with (data / "text_banking77" / f"{split}.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["text"].strip(), row["category"]) for row in csv.DictReader(file)]
        with (made.folder / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["asked", "about"])
            for name in names:
                for n, text in enumerate([text for text, category in rows if category == name][:most]):
                    given = made.taken_for if split == "train" and name == made.wrong and n % 2 else name
                    made.mixed += (split, given) == ("train", made.taken_for)
                    writer.writerow([text, given])
                    made.truth[text[:200]] = name
                    made.samples += 1
    return made


@pytest.mark.parametrize("planted", [recordings, pictures, texts])
def test_from_an_empty_folder_to_a_better_version(
    planted: Callable[[Path, Path], Planted], serve: StartBench, data_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "sources").mkdir()
    source = planted(data_folder, tmp_path / "sources")
    bench = serve(tmp_path / "new.trainset", "--new", "--allow-root", str(tmp_path / "sources"))
    page = bench.open("")
    hand = Hand(page)
    nav = page.get_by_role("navigation", name="pages")

    hand.step = "import"
    hand.click(page.get_by_role("button", name="sources", exact=True))
    hand.click(page.get_by_role("button", name=source.folder.name))
    hand.click(page.get_by_role("button", name="Look at this folder"))
    page.get_by_role("heading", name=source.folder.name).wait_for()
    if planted is texts:
        hand.choose(page.locator("fieldset label", has_text="text").locator("select"), "asked")
        hand.choose(page.locator("fieldset label", has_text="label").locator("select"), "about")
    page.get_by_role("cell", name="test", exact=True).first.wait_for()
    hand.click(page.get_by_role("button", name=re.compile(r"Import [\d,]+ (file|row)s")))
    page.get_by_text(f"{source.samples} samples", exact=True).wait_for(timeout=LONG)

    hand.step = "name the first version"
    hand.click(nav.get_by_role("link", name="Versions"))
    hand.write(page.get_by_label("Name this version"), "v1")
    hand.press("Enter")
    page.locator(".timeline .named", has_text="v1").wait_for()

    hand.step = "train"
    hand.click(nav.get_by_role("link", name="Matrix"))
    hand.click(page.get_by_role("link", name="Start one"))
    hand.click(page.get_by_role("button", name="Train", exact=True))
    likely = page.get_by_role("link", name="likely wrong labels")
    likely.wait_for(timeout=LONG)

    hand.step = "look at findings"
    hand.click(likely)
    page.get_by_role("heading", name="Likely wrong labels").wait_for(timeout=LONG)

    hand.step = "look at the mistakes"
    hand.click(nav.get_by_role("link", name="Look"))
    hand.click(page.locator(".facet button.value", has_text="train").first)
    hand.click(page.locator(".facet button.value", has_text=source.taken_for).first)
    page.get_by_text(f"{source.mixed} samples", exact=True).first.wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('{CELL}').length > 5")
    if planted is recordings:
        drawn = page.locator(f"{CELL} canvas").evaluate_all("all => all.map(one => one.width)")
        assert min(drawn) > 50, "drawn in their size, also on coming back"

    hand.step = "relabel"
    key = page.locator(".actionbar button", has=page.locator("kbd"), has_text=source.wrong).locator("kbd").first
    key_of_wrong = (key.text_content() or "").strip()
    page.locator(".grid").focus()
    fixed = 0
    for n in range(source.mixed):
        cell = page.locator(f"{CELL}[data-index='{n}']")
        name = (cell.get_attribute("title") or "").split("\n")[0]
        truly_wrong = source.truth[name] == source.wrong
        hand.press(key_of_wrong if truly_wrong else "j")
        fixed += truly_wrong
    assert fixed >= 10
    assert hand.keys["relabel"] == source.mixed, "one key each, whether it is right or wrong"
    assert hand.clicks["relabel"] == 0
    page.get_by_text(f"1 sample labelled {source.wrong}").first.wait_for()
    page.wait_for_function(
        "() => !JSON.parse(localStorage[Object.keys(localStorage).find(k => k.startsWith('trainset.outbox'))]).length"
    )

    hand.step = "name the second version"
    hand.click(nav.get_by_role("link", name="Versions"))
    page.locator(".timeline .action", has_text="label").nth(fixed - 1).wait_for()
    hand.write(page.get_by_label("Name this version"), "v2")
    hand.press("Enter")
    page.locator(".timeline .named", has_text="v2").wait_for()

    hand.step = "compare"
    hand.click(page.get_by_role("button", name="Compared", exact=True))
    hand.click(page.get_by_role("button", name="Compare", exact=True))
    page.get_by_text(re.compile(r"^v2 is better than v1 on .*: \+\d")).first.wait_for(timeout=LONG)
    table = page.locator("table.scores").first
    assert [one.split()[0] for one in table.locator("tbody tr").all_inner_texts()] == ["v1", "v2"]
    assert re.search(r"\d %.*\d+\.\d to \d+\.\d", table.locator("tbody td.n").last.inner_text(), re.DOTALL)
    assert bench.serious(page) == []

    hand.step = "open what is right now"
    right = page.get_by_role("link", name=re.compile("wrong before, right now"))
    count = int((right.inner_text()).split()[0].replace(",", ""))
    assert count >= 3
    hand.click(right)
    page.get_by_text(f"{count} samples", exact=True).first.wait_for()

    hand.step = "card"
    hand.click(nav.get_by_role("link", name="Versions"))
    hand.click(page.get_by_role("button", name="Card", exact=True))
    page.frame_locator("iframe.card").get_by_text("v2", exact=False).first.wait_for()

    print(f"\n{planted.__name__}: {fixed} fixed; {hand.told()}")
    with trainset.open(bench.folder) as dataset:
        assert [one.name for one in dataset.versions()] == ["v1", "v2"]
        assert [action.verb for action in dataset.log()].count("label") == fixed
    bench.check()
