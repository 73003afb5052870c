"""What the terminal says of harm: by which rule of decision there is how much, and which mistakes do most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainset.cli import output

if TYPE_CHECKING:
    from trainset.work.harm import HarmRead

_WORST = 5
_LONGEST = 40


def print_harm(read: HarmRead) -> None:
    """Both rules side by side, the cells and rows of most harm, and costs that do not count."""
    likely, least = read.rules
    if read.samples:
        rules = ((likely, "the likeliest class"), (least, "least expected harm"))
        for rule, name in rules:
            shown = " (shown here)" if rule.rule == read.decide else ""
            output.line(
                f"harm of {name}: {_number(rule.per_thousand)} for 1,000 samples ({_number(rule.low)} to {_number(rule.high)}), "
                f"{100 * rule.accuracy:.1f} % right{shown}"
            )
        less, low, high = read.saved
        more = "less" if less >= 0 else "more"
        ends = (low, high) if less >= 0 else (-high, -low)
        shown = "" if read.decide == "harm" else "; --decide harm shows it"
        output.line(
            f"  least expected harm does {_number(abs(less))} {more} ({' to '.join(map(_number, ends))}){shown}"
        )
    for text in (_worst(read), _rows(read)) if read.samples else ():
        if text:
            output.line(output.safe(text))
    for text in read.unused:
        output.line("note: " + output.safe(text, 400), style="yellow")


def _worst(read: HarmRead) -> str:
    cells = [
        f"{_name(one['label'])} taken for {_name(one['predicted'])} {one['samples']:,} x {_number(one['cost'])} = {_number(one['harm'])}"
        for one in read.worst(_WORST)
    ]
    return (
        "most harm: " + "; ".join(cells)
        if cells
        else "no harm: every sample is predicted right, or its mistake costs nothing"
    )


def _rows(read: HarmRead) -> str:
    sums = sorted(zip(read.chosen.cells.sum(axis=1).tolist(), read.classes, strict=True), key=lambda one: -one[0])
    rows = [f"{_name(name)} {_number(harm)}" for harm, name in sums[:_WORST] if harm > 0]
    return "by label: " + ", ".join(rows) if rows else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _name(name: str) -> str:
    from trainset.cli import matrix

    return matrix.short(name, _LONGEST)
