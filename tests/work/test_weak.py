"""Weak labels: rules in the log, judged by people's labels outside the test set, proposing and never labelling by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers import run, run_json
from tests.work.made import write

import trainset
from trainset.errors import BadFilter, BadValue, DamagedDataset, TrainsetError, UnknownName
from trainset.model import Entry, EntryKind
from trainset.store import log
from trainset.work.workbench import Workbench


@pytest.fixture
def messages(tmp_path: Path) -> Iterator[Workbench]:
    """60 messages of spam and ham, two of three labelled, the last ones of the test split; spam says free, ham says home, with few exceptions."""
    rows: list[tuple[str, ...]] = [("text", "label", "split", "tag")]
    for n in range(60):
        spam = n % 2 == 0
        text = f"{'FREE prize' if spam else 'come home'} {n}" + (" free" if n in (1, 21) else "")
        rows.append(
            (
                text,
                "" if n % 3 == 0 else "spam" if spam else "ham",
                "test" if n >= 48 else "train",
                "#ad" if spam else "",
            )
        )
    with trainset.init(tmp_path / "set") as dataset:
        dataset.import_(write(tmp_path / "m.csv", rows))
        yield dataset


def test_rules_are_listed_with_coverage_overlap_conflict_and_how_right_they_are(messages: Workbench) -> None:
    messages.add_rule("spam", "lower(text) like '%free%'", reason="bait", person="ada")
    messages.add_rule("ham", pattern=r"\bHOME\b", name="home")
    messages.add_rule("spam", "meta.tag = '#ad'")
    report = messages.weak()
    free, home, tag = report.rules
    assert (free.name, home.name, tag.name) == ("spam-1", "home", "spam-2")
    assert (free.samples, free.overlaps, free.conflicts, free.person) == (32, 32, 2, "ada")
    assert (home.samples, home.conflicts) == (30, 2)
    train = [n for n in range(48) if n % 3]
    assert free.judged == len([n for n in train if n % 2 == 0 or n in (1, 21)])
    assert free.right == pytest.approx(1 - 1 / free.judged)
    assert free.right is not None
    assert free.low < free.right < free.high
    assert (report.covered, report.unlabelled, report.judged) == (60, 20, len(train))
    assert report.right is not None
    assert report.right >= 0.95


def test_suggestions_are_of_unlabelled_samples_outside_the_test_set_and_name_their_rules(messages: Workbench) -> None:
    messages.add_rule("spam", pattern="free")
    messages.add_rule("ham", pattern="home")
    found = messages.weak().suggestions
    assert len(found) == 16
    assert all(("prize" in (one.text or "")) == (one.label == "spam") for one in found if len(one.rules) == 1)
    assert {one.rules for one in found} == {("spam-1",), ("ham-1",), ("spam-1", "ham-1")}
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    assert messages.look(where="label is null", n=99).total == 20


def test_taking_suggestions_is_one_action_that_names_its_rules_and_is_undone(messages: Workbench) -> None:
    messages.add_rule("spam", pattern="prize", name="prize")
    seq, count = messages.apply_weak(confidence=0.8, reason="good enough", person="ada")
    assert count == 8
    action = messages.log()[-1]
    assert (action.seq, action.person, action.verb) == (seq, "ada", "weak apply")
    assert "good enough" in action.reason
    assert "prize" in action.reason
    assert messages.look(where="label is null and split = 'test'", n=99).total == 4
    messages.undo(seq)
    assert messages.look(where="label is null", n=99).total == 20
    assert messages.apply_weak(confidence=1)[1] == 0


def test_labels_that_rules_gave_judge_no_rule(messages: Workbench) -> None:
    messages.add_rule("spam", pattern="free")
    messages.add_rule("ham", pattern="home")
    before = messages.weak()
    _, count = messages.apply_weak(confidence=0.5)
    after = messages.weak()
    assert count == len(before.suggestions) > 0
    assert (after.judged, after.right, after.said) == (before.judged, before.right, before.said)
    assert [rule.judged for rule in after.rules] == [rule.judged for rule in before.rules]
    corrected = before.suggestions[0]
    messages.label("ham" if corrected.label == "spam" else "spam", [corrected.id], person="ada")
    assert messages.weak().judged == before.judged + 1


def test_suggestions_are_reviewed_in_a_queue_the_most_doubtful_first(messages: Workbench) -> None:
    messages.add_rule("spam", pattern="free")
    messages.add_rule("ham", pattern="home")
    report = messages.weak()
    made = messages.queue("suggested", n=10, person="ada")
    assert (made.samples, made.of, made.run) == (10, 16, "")
    assert "ham-1, spam-1" in made.remarks[0]
    going = messages.review(made.queue, person="ada")
    asked = going.next()
    assert asked is not None
    doubtful = report.suggestions[-1]
    assert (asked.id.hex(), asked.label, asked.suggested) == (doubtful.id, None, doubtful.label)
    assert asked.confidence == pytest.approx(doubtful.confidence)
    going.answer(asked.suggested)
    assert messages.weak().judged == report.judged + 1
    assert len(messages.weak().suggestions) == 15
    assert messages.queue("suggested").of == 15
    assert messages.queue("suggested", where="text like '%prize%'").samples < 15
    for rule in ("spam-1", "ham-1"):
        messages.remove_rule(rule)
    with pytest.raises(BadValue, match="no labelling rule suggests anything"):
        messages.queue("suggested")


def test_how_sure_a_suggestion_is_is_calibrated_on_what_people_labelled_or_said_not_to_be(
    messages: Workbench, tmp_path: Path
) -> None:
    messages.add_rule("spam", pattern="free")
    few = messages.weak()
    assert (few.judged < 50, few.calibrated) == (True, False)
    assert f"was not calibrated: people labelled {few.judged} of the 50" in run("weak", "-d", messages.folder).stdout
    rows = [
        ("text", "label", "split"),
        *((f"free {n} more", "spam" if n % 5 < 3 else "ham", "train") for n in range(400)),
    ]
    messages.import_(write(tmp_path / "more.csv", rows))
    many = messages.weak()
    assert many.calibrated
    assert many.said == pytest.approx(many.right, abs=0.03)
    assert "was calibrated on these" in run("weak", "-d", messages.folder).stdout


def test_a_rule_is_added_removed_undone_and_follows_its_class(messages: Workbench) -> None:
    first = messages.add_rule("spam", pattern="free")
    seq = messages.remove_rule("spam-1")
    assert messages.rules() == []
    messages.undo(seq)
    assert [one.seq for one in messages.rules()] == [first.seq]
    messages.rename_class("spam", "junk")
    assert messages.weak().rules[0].label == "junk"
    assert {one.label for one in messages.weak().suggestions} == {"junk"}
    assert messages.rules(at="start") == []


def prize(text: str, meta: dict[str, Any]) -> bool:
    return "prize" in text and meta.get("tag") == "#ad"


def other(text: str) -> bool:
    return bool(text)


def test_a_function_is_kept_to_be_shown_and_runs_only_when_it_is_handed_over(messages: Workbench) -> None:
    made = messages.add_rule("spam", function=prize)
    assert "def prize" in made.function
    silent = messages.weak()
    assert (silent.rules[0].samples, silent.covered) == (0, 0)
    assert "not run" in silent.rules[0].unknown
    assert messages.weak([prize]).rules[0].samples == 30
    with pytest.raises(UnknownName, match="no rule is the function"):
        messages.weak([other])


def test_a_function_that_fails_or_asks_for_what_it_may_not_read_is_a_clear_error(messages: Workbench) -> None:
    def broken(text: str) -> bool:
        return text[1000] == "x"

    def cheats(label: str) -> bool:
        return label == "spam"

    messages.add_rule("spam", function=broken)
    with pytest.raises(BadValue, match="'broken' failed") as failed:
        messages.weak([broken])
    assert "IndexError" in failed.value.detail
    with pytest.raises(BadValue, match="arguments are columns"):
        messages.add_rule("spam", function=cheats)


@pytest.mark.parametrize("where", ["label = 'spam'", "source_label = 'spam'", "predicted = 'spam' and text is null"])
def test_a_rule_cannot_read_what_it_is_judged_by(messages: Workbench, where: str) -> None:
    with pytest.raises(BadFilter, match="judged by what it has read"):
        messages.add_rule("spam", where)


def test_rules_that_cannot_be_are_refused_before_anything_is_logged(messages: Workbench) -> None:
    before = len(messages.log())
    messages_of: list[tuple[Callable[[], object], type[TrainsetError]]] = [
        (lambda: messages.add_rule("fox", pattern="x"), UnknownName),
        (lambda: messages.add_rule("spam"), BadValue),
        (lambda: messages.add_rule("spam", "true", pattern="x"), BadValue),
        (lambda: messages.add_rule("spam", "text like"), BadFilter),
        (lambda: messages.add_rule("spam", "colour = 1"), BadFilter),
        (lambda: messages.add_rule("spam", pattern="(unclosed"), BadFilter),
        (lambda: messages.add_rule("spam", pattern="((x{1000}){1000}){1000}"), BadFilter),
        (lambda: messages.add_rule("spam", pattern="x", name=" y"), BadValue),
        (lambda: messages.remove_rule("none"), UnknownName),
    ]
    for deed, kind in messages_of:
        with pytest.raises(kind):
            deed()
    assert len(messages.log()) == before


def test_a_pattern_that_is_slow_elsewhere_is_not_here(messages: Workbench, tmp_path: Path) -> None:
    messages.import_(write(tmp_path / "long.csv", [("text",), ("a" * 50_000 + "!",)]))
    messages.add_rule("spam", pattern="^(a+)+$")
    assert messages.weak().rules[0].samples == 0


@pytest.mark.parametrize("value", ["{}", "[]", "no json", json.dumps({"label": "spam", "where": "", "function": ""})])
def test_a_forged_rule_is_a_clear_error(messages: Workbench, value: str) -> None:
    log.append(messages, "weak add", "mallory", "", [Entry(EntryKind.RULE, subject="forged", value=value)])
    with pytest.raises(DamagedDataset, match="does not say what it must say"):
        messages.rules()


def test_a_forged_rule_reads_nothing_that_a_filter_may_not(messages: Workbench) -> None:
    value = json.dumps({"label": "spam", "where": "(select 1) = 1", "function": ""})
    log.append(messages, "weak add", "mallory", "", [Entry(EntryKind.RULE, subject="forged", value=value)])
    with pytest.raises(BadFilter):
        messages.weak()


def test_the_commands_do_the_same(messages: Workbench) -> None:
    folder = messages.folder
    assert "no labelling rule yet" in run("weak", "-d", folder).stdout
    added = run_json("weak", "add", "spam", "--pattern", "prize", "--name", "prize", "-d", folder)
    assert added["where"] == "regexp_matches(text, '(?i)prize')"
    shown = run("weak", "-d", folder).stdout
    assert "together they speak of 30 of 60 samples" in shown
    assert run_json("weak", "suggest", "-d", folder)[0]["rules"] == ["prize"]
    assert run_json("weak", "apply", "--confidence", "0.7", "-d", folder)["changed"] == 8
    assert run_json("weak", "remove", "prize", "-d", folder)["action"]
