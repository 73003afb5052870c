"""Ctrl-C while the query table reads a part stays Ctrl-C, though the database turns what is raised in a stream into an error of its own."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from tests.work import made

from trainset.store import parts


def test_an_interruption_while_parts_are_read_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    with made.copied(tmp_path) as dataset:
        monkeypatch.setattr(parts, "batches", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dataset.look()
