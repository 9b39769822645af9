"""Warnings about early termination that can never decide anything, or only about few trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from ...early_stopping.policies.asha import AshaPolicy
from ...early_stopping.policies.asha_promotion import PromotingAshaPolicy
from ...early_stopping.policies.auto import AutoPolicy
from ...early_stopping.policies.auto_promotion import PausingAutoPolicy
from ...early_stopping.policies.bandit import BanditPolicy
from ...early_stopping.policies.brackets import Brackets
from ...early_stopping.policies.forecast import ForecastPolicy
from ...early_stopping.policies.hyperband import HyperbandPolicy
from ...early_stopping.policies.hyperband_promotion import PromotingHyperbandPolicy
from ...early_stopping.policies.median import MedianStoppingPolicy
from ...early_stopping.policies.truncation import TruncationSelectionPolicy
from ...early_stopping.policy import IntervalSchedule, PausingPolicy, Policy, Schedule
from ...early_stopping.prospect import LEAST_TRIALS
from ..parsing.problem import Problem
from ..spec.sweep_spec import SweepSpec

_PATH = "spec.earlyTermination"
_TOTAL = "spec.limits.maxTotalTrials"
_SECOND_REPORT = 2  # before which nothing is known of a trial's gains


def policy_warnings(section: Mapping[str, Any] | None, spec: SweepSpec) -> Iterator[Problem]:
    """Yield why the policy of a sweep would do nothing.

    Args:
        section: ``spec.earlyTermination``; None without one.
        spec: the specification of the sweep.
    """
    if not section:
        return
    total, policy = spec.limits.max_total_trials, spec.policy
    least = _least_trials(policy)
    are_compared = bool(spec.warm_start) and not isinstance(policy, PausingAutoPolicy)
    if total < least and not are_compared:
        message = (
            f"{_effect(policy, least)}; raise it, or remove earlyTermination{_smaller(policy)}"
        )
        yield Problem(_TOTAL, total, message)
    if isinstance(policy, ForecastPolicy | AutoPolicy | PausingAutoPolicy):
        yield from _too_late(policy)
    if isinstance(policy, HyperbandPolicy | PromotingHyperbandPolicy) and total >= least:
        yield from _small_brackets(policy, total)


def _least_trials(policy: Policy) -> int:
    """Return how many trials a policy needs to end or to pause one because of the others."""
    if isinstance(policy, AshaPolicy | PromotingAshaPolicy):
        return policy.schedule.reduction_factor
    if isinstance(policy, HyperbandPolicy | PromotingHyperbandPolicy):
        return _least_of_brackets(policy.schedule)
    if isinstance(policy, PausingAutoPolicy):
        has_rung = policy.rungs.applies(policy.rungs.grace_period)
        return policy.rungs.reduction_factor if has_rung else 0
    if isinstance(policy, ForecastPolicy | AutoPolicy):
        return LEAST_TRIALS
    if isinstance(policy, TruncationSelectionPolicy):
        return math.ceil(100 / policy.percentage)
    if isinstance(policy, BanditPolicy | MedianStoppingPolicy):
        return 2
    return 0


def _effect(policy: Policy, least: int) -> str:
    """Return what a policy does in a sweep with fewer trials than it compares."""
    if isinstance(policy, PromotingHyperbandPolicy):
        factor = policy.schedule.rungs.reduction_factor
        return (
            f"{policy.name} pauses each trial at the first rung of its bracket until the bracket has "
            f"{factor} trials, which takes {least} trials in all"
        )
    if isinstance(policy, PausingPolicy):
        return (
            f"{policy.name} pauses each trial at its first rung until there are {least}, so that only "
            "one trial of this sweep runs to its end, when nothing else is left to run"
        )
    start = f"{policy.name} compares {least} trials before it decides"
    return f"{start}, so that it does nothing in this sweep"


def _smaller(policy: Policy) -> str:
    if isinstance(policy, AshaPolicy | PromotingAshaPolicy):
        return ", or lower reductionFactor"
    if isinstance(policy, HyperbandPolicy | PromotingHyperbandPolicy):
        return ", or lower reductionFactor or brackets"
    if isinstance(policy, TruncationSelectionPolicy):
        return ", or raise truncationPercentage"
    return ""


def _too_late(policy: ForecastPolicy | AutoPolicy | PausingAutoPolicy) -> Iterator[Problem]:
    """Yield a warning where a complete trial has made all reports before the first forecast."""
    complete, schedule = policy.max_reports, policy.schedule
    if complete is None or complete > _first_decision(policy):
        return
    key, value = "maxReports", complete
    remedy = "correct it, or remove earlyTermination"
    if isinstance(schedule, IntervalSchedule) and complete > _SECOND_REPORT:
        key, value = "evaluationInterval", schedule.evaluation_interval
        if schedule.delay_evaluation > value:
            key, value = "delayEvaluation", schedule.delay_evaluation
        remedy = f"let the first evaluation be before report {math.ceil(complete / 2)}"
    message = (
        f"a complete trial has made all of its reports (maxReports: {complete}) by the first forecast, "
        f"so that {policy.name} stops at most trials whose reports are not finite; {remedy}"
    )
    yield Problem(f"{_PATH}.{key}", value, message)


def _first_decision(policy: ForecastPolicy | AutoPolicy | PausingAutoPolicy) -> int:
    """Return the number of the first report at which a trial may be ended or paused by its forecast."""
    schedule: Schedule = policy.schedule
    if isinstance(policy, PausingAutoPolicy):
        return 1
    if isinstance(schedule, IntervalSchedule):
        every, delay = schedule.evaluation_interval, schedule.delay_evaluation
        # The forecast needs what the trial has gained since an evaluation at half as many reports.
        return 2 * every * max(1, math.ceil(delay / every))
    return _SECOND_REPORT


def _least_of_brackets(brackets: Brackets) -> int:
    """Return how many trials it takes until a bracket with a rung compares any."""
    counts = [0] * brackets.count
    for trial in count():
        counts[brackets.of(trial)] += 1
        if max(counts[: brackets.with_rung]) >= brackets.rungs.reduction_factor:
            return trial + 1
    raise AssertionError("the first bracket has a share of the trials")


def _small_brackets(
    policy: HyperbandPolicy | PromotingHyperbandPolicy, total: int
) -> Iterator[Problem]:
    """Yield a warning where brackets get too few trials to compare any."""
    brackets, factor = policy.schedule, policy.schedule.rungs.reduction_factor
    counts, small = [0] * brackets.count, set(range(brackets.with_rung))
    for trial in range(total):
        bracket = brackets.of(trial)
        counts[bracket] += 1
        if counts[bracket] == factor:
            small.discard(bracket)
            if not small:
                return
    first = min(small)
    found = ", ".join(f"bracket {n + 1} has {counts[n]}" for n in sorted(small))
    does = (
        "pauses them all" if isinstance(policy, PromotingHyperbandPolicy) else "stops none of them"
    )
    message = (
        f"of {total} trials {found}: {policy.name} compares {factor} trials of a bracket before it "
        f"decides, and {does}; raise {_TOTAL}, or set brackets to {max(first, 1)}"
    )
    yield Problem(f"{_PATH}.brackets", brackets.count, message)
