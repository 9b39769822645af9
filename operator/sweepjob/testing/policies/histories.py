"""Histories of reports: strategies that draw them, and what a policy decides on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from ...early_stopping.evaluator import PolicyEvaluator
from ...early_stopping.policy import (
    Decision,
    IntervalSchedule,
    PausedTrial,
    PausingPolicy,
    Policy,
    Schedule,
)
from ...objective import Goal

Report = tuple[int, float]  # trial, value
# By trial, the scores of its first n reports; only trials that made n reports.
Curves = dict[int, list[float]]
_VALUES = st.one_of(
    st.integers(-5, 5).map(float), st.floats(-100, 100), st.sampled_from([math.nan, math.inf])
)
HISTORIES = st.lists(st.tuples(st.integers(0, 6), _VALUES), max_size=60)
INTERVALS: st.SearchStrategy[Schedule] = st.builds(
    IntervalSchedule, st.integers(1, 3), st.integers(0, 4)
)
GOALS = st.sampled_from(list(Goal))


def play(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[Decision | None]:
    """Return the decision after each report, made incrementally as the operator does.

    Args:
        policy: the policy.
        goal: which values are better.
        history: the trial and the value of each report, in the order of their arrival.

    Returns:
        a decision for each report; None where the policy is not applied.
    """
    evaluator = PolicyEvaluator(policy, goal)
    curves = {trial: evaluator.new_curve() for trial, _ in history}
    decisions = []
    for trial, value in history:
        curves[trial].append(value)
        decisions.append(evaluator.evaluate(trial, curves[trial]))
    return decisions


def stops(policy: Policy, goal: Goal, history: Sequence[Report]) -> list[bool]:
    """Return after each report whether the trial is stopped. The arguments are those of ``play``."""
    return [decision is not None and decision.stop for decision in play(policy, goal, history)]


def curves_at(history: Sequence[Report], interval: int, goal: Goal) -> Curves:
    """Return all that a policy may know at an interval, recomputed from the history.

    Args:
        history: the trial and the value of each report.
        interval: the number of reports of a trial.
        goal: which values are better.
    """
    curves: Curves = {}
    for trial, value in history:
        curves.setdefault(trial, []).append(goal.score(value))
    return {t: c[:interval] for t, c in curves.items() if len(c) >= interval}


def pauses(
    policy: PausingPolicy, goal: Goal, history: Sequence[Report]
) -> tuple[PolicyEvaluator, dict[int, PausedTrial]]:
    """Play a history; return the evaluator, and the trials that the policy paused.

    Reports of a paused trial are left out, as if its pods had ended at once.

    Args:
        policy: the policy.
        goal: which values are better.
        history: the trial and the value of each report, in the order of their arrival.
    """
    evaluator = PolicyEvaluator(policy, goal)
    curves = {trial: evaluator.new_curve() for trial, _ in history}
    paused: dict[int, PausedTrial] = {}
    for trial, value in history:
        if trial in paused:
            continue
        curves[trial].append(value)
        decision = evaluator.evaluate(trial, curves[trial])
        if decision is not None and decision.pause:
            paused[trial] = PausedTrial(decision.interval, curves[trial])
    return evaluator, paused


def until_pauses(history: Sequence[Report], paused: Mapping[int, PausedTrial]) -> list[Report]:
    """Return the reports without those after the pause of their trial."""
    made: list[Report] = []
    for trial, value in history:
        reports = sum(t == trial for t, _ in made)
        if trial not in paused or reports < paused[trial].interval:
            made.append((trial, value))
    return made
