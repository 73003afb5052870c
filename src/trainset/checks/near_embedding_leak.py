"""What a model takes for nearly the same, in two splits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from trainset.checks._copies import named, rank_of
from trainset.checks._flagged import flag, none
from trainset.checks._groups import codes, groups
from trainset.checks._near import near_pairs, worst_pair
from trainset.contracts import Findings, Near, check
from trainset.learn import chance as of_chance

_WORST = 0.6
"""Severity at most, below that of near_split_leak: what a model takes for the same need not be."""
_HELD_BACK = 1
"""Of `rank_of`: test and validation are at most this."""


@check("Perhaps nearly the same in two splits", matters=2)
def near_embedding_leak(
    id: pa.Array, embeddings: Any, near: Near, content: pa.Array, split: pa.Array, label: pa.Array, path: pa.Array, *,
    chance: float = 0.01, pictures: float = 0.01, recordings: float = 0.05, texts: float = 1e-6,
) -> Findings:  # fmt: skip
    """Training samples whose embedding is nearer to that of a test or validation sample than an ordinary neighbour would be: another shot of
    the same scene, an edited copy, the same sentence in other words. A guess of the model that made the embeddings.

    `chance`: that an ordinary neighbour of this set would lie as near. `pictures`, `recordings`, `texts`: as in near_split_leak, whose
    findings are not repeated here, nor are exact copies. Embeddings made without a trained network flag nothing.

    ## Why it matters
    What was in training but for an angle, or a word, is scored as if it were new.

    ## What to do
    Look at each beside the sample that it names. If they show one thing, exclude the training sample, or move all of that scene to
    one side; if two things are merely alike, dismiss the finding.

    ## References
    Barz and Denzler (2020) for near duplicates in CIFAR that embeddings find and people judged; Levina and Bickel (2004).
    """
    count, rank = len(content), rank_of(split)
    known = np.flatnonzero(embeddings.known)
    if not (rank <= _HELD_BACK).any() or len(known) <= of_chance.K:
        return none(count)
    if not embeddings.learnt:
        return none(count, about=["embeddings made without a trained network cannot tell: trainset embed uses one"])
    first, second, said = _pairs(embeddings, known, chance)
    sides, _ = codes(split)
    same = groups(content)
    good = (sides[first] >= 0) & (sides[second] >= 0) & (sides[first] != sides[second]) & (same[first] != same[second])
    good &= np.minimum(rank[first], rank[second]) <= _HELD_BACK
    one, other, _ = near_pairs(near, content, split, pictures, recordings, texts)
    good &= ~np.isin(_keys(same[first], same[second], count), _keys(same[one], same[other], count))
    first, second, said = first[good], second[good], said[good]
    goes = np.where(rank[first] > rank[second], first, second)
    stays = np.where(rank[first] > rank[second], second, first)
    like, bad = worst_pair(goes, stays, 1 - 0.5 * said / max(chance, 1e-9), count)
    return flag(
        like >= 0,
        _WORST * bad,
        lambda row: f"in {split[row].as_py()}, and perhaps the same as {named(id, path, label, split, int(like[row]))}",
    )


def _pairs(
    embeddings: Any, known: NDArray[np.int64], most: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of samples that lie nearer than chance has it, and that chance."""
    rows, distances = embeddings.neighbours(of_chance.K)
    place = np.full(len(embeddings) + 1, -1, np.int32)  # the last one for no neighbour
    place[known] = np.arange(len(known))
    among = place[rows[known]]
    first, second, said = of_chance.pairs(among, of_chance.chances(among, distances[known]), most)
    return known[first], known[second], said


def _keys(one: NDArray[np.int64], other: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """A number for each pair of contents, whichever comes first."""
    return np.minimum(one, other) * count + np.maximum(one, other)
