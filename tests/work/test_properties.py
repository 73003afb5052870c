"""Whatever several people do, in whatever order: the state is what a few lines of Python say it must be."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.work.made import digest, named, rows, twelve

import trainset
from trainset.errors import TrainsetError, UndoRefused

PEOPLE = ("ada", "bob", "eve")
NUMBERS = st.lists(st.integers(0, 11), min_size=1, max_size=5, unique=True)
PERSON = st.sampled_from(PEOPLE)
NAMES = ("cat", "dog", "bird", "a/b", "ünï")


@dataclass(frozen=True)
class One:
    """A sample in the model."""

    label: str | None
    split: str | None
    excluded: bool = False


@dataclass(frozen=True)
class World:
    """All samples by their texts, and the classes."""

    samples: dict[str, One]
    classes: frozenset[str]

    def set(self, texts: list[str], **change: Any) -> World:
        return replace(
            self, samples={**self.samples, **{text: replace(self.samples[text], **change) for text in texts}}
        )

    def called(self, old: str, new: str) -> World:
        samples = {t: replace(s, label=new) if s.label == old else s for t, s in self.samples.items()}
        return World(samples, self.classes - {old} | {new})


Step = Callable[[World], World]


@dataclass
class Deed:
    """An action in the model: what it does to a world; of an undo, what it undoes. `touches`: samples and classes."""

    person: str
    step: Step | None = None
    undoes: int | None = None
    touches: frozenset[str] = frozenset()
    uses: frozenset[str] = frozenset()


@dataclass
class Model:
    """The whole log, replayed from its beginning each time."""

    start: World
    deeds: list[Deed] = field(default_factory=list)

    def standing(self, at: int) -> list[int]:
        undone: set[int] = set()
        for n in reversed(range(at)):
            target = self.deeds[n].undoes
            if target is not None and n not in undone:
                undone.add(target)
        return [n for n in range(at) if n not in undone]

    def world(self, at: int) -> World:
        world = self.start
        for n in self.standing(at):
            step = self.deeds[n].step
            if step is not None:
                world = step(world)
        return world

    def root(self, n: int) -> int:
        target = self.deeds[n].undoes
        return n if target is None else self.root(target)

    def blocked(self, n: int, person: str) -> list[int]:
        """Later standing actions of others that share something with the deed, or use a class it made."""
        mine = self.deeds[self.root(n)]
        return [
            later
            for later in self.standing(len(self.deeds))
            if later > n
            and (deed := self.deeds[later]).person != person
            and deed.undoes is None
            and (deed.touches & mine.touches or deed.uses & {t for t in mine.touches if t.startswith("class ")})
        ]


class Together(RuleBasedStateMachine):
    """Three people at one dataset."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(twelve() / "set", self.folder / "set")
        self.dataset = trainset.open(self.folder / "set")
        found = {text: One(row["label"], row["split"]) for text, row in rows(self.dataset).items()}
        self.model = Model(World(found, frozenset(("cat", "dog", "bird"))))
        self.versions: list[tuple[str, str, int]] = []
        self.ids = {row["id"][:12]: text for text, row in rows(self.dataset).items()}

    def teardown(self) -> None:
        if hasattr(self, "dataset"):
            for name, known, at in self.versions:
                assert digest(rows(self.dataset, name).values()) == known
                assert self.state(name) == self.model.world(at).samples
            assert {v.name: v.digest for v in self.dataset.versions()} == {
                name: known for name, known, _ in self.versions
            }
            self.dataset.close()
            shutil.rmtree(self.folder)

    def state(self, at: str | int | None = None) -> dict[str, One]:
        return {text: One(row["label"], row["split"], row["excluded"]) for text, row in rows(self.dataset, at).items()}

    def now(self) -> World:
        return self.model.world(len(self.model.deeds))

    def did(self, action: int | None, deed: Deed) -> None:
        if action is not None:
            self.model.deeds.append(deed)
        assert len(self.dataset.log()) == len(self.model.deeds) + 1  # the import came first

    def fixed(self, person: str, numbers: list[int], call: Callable[[str], Any], **change: Any) -> None:
        texts = [f"text {n:02}" for n in numbers]
        world = self.now()
        meant = [t for t in texts if not world.samples[t].excluded or change.get("excluded") is False]
        changed = [t for t in meant if replace(world.samples[t], **change) != world.samples[t]]
        result = call(named(numbers))
        assert result.changed == len(changed)
        label = change.get("label")
        uses = frozenset([f"class {label}"] if label else [])
        self.did(result.action, Deed(person, lambda w: w.set(changed, **change), None, frozenset(changed), uses))

    @rule(person=PERSON, numbers=NUMBERS, data=st.data())
    def label(self, person: str, numbers: list[int], data: st.DataObject) -> None:
        to = data.draw(st.sampled_from([None, *sorted(self.now().classes)]))
        self.fixed(person, numbers, lambda where: self.dataset.label(to, where=where, person=person), label=to)

    @rule(person=PERSON, numbers=NUMBERS)
    def exclude(self, person: str, numbers: list[int]) -> None:
        self.fixed(person, numbers, lambda where: self.dataset.exclude(where=where, person=person), excluded=True)

    @rule(person=PERSON, numbers=NUMBERS)
    def restore(self, person: str, numbers: list[int]) -> None:
        self.fixed(person, numbers, lambda where: self.dataset.restore(where=where, person=person), excluded=False)

    @rule(person=PERSON, numbers=NUMBERS, to=st.sampled_from([None, "train", "test"]))
    def move_split(self, person: str, numbers: list[int], to: str | None) -> None:
        self.fixed(person, numbers, lambda where: self.dataset.move_split(to, where=where, person=person), split=to)

    @rule(person=PERSON, data=st.data())
    def rename(self, person: str, data: st.DataObject) -> None:
        classes = self.now().classes
        old, new = data.draw(st.sampled_from(sorted(classes))), data.draw(st.sampled_from(NAMES))
        try:
            seq = self.dataset.rename_class(old, new, person=person)
        except TrainsetError:
            assert new in classes
            return
        assert new not in classes
        both = frozenset([f"class {old}", f"class {new}"])
        self.did(seq, Deed(person, lambda w: w.called(old, new), None, both, both))

    @precondition(lambda self: len(self.now().classes) > 1)
    @rule(person=PERSON, data=st.data())
    def merge(self, person: str, data: st.DataObject) -> None:
        old, new = data.draw(st.permutations(sorted(self.now().classes)))[:2]
        seq = self.dataset.merge_classes([old], new, person=person)
        both = frozenset([f"class {old}", f"class {new}"])
        self.did(seq, Deed(person, lambda w: w.called(old, new), None, both, both))

    @precondition(lambda self: bool(self.model.deeds))
    @rule(person=PERSON, data=st.data())
    def undo(self, person: str, data: st.DataObject) -> None:
        standing = self.model.standing(len(self.model.deeds))
        n = data.draw(st.sampled_from(standing)) if standing else 0
        blocked = self.model.blocked(n, person)
        # undone out of order, a rename may leave labels of a class that is called otherwise by now: order is checked apart
        later = [m for m in standing if m > n and self.model.deeds[m].uses and self.model.deeds[m].undoes is None]
        classes = any(touched.startswith("class ") for touched in self.model.deeds[self.model.root(n)].touches)
        if not standing or (classes and later and not blocked):
            return
        try:
            seq, _ = self.dataset.undo(n + 2, person=person)
        except UndoRefused:
            assert blocked
            return
        assert not blocked
        self.did(seq, Deed(person, undoes=n))

    @precondition(lambda self: bool(self.model.deeds) and self.model.deeds[-1].undoes is None)
    @rule()
    def undo_of_the_last_action_brings_the_digest_back(self) -> None:
        last = len(self.model.deeds) - 1
        self.dataset.undo(last + 2, person=self.model.deeds[last].person)
        self.did(0, Deed(self.model.deeds[last].person, undoes=last))
        assert digest(rows(self.dataset).values()) == digest(rows(self.dataset, last + 1).values())

    @rule()
    def version(self) -> None:
        name = f"v{len(self.versions)}"
        made = self.dataset.version(name)
        assert made.digest == digest(rows(self.dataset).values())
        self.versions.append((name, made.digest, len(self.model.deeds)))

    @invariant()
    def the_state_is_the_models(self) -> None:
        if hasattr(self, "model"):
            assert self.state() == self.now().samples
            assert {c.name for c in self.dataset.classes()} == self.now().classes

    @rule(data=st.data())
    def a_diff_lists_exactly_the_differences(self, data: st.DataObject) -> None:
        ends = [data.draw(st.integers(0, len(self.model.deeds))) for _ in "ab"]
        a, b = (self.model.world(end).samples for end in ends)
        expected: set[tuple[str, str, str | None, str | None]] = set()
        for text in a:
            if a[text].excluded != b[text].excluded:
                expected.add((text, "excluded" if b[text].excluded else "restored", None, None))
            if a[text].label != b[text].label:
                expected.add((text, "relabelled", a[text].label, b[text].label))
            if a[text].split != b[text].split:
                expected.add((text, "moved split", a[text].split, b[text].split))
        found = self.dataset.diff(ends[0] + 1, ends[1] + 1).table.to_pylist()
        assert {(self.ids[r["id"]], r["kind"], r["before"], r["after"]) for r in found} == expected
        assert len(found) == len(expected)
        fields = {"relabelled": "label", "moved split": "split", "excluded": "excluded", "restored": "excluded"}
        for row in found:  # the action named lies between the two, and did change this of that sample
            n = row["action"] - 2
            assert min(ends) <= n < max(ends)
            before, after = (
                getattr(self.model.world(end).samples[self.ids[row["id"]]], fields[row["kind"]]) for end in (n, n + 1)
            )
            assert before != after, row


# no shrinking: each step asks a real dataset, and fourteen steps can be read
PHASES = [phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)]
Together.TestCase.settings = settings(max_examples=8, stateful_step_count=14, deadline=None, phases=PHASES)
TestTogether = Together.TestCase
