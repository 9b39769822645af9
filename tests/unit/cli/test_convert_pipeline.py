"""Tests the conversion of pipelines, of an Azure map, and what is said about unused flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.yaml_text import load_documents

from .program import Program

COMPONENT = """
type: command
name: train
version: 3
inputs:
  rows: {type: uri_file}
  lr: {type: number, default: 1e-1}
  depth: {type: integer, default: "3"}
  shuffle: {type: boolean, default: false}
  note: {type: string, optional: true}
outputs: {model: {type: uri_folder}}
code: ../src
environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
command: >-
  pip list && python train.py --rows ${{inputs.rows}} --lr ${{inputs.lr}} --depth ${{inputs.depth}}
  --shuffle ${{inputs.shuffle}} $[[--note ${{inputs.note}}]] --out ${{outputs.model}}
"""
STEP: dict[str, Any] = {
    "type": "sweep",
    "trial": "./parts/train.yml",
    "inputs": {"rows": "${{parent.inputs.table}}"},
    "outputs": {"model": None},
    "sampling_algorithm": "random",
    "search_space": {"lr": {"type": "uniform", "min_value": 0, "max_value": 1}},
    "objective": {"goal": "minimize", "primary_metric": "loss"},
    "limits": {"max_total_trials": 3},
}
PIPELINE: dict[str, Any] = {
    "type": "pipeline",
    "display_name": "Pipe",
    "experiment_name": "pipes",
    "settings": {"default_compute": "azureml:cpu-cluster"},
    "inputs": {"table": {"type": "uri_file", "path": "azureml:table:2"}},
    "jobs": {
        "prepare": {
            "type": "command",
            "component": "./parts/prepare.yml",
            "outputs": {"rows": None},
        },
        "tune": STEP,
        "score": {"type": "command", "component": "azureml:score:1"},
    },
}
MAP = """
compute: {cpu-cluster: {queue: small, nodeSelector: {pool: cpu}}}
environment: {sklearn-1.5: registry.example/sklearn:1}
data:
  table: {claim: tables, path: table.csv}
  prepare.outputs.rows: {claim: tables, path: prepared}
datastore: {workspaceblobstore: {claim: blob, path: runs}}
component: {train: ./parts/train.yml}
"""


@pytest.fixture
def folder(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.yml").write_text(COMPONENT)
    (tmp_path / "map.yaml").write_text(MAP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def convert(program: Program, folder: Path, changes: dict[str, Any], *flags: str) -> int:
    (folder / "pipeline.yml").write_text(yaml.safe_dump(PIPELINE | changes, sort_keys=False))
    return program("convert", "pipeline.yml", *flags)


def step_with(**changes: Any) -> dict[str, Any]:
    return {"jobs": {**PIPELINE["jobs"], "tune": STEP | changes}}


def converted(program: Program) -> list[dict[str, Any]]:
    found = load_documents(program.out)
    for manifest in found:
        parse_sweepjob(manifest)
    return found


def test_a_step_is_a_sweep_with_what_the_pipeline_gives(program: Program, folder: Path) -> None:
    assert convert(program, folder, {}, "--azure-map", "map.yaml") == 0, program.err
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


def test_settings_with_values_of_the_pipelines_inputs(program: Program, folder: Path) -> None:
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
    assert convert(program, folder, changes, "--azure-map", "map.yaml") == 0, program.err
    spec = converted(program)[0]["spec"]
    assert spec["searchSpace"]["lr"]["values"] == [0.5, 0.25]
    assert spec["objective"] == {"goal": "maximize", "primaryMetric": "val_auc"}
    assert spec["limits"]["maxTotalTrials"] == 7
    assert spec["trial"]["template"]["spec"]["nodeSelector"] == {"pool": "cpu"}


def test_a_setting_that_the_pipeline_gives_no_value(program: Program, folder: Path) -> None:
    objective = {"goal": "maximize", "primary_metric": "${{parent.inputs.metric}}"}
    assert convert(program, folder, step_with(objective=objective), "--azure-map", "map.yaml") != 0
    refused = [line for line in program.err.splitlines() if line.startswith("refused")]
    assert refused == [
        "refused: jobs.tune.objective.primary_metric: '${{parent.inputs.metric}}': the pipeline has no "
        "value for metric: give --input metric=VALUE, or write the value here"
    ]


COMPONENTS = ["file:parts/train.yml", "azureml:train:3", yaml.safe_load(COMPONENT)]


@pytest.mark.parametrize("trial", COMPONENTS, ids=["file", "registered", "inline"])
def test_every_form_of_a_component(program: Program, folder: Path, trial: Any) -> None:
    assert convert(program, folder, step_with(trial=trial), "--azure-map", "map.yaml") == 0
    (manifest,) = converted(program)
    assert manifest["spec"]["inputs"]["depth"] == 3


def test_an_output_of_another_step_by_the_map_or_by_a_flag(program: Program, folder: Path) -> None:
    changes = step_with(inputs={"rows": "${{parent.jobs.prepare.outputs.rows}}"})
    assert convert(program, folder, changes, "--azure-map", "map.yaml") == 0, program.err
    assert converted(program)[0]["spec"]["inputs"]["rows"] == "/mnt/tables/prepared"
    assert convert(program, folder, changes, "--input", "rows=/data/rows") == 0, program.err
    assert converted(program)[0]["spec"]["inputs"]["rows"] == "/data/rows"
    assert convert(program, folder, changes) == 0
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
    program: Program, folder: Path, changes: dict[str, Any], message: str
) -> None:
    assert convert(program, folder, step_with(**changes)) == 1
    lines = [line for line in program.err.splitlines() if line.startswith("refused: ")]
    assert len(lines) == 1, program.err
    assert message in lines[0]


def test_several_steps_and_one_of_them(program: Program, folder: Path) -> None:
    inner = {
        "type": "pipeline",
        "jobs": {"deep": STEP},
        "inputs": {"table": "${{parent.inputs.table}}"},
    }
    jobs = {"jobs": {"a": STEP, "b": inner}}
    assert convert(program, folder, jobs) == 0, program.err
    assert [m["metadata"]["name"] for m in converted(program)] == ["pipe-a", "pipe-b-deep"]
    assert convert(program, folder, jobs, "--step", "b.deep") == 0
    assert [m["metadata"]["name"] for m in converted(program)] == ["pipe-b-deep"]
    assert convert(program, folder, jobs, "--step", "c") == 2
    assert "has no sweep step c; there are: a, b.deep" in program.err
    assert convert(program, folder, {"jobs": {"a": {"type": "command"}}}) == 2
    assert "is a pipeline without a sweep step" in program.err


def test_flags_that_name_nothing_are_refused(program: Program, folder: Path) -> None:
    flags = ("--input", "rovs=1", "--output", "modle=/x", "--command", "python t.py")
    assert convert(program, folder, {}, *flags) == 1
    assert "--input: 'rovs=1': the file has no such input" in program.err
    assert "did you mean rows?" in program.err
    assert "did you mean model?" in program.err
    assert "--command: 'python t.py': the file has a command" in program.err


SWEEP = """
type: sweep
experiment_name: trees
trial: {command: "python t.py ${{search_space.lr}} ${{inputs.d}}", environment: {image: "i:1"}}
inputs: {d: {type: mltable, mode: download, path: "azureml:table:1"}}
outputs: {o: {mode: upload, name: registered}}
search_space: {lr: {type: choice, values: [1e-3, 2]}}
objective: {goal: minimize, primary_metric: loss}
limits: {max_total_trials: 2}
tags: {a b: 1, a-b: 2}
"""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trial", "./train.yml"),
        ("trial", 3),
        ("objective", "loss"),
        ("limits", 4),
        ("search_space", []),
    ],
)
def test_one_cause_has_one_message(program: Program, folder: Path, key: str, value: Any) -> None:
    data = yaml.safe_load(SWEEP) | {key: value}
    (folder / "one.yml").write_text(yaml.safe_dump(data))
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 1
    (line,) = [line for line in program.err.splitlines() if line.startswith("refused: ")]
    assert line.startswith(f"refused: {key}: ")


def test_two_sweeps_of_one_experiment_have_two_names(program: Program, folder: Path) -> None:
    names = []
    for stem in ("one", "two"):
        (folder / f"{stem}.yml").write_text(SWEEP)
        assert program("convert", f"{stem}.yml", "--azure-map", "map.yaml") == 0, program.err
        names.append(converted(program)[0]["metadata"]["name"])
    assert names == ["trees-one", "trees-two"]


def test_tags_that_become_the_same_annotation_are_both_kept(program: Program, folder: Path) -> None:
    (folder / "one.yml").write_text(SWEEP)
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 0
    notes = converted(program)[0]["metadata"]["annotations"]
    assert (notes["tags.sweepjob.dev/a-b"], notes["tags.sweepjob.dev/a-b-2"]) == ("1", "2")


def test_modes_types_and_unused_outputs_are_said(program: Program, folder: Path) -> None:
    (folder / "one.yml").write_text(SWEEP)
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 0
    for text in (
        "inputs.d.mode: 'download': mounted instead of downloaded",
        "inputs.d.type: 'mltable': the script reads the folder itself",
        "outputs.o.mode: 'upload': not carried over",
        "outputs.o.name: 'registered': not carried over",
        "no trial writes it: the command does not refer to ${{outputs.o}}",
    ):
        assert text in program.err, program.err
    assert converted(program)[0]["spec"]["searchSpace"]["lr"]["values"] == ["1e-3", 2]


def test_a_local_run_refuses_data_that_is_not_on_this_machine(
    program: Program, folder: Path
) -> None:
    (folder / "one.yml").write_text(SWEEP)
    assert program("run", "--local", "-f", "one.yml", "--azure-map", "map.yaml") == 1
    assert "inputs.d.path: 'azureml:table:1': is not on this machine" in program.err
    assert "or give --input d=PATH" in program.err
    assert not (folder / ".sweepjob").exists()


def test_init_writes_a_line_for_each_name(program: Program, folder: Path) -> None:
    (folder / "pipeline.yml").write_text(yaml.safe_dump(PIPELINE, sort_keys=False))
    (folder / "train.py").write_text(
        """
from azure.ai.ml import command, Input
env = "azureml:torch@latest"
job = command(code="./src", environment=env, compute="gpu-cluster", instance_type="Standard_NC6",
    inputs={"x": Input(path="azureml://datastores/lake/paths/x")})
cluster = ml_client.compute.get("other")
"""
    )
    assert program("azure-map", "init", "pipeline.yml", "parts/train.yml", "train.py") == 0
    found = yaml.safe_load(program.out)
    assert set(found["compute"]) == {"cpu-cluster", "gpu-cluster", "other"}
    assert set(found["environment"]) == {"sklearn-1.5", "torch"}
    assert set(found["datastore"]) == {"lake", "workspaceblobstore"}
    assert set(found["data"]) == {"table:2"}
    assert set(found["code"]) == {"../src", "src"}
    assert set(found["component"]) == {"score:1"}
    assert found["instance_type"] == {"Standard_NC6": {"gpus": 1}}
    assert program("azure-map", "init", "train.py", "-o", "new.yaml") == 0
    assert program("azure-map", "init", "train.py", "-o", "new.yaml") == 2
    assert "exists already" in program.err
    assert program("azure-map", "validate", "new.yaml") == 1
    assert "is a word of the skeleton; replace it" in program.err
    (folder / "bad.py").write_text("def")
    assert program("azure-map", "init", "bad.py") == 2
    assert "bad.py: is not a Python program: line 1" in program.err


def test_keys_of_a_step_that_azure_accepts_are_noted(program: Program, folder: Path) -> None:
    step = {"name": "tune", "display_name": "Tune", "description": "d", "tags": {"a": "b"}}
    settings = {**PIPELINE["settings"], "is_deterministic": False}
    changes = {**step_with(**step), "settings": settings}
    assert convert(program, folder, changes, "--azure-map", "map.yaml") == 0, program.err
    for path in (*(f"jobs.tune.{key}" for key in step), "settings.is_deterministic"):
        assert f"note: {path}: " in program.err


def test_two_outputs_on_one_datastore_have_a_folder_each(program: Program, folder: Path) -> None:
    component = yaml.safe_load(COMPONENT)
    component["outputs"]["report"] = {"type": "uri_file"}
    component["command"] += " --report ${{outputs.report}}"
    (folder / "parts" / "train.yml").write_text(yaml.safe_dump(component))
    step = step_with(outputs={"model": None, "report": None})
    assert convert(program, folder, step, "--azure-map", "map.yaml") == 0, program.err
    (manifest,) = converted(program)
    folders = {name: out["subPath"] for name, out in manifest["spec"]["outputs"].items()}
    kept = {"outputs": "runs/outputs", "logs": "runs/logs"}
    assert folders == {"model": "runs/model", "report": "runs/report", **kept}
    assert convert(program, folder, step, "--azure-map", "map.yaml", "--claim", "mine") == 0
    (manifest,) = converted(program)
    folders = {name: out["subPath"] for name, out in manifest["spec"]["outputs"].items()}
    kept = {"outputs": "outputs", "logs": "logs"}
    assert folders == {"model": "model", "report": "report", **kept}


def test_a_folder_of_the_code_that_an_output_has_is_not_kept_twice(
    program: Program, folder: Path
) -> None:
    data = yaml.safe_load(SWEEP)
    data["trial"] |= {"code": "./src", "command": "fit ${{search_space.lr}} ${{outputs.logs}}"}
    data |= {"inputs": {}, "outputs": {"logs": {}}}
    (folder / "one.yml").write_text(yaml.safe_dump(data))
    (folder / "map.yaml").write_text(MAP + "code: {src: {path: /app}}\n")
    assert program("convert", "one.yml", "--azure-map", "map.yaml") == 0, program.err
    (manifest,) = converted(program)
    outputs = manifest["spec"]["outputs"]
    assert "mountPath" not in outputs["logs"]
    assert outputs["outputs"]["mountPath"] == "/app/outputs"
    assert set(outputs) == {"logs", "outputs"}


@pytest.mark.parametrize("verb", ["convert", "validate -f"])
@pytest.mark.parametrize("is_only", [True, False])
@pytest.mark.parametrize("kind", ["sweeep", "Swep", "hyperdrive"])
def test_a_step_of_a_misspelled_type_is_no_other_step(
    program: Program, folder: Path, verb: str, is_only: bool, kind: str
) -> None:
    steps = {"tune": STEP | {"type": kind}}
    jobs = steps if is_only else {**PIPELINE["jobs"], **steps}
    (folder / "pipeline.yml").write_text(yaml.safe_dump(PIPELINE | {"jobs": jobs}))
    assert program(*verb.split(), "pipeline.yml") == 1
    assert f"jobs.tune.type: '{kind}': is no type of a step; did you mean sweep?" in program.err
    assert "other steps" not in program.err


def test_a_misspelled_sweep_step_does_not_hide_behind_another(
    program: Program, folder: Path
) -> None:
    jobs = {**PIPELINE["jobs"], "again": STEP | {"type": "sweeep"}}
    assert convert(program, folder, {"jobs": jobs}, "--azure-map", "map.yaml") == 1
    assert "jobs.again.type: 'sweeep': is no type of a step; did you mean sweep?" in program.err
    assert "jobs: 'prepare, score': are other steps" in program.err


@pytest.mark.parametrize(
    ("step", "meant"),
    [
        ({"type": "pipelin", "jobs": {"tune": STEP}}, "pipeline"),
        ({"type": "sweeps", "component": "azureml:tune:1"}, "sweep"),
    ],
)
def test_other_steps_of_misspelled_types(
    program: Program, folder: Path, step: dict[str, Any], meant: str
) -> None:
    assert convert(program, folder, {"jobs": {"inner": step}}, "--azure-map", "map.yaml") == 1
    assert f"jobs.inner.type: '{step['type']}': is no type of a step; did you mean {meant}?" in (
        program.err
    )


@pytest.mark.parametrize("kind", ["automl", "spark", "import", "comand"])
def test_a_step_of_another_type_is_no_misspelled_sweep(
    program: Program, folder: Path, kind: str
) -> None:
    space: dict[str, Any] = {"search_space": {}} if kind == "automl" else {}
    jobs = {**PIPELINE["jobs"], "more": {"type": kind, **space}}
    assert convert(program, folder, {"jobs": jobs}, "--azure-map", "map.yaml") == 0, program.err
    assert "jobs: 'prepare, score, more': are other steps" in program.err


@pytest.mark.parametrize("verb", ["convert", "validate -f"])
def test_a_file_of_a_misspelled_type(program: Program, folder: Path, verb: str) -> None:
    (folder / "sweep.yml").write_text(yaml.safe_dump(STEP | {"type": "sweeep"}))
    assert program(*verb.split(), "sweep.yml") != 0
    assert "has type: sweeep; did you mean sweep?" in program.err
