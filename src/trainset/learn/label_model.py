"""The label model: what rules say together of a class, when some are better than others and several say the same thing twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""A rule that says nothing of a sample, a sample that nobody has labelled, an answer that the model does not give."""
_PRIOR, _PRIORS = 8.0, 2.0 ** np.arange(1, 8)
"""How many samples a rule's first guess at its own precision counts for, without labels; and what is tried with them."""
_GUESS, _GUESSES = 0.8, np.array([0.6, 0.7, 0.8, 0.9, 0.95])
"""That guess, and what is tried: rules are written because their writer takes them to be mostly right."""
_ALIKE, _ALIKES = 2.0, 2.0 ** np.arange(-1, 9)
"""Samples of each class that are taken to be there beside those that people labelled, for how common it is; and what is tried."""
_DOUBT_PRIOR, _DOUBT_GUESS, _DOUBT_ALIKE = 1.0, 0.7, 2.0
"""How far what is tried may lie from what is taken without labels: standard deviations of logarithm, logit and logarithm."""
_ROUNDS = 3
_LEAST = 1e-9


@dataclass(frozen=True)
class LabelModel:
    """What was learnt of rules. precision: (rules, classes), of the samples that a rule gives its class, the share that is of each class;
    says: (rules,) the class a rule gives; overlap: (rules, rules) 0 to 1, how far one says again what the other has said; balance: (classes,)
    shares of the samples that any rule speaks of."""

    says: NDArray[np.int64]
    precision: NDArray[np.float64]
    overlap: NDArray[np.float64]
    balance: NDArray[np.float64]

    def probabilities(self, fired: NDArray[Any]) -> NDArray[np.float64]:
        """(n, classes) of samples, given which rules speak of each (n, rules); the balance where none does.

        Opinions are pooled by their logarithms, P(y) ~ balance(y) prod_j (precision_j(y) / balance(y))^w_j, so that one rule alone says what
        its precision is, and independent ones count as in naive Bayes. A rule weighs w_j = 1 / (1 + sum of its overlap with the others that
        speak): two that always speak together count as one.
        """
        evidence = np.log(self.precision) - np.log(self.balance)[None, :]
        return _softmax(np.log(self.balance)[None, :] + _weights(fired, self.overlap) @ evidence)


def label_model(
    fired: NDArray[np.bool_], says: NDArray[np.int64], labels: NDArray[np.int64], classes: int
) -> LabelModel:
    """Learns how precise rules are from people's labels, and which of them say the same thing twice.

    fired: (n, rules), whether a rule speaks of a sample; says: (rules,), the class it gives; labels: (n,), -1 for none. A rule's precision is counted
    over the labelled samples that it speaks of, beside a guess. What the guess is and how many samples it counts for is what makes the labels
    likeliest (empirical Bayes): where rules differ no more than chance makes them, all are taken for alike. No rule is taken for a sign against its
    own class, which a few labels would otherwise say of many. Rules overlap as far as they speak together more often,
    within their class, than independent ones would. What rules make of samples without labels teaches nothing of their precision: on the sets of
    `benchmarks/weak_labels.py` it made many rules that are wrong together sure of themselves.
    """
    rules = fired.shape[1]
    spoken = fired.any(axis=1)
    balance = _balance(labels[spoken], classes)
    often = fired[spoken].mean(axis=0) if spoken.any() else np.zeros(rules)
    some, known, many = _patterns(fired[spoken], labels[spoken])
    truth = np.eye(classes)[known[known >= 0]]
    counted = (some[known >= 0] * many[known >= 0, None]).T @ truth
    model = LabelModel(says, _precision(counted, says, balance, often), np.zeros((rules, rules)), balance)
    for _ in range(_ROUNDS if spoken.any() else 0):
        soft = model.probabilities(some)
        soft[known >= 0] = truth
        model = replace(model, overlap=_overlap(some, says, soft * many[:, None], float(spoken.mean())))
    return model


def majority(fired: NDArray[np.bool_], says: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """(n, classes) the share of rules that say each class, of those that speak; 0 where none does."""
    votes = fired.astype(np.float64) @ np.eye(classes)[says]
    shares: NDArray[np.float64] = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    return shares


def _precision(
    counted: NDArray[np.float64], says: NDArray[np.int64], balance: NDArray[np.float64], often: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(rules, classes) from (rules, classes) counts of the labelled samples that each speaks of."""
    from scipy.special import betainc, betaln  # late: it takes longer to load than most commands to run

    rules = np.arange(len(says))
    right, total = counted[rules, says], counted.sum(axis=1)
    best, guess = -np.inf, np.zeros_like(counted)
    for share in _GUESSES if total.any() else (_GUESS,):
        first = _guess(says, balance, often, share)
        own = np.clip(first[rules, says], _LEAST, 1 - _LEAST)
        far = ((_logit(share) - _logit(_GUESS)) / _DOUBT_GUESS) ** 2
        for prior in _PRIORS if total.any() else (_PRIOR,):
            before = betaln(prior * own, prior * (1 - own))
            likely = float((betaln(right + prior * own, total - right + prior * (1 - own)) - before).sum())
            likely -= (far + (np.log(prior / _PRIOR) / _DOUBT_PRIOR) ** 2) / 2
            if likely > best:
                best, guess = likely, prior * first
    found = counted + guess
    mine = found[rules, says]
    rest, least = found.sum(axis=1) - mine, balance[says]
    # the mean of what a rule's precision may be, given that it is at least what it would be if the rule said nothing
    above = (1 - betainc(mine + 1, rest, least)) / np.maximum(1 - betainc(mine, rest, least), _LEAST)
    own = np.clip(mine / (mine + rest) * above, least, 1 - _LEAST)
    found[rules, says] = 0
    found *= ((1 - own) / np.maximum(found.sum(axis=1), _LEAST))[:, None]
    found[rules, says] = own
    shares = np.maximum(found, _LEAST)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _guess(
    says: NDArray[np.int64], balance: NDArray[np.float64], often: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """(rules, classes): every rule as good a sign as any other, so that of a rare class it is right less often, and no rule right more often than
    its class is there: one that speaks of a tenth of all samples, for one class of a hundred, cannot be. often: (rules,) share of samples."""
    rules = np.arange(len(says))
    found = np.repeat((1 - share) / max(len(balance) - 1, 1) * balance[None, :], len(says), axis=0)
    found[rules, says] = share * balance[says]
    found /= found.sum(axis=1, keepdims=True)
    right = np.minimum(found[rules, says], balance[says] / np.maximum(often, _LEAST))
    found[rules, says] = 0
    found *= ((1 - right) / np.maximum(found.sum(axis=1), _LEAST))[:, None]
    found[rules, says] = right
    shares: NDArray[np.float64] = np.maximum(found, _LEAST)
    return shares


def _patterns(
    fired: NDArray[np.bool_], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Samples of which the same rules speak and that have the same label, once, and how many there are: a million samples are few of those."""
    bits = np.packbits(fired, axis=1)
    whole = np.concatenate([bits, labels[:, None].astype("<i4").view(np.uint8)], axis=1)
    _, first, many = np.unique(whole, axis=0, return_index=True, return_counts=True)
    return fired[first].astype(np.float64), labels[first], many.astype(np.float64)


def _overlap(
    fired: NDArray[np.float64], says: NDArray[np.int64], soft: NDArray[np.float64], share: float
) -> NDArray[np.float64]:
    """(rules, rules) 0 for rules of other classes and for those that meet no more often than by chance within their class, 1 where one speaks
    whenever the other does. soft: (n, classes) how many samples are of each class; share: of all samples, those that any rule speaks of."""
    found = np.zeros((len(says), len(says)))
    for code in np.unique(says).tolist():
        mine = np.flatnonzero(says == code)
        together = fired[:, mine].T @ (fired[:, mine] * soft[:, [code]])
        often = np.diag(together)
        # samples of the class that no rule speaks of are there as well
        chance = np.outer(often, often) / max(soft[:, code].sum() / max(share, _LEAST), 1.0)
        least = np.minimum(often[:, None], often[None, :])
        room = least - chance
        found[np.ix_(mine, mine)] = np.where(
            least < 1, 0, np.where(room > _LEAST, np.clip((together - chance) / np.maximum(room, _LEAST), 0, 1), 1)
        )
    np.fill_diagonal(found, 0)
    return found


def _weights(fired: NDArray[Any], overlap: NDArray[np.float64]) -> NDArray[np.float64]:
    some = fired.astype(np.float64)
    found: NDArray[np.float64] = some / (1 + some @ overlap)
    return found


def _balance(labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Of people's labels, and alike as far as these make that likely: how often rules speak says how greedy they are, not how common a
    class is."""
    from scipy.special import gammaln

    people = np.bincount(labels[labels >= 0], minlength=classes).astype(np.float64)
    total = people.sum()
    each = _ALIKES[:, None]
    likely = gammaln(classes * _ALIKES) - gammaln(total + classes * _ALIKES)
    likely += (gammaln(people + each) - gammaln(each)).sum(axis=1)
    likely -= np.square(np.log(_ALIKES / _ALIKE) / _DOUBT_ALIKE) / 2
    alike = _ALIKES[int(likely.argmax())] if total else _ALIKE
    found: NDArray[np.float64] = (people + alike) / (total + alike * classes)
    return found


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return result
