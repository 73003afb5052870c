"""A CSV of texts at 10 thousand, 100 thousand and 1 million rows: time and peak memory of each step, as whole commands.

Targets: the import of a million rows in under 3 minutes and 1 GB, with at most 1.5 times the memory of 100 thousand; every
other step in under 2 seconds at a million.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
from pathlib import Path

from measured import Measured, run, trainset

SIZES = (10_000, 100_000, 1_000_000)
TEXT = "card account transfer money please help what why my bank app pin lost stolen fee rate top up cash home new old"
WORDS = TEXT.split()
LIBRARIES = "import duckdb, pyarrow.compute, pyarrow.parquet, rich.console, sqlalchemy, typer"
"""What every command loads: how fast the machine is at the moment."""


def write(path: Path, rows: int) -> None:
    """Seeded texts of 4 to 20 words in 50 classes, 1 % of them exact copies."""
    draw = random.Random(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "speaker", "rating"])
        texts: list[str] = []
        for row in range(rows):
            text = " ".join(draw.choices(WORDS, k=draw.randint(4, 20))) + f" {row}"
            texts.append(draw.choice(texts) if texts and draw.random() < 0.01 else text)
            writer.writerow(
                [texts[-1], f"class_{draw.randrange(50):02}", f"s{draw.randrange(1000)}", draw.randrange(6)]
            )


def steps(size: int, folder: Path) -> dict[str, Measured]:
    """Every step once, on a dataset of its own."""
    write(folder / "texts.csv", size)
    result: dict[str, Measured] = {}

    result["libraries alone"] = run([sys.executable, "-c", LIBRARIES], folder, folder / "home")

    def step(name: str, *arguments: str) -> None:
        result[name] = run(trainset(*arguments, "-d", "set"), folder, folder / "home")

    step("import", "import", "texts.csv")
    step("import again", "import", "texts.csv")
    step("version", "version", "v1")
    step("status", "status")
    step("look --where --sort", "look", "--where", "words > 10 and label <> 'class_00'", "--sort", "-characters")
    step("look --where meta", "look", "--where", "meta.rating >= 4 and contributor = 's7'")
    step(
        "label 1,000 by filter",
        "label",
        "class_01",
        "--where",
        "label = 'class_00' and words = 19",  # 1,128 of a million
        "--why",
        "benchmark",
    )
    step("diff", "diff", "v1")
    return result


def main() -> None:
    """Prints one table."""
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    found = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found[size] = steps(size, Path(folder))
    print(f"{'step':24}" + "".join(f"{size:>14,} rows" for size in sizes))
    for name in found[sizes[0]]:
        print(
            f"{name:24}"
            + "".join(
                f"{f'{found[size][name].seconds:.2f} s {found[size][name].megabytes:.0f} MB':>19}" for size in sizes
            )
        )


if __name__ == "__main__":
    main()
