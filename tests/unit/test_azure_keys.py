"""Walks every key of Azure's schemas: each is carried over, noted, or refused with the true reason."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob.loading.azure import ConversionError, ConversionOptions, convert

KEYS = json.loads((Path(__file__).parents[1] / "azure_client" / "schema_keys.json").read_text())
UNIFORM = {"type": "uniform", "min_value": 0, "max_value": 1}
SWEEP: dict[str, Any] = {
    "type": "sweep",
    "name": "good",
    "trial": {
        "command": "python a.py ${{search_space.lr}} ${{inputs.data}} ${{outputs.model}}",
        "environment": {"image": "docker.example/i:1"},
        "distribution": {"type": "mpi"},
        "resources": {"instance_count": 1},
        "queue_settings": {},
    },
    "inputs": {"data": {"path": "https://a.example/x"}},
    "outputs": {"model": {}},
    "sampling_algorithm": {"type": "random"},
    "search_space": {"lr": UNIFORM},
    "objective": {"goal": "maximize", "primary_metric": "m"},
    "early_termination": {"type": "median_stopping"},
    "limits": {"max_total_trials": 4, "timeout": 3600},
    "resources": {"instance_count": 1},
    "queue_settings": {},
    "identity": {"type": "managed"},
}
COMPONENT: dict[str, Any] = {
    "type": "command",
    "name": "train",
    "command": "python a.py ${{inputs.lr}} ${{inputs.data}} ${{outputs.model}}",
    "environment": {"image": "docker.example/i:1"},
    "inputs": {"lr": {"type": "number"}, "data": {"type": "uri_file"}},
    "outputs": {"model": {"type": "uri_folder"}},
    "distribution": {"type": "mpi"},
    "resources": {"instance_count": 1},
}
PIPELINE: dict[str, Any] = {
    "type": "pipeline",
    "name": "pipe",
    "settings": {},
    "identity": {"type": "managed"},
    "inputs": {"data": {"path": "https://a.example/x", "type": "uri_file"}},
    "outputs": {"model": {}},
    "jobs": {
        "tune": {
            "type": "sweep",
            "trial": COMPONENT,
            **{
                key: SWEEP[key]
                for key in (
                    *("sampling_algorithm", "search_space", "objective", "early_termination"),
                    *("limits", "resources", "queue_settings", "outputs"),
                )
            },
            "inputs": {"data": "${{parent.inputs.data}}"},
        }
    },
}
# Values other than those of the files, by the last word of a key.
VALUES: dict[str, Any] = {
    "type": None,  # the type of an object decides about its other keys
    "evaluation_interval": 3,
    "delay_evaluation": 7,
    "slack_factor": 0.5,
    "slack_amount": 0.5,
    "truncation_percentage": 20,
    "seed": 5,
    "logbase": 10,
    "rule": "sobol",
    "goal": "minimize",
    "max_concurrent_trials": 2,
    "max_total_trials": 3,
    "timeout": 7200,
    "trial_timeout": 600,
    "instance_count": 2,
    "max_instance_count": 2,
    "process_count_per_instance": 4,
    "worker_count": 4,
    "parameter_server_count": 4,
    "port": 1234,
    "dashboard_port": 1234,
    "include_dashboard": True,
    "shm_size": "4g",
    "tags": {"a": "b"},
    "properties": {"a": "b"},
    "locations": ["westus"],
    "is_deterministic": False,
    "optional": True,
    "continue_on_step_failure": False,
    "force_rerun": True,
    "command": "python b.py ${{inputs.data}}",
    "code": "./src",
    "conda_file": "conda.yml",
    "os_type": "windows",
    "mode": "download",
    "environment_variables": {"A": "b"},
    "min": 0,
    "max": 9,
    "enum": [1, 2],
    "additional_includes": ["a.py"],
}
# Keys that describe something to people or to Azure's registry, and change nothing about a trial.
SILENT = {"name", "version", "display_name", "description", "comment", "id", "is_deterministic"}
SILENT |= {"$schema"}
# Of a component: its declarations are checked by Azure, and its tags are those of the registry.
DECLARATIONS = {"tags", "properties", "optional", "min", "max", "enum", "mode"}
ENVIRONMENT = {"tags", "datastore"}


def is_silent(kind: str, key: str) -> bool:
    """Return whether a key may be without effect and without a word."""
    last = key.rpartition(".")[2]
    of_component = kind == "component" or key.startswith("trial.")
    return (
        last in SILENT
        or (".environment." in f".{key}" and last in ENVIRONMENT)
        or (of_component and kind != "sweep" and last in DECLARATIONS)
    )


POLICIES = {
    "slack_factor": {"type": "bandit"},
    "slack_amount": {"type": "bandit"},
    "truncation_percentage": {"type": "truncation_selection"},
}
RAY = {"port", "address", "include_dashboard", "dashboard_port"}
RAY |= {"head_node_additional_args", "worker_node_additional_args"}


def set_key(data: dict[str, Any], path: str, value: Any) -> None:
    """Set a dotted key; ``*`` is any name that is there."""
    node: Any = data
    *parents, last = path.split(".")
    for parent in parents:
        name = next(iter(node), "x") if parent == "*" else parent
        if not isinstance(node.get(name), dict):
            node[name] = {}
        node = node[name]
    if last in POLICIES:
        node.clear()
        node.update(POLICIES[last])
    if last in RAY:
        node["type"] = "ray"
    if last in ("worker_count", "parameter_server_count"):
        node["type"] = "tensorflow"
    if last == "value" and parents[0] == "inputs":
        node.clear()  # a literal, which has no path
    node[last] = value


def outcome(data: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    """Return the SweepJob as JSON, the notes, and the refusals."""
    try:
        made = convert(data, ConversionOptions())
    except ConversionError as error:
        return "", [], list(map(str, error.problems))
    return json.dumps(made.manifest, sort_keys=True), list(map(str, made.notes)), []


def leaf_keys(kind: str) -> list[str]:
    keys = [key for key in KEYS[kind] if not key.startswith(("search_space", "jobs"))]
    parents = {key.rpartition(".")[0] for key in keys}
    return [key for key in keys if key not in parents]


CASES = [
    *(("sweep", key, key, SWEEP) for key in leaf_keys("sweep")),
    *(("step", key, f"jobs.tune.{key}", PIPELINE) for key in leaf_keys("step")),
    *(("component", key, f"jobs.tune.trial.{key}", PIPELINE) for key in leaf_keys("component")),
    *(("pipeline", key, key, PIPELINE) for key in leaf_keys("pipeline")),
]


@pytest.mark.parametrize(
    ("kind", "key", "path", "file"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES]
)
def test_every_key_is_carried_over_noted_or_refused(
    kind: str, key: str, path: str, file: dict[str, Any]
) -> None:
    last = key.rpartition(".")[2]
    value = VALUES.get(last, "a-text")
    if value is None:
        return
    before, notes, refused = outcome(file)
    assert before, refused
    data = copy.deepcopy(file)
    # The first input is swept, so its default is of no use.
    set_key(data, path.replace("inputs.*.default", "inputs.epochs.default"), value)
    after, said, refusals = outcome(data)
    assert not any("unknown key" in text for text in refusals), refusals
    is_said = [text for text in [*said, *refusals] if text not in notes]
    assert after != before or is_said or is_silent(kind, key), f"{path} is dropped without a word"


def test_an_unknown_key_is_refused_with_the_right_one() -> None:
    for path, meant in (
        ("limits.max_total_trial", "max_total_trials"),
        ("trial.enviroment", "environment"),
        ("objective.primary_metrics", "primary_metric"),
    ):
        data = copy.deepcopy(SWEEP)
        set_key(data, path, 1)
        _, _, refused = outcome(data)
        assert any(f"{path}: 1: unknown key; did you mean {meant}?" in text for text in refused)
