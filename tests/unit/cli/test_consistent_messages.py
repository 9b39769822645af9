"""Tests that the program, the Python SDK and the operator report the same errors and warnings of a spec."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sweepjob import load_job
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.validation.spec_warnings import spec_warnings
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sweep import SweepWarning

from tests.e2e.invalid_specs import RICH, TOGETHER, changed
from tests.unit.builders import sweepjob

from .program import Program


def manifest(spec: dict[str, Any], name: str = "bad") -> dict[str, Any]:
    kind = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    return {**kind, "metadata": {"name": name}, "spec": spec}


def written(program: Program, body: dict[str, Any]) -> Any:
    return program.file(json.dumps(body))


@pytest.mark.parametrize("what", TOGETHER)
def test_every_command_reports_the_same_error(
    what: str, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(program.folder)
    body = manifest(changed(RICH, TOGETHER[what]))
    with pytest.raises(InvalidSpec) as caught:
        parse_sweepjob(body)
    said = [" ".join(str(problem).split()) for problem in caught.value.problems]
    file = written(program, body)
    for command in (("validate", "-f"), ("propose", "-f"), ("run", "--local", "-f")):
        assert program(*command, file) == 1, command
        told = " ".join(program.err.split())
        assert [text for text in said if text not in told] == [], command
    with pytest.raises(ArgumentError) as refused:
        load_job(body)
    assert [text for text in said if text not in " ".join(str(refused.value).split())] == []


@pytest.mark.parametrize("length", [46, 47, 52, 57])
def test_the_length_of_a_name(
    length: int, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them accept names of 46 characters, as the CRD does."""
    monkeypatch.chdir(program.folder)
    body = {**sweepjob(), "metadata": {"name": "a" * length}}
    file = written(program, body)
    assert program("validate", "-f", file) == (length > 46)
    assert ("may have at most 46 characters" in program.err) == (length > 46)
    assert program("propose", "-f", file) == (length > 46)


DOUBTFUL = sweepjob(
    searchSpace={
        "lr": {"type": "loguniform", "minValue": 1e-4, "maxValue": 0.1},
        "units": {"type": "choice", "values": [16, 32]},
        "depth": {"type": "randint", "upper": 3},
    },
    limits={"maxTotalTrials": 1},
    metrics={"source": "logs"},
    trial={"image": "i", "command": "echo score={{depth}} ${{search_space.units}} && true"},
)


def test_every_command_reports_the_same_warning(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(program.folder)
    body = {**DOUBTFUL, "metadata": {"name": "doubtful"}}
    said = [str(w) for w in spec_warnings(body, parse_sweepjob(body))]
    assert len(said) == 3, "the bounds, lr and depth"
    file = written(program, body)
    assert program("validate", "-f", file) == 0
    assert "valid" in program.out
    assert program.err.splitlines() == [f"warning: {file}: {text}" for text in said]
    assert program("propose", "-f", file, "-n", 1) == 0
    assert [line for line in program.err.splitlines() if "warning" in line] == [
        f"warning: {text}" for text in said
    ]
    with pytest.warns(SweepWarning) as caught:
        load_job(body).validate()
    assert len(caught) == len(said)


def test_warnings_about_azure_files_have_azure_paths(program: Program) -> None:
    file = program.file(
        """
type: sweep
trial: {command: "run --u ${{search_space.u}} --lr ${{inputs.lr}}", environment: {image: i}}
inputs: {lr: 0.1}
search_space:
  lr: {type: loguniform, min_value: 0.0001, max_value: 0.1}
  u: {type: uniform, min_value: 0, max_value: 1}
objective: {goal: maximize, primary_metric: m}
limits: {max_total_trials: 1}
"""
    )
    assert program("convert", file) == 0
    warnings = [line for line in program.err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert warnings[0].startswith("warning: search_space.lr: [0.0001, 0.1]: bounds of loguniform")
    assert "write ${{search_space.lr}}, and remove the input" in warnings[1]
    assert program("validate", "-f", file) == 0
    assert "write ${{search_space.lr}}, and remove the input" in program.err
