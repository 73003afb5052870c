"""The split a sample gets when its source has none."""

from __future__ import annotations

from trainset.store import ids


def proposed_split(contributor: str | None, content: bytes | None) -> str | None:
    """The split a sample would get: 80/10/10 by the hash of its contributor, or without one of its content, so that it never
    moves as data grow and one contributor, or exact copies, stay on one side."""
    if contributor is None and content is None:
        return None
    key = b"contributor\0" + contributor.encode() if contributor is not None else b"content\0" + (content or b"")
    share = int.from_bytes(ids.content_hash(key)[:8], "big") / 2**64
    return "test" if share < 0.1 else "validation" if share < 0.2 else "train"
