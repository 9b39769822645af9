"""Which trials a model is fitted to and predicts from: the cost grows with the cube of their number."""

from __future__ import annotations

import numpy as np

from .arrays import Array


def fitted_count(count: int) -> int:
    """Return the number of trials, the first ones, that hyperparameters are fitted to.

    A fit is the expensive part and changes slowly, so it is renewed when the number of trials has
    grown by a twentieth.

    Args:
        count: the number of trials.
    """
    return count - count % max(1, count // 20)


def select_trials(scores: Array, most: int) -> Array:
    """Return the indices of the trials to use: if there are too many, the best and the newest, half each.

    Args:
        scores: larger is better; shape (n,).
        most: the number of trials to use.

    Returns:
        ascending; shape (min(n, most),).
    """
    count = len(scores)
    if count <= most:
        return np.arange(count)
    best = np.argsort(-scores, kind="stable")[: most // 2]
    rest = np.setdiff1d(np.arange(count), best)
    return np.sort(np.concatenate([best, rest[-(most - len(best)) :]]))
