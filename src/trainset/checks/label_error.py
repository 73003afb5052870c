"""Labels that are likely wrong."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from trainset.checks._flagged import flag, none
from trainset.checks._quoted import quoted
from trainset.contracts import Findings, Said, check
from trainset.learn.label_quality import label_quality


@check("Likely wrong labels", matters=3)
def label_error(said: Said, label: pa.Array, *, cut: float = -1.0) -> Findings:
    """Labels that a head contradicts which was trained without them: of the latest run, held out and calibrated.

    `cut`: the least score to flag, 1 minus the probability of the label; -1 flags as many as are estimated to be wrong.

    ## Why it matters
    Wrong labels teach what is wrong, and in a test set they make a better model look worse.

    ## What to do
    Look at them, the surest first: `trainset look --check label_error`. A suggestion never becomes a label by itself. A class that stands
    for several labels, such as `other`, suggests none of them.

    ## References
    Northcutt, Jiang and Chuang (2021): Confident learning. Allen (1974) for predictions without the sample itself.
    """
    count, known = len(said.codes), np.flatnonzero(said.known)
    probabilities, codes = said.probabilities[known], said.codes[known]
    judged = label_quality(probabilities, codes, groups=said.groups[known], cut=cut if cut >= 0 else None)
    if judged.weak:
        return none(count, about=[f"{judged.why} (run {said.run})"])
    flagged, score = np.zeros(count, bool), np.zeros(count, np.float32)
    flagged[known], score[known] = judged.flagged, judged.score
    place = {int(row): at for at, row in enumerate(known)}

    def because(row: int) -> str:
        at = place[row]
        other, own = said.classes[judged.suggested[at]], said.classes[said.codes[row]]
        given = label[row].as_py()
        inside = f" in {quoted(own)}" if given != own else ""
        return (
            f"labelled {quoted(given)}{inside} ({probabilities[at, said.codes[row]]:.0%} likely), "
            f"looks like {_suggested(said, other)} ({judged.confidence[at]:.0%})"
        )

    about = []
    if flagged.any():
        rate = judged.rate
        about.append(
            f"about {rate.value:.1%} of the labels are wrong ({rate.low:.1%} to {rate.high:.1%}), by run {said.run}"
        )
        about += _pairs(said.classes, judged.pairs)
        if several := _without_label(said, judged.suggested[flagged[known]]):
            about.append(several)
    return flag(flagged, score, because, about=about)


def _suggested(said: Said, name: str) -> str:
    """A class in words, with the label it stands for, or that there is none to suggest."""
    labels = said.beneath.get(name, (name,))
    if labels == (name,):
        return quoted(name)
    if len(labels) == 1:
        return f"{quoted(labels[0])} in {quoted(name)}"
    return f"one of the {len(labels)} labels of {quoted(name)}"


def _without_label(said: Said, suggested: np.ndarray) -> str:
    """How many findings suggest no label, because their class stands for several; empty when none."""
    several = {said.classes.index(name): name for name, labels in said.beneath.items() if len(labels) > 1}
    count = int(np.isin(suggested, [*several]).sum())
    names = " or ".join(quoted(name) for name in several.values())
    return (
        f"{count:,} of them look like {names}, which stands for several labels: no label is suggested" if count else ""
    )


def _pairs(classes: tuple[str, ...], pairs: np.ndarray) -> list[str]:
    """The pairs of classes that are taken for one another most often, in one sentence."""
    worst = np.argsort(-pairs, axis=None)[:3]
    named = [
        f"{quoted(classes[of])} for {quoted(classes[said])} ({pairs[said, of]:.0f})"
        for said, of in (divmod(int(place), len(classes)) for place in worst)
        if pairs[said, of] >= 1
    ]
    return [f"most often {', '.join(named)}"] if named else []
