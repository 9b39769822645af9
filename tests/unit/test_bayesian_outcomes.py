"""What the bayesian sampler does with several objectives and with constraints."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.search.gaussian_process.feasibility import (
    ConstraintModel,
    ConstraintScale,
    total_violation,
)
from sweepjob.search.gaussian_process.joint_posterior import JointPosterior
from sweepjob.search.gaussian_process.posterior import SurrogateModel
from sweepjob.search.gaussian_process.results import Results
from sweepjob.search.gaussian_process.target_transforms import no_warp
from sweepjob.search.outcomes import Outcomes
from sweepjob.search.sampler import Observation
from sweepjob.search.samplers.bayesian_sampler import BayesianSampler
from sweepjob.search.samplers.random import RandomSampler
from sweepjob.testing.samplers import EVERY, check_inside, space

UNIT = {"type": "uniform", "minValue": 0, "maxValue": 1}
PLANE = {"x": UNIT, "y": UNIT}
Found = dict[str, Any]
# Scores, larger is better; constraints, at most 0 is feasible.
Reported = tuple[tuple[float | None, ...], tuple[float | None, ...]]
Report = Callable[[Found], Reported]


def two(found: Found) -> tuple[float, float]:
    """The front is the line y = 0.4, from x = 0.2 to x = 0.8."""
    beside = (found["y"] - 0.4) ** 2
    return -((found["x"] - 0.2) ** 2) - beside, -((found["x"] - 0.8) ** 2) - beside


def trial(index: int, found: Found, results: Reported, ended: bool = True) -> Observation:
    scores, constraints = results
    score = scores[0] if len(scores) == 1 else None
    return Observation(index, found, score, ended, scores if len(scores) > 1 else (), constraints)


def search(
    outcomes: Outcomes, report: Report, count: int, seed: int = 1, data: Any = PLANE
) -> list[Observation]:
    """A sweep of one trial at a time."""
    sampler, known = BayesianSampler(space(data), seed, outcomes), list[Observation]()
    for index in range(count):
        found = sampler.propose(index, known)
        assert found is not None
        known.append(trial(index, found, report(found)))
    return known


def farthest(known: Sequence[Observation]) -> float:
    """How far the farthest point of the front is from the nearest trial."""
    points = np.array([[one.parameters["x"], one.parameters["y"]] for one in known])
    front = np.array([[x, 0.4] for x in np.linspace(0.2, 0.8, 13)])
    distances: float = np.linalg.norm(front[:, None] - points, axis=2).min(1).max()
    return distances


def feasible(known: Sequence[Observation]) -> list[float]:
    return [
        one.score
        for one in known
        if one.score is not None and all(v is not None and v <= 0 for v in one.constraints)
    ]


def test_the_front_is_covered() -> None:
    assert farthest(search(Outcomes(2), lambda found: (two(found), ()), 30)) < 0.05


@pytest.mark.parametrize(
    "change",
    [
        lambda a, b: (a * 1e9, b * 1e-9),
        lambda a, b: (a + 1e6, b - 1e3),
        lambda a, b: (-math.exp(-8 * a), b),
        lambda a, b: (a if a > -0.45 else -1e12, b),
    ],
    ids=["scales", "far from 0", "skewed", "outliers"],
)
def test_the_scales_of_objectives_do_not_matter(
    change: Callable[[float, float], tuple[float, float]],
) -> None:
    known = search(Outcomes(2), lambda found: (change(*two(found)), ()), 30)
    assert farthest(known) < 0.08


def test_a_region_that_fails_is_left_alone() -> None:
    def report(found: Found) -> Reported:
        return ((None, None) if found["x"] > 0.5 else two(found)), ()

    found = [search(Outcomes(2), report, 40, seed) for seed in (1, 2)]
    late = [one for known in found for one in known[20:]]
    assert sum(one.scores == (None, None) for one in late) <= 10, "a quarter, on average"


def test_a_trial_with_one_of_two_scores_has_failed() -> None:
    def report(found: Found) -> Reported:
        first, second = two(found)
        return (first, None if found["x"] > 0.5 else second), ()

    known = search(Outcomes(2), report, 40)
    assert sum(one.scores[1] is None for one in known[20:]) <= 5


def test_worse_than_the_references_is_of_no_use() -> None:
    """The half of the front beyond x = 0.5 is below the reference of the first objective."""
    wanted = Outcomes(2, references=(-0.09, None))
    known = search(wanted, lambda found: (two(found), ()), 30)
    assert sum(one.parameters["x"] > 0.55 for one in known[12:]) <= 2
    freely = search(Outcomes(2), lambda found: (two(found), ()), 30)
    assert sum(one.parameters["x"] > 0.55 for one in freely[12:]) >= 5


def posterior(objectives: int) -> JointPosterior:
    """Of trials whose outcomes are from -3 to 3 in each objective."""
    generator = np.random.default_rng(1)
    encoding, points = Encoding(space(PLANE)), generator.random((9, 2))
    scores = [generator.permutation(np.linspace(-3.0, 3.0, 9)) for _ in range(objectives)]
    surrogates = (SurrogateModel(encoding, no_warp) for _ in range(objectives))
    none = np.empty((0, 2))
    return JointPosterior(
        [one.condition(points, s, none, s) for one, s in zip(surrogates, scores, strict=True)]
    )


def test_the_reference_is_a_little_below_the_worst_compromise() -> None:
    """The last point is ahead of the others by a hair, and far behind in the third objective."""
    front = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.5, 0.5, 1.0], [1.05, 0.1, -1.2]])
    known = posterior(3)
    near = known.reference((), front, is_far=False)
    assert near == pytest.approx([-0.1, -0.1, 0.45])
    worst = [one.outcomes.min() for one in known.objectives]
    assert (known.reference((), front, is_far=True) < worst).all()
    lowest = front - 9.0
    assert (known.reference((), lowest, is_far=False) < worst).all(), "never below all trials"
    assert (known.reference((), lowest, is_far=False) > lowest.max(0)).all()
    given = known.reference((0.0, None, None), front, is_far=False)
    assert given[0] == pytest.approx(known.objectives[0].outcome(0.0))
    assert given[1:] == pytest.approx(near[1:])


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_a_constrained_optimum_is_found(scale: float) -> None:
    """The best of the plane is infeasible; the best feasible one is on the circle, at (0.5, 0.5)."""

    def report(found: Found) -> Reported:
        x, y = found["x"], found["y"]
        return (x + y,), (scale * (x * x + y * y - 0.5),)

    known = search(Outcomes(1, constraints=1), report, 25)
    assert max(feasible(known)) > 0.99


def test_feasibility_is_searched_first() -> None:
    """One in two hundred configurations is feasible; without a score until then."""

    def report(found: Found) -> Reported:
        away = math.hypot(found["x"] - 0.83, found["y"] - 0.21)
        return ((None if away > 0.04 else found["x"]),), (away - 0.04,)

    known = search(Outcomes(1, constraints=1), report, 30)
    first = next(n for n, one in enumerate(known) if one.score is not None)
    assert first < 15
    assert max(feasible(known)) > 0.86


def test_infeasible_trials_without_a_score_have_not_failed() -> None:
    nothing = ((None,), (0.5,))
    ended = [
        trial(0, {"x": 0.1, "y": 0.2}, nothing),
        trial(1, {"x": 0.1, "y": 0.3}, ((1.0,), (-1.0,))),
    ]
    ended += [trial(2, {"x": 0.1, "y": 0.4}, ((None,), (-0.5,))), trial(3, {"x": 0.1, "y": 0.5}, ((2.0,), ()))]  # fmt: skip
    placed = [(one, [0.0, 0.0]) for one in ended]
    results = Results.of(Outcomes(1, constraints=1), placed, (), 2)
    assert results.failed.tolist() == [False, False, True, True]
    assert results.feasible.tolist() == [False, True, False, False]
    assert results.informative == 2


@pytest.mark.parametrize(
    "wrong", [((1.0, 2.0, 3.0), (0.0,)), ((1.0, 2.0), (0.0, 0.0))], ids=["scores", "constraints"]
)
def test_another_number_of_values_is_refused(wrong: Reported) -> None:
    sampler = BayesianSampler(space(PLANE), 1, Outcomes(2, constraints=1))
    with pytest.raises(ValueError, match="possible"):
        sampler.propose(1, [trial(0, {"x": 0.5, "y": 0.5}, wrong)])


def test_what_a_pending_trial_has_reported_of_a_constraint_counts() -> None:
    """Larger x are better, and no ended trial is infeasible; running ones are, beyond x = 0.5."""
    ended = [{"x": 0.5 * n / 5, "y": y} for n, y in enumerate((0.2, 0.9, 0.5, 0.1, 0.7, 0.4))]
    running = [{"x": x, "y": y} for x, y in ((0.6, 0.3), (0.7, 0.8), (0.85, 0.1), (0.95, 0.6))]
    told = [trial(n, one, ((one["x"],), (one["x"] - 0.55,))) for n, one in enumerate(ended)]
    sampler = BayesianSampler(space(PLANE), 1, Outcomes(1, constraints=1))
    reported = [
        trial(n, one, ((None,), (one["x"] - 0.55,)), ended=False)
        for n, one in enumerate(running, 6)
    ]
    assert (sampler.propose(20, [*told, *reported]) or {})["x"] < 0.6
    not_yet = [replace(one, constraints=(None,)) for one in reported]
    fewer = [replace(one, constraints=(-0.1 - 0.01 * n,)) for n, one in enumerate(told)]
    assert (sampler.propose(20, [*fewer, *not_yet]) or {})["x"] > 0.6


@pytest.mark.parametrize("outcomes", [Outcomes(2), Outcomes(1, constraints=1)], ids=str)
def test_proposals_avoid_pending_trials(outcomes: Outcomes) -> None:
    def report(found: Found) -> Reported:
        return two(found)[: outcomes.objectives], (0.3 - found["y"],) * outcomes.constraints

    known = search(outcomes, report, 6)
    sampler, points = BayesianSampler(space(PLANE), 1, outcomes), []
    for index in range(6, 10):
        found = sampler.propose(index, known)
        assert found is not None
        known.append(Observation(index, found, None, ended=False))
        points.append(np.array([found["x"], found["y"]]))
    apart = [np.linalg.norm(a - b) for n, a in enumerate(points) for b in points[:n]]
    assert min(apart) > 0.01


@pytest.mark.parametrize("outcomes", [Outcomes(3), Outcomes(2, constraints=1)], ids=str)
def test_the_order_in_which_trials_are_given_does_not_matter(outcomes: Outcomes) -> None:
    def report(found: Found) -> Reported:
        return (*two(found), found["y"])[: outcomes.objectives], (0.3 - found["y"],) * outcomes.constraints  # fmt: skip

    known = search(outcomes, report, 14)
    expected = BayesianSampler(space(PLANE), 1, outcomes).propose(14, known)
    for seed in range(3):
        mixed = random.Random(seed).sample(known, len(known))
        assert BayesianSampler(space(PLANE), 1, outcomes).propose(14, mixed) == expected


_VALUES = st.one_of(st.none(), st.floats(), st.integers(-2, 2).map(float))


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_whatever_is_told_a_proposal_is_inside_the_space(data: st.DataObject) -> None:
    outcomes = data.draw(st.builds(Outcomes, st.integers(1, 4), st.integers(0, 2)))
    drawn = RandomSampler(space(EVERY), 3)
    scores = st.lists(_VALUES, min_size=outcomes.objectives, max_size=outcomes.objectives)
    constraints = st.lists(_VALUES, min_size=outcomes.constraints, max_size=outcomes.constraints)
    known = [
        trial(index, drawn.propose(index) or {}, (tuple(data.draw(scores)), tuple(data.draw(constraints))), data.draw(st.booleans()))
        for index in range(data.draw(st.integers(0, 12)))
    ]  # fmt: skip
    found = BayesianSampler(space(EVERY), 1, outcomes).propose(len(known), known)
    assert found is not None
    check_inside(found)


@given(st.lists(st.floats(-1e300, 1e300), min_size=3, max_size=20), st.integers(-40, 40))
def test_a_scale_keeps_on_which_side_of_the_limit_values_are(
    values: list[float], power: int
) -> None:
    told = np.array(values)
    scale = ConstraintScale.of(told)
    if scale is not None:
        scaled = scale(told)
        assert np.isfinite(scaled).all()
        strict = np.abs(told) > 1e-9 * scale.unit
        assert ((scaled > scale.limit) == (told > 0))[strict].all()
        again = ConstraintScale.of(told * 2.0**power)
        assert again is not None
        assert again(told * 2.0**power) == pytest.approx(scaled, abs=1e-9)


def test_the_chance_to_be_feasible_is_learned() -> None:
    encoding = Encoding(space(PLANE))
    points = np.random.default_rng(2).random((30, 2))
    chance = ConstraintModel(encoding).infer(points, points[:, 0] - 0.4, points[:0])
    assert chance is not None
    log = chance.log(encoding.features(np.array([[0.1, 0.5], [0.4, 0.5], [0.7, 0.5]])))
    assert np.exp(log[0]) > 0.99
    assert 0.05 < np.exp(log[1]) < 0.95
    assert np.exp(log[2]) < 0.01


@pytest.mark.parametrize("values", [[], [1.0, -1.0], [3.0] * 5, [0.0] * 5])
def test_too_little_is_known_of_a_constraint(values: list[float]) -> None:
    encoding = Encoding(space(PLANE))
    points = np.random.default_rng(2).random((len(values), 2))
    assert ConstraintModel(encoding).infer(points, np.array(values), points[:0]) is None


def test_violations_of_different_scales_are_added() -> None:
    constraints = np.array([[-1.0, -5.0], [1.0, 0.0], [2.0, 1e9], [math.nan, -1.0]])
    assert total_violation(constraints).tolist() == [0.0, 2 / 3, 4 / 3 + 1, math.inf]
