"""Tests that the search spaces of Katib's Experiments keep their values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.space import Space

from .katib import converted, experiment, refusals


def space_of(feasible: dict[str, Any], kind: str, algorithm: str = "random") -> Space:
    """Return the search space of an Experiment with one parameter."""
    parameter = {"name": "lr", "parameterType": kind, "feasibleSpace": feasible}
    data = experiment({"parameters": [parameter], "algorithm.algorithmName": algorithm})
    return parse_sweepjob(converted(data).manifest).space


def draws(space: Space, count: int = 400) -> list[Any]:
    """Return the values of the only parameter over its whole distribution."""
    expression = space.parameters.entries["lr"]
    return [expression.quantile((n + 0.5) / count) for n in range(count)]  # type: ignore[union-attr] # one kind here


@given(st.integers(-50, 50), st.integers(0, 40), st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_integers_are_those_of_katib(low: int, span: int, step: int) -> None:
    feasible = {"min": str(low), "max": str(low + span), "step": str(step)}
    expected = list(range(low, low + span + 1, step))
    assert sorted(set(draws(space_of(feasible, "int"), 3000))) == expected


@given(st.integers(-30, 30), st.integers(1, 60), st.sampled_from(["0.1", "0.05", "0.25", "0.3"]))
@settings(max_examples=60, deadline=None)
def test_doubles_with_a_step_are_those_of_katib(low: int, steps: int, step: str) -> None:
    first = Decimal(low) * Decimal("0.1")
    feasible = {"min": str(first), "max": str(first + steps * Decimal(step)), "step": step}
    expected = [float(first + n * Decimal(step)) for n in range(steps + 1)]
    assert sorted(set(draws(space_of(feasible, "double"), 5000))) == pytest.approx(
        expected, abs=1e-12
    )


@given(st.floats(1e-6, 1e3), st.floats(1.0, 1e4))
@settings(max_examples=60, deadline=None)
def test_logarithmic_doubles_stay_within_their_bounds(low: float, ratio: float) -> None:
    feasible = {"min": repr(low), "max": repr(low * ratio), "distribution": "logUniform"}
    values = draws(space_of(feasible, "double"))
    assert low * (1 - 1e-12) <= min(values)
    assert max(values) <= low * ratio * (1 + 1e-12)
    middle = draws(space_of(feasible, "double"), 1)[0]
    assert middle == pytest.approx((low * low * ratio) ** 0.5, rel=1e-6)


@pytest.mark.parametrize(("low", "high"), [(1, 3), (32, 64), (1, 1000)])
def test_logarithmic_integers_are_min_to_max(low: int, high: int) -> None:
    feasible = {"min": str(low), "max": str(high), "distribution": "logUniform"}
    values = set(draws(space_of(feasible, "int"), 20000))
    assert min(values) == low
    assert max(values) == high
    assert all(isinstance(value, int) for value in values)


def test_a_normal_distribution_has_katibs_moments() -> None:
    feasible = {"min": "1", "max": "7", "distribution": "normal"}
    spec = converted(
        experiment(
            {"parameters.0": {"name": "lr", "parameterType": "double", "feasibleSpace": feasible}}
        )
    )
    assert spec.manifest["spec"]["searchSpace"]["lr"] == {"type": "normal", "mu": 4, "sigma": 1}
    assert any("no bounds" in note.message for note in spec.notes)


def test_a_grid_has_every_value_and_keeps_its_order() -> None:
    parameters = [
        {
            "name": "z",
            "parameterType": "double",
            "feasibleSpace": {"min": "0.1", "max": "0.4", "step": "0.1"},
        },
        {"name": "a-b", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "3"}},
    ]
    data = experiment(
        {
            "parameters": parameters,
            "algorithm.algorithmName": "grid",
            "trialTemplate.trialParameters.0.reference": "z",
        }
    )
    spec = converted(data).manifest["spec"]
    assert spec["searchSpace"]["z"]["values"] == [0.1, 0.2, 0.3, 0.4]
    assert spec["searchSpace"]["a_b"]["values"] == [1, 2, 3]
    assert spec["samplingAlgorithm"] == {"type": "grid", "order": ["z", "a_b"]}


def test_discrete_values_reach_the_script_as_written() -> None:
    found = space_of({"list": ["0.10", "2", "1e-3"]}, "discrete").parameters.entries["lr"]
    assert found.values == ("0.10", 2, "1e-3")  # type: ignore[union-attr] # one kind here


@pytest.mark.parametrize("step", ["1e-300", "0.000001", "1e-20"])
def test_a_step_that_is_too_small_is_refused(step: str) -> None:
    feasible = {"min": "0.5e-7", "max": "1e200", "step": step}
    parameter = {"name": "lr", "parameterType": "double", "feasibleSpace": feasible}
    [found] = refusals(experiment({"parameters": [parameter]}))
    assert found.path == "spec.parameters[0].feasibleSpace.step"
