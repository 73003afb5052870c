"""What the quick head gets right when it is trained on parts of the samples: the points that learning curves are drawn through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trainset.errors import BadValue
from trainset.learn import ridge
from trainset.learn.sums import Judge, Sums
from trainset.learn.view import View, Whole, finite

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4)
"""Of the samples that are trained on, besides all of them."""
DRAWS = 6
"""Nested draws: within one, what is in a smaller part is in every larger one."""
GROUPED = 3
"""Of these where samples are held out by group, which takes longer."""
WIDTH = 256
"""Principal directions that are kept: a head on them is trained a hundred times in seconds."""
LEAST = 6
"""Samples (or groups) of a class below which nothing is drawn from it."""


@dataclass(frozen=True)
class Trials:
    """Trainings on parts of the samples. size: (t,) samples trained on: of all classes, or of the one that was thinned. right: (t, n) bool,
    whether each sample was predicted as it is labelled by a head that saw neither it nor its group. The last one is trained on all."""

    size: NDArray[np.int64]
    right: NDArray[np.bool_]


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread: a training on few directions is over before several threads have met, and beside other work they wait
    for one another (eight times as long on two cores)."""
    import scipy.linalg  # noqa: F401 - late, and before the limit: it brings a library of its own
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def directions(view: View, most: int = WIDTH) -> NDArray[np.float32]:
    """(n, up to `most`) the view in its own principal directions, the widest; labels have no part in them."""
    mean, count = np.zeros(view.dim), 0
    gram = np.zeros((view.dim, view.dim))
    for _, batch in finite(view):
        gram += batch.T @ batch
        mean += batch.sum(axis=0, dtype=np.float64)
        count += len(batch)
    if not count:
        raise BadValue("the embeddings are empty", expected="at least one row")
    mean /= count
    if view.dim <= most:
        turn = np.eye(view.dim, dtype=np.float32)
    else:
        from scipy.linalg import eigh  # late: it takes longer to load than most commands to run

        gram -= count * np.outer(mean, mean)
        turn = eigh(gram, subset_by_index=[view.dim - most, view.dim - 1], overwrite_a=True, check_finite=False)[1]
        turn = turn.astype(np.float32)
    return np.concatenate([(batch - mean.astype(np.float32)) @ turn for _, batch in finite(view)])


def parts(
    codes: NDArray[np.int64], units: NDArray[np.int64] | None = None, *, draws: int, seed: int = 0
) -> NDArray[np.float64]:
    """(draws, n) 0 to 1: the part of a share are the samples below it, of each class alike, nested. units: (n,) what is drawn as one, such as
    contributors or the labels beneath a class; None: single samples. Samples without a label are in no part."""
    draw = np.random.default_rng(seed)
    order = np.full((draws, len(codes)), 2.0)
    for row in order:
        rank = draw.random(len(codes) if units is None else int(units.max(initial=0)) + 1)
        rank = rank if units is None else rank[units]
        for code in np.unique(codes[codes >= 0]):
            mine = np.flatnonzero(codes == code)
            if units is None:
                row[mine[np.argsort(rank[mine])]] = np.arange(len(mine)) / len(mine)
            else:
                ranks, place = np.unique(rank[mine], return_inverse=True)
                row[mine] = place.reshape(-1) / len(ranks)
    return order


def enough_groups(codes: NDArray[np.int64], groups: NDArray[np.int64] | None) -> bool:
    """Whether parts can be made of whole groups: every class is in enough of them."""
    if groups is None:
        return False
    return all(len(np.unique(groups[codes == code])) >= 4 * LEAST for code in np.unique(codes[codes >= 0]))


class Head:
    """The ridge head on some samples, to be trained on parts of them. x: (n, r). codes: (n,) -1 for none. groups: (n,) whole numbers.
    balance: (classes,) what a sample of each class weighs. among: (n,) bool, which are here now; others are there to be added."""

    def __init__(
        self, x: NDArray[np.float32], codes: NDArray[np.int64], classes: int, groups: NDArray[np.int64] | None = None,
        *, balance: NDArray[np.float64] | None = None, among: NDArray[np.bool_] | None = None,
    ) -> None:  # fmt: skip
        self.view, self.codes, self.classes, self.groups = Whole(x), codes, classes, groups
        self.balance = np.ones(classes) if balance is None else balance
        self.here = codes >= 0 if among is None else (codes >= 0) & among
        self.counts = np.bincount(codes[self.here], minlength=classes)
        self.right, self.penalty = self.trained(self.here)

    def trained(
        self, keep: NDArray[np.bool_], *, code: int | None = None, penalty: float | None = None
    ) -> tuple[NDArray[np.bool_], float]:
        """(n,) what it gets right, held out, when trained on some; and the penalty it chose. code: of the class of which there are more or
        fewer than now: it weighs what it weighs now, for weights move the balance between classes without any new sample."""
        weights = self.weights(keep, code)
        labels = np.where(keep, self.codes, -1)
        head = ridge.fit(self.view, labels, self.classes, weights=weights, groups=self.groups, penalty=penalty)
        said = ridge.held_out(head, self.view, self.groups).argmax(axis=1)
        right: NDArray[np.bool_] = said == self.codes
        return right, head.penalty

    def weights(self, keep: NDArray[np.bool_], code: int | None = None) -> NDArray[np.float64]:
        """(n,) what each weighs when trained on some; code: as in `trained`."""
        weights = self.balance[np.maximum(self.codes, 0)] * (keep & (self.codes >= 0))
        if code is not None:
            mine = self.codes == code
            weights[mine] *= self.counts[code] / np.count_nonzero(keep & mine)
        return weights

    @property
    def draws(self) -> int:
        """How many parts of each share are drawn."""
        return DRAWS if self.groups is None else GROUPED

    @cached_property
    def judge(self) -> Judge:
        """What tells quickly what is right when parts are trained on."""
        x = self.view.take(np.arange(len(self.view)))
        return Judge(x, self.codes, self.classes, self.weights(self.here), self.penalty, self.groups)


@one_thread()
def all_thinned(head: Head, order: NDArray[np.float64], tell: Callable[[int], None] | None = None) -> Trials:
    """Every class thinned alike. order: of `parts`."""
    total = int(head.counts.sum())
    least = max(2 * LEAST, 2 * int(np.count_nonzero(head.counts)))
    shares = [share for share in SHARES if share * total >= least]
    right = []
    for keep, of in _nested(head, order, shares, head.here):
        weights = head.weights(keep)  # the penalty is chosen anew each time, as training anew would
        found = head.judge.right(of, head.judge.chosen(of, weights), weights)
        right.append(found)
        if tell is not None:
            tell(1)
    return _trials(head, order, shares, total, right)


@one_thread()
def one_thinned(
    head: Head, order: NDArray[np.float64], code: int, tell: Callable[[int], None] | None = None, *, total: int = 0
) -> Trials:
    """One class thinned, all others as they are. order: of `parts`. total: how many units the parts are made of; 0: samples."""
    mine = head.here & (head.codes == code)
    total = total or int(mine.sum())
    shares = [share for share in SHARES[1:] if share * total >= LEAST / 2]
    rest = head.judge.all - head.judge.of(mine)
    right = []
    for part, of in _nested(head, order, shares, mine):
        keep = part | (head.here & ~mine)
        grown = of.times(head.counts[code] / np.count_nonzero(part))
        found = head.judge.right(rest + grown, head.penalty, head.weights(keep, code))
        right.append(found)
        if tell is not None:
            tell(1)
    return _trials(head, order, shares, total, right)


def _nested(
    head: Head, order: NDArray[np.float64], shares: Sequence[float], mine: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], Sums]]:
    """Of each share, each draw: its part of some samples, and their sums, of which those of smaller parts are a part."""
    before: list[Sums | None] = [None] * len(order)
    least = 0.0
    for share in shares:
        for number, row in enumerate(order):
            part = mine & (row < share)
            new, old = head.judge.of(part & (row >= least)), before[number]
            both = new if old is None else old + new
            before[number] = both
            yield part, both
        least = share


def _trials(
    head: Head, order: NDArray[np.float64], shares: Sequence[float], total: int, right: list[NDArray[np.bool_]]
) -> Trials:
    size = np.repeat([*shares, 1.0], [len(order)] * len(shares) + [1])
    return Trials(np.rint(size * total).astype(np.int64), np.array([*right, head.right]))
