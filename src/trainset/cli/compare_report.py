"""What the terminal says of a comparison: versions x test sets, what may be concluded, which classes and samples changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainset.cli import matrix, output, reports

if TYPE_CHECKING:
    from trainset.work.compared import Compared, Pair
    from trainset.work.gate import Gate
    from trainset.work.workbench import Workbench

_NAME = 24


def print_compared(dataset: Workbench, found: Compared, most: int) -> None:
    """The table, the sentences, then classes and samples of the last version against the first."""
    from trainset.work.compare_says import cautions, conclusion

    width = output.console().width
    output.show(_table(found, width))
    for text in _left_out(found):
        output.line(output.safe(text, 400))
    output.line()
    for pair in found.pairs:
        output.line(
            output.safe(conclusion(found, pair), 1000) + ".",
            style="bold" if pair.found.accuracy.verdict != "open" else "",
        )
    for text in cautions(found):
        output.line(output.safe(_upper(text), 1000) + ".", style="dim")
    for alarm in found.alarms:
        output.line(f"alarm {output.safe(alarm.alarm)}: {output.safe(alarm.says, 400)}", style="yellow")
    for text in found.remarks:
        output.line("note: " + output.safe(text, 400), style="yellow")
    shown = _shown(found)
    if most and shown is not None:
        _print_pair(dataset, found, shown, most)
    for one in found.test_sets:
        if one.doubtful is not None and len(one.doubtful) and most:
            _print_doubts(dataset, one, most)


def print_gate(gate: Gate) -> None:
    """Whether it passes, and why not."""
    if gate.passed:
        what = (
            "no loss beyond chance"
            if gate.points is None
            else f"a loss of more than {gate.points:g} points is ruled out"
        )
        output.line(f"gate: passed ({what}, of {gate.looked_at} result{'s' * (gate.looked_at > 1)})", style="bold")
    for reason in gate.reasons:
        output.line(f"gate: failed: {output.safe(reason, 400)}", style="bold red")


def _table(found: Compared, width: int) -> Any:
    """Versions on rows, test sets on columns."""
    several = len({one.name for one in found.entrants}) > 1
    harm = any(one.harm is not None for one in found.scores)
    room = max(12, (width - 30) // max(1, len(found.test_sets)) - 2)
    names = [
        "trained on",
        *(["recipe"] if several else []),
        "samples",
        *(matrix.short(one.name, room) for one in found.test_sets),
    ]
    names += ["size", "ms"] if several else []
    rows = []
    for one in found.entrants:
        cells = [found.score(one.who, test.name) for test in found.test_sets]
        shown = [
            f"{100 * cell.accuracy:.1f} %" + (f", harm {cell.harm:,.0f}" if harm and cell.harm is not None else "")
            for cell in cells
        ]
        cost = [_size(one.bytes), "-" if one.milliseconds is None else f"{one.milliseconds:.3g}"] if several else []
        rows.append(
            [
                matrix.short(one.version, _NAME),
                *([matrix.short(one.name, _NAME)] if several else []),
                f"{one.trained_on:,}",
                *shown,
                *cost,
            ]
        )
    return output.table(names, rows, right=tuple(range(1 + several, len(names))))


def _size(count: int | None) -> str:
    return "-" if count is None else f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} KB"


def _left_out(found: Compared) -> list[str]:
    said = []
    for one in found.test_sets:
        text = f"{one.name}: {_some(one.samples)} of {len(one.classes):,} class{'' if len(one.classes) == 1 else 'es'}"
        many = one.samples if one.groups is None else len({*one.groups.tolist()})
        if many < one.samples:
            text += f", in {many:,} groups by {one.by.replace(',', ' and ')}"
        if one.unlabelled:
            text += f"; {one.unlabelled:,} have no label and do not count"
        said.append(text)
    for entrant in found.entrants:
        if entrant.left_out:
            said.append(
                f"{entrant.version}: {_some(entrant.left_out)} of its train split {'is' if entrant.left_out == 1 else 'are'} in a test set, and not learnt from"
            )
        said += [
            f"{entrant.version}: {_some(count)} of {name} {'has' if count == 1 else 'have'} a contributor or near duplicate in training"
            for name, count in entrant.tied.items()
            if count
        ]
    for score in found.scores:
        if score.missing:
            names = ", ".join(matrix.short(name, _NAME) for name in score.missing[:5]) + (
                " ..." if len(score.missing) > 5 else ""
            )
            said.append(
                f"{score.version} has no sample of {names} to learn from: its samples of {score.test_set} count as mistakes"
            )
    return list(dict.fromkeys(said))


def _some(count: int) -> str:
    return "1 sample" if count == 1 else f"{count:,} samples"


def _shown(found: Compared) -> Pair | None:
    """The pair whose classes and samples are named: the last version against the first, on the last test set."""
    first, last = found.entrants[0], found.entrants[-1]
    mine = [one for one in found.pairs if one.before == first.who and one.after[0] == last.version]
    return next((one for one in reversed(mine) if one.same_recipe), mine[-1] if mine else None)


def _print_pair(dataset: Workbench, found: Compared, pair: Pair, most: int) -> None:
    from trainset.work.compare_says import called, points

    before, after = (output.safe(called(found, who)) for who in (pair.before, pair.after))
    rows = [one for one in pair.per_class() if one["change"]][:most]
    output.line()
    if rows:
        title = (
            f"recall by class, {before} to {after} on {output.safe(pair.test_set)} (intervals hold together at 95 %):"
        )
        output.line(title, style="bold")
        shown = [
            [
                matrix.short(one["class"], _NAME), f"{one['samples']:,}", f"{100 * one['before']:.1f} %", f"{100 * one['after']:.1f} %", points(one["change"]),
                f"{points(one['interval'][0])} to {points(one['interval'][1])}", "changed" if one["changed"] else "",
            ]
            for one in rows
        ]  # fmt: skip
        output.show(
            output.table(["class", "samples", "before", "after", "points", "interval", ""], shown, right=(1, 2, 3, 4))
        )
    on = f" on {output.safe(pair.test_set)}" if len(found.test_sets) > 1 else ""
    for gained, title in ((False, "was right, now wrong"), (True, "was wrong, now right")):
        count = len(pair.found.gained if gained else pair.found.lost)
        samples = pair.samples(gained=gained)[:most]
        output.line(
            f"{title}{on}: {count:,} of {pair.found.samples:,}"
            + (", the steadiest first:" if samples and found.seeds else ""),
            style="bold",
        )
        if samples:
            what = _what(dataset, [one["id"] for one in samples])
            rows_ = [
                [
                    one["id"],
                    matrix.short(one["label"], _NAME),
                    matrix.short(one["before" if gained else "after"], _NAME),
                    "" if one["steady"] is None else f"{one['steady']:.0%}",
                    what.get(one["id"], ""),
                ]
                for one in samples
            ]
            output.show(output.table(["id", "label", "taken for", "of draws", "what"], rows_, right=(3,)))
    if len(pair.found.lost):
        first = " ".join(one["id"] for one in pair.samples()[:2])
        output.line(f"next: trainset look {first}{reports.where_flag(dataset)}")


def _print_doubts(dataset: Workbench, test: Any, most: int) -> None:
    count, rows = len(test.doubtful), test.doubtful.rows()[:most]
    output.line(
        f"{count:,} of {test.samples:,} labels of {output.safe(test.name)} may be wrong themselves, or beyond these recipes: the models of all versions, "
        f"which have not seen {'it' if count == 1 else 'them'}, are sure of the same other class:", style="bold",
    )  # fmt: skip
    what = _what(dataset, [one["id"] for one in rows])
    shown = [
        [
            one["id"],
            matrix.short(one["label"], _NAME),
            matrix.short(one["predicted"], _NAME),
            f"{one['confidence'] or 0:.0%}",
            what.get(one["id"], ""),
        ]
        for one in rows
    ]
    output.show(output.table(["id", "label", "all say", "sure", "what"], shown, right=(3,)))


def _what(dataset: Workbench, names: list[str]) -> dict[str, str]:
    """Path or text of samples."""
    rows = dataset.look(names, n=len(names)).rows(measures=False)
    return {row["id"][: len(names[0])]: output.safe(row["path"] or row["text"] or "", 40) for row in rows}


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
