"""The first five minutes: `python -m trainset.quickstart` runs the loop on scikit-learn's 1,797 handwritten digits.

Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI 1998, as scikit-learn ships it (8 x 8 grey pixels).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from trainset.errors import TrainsetError

_SCALE = 4  # 8 x 8 pixels are written as 32 x 32, so that one can see them


def main() -> None:
    """Writes the digits as class folders, then runs the commands that a newcomer would type, showing each."""
    place = Path("quickstart")
    write_digits(place / "digits")
    number = next(n for n in range(1, 10_000) if not (place / f"run-{n}").exists())
    here = place / f"run-{number}"
    here.mkdir(parents=True)
    os.chdir(here)
    print(f"\n1,797 handwritten digits lie in {place / 'digits'} as PNG class folders. This run is kept in {here}.")
    _run("import", "../digits", "-d", "digits.trainset")
    _run("look", "-n", "10", "--seed", "1")
    _run("version", "v1", "-m", "as imported")
    wrong = _one_sample()
    _run("label", "9", wrong, "--why", "to show how a label is fixed")
    _run("exclude", "--where", "path = '8/digit_0008.png'", "--why", "to show how a sample is left out")
    _run("version", "v2", "-m", "one label changed, one sample left out")
    _run("diff", "v1", "v2")
    _run("export", "digits_v2", "--at", "v2", "--format", "split-class-folders")
    _run("status", "--no-disk")
    _damaged(place)
    print(
        f"\nThat was the loop: import, look, audit, train, fix, name a version, compare, export, tell others. Go on in {here}:"
    )
    print("  trainset serve                     all of it in the browser (make quickstart OPEN=1 opens it at the end)")
    print("  trainset look --label 8            another draw of one class (--seed 2, --where, --sort)")
    print("  trainset log; trainset undo        who did what and why; take it back")
    print("  trainset ./your-folder             the same with your own pictures, recordings or texts")
    print(f"  (the command is {Path(sys.executable).parent / 'trainset'})")
    if os.environ.get("OPEN"):
        _run("serve", "-d", "digits.trainset")


def _damaged(place: Path) -> None:
    """The same digits with damage planted in them: what the import and the audit find of it."""
    import trainset
    from trainset.planted import found, plant

    planted = plant(Path("../digits"), Path("../damaged"))
    print(f"\nThe same digits with seeded damage lie in {place / 'damaged'}: what does an audit find of it?")
    _run("import", "../damaged", "-d", "damaged.trainset")
    _run("audit", "-d", "damaged.trainset")
    with trainset.open("damaged.trainset") as dataset:
        report = dataset.import_("../damaged")
        paths = {bytes.fromhex(row["id"]): row["path"] for row in dataset.look(n=10_000).rows()}
        rows = found(planted, report, dataset.audit(), paths)
    print("\nplanted                   number  found  by")
    for kind, number, hits, by in rows:
        print(f"{kind:25} {number:6} {'-' if hits is None else hits:>6}  {by}")
    _learned(planted["flipped label"])


def _learned(flipped: list[str]) -> None:
    """A model on those digits: the labels it finds wrong, what reviewing them corrects, and what that is worth on the test set."""
    import trainset
    from trainset.planted import reviewed

    print("\nWhich labels are wrong, only a model can tell; it judges each label without having seen it.")
    _run("version", "as-found", "-d", "damaged.trainset")
    _run("train", "--embedder", "pixels", "-d", "damaged.trainset")
    _run("audit", "--only", "label_error", "-d", "damaged.trainset")
    with trainset.open("damaged.trainset") as dataset:
        flagged = [str(row["path"]) for row in dataset.look(check="label_error", n=10_000).rows()]
    hits = len(set(flagged) & set(flipped))
    print(
        f"\nOf {len(flipped)} flipped labels {hits} are among the {len(flagged)} flagged: recall {hits / len(flipped):.0%}, ",
        end="",
    )
    print(
        f"precision {hits / max(1, len(flagged)):.0%}. A person reviews the {len(flagged)} and writes down what they show:"
    )
    Path("reviewed.csv").write_text("\n".join(["path,label", *reviewed(flagged)]) + "\n", encoding="utf-8")
    _run("apply", "reviewed.csv", "-d", "damaged.trainset", "--why", "reviewed label errors")
    _run("version", "reviewed", "-m", "label errors corrected", "-d", "damaged.trainset")
    _run("diff", "as-found", "reviewed", "-d", "damaged.trainset")
    _run("train", "--embedder", "pixels", "-d", "damaged.trainset")
    print("\nWhat was that worth? The same recipe, trained on each version, tested on the test sets of both:")
    _run("compare", "as-found", "reviewed", "--embedder", "pixels", "-d", "damaged.trainset")
    print("\nWhoever gets the data reads its card:")
    _run("card", "set", "purpose", "To try trainset: handwritten digits with planted damage.", "-d", "damaged.trainset")
    _run("card", "reviewed", "--out", "card", "-d", "damaged.trainset")


def write_digits(folder: Path) -> None:
    """Writes every digit as `folder/<digit>/digit_<number>.png`, unless they are there already."""
    if folder.exists():
        return
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    temporary = folder.with_name(folder.name + ".tmp")
    for number, (pixels, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        grey = np.kron(pixels * 255 / 16, np.ones((_SCALE, _SCALE))).astype(np.uint8)
        path = temporary / str(digit) / f"digit_{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(grey).save(path)
    temporary.rename(folder)


def _run(*arguments: str) -> None:
    from trainset.cli.app import app

    print("\n$ trainset " + " ".join(f'"{a}"' if " " in a else a for a in arguments), flush=True)
    app(list(arguments), standalone_mode=False, prog_name="trainset")


def _one_sample() -> str:
    import trainset

    with trainset.open() as dataset:
        return dataset.look(label="8", n=1, seed=1).ids[0]


if __name__ == "__main__":
    try:
        main()
    except TrainsetError as error:
        sys.exit(f"error: {error}")
