"""A curve keeps what is needed whatever its length, and survives being written and read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.domain.curve import KEPT, Curve
from sweepjob.domain.objective import Goal
from sweepjob.resources.record import dump_curve, load_curve

reports = st.lists(
    st.one_of(st.floats(-10, 10), st.just(math.nan), st.just(-math.inf)), max_size=40
)


def curve_of(values: list[float], goal: Goal = Goal.MAXIMIZE) -> Curve:
    curve = Curve(goal)
    for value in values:
        curve.append(value)
    return curve


@given(values=reports, goal=st.sampled_from(list(Goal)))
def test_best_is_the_best_finite_value_and_the_first_of_equals(
    values: list[float], goal: Goal
) -> None:
    curve = curve_of(values, goal)
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        assert curve.best is None
        return
    best = max(finite) if goal is Goal.MAXIMIZE else min(finite)
    assert curve.best == best
    assert curve.best_interval == values.index(best) + 1


@pytest.mark.parametrize("count", [1, KEPT, KEPT + 1, 5 * KEPT + 7])
def test_a_long_curve_is_bounded_and_its_running_best_exact(count: int) -> None:
    values = [math.sin(n) * n % 7 for n in range(count)]
    curve = curve_of(values)
    assert len(curve.values) <= KEPT
    assert curve.count == count
    for position, (value, best) in enumerate(zip(curve.values, curve.bests, strict=True), 1):
        interval = position * curve.stride
        assert value == values[interval - 1]
        assert best == max(values[:interval])


@given(values=reports)
def test_written_and_read_it_is_the_same(values: list[float]) -> None:
    curve = curve_of(values)
    again = load_curve(dump_curve(curve, "pod"), Goal.MAXIMIZE)
    assert repr(again) == repr(curve)


def test_a_thinned_curve_goes_on_after_a_restart() -> None:
    values = [float(n % 97) for n in range(3 * KEPT)]
    straight = curve_of(values)
    resumed = load_curve(dump_curve(curve_of(values[: 2 * KEPT + 5]), "pod"), Goal.MAXIMIZE)
    for value in values[2 * KEPT + 5 :]:
        resumed.append(value)
    assert resumed == straight
