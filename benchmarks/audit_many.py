"""The audit of many samples: small pictures at three sizes with time and peak memory, and two checks over a million rows.

Targets: under 1 GB at 100,000 pictures, with time that grows as their number does; `class_imbalance` and `exact_duplicates` over a
million measured rows in under 5 seconds. All are whole commands.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import many_images
import million_rows
from measured import Measured, run, trainset

SIZES = (10_000, 30_000, 100_000)
ROUNDS = 3
TWO = "class_imbalance,exact_duplicates"


def pictures(count: int, folder: Path) -> dict[str, Measured]:
    """Import and audit of a folder of small pictures, and two checks alone."""
    many_images.write(folder / "pictures", count)
    return commands(
        folder, {"import": ["import", "pictures"], "audit": ["audit"], "two checks": ["audit", "--only", TWO]}
    )


def rows(count: int, folder: Path) -> dict[str, Measured]:
    """Import of a list of texts, two checks, and all of them."""
    million_rows.write(folder / "texts.csv", count)
    return commands(
        folder, {"import": ["import", "texts.csv"], "two checks": ["audit", "--only", TWO], "audit": ["audit"]}
    )


def commands(folder: Path, named: dict[str, list[str]]) -> dict[str, Measured]:
    """Each command on one dataset; of an audit, which changes nothing, the round of median time."""
    result = {}
    for name, words in named.items():
        rounds = [
            run(trainset(*words, "-d", "set"), folder, folder / "home")
            for _ in range(1 if name == "import" else ROUNDS)
        ]
        result[name] = sorted(rounds, key=lambda one: one.seconds)[len(rounds) // 2]
    return result


def main() -> None:
    """Prints one table."""
    options = argparse.ArgumentParser(description="the audit of many samples")
    options.add_argument("sizes", type=int, nargs="*", default=SIZES, help="how many pictures, for each line")
    options.add_argument("--rows", type=int, default=1_000_000)
    asked = options.parse_args()
    print(f"{'':20}{'command':14}{'seconds':>10}{'samples/s':>12}{'ms a sample':>13}{'peak MB':>10}")
    for make, what, sizes in ((pictures, "pictures", asked.sizes), (rows, "rows", [asked.rows])):
        for count in sizes:
            with tempfile.TemporaryDirectory() as folder:
                taken = make(count, Path(folder))
            for name, one in taken.items():
                each = f"{count / one.seconds:>12,.0f}{1000 * one.seconds / count:>13.3f}"
                print(f"{f'{count:,} {what}':20}{name:14}{one.seconds:>10.2f}{each}{one.megabytes:>10,.0f}", flush=True)


if __name__ == "__main__":
    main()
