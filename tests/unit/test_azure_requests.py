"""Tests that bodies of requests to Azure's service are refused with what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob.loading.azure import (
    ConversionError,
    ConversionOptions,
    UnsupportedFileError,
    convert,
    convert_pipeline,
)

BODY: dict[str, Any] = {
    "jobType": "Sweep",
    "displayName": "a sweep",
    "objective": {"goal": "Maximize", "primaryMetric": "auc"},
    "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
    "searchSpace": {"lr": ["uniform", [0.1, 0.5]]},
    "limits": {"jobLimitsType": "Sweep", "maxTotalTrials": 4, "timeout": "PT1H"},
    "trial": {"command": "fit", "environmentId": "azureml:env:1"},
}
OF_PIPELINE = {"type": "pipeline", "jobs": {"tune": {**BODY, "type": "sweep"}}}


@pytest.mark.parametrize(
    "data",
    [
        BODY,
        {"properties": BODY},
        {"id": "/subscriptions/x", "name": "n", "properties": BODY},
        {**BODY, "type": "sweep"},
        {"properties": {"jobType": "Pipeline", "jobs": {"tune": BODY}}},
        {"jobType": "Pipeline", "jobs": {"tune": BODY}},
        OF_PIPELINE,
        {"type": "pipeline", "jobs": {"tune": BODY}},
    ],
)
def test_a_request_is_refused_with_the_remedy(data: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFileError, match="az ml job show --name NAME --output yaml"):
        convert(data, ConversionOptions())


def test_a_pipeline_with_such_a_step_is_refused() -> None:
    with pytest.raises(UnsupportedFileError, match="jobType: Sweep"):
        convert_pipeline(OF_PIPELINE, ConversionOptions(), "p")


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        (["uniform", [0.1, 0.5]], "{type: uniform, min_value: ..., max_value: ...}"),
        (["choice", [[1, 2]]], "{type: choice, values: ...}"),
        (["Normal", [0, 1]], "{type: normal, mu: ..., sigma: ...}"),
        (["randint", [4]], "{type: randint, upper: ...}"),
    ],
)
def test_an_expression_of_a_request_is_refused_once(expression: list[Any], form: str) -> None:
    file = {
        "type": "sweep",
        "trial": {"command": "fit ${{search_space.x}}", "environment": {"image": "i:1"}},
        "search_space": {"x": expression},
        "objective": {"goal": "maximize", "primary_metric": "auc"},
    }
    with pytest.raises(ConversionError) as caught:
        convert(file, ConversionOptions())
    (problem,) = caught.value.problems
    assert problem.path == "search_space.x"
    assert problem.message.endswith(f"write {form}")
