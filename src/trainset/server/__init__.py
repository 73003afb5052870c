"""The workbench over HTTP: a thin layer that parses, calls `trainset.work` and answers."""

from trainset.server.app import make_app

__all__ = ["make_app"]
