"""The confusion matrix in the terminal: labels on rows, predictions on columns, in colours that colour-blind people can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trainset.cli import output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.text import Text

MOST = 30
"""Classes of a matrix at most; of more, a block of those that are confused most."""
_NAME, _HEAD = 18, 12
"""Characters of a name beside a row, and above a column."""
_RIGHT = ((222, 235, 247), (158, 202, 225), (66, 146, 198), (8, 81, 156))
_WRONG = ((254, 230, 206), (253, 174, 107), (241, 105, 19), (166, 54, 3))
"""Blues for what is right, oranges for mistakes (ColorBrewer): told apart with any kind of colour blindness, and by lightness alone."""


@dataclass(frozen=True)
class Block:
    """Rows and columns of a matrix that are shown. rows, columns: names. cells: counts, (rows, columns). diagonal: for each row the column
    that is right. rest: per row what lies in columns that are not shown. before: the counts an epoch ago, for marks; None for none. harm: what
    is printed in place of counts, but for what is right; its last column is the rest."""

    rows: Sequence[str]
    columns: Sequence[str]
    numbers: Sequence[int]
    cells: NDArray[np.int64]
    diagonal: Sequence[int]
    rest: NDArray[np.int64]
    before: NDArray[np.int64] | None = None
    harm: NDArray[np.int64] | None = None


def matrix(
    counts: NDArray[np.int64],
    names: Sequence[str],
    *,
    width: int,
    most: int = MOST,
    before: NDArray[np.int64] | None = None,
    harm: NDArray[np.float64] | None = None,
) -> list[Text]:
    """The lines of a square matrix that fit into `width` columns; those beside `most` classes are left out, the most confused stay. harm: of
    each cell, printed (rounded up) and counting in place of mistakes."""
    import numpy as np

    shown = counts if harm is None else np.diag(np.diag(counts)) + np.ceil(harm - 1e-9).astype(np.int64)
    keep = confused(shown, _fitting(shown, names, names, width, most))
    inside = counts[np.ix_(keep, keep)]
    some = [names[code] for code in keep]
    block = Block(
        some, some, keep, inside, [*range(len(keep))], counts[keep].sum(axis=1) - inside.sum(axis=1),
        before[np.ix_(keep, keep)] if before is not None else None,
        np.column_stack([shown[np.ix_(keep, keep)], np.delete(shown[keep], keep, axis=1).sum(axis=1)]) if harm is not None else None,
    )  # fmt: skip
    lines = drawn(block, width=width, all_shown=len(keep) == len(names))
    if len(keep) < len(names):
        lines.append(text(f"the {len(keep)} most confused of {len(names)} classes; --json has them all", "dim"))
    return lines


def beneath(
    counts: NDArray[np.int64],
    labels: Sequence[str],
    classes: Sequence[str],
    of: Sequence[int],
    *,
    width: int,
    most: int = MOST,
) -> list[Text]:
    """The lines of a matrix with a row for each label beneath, and a column for each class. counts: (labels, classes)."""
    import numpy as np

    wrong = counts.sum(axis=1) - counts[np.arange(len(labels)), [*of]]
    rows = sorted(np.argsort(-wrong, kind="stable")[: max(most, 2)].tolist(), key=lambda row: (of[row], row))
    names = [f"{labels[row]} ({classes[of[row]]})" if labels[row] != classes[of[row]] else labels[row] for row in rows]
    errors = counts.sum(axis=0) - np.bincount([*of], counts[np.arange(len(labels)), [*of]], len(classes)).astype(
        np.int64
    )
    columns = sorted(np.argsort(-errors, kind="stable")[: _fitting(counts, names, classes, width, most)].tolist())
    inside = counts[np.ix_(rows, columns)]
    diagonal = [columns.index(of[row]) if of[row] in columns else -1 for row in rows]
    block = Block(
        names,
        [classes[code] for code in columns],
        columns,
        inside,
        diagonal,
        counts[rows].sum(axis=1) - inside.sum(axis=1),
    )
    lines = drawn(block, width=width, all_shown=len(columns) == len(classes), square=False)
    if len(rows) < len(labels) or len(columns) < len(classes):
        lines.append(
            text(
                f"the {len(rows)} most confused of {len(labels)} labels, {len(columns)} of {len(classes)} classes",
                "dim",
            )
        )
    return lines


def drawn(block: Block, *, width: int, all_shown: bool, square: bool = True) -> list[Text]:
    """The lines of a block: a heading, then a row for each label with its counts and the share that is right."""
    longest = _longest(width)
    numbers = block.cells if block.harm is None else block.harm[:, :-1]
    others = block.rest if block.harm is None else block.harm[:, -1]
    named = all_shown and _named(block.rows, block.columns, numbers, width)
    digits = max(_digits(numbers), 0 if named else _digits(max(block.numbers, default=0) + 1))
    wides = [max(digits, _cells(output.safe(name)) if named else 0) for name in block.columns]
    rows = [_row_name(block, row, named or not square, longest) for row in range(len(block.rows))]
    wide = max([*map(_cells, rows), 5])
    rest = 0 if all_shown else max(4, _digits(others))
    heads = [
        output.safe(name) if named else str(number + 1)
        for number, name in zip(block.numbers, block.columns, strict=True)
    ]
    heading = text(_padded("label", wide) + " ", "dim")
    for head, cell in zip(heads, wides, strict=True):
        heading.append(" " + " " * (cell - _cells(head)) + head, "bold")
    heading.append((" " + "rest".rjust(rest) if rest else "") + "  right", "dim")
    lines = [heading]
    totals = block.cells.sum(axis=1) + block.rest
    for row, name in enumerate(rows):
        line = text(_padded(name, wide) + " ", "bold")
        for column in range(len(block.columns)):
            count, right = int(block.cells[row, column]), column == block.diagonal[row]
            mark = _mark(count, int(block.before[row, column])) if block.before is not None else " "
            shown = f"{numbers[row, column]}" if count else "·"
            cell = wides[column]
            inside = len(shown) < cell  # where there is room the mark stands at its number, else before the cell
            share = count / max(1, int(totals[row]))
            line.append(" " if inside else mark, "bold")
            line.append(((mark if inside else "") + shown).rjust(cell), _style(share, right) if count else "dim")
        if rest:
            line.append(" " + (str(int(others[row])) if others[row] else "·").rjust(rest), "dim")
        hit = int(block.cells[row, block.diagonal[row]]) if block.diagonal[row] >= 0 else 0
        line.append(_right(hit, int(totals[row])) if totals[row] and block.diagonal[row] >= 0 else "      -")
        lines.append(line)
    return lines


def confused(counts: NDArray[np.int64], most: int) -> list[int]:
    """At most so many classes, in their order: those of the largest confusions, then those with the most mistakes."""
    import numpy as np

    if len(counts) <= most:
        return [*range(len(counts))]
    wrong = counts - np.diag(np.diag(counts))
    keep: dict[int, None] = {}
    for place in np.argsort(-wrong, axis=None, kind="stable")[: 4 * most].tolist():
        pair = [code for code in divmod(place, len(counts)) if code not in keep]
        if not wrong.flat[place] or len(keep) + len(pair) > most:
            break
        keep |= dict.fromkeys(pair)
    for code in np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable").tolist():
        if len(keep) < most:
            keep.setdefault(code)
    return sorted(keep)


def _fitting(counts: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str], width: int, most: int) -> int:
    """How many columns fit, at least two."""
    if len(columns) <= most and _named(rows, columns, counts, width):
        return len(columns)
    cell = 1 + max(_digits(counts), _digits(len(columns)))
    names = max((_cells(short(name, _longest(width))) for name in rows), default=1) + _digits(len(rows)) + 1
    room = width - max(names, 5) - 8
    if len(columns) <= most and cell * len(columns) <= room:
        return len(columns)
    return max(2, min(most, len(columns), (room - 1 - max(4, _digits(counts.sum(axis=1)))) // cell))  # and the rest


def _longest(width: int) -> int:
    """Cells of a name, where a line has so many."""
    return min(_NAME, max(6, width // 4))


def _named(rows: Sequence[str], columns: Sequence[str], counts: NDArray[np.int64], width: int) -> bool:
    """Whether columns have their names above them, because all of them fit; else their numbers."""
    heads = [_cells(output.safe(name)) for name in columns]
    names = max([5, *(_cells(short(name, _longest(width))) for name in rows)])
    return max(heads, default=1) <= _HEAD and names + sum(1 + max(head, _digits(counts)) for head in heads) + 8 <= width


def _digits(counts: NDArray[np.int64] | int) -> int:
    import numpy as np

    return len(str(int(np.max(counts, initial=0))))


def _row_name(block: Block, row: int, alone: bool, longest: int) -> str:
    name = short(block.rows[row], longest)
    return name if alone else f"{block.numbers[row] + 1} {name}"


def _cells(words: str) -> int:
    from rich.cells import cell_len

    return cell_len(words)


def _padded(words: str, cells: int) -> str:
    return words + " " * (cells - _cells(words))


def _mark(count: int, before: int) -> str:
    return " " if count == before else "▴" if count > before else "▾"


def _right(hit: int, total: int) -> str:
    """All of them is another thing than nearly all."""
    return f"{'>99%' if hit < total and hit / total >= 0.995 else f'{hit / total:.0%}':>7}"


def _style(share: float, right: bool) -> str:
    ramp = _RIGHT if right else _WRONG
    step = min(3, int(share * 4)) if right else 3 if share >= 0.2 else 2 if share >= 0.1 else 1 if share >= 0.03 else 0
    red, green, blue = ramp[step]
    dark = 0.299 * red + 0.587 * green + 0.114 * blue < 140
    return f"{'#ffffff' if dark else '#000000'} on #{red:02x}{green:02x}{blue:02x}"


def short(name: str, longest: int) -> str:
    """A name of at most so many cells, cut in its middle: long ones often begin alike."""
    whole = output.safe(name, 1000)
    if _cells(whole) <= longest:
        return whole
    first, last = "", ""
    for number in range(len(whole)):
        more = (first + whole[number // 2], last) if number % 2 == 0 else (first, whole[-1 - number // 2] + last)
        if _cells("…".join(more)) > longest:
            break
        first, last = more
    return f"{first}…{last}"


def text(words: str, style: str = "") -> Text:
    """A line of its own."""
    from rich.text import Text

    return Text(words, style)
