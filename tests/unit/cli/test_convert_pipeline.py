"""Tests the conversion of pipelines, and what is said about unused flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from .azure_files import COMPONENT, PIPELINE, STEP, convert, converted, step_with
from .program import Program


def test_a_step_is_a_sweep_with_what_the_pipeline_gives(
    program: Program, azure_folder: Path
) -> None:
    assert convert(program, azure_folder, {}, "--azure-map", "map.yaml") == 0, program.err
    (manifest,) = converted(program)
    assert manifest["metadata"]["name"] == "pipe-tune"
    assert manifest["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "small"}
    spec = manifest["spec"]
    assert spec["inputs"] == {"rows": "/mnt/tables/table.csv", "depth": 3, "shuffle": "False"}
    volume = {"persistentVolumeClaim": {"claimName": "blob"}}
    assert spec["outputs"] == {
        "model": {"volume": volume, "subPath": "runs"},
        "outputs": {"volume": volume, "mountPath": "/code/outputs", "subPath": "runs/outputs"},
        "logs": {"volume": volume, "mountPath": "/code/logs", "subPath": "runs/logs"},
    }
    assert "the ./outputs and ./logs of each trial are kept" in program.err
    pod = spec["trial"]["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "cpu"}
    (container,) = pod["containers"]
    assert container["image"] == "registry.example/sklearn:1"
    assert container["command"][2] == (
        'pip list && python train.py --rows "${VALUE_inputs_rows}" --lr "${VALUE_search_space_lr}" '
        '--depth "${VALUE_inputs_depth}" --shuffle "${VALUE_inputs_shuffle}"  --out "${VALUE_outputs_model}"'
    )
    assert "jobs: 'prepare, score': are other steps" in program.err
    assert "parts/train.yml.code" not in program.out
    assert "train.yml.code: '../src'" in program.err


def test_settings_with_values_of_the_pipelines_inputs(program: Program, azure_folder: Path) -> None:
    space = {"lr": {"type": "choice", "values": [0.5, "${{parent.inputs.rate}}"]}}
    changes = step_with(
        search_space=space,
        objective={
            "goal": "${{ parent.inputs.goal }}",
            "primary_metric": "val_${{parent.inputs.metric}}",
        },
        limits={"max_total_trials": "${{parent.inputs.trials}}"},
        compute="azureml:${{parent.inputs.where}}",
    )
    changes["inputs"] = {
        **PIPELINE["inputs"],
        "rate": {"value": 0.25},
        "goal": "maximize",
        "metric": "auc",
        "trials": 7,
        "where": {"type": "string", "default": "cpu-cluster"},
    }
    assert convert(program, azure_folder, changes, "--azure-map", "map.yaml") == 0, program.err
    spec = converted(program)[0]["spec"]
    assert spec["searchSpace"]["lr"]["values"] == [0.5, 0.25]
    assert spec["objective"] == {"goal": "maximize", "primaryMetric": "val_auc"}
    assert spec["limits"]["maxTotalTrials"] == 7
    assert spec["trial"]["template"]["spec"]["nodeSelector"] == {"pool": "cpu"}


def test_a_setting_that_the_pipeline_gives_no_value(program: Program, azure_folder: Path) -> None:
    objective = {"goal": "maximize", "primary_metric": "${{parent.inputs.metric}}"}
    assert (
        convert(program, azure_folder, step_with(objective=objective), "--azure-map", "map.yaml")
        != 0
    )
    refused = [line for line in program.err.splitlines() if line.startswith("refused")]
    assert refused == [
        "refused: jobs.tune.objective.primary_metric: '${{parent.inputs.metric}}': the pipeline has no "
        "value for metric: give --input metric=VALUE, or write the value here"
    ]


COMPONENTS = ["file:parts/train.yml", "azureml:train:3", yaml.safe_load(COMPONENT)]


@pytest.mark.parametrize("trial", COMPONENTS, ids=["file", "registered", "inline"])
def test_every_form_of_a_component(program: Program, azure_folder: Path, trial: Any) -> None:
    assert convert(program, azure_folder, step_with(trial=trial), "--azure-map", "map.yaml") == 0
    (manifest,) = converted(program)
    assert manifest["spec"]["inputs"]["depth"] == 3


def test_an_output_of_another_step_by_the_map_or_by_a_flag(
    program: Program, azure_folder: Path
) -> None:
    changes = step_with(inputs={"rows": "${{parent.jobs.prepare.outputs.rows}}"})
    assert convert(program, azure_folder, changes, "--azure-map", "map.yaml") == 0, program.err
    assert converted(program)[0]["spec"]["inputs"]["rows"] == "/mnt/tables/prepared"
    assert convert(program, azure_folder, changes, "--input", "rows=/data/rows") == 0, program.err
    assert converted(program)[0]["spec"]["inputs"]["rows"] == "/data/rows"
    assert convert(program, azure_folder, changes) == 0
    assert converted(program)[0]["spec"]["inputs"]["rows"] == "/REPLACE-ME/inputs/rows"
    (line,) = [line for line in program.err.splitlines() if ".inputs.rows: " in line]
    assert "is an output of the step prepare: run that step, and give --input rows=PATH" in line
    assert "data: {prepare.outputs.rows: {claim: CLAIM, path: PATH}}" in line


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"inputs": {}}, "jobs.tune.inputs.rows: None: is required by the component"),
    ({"inputs": {**STEP["inputs"], "row": 1}}, "jobs.tune.inputs.row: 1: the component has no such input; there are: rows, lr"),
    ({"search_space": {**STEP["search_space"], "lrr": STEP["search_space"]["lr"]}}, "jobs.tune.search_space.lrr"),
    ({"outputs": {"models": None}}, "the component has no such output; there are: model"),
    ({"trial": "./parts/none.yml"}, "jobs.tune.trial: './parts/none.yml': "),
    ({"trial": "azureml:other:1"}, "is a registered component, whose file is needed: give an Azure map"),
    ({"limits": {"max_total_trials": 0}}, "jobs.tune.limits.max_total_trials: 0"),
    ({"limits": {"max_total_trials": 1, "timeout": "PT1H"}}, "write it in seconds: timeout: 3600"),
    ({"resources": {"instance_count": 9999}}, "jobs.tune.resources.instance_count: 9999: "),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=range(len(REFUSED)))
def test_a_refusal_has_the_path_of_the_step(
    program: Program, azure_folder: Path, changes: dict[str, Any], message: str
) -> None:
    assert convert(program, azure_folder, step_with(**changes)) == 1
    lines = [line for line in program.err.splitlines() if line.startswith("refused: ")]
    assert len(lines) == 1, program.err
    assert message in lines[0]


def test_several_steps_and_one_of_them(program: Program, azure_folder: Path) -> None:
    inner = {
        "type": "pipeline",
        "jobs": {"deep": STEP},
        "inputs": {"table": "${{parent.inputs.table}}"},
    }
    jobs = {"jobs": {"a": STEP, "b": inner}}
    assert convert(program, azure_folder, jobs) == 0, program.err
    assert [m["metadata"]["name"] for m in converted(program)] == ["pipe-a", "pipe-b-deep"]
    assert convert(program, azure_folder, jobs, "--step", "b.deep") == 0
    assert [m["metadata"]["name"] for m in converted(program)] == ["pipe-b-deep"]
    assert convert(program, azure_folder, jobs, "--step", "c") == 2
    assert "has no sweep step c; there are: a, b.deep" in program.err
    assert convert(program, azure_folder, {"jobs": {"a": {"type": "command"}}}) == 2
    assert "is a pipeline without a sweep step" in program.err


def test_flags_that_name_nothing_are_refused(program: Program, azure_folder: Path) -> None:
    flags = ("--input", "rovs=1", "--output", "modle=/x", "--command", "python t.py")
    assert convert(program, azure_folder, {}, *flags) == 1
    assert "--input: 'rovs=1': the file has no such input" in program.err
    assert "did you mean rows?" in program.err
    assert "did you mean model?" in program.err
    assert "--command: 'python t.py': the file has a command" in program.err


def test_keys_of_a_step_that_azure_accepts_are_noted(program: Program, azure_folder: Path) -> None:
    step = {"name": "tune", "display_name": "Tune", "description": "d", "tags": {"a": "b"}}
    settings = {**PIPELINE["settings"], "is_deterministic": False}
    changes = {**step_with(**step), "settings": settings}
    assert convert(program, azure_folder, changes, "--azure-map", "map.yaml") == 0, program.err
    for path in (*(f"jobs.tune.{key}" for key in step), "settings.is_deterministic"):
        assert f"note: {path}: " in program.err


def test_two_outputs_on_one_datastore_have_a_folder_each(
    program: Program, azure_folder: Path
) -> None:
    component = yaml.safe_load(COMPONENT)
    component["outputs"]["report"] = {"type": "uri_file"}
    component["command"] += " --report ${{outputs.report}}"
    (azure_folder / "parts" / "train.yml").write_text(yaml.safe_dump(component))
    step = step_with(outputs={"model": None, "report": None})
    assert convert(program, azure_folder, step, "--azure-map", "map.yaml") == 0, program.err
    (manifest,) = converted(program)
    folders = {name: out["subPath"] for name, out in manifest["spec"]["outputs"].items()}
    kept = {"outputs": "runs/outputs", "logs": "runs/logs"}
    assert folders == {"model": "runs/model", "report": "runs/report", **kept}
    assert convert(program, azure_folder, step, "--azure-map", "map.yaml", "--claim", "mine") == 0
    (manifest,) = converted(program)
    folders = {name: out["subPath"] for name, out in manifest["spec"]["outputs"].items()}
    kept = {"outputs": "outputs", "logs": "logs"}
    assert folders == {"model": "model", "report": "report", **kept}
