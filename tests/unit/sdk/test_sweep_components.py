"""Tests that a component which is a sweep keeps the inputs that it declares."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob import load_job
from sweepjob.sdk.arguments import ArgumentError

# The trial declares nothing; the sweep does.
TUNING: dict[str, Any] = {
    "type": "SweepComponent",
    "name": "tuning",
    "inputs": {
        "rows": {"type": "uri_folder"},
        "folds": {"type": "integer", "min": 2, "max": 9, "default": 5},
        "mode": {"type": "string", "enum": ["fast", "exact"], "optional": True},
        "seed": {"type": "integer", "max": 3},
    },
    "trial": {
        "command": "fit ${{search_space.rate}} ${{inputs.rows}} ${{inputs.folds}} ${{inputs.seed}} "
        "$[[--mode ${{inputs.mode}}]]",
        "environment": {"image": "docker.example/fit:2"},
    },
    "sampling_algorithm": "random",
    "search_space": {"rate": {"type": "choice", "values": [0.1, 0.2]}},
    "objective": {"goal": "maximize", "primary_metric": "auc"},
    "limits": {"max_total_trials": 6, "timeout": 1200},
}
# The trial is a component with declarations of its own, and without the bounds of the sweep.
NESTED: dict[str, Any] = copy.deepcopy(TUNING)
NESTED["trial"]["command"] = TUNING["trial"]["command"].replace("search_space", "inputs")
NESTED["trial"]["inputs"] = {
    "rate": {"type": "number"},
    "rows": {"type": "uri_folder"},
    "folds": {"type": "integer"},
    "seed": {"type": "integer"},
    "mode": {"type": "string", "optional": True},
}
FILES = [{**one, "type": kind} for one in (TUNING, NESTED) for kind in ("SweepComponent", "sweep")]
IDS = [f"{own} declarations, type {kind}" for own in ("no", "own") for kind in ("old", "sweep")]


def load(data: dict[str, Any], inputs: dict[str, Any], is_step: bool) -> Any:
    """Load the component with values for its inputs: alone, or as a step of a pipeline."""
    Path("tuning.yml").write_text(yaml.safe_dump(data, sort_keys=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not is_step:
            return load_job("tuning.yml", inputs=inputs)
        given = {
            name: {"type": "uri_folder", "path": value} if name == "rows" else value
            for name, value in inputs.items()
        }
        step = {"component": "./tuning.yml", "inputs": given}
        Path("p.yml").write_text(yaml.safe_dump({"type": "pipeline", "jobs": {"tune": step}}))
        return load_job("p.yml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("is_step", [False, True], ids=["alone", "step"])
@pytest.mark.parametrize("data", FILES, ids=IDS)
def test_declared_inputs_get_values_and_defaults(data: dict[str, Any], is_step: bool) -> None:
    found = load(data, {"rows": "/data/rows", "seed": 3}, is_step).to_manifest()["spec"]
    assert found["inputs"] == {"rows": "/data/rows", "folds": 5, "seed": 3}
    assert "--mode" not in found["trial"]["command"]
    more = load(data, {"rows": "/r", "seed": 1, "folds": 9, "mode": "exact"}, is_step)
    assert more.to_manifest()["spec"]["inputs"]["mode"] == "exact"


@pytest.mark.parametrize("is_step", [False, True], ids=["alone", "step"])
@pytest.mark.parametrize("data", FILES, ids=IDS)
@pytest.mark.parametrize(
    ("inputs", "name", "message"),
    [
        ({"seed": 4}, "seed", "must be at most 3"),
        ({"folds": 1}, "folds", "must be at least 2"),
        ({"mode": "slow"}, "mode", "must be one of the component's enum: fast, exact"),
        ({"seed": None}, "seed", "is required by the component"),
        ({"rows": None}, "rows", "is required by the component"),
        ({"fold": 5}, "fold", "has no such input; there are: "),
    ],
)
def test_what_the_component_does_not_take_is_refused_once(
    data: dict[str, Any], is_step: bool, inputs: dict[str, Any], name: str, message: str
) -> None:
    given = {"rows": "/data/rows", "seed": 3, **inputs}
    with pytest.raises(ArgumentError, match=message) as caught:
        load(data, {k: v for k, v in given.items() if v is not None}, is_step)
    assert name in str(caught.value)
    assert str(caught.value).count(message) == 1
    assert "refers to nothing" not in str(caught.value)


def test_an_input_that_is_swept_needs_no_value() -> None:
    data = copy.deepcopy(TUNING)
    data["inputs"]["rate"] = {"type": "number"}
    made = load(data, {"rows": "/data/rows", "seed": 3}, is_step=False)
    assert "rate" not in made.to_manifest()["spec"]["inputs"]


def test_a_job_whose_data_has_no_path_is_no_component() -> None:
    data = {**TUNING, "type": "sweep", "inputs": {"rows": {"type": "uri_folder"}, "seed": 1}}
    data["trial"] = {**TUNING["trial"], "command": "fit ${{search_space.rate}} ${{inputs.rows}}"}
    with pytest.raises(ArgumentError, match=r"inputs\.rows\.path: None: is required"):
        load(data, {}, is_step=False)
