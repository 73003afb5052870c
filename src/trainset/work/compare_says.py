"""What a comparison says in words: what may be concluded from it and what may not, and nothing that its intervals do not say."""

from __future__ import annotations

from trainset.learn.compare import Change
from trainset.work.compared import Compared, Pair, Who

EQUAL = 0.01
"""Two sides are called equal, for practical ends, when the whole interval lies within this share: one point."""


def sentences(found: Compared) -> list[str]:
    """Of each pair what is better, then what is not said."""
    said = [conclusion(found, pair) for pair in found.pairs]
    return [*said, *cautions(found)]


def conclusion(found: Compared, pair: Pair) -> str:
    """One pair in a sentence, with its interval."""
    one, before, after = pair.found.accuracy, called(found, pair.before), called(found, pair.after)
    on = f"on {pair.test_set}"
    how = f"{points(one.value)} points ({ends(one)})"
    if one.verdict != "open":
        text = f"{after} is {one.verdict} than {before} {on}: {how}"
    elif abs(one.low) <= EQUAL and abs(one.high) <= EQUAL:
        text = f"{after} and {before} are equal {on} within a point: {how}"
    elif not (found.seeds or pair.found.groups) and one.value == 0 == one.of_training and not len(pair.found.lost):
        text = f"{after} and {before} predict every sample {on} alike"
    else:
        text = f"{after} and {before} cannot be told apart {on}: {how}"
    macro = pair.found.macro_recall
    if macro.verdict != one.verdict:
        text += f"; in the mean of the classes {points(macro.value)} ({ends(macro)})"
    if pair.found.saved is not None:
        text += f"; {_harm(pair.found.saved)}"
    return text + _cheaper(found, pair)


def _harm(saved: Change) -> str:
    """Whether less harm is done."""
    if saved.verdict == "open":
        return f"whether it does less harm is open ({saved.low:+,.0f} to {saved.high:+,.0f} less for 1,000 samples)"
    what, sign = ("less", 1) if saved.verdict == "better" else ("more", -1)
    low, high = sorted((sign * saved.low, sign * saved.high))
    return f"it does {sign * saved.value:,.0f} {what} harm for 1,000 samples ({low:,.0f} to {high:,.0f})"


def _cheaper(found: Compared, pair: Pair) -> str:
    """Time and size of two recipes, where both were measured."""
    of = {one.who: one for one in found.entrants}
    before, after = of[pair.before], of[pair.after]
    if pair.same_recipe or not before.milliseconds or not after.milliseconds:
        return ""
    text = f", in {_times(after.milliseconds / before.milliseconds)} the time of a sample"
    if before.bytes and after.bytes:
        text += f" and with {_times(after.bytes / before.bytes)} the bytes on disk"
    return text


def _times(ratio: float) -> str:
    if 0.9 <= ratio <= 1.1:
        return "about once"
    return f"{ratio:.2g} times" if ratio < 100 else f"{ratio:,.0f} times"


def cautions(found: Compared) -> list[str]:
    """What may not be concluded."""
    said = []
    if found.seeds:
        said.append(
            f"intervals know of other test samples and of other training samples like these ({found.seeds} draws); they hold at "
            f"{_level(found)}"
        )
    else:
        said.append(
            f"intervals are of these two models alone ({_level(found)}): other training samples, or another seed, may turn a result round; --seeds 8 asks"
        )
    few = [one for one in found.test_sets if one.groups is not None and 1 < len({*one.groups.tolist()}) < 10]
    said += [
        f"the test set {one.name} is of {len({*one.groups.tolist()}) if one.groups is not None else 0} contributors only: of others it says little"
        for one in few
    ]
    open_ = [pair for pair in found.pairs if pair.found.accuracy.verdict == "open"]
    if open_:
        widest = max(open_, key=lambda pair: pair.found.accuracy.high - pair.found.accuracy.low)
        one = widest.found.accuracy
        drawn = " and these draws" if found.seeds else ""
        said.append(
            f"not told apart is not equal: a difference below {50 * (one.high - one.low):.1f} points does not show with this test set{drawn}"
        )
    for pair in found.pairs:
        changed = [one for one in pair.per_class() if one["changed"]]
        if changed and pair.found.accuracy.verdict == "open":
            classes = "1 class" if len(changed) == 1 else f"{len(changed)} classes"
            said.append(
                f"{classes} changed all the same, from {pair.before[0]} to {pair.after[0]} on {pair.test_set}: see per class"
            )
    if len(found.test_sets) > 1:
        said.append("columns are other samples or other labels: compare down a column, not across")
    said.append("nothing is said of other recipes, or of inputs unlike the test set")
    return said


def called(found: Compared, who: Who) -> str:
    """A side as it is spoken of: the recipe only where there are several."""
    several = len({one.name for one in found.entrants}) > 1
    return f"{who[0]} with {who[1]}" if several else who[0]


def points(share: float) -> str:
    """A difference of shares in points, with its sign."""
    return f"{100 * share:+.1f}"


def ends(one: Change) -> str:
    """The interval of a difference in points."""
    return f"{points(one.low)} to {points(one.high)}"


def _level(found: Compared) -> str:
    levels = {round(100 * pair.found.accuracy.level, 1) for pair in found.pairs}
    several = len(found.pairs) > len(found.test_sets)
    return f"{min(levels):g} %" + (" each, so that all of a test set hold together at 95 %" if several else "")
