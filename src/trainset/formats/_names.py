"""Names for folders and files that are safe on any system, and the way back to the class they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable
from itertools import chain, count

from trainset.store.ids import content_hash

LONGEST = 200
"""Bytes of a name: file systems take 255, and a media file's name may get an id."""

_UNSAFE = re.compile(
    '[<>:"/\\\\|?*%\\x00-\\x1f\\x7f-\\x9f\\xad\\u061c\\u200b-\\u200f'
    "\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ud800-\\udfff\U000f0000-\U000f00ff]"
)
_ENDS = re.compile(r"^[.~\s-]|[.\s]$")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])\s*(\.|$)")
_SYSTEM = frozenset(("__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini"))
_EMPTY = "%"  # no encoded name is a sole per cent sign
_CUT = "%~"  # nor has one this: before the hash of a label that was too long


def fold(name: str) -> str:
    """What two names have in common that some file system takes for one: case and Unicode form do not count."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", folded).casefold())


def safe_name(label: str, taken: Container[str] = ()) -> str:
    """A folder name for a class; `unsafe_name` gives the class back. `taken` holds the `fold` of the names in use.

    What is unsafe anywhere is percent-encoded: `a/b` is `a%2Fb`, `CON` is `%43ON`, `..` is `%2E%2E`. So is the beginning of
    a name that differs from a taken one only in case or Unicode form. More than 200 bytes are cut and end in `%~` and a
    hash: that name alone does not give the class back.
    """
    for letters in range(len(label) + 1):
        name = _shortened(_encoded(label, letters), label)
        if fold(name) not in taken:
            return name
    return _with_hash(_encoded(label, len(label)), label)


def unsafe_name(folder: str) -> str:
    """The class that `safe_name` made this folder for; the folder's name itself when it was cut or never encoded.

    Only for folders of our own exports: in others a per cent sign is a per cent sign.
    """
    if folder == _EMPTY:
        return ""
    if re.search("%(?![0-9A-F]{2})", folder):
        return folder
    try:
        return re.sub(b"%(..)", lambda code: bytes.fromhex(code[1].decode()), folder.encode()).decode(
            "utf-8", "surrogatepass"
        )
    except UnicodeDecodeError:
        return folder


class FolderNames:
    """One folder name for each class, the same whenever it is asked for. `taken`: names that are in use already."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {fold(name) for name in taken}
        self._names: dict[str, str] = {}

    def name(self, label: str) -> str:
        """The folder of this class."""
        if label not in self._names:
            name = self._names[label] = safe_name(label, self._taken)
            self._taken.add(fold(name))
        return self._names[label]

    @property
    def changed(self) -> dict[str, str]:
        """Class -> folder, of the classes whose folder has another name."""
        return {label: name for label, name in self._names.items() if name != label}


def file_name(name: str, identifier: str, taken: set[str]) -> str:
    """A safe name for a media file, with its extension, and with the sample's id when the name is taken.

    `taken` holds the `fold` of the names in use in that folder; the new one is added to it.
    """
    stem, dot, suffix = name.rpartition(".")
    if not stem or not suffix or suffix.strip() != suffix or len(suffix) > 20:
        stem, dot, suffix = name or identifier, "", ""
    suffix = _UNSAFE.sub(_percent, suffix)
    for addition in chain(("", f"_{identifier[:12]}"), (f"_{identifier}_{number}" for number in count(2))):
        body = _cut(_encoded(stem, 0), LONGEST - len(suffix.encode()) - 1 - len(addition))
        safe = f"{body}{addition}{dot}{suffix}"
        if fold(safe) not in taken:
            break
    taken.add(fold(safe))
    return safe


def _encoded(label: str, letters: int) -> str:
    """`label` with what is unsafe encoded, and with it the first `letters` characters."""
    if not label:
        return _EMPTY
    name = _UNSAFE.sub(_percent, label[letters:])
    if not letters and (_ENDS.match(name) or _DEVICES.match(name) or name.lower() in _SYSTEM):
        letters, name = 1, _UNSAFE.sub(_percent, label[1:])
    name = "".join(map(_percent, label[:letters])) + name
    return name if not _ENDS.search(name[-1]) else name[:-1] + _percent(name[-1])


def _percent(character: str | re.Match[str]) -> str:
    text = character if isinstance(character, str) else character[0]
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def _shortened(name: str, label: str) -> str:
    return name if len(name.encode()) <= LONGEST else _with_hash(name, label)


def _with_hash(name: str, label: str) -> str:
    digest = content_hash(label.encode("utf-8", "surrogatepass")).hex()
    return _cut(name, LONGEST - len(_CUT) - len(digest)) + _CUT + digest


def _cut(name: str, most: int) -> str:
    """The beginning of `name`, at most `most` bytes, no character and no %XX cut in two."""
    beginning = name.encode()[: max(most, 1)].decode("utf-8", "ignore")
    return re.sub("%[0-9A-F]?$", "", beginning) if len(beginning) < len(name) else beginning
