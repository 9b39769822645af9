"""The policies that decide by a forecast, against the contract."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.early_termination import parse_policy, policy_in_force
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.gain_forecast import learn
from sweepjob.early_stopping.policies import auto, forecast
from sweepjob.early_stopping.policies.auto import AutoPolicy
from sweepjob.early_stopping.policies.auto_promotion import PausingAutoPolicy
from sweepjob.early_stopping.policies.forecast import ForecastPolicy
from sweepjob.early_stopping.policies.rungs import Rungs, RungsAndNext
from sweepjob.early_stopping.policy import PausedTrial, PausingPolicy, Policy, Schedule
from sweepjob.objective import Goal
from sweepjob.testing.policies import (
    Curves,
    PausingPolicyContract,
    PolicyContract,
    pauses,
    play,
    stops,
)

from .builders import sweepjob

_HISTORIES = st.lists(st.tuples(st.integers(0, 6), st.integers(-5, 5).map(float)), max_size=60)


class ForecastContract(PolicyContract):
    """The definition of both policies that decide by a forecast."""

    probability: ClassVar[float]
    earliest: ClassVar[float] = 0.0
    schedule: Schedule

    def visible(self, history: Sequence[tuple[int, float]], interval: int, goal: Goal) -> Curves:
        return {t: [goal.score(v) for other, v in history if other == t] for t, _ in history}

    def should_stop(self, trial: int, curves: Curves, goal: Goal) -> bool:
        bests = {t: list(itertools.accumulate(c, max)) for t, c in curves.items()}
        now = len(bests[trial])
        peers = [b[now - 1] for t, b in bests.items() if t != trial and len(b) >= now]
        own = bests[trial][now - 1]
        if own == -math.inf and len(peers) >= 3 and min(peers) > -math.inf:
            return True
        ranked = [
            n for n in range(1, 1 + max(map(len, bests.values()))) if self.schedule.applies(n)
        ]
        reported = max(sum(len(b) >= n for b in bests.values()) for n in [*ranked, now])
        if reported < 4 or not peers or max(peers) == -math.inf:
            return False
        before = [n for n in ranked if n <= now / 2]
        if not before or bests[trial][before[-1] - 1] == -math.inf:
            return False
        later = [now]
        for n in ranked:
            if n > now and (n >= later[-1] * 2**0.25 or n == ranked[-1]):
                later.append(n)
        return own < min(
            max(peers), self.target(bests, ranked) - self.most(trial, bests, before[-1], later)
        )

    def target(self, bests: Curves, ranked: list[int]) -> float:
        return max(b[n - 1] for b in bests.values() for n in ranked if n <= len(b))

    def most(self, trial: int, bests: Curves, half: int, later: list[int]) -> float:
        now = later[0]
        doubled = math.log2(now / half)
        recent, gains, seen = [], [], []
        for other, best in bests.items():
            last = max((n for n in later if n <= len(best)), default=0)
            if other != trial and last > now and best[half - 1] > -math.inf:
                recent.append((best[now - 1] - best[half - 1]) / doubled)
                gains.append(best[last - 1] - best[now - 1])
                seen.append(math.log2(last / now))
        horizon = max(later[-1], 4 * now)
        if self.earliest and now < max(self.earliest * horizon, 8):
            return math.inf
        learnt = learn(
            np.array(recent), np.array(gains), np.array(seen), max(math.log2(horizon / now), 0.1)
        )
        own = (bests[trial][now - 1] - bests[trial][half - 1]) / doubled
        return learnt.gain(own, NormalDist().inv_cdf(1 - self.probability))

    @pytest.mark.parametrize("goal", Goal)
    def test_a_decision_explains_itself(self, goal: Goal) -> None:
        sign = 1 if goal is Goal.MAXIMIZE else -1
        history = [(t, sign * (100.0 - 9 / n)) for n in range(1, 17) for t in range(9)]
        history += [(9, sign * (1.0 - 0.01 / n)) for n in range(1, 9)]
        decision = play(self.make(self.first), goal, history)[-1]
        assert decision is not None
        assert (decision.stop, decision.interval, decision.comparators) == (True, 8, 9)
        assert decision.threshold is not None
        assert goal.score(decision.value or 0.0) < goal.score(decision.threshold)
        assert decision.message.startswith(f"{decision.policy} stopped it at interval 8: its best ")
        for part in (
            f"{decision.threshold:.6g}",
            f"{sign * 99.4375:.6g}",
            f"below {self.probability:.3g}",
        ):
            assert part in decision.message

    def test_a_slow_starter_that_still_gains_continues(self) -> None:
        """At eight reports it is last, and has gained in one doubling what it lacks."""
        history = [(t, 0.8 - 0.1 / n) for t in range(5) for n in range(1, 33)]
        slow = [(5, 0.1 * n) for n in range(1, 9)]
        flat = [(5, 0.6)] * 8
        assert not stops(self.make(self.first), Goal.MAXIMIZE, history + slow)[-1]
        assert stops(self.make(self.first), Goal.MAXIMIZE, history + flat)[-1]

    def test_a_trial_in_several_pieces_is_not_judged(self) -> None:
        evaluator = PolicyEvaluator(self.make(self.first), Goal.MAXIMIZE)
        for trial in range(5):
            curve = evaluator.new_curve()
            for n in range(1, 17):
                curve.append(0.9 - 0.1 / n)
                evaluator.evaluate(trial, curve)
        again = evaluator.new_curve().restarted(0.2)
        for _ in range(16):
            again.append(0.1)
            assert evaluator.evaluate(5, again) is None


class TestForecast(ForecastContract):
    declaration = forecast.DECLARATION
    section: ClassVar[dict[str, Any]] = {"probability": 0.2}
    probability = 0.2

    def make(self, schedule: Schedule) -> Policy:
        self.schedule = schedule
        return ForecastPolicy(self.probability, schedule=schedule)


class TestAuto(ForecastContract):
    declaration = auto.DECLARATION
    probability = 0.002
    earliest = 0.1
    schedules = st.just(auto.DOUBLINGS)
    first = auto.DOUBLINGS

    def make(self, schedule: Schedule) -> Policy:
        assert isinstance(schedule, auto.DoublingSchedule)
        self.schedule = schedule
        return AutoPolicy(schedule=schedule)


class TestPausingAuto(PausingPolicyContract):
    """Auto where trials have checkpoints."""

    declaration = auto.DECLARATION
    schedules = st.builds(Rungs, st.just(3), st.integers(1, 3), st.none() | st.integers(4, 12))
    first = Rungs(3)
    applied: RungsAndNext

    def make(self, schedule: Schedule) -> PausingPolicy:
        assert isinstance(schedule, Rungs)
        policy = PausingAutoPolicy(schedule)
        self.applied = policy.schedule
        return policy

    def visible(self, history: Sequence[tuple[int, float]], interval: int, goal: Goal) -> Curves:
        return {t: [goal.score(v) for other, v in history if other == t] for t, _ in history}

    def should_pause(self, trial: int, curves: Curves, goal: Goal) -> bool:
        now = len(curves[trial])
        if self.is_scout(trial, now):
            return False
        compared = [t for t in self.by_forecast(now, curves) if not self.is_scout(t, now)]
        beyond = {t for t in compared if len(curves[t]) > now}
        waiting = [t for t in compared if t not in beyond]
        free = max((len(waiting) + len(beyond)) // 3 - len(beyond), 0)
        return trial not in waiting[:free] or max(curves[trial]) == -math.inf

    def is_scout(self, trial: int, rung: int) -> bool:
        rungs = self.applied.rungs
        is_early = rung < 9 * rungs.grace_period
        return trial in (3, 7) and is_early and (rungs.maximum is None or 9 * rung < rungs.maximum)

    def may_continue(self, trial: int, interval: int, curves: Curves) -> bool:
        raise NotImplementedError("the test below also has to know who waits")

    @settings(max_examples=200)
    @given(history=_HISTORIES, goal=st.sampled_from(list(Goal)))
    def test_only_paused_trials_that_may_continue_are_chosen(
        self, history: list[tuple[int, float]], goal: Goal
    ) -> None:
        evaluator, paused = pauses(self.make(self.first), goal, history)
        reports = Counter(trial for trial, _ in history)
        made = {t: paused[t].interval if t in paused else n for t, n in reports.items()}
        allowed = set()
        for trial, found in paused.items():
            reached = sum(
                n >= found.interval and not self.is_scout(t, found.interval)
                for t, n in made.items()
            )
            waiting = sum(other.interval == found.interval for other in paused.values())
            if reached - waiting < reached // 3 and found.curve.best is not None:
                allowed.add(trial)
        chosen = evaluator.choose(paused, must_complete=False) if paused else None
        assert (chosen is None) == (not allowed)
        assert chosen is None or chosen.trial in allowed

    def test_a_third_continues_even_if_each_trial_is_better_than_all_before(self) -> None:
        """A sampler that learns proposes such trials; ASHA would let all of them continue."""
        evaluator = PolicyEvaluator(self.make(self.first), Goal.MAXIMIZE)
        continued = 0
        numbers = [trial for trial in range(40) if trial % 4 != 3]  # no scouts
        for count, trial in enumerate(numbers, 1):
            curve = evaluator.new_curve()
            curve.append(float(trial))
            decision = evaluator.evaluate(trial, curve)
            assert decision is not None
            if not decision.pause:
                continued += 1
                curve.append(float(trial))
                evaluator.evaluate(trial, curve)
            assert continued <= count // 3
        assert continued == 10

    def test_one_in_four_passes_the_first_rungs_whatever_it_reaches(self) -> None:
        policy = self.make(Rungs(3, 1, 81))
        history = [(t, 1.0) for t in range(7)] + [(7, 0.1)] * 9
        decisions = {d.interval: d for d in play(policy, Goal.MAXIMIZE, history)[7:] if d}
        assert [n for n, found in decisions.items() if found.pause] == [9]
        assert decisions[1].message == (
            "auto continued it at interval 1: its best 0.1 is that of one in 4 trials that pass the first "
            "rungs whatever others reach, so that slow starters show what they become"
        )

    @pytest.mark.parametrize(
        ("complete", "rungs"), [(9, []), (27, [1]), (81, [1, 3]), (None, [1, 3])]
    )
    def test_a_scout_makes_at_most_a_ninth_of_the_reports(
        self, complete: int | None, rungs: list[int]
    ) -> None:
        policy = self.make(Rungs(3, 1, complete))
        others = [(t, 1.0) for t in range(3) for _ in range(28)]
        found = play(policy, Goal.MAXIMIZE, others + [(3, 0.1)] * 26)[len(others) :]
        continued = [d.interval for d in found if d and not d.pause and self.is_rung(d.interval)]
        assert continued == rungs

    def is_rung(self, interval: int) -> bool:
        return interval in (1, 3, 9, 27)

    def test_scouts_take_no_place_from_others_at_the_rungs_that_they_passed(self) -> None:
        scouts = [(trial, 0.1) for trial in (3, 7) for _ in range(9)]
        others = [(0, 0.5), (1, 0.4), (2, 0.3)]
        evaluator, paused = pauses(self.make(self.first), Goal.MAXIMIZE, scouts + others)
        assert {trial: found.interval for trial, found in paused.items()} == {
            **dict.fromkeys((3, 7), 9),
            **dict.fromkeys((0, 1, 2), 1),
        }
        chosen = evaluator.choose(paused, must_complete=False)
        assert chosen is not None
        assert chosen.message == (
            "auto continued it after interval 1: its best 0.5 leads to 0.5 at its end; 1 of 3 trials at "
            "this rung may continue (1/3), and 0 have already"
        )

    def test_a_decision_says_how_many_may_continue(self) -> None:
        numbers = (0, 1, 2, 4, 5, 6, 8, 9)
        history = [(trial, float(trial)) for trial in numbers] + [(9, 9.0), (10, 0.5)]
        decision = play(self.make(self.first), Goal.MAXIMIZE, history)[-1]
        assert decision is not None
        assert decision.message == (
            "auto paused it at interval 1: its best 0.5 leads to 0.5 at its end; 3 of 9 trials at this "
            "rung may continue (1/3), and 1 has already; the last that may leads to 6, for which it would "
            "have to be 6 by now"
        )

    def by_forecast(self, now: int, curves: Curves) -> list[int]:
        bests = {t: list(itertools.accumulate(c, max)) for t, c in curves.items()}
        here = {t: b for t, b in bests.items() if len(b) >= now}
        every = range(1, 1 + max(map(len, bests.values())))
        ranked = [n for n in every if self.applied.rungs.applies(n)]
        furthest = max(n for n in every if self.applied.applies(n))
        before = [n for n in ranked if n <= now / 2]
        gain = dict.fromkeys(here, 0.0)
        if before:
            recent = {
                t: (b[now - 1] - b[before[-1] - 1]) / math.log2(now / before[-1])
                for t, b in here.items()
                if b[before[-1] - 1] > -math.inf
            }
            last = {t: max(n for n in ranked if n <= len(b)) for t, b in here.items()}
            further = [t for t in recent if last[t] > now]
            horizon = max(furthest, 4 * now)
            learnt = learn(
                np.array([recent[t] for t in further]),
                np.array([bests[t][last[t] - 1] - bests[t][now - 1] for t in further]),
                np.log2([last[t] / now for t in further]),
                max(math.log2(horizon / now), 0.1),
            )
            gain |= {t: learnt.gain(recent[t]) for t in recent}
        return sorted(here, key=lambda t: (-(here[t][now - 1] + gain[t]), t))

    def test_the_declaration_builds_the_policy(self) -> None:
        policy = parse_policy(Reader({"type": "auto", "maxReports": 81}, "spec.earlyTermination"))
        assert policy_in_force(policy, has_checkpoints=False) is policy
        pausing = policy_in_force(policy, has_checkpoints=True)
        assert pausing == PausingAutoPolicy(Rungs(3, 1, 81), 81)

    def test_a_slow_starter_is_ahead_of_one_that_has_converged(self) -> None:
        history = [(t, 0.8 - 0.1 / n) for t in range(2) for n in range(1, 28)]
        history += [(2, 0.05 * n) for n in range(1, 10)]  # 0.45, and rising
        history += [(3, 0.6)] * 9
        evaluator = PolicyEvaluator(self.make(self.first), Goal.MAXIMIZE)
        curves = {trial: evaluator.new_curve() for trial, _ in history}
        for trial, value in history:
            curves[trial].append(value)
            evaluator.evaluate(trial, curves[trial])
        waiting = {t: PausedTrial(9, curves[t]) for t in (2, 3)}
        chosen = evaluator.choose(waiting, must_complete=True)
        assert chosen is not None
        assert chosen.trial == 2
        assert chosen.message.startswith("auto continued it after interval 9: its best 0.45 ")


@pytest.mark.parametrize(
    "policy", [AutoPolicy(), ForecastPolicy(0.2), PausingAutoPolicy(Rungs(3))], ids=repr
)
@pytest.mark.parametrize("seed", range(5))
def test_a_restarted_operator_decides_the_same(policy: Policy, seed: int) -> None:
    generator = np.random.default_rng(seed)
    before = PolicyEvaluator(policy, Goal.MAXIMIZE)
    curves = {trial: before.new_curve() for trial in range(12)}
    for trial, curve in curves.items():
        for report in range(int(generator.integers(2, 30))):
            curve.append(float(trial % 5 + generator.normal() - 4 / (report + 1)))
            before.evaluate(trial, curve)
    after = PolicyEvaluator(policy, Goal.MAXIMIZE)
    after.restore(curves)
    paused = {trial: PausedTrial(curves[trial].count, curves[trial]) for trial in range(6)}
    for must_complete in (False, True):
        expected = before.choose(paused, must_complete=must_complete)
        assert after.choose(paused, must_complete=must_complete) == expected
    further = before.new_curve()
    for report in range(1, 30):
        further.append(1.0 - 1 / report)
        decision = before.evaluate(12, further)
        assert after.evaluate(12, further) == decision


def test_auto_pauses_where_trials_have_checkpoints() -> None:
    outputs = {"state": {"volume": {"persistentVolumeClaim": {"claimName": "state"}}}}
    trial = {"image": "i:1", "command": "train"}
    body = {"earlyTermination": {"type": "auto"}, "outputs": outputs}
    stopping = parse_sweepjob(sweepjob(**body, trial=trial))
    assert stopping.policy == AutoPolicy()
    pausing = parse_sweepjob(sweepjob(**body, trial=trial | {"checkpoint": {"output": "state"}}))
    assert pausing.policy == PausingAutoPolicy(Rungs(3))
    assert pausing.policy_pauses


def test_doublings_are_four_intervals_for_each() -> None:
    applied = [n for n in range(1, 70) if auto.DOUBLINGS.applies(n)]
    assert applied == [*range(1, 8), 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64]


@pytest.mark.parametrize("probability", [0, 1, -0.5])
def test_a_probability_is_between_0_and_1(probability: float) -> None:
    reader = Reader({"type": "forecast", "probability": probability}, "spec.earlyTermination")
    parse_policy(reader)
    assert [problem.path for problem in reader.problems] == ["spec.earlyTermination.probability"]
