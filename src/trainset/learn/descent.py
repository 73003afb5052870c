"""One minimisation in steps that its caller can do many of at once: L-BFGS that is told loss and gradient instead of asking."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MEMORY = 12
_ENOUGH = 1e-4
"""Of the fall that the gradient promises, what a step must bring (Armijo)."""
_HALVINGS = 12


class Descent:
    """L-BFGS with backtracking (Liu and Nocedal 1989), for a convex loss. trial: where loss and gradient are wanted next. best: the
    best place so far; loss: there."""

    def __init__(self, start: NDArray[np.float64]) -> None:
        self.best, self.trial = start, start
        self.loss = np.inf
        self._gradient = self._direction = np.zeros_like(start)
        self._pairs: deque[tuple[NDArray[Any], NDArray[Any], float]] = deque(maxlen=_MEMORY)
        self._step, self._halvings, self._fall = 1.0, 0, np.inf

    def take(self, loss: float, gradient: NDArray[np.float64]) -> bool:
        """Loss and gradient at `trial`: moves `trial`, and says whether the last one was a step forward."""
        slope = float((self._gradient * self._direction).sum())
        if not loss <= self.loss + _ENOUGH * self._step * slope:  # also when it is no number
            self._step /= 2
            self._halvings += 1
            self.trial = self.best + self._step * self._direction
            return False
        moved, turned = self.trial - self.best, gradient - self._gradient
        curve = float((moved * turned).sum())
        if curve > 1e-12 * float((turned * turned).sum()) and np.isfinite(self.loss):
            self._pairs.append((moved, turned, 1 / curve))
        self._fall = (self.loss - loss) / max(abs(loss), 1e-12)
        self.best, self.loss, self._gradient = self.trial, loss, gradient
        self._halvings = 0
        self._step = 1.0 if self._pairs else 4.0  # a first guess: rows of length 1 bend the loss by a quarter at most
        self._direction = -self._bent(gradient)
        self.trial = self.best + self._step * self._direction
        return True

    def settled(self, tolerance: float) -> bool:
        """Whether the last step forward was smaller than this share of the loss, or none can be found."""
        return self._fall < tolerance or self._halvings >= _HALVINGS

    def _bent(self, gradient: NDArray[np.float64]) -> NDArray[np.float64]:
        """The two-loop recursion: the gradient through the inverse of what is known of the curvature."""
        way = gradient.copy()
        shares = []
        for moved, turned, inverse in reversed(self._pairs):
            share = inverse * float((moved * way).sum())
            shares.append(share)
            way -= share * turned
        if self._pairs:
            _, turned, inverse = self._pairs[-1]
            way /= inverse * float((turned * turned).sum())
        for (moved, turned, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            way += (share - inverse * float((turned * way).sum())) * moved
        return way
