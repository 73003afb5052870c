"""Paths: any file name as a string and back, and the one test that a path stays inside the folder it belongs to."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from trainset.errors import Unsafe

_ESCAPE = 0xF0000  # bytes that are no UTF-8 become U+F0080..U+F00FF, code points no real file name uses


def encode(name: bytes) -> str:
    """A file name's bytes as text, reversible for any bytes: what is no UTF-8 goes to the private plane, and so does,
    byte by byte, a name that already has such a character."""
    text = name.decode("utf-8", "surrogateescape")
    if text.isascii() or not any(0xDC80 <= ord(c) <= 0xDCFF or _ESCAPE <= ord(c) <= _ESCAPE + 0xFF for c in text):
        return text
    return "".join(_escaped(c) for c in text)


def decode(text: str) -> bytes:
    """The bytes that `encode` was given."""
    if text.isascii():
        return text.encode()
    return b"".join(
        bytes([ord(c) - _ESCAPE]) if _ESCAPE <= ord(c) <= _ESCAPE + 0xFF else c.encode("utf-8", "surrogatepass")
        for c in text
    )


def local(text: str) -> str:
    """An encoded path as the operating system's functions take it."""
    return os.fsdecode(decode(text))


def from_local(name: str) -> str:
    """What `local` was given: a path of the operating system as encoded text."""
    return encode(os.fsencode(name))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return chr(_ESCAPE + code - 0xDC00)
    if _ESCAPE <= code <= _ESCAPE + 0xFF:
        return "".join(chr(_ESCAPE + byte) for byte in character.encode())
    return character


def normal(path: str) -> str:
    """A listed path as walking the folder spells it: `./a//b` is `a/b`; an absolute one stays absolute, `..` stays."""
    if "//" not in path and "./" not in path:
        return path
    return ("/" if path.startswith("/") else "") + "/".join(part for part in path.split("/") if part not in ("", "."))


def check_relative(path: str) -> None:
    """Refuses, without touching the disk, what cannot be a path below a folder. Raises `Unsafe`."""
    name = local(path)
    if "\0" in name:
        raise Unsafe("the path holds a NUL character", where=repr(path))
    if "\\" in name and (name.startswith("\\") or "..\\" in name or name[1:3] == ":\\"):
        raise Unsafe("the path leaves its folder by backslashes", where=repr(path))
    if name.startswith("/") or name[1:3] == ":/" or name.startswith("~"):
        raise Unsafe("the path is absolute", where=repr(path), expected="a path relative to the source")
    if ".." in name.split("/"):
        raise Unsafe("the path leaves its folder by '..'", where=repr(path))


def resolve(root: Path, path: str, allowed: Sequence[str] = ()) -> str:
    """The real place of `path` below `root`, links followed; inside `root` or one of the `allowed` folders.

    Raises `Unsafe` when it is elsewhere, `OSError` when it does not exist.
    """
    if not allowed or "\0" in path:
        check_relative(path)
    roots = [os.path.realpath(place) for place in (str(root), *allowed)]
    real = os.path.realpath(os.path.join(roots[0], local(path)), strict=True)  # noqa: PTH118  # keeps odd bytes as they are
    if not is_inside(real, roots):
        raise _outside(path)
    return real


def open_media(root: Path, path: str, allowed: Sequence[str] = ()) -> BinaryIO:
    """Opens a regular file that `resolve` finds safe, for reading. The test runs at every opening.

    Raises `Unsafe` for what leaves the root and for devices, pipes and sockets; `OSError` as `open` does.
    """
    if not _KERNEL_TELLS:
        return _checked(os.open(resolve(root, path, allowed), _FLAGS | getattr(os, "O_NOFOLLOW", 0)), path)
    if not allowed or "\0" in path:
        check_relative(path)
    roots = [_real(str(place)) for place in (root, *allowed)]
    full = os.path.join(roots[0], local(path))  # noqa: PTH118  # keeps odd bytes as they are
    if not stat.S_ISREG(os.stat(full).st_mode):  # noqa: PTH116  # before opening: to open a device can be a deed
        raise Unsafe(_IRREGULAR, where=path)
    file = _checked(os.open(full, _FLAGS), path)
    if not is_inside(os.readlink(f"/proc/self/fd/{file.fileno()}"), roots):  # noqa: PTH115  # where the kernel went, links and races included
        file.close()
        raise _outside(path)
    return file


class Reader:
    """Reads the files below one root, each opened once, tested as `open_media` tests.

    The folder of the last file stays open: what lies in it is found from there, so that a test of the folder holds for its
    files, and no link swapped in later leads anywhere else.
    """

    def __init__(self, root: str, allowed: Sequence[str]) -> None:
        self._root, self._allowed = Path(root), tuple(allowed)
        self._folder, self._descriptor = "", -1

    def read(self, path: str, most: int) -> tuple[os.stat_result, bytes]:
        """What the system says of a file, and its bytes, at most `most` of them. Raises `Unsafe`, `OSError`."""
        descriptor = self._open(path)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise Unsafe(_IRREGULAR, where=path)
            wanted = min(facts.st_size + 1, most)
            data = os.read(descriptor, wanted)
            while len(data) < min(facts.st_size, most) and (more := os.read(descriptor, wanted - len(data))):
                data += more
        finally:
            os.close(descriptor)
        return facts, data

    def close(self) -> None:
        """Closes the folder."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._folder, self._descriptor = "", -1

    def _open(self, path: str) -> int:
        folder, _, name = path.rpartition("/")
        if _KERNEL_TELLS and name not in ("", ".", "..") and "\0" not in path and self._enter(folder):
            name = local(name)
            if stat.S_ISREG(os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mode):
                return os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=self._descriptor)
        with open_media(self._root, path, self._allowed) as file:  # a link, or a refusal in its own words
            return os.dup(file.fileno())

    def _enter(self, folder: str) -> bool:
        """Whether this folder below the root is open now; it is not when it leads elsewhere."""
        if self._descriptor >= 0 and folder == self._folder:
            return True
        self.close()
        try:
            check_relative(folder or ".")
        except Unsafe:
            return False
        place = os.path.join(self._root, local(folder))  # noqa: PTH118  # keeps odd bytes as they are
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return False
        if not is_inside(os.readlink(f"/proc/self/fd/{descriptor}"), [_real(str(self._root))]):  # noqa: PTH115
            os.close(descriptor)
            return False
        self._folder, self._descriptor = folder, descriptor
        return True


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_IRREGULAR = "this is no regular file but a device, pipe, socket or folder"
_KERNEL_TELLS = os.path.isdir("/proc/self/fd")  # noqa: PTH112  # Linux


def _checked(descriptor: int, path: str) -> BinaryIO:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unsafe(_IRREGULAR, where=path)
    return os.fdopen(descriptor, "rb")


def is_inside(real: str, roots: Sequence[str]) -> bool:
    """Whether a real place is one of these, or lies below one."""
    return any(real == place or real.startswith(place.rstrip("/") + "/") for place in roots)


def _outside(path: str) -> Unsafe:
    return Unsafe(
        "the path leads out of its source", where=path, next="name the place with --allow-root if you trust the source"
    )


@lru_cache(maxsize=64)
def _real(place: str) -> str:
    """Where a root really is. Kept: should a link on its way change later, what is opened lies elsewhere and is refused."""
    return os.path.realpath(place)
