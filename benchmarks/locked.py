"""What the look for alarms adds to a command: seconds of processor time, of CLINC150 with 6,865 locked texts and of a million with 10,000.

    python benchmarks/locked.py [clinc|million]

Targets: less than 0.1 s of CLINC150 when nothing has happened, and of a million less than 0.2 s but for what enters train. Each time in a process of its
own that has read the samples already, as commands have: after nothing; after a locked sample got another label; after one of train was excluded;
after it was put back into train, where it is compared with all that are locked. To lock is not counted: it compares all of train.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from label_sets import DATA
from million_rows import write

import trainset

TIMES = 5
STEPS = ("nothing", "label a locked one", "exclude one of train", "restore it")
SETS = {"clinc": 6_865, "million": 10_000}


def made(name: str, folder: Path) -> None:
    """The set, with so many samples locked: the test split, and of CLINC150 some of validation as well."""
    source = DATA / "text_clinc150/clinc150.csv"
    if name == "million":
        source = folder / "texts.csv"
        write(source, 1_000_000)
    with trainset.init(folder / "set") as dataset:
        dataset.import_(source)
        some = [
            one.hex()
            for split in ("test", "validation")
            for one in dataset.look(n=10**9, split=split).table["id"].to_pylist()
        ]
        dataset.lock("held", some[: SETS[name]])


def step(what: str, folder: str) -> None:
    """One action, and how long the look for alarms takes after it."""
    from trainset.cli.options import _alarms

    with trainset.open(folder) as dataset:
        locked = dataset.locked("held").ids[7].as_py().hex()
        train = dataset.look(n=1, where="split = 'train'", seed=os.getpid()).table["id"][0].as_py().hex()
        if what == "label a locked one":
            now = dataset.look([locked]).table["label"][0].as_py()
            dataset.label(next(name for name in dataset.status(disk=False).counts if name != now), [locked])
        elif what != "nothing":
            dataset.exclude([train], reason="to see")
            if what == "restore it":
                dataset.alarms()
                dataset.restore([train])
        started = time.process_time()
        _alarms(dataset)
        print(time.process_time() - started)


def main() -> None:
    """A row a step; or one step, as the process that is measured."""
    if len(sys.argv) > 2:
        step(*sys.argv[1:3])
        return
    for name in sys.argv[1:] or SETS:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TRAINSET_HOME"] = str(Path(folder) / "home")
            made(name, Path(folder))
            for what in STEPS:
                command = [sys.executable, __file__, what, str(Path(folder) / "set")]
                seconds = [
                    float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                    for _ in range(TIMES)
                ]
                print(
                    f"{name}: {what}: {statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
