"""What a worker process may take from the machine: memory, files, variables, and no life beyond its parent's."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

LARGEST_FILE = 128 * 2**20
"""Bytes a worker may write to one file: enough for the temporary file of a decoder, too little to fill a disk."""

_KEPT = {
    "PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT", "WINDIR",
}  # fmt: skip

_SET = {
    "OMP_NUM_THREADS": "1",  # the pool is the parallelism
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space by the gigabyte
    "MALLOC_MMAP_THRESHOLD_": str(
        32 * 2**20
    ),  # memory given back to the system after each array comes back page by page
    "MALLOC_TRIM_THRESHOLD_": str(64 * 2**20),
    "MALLOC_ARENA_MAX": "2",  # glibc reserves 64 MB of address space for each
}


def environment(parent: Mapping[str, str]) -> dict[str, str]:
    """The variables a worker gets: what libraries need to run, no secret of the user's shell."""
    return {name: value for name, value in parent.items() if name in _KEPT} | _SET


def die_with(parent: int) -> None:
    """Has Linux kill this process with the thread that started it, even in the middle of a row.

    Elsewhere the process ends when it next reads a request and finds the pipe closed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # a system without prctl still has the pipe
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1: PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it was gone before the call
            os._exit(0)


def limit(memory: int) -> None:
    """Bounds address space to what is in use now plus `memory` bytes, and what is written to disk."""
    try:
        import resource
    except ImportError:  # Windows: time is bounded there, memory is not
        return
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit is an error, not a death
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, LARGEST_FILE)
    with contextlib.suppress(OSError):  # no /proc (macOS): address space cannot be bounded there
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + memory)


def _lower(kind: int, value: int) -> None:
    import resource

    soft, hard = resource.getrlimit(kind)
    value = min([value, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)])
    resource.setrlimit(kind, (value, value))
