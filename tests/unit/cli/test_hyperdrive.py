"""Tests the conversion of v1's file for submit-hyperdrive."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from .azure_sweeps import V1, converted
from .program import Program


def convert(program: Program, changes: dict[str, Any], *flags: str) -> int:
    return program("convert", program.file(yaml.safe_dump(V1 | changes), "hd.yml"), *flags)


def test_everything_is_carried_over(program: Program) -> None:
    assert convert(program, {}, "--command", "python t.py", "--image", "i") == 0
    spec = converted(program)["spec"]
    assert spec["objective"] == {"goal": "maximize", "primaryMetric": "acc"}
    assert spec["samplingAlgorithm"] == {"type": "random"}
    assert spec["searchSpace"] == {
        "learning_rate": {"type": "loguniform", "minValue": -6, "maxValue": -1},
        "batch": {"type": "choice", "values": [16, 32]},
        "units": {"type": "quniform", "minValue": 10, "maxValue": 100, "q": 10},
        "seed": {"type": "randint", "upper": 9},
    }
    assert spec["earlyTermination"] == {
        "type": "bandit",
        "slackFactor": 0.1,
        "evaluationInterval": 2,
    }
    assert spec["limits"] == {"maxTotalTrials": 8, "maxConcurrentTrials": 4, "timeout": 3600}
    assert spec["metrics"] == {"source": "logs"}  # where v1's Run.log prints
    assert spec["trial"]["command"].startswith(
        "python t.py --learning-rate ${{search_space.learning_rate}} --batch ${{search_space.batch}}"
    )
    assert "the argument stays --learning-rate" in program.err


def test_without_flags_there_are_placeholders(program: Program) -> None:
    assert convert(program, {}) == 0
    trial = converted(program)["spec"]["trial"]
    assert trial["command"].startswith("python REPLACE-ME.py --learning-rate")
    assert "--command" in program.err
    assert "--image" in program.err


def test_no_policy(program: Program) -> None:
    assert convert(program, {"policy": {"type": "NoTerminationPolicy"}}) == 0
    assert "earlyTermination" not in converted(program)["spec"]


@pytest.mark.parametrize(
    ("changes", "where", "why"),
    [
        ({"sampling": {"type": "TPE", "parameter_space": []}}, "sampling.type", "bayesian"),
        ({"sampling": {"type": "RANDOM", "parameter_space": [{"name": "a", "expression": "uniform", "values": [1]}]}}, "sampling.parameter_space[0].values", "takes 2"),
        ({"sampling": {"type": "RANDOM", "parameter_space": [{"name": "a", "expression": "uniform", "values": [2, 1]}]}}, "sampling.parameter_space[0].min_value", "exchange"),
        ({"sampling": {"type": "GRID", "parameter_space": V1["sampling"]["parameter_space"]}}, "sampling.parameter_space[0].type", "choices only"),
        ({"resume_from": "x"}, "resume_from", "unknown key"),
        ({"max_total_runs": 0}, "max_total_runs", "at least 1"),
        ({"primary_metric_goal": "UP"}, "primary_metric_goal", "maximize"),
    ],
)  # fmt: skip
def test_refused(program: Program, changes: dict[str, Any], where: str, why: str) -> None:
    assert convert(program, changes) == 1
    lines = [line for line in program.err.splitlines() if line.startswith(f"refused: {where}")]
    assert any(why in line for line in lines), program.err
