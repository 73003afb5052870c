"""Keys: one key at a time from a terminal, or one character at a time from a pipe."""

from __future__ import annotations

import codecs
import os
import select
import sys
from types import TracebackType
from typing import Self

END = ""
"""What `Keys.read` returns when nothing comes any more."""
ENTER, BACK, TAB = "\n", "\x7f", "\t"
_ENDS = ("\x04", "\x03")
_ESCAPE = "\x1b"
_FOLLOWS = 0.05
"""Seconds in which the rest of an arrow key comes."""

_PAUSE = 0.5
"""Seconds after which a signal is seen at the latest."""


class Keys:
    """Reads keys without Enter while it is open; the terminal is as before afterwards, also after an error."""

    def __init__(self) -> None:
        self._file = sys.stdin.fileno()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._before: list[object] | None = None
        self.terminal = os.isatty(self._file)

    def __enter__(self) -> Self:
        if self.terminal:
            import termios
            import tty

            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            import termios

            termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]  # as it was given

    def read(self) -> str:
        """The next key: a character, `ENTER`, `BACK` or `TAB`; `END` at the end of input or with Ctrl-D. Arrow keys say nothing."""
        while True:
            key = self._character()
            if key == _ESCAPE and self.terminal:
                self._pass_over()
                continue
            if key in _ENDS:
                return END
            return {"\r": ENTER, "\b": BACK}.get(key, key)

    def _pass_over(self) -> None:
        """The rest of an arrow key or of Alt with a key, if Escape was the beginning of one."""
        if not self._more():
            return
        key = self._character()
        if key in ("[", "O"):
            while self._more() and not "@" <= self._character() <= "~":
                pass

    def _more(self) -> bool:
        return bool(select.select([self._file], [], [], _FOLLOWS)[0])

    def _character(self) -> str:
        while True:
            while not select.select([self._file], [], [], _PAUSE)[
                0
            ]:  # Ctrl-C just before a read that blocks would wait for a key
                pass
            byte = os.read(self._file, 1)
            if not byte:
                return END
            if text := self._decoder.decode(byte):
                return text
