"""What is known of a run while it trains."""

from __future__ import annotations

from dataclasses import dataclass

from trainset.learn.scores import Scores


@dataclass(frozen=True)
class Epoch:
    """number: 1, 2, ...; the ridge head has one. of: at most so many. scores: held out. in_sample: the share right of what was trained on; None when
    nothing is known of that. majority: the share of the largest class. classes: names."""

    number: int
    of: int
    scores: Scores
    in_sample: float | None
    majority: float
    classes: tuple[str, ...]
    last: bool
