"""The command line that starts a worker: this interpreter, isolated, with the modules that the parent finds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from trainset.engine.worker import main; main()"


def command() -> list[str]:
    """Isolated: no PYTHON* variable, no user site, no current folder unless the parent has it on its path."""
    bytecode = ["-B"] if sys.dont_write_bytecode else []
    return [sys.executable, "-I", "-X", "utf8", *bytecode, "-c", _BOOT, json.dumps(search_path())]


def search_path() -> list[str]:
    """The parent's sys.path: it finds the same package, installed, editable or through PYTHONPATH.

    The current folder ('' in a notebook) comes last: it may be a stranger's dataset with a `numpy.py` in it.
    """
    named = [entry for entry in sys.path if isinstance(entry, str) and entry]
    return [*named, str(Path.cwd())] if "" in sys.path else named
