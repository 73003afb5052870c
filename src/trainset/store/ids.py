"""Identity: what makes a sample this sample, and its content this content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from trainset.errors import BadValue

SHOWN = 12
"""How many hex digits of an id are printed."""


def sample_id(source: str, key: bytes) -> bytes:
    """The first 16 bytes of BLAKE2b over the source's name and the key of the sample in it."""
    return hashlib.blake2b(source.encode() + b"\0" + key, digest_size=16).digest()


def file_ids(source: str, paths: list[bytes]) -> list[bytes]:
    """The ids of many files of a source, from their paths as on disk: `sample_id` of each `file_key`."""
    started = hashlib.blake2b(source.encode() + b"\0" + file_key(b""), digest_size=16)
    result = []
    for path in paths:
        hashed = started.copy()
        hashed.update(path)
        result.append(hashed.digest())
    return result


def file_key(path: bytes) -> bytes:
    """The key of a file: its relative path, as on disk, with `/`."""
    return b"file\0" + path


def row_key(identifier: bytes) -> bytes:
    """The key of a row that has an id column."""
    return b"row\0" + identifier


def text_key(content: bytes, occurrence: int) -> bytes:
    """The key of a row without id: the hash of its text, and how many equal texts came before it in its list.

    Never the row's number: a line inserted above must not move people's labels to other texts.
    """
    return b"text\0" + content + occurrence.to_bytes(8, "big")


def content_hash(data: bytes) -> bytes:
    """BLAKE2b-128 of a file's bytes or of a text's UTF-8."""
    return hashlib.blake2b(data, digest_size=16).digest()


def shown(identifier: bytes) -> str:
    """An id as it is printed."""
    return identifier.hex()[:SHOWN]


def parse_prefix(text: str) -> str:
    """A printed id, or a part of one of at least 4 digits, in lower case. Raises `BadValue` when it is none."""
    digits = text.lower().replace("-", "")
    if not 4 <= len(digits) <= 32 or any(c not in "0123456789abcdef" for c in digits):
        raise BadValue(
            "this is no sample id", expected="4 to 32 hex digits as `trainset look` prints them", got=repr(text)
        )
    return digits


def in_sql(some: Iterable[bytes]) -> str:
    """Ids between commas as SQL has them, which finds them ten times as fast as by their digits."""
    return ", ".join("'" + "".join(f"\\x{byte:02X}" for byte in one) + "'::BLOB" for one in some) or "NULL"
