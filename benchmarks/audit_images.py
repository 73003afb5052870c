"""From files to findings: `trainset import` and `trainset audit` beside cleanvision's `Imagelab`, on photos and on small pictures.

Targets: 3 times cleanvision's samples per second on 1,000 photos and 4 times on 10,000 pictures of 32 x 32, though the import also
hashes, thumbnails, records every file and survives broken ones. Of both sides the import of the library is not counted; ours is also
printed as the two whole commands. Of cleanvision's two settings (`n_jobs=1` and the default) the faster of each round counts.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from measured import Measured, run, trainset
from PIL import Image

SETTINGS = {"n_jobs=1": 1, "default": None}
THEIRS = """
import json, sys, time
from cleanvision import Imagelab

if __name__ == "__main__":
    started = time.perf_counter()
    lab = Imagelab(data_path=sys.argv[1])
    lab.find_issues(n_jobs=json.loads(sys.argv[2]), verbose=False)
    seconds = time.perf_counter() - started
    found = dict(zip(lab.issue_summary["issue_type"], lab.issue_summary["num_images"].tolist()))
    print()
    print(json.dumps({"seconds": seconds, "found": found}))
"""
OURS = """
import json, sys, time
import trainset

trainset.init  # imports the verbs
started = time.perf_counter()
with trainset.init("set") as dataset:
    dataset.import_(sys.argv[1])
    found = {result.check: result.flagged for result in dataset.audit().results}
print(json.dumps({"seconds": time.perf_counter() - started, "found": found}))
"""
NAMES = {
    "dark": "dark", "light": "bright", "blurry": "blurry", "odd_size": "odd_size", "odd_aspect_ratio": "odd_aspect",
    "low_information": "low_information", "grayscale": "grayscale", "exact_duplicates": "exact_duplicates",
    "near_duplicates": "near_duplicates",
}  # fmt: skip
"""What a check is called there and here."""


def data_folder() -> Path:
    """The folder of real pictures, where the tests have it too."""
    return Path(os.environ.get("TRAINSET_DATA") or Path(__file__).parents[2] / "shared" / "data")


def photos(folder: Path, count: int) -> None:
    """Photos of natural size: seeded crops, and each seventh whole, all encoded anew."""
    root = data_folder() / "images_flowers"
    files = sorted(root.rglob("*.jpg"))
    draw = random.Random(0)
    for number in range(count):
        file = files[number % len(files)]
        with Image.open(file) as picture:
            made = picture if number % 7 == 0 else cropped(picture, draw)
            keep(folder / file.parent.relative_to(root) / f"{number:05}.jpg", encoded(made, draw))


def small(folder: Path, count: int) -> None:
    """CIFAR pictures of 32 x 32 as they are; what is missing to `count` are seeded crops of them, half of them flipped."""
    draw = random.Random(0)
    with zipfile.ZipFile(data_folder() / "images_cifar10n" / "images.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        draw.shuffle(names)
        for number in range(count):
            name = names[number % len(names)]
            data = archive.read(name)
            if number >= len(names):
                with Image.open(io.BytesIO(data)) as picture:
                    made = cropped(picture, draw).resize(picture.size)
                    turned = made.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if draw.random() < 0.5 else made
                    data = encoded(turned, draw)
            keep((folder / name).with_name(f"{number:05}.jpg"), data)


def cropped(picture: Image.Image, draw: random.Random) -> Image.Image:
    """A piece of 70 to 95 % of each side."""
    width, height = (round(side * draw.uniform(0.7, 0.95)) for side in picture.size)
    left, top = draw.randint(0, picture.width - width), draw.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def encoded(picture: Image.Image, draw: random.Random) -> bytes:
    """As JPEG of a usual quality."""
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=draw.randint(75, 95))
    return held.getvalue()


def keep(place: Path, data: bytes) -> None:
    """A file in a folder that may have to be made."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def cleanvision(given: Path | None) -> Path | None:
    """The interpreter of an environment that has cleanvision, made in the cache folder the first time; None when it cannot be had."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "trainset-benchmarks" / "cleanvision"
    python = given or cache / "bin" / "python"
    try:
        if given is None and not python.exists():
            subprocess.run([sys.executable, "-m", "venv", cache], check=True)
        if given is None and subprocess.run([python, "-c", "import cleanvision"], capture_output=True).returncode:
            subprocess.run([python, "-m", "pip", "install", "--quiet", "cleanvision"], check=True)
        subprocess.run([python, "-c", "import cleanvision"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no cleanvision to compare with: {error}", file=sys.stderr)
        return None
    return python


def ours(folder: Path, pictures: str) -> tuple[Measured, dict[str, int]]:
    """Import and audit into a dataset that is new, and how many were found by each check."""
    shutil.rmtree(folder / "set", ignore_errors=True)
    (folder / "ours.py").write_text(OURS, encoding="utf-8")
    done = run([sys.executable, "ours.py", pictures], folder, folder / "home")
    answer = json.loads(done.output.splitlines()[-1])
    return Measured(answer["seconds"], done.megabytes, done.output), answer["found"]


def commands(folder: Path, pictures: str) -> Measured:
    """The two commands as a user runs them, into a dataset that is new."""
    shutil.rmtree(folder / "set", ignore_errors=True)
    steps = [run(trainset(*words, "-d", "set"), folder, folder / "home") for words in (["import", pictures], ["audit"])]
    return Measured(sum(s.seconds for s in steps), max(s.megabytes for s in steps), steps[-1].output)


def theirs(python: Path, folder: Path, pictures: str, jobs: int | None) -> tuple[Measured, dict[str, int]]:
    """Imagelab made and asked for issues, and how many it found of each kind."""
    (folder / "theirs.py").write_text(THEIRS, encoding="utf-8")
    done = run([str(python), "theirs.py", pictures, json.dumps(jobs)], folder, folder / "home")
    answer = json.loads(done.output.splitlines()[-1])
    return Measured(answer["seconds"], done.megabytes, done.output), answer["found"]


def compare(python: Path | None, folder: Path, pictures: str, rounds: int) -> Iterator[str]:
    """The lines of one table: both by turns, the median of each, the ratio, and what each found."""
    count = sum(1 for place in (folder / pictures).rglob("*") if place.is_file())
    taken: dict[str, list[Measured]] = {}
    found: dict[str, int] = {}
    whole = []
    for _ in range(rounds):
        done, flagged = ours(folder, pictures)
        taken.setdefault("trainset import + audit", []).append(done)
        whole.append(commands(folder, pictures))
        if python:
            for name, jobs in SETTINGS.items():
                done, found = theirs(python, folder, pictures, jobs)
                taken.setdefault(f"cleanvision, {name}", []).append(done)
    yield f"{f'{count:,} {pictures}':28}{'files/s':>10}{'seconds':>10}{'peak MB':>10}"
    for name, some in [*taken.items(), ("trainset, whole commands", whole)]:
        seconds = statistics.median(one.seconds for one in some)
        yield f"{name:28}{count / seconds:>10,.0f}{seconds:>10.1f}{max(one.megabytes for one in some):>10,.0f}"
    if python:
        mine, *others = taken.values()
        ratios = [min(other.seconds for other in turn) / own.seconds for own, *turn in zip(mine, *others, strict=True)]
        each = ", ".join(f"{ratio:.1f}" for ratio in ratios)
        yield f"ratio to the faster setting, median of {rounds} rounds: {statistics.median(ratios):.1f} ({each})"
    yield f"{'found':28}{'trainset':>10}{'cleanvision':>13}"
    for other, own in NAMES.items():
        yield f"{other:28}{flagged.get(own, '-'):>10}{found.get(other, '-'):>13}"
    more = ", ".join(f"{name} {number:,}" for name, number in flagged.items() if number and name not in NAMES.values())
    yield "of equal pictures trainset flags all but the one to keep, cleanvision every one"
    yield f"only trainset looks for: {more or 'nothing found'}\n"


def main() -> int:
    """Prints two tables. 1 when cleanvision is missing, 2 when the pictures are."""
    options = argparse.ArgumentParser(description="trainset beside cleanvision, from files to findings")
    options.add_argument("--photos", type=int, default=1_000)
    options.add_argument("--small", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--python", type=Path, help="of an environment that has cleanvision")
    asked = options.parse_args()
    if not data_folder().is_dir():
        print(f"no pictures at {data_folder()}: set TRAINSET_DATA", file=sys.stderr)
        return 2
    python = cleanvision(asked.python.absolute() if asked.python else None)
    with tempfile.TemporaryDirectory() as place:
        for write, name, count in ((photos, "photos", asked.photos), (small, "small pictures", asked.small)):
            write(Path(place) / name, count)
            for line in compare(python, Path(place), name, asked.rounds):
                print(line, flush=True)
    return 0 if python else 1


if __name__ == "__main__":
    sys.exit(main())
