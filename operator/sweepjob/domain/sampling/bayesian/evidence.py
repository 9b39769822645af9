"""The score that a trial says its configuration would have had at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..interface import Observation
from .arrays import Array


def final_scores(trials: Sequence[Observation]) -> Array:
    """A score for each trial that has ended; minus infinity for one without any.

    A trial that was stopped early says how it stood when it was stopped. Its best until then is not
    its score: the others went on improving after that interval. What it would have had is its best
    plus what the trials that ran to their end gained from the same interval on, in the median; but
    it was losing, so no more than the best that any of them reached.
    """
    found = np.array([_score(trial) for trial in trials])
    full = [trial for trial in trials if trial.stopped_at is None and len(trial.bests)]
    ends = [trial.bests[-1] for trial in full if math.isfinite(trial.bests[-1])]
    if not ends:
        return found
    for position, trial in enumerate(trials):
        if trial.stopped_at is not None and math.isfinite(found[position]):
            expected = found[position] + _gain(full, trial.stopped_at)
            found[position] = max(found[position], min(expected, max(ends)))
    return found


def _gain(full: Sequence[Observation], interval: int) -> float:
    """What trials that ran to their end gained from an interval on, in the median."""
    gains = [
        trial.bests[-1] - trial.bests[interval - 1]
        for trial in full
        if len(trial.bests) >= interval and math.isfinite(trial.bests[interval - 1])
    ]
    return float(np.median(gains)) if gains else 0.0


def _score(trial: Observation) -> float:
    score = trial.score
    return -math.inf if score is None or not math.isfinite(score) else score
