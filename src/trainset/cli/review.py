"""The review in a terminal: a sample, its label, what the model suggests, and one key for the answer."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainset.cli import keys, output, pictures, play
from trainset.errors import TrainsetError, UndoRefused, UnknownName

if TYPE_CHECKING:
    from rich.console import Console

    from trainset.work.answer import Answered
    from trainset.work.review import Asked, Review

_DIRECT = 10
"""Up to so many classes have a key each."""
_RESERVED = "supq? "
_LINES, _COLUMNS = 16, 48  # of a picture
_TEXT_LINES = 12
_CANDIDATES = 8


@dataclass(frozen=True)
class Answer:
    """What a key meant: a command of `right`, `unknown`, `undo`, `play`, `stop`, or `class` with its name."""

    what: str
    name: str = ""


class Chooser:
    """Which key means what, for some classes: a key each, or the beginning of the name and Enter."""

    def __init__(self, classes: Sequence[str], found: keys.Keys, shown: Console) -> None:
        self._keys, self._shown, self._classes = found, shown, classes
        single = all(len(name) == 1 and name.isprintable() and name not in _RESERVED for name in classes)
        self.of: dict[str, str] = {}
        if single:
            self.of = {name: name for name in classes}
        elif len(classes) <= _DIRECT:
            self.of = {str((number + 1) % 10): name for number, name in enumerate(classes)}

    def hints(self, asked: Asked, *, audio: bool) -> list[str]:
        """What can be pressed now, and what it does."""
        small = bool(self.of)
        named = [
            f"{key} {output.safe(name, 24)}" if key != name else output.safe(name) for key, name in self.of.items()
        ]
        label = [f"Enter it is {output.safe(asked.label, 24)}"] if asked.label is not None else []
        new = asked.suggested is not None and asked.suggested != asked.label
        way = [("s" if small else "Tab") + f" {output.safe(asked.suggested, 24)}"] if new else []
        other = ["p play"] if audio and small else ["P play"] if audio else []
        rest = ["? cannot tell", *other, *(["u undo", "q stop"] if small else ["U undo", "Q stop"])]
        first = named if small else ["type the beginning of a class, then Enter"]
        return [*first, *label, *way, *rest]

    def read(self, asked: Asked) -> Answer:
        """Waits for a key that means something."""
        return self._direct(asked) if self.of else self._typed(asked)

    def _direct(self, asked: Asked) -> Answer:
        while True:
            key = self._keys.read()
            if key in self.of:
                return Answer("class", self.of[key])
            if found := self._command(key, asked, {"s": "suggestion", "u": "undo", "p": "play", "q": "stop"}):
                return found

    def _typed(self, asked: Asked) -> Answer:
        typed = ""
        while True:
            key = self._keys.read()
            if not typed:
                found = self._command(key, asked, {"U": "undo", "P": "play", "Q": "stop", keys.TAB: "suggestion"})
                if found is not None:
                    return found
            if key == keys.END:
                return Answer("stop")
            if key == keys.ENTER and typed:
                near = self._near(typed)
                exact = [name for name in near if name.casefold() == typed.casefold()]
                if len(near) == 1 or exact:
                    self._write("\n")
                    return Answer("class", (exact or near)[0])
            elif key == keys.BACK:
                typed = typed[:-1]
            elif key.isprintable() and self._near(typed + key):
                typed += key
            self._candidates(typed)

    def _command(self, key: str, asked: Asked, known: dict[str, str]) -> Answer | None:
        if key == keys.END:
            return Answer("stop")
        if key in (keys.ENTER, " ") and asked.label is not None:
            return Answer("class", asked.label)
        if key == "?":
            return Answer("unknown")
        if known.get(key) == "suggestion":
            return Answer("class", asked.suggested) if asked.suggested is not None else None
        return Answer(known[key]) if key in known else None

    def _near(self, typed: str) -> list[str]:
        return [name for name in self._classes if name.casefold().startswith(typed.casefold())]

    def _candidates(self, typed: str) -> None:
        if not self._keys.terminal:
            return
        near = self._near(typed) if typed else []
        more = f" and {len(near) - _CANDIDATES} more" if len(near) > _CANDIDATES else ""
        text = output.safe(f"{typed}▏ {', '.join(near[:_CANDIDATES])}{more}" if typed else "", self._shown.width - 1)
        self._write(f"\r\x1b[K{text}")

    def _write(self, text: str) -> None:
        if self._keys.terminal:
            self._shown.file.write(text)
            self._shown.file.flush()


def go(review: Review, *, quiet: bool) -> None:
    """Asks until nothing waits, or the person stops. quiet: all that is shown goes to stderr."""
    shown = output.console(error=quiet)
    audio = review.dataset.medium == "audio"
    with keys.Keys() as found, contextlib.ExitStack() as sounds:
        if found.terminal and not shown.is_terminal:
            shown = output.console(error=True)  # the result goes to a file: the person still has to see the sample
        chooser = Chooser(review.classes, found, shown)
        while (asked := review.next()) is not None:
            _told(shown, review)
            _show(shown, review, asked)
            for line in _filled(chooser.hints(asked, audio=audio), shown.width):
                _line(shown, line, "dim")
            began = time.monotonic()
            while (answer := chooser.read(asked)).what == "play":
                sounds.close()
                _play(shown, asked, sounds)
            sounds.close()
            if answer.what == "stop":
                return
            try:
                _done(shown, review, answer, time.monotonic() - began)
            except (UnknownName, UndoRefused) as error:
                _line(shown, f"not done: {output.safe(error.what)}. {output.safe(error.detail)}", "bold")
                review.refresh()
                chooser = Chooser(review.classes, found, shown)
        _told(shown, review)


def _done(shown: Console, review: Review, answer: Answer, seconds: float) -> None:
    if answer.what == "undo":
        back = review.undo()
        said = "cannot tell" if back.answer is None else output.safe(back.answer, 40)
        _line(shown, f"took back: {said} of {back.sample.hex()[:12]}", "bold")
        return
    kept = review.answer(answer.name if answer.what == "class" else None, seconds)
    _line(shown, _sentence(kept), "bold")


def _sentence(kept: Answered) -> str:
    said = "→ " + ("cannot tell" if kept.answer is None else output.safe(kept.answer, 60))
    changed = " (changed)" if kept.changed else ""
    others = [
        f"{output.safe(person, 30)} says {'cannot tell' if theirs is None else output.safe(theirs, 40)}"
        for person, theirs in kept.others.items()
    ]
    return said + changed + (f"; {', '.join(others)}: both are kept, the label is yours" if others else "")


def _show(shown: Console, review: Review, asked: Asked) -> None:
    row = asked.sample.rows()[0]
    place = f"{review.done + 1} of {review.total - review.gone}"
    name = row["path"] if row["path"] is not None and not review.blind else ""  # folders are named after classes
    _line(shown)
    _line(shown, f"{place}  {row['id'][:12]}  {output.safe(name, max(20, shown.width - 40))}", "bold")
    if review.dataset.medium == "text":
        for line in _wrapped(row["text"] or "", shown.width):
            _line(shown, line)
    else:
        for piece in pictures.one(asked.sample, min(_COLUMNS, shown.width), _LINES, shown.width - 2):
            shown.print(piece)
    if review.blind:
        return
    label = "no label" if asked.label is None else f"labelled {output.safe(asked.label, 60)}"
    sure = "" if asked.confidence is None else f" ({asked.confidence:.0%})"
    suggested = "" if asked.suggested is None else f", looks like {output.safe(asked.suggested, 60)}{sure}"
    if asked.suggested is not None and asked.suggested == asked.label:
        suggested = f", and looks so{sure}"
    _line(shown, label + suggested, "bold")


def _filled(hints: Sequence[str], width: int) -> list[str]:
    """The hints on as few lines as they need, none of them broken."""
    lines = [""]
    for hint in hints:
        if lines[-1] and len(lines[-1]) + 3 + len(hint) >= width:
            lines.append("")
        lines[-1] += ("   " if lines[-1] else "") + hint
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    lines = textwrap.wrap(output.safe(text, width * _TEXT_LINES * 2), max(20, width - 2)) or ["(an empty text)"]
    return [f"  {line}" for line in (lines if len(lines) <= _TEXT_LINES else [*lines[:_TEXT_LINES], "…"])]


def _told(shown: Console, review: Review) -> None:
    for one in review.met:
        said = "cannot tell" if one.answer is None else output.safe(one.answer, 40)
        _line(shown, f"passed over {one.sample.hex()[:12]}: {output.safe(one.person, 30)} says {said}", "dim")


def _play(shown: Console, asked: Asked, sounds: contextlib.ExitStack) -> None:
    try:
        sounds.enter_context(play.playing(play.player(), asked.sample.rows()[0]["path"], asked.sample.media(0)))
    except TrainsetError as error:
        _line(shown, f"cannot be played: {output.safe(error.what)}", "bold")


def _line(shown: Console, text: str = "", style: str = "") -> None:
    shown.print(text, style=style or None)
    sys.stdout.flush()
