"""Forecasts how much a trial's best score will still improve.

A curve that follows a power law gains, in each doubling of its reports, a constant share of what it
gained in the doubling before. So what a trial will still gain is compared with what it gained last:

    log((F + e) / (S + e)) ~ Normal(log phi(r) + d, s^2),   phi(r) = 0.6 + 0.6^2 + ... over r doublings,

where F is the gain until the horizon, S the gain of the last doubling, e a floor for curves that stand
still, and r the number of doublings until the horizon. The shift d and the spread s are learnt from
trials of the same sweep that came further; a prior stands in as long as there are few. A slow starter
has a large S, so it is given time; a fast one that has converged has none.

Sources: Domhan, Springenberg and Hutter (2015), to predict from curves whether a run will beat the best;
Viering and Loog (2023), power laws as the shape of learning curves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..search.gaussian_process.arrays import Array

# The share of the last doubling's gain that the next one is expected to bring.
_SHARE = 0.6
# The prior: so many trials with no shift, and this spread.
_PRIOR_TRIALS, _PRIOR_SPREAD = 2.0, 1.4
# The floor, as a share of the median gain of the last doubling.
_FLOOR = 0.1


def expected_share(doublings: Array) -> Array:
    """Return phi: the expected gain of some doublings, in units of the last one's gain."""
    shares: Array = _SHARE * (1.0 - _SHARE**doublings) / (1.0 - _SHARE)
    return shares


@dataclass(frozen=True, slots=True)
class GainForecast:
    """The distribution of a gain, learnt at one number of reports.

    Attributes:
        shift: the mean of the logarithm of the ratio F / S.
        spread: its standard deviation, that of the estimate included.
        floor: what is added to either gain, in units of the metric; above 0.
        trials: the number of trials it was learnt from.
    """

    shift: float
    spread: float
    floor: float
    trials: int

    def gain(self, recent: float, deviations: float = 0.0) -> float:
        """Return a quantile of the gain until the horizon.

        Args:
            recent: the gain of the trial's last doubling.
            deviations: the quantile in standard deviations; 0 is the median.
        """
        scale = math.exp(min(self.shift + deviations * self.spread, 50.0))
        return max((recent + self.floor) * scale - self.floor, 0.0)

    def gains(self, recent: Array) -> Array:
        """Return the medians of the gains until the horizon.

        Args:
            recent: the gains of trials' last doubling; shape (n,).
        """
        import numpy as np

        scale = math.exp(min(self.shift, 50.0))
        found: Array = np.maximum((recent + self.floor) * scale - self.floor, 0.0)
        return found

    def chance_above(self, needed: float, recent: float) -> float:
        """Return the chance that a trial gains more than it needs.

        Args:
            needed: the gain that it needs.
            recent: the gain of its last doubling.
        """
        if needed <= 0:
            return 1.0
        ratio = math.log((needed + self.floor) / (recent + self.floor))
        return 0.5 * math.erfc((ratio - self.shift) / self.spread / math.sqrt(2.0))


def learn(recent: Array, gains: Array, seen: Array, doublings: float) -> GainForecast:
    """Return the forecast at a number of reports.

    Args:
        recent: the gains of the trials' last doubling there; shape (n,).
        gains: what they have gained since; shape (n,).
        seen: in how many doublings; above 0; shape (n,).
        doublings: the number until the horizon.
    """
    import numpy as np

    expected = math.log(max(float(expected_share(np.array(doublings))), 1e-3))
    count = len(recent)
    floor = max(_FLOOR * float(np.median(recent)), 1e-300) if count else 1e-300
    if count:
        scale = float(np.max(recent) + np.max(gains))
        floor = max(floor, 1e-3 * scale)
    away = np.log((gains + floor) / (recent + floor)) - np.log(expected_share(seen))
    # Trials that came only a little further say little about the rest.
    weights = np.minimum(seen / max(doublings, 1e-9), 1.0)
    total = float(weights.sum())
    mean = float((weights * away).sum()) / (total + _PRIOR_TRIALS)
    squares = float((weights * (away - mean) ** 2).sum()) + _PRIOR_TRIALS * _PRIOR_SPREAD**2
    variance = squares / (total + _PRIOR_TRIALS)
    spread = math.sqrt(variance * (1.0 + 1.0 / (total + _PRIOR_TRIALS)))
    return GainForecast(expected + mean, spread, floor, count)
