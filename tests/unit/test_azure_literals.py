"""Tests the bounds and listed values of a component's literals, also those that make no sense."""

from __future__ import annotations

import itertools
import math
from datetime import date
from typing import Any

import pytest
from sweepjob import Input, command
from sweepjob.loading.azure import ConversionError, ConversionOptions, convert
from sweepjob.loading.azure.literals import bound_problems, outside_of, typed
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.workspace.components import load_component

NO_BOUNDS: list[Any] = [
    "abc",
    "",
    [1],
    {"a": 1},
    True,
    math.nan,
    math.inf,
    10**400,
    date(2020, 1, 1),
]
NO_LISTS: list[Any] = [5, "abc", {"a": 1}, True, [[1]], [{"a": 1}], [None], 1.5]
WRONG = [*itertools.product(("min", "max"), NO_BOUNDS), *((("enum"), one) for one in NO_LISTS)]


def component(**declared: Any) -> dict[str, Any]:
    return {
        "type": "command",
        "inputs": {"rate": {"type": "number"}, "n": {"type": "integer", **declared}},
        "environment": {"image": "docker.example/fit:2"},
        "command": "fit ${{inputs.rate}} ${{inputs.n}}",
    }


def sweep_problems(declared: dict[str, Any], given: Any) -> dict[str, str]:
    """Return the refusals of a sweep step by path."""
    step = {
        "type": "sweep",
        "trial": component(**declared),
        "inputs": {"n": given},
        "search_space": {"rate": {"type": "choice", "values": [1, 2]}},
        "sampling_algorithm": "random",
        "objective": {"goal": "maximize", "primary_metric": "auc"},
        "limits": {"max_total_trials": 6},
    }
    try:
        convert({"type": "pipeline", "jobs": {"tune": step}}, ConversionOptions())
    except ConversionError as error:
        return {found.path: found.message for found in error.problems}
    return {}


@pytest.mark.parametrize(("key", "value"), WRONG, ids=[f"{k}-{str(v)[:20]}" for k, v in WRONG])
def test_bounds_that_cannot_be_are_refused(key: str, value: Any) -> None:
    assert list(bound_problems({key: value})) == [key]
    assert list(sweep_problems({key: value}, 4)) == [f"jobs.tune.trial.inputs.n.{key}"]
    for make in (
        lambda: load_component(component(**{key: value})),
        lambda: command(
            image="i:1", command="a", inputs={"n": Input(type="integer", **{key: value})}
        ),
        lambda: command(image="i:1", command="a", inputs={"n": {"type": "integer", key: value}}),
    ):
        with pytest.raises(ArgumentError, match=rf"inputs\['n'\]\.{key}: "):
            make()


def test_a_bound_that_is_set_later_is_no_traceback() -> None:
    made = load_component(component(min=1))
    made.inputs["n"].min = "abc"
    with pytest.raises(ArgumentError, match=r"inputs\['n'\]\.min: 'abc': must be a finite number"):
        made(n=4)


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ({"enum": [1, 5]}, 5.0),
        ({"enum": [1, 5]}, "5.0"),
        ({"enum": [0.001]}, "1e-3"),
        ({"enum": ["1e-3", "2"]}, 0.001),
        ({"enum": [True, False]}, "true"),
        ({"enum": [True, False]}, "False"),
        ({"enum": [True]}, True),
        ({"enum": ["true", "false"]}, True),
        ({"enum": ("a", "b")}, "b"),
        ({"enum": []}, "b"),
        ({"min": "2", "max": "1e1"}, 10),
        ({"min": 2}, "text"),
        ({"min": 2, "max": 3}, {"path": "p"}),
    ],
)
def test_a_value_that_the_component_takes(declared: dict[str, Any], value: Any) -> None:
    assert outside_of(declared, value) == ""


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ({"enum": [1, 5]}, 4, "must be one of the component's enum: 1, 5"),
        ({"enum": [1, 5]}, True, "must be one of the component's enum: 1, 5"),
        ({"enum": [True]}, 1, "must be one of the component's enum: true"),
        ({"enum": [True]}, "yes please", "must be one of the component's enum: true"),
        ({"type": "string", "enum": ["01"]}, "1", "must be one of the component's enum: 01"),
        ({"min": "2"}, "1.5", "must be at least 2, the component's min"),
        ({"max": 2.5}, 10**400, "must be at most 2.5, the component's max"),
        ({"max": 2.5}, math.nan, "must be at most 2.5, the component's max"),
        ({"min": 2.5}, -math.inf, "must be at least 2.5, the component's min"),
    ],
)
def test_a_value_that_the_component_does_not_take(
    declared: dict[str, Any], value: Any, message: str
) -> None:
    assert outside_of(declared, value) == message
    assert sweep_problems(declared, value)["jobs.tune.inputs.n"] == message


@pytest.mark.parametrize(
    ("kind", "given", "made"),
    [("float", "1e-3", 0.001), ("number", "2", 2.0), ("integer", "2", 2), ("integer", "2.5", "2.5"), ("string", "2", "2")],
)  # fmt: skip
def test_texts_are_read_in_the_type_of_the_input(kind: str, given: str, made: Any) -> None:
    assert typed(kind, given) == made
