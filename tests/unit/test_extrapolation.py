"""What stopped trials are taken for: never for less than they had, nor for more than anybody came to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.early_stopping.curve import Curve
from sweepjob.early_stopping.extrapolation import (
    MAX_FULL_TRIALS,
    MIN_FULL_TRIALS,
    BestSoFarTrace,
    ObservationHistory,
    median_gains,
)
from sweepjob.objective import Goal
from sweepjob.search.sampler import Observation

REPORTS = st.lists(st.floats(width=32), min_size=1, max_size=12)


def curve(reports: Sequence[float], goal: Goal = Goal.MAXIMIZE, **given: float) -> Curve:
    made = Curve(goal, **given)
    for value in reports:
        made.append(value)
    return made


def seen(number: int, of: Curve) -> Observation:
    score = None if of.best is None else of.score
    return Observation(number, {"x": number}, score, ended=True)


def evidence(full: Sequence[Curve], stopped: Sequence[Curve] = ()) -> ObservationHistory:
    """Full trials first, then stopped ones, numbered from 0."""
    made = ObservationHistory()
    for number, of in enumerate(full):
        made.add_full(seen(number, of), number, of)
    for number, of in enumerate(stopped, len(full)):
        made.add_stopped(seen(number, of), of)
    return made


def scores(of: ObservationHistory) -> list[float | None]:
    return [trial.score for trial in sorted(of.observations(), key=lambda trial: trial.index or 0)]


FULL = [curve([0.1, 0.4, 0.5]), curve([0.2, 0.3, 0.9]), curve([0.3, 0.3, 0.4])]


@pytest.mark.parametrize(
    ("reports", "likely"),
    [
        ([0.1], 0.5),  # those gained 0.4, 0.7 and 0.1 after their first report
        ([0.05, 0.1], 0.2),  # 0.1, 0.6 and 0.1 after their second
        ([0.05, 0.1, 0.1], 0.1),
        ([0.05, 0.1, 0.1, 0.0], 0.1),  # more reports than a full run makes
        ([0.6], 0.9),  # not above the best of them
        ([0.95], 0.95),  # nor below its own
        ([0.1, 0.05], 0.2),  # the best counts, not the last
    ],
)
def test_a_stopped_trial_gains_what_complete_trials_gained(
    reports: list[float], likely: float
) -> None:
    assert scores(evidence(FULL, [curve(reports)]))[-1] == pytest.approx(likely)


def test_a_minimized_metric_is_extrapolated_as_a_score() -> None:
    full = [curve([1.0, 0.5, last], Goal.MINIMIZE) for last in (0.4, 0.3, 0.2)]
    told = scores(evidence(full, [curve([2.0, 0.9], Goal.MINIMIZE)]))
    assert told == [-0.4, -0.3, -0.2, pytest.approx(-0.7)]


@given(st.lists(REPORTS, max_size=6), st.lists(REPORTS, max_size=6), st.sampled_from(Goal))
def test_an_extrapolation_lies_between_the_trials_best_and_the_overall_best(
    full: list[list[float]], stopped: list[list[float]], goal: Goal
) -> None:
    ran = [curve(reports, goal) for reports in full]
    cut = [curve(reports, goal) for reports in stopped]
    told = scores(evidence(ran, cut))
    assert told[: len(ran)] == [seen(0, of).score for of in ran]
    highest = max((of.score for of in ran), default=-math.inf)
    for of, score in zip(cut, told[len(ran) :], strict=True):
        if of.best is None:
            assert score is None
        else:
            assert score is not None
            assert of.score <= score <= max(of.score, highest)


@given(st.permutations(range(8)))
def test_the_order_in_which_trials_end_does_not_matter(order: list[int]) -> None:
    def told(order: Iterable[int]) -> list[float | None]:
        made = ObservationHistory()
        for number in order:
            of = curve([number / 8, number / 4 % 1, number * 0.37 % 1])
            if number % 3:
                made.add_full(seen(number, of), number, of)
            else:
                made.add_stopped(seen(number, of), of)
            made.observations()
        return scores(made)

    assert told(order) == told(range(8))


def test_too_few_complete_trials_give_no_extrapolation() -> None:
    assert scores(evidence(FULL[: MIN_FULL_TRIALS - 1], [curve([0.1])]))[-1] == 0.1
    silent = [*FULL[: MIN_FULL_TRIALS - 1], curve([math.nan, math.nan])]
    assert scores(evidence(silent, [curve([0.1])])) == [0.5, 0.9, None, 0.1]


def test_ended_and_pending_observations_are_unchanged() -> None:
    made = evidence(FULL)
    made.add(Observation(3, {"x": 3}, 0.1, ended=True))
    made.add(Observation(4, {"x": 4}, None, ended=False))
    assert scores(made)[3:] == [0.1, None]


def test_restarted_trials_are_not_used() -> None:
    """Their reports count from the newest pod on, which may have begun with a checkpoint."""
    again = curve([0.9, 0.95], previous_best=0.2)
    assert scores(evidence([*FULL[:2], again], [curve([0.1])]))[-1] == 0.1
    assert scores(evidence(FULL, [curve([0.1], previous_best=0.2)]))[-1] == 0.2


def test_the_newest_complete_trials_count() -> None:
    full = [curve([0.0, 0.5])] * MAX_FULL_TRIALS + [curve([0.0, 0.1])] * MAX_FULL_TRIALS
    numbered = list(enumerate(full))
    for order in (numbered, numbered[::-1]):
        made = ObservationHistory()
        for number, of in order:
            made.add_full(seen(number, of), number, of)
        of = curve([-1.0])
        made.add_stopped(seen(len(full), of), of)
        assert made.observations()[-1].score == pytest.approx(-0.9)


@given(REPORTS)
def test_a_trace_is_the_running_best(reports: list[float]) -> None:
    of = curve(reports)
    if of.best is None:
        return
    trace, bests = BestSoFarTrace.of(of), list(of.running_bests())
    assert trace.bests[-1] == of.score
    first = trace.bests[0]
    left = median_gains([trace], range(1, len(bests) + 1))
    assert left == [of.score - max(best, first) for best in bests]


def test_a_trace_continues_in_the_thinned_part() -> None:
    of = curve([n / 3000 for n in range(1, 3001)])
    assert median_gains([BestSoFarTrace.of(of)], [1, 1000, 2000, 3000]) == pytest.approx(
        [2999 / 3000, 2 / 3, 1 / 3, 0]
    )


def test_a_best_value_of_a_summary_ends_the_trace() -> None:
    """It came by way of a sidecar's last words."""
    of = curve([0.1, 0.2])
    of.best, of.count = 0.7, 50
    assert median_gains([BestSoFarTrace.of(of)], [2, 49, 50]) == pytest.approx([0.5, 0.5, 0.0])


def test_huge_scores_are_handled() -> None:
    full = [curve([-1.7e308, 1.7e308])] * 3
    assert scores(evidence(full, [curve([0.0])]))[-1] == 1.7e308
