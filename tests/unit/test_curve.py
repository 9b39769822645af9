"""A curve keeps what is needed whatever its length, and survives being written and read."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.parsing.lenient_reader import LenientReader
from sweepjob.api.sweeptrial.curve_encoding import dump_curve, load_curve, parse_curve
from sweepjob.early_stopping.curve import FULLY_KEPT, Curve, is_kept
from sweepjob.early_stopping.evaluator import PolicyEvaluator
from sweepjob.early_stopping.policies.bandit import BanditPolicy
from sweepjob.early_stopping.policies.median import MedianStoppingPolicy
from sweepjob.early_stopping.policies.rungs import Rungs
from sweepjob.early_stopping.policy import IntervalSchedule, Policy
from sweepjob.objective import Goal

reports = st.lists(
    st.one_of(st.floats(-10, 10), st.just(math.nan), st.just(-math.inf)), max_size=40
)
finite = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40)
goals = st.sampled_from(list(Goal))


def curve_of(values: list[float], goal: Goal = Goal.MAXIMIZE) -> Curve:
    curve = Curve(goal)
    for value in values:
        curve.append(value)
    return curve


@given(values=reports, goal=goals)
def test_the_best_is_the_first_best_finite_value(values: list[float], goal: Goal) -> None:
    curve = curve_of(values, goal)
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        assert curve.best is None
        return
    best = max(finite) if goal is Goal.MAXIMIZE else min(finite)
    assert curve.best == best
    assert curve.best_interval == values.index(best) + 1


@given(values=finite, goal=goals)
def test_the_mean_is_the_exact_one_rounded_once(values: list[float], goal: Goal) -> None:
    exact = sum(map(Fraction, values), Fraction(0)) / len(values)
    assert goal.reported(curve_of(values, goal).mean) == float(exact)


@pytest.mark.parametrize("goal", Goal)
def test_a_report_that_is_not_finite_makes_the_mean_the_worst(goal: Goal) -> None:
    curve = curve_of([1.0, math.inf, 2.0], goal)
    assert (curve.best, curve.mean) == (2.0 if goal is Goal.MAXIMIZE else 1.0, -math.inf)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("count", [1, FULLY_KEPT, FULLY_KEPT + 1, 5 * FULLY_KEPT + 7])
def test_a_long_curve_is_bounded_and_exact_where_it_is_kept(count: int, goal: Goal) -> None:
    values = [math.sin(n) * n % 7 for n in range(count)]
    curve = curve_of(values, goal)
    assert curve.count == count
    assert curve.values == values[:FULLY_KEPT]
    assert [p.interval for p in curve.thinned] == [
        n for n in range(FULLY_KEPT + 1, count + 1) if is_kept(n)
    ]
    best = max if goal is Goal.MAXIMIZE else min
    for point in curve.thinned:
        reached = values[: point.interval]
        assert point.value == reached[-1]
        assert goal.reported(point.best) == best(reached)
        exact = sum(map(Fraction, reached), Fraction(0)) / len(reached)
        assert goal.reported(point.mean) == float(exact)


def test_a_million_reports_need_a_few_thousand_numbers() -> None:
    assert sum(map(is_kept, range(1, 1_000_001))) == FULLY_KEPT + 125 * 10 - 6


@pytest.mark.parametrize(
    "asked", [IntervalSchedule(7).applies, Rungs(3).applies], ids=["every 7th", "rungs"]
)
def test_values_at_evaluated_intervals_are_kept(asked: object) -> None:
    assert callable(asked)
    curve = Curve(Goal.MAXIMIZE, asked)
    for n in range(4 * FULLY_KEPT):
        curve.append(float(n))
    there = {*range(1, FULLY_KEPT + 1), *(point.interval for point in curve.thinned)}
    assert {n for n in range(1, 4 * FULLY_KEPT + 1) if asked(n)} <= there


@given(values=reports, goal=goals)
def test_a_curve_round_trips(values: list[float], goal: Goal) -> None:
    curve = curve_of(values, goal)
    again = load_curve(parse_curve(LenientReader(dump_curve(curve, "pod"), "curve")), Curve(goal))
    assert repr(again) == repr(curve)


@pytest.mark.parametrize("odd", [0.1, math.nan], ids=["finite", "with a NaN"])
def test_a_thinned_curve_continues_after_a_restart(odd: float) -> None:
    values = [n % 97 * odd if n == 500 else n % 97 / 7 for n in range(3 * FULLY_KEPT)]
    straight = curve_of(values)
    dumped = dump_curve(curve_of(values[: 2 * FULLY_KEPT + 5]), "pod")
    resumed = load_curve(parse_curve(LenientReader(dumped, "curve")), Curve(Goal.MAXIMIZE))
    for value in values[2 * FULLY_KEPT + 5 :]:
        resumed.append(value)
    assert repr(resumed) == repr(straight)
    assert [len(dumped["later"][key].split()) for key in ("intervals", "bests", "means")] == [
        125
    ] * 3


@given(values=reports, goal=goals, carried=st.none() | st.floats(-5, 5))
def test_best_and_mean_after_each_report(
    values: list[float], goal: Goal, carried: float | None
) -> None:
    curve, bests, means = Curve(goal, previous_best=carried), [], []
    for value in values:
        curve.append(value)
        bests.append(curve.score)
        means.append(curve.mean)
    assert (list(curve.running_bests()), list(curve.running_means())) == (bests, means)


@given(scale=st.integers(-1060, 1000), values=st.lists(st.floats(-1, 1), min_size=1, max_size=20))
def test_the_mean_of_very_small_and_very_large_values(scale: int, values: list[float]) -> None:
    scaled = [math.ldexp(value, scale) for value in values]
    means = [float(sum(map(Fraction, scaled[:n])) / n) for n in range(1, len(scaled) + 1)]
    assert list(curve_of(scaled).running_means()) == means


@given(lengths=st.lists(st.integers(0, 12), max_size=70), goal=goals, every=st.integers(1, 3))
def test_trials_of_any_lengths_are_ranked_as_they_were(
    lengths: list[int], goal: Goal, every: int
) -> None:
    policy = MedianStoppingPolicy(IntervalSchedule(every, 2))
    straight, resumed = PolicyEvaluator(policy, goal), PolicyEvaluator(policy, goal)
    curves = {}
    for trial, length in enumerate(lengths):
        curve = straight.new_curve()
        for n in range(length):
            curve.append(math.sin(trial % 5 + n))
            straight.evaluate(trial, curve)
        curves[trial] = curve
    resumed.restore(curves)
    assert resumed == straight


@pytest.mark.parametrize("policy", [MedianStoppingPolicy(), BanditPolicy(slack_amount=0.1)])
def test_an_evaluator_is_restored_after_a_restart(policy: Policy) -> None:
    """Curves of 2,500 reports, two of them alike, one broken off, one from a second pod, compared with
    at every interval that is asked for."""
    straight, resumed = (
        PolicyEvaluator(policy, Goal.MINIMIZE),
        PolicyEvaluator(policy, Goal.MINIMIZE),
    )
    read = {}
    for trial, (level, count, carried) in enumerate(
        [(0, 2500, None), (1, 2500, None), (1, 2500, None), (2, 700, None), (3, 1200, -0.5)]
    ):
        curve = straight.new_curve()
        curve.previous_best = curve.best = carried
        for n in range(count):
            odd = n == 600 and trial == 4
            curve.append(math.nan if odd else math.cos(n * (level + 1)) + level)
            straight.evaluate(trial, curve)
        read[trial] = load_curve(
            parse_curve(LenientReader(dump_curve(curve, "pod"), "curve")), resumed.new_curve()
        )
    resumed.restore(read)
    newcomers = straight.new_curve(), resumed.new_curve()
    for n in range(2500):
        for curve in newcomers:
            curve.append(math.sin(n) - 2)
        decisions = straight.evaluate(9, newcomers[0]), resumed.evaluate(9, newcomers[1])
        assert decisions[0] == decisions[1]
        assert decisions[0] is None or decisions[0].comparators in (3, 4, 5)
