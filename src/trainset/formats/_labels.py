"""What is unusual about labels: all of them stay exactly as they are, and their owner hears of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainset.formats._columns import listed, shown

_INVISIBLE = (
    "\\x{ad}\\x{180e}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{206f}\\x{feff}\\x{e0000}-\\x{e007f}\\x{61c}"
)
_PATTERNS = {
    "blanks at an end": "^\\s|\\s$|^[\\x{a0}\\x{3000}\\x{2000}-\\x{200a}]|[\\x{a0}\\x{3000}\\x{2000}-\\x{200a}]$",
    "invisible characters": f"[{_INVISIBLE}]",
    "control characters": "[\\x00-\\x1f\\x7f\\x{80}-\\x{9f}]",
    "markup": "<[A-Za-z!/]",
    "replacement characters: letters were lost before": "\\x{fffd}",
}
"""Remark -> pattern (RE2)."""
_LONGEST = 200  # characters a name may have to be compared with others
_ANY = "|".join(f"(?:{pattern})" for pattern in _PATTERNS.values())
_WORDS = frozenset(
    ["true", "false", "yes", "no", "nan", "na", "n/a", "null", "none", "nil", "#n/a", "inf", "-inf", "infinity"]
)


def label_remarks(labels: pa.Array) -> dict[int, str]:
    """Place -> remark, of the labels whose spelling is unusual."""
    odd = pc.unique(labels).drop_null()
    odd = odd.filter(pc.match_substring_regex(odd, _ANY))
    if not len(odd):
        return {}
    why = {}
    for label in odd.to_pylist():
        found = [
            what for what, pattern in _PATTERNS.items() if pc.match_substring_regex(pa.scalar(label), pattern).as_py()
        ]
        why[label] = f"unusual label: {shown(label)} has {' and '.join(found)}"
    places = np.flatnonzero(pc.is_in(labels, odd).to_numpy(zero_copy_only=False))
    return {int(place): why[labels[int(place)].as_py()] for place in places}


def class_remarks(labels: Collection[str]) -> Sequence[str]:
    """What to say of all labels of a table: those that readers take for something else, and those that look alike."""
    remarks, labels = [], [label for label in labels if len(label) <= _LONGEST]
    if values := sorted(label for label in labels if _is_value(label)):
        remarks.append(
            f"labels that look like numbers, truth values or missing values are kept as text: {listed(values)}"
        )
    alike: dict[str, list[str]] = {}
    for label in sorted(labels):
        alike.setdefault(_folded(label), []).append(label)
    groups = ["; ".join(map(shown, group[:8])) for group in alike.values() if len(group) > 1]
    if groups:
        more = f" and {len(groups) - 5} more such groups" if len(groups) > 5 else ""
        remarks.append(
            f"labels that differ only in case, blanks or spelling are kept apart: {' / '.join(groups[:5])}{more}"
        )
    return remarks


def _is_value(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return label.strip().lower() in _WORDS
    return True


def _folded(label: str) -> str:
    """How a label looks at a glance."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", label) if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFC", visible.casefold()).split())
