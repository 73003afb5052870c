"""Every broken, hostile and unusual list of the test data, each through its format alone, against the manifest's judgement."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.formats.outcomes import Read, read

REMARKED_BY_THE_IMPORT = {
    "control_chars.csv", "formula_injection.csv", "mojibake.csv", "mojibake_twice.csv", "replacement_chars.csv",
    "path_traversal_manifest.csv",
}  # fmt: skip
"""Here the text (or path) of a row is what is remarkable: `media.text.text_remarks` and the opening of the files say so."""

DISAGREEMENTS: dict[str, str] = {}
"""File -> why we judge otherwise."""


def judged(found: Read) -> str:
    """What we did, in the manifest's words."""
    if not found.samples:
        return "reject"
    remarked = found.remarks or found.outcomes.rows or any(found.column("remarks"))
    return "warn" if remarked else "accept"


def test_every_malformed_list_is_judged_as_the_manifest_does(data_folder: Path) -> None:
    wrong, lines = [], []
    with (data_folder / "malformed" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        entries = [row for row in csv.DictReader(file) if row["group"] == "text"]
    assert len(entries) == 50
    for entry in entries:
        path = data_folder / "malformed" / entry["path"]
        found = read(path)
        ours, theirs = judged(found), entry["class"]
        said = (
            found.reason
            if not found.samples
            else "; ".join((*found.remarks, *(why for _, why in found.outcomes.rows.values())))
        )
        lines.append(f"{path.name:28} {theirs:7} {ours:7} {len(found.samples):3}  {found.outcome:11}  {said[:110]}")
        same = {
            "accept": ours == "accept",
            "warn": ours == "warn"
            or path.name in REMARKED_BY_THE_IMPORT
            or bool(found.outcome.is_bad and path.name == "header_only.csv"),
            "reject": ours == "reject" and found.outcome.is_bad and bool(found.reason),
            "limit": ours == "reject" and found.outcome.is_bad,
        }[theirs]
        if not same and path.name not in DISAGREEMENTS:
            wrong.append(lines[-1])
    print("\n".join(lines))
    assert not wrong, "\n".join(wrong)


def test_what_the_import_is_to_remark_is_handed_on_unchanged(data_folder: Path) -> None:
    found = read(data_folder / "malformed" / "text" / "formula_injection.csv")
    assert found.column("text") == ['=HYPERLINK("http://example.invalid";"x")', "=1+1", "+1", "-1", "@SUM(A1)"]
    found = read(data_folder / "malformed" / "text" / "path_traversal_manifest.csv")
    assert found.column("path")[0] == "../../../../etc/passwd"
    assert found.column("path")[-1] == "images/ok_grey.jpg\0.txt"
    found = read(data_folder / "malformed" / "text" / "whitespace_fields.csv")
    assert found.column("text") == ["NA", "NaN", "null", "None", "ok"]
