"""The prospects of a trial, by which the policies ``forecast`` and ``auto`` decide."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

from ..objective import Goal
from .policy import Decision, Policy, count_other_trials
from .rankings import Rank, Rankings
from .score_table import forecast_trial, learn_gains

# A trial is judged when so many others have reported, and one of them has reached the same interval.
_LEAST_OTHERS = 3
LEAST_TRIALS = _LEAST_OTHERS + 1
# Without a known number of reports, a trial is expected to make at least so many times more, and where
# the earliest report that is judged is a share of that number, it is not before this one.
_UNKNOWN_HORIZON, _UNKNOWN_EARLIEST = 4, 8
_NORMAL = NormalDist()
# Deviations to either side that hold nine of ten curves. The tails of the ratios are heavier than those
# of a normal distribution, of which 1.645 would hold as many.
NINE_OF_TEN = 1.55


@dataclass(frozen=True, slots=True)
class Prospect:
    """The forecast of a trial's best score at its end.

    Attributes:
        target: the best score of any trial so far.
        chance: the chance to exceed it.
        median: the forecast.
        low, high: the ends of the interval that holds it with a chance of 90 %.
        cut: the lowest score now with which the chance would not be below the probability in question,
            other things equal; never above the best of the others at this interval.
    """

    target: float
    chance: float
    median: float
    low: float
    high: float
    cut: float


def prospect_of(
    rank: Rank, interval: int, max_reports: int | None, probability: float, earliest: float = 0.0
) -> Prospect | None:
    """Return the forecast of a trial.

    Args:
        rank: the trial among those that reached the interval.
        interval: its number of reports.
        max_reports: the number of reports of a complete trial; None when it is not known.
        probability: the chance below which the trial is to be stopped, above 0.
        earliest: the share of a complete trial's reports before which nothing is forecast.

    Returns:
        None when too little is known of it, or of others.
    """
    rankings = rank.rankings
    if rankings is None or rank.trial is None or rankings.trial_count() <= _LEAST_OTHERS:
        return None
    table = rankings.table([rank.trial], interval)
    if table is None or not rank.is_comparable:
        return None
    horizon = horizon_of(rankings, interval, max_reports)
    found = forecast_trial(table, rank.trial, horizon)
    if found is None or interval < _earliest(earliest, horizon, max_reports):
        return None
    target, score, gains = rankings.best_score(), rank.score, found.gains
    most = gains.gain(found.recent, -_NORMAL.inv_cdf(probability))
    return Prospect(
        target=target,
        chance=gains.chance_above(target - score, found.recent),
        median=score + gains.gain(found.recent),
        low=score + gains.gain(found.recent, -NINE_OF_TEN),
        high=score + gains.gain(found.recent, NINE_OF_TEN),
        cut=min(target - most, rank.best_of_others()),
    )


def _earliest(share: float, horizon: int, max_reports: int | None) -> float:
    """Return the first interval at which a trial is judged."""
    unknown = share > 0 and max_reports is None
    return max(share * horizon, _UNKNOWN_EARLIEST) if unknown else share * horizon


def horizon_of(rankings: Rankings, interval: int, max_reports: int | None) -> int:
    """Return the number of reports of a complete trial, as far as it is known.

    Args:
        rankings: all trials at each interval.
        interval: a number of reports that a trial has made.
        max_reports: the number that the user gave; None without one.
    """
    known = max_reports or rankings.usual_length(_LEAST_OTHERS)
    return max(known or max(rankings.furthest(), _UNKNOWN_HORIZON * interval), interval)


def why_complete(rank: Rank, interval: int, max_reports: int | None) -> str:
    """Return the end of a sentence: a trial has made all of its reports. Empty where it has not.

    Unless the number is given, it is that of the longest complete trial, as long as no other trial has
    made more: scripts that end early by themselves say little of how long the others are.

    Args:
        rank: the trial among those that reached the interval.
        interval: the number of reports that the trial has made.
        max_reports: the number that the user gave; None without one.
    """
    if max_reports is not None:
        length, why = max_reports, f"maxReports is {max_reports}"
    else:
        rankings = rank.rankings
        length = 0 if rankings is None else rankings.longest_complete
        if rankings is not None and rankings.is_exceeded(length, rank.trial):
            return ""
        why = f"the longest one so far made {length} report{'s' if length != 1 else ''}"
    return f"is that of a complete trial: {why}" if 0 < length <= interval else ""


class ForecastEntry(NamedTuple):
    """A trial at an interval, with what it leads to.

    Attributes:
        forecast: the forecast of its best score at its end: that of now, and ``gain``.
        trial: its index.
        score: its best score at the interval.
        gain: the forecast of what it still gains; 0 where nothing is known of it.
    """

    forecast: float
    trial: int
    score: float
    gain: float


def forecast_all(
    rankings: Rankings,
    interval: int,
    max_reports: int | None,
    applies: Callable[[int], bool] | None = None,
) -> list[ForecastEntry]:
    """Return all trials at an interval, that with the best forecast first.

    Args:
        rankings: all trials at each interval.
        interval: a number of reports.
        max_reports: the number of reports of a complete trial; None when it is not known.
        applies: the intervals that forecasts are learnt from; None for all.
    """
    import numpy as np

    ranking = rankings.at(interval)
    scores, trials = np.array(ranking.scores), np.array(ranking.trials, dtype=np.int64)
    gains, table = np.zeros(len(trials)), rankings.table(ranking.trials, interval, applies)
    if table is not None:
        learnt = learn_gains(table, horizon_of(rankings, interval, max_reports))
        recent = table.recent_gains()[np.searchsorted(table.trials, trials)]
        gains = np.where(np.isfinite(recent), learnt.gains(np.nan_to_num(recent)), 0.0)
    forecasts = scores + gains
    order = np.lexsort((trials, -forecasts))
    columns = (forecasts, trials, scores, gains)
    return list(map(ForecastEntry, *(column[order].tolist() for column in columns)))


def decide_by_forecast(
    policy: Policy,
    interval: int,
    rank: Rank,
    goal: Goal,
    max_reports: int | None,
    probability: float,
    earliest: float = 0.0,
) -> Decision:
    """Stop a trial whose chance to become the best is below a probability.

    A trial that has made all of its reports continues: nothing is saved by stopping it, and its script
    may still have to save its model.

    Args:
        policy: the policy that decides.
        interval: the number of the trial's newest report.
        rank: the trial among those that reached the interval.
        goal: which values are better.
        max_reports: the number of reports of a complete trial; None when it is not known.
        probability: the chance below which a trial is stopped, above 0.
        earliest: the share of a complete trial's reports before which it is not.
    """
    if why := why_complete(rank, interval, max_reports):
        return Decision.of(
            policy, interval, rank, goal, stop=False, threshold=None, explanation=why
        )
    if _never_was_finite(rank):
        others = count_other_trials(rank.other_count)
        why = f"is compared with {others}, which had finite ones by then"
        return Decision.of(policy, interval, rank, goal, stop=True, threshold=None, explanation=why)
    found = prospect_of(rank, interval, max_reports, probability, earliest)
    if found is None:
        why = "has too few reports, or too few others at this interval, for a forecast"
        return Decision.of(
            policy, interval, rank, goal, stop=False, threshold=None, explanation=why
        )
    stop = rank.score < found.cut
    why = _explain(found, goal, stop, probability)
    threshold = goal.reported(found.cut)
    return Decision.of(
        policy, interval, rank, goal, stop=stop, threshold=threshold, explanation=why
    )


def _never_was_finite(rank: Rank) -> bool:
    """Return whether the trial has no finite report by an interval at which enough others have one."""
    enough = rank.other_count >= _LEAST_OTHERS
    return enough and not math.isfinite(rank.score) and math.isfinite(rank.other_score(0))


def _explain(found: Prospect, goal: Goal, stop: bool, probability: float) -> str:
    low, high = sorted(map(goal.reported, (found.low, found.high)))
    verb = "exceed" if goal is Goal.MAXIMIZE else "fall below"
    text = (
        f"leads to {goal.reported(found.median):.6g} at its end ({low:.6g} to {high:.6g} with 90 %); "
        f"the chance to {verb} the best, {goal.reported(found.target):.6g}, is {_percent(found.chance)}"
    )
    side = "below" if found.chance < probability else "not below"
    text += f", {side} {probability:.3g}"
    if stop:
        return f"{text}, and it would have to be {goal.reported(found.cut):.6g} by now"
    if found.chance < probability:
        return f"{text}, but no other trial was better at this interval"
    return text


def _percent(chance: float) -> str:
    return f"{chance:.3g}" if chance >= 1e-4 else "less than 0.0001"
