"""Initial points: what is refused, and what samplers propose with them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec.sampler_builder import build_sampler, proposal_source
from sweepjob.api.spec.sweep_spec import SweepSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.gaussian_process.encoding import Encoding
from sweepjob.search.sampler import Observation, Sampler
from sweepjob.search.samplers.declaration import SamplerDeclaration
from sweepjob.search.samplers.registry import SAMPLERS
from sweepjob.search.space import Assignment, Space, canonical

LR = {"type": "loguniform", "low": 0.0001, "high": 0.1}
MODEL = {
    "type": "choice",
    "values": [
        {"kind": "mlp", "units": {"type": "quniform", "minValue": 16, "maxValue": 64, "q": 16}},
        {
            "kind": "cnn",
            "depth": {"type": "randint", "upper": 5},
            "act": {"type": "choice", "values": ["relu", "gelu"]},
        },
        {"kind": "linear"},
    ],
}
MIXED: dict[str, Any] = {
    "lr": LR,
    "batch": {"type": "choice", "values": [16, 32, 64, "auto", True]},
    "model": MODEL,
    "drop": {"type": "quniform", "minValue": 0, "maxValue": 0.5, "q": 0.1},
    "noise": {"type": "lognormal", "mu": 0, "sigma": 1},
    "shift": {"type": "normal", "mu": 0, "sigma": 1},
}
FINITE: dict[str, Any] = {  # 3 x 5 points
    "a": {"type": "choice", "values": [1, 2, 3]},
    "k": {
        "type": "choice",
        "values": [{"x": {"type": "choice", "values": [1, 2]}, "y": True}, {"x": 1}, "flat", 7],
    },
}
ALGORITHMS: list[dict[str, Any]] = [
    {"type": "random"},
    {"type": "random", "rule": "sobol"},
    {"type": "grid"},
    {"type": "grid", "order": ["k", "a"]},
    {"type": "bayesian"},
    {"type": "by_index"},
    {"type": "by_index_observing"},
]


class ByIndex:
    """Lists a finite space by the index alone, as a plug-in may; observations do not matter."""

    def __init__(self, space: Space, uses_observations: bool) -> None:
        self.space, self.uses_observations = space, uses_observations

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        size = self.space.size()
        if size is None:
            return self.space.at(lambda path: (index % 97 + 0.5) / 97)
        return self.space.item(size - 1 - index) if index < size else None


def _declaration(name: str, uses_observations: bool) -> SamplerDeclaration:
    def build(space: Space, seed: int, arguments: Any) -> Sampler:
        return ByIndex(space, uses_observations)

    return SamplerDeclaration(name, "of a test", build, uses_observations=uses_observations)


@pytest.fixture(autouse=True)
def _plugins() -> Any:
    with (
        SAMPLERS.registered(_declaration("by_index", False)),
        SAMPLERS.registered(_declaration("by_index_observing", True)),
    ):
        yield


def sweep(
    space: dict[str, Any], points: Any, algorithm: dict[str, Any] | None = None, trials: int = 100
) -> SweepSpec:
    return parse_sweepjob(
        {
            "metadata": {"name": "points"},
            "spec": {
                "objective": {"goal": "minimize", "primaryMetric": "loss"},
                "samplingAlgorithm": algorithm or {"type": "random"},
                "searchSpace": space,
                "initialPoints": points,
                "limits": {"maxTotalTrials": trials},
                "trial": {"image": "i:1", "command": "echo ${{search_space.a}}"}
                if "a" in space
                else {"image": "i:1", "command": "echo"},
            },
        }
    )


def observed(index: int, parameters: Assignment) -> Observation:
    return Observation(index, parameters, math.sin(index), ended=index % 3 > 0)


def proposals(spec: SweepSpec, count: int, seed: int = 3) -> list[Assignment]:
    sampler, known, found = build_sampler(spec, seed), list[Observation](), list[Assignment]()
    for index in range(count):
        made = sampler.propose(index, known if sampler.uses_observations else ())
        if made is None:
            break
        found.append(made)
        known.append(observed(index, made))
    return found


def contains(found: Any, values: Any) -> bool:
    if isinstance(values, dict):
        return isinstance(found, dict) and all(
            name in found and contains(found[name], value) for name, value in values.items()
        )
    return bool(found == values) and isinstance(found, bool) == isinstance(values, bool)


POINTS: list[dict[str, Any]] = [
    {"lr": 0.1, "batch": 32, "model": {"kind": "mlp", "units": 64}, "drop": 0.3, "noise": 2.0,
     "shift": -8.5},
    {"lr": 0.0001},
    {"model": {"kind": "cnn", "depth": 3}},
    {"model": {"act": "gelu"}, "batch": True},
    {"model": {"kind": "linear"}, "batch": "auto"},
]  # fmt: skip


@pytest.mark.parametrize(
    "algorithm", [a for a in ALGORITHMS if a["type"] != "grid"], ids=lambda a: str([*a.values()])
)
def test_points_are_tried_first_in_their_order(algorithm: dict[str, Any]) -> None:
    spec = sweep(MIXED, POINTS, algorithm)
    found = proposals(spec, 12)
    assert found[0] == {**POINTS[0]}
    for made, point in zip(found, POINTS, strict=False):
        assert contains(made, point)
        assert list(made) == list(MIXED)
        assert Encoding(spec.space).point(made) is not None
    assert len({canonical(made) for made in found}) == 12
    # What the points leave open, and everything later, is what the sampler proposes.
    without = build_sampler(sweep(MIXED, [], algorithm), 3)
    first = without.propose(1, [observed(0, found[0])] if without.uses_observations else ())
    assert first is not None
    assert found[1] == {**first, "lr": 0.0001}
    if not without.uses_observations:
        assert found[5:] == [without.propose(index, ()) for index in range(5, 12)]


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: str([*a.values()]))
@pytest.mark.parametrize(
    "points",
    [
        [{"a": 3, "k": 7}],
        [{"a": 1, "k": {"x": 1, "y": True}}, {"a": 3, "k": "flat"}, {"a": 2, "k": 7}],
        [{"a": 3}, {"a": 2}, {"k": "flat"}],
        [{"k": {"x": 1}}, {"k": {"x": 2}}, {"a": 1, "k": {"y": True}}],
        [{"a": a, "k": k} for a in (3, 1, 2) for k in (7, "flat", {"x": 2, "y": True})],
    ],
    ids=["one", "complete", "partial", "branches", "most"],
)
def test_a_finite_space_is_searched_exactly_once(
    algorithm: dict[str, Any], points: list[dict[str, Any]]
) -> None:
    spec = sweep(FINITE, points, algorithm)
    found = proposals(spec, 30)
    assert len(found) == 15
    assert len({canonical(made) for made in found}) == 15
    for made, point in zip(found, points, strict=False):
        assert contains(made, point)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: str([*a.values()]))
def test_a_restart_at_any_trial_proposes_the_same(algorithm: dict[str, Any]) -> None:
    points = [{"a": 3}, {"k": {"x": 1}}, {"a": 2, "k": 7}]
    spec = sweep(FINITE, points, algorithm)
    straight = proposals(spec, 15)
    for cut in reversed(range(15)):
        known = [observed(n, made) for n, made in enumerate(straight[:cut])]
        again = build_sampler(spec, 3)
        assert again.propose(cut, known if again.uses_observations else ()) == straight[cut]


def test_every_pair_of_partial_points_of_a_small_space_gets_its_own_configurations() -> None:
    space = {name: {"type": "choice", "values": [1, 2, 3]} for name in "ab"}
    partial = [{name: value} for name in "ab" for value in (1, 2, 3)]
    for points in itertools.permutations(partial, 3):
        for algorithm in ({"type": "grid"}, {"type": "random"}):
            found = proposals(sweep(space, [*points], algorithm), 10)
            assert len({canonical(made) for made in found}) == len(found) == 9
            assert all(contains(made, point) for made, point in zip(found, points, strict=False))


def test_values_are_those_that_a_trial_gets() -> None:
    given = {
        "lr": 0.01,
        "batch": 16.0,
        "model": {"kind": "cnn", "depth": 3.0, "act": "relu"},
        "drop": 3 * 0.1,
        "noise": 1,
        "shift": 0,
    }
    [made] = proposals(sweep(MIXED, [given]), 1)
    assert canonical(made) == canonical(
        {
            "lr": 0.01,
            "batch": 16,
            "model": {"kind": "cnn", "depth": 3, "act": "relu"},
            "drop": 0.3,
            "noise": 1.0,
            "shift": 0.0,
        }
    )


def test_bounds_are_in_the_space_and_count_as_evidence() -> None:
    space = {
        "a": LR,
        "b": {"type": "loguniform", "minValue": -3, "maxValue": -1},
        "c": {"type": "uniform", "minValue": -1, "maxValue": 0.3},
    }
    for low in (True, False):
        point = {
            "a": 0.0001 if low else 0.1,
            "b": 0.001 if low else 0.1,
            "c": -1 if low else 0.3,
        }
        spec = sweep(space, [point], {"type": "bayesian", "logbase": 10})
        [made] = proposals(spec, 1)
        assert made == point
        assert Encoding(spec.space).point(made) is not None


def test_the_source_of_a_trial_names_its_point() -> None:
    complete = {"a": 1, "k": 7}
    spec = sweep(FINITE, [complete, {"a": 2}], {"type": "bayesian"})
    assert [proposal_source(spec, 4, index) for index in range(3)] == [
        "initialPoints[0]",
        "initialPoints[1], completed by bayesian seed 4",
        "bayesian seed 4",
    ]


LISTED = 'must be 16 or 32 or 64 or "auto" or true'
REFUSED: list[tuple[Any, str, str]] = [
    ("x", "", "must be a list of points"),
    ({"lr": 0.1}, "", "must be a list of points"),
    (None, "", "must be a list of points"),
    ([3], "[0]", "must be an object with values by parameter"),
    ([{"lr": 0.1}, {}], "[1]", "give at least one, or remove the point"),
    ([{"lr": 1}], "[0].lr", "the nearest value is 0.1"),
    ([{"lr": -1}], "[0].lr", "the nearest value is 0.0001"),
    ([{"lr": "0.1"}], "[0].lr", "must be a number; remove the quotes"),
    ([{"lr": "fast"}], "[0].lr", "must be a number"),
    ([{"lr": True}], "[0].lr", "must be a number"),
    ([{"lr": None}], "[0].lr", "must be a number"),
    ([{"lr": [0.1]}], "[0].lr", "must be a number"),
    ([{"lr": math.nan}], "[0].lr", "must be a finite number"),
    ([{"lr": 10**400}], "[0].lr", "must be a finite number"),
    ([{"noise": 0}], "[0].noise", "must be above 0"),
    ([{"drop": 0.25}], "[0].drop", "the nearest value is 0.2"),
    ([{"drop": 7}], "[0].drop", "the nearest value is 0.5"),
    ([{"Lr": 0.1}], "[0].Lr", "is no parameter of searchSpace (batch, drop, lr, model, noise, shift)"),
    ([{"Lr": 0.1}], "[0].Lr", "did you mean lr?"),
    ([{"batch": 48}], "[0].batch", f"the nearest value is 32; {LISTED}"),
    ([{"batch": "32"}], "[0].batch", f"write 32; {LISTED}"),
    ([{"batch": "Auto"}], "[0].batch", 'write "auto"'),
    ([{"batch": 1}], "[0].batch", LISTED),
    ([{"batch": "true"}], "[0].batch", "write true"),
    ([{"batch": {"x": 1}}], "[0].batch", LISTED),
    ([{"model": "mlp"}], "[0].model", 'write {"kind": "mlp"}'),
    ([{"model": {"kind": "rnn"}}], "[0].model.kind", 'must be "mlp" or "cnn" or "linear"'),
    ([{"model": {"kind": "cnn", "units": 16}}], "[0].model.units", "searchSpace.model (act, depth, kind)"),
    ([{"model": {"kind": "mlp", "units": 40}}], "[0].model.units", "the nearest value is 32"),
    ([{"model": {"kind": "mlp", "units": 99}}], "[0].model.units", "the nearest value is 64"),
    ([{"model": {"depth": 2.6}}], "[0].model.depth", "the nearest value is 3"),
    ([{"model": {"depth": 5}}], "[0].model.depth", "the nearest value is 4"),
    ([{"model": {"act": "relo"}}], "[0].model.act", "did you mean relu?"),
    ([{"lr": 0.1}, {"lr": 0.01}, {"lr": 0.1}], "[2]", "is the same point as initialPoints[0]"),
    ([{"batch": 16}, {"batch": 16.0}], "[1]", "is the same point as initialPoints[0]"),
    ([{"lr": 0.1 / n} for n in range(1, 12)], "", "raise it to 11, or remove points"),
]  # fmt: skip


@pytest.mark.parametrize(("points", "path", "remedy"), REFUSED)
def test_a_point_that_cannot_be_tried_is_refused(points: Any, path: str, remedy: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        sweep(MIXED, points, trials=10)
    [problem] = caught.value.problems
    assert problem.path == f"spec.initialPoints{path}"
    assert remedy in problem.message


def test_points_that_leave_no_configuration_for_another_are_refused() -> None:
    points = [{"a": a, "k": "flat"} for a in (1, 2, 3)]
    assert proposals(sweep(FINITE, points), 3) == points
    with pytest.raises(InvalidSpec, match=r"initialPoints\[3\].* has only 3 configurations"):
        sweep(FINITE, [*points, {"k": "flat"}])


def test_a_wrong_search_space_is_reported_alone() -> None:
    with pytest.raises(InvalidSpec) as caught:
        sweep({"lr": {"type": "uniform", "minValue": 1, "maxValue": 0}}, [{"lr": 3}, 4])
    assert [problem.path for problem in caught.value.problems] == [
        "spec.searchSpace.lr.minValue",
        "spec.initialPoints[1]",
    ]


def test_more_points_than_the_api_server_accepts_are_refused() -> None:
    points = [{"a": n} for n in range(201)]
    with pytest.raises(InvalidSpec, match="may be 200 at most"):
        sweep({"a": {"type": "randint", "upper": 300}}, points, trials=300)


def test_more_points_than_can_be_compared_with_a_large_space_are_refused() -> None:
    branches = [{"k": n, "x": {"type": "choice", "values": list(range(1000))}} for n in range(300)]
    space = {"m": {"type": "choice", "values": branches}}
    with pytest.raises(
        InvalidSpec, match="300300 distributions and values of choices; give at most 0"
    ):
        sweep(space, [{"m": {"k": 1}}])
