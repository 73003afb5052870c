"""The process of one job: reads what is asked from stdin, runs the verb, tells its progress on stdout, a line of JSON each."""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import threading
from typing import IO, Any

from trainset.errors import TrainsetError
from trainset.lean import collect_rarely, leave_pandas_out


def main() -> None:
    """Ends with 0 when it could say how the verb ended."""
    leave_pandas_out()
    collect_rarely()
    told, requests = _pipes()
    asked = json.loads(requests.readline())
    _die_with_parent(asked["parent"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    lock = threading.Lock()

    def say(**facts: Any) -> None:
        with lock:
            told.write(json.dumps(facts, ensure_ascii=True, default=str).encode() + b"\n")
            told.flush()

    threading.Thread(target=_wait_for_end, args=(requests,), daemon=True).start()
    try:
        from trainset.server.job_verbs import VERBS
        from trainset.work.workbench import open as open_dataset

        with open_dataset(asked["folder"]) as dataset:
            given = {**asked["arguments"], "job": asked["number"]}
            say(result=VERBS[asked["verb"]].run(dataset, given, asked["person"], say))
    except TrainsetError as error:
        say(error=error.as_dict())
    except KeyboardInterrupt:
        say(cancelled=True)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Where lines are told and read; what libraries print goes to stderr."""
    told = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return told, requests


def _wait_for_end(requests: IO[bytes]) -> None:
    """The parent closes the pipe to have the job stop; a parent that dies closes it too."""
    requests.read()
    _thread.interrupt_main()


def _die_with_parent(parent: int) -> None:
    from trainset.engine.limits import die_with

    if os.getppid() != parent:
        sys.exit(1)
    die_with(parent)
