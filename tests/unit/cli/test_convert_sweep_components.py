"""Tests sweep steps in the forms of previews and of requests, components that are sweeps, and groups of inputs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.loading.yaml_text import load_documents

from .program import Program

TRAIN: dict[str, Any] = {
    "type": "command",
    "inputs": {"rate": {"type": "number"}, "rows": {"type": "uri_folder"}},
    "outputs": {"model": {"type": "uri_folder"}},
    "environment": {"image": "docker.example/fit:2"},
    "command": "fit --rate ${{inputs.rate}} --rows ${{inputs.rows}} --to ${{outputs.model}}",
}
SEARCH: dict[str, Any] = {
    "search_space": {"rate": {"type": "loguniform", "min_value": -5, "max_value": -1}},
    "sampling_algorithm": "random",
    "objective": {"goal": "maximize", "primary_metric": "auc"},
    "limits": {"max_total_trials": 6, "timeout": 1200},
}
INPUTS = {"rows": "${{parent.inputs.table}}"}
STEP = {"type": "sweep", "trial": TRAIN, "inputs": INPUTS, "outputs": {"model": None}, **SEARCH}
MAP = "data: {table: {claim: tables, path: rows}}\ndatastore: {workspaceblobstore: {claim: blob}}\n"
MAP += "compute: {cpus: {queue: small}}\ncomponent: {tuning: ./parts/tuning.yml}\n"
# A component that is a sweep, as the preview of 2021 had them.
TUNING: dict[str, Any] = {
    "type": "SweepComponent",
    "name": "tuning",
    "version": 2,
    "is_deterministic": True,
    "inputs": {"rows": {"type": "path"}, "rate": {"type": "float", "optional": True}},
    "outputs": {"model": {"type": "path"}},
    "trial": "file:./train.yml",
    "algorithm": "random",
    "search_space": {"rate": {"type": "choice", "values": [0.1, 0.2]}},
    "objective": SEARCH["objective"],
    "early_termination": {"policy_type": "median", "delay_evaluation": 3},
    "limits": {"max_total_trials": 6, "timeout_minutes": 20},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.yml").write_text(yaml.safe_dump(TRAIN))
    (tmp_path / "parts" / "tuning.yml").write_text(yaml.safe_dump(TUNING, sort_keys=False))
    (tmp_path / "azure-map.yaml").write_text(MAP)
    return tmp_path


def convert(program: Program, step: dict[str, Any], **pipeline: Any) -> int:
    table = {"type": "uri_folder", "path": "azureml:table:4"}
    whole = {"type": "pipeline", "inputs": {"table": table}, "jobs": {"tune": step}, **pipeline}
    Path("pipeline.yml").write_text(yaml.safe_dump(whole, sort_keys=False))
    return program("convert", "pipeline.yml", "--azure-map", "azure-map.yaml")


def spec(program: Program) -> dict[str, Any]:
    (found,) = load_documents(program.out)
    made: dict[str, Any] = found["spec"]
    return made


def test_a_map_has_the_names_of_a_step_in_old_keys(program: Program, folder: Path) -> None:
    trial = {**TRAIN, "compute": {"target": "azureml:old-cluster", "instance_count": 1}}
    step = {
        **STEP,
        "type": "sweep_job",
        "trial": trial,
        "inputs": {"rows": {"uri": "azureml:old:1"}},
    }
    Path("old.yml").write_text(yaml.safe_dump({"type": "pipeline", "jobs": {"tune": step}}))
    assert program("azure-map", "init", "old.yml") == 0, program.err
    found = yaml.safe_load(program.out)
    assert set(found["compute"]) == {"old-cluster"}
    assert set(found["data"]) == {"old:1"}


NAMED = {"type": "command", "component": "./parts/train.yml", "inputs": INPUTS}
FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("an inline component", {"trial": {"component": TRAIN}}, "jobs.tune.trial.component: "),
    ("a file", {"trial": {"component": "file:./parts/train.yml"}}, "is read as trial"),
    ("a trial like a step", {"trial": NAMED, "inputs": {}}, "jobs.tune.trial.inputs.rows: "),
    ("sweep_job", {"type": "sweep_job"}, "jobs.tune.type: 'sweep_job': is read as type: sweep"),
    ("SweepJob", {"type": "SweepJob"}, "is read as type: sweep"),
    ("job_type", {"type": None, "job_type": "Sweep"}, "jobs.tune.job_type: "),
    ("algorithm", {"sampling_algorithm": None, "algorithm": "random"}, "jobs.tune.algorithm: "),
    ("runs", {"limits": {"max_total_runs": 6, "timeout_minutes": 20}}, "limits.max_total_runs: "),
    (
        "spec",
        {"search_space": {"rate": {"spec": "loguniform", "min_value": -5, "max_value": -1}}},
        "jobs.tune.search_space.rate.spec: ",
    ),
    (
        "a request",
        {"inputs": {"rows": {"job_input_type": "uri_folder", "uri": "${{parent.inputs.table}}"}}},
        "jobs.tune.inputs.rows.uri: ",
    ),
]


@pytest.mark.parametrize(
    ("changes", "note"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS]
)
def test_a_step_in_another_spelling_is_the_same_sweep(
    program: Program, folder: Path, changes: dict[str, Any], note: str
) -> None:
    assert convert(program, STEP) == 0, program.err
    usual = spec(program)
    step = {key: value for key, value in {**STEP, **changes}.items() if value is not None}
    assert convert(program, step) == 0, program.err
    assert spec(program) == usual
    assert note in program.err


@pytest.mark.parametrize(
    "step",
    [
        {"component": "./parts/tuning.yml", "inputs": INPUTS},
        {"type": "sweep", "component": "file:parts/tuning.yml", "inputs": INPUTS},
        {"component": "azureml:tuning:2", "inputs": INPUTS},
    ],
    ids=["file", "type", "registered"],
)
def test_a_step_that_is_a_component_with_a_sweep(
    program: Program, folder: Path, step: dict[str, Any]
) -> None:
    assert convert(program, {**step, "compute": "azureml:cpus"}) == 0, program.err
    found = spec(program)
    assert found["inputs"] == {"rows": "/mnt/tables/rows"}
    assert found["searchSpace"] == {"rate": {"type": "choice", "values": [0.1, 0.2]}}
    assert found["earlyTermination"] == {"type": "median_stopping", "delayEvaluation": 3}
    assert found["limits"] == {"maxTotalTrials": 6, "timeout": 1200}
    assert found["outputs"]["model"]["volume"]["persistentVolumeClaim"]["claimName"] == "blob"
    assert "parts/tuning.yml.limits.timeout_minutes: 20: is read as limits.timeout: 1200" in (
        program.err
    )


def test_a_component_with_a_sweep_alone(program: Program, folder: Path) -> None:
    flags = ("--azure-map", "azure-map.yaml", "--input", "rows=/data/rows")
    assert program("convert", "parts/tuning.yml", *flags) == 0, program.err
    (found,) = load_documents(program.out)
    assert found["metadata"]["name"] == "tuning"
    assert found["spec"]["inputs"] == {"rows": "/data/rows"}
    assert program("convert", "parts/tuning.yml") == 1
    assert "inputs.rows: None: is required by the component" in program.err


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"component": "./parts/tuning.yml", "inputs": {"row": 1}}, "the component has no such input; there are: rate, rows"),
        ({"type": "sweep", "component": "./parts/train.yml"}, "is no component that is a sweep: it has no search_space"),
        ({"component": "azureml:other:1"}, "is a pipeline without a sweep step"),
        ({"type": "sweep", "component": "azureml:other:1"}, "is a registered component, whose file is needed"),
        ({**STEP, "algorithm": "grid"}, "jobs.tune.algorithm: 'grid': is there twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    program: Program, folder: Path, step: dict[str, Any], message: str
) -> None:
    assert convert(program, step) != 0
    assert message in program.err


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        ({"type": "integer", "min": 2}, 1, "must be at least 2, the component's min"),
        ({"type": "number", "max": 0.5}, "0.75", "must be at most 0.5, the component's max"),
        ({"type": "string", "enum": ["a", "b"]}, "c", "must be one of the component's enum: a, b"),
        ({"type": "integer", "min": 2, "max": 4, "enum": [2, 4]}, 4, ""),
    ],
)
def test_a_literal_has_the_bounds_of_the_component(
    program: Program, folder: Path, declared: dict[str, Any], value: Any, message: str
) -> None:
    trial = {**TRAIN, "inputs": {**TRAIN["inputs"], "folds": declared}}
    step = {**STEP, "trial": trial, "inputs": {**INPUTS, "folds": value}}
    assert convert(program, step) == int(bool(message)), program.err
    assert message in program.err


GROUP = {
    "type": "group",
    "rows": {"type": "uri_folder"},
    "folds": {"type": "integer", "default": 5},
}
GROUPED = {
    **TRAIN,
    "inputs": {"rate": {"type": "number"}, "data": GROUP},
    "command": "fit ${{inputs.rate}} ${{inputs.data.rows}} ${{inputs.data.folds}} ${{outputs.model}}",
}
OF_PIPELINE = {
    "data": {
        "type": "group",
        "rows": {"type": "uri_folder", "path": "azureml:table:4"},
        "folds": 3,
    },
    "table": {"type": "uri_folder", "path": "azureml:table:4"},
}


@pytest.mark.parametrize(
    ("inputs", "folds"),
    [
        ({"data": "${{parent.inputs.data}}"}, 3),
        ({"data": {"rows": "${{parent.inputs.table}}", "folds": 7}}, 7),
        ({"data": {"rows": "${{parent.inputs.data.rows}}"}}, 5),
        (
            {
                "data.rows": "${{parent.inputs.table}}",
                "data.folds": "${{parent.inputs.data.folds}}",
            },
            3,
        ),
    ],
)
def test_groups_of_inputs_have_dotted_names(
    program: Program, folder: Path, inputs: dict[str, Any], folds: int
) -> None:
    step = {**STEP, "trial": GROUPED, "inputs": inputs}
    assert convert(program, step, inputs=OF_PIPELINE) == 0, program.err
    found = spec(program)
    assert found["inputs"] == {"data.rows": "/mnt/tables/rows", "data.folds": folds}


def test_a_member_that_a_group_does_not_have(program: Program, folder: Path) -> None:
    inputs = {"data": {"rows": "${{parent.inputs.table}}", "fold": 7}}
    assert convert(program, {**STEP, "trial": GROUPED, "inputs": inputs}) == 1
    assert "jobs.tune.inputs.data.fold: 7: the component has no such input" in program.err


def test_a_group_runs_on_this_machine(program: Program, folder: Path) -> None:
    Path("fit.py").write_text(
        "import os, sys\nfrom sweepjob.azureml.core import Run\n"
        "assert os.path.isdir(sys.argv[1])\nRun.get_context().log('auc', sys.argv[2])\n"
    )
    command = f"{sys.executable} fit.py ${{{{inputs.data.rows}}}} ${{{{inputs.data.folds}}}}"
    trial = {**GROUPED, "outputs": {}, "command": f"{command}${{{{inputs.rate}}}}"}
    limits = {"max_total_trials": 1, "timeout": 60}
    step = {**STEP, "trial": trial, "outputs": {}, "limits": limits}
    step["inputs"] = {"data": {"rows": "${{parent.inputs.table}}", "folds": 7}}
    step["search_space"] = {"rate": {"type": "choice", "values": [25]}}
    table = {"type": "uri_folder", "path": "./parts"}
    whole = {"type": "pipeline", "inputs": {"table": table}, "jobs": {"tune": step}}
    Path("pipeline.yml").write_text(yaml.safe_dump(whole, sort_keys=False))
    assert program("run", "--local", "-f", "pipeline.yml") == 0, program.out
    assert "725" in program.out, program.out + program.err


TUNE = {"type": "sweep", "component": "./parts/tuning.yml", "inputs": INPUTS}


@pytest.mark.parametrize(
    ("step", "component", "messages"),
    [
        # What the step gives.
        (
            {"inputs": {**INPUTS, "rwos": 1}},
            {},
            ["jobs.tune.inputs.rwos: 1: the component has no such input; there are: rate, rows"],
        ),
        ({"inputs": {}}, {}, ["jobs.tune.inputs.rows: None: is required by the component"]),
        ({"outputs": {"modle": None}}, {}, ["jobs.tune.outputs.modle: None: the component has no"]),
        (
            {"limits": {"max_total_trials": 0}},
            {},
            ["jobs.tune.limits.max_total_trials: 0: must be"],
        ),
        ({"outputs": 3}, {}, ["jobs.tune.outputs: 3: must be an object"]),
        # What the component has.
        (
            {},
            {"objective": {"goal": "up", "primary_metric": "auc"}},
            ["parts/tuning.yml.objective.goal: 'up': unknown"],
        ),
        (
            {},
            {"limits": {"max_total_trials": 6, "timeout_minutes": -1}},
            ["parts/tuning.yml.limits.timeout_minutes: -60: must be"],
        ),
        (
            {},
            {"search_space": {"rate": {"type": "uniform", "min_value": 1, "max_value": 0}}},
            ["parts/tuning.yml.search_space.rate.min_value: 1: must not"],
        ),
        (
            {},
            {"inputs": {**TUNING["inputs"], "n": {"type": "integer", "max": "x", "default": 1}}},
            ["parts/tuning.yml.inputs.n.max: 'x': must be"],
        ),
        ({}, {"inputs": 3}, ["parts/tuning.yml.inputs: 3: must be an object"]),
        ({}, {"outputs": [1]}, ["parts/tuning.yml.outputs: [1]: must be an object"]),
        ({"inputs": "rows"}, {}, ["jobs.tune.inputs: 'rows': must be an object"]),
    ],
)
def test_an_error_is_where_the_step_or_its_component_has_it(
    program: Program,
    folder: Path,
    step: dict[str, Any],
    component: dict[str, Any],
    messages: list[str],
) -> None:
    (folder / "parts" / "tuning.yml").write_text(yaml.safe_dump({**TUNING, **component}))
    assert convert(program, {**TUNE, **step}) == 1
    for message in messages:
        assert message in program.err, program.err
