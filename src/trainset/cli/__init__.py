"""The command line: one command per verb; parse, call work, print."""

from __future__ import annotations

from trainset.cli.app import main

__all__ = ["main"]
