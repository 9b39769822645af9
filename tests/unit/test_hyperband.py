"""Hyperband against the contract, and how trials are divided among its brackets."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.early_termination import parse_policy, policy_in_force
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policies import hyperband
from sweepjob.early_stopping.policies.brackets import Brackets, most_brackets
from sweepjob.early_stopping.policies.hyperband import HyperbandPolicy
from sweepjob.early_stopping.policies.hyperband_promotion import PromotingHyperbandPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policy import Policy, Schedule
from sweepjob.early_stopping.rankings import IntervalRanking
from sweepjob.early_stopping.replay import RecordedTrial, replay
from sweepjob.objective import Goal
from sweepjob.testing.policies import (
    Curves,
    PausingPolicyContract,
    PolicyContract,
    Report,
    curves_at,
    pauses,
)

FIRST = Brackets(Rungs(2, 1, 8), 3)
SCHEDULES = st.builds(
    Brackets,
    st.builds(Rungs, st.just(2), st.integers(1, 2), st.integers(5, 12)),
    st.integers(1, 3),
)


def in_bracket(brackets: Brackets, bracket: int, count: int) -> list[int]:
    """The first trials of a bracket."""
    every = (trial for trial in range(10**6) if brackets.of(trial) == bracket)
    return list(islice(every, count))


def is_in_top(schedule: Brackets, trial: int, curves: Curves) -> bool:
    """The definition, for a trial at a rung of its bracket: in the top half of its bracket there."""
    ordered = sorted(curves, key=lambda t: (-max(curves[t]), t))
    return ordered.index(trial) < len(ordered) // 2


class _InBrackets:
    """What both forms of the contract need: a trial is compared with those of its bracket alone."""

    schedule: Brackets = FIRST

    def compared(self, count: int) -> Sequence[int]:
        return in_bracket(FIRST, 0, count)

    def visible(self, history: Sequence[Report], interval: int, goal: Goal) -> Curves:
        own = self.schedule.of(history[-1][0])
        curves = curves_at(history, interval, goal)
        return {t: c for t, c in curves.items() if self.schedule.of(t) == own}

    def is_rung(self, trial: int, curves: Curves) -> bool:
        reports = len(curves[trial])
        first = self.schedule.rungs.grace_period * 2 ** self.schedule.of(trial)
        return reports in {first * 2**n for n in range(9)} and reports < self.maximum

    @property
    def maximum(self) -> float:
        return self.schedule.rungs.maximum or math.inf


class TestHyperband(_InBrackets, PolicyContract):
    declaration = hyperband.DECLARATION
    section: ClassVar[Mapping[str, Any]] = {"maxReports": 81}
    schedules = SCHEDULES
    first = FIRST

    def make(self, schedule: Schedule) -> Policy:
        assert isinstance(schedule, Brackets)
        self.schedule = schedule
        return HyperbandPolicy(schedule)

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        others = [max(curve) for t, curve in curves.items() if t != trial]
        is_compared = self.is_rung(trial, curves) and len(curves) >= 2
        is_worse = is_compared and not is_in_top(self.schedule, trial, curves)
        return is_worse and max(others) > -math.inf


class TestHyperbandPromotion(_InBrackets, PausingPolicyContract):
    declaration = hyperband.DECLARATION
    section: ClassVar[Mapping[str, Any]] = {"mode": "promote", "maxReports": 81}
    schedules = SCHEDULES
    first = FIRST

    def make(self, schedule: Schedule) -> PromotingHyperbandPolicy:
        assert isinstance(schedule, Brackets)
        self.schedule = schedule
        return PromotingHyperbandPolicy(schedule)

    def visible(self, history: Sequence[Report], interval: int, goal: Goal) -> Curves:
        # A trial that was paused is asked about by its interval alone: every bracket is needed.
        return curves_at(history, interval, goal)

    def should_pause(self, trial: int, curves: Curves, goal: Goal) -> bool:
        return self.is_rung(trial, curves) and not self.may_continue(trial, 0, curves)

    def may_continue(self, trial: int, interval: int, curves: Curves) -> bool:
        own = {t: c for t, c in curves.items() if self.schedule.of(t) == self.schedule.of(trial)}
        return is_in_top(self.schedule, trial, own) and max(own[trial]) > -math.inf


def test_each_bracket_gets_its_share_of_the_trials() -> None:
    # Li et al. (2018), table 1: 81, 34, 15, 8 and 5 of 143 configurations start at 1, 3, 9, 27 and 81.
    brackets = Brackets(Rungs(3, 1, 81), most_brackets(Rungs(3, 1, 81)))
    expected = [81, 34, 15, 8, 5]
    for start in (0, 143, 10_000, -143):
        found = Counter(map(brackets.of, range(start, start + 143)))
        for bracket, number in enumerate(expected):
            assert abs(found[bracket] - number) <= 2
    assert [brackets.of(trial) for trial in range(12)] == [0, 1, 0, 2, 0, 0, 1, 0, 3, 0, 0, 1]


@given(
    factor=st.integers(2, 1000),
    grace=st.integers(1, 10**6),
    more=st.integers(1, 10**9),
    trial=st.integers(-(2**31), 2**31 - 1),
)
def test_the_brackets_of_one_trial_and_of_many_agree(
    factor: int, grace: int, more: int, trial: int
) -> None:
    rungs = Rungs(factor, grace, grace + more)
    ranking = IntervalRanking()
    trials = sorted({trial, *range(20)})
    for position, other in enumerate(trials):
        ranking.insert(float(position), other)
    for count in {1, most_brackets(rungs)}:
        brackets = Brackets(rungs, count)
        assert 0 <= brackets.of(trial) < count
        for bracket in range(count):
            members = brackets.members(ranking, bracket)
            own = [t for t in trials if brackets.of(t) == bracket]
            assert list(members.trials) == own
            assert list(members.scores) == [float(trials.index(t)) for t in own]


def test_a_decision_names_the_bracket_and_both_values() -> None:
    brackets = Brackets(Rungs(3, 1, 81), 5)
    trials = in_bracket(brackets, 1, 3)
    evaluator = PolicyEvaluator(HyperbandPolicy(brackets), Goal.MAXIMIZE)
    messages = []
    for trial, value in zip(
        [*trials, *in_bracket(brackets, 0, 5)], [0.9, 0.8, 0.7, *[1.0] * 5], strict=True
    ):
        curve = evaluator.new_curve()
        for _ in range(3):
            curve.append(value)
            decision = evaluator.evaluate(trial, curve)
        assert decision is not None
        messages.append(decision.message)
    assert messages[2] == (
        "hyperband stopped it at interval 3: its best 0.7 is not in the top 1 of 3 trials at this rung of "
        "bracket 2 of 5 (1/3); the last of these has 0.9"
    )
    assert messages[1].endswith(
        "is the 2nd trial at this rung of bracket 2 of 5; decisions begin with 3 trials"
    )


@pytest.mark.parametrize(
    ("bracket", "words"),
    [
        (2, "is that of a trial in bracket 3 of 5, whose first rung is at 9 reports"),
        (4, "is that of a trial in bracket 5 of 5, which has no rung"),
    ],
)
def test_a_trial_is_not_compared_before_the_first_rung_of_its_bracket(
    bracket: int, words: str
) -> None:
    brackets = Brackets(Rungs(3, 1, 81), 5)
    evaluator = PolicyEvaluator(PromotingHyperbandPolicy(brackets), Goal.MAXIMIZE)
    for trial in in_bracket(brackets, bracket, 4):
        curve = evaluator.new_curve()
        curve.append(-1.0)
        decision = evaluator.evaluate(trial, curve)
        assert decision is not None
        assert not decision.pause
        assert decision.message.endswith(words)


def test_the_highest_rung_of_any_bracket_is_promoted_from_first() -> None:
    first, second = in_bracket(FIRST, 0, 4), in_bracket(FIRST, 1, 4)
    history = [(trial, float(n)) for n, trial in enumerate(reversed(first))]
    for n, trial in enumerate(reversed(second)):
        history += [(trial, n / 10)] * 2
    evaluator, paused = pauses(PromotingHyperbandPolicy(FIRST), Goal.MINIMIZE, history)
    chosen = evaluator.choose(paused, must_complete=False)
    assert chosen is not None
    assert chosen.trial == second[-1]
    assert chosen.message == (
        "hyperband continued it after interval 2: its best 0 is in the top 2 of 4 trials at this rung of "
        "bracket 2 of 3 (1/2)"
    )
    for trial in second:
        paused.pop(trial, None)
    chosen = evaluator.choose(paused, must_complete=False)
    assert chosen is not None
    assert chosen.trial == first[-1]


@pytest.mark.parametrize("policy", [HyperbandPolicy(FIRST), PromotingHyperbandPolicy(FIRST)])
def test_a_restarted_operator_ranks_alike(policy: Policy) -> None:
    before, curves = PolicyEvaluator(policy, Goal.MAXIMIZE), {}
    for trial in range(30):
        curves[trial] = before.new_curve()
        for report in range(1 + trial % 9):
            curves[trial].append(math.sin(trial) + report)
            before.evaluate(trial, curves[trial])
    after = PolicyEvaluator(policy, Goal.MAXIMIZE)
    after.restore(curves)
    for trial in range(30, 60):
        curve = before.new_curve()
        for report in range(4):
            curve.append(math.cos(trial) + report)
            assert before.evaluate(trial, curve) == after.evaluate(trial, curve)


def parsed(**section: Any) -> Policy:
    reader = Reader({"type": "hyperband", "maxReports": 81, **section}, "spec.earlyTermination")
    policy = parse_policy(reader)
    assert reader.problems == []
    return policy


def test_it_promotes_where_trials_have_checkpoints_unless_told_otherwise() -> None:
    for has_checkpoints in (False, True):
        stopping = policy_in_force(parsed(mode="stop"), has_checkpoints=has_checkpoints)
        assert isinstance(stopping, HyperbandPolicy)
    assert isinstance(policy_in_force(parsed(), has_checkpoints=False), HyperbandPolicy)
    promoting = PromotingHyperbandPolicy(Brackets(Rungs(3, 1, 81), 5))
    assert policy_in_force(parsed(), has_checkpoints=True) == promoting
    assert policy_in_force(parsed(mode="promote"), has_checkpoints=False) == promoting


def test_one_bracket_is_asha() -> None:
    from sweepjob.early_stopping.policies.asha import AshaPolicy

    trials = [
        RecordedTrial(n, tuple(math.sin(n * 7 + r) + r / 9 for r in range(27)), (1,) * 27)
        for n in range(40)
    ]
    rungs = Rungs(3, 1, 27)
    one = replay(trials, HyperbandPolicy(Brackets(rungs, 1)), Goal.MAXIMIZE, 4)
    other = replay(trials, AshaPolicy(rungs), Goal.MAXIMIZE, 4)
    assert [o.reports for o in one.outcomes] == [o.reports for o in other.outcomes]
    assert "bracket" not in str([o.stopped for o in one.outcomes])


@pytest.mark.parametrize("promotes", [False, True])
def test_all_brackets_take_about_the_same_time(promotes: bool) -> None:
    brackets = Brackets(Rungs(3, 1, 81), 5)
    trials = [
        RecordedTrial(n, tuple(math.sin(n * 12.9898) + r / 1000 for r in range(81)), (1,) * 81)
        for n in range(715)
    ]
    policy = PromotingHyperbandPolicy(brackets) if promotes else HyperbandPolicy(brackets)
    result = replay(trials, policy, Goal.MAXIMIZE, 8)
    spent = Counter[int]()
    for outcome in result.outcomes:
        spent[brackets.of(outcome.trial)] += outcome.reports
    mean = statistics.mean(spent.values())
    assert len(spent) == 5
    assert all(0.6 * mean < reports < 1.5 * mean for reports in spent.values()), spent
