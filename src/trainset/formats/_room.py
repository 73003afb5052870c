"""How much a packed source may unpack to: bytes are counted while they are copied, no declared size is believed."""

from __future__ import annotations

from trainset.model import Outcome

_LEAST = 512 * 2**20  # bytes that anything may unpack to
_TIMES = 20  # how many times its size a packed source may unpack to: texts pack to a tenth, media hardly at all
_RATIO = 100  # what grows more than this while it is unpacked is a bomb, once it is large:
_FREE = 64 * 2**20  # bytes of a file, which costs no more than reading it (a silent recording packs to nothing)
_FREE_LIST = 2**20  # bytes of a list, where every other byte may be a row
MEMBERS = 150_000
"""Members and folders of an archive, unless a setting says otherwise: more than Speech Commands has (106,000), and few enough that a
slow machine is done with as many empty ones in 12 s."""


PIECE = 8 * 2**10
"""Bytes of a packed stream that are taken at once: little, because what was taken says how strongly a member is packed."""


class Broken(Exception):
    """A member, or the archive behind it, cannot be read on; what was read before is whole."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome, self.reason = outcome, reason


class TooMuch(Exception):
    """The source as a whole unpacks to more than it may. The text says why and what to set."""


class Room:
    """What is left to unpack of a packed source of `size` bytes. `plugin`: whose settings the messages name."""

    def __init__(self, size: int, plugin: str, *, most_bytes: int = 0, members: int = MEMBERS) -> None:
        self.members, self._plugin, self._chosen = members, plugin, most_bytes > 0
        self.bytes = most_bytes or max(_LEAST, _TIMES * size)
        self._taken = self._count = 0

    def take(self, size: int) -> None:
        """These many bytes were unpacked, kept or not. Raises `TooMuch`."""
        self._taken += size
        if self._taken > self.bytes:
            raise TooMuch(
                f"it unpacks to more than {self.bytes:,} bytes, so nothing of it is kept; if you trust it: "
                f"--set {self._plugin}.most_bytes=BYTES"
            )

    def count(self, more: int = 1) -> None:
        """These many more members or folders. Raises `TooMuch`."""
        self._count += more
        if self._count > self.members:
            raise TooMuch(
                f"it has more than {self.members:,} members and folders, so nothing of it is kept; if you trust it: "
                f"--set {self._plugin}.most_members=NUMBER"
            )

    def check_ratio(self, packed: int, unpacked: int, *, list: bool = False) -> None:
        """Raises `Broken` for what grows as no sample does, unless the owner said how many bytes there may be."""
        if not self._chosen and unpacked > (_FREE_LIST if list else _FREE) and unpacked > _RATIO * (packed + PIECE):
            raise Broken(
                Outcome.TOO_LARGE,
                f"it unpacks to more than {_RATIO} times its size, as bombs do; if you trust it: "
                f"--set {self._plugin}.most_bytes=BYTES",
            )
