"""Tests the conversion of sweep files of the previews of 2021, and of keys in the wrong place.

The files are variations of public ones, in other words: of Azure/azureml-examples (its history),
wenyang/azureml-v2-preview, linydub/azureml-greenai-txtsum and BostjanBozic/azureml-workshop.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from sweepjob.loading.yaml_text import load_documents

from .azure_sweeps import AUTUMN, SPRING, SUMMER
from .program import Program

MAP = """
compute: {small: {queue: small}, gpus: {nodeSelector: {pool: gpu}}}
instance_type: {Standard_NC6: {gpus: 1}}
environment: {forest-env: registry.example/forest:1, envs/conda.yml: registry.example/main:1}
data: {table: {claim: tables, path: rows}}
"""


def convert(program: Program, text: str, *flags: str) -> dict[str, Any]:
    azure_map = program.file(MAP, "map.yaml")
    path = program.file(text, "job.yml")
    assert program("convert", path, "--azure-map", azure_map, *flags) == 0, program.err
    (found,) = load_documents(program.out)
    made: dict[str, Any] = found
    return made


def changed(text: str, **changes: Any) -> str:
    return yaml.safe_dump(yaml.safe_load(text) | changes, sort_keys=False)


def refusals(program: Program, text: str) -> list[str]:
    assert program("convert", program.file(text, "job.yml")) == 1
    return [line for line in program.err.splitlines() if line.startswith("refused: ")]


def test_a_file_of_spring(program: Program) -> None:
    made = convert(program, SPRING)
    spec = made["spec"]
    assert made["metadata"]["name"] == "forest"
    assert made["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "small"}
    assert spec["searchSpace"]["rate"] == {"type": "uniform", "minValue": 0.1, "maxValue": 0.5}
    assert spec["limits"] == {"maxTotalTrials": 50, "maxConcurrentTrials": 5, "timeout": 5400}
    assert spec["earlyTermination"]["type"] == "truncation_selection"
    assert spec["inputs"] == {"rows": "/mnt/tables/rows"}
    assert spec["trial"]["instanceCount"] == 2
    for note in (
        "job_type: 'Sweep': is read as type: sweep",
        "max_duration_minutes: 90: is read as limits.timeout: 5400",
        "early_termination.spec: 'truncation': is read as early_termination.type: truncation_selection",
        "early_termination.exclude_finished_jobs: True: not carried over: finished trials take part",
        "trial.inputs.rows.data: 'azureml:table:3': is read as inputs.rows.path",
        "trial.code.directory: '../python': is read as trial.code",
        "trial.code.directory: '../python': is not in the SweepJob",
    ):
        assert f"note: {note}" in program.err


def test_a_file_of_summer(program: Program) -> None:
    spec = convert(program, SUMMER)["spec"]
    assert spec["samplingAlgorithm"] == {"type": "grid"}
    assert spec["limits"] == {"maxTotalTrials": 2, "maxConcurrentTrials": 1, "timeout": 3600}
    assert spec["earlyTermination"] == {"type": "median_stopping", "delayEvaluation": 5}
    assert spec["inputs"] == {"corpus": "https://a.example/corpus.txt"}
    trial = spec["trial"]
    assert trial["distribution"] == {"type": "pytorch", "processCountPerInstance": 2}
    pod = trial["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "gpu"}
    assert pod["containers"][0]["image"] == "registry.example/main:1"
    assert pod["containers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 1}}


def test_a_file_of_autumn(program: Program) -> None:
    spec = convert(program, AUTUMN)["spec"]
    assert spec["inputs"] == {"rows": "https://a.example/rows.csv"}
    assert "note: inputs.rows.file: 'https://a.example/rows.csv': is read as" in program.err


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"max_total_trials": 0}, ["max_total_trials: 0: "]),
        ({"timeout_minutes": "an hour"}, ["timeout_minutes: 'an hour': "]),
        ({"algorithm": "hyperband"}, ["algorithm: 'hyperband': unknown; known: "]),
        ({"limits": {"max_total_trials": 3}}, ["max_total_trials: 2: is there twice, as limits."]),
        ({"early_termination": {"policy_type": "asha"}}, ["early_termination.policy_type: 'asha': "]),
        ({"search_space": {"lr": {"spec": "uniform", "max_value": 1}}}, ["search_space.lr.min_value: "]),
        ({"objective": {}, "max_total_trials": -1}, ["objective.goal", "objective.primary", "max_total"]),
        ({"algoritm": "grid"}, ["algoritm: 'grid': unknown key"]),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_refusal_has_the_path_of_the_file(
    program: Program, changes: dict[str, Any], refused: list[str]
) -> None:
    lines = refusals(program, changed(SUMMER, **changes))
    assert len(lines) == len(refused), lines
    for line, start in zip(lines, refused, strict=True):
        assert line.startswith(f"refused: {start}"), lines


def test_keys_of_a_command_job_in_the_trial_are_those_of_the_sweep(program: Program) -> None:
    data = yaml.safe_load(AUTUMN)
    data["trial"] |= {
        "compute": "azureml:small",
        "inputs": {"rows": {"type": "uri_file", "path": "azureml:table:3"}},
        "outputs": {"model": {"type": "uri_folder"}},
        "limits": {"timeout": 300},
    }
    del data["inputs"]
    made = convert(program, yaml.safe_dump(data))
    assert made["metadata"]["labels"] == {"kueue.x-k8s.io/queue-name": "small"}
    assert made["spec"]["inputs"] == {"rows": "/mnt/tables/rows"}
    assert made["spec"]["limits"]["trialTimeout"] == 300
    for key in ("compute", "inputs.rows", "outputs.model", "limits.timeout"):
        assert f"note: trial.{key}: " in program.err


def test_a_trial_that_is_a_component(program: Program) -> None:
    program.file(
        """
type: command
inputs: {lr: {type: number}, rows: {type: uri_file}, depth: {type: integer, default: 3}}
environment: {image: "docker.example/base:1"}
command: python main.py ${{inputs.rows}} ${{inputs.lr}} ${{inputs.depth}}
""",
        "train.yml",
    )
    made = convert(program, changed(AUTUMN, trial="./train.yml"))
    assert made["spec"]["inputs"] == {"rows": "https://a.example/rows.csv", "depth": 3}
    assert made["spec"]["trial"]["command"].endswith(
        "${{inputs.rows}} ${{search_space.lr}} ${{inputs.depth}}"
    )
    assert "Azure's client takes a component in a step of a pipeline only" in program.err
    assert len(refusals(program, changed(AUTUMN, trial="./other.yml"))) == 1


def test_the_map_of_a_preview_has_its_names(program: Program) -> None:
    assert program("azure-map", "init", program.file(SUMMER, "job.yml")) == 0
    found = yaml.safe_load(program.out)
    assert set(found["compute"]) == {"gpus"}
    assert set(found["instance_type"]) == {"Standard_NC6"}
    assert set(found["environment"]) == {"envs/conda.yml"}
    assert set(found["code"]) == {"src"}
    assert program("azure-map", "init", program.file(SPRING, "job.yml")) == 0
    assert set(yaml.safe_load(program.out)["data"]) == {"table:3"}


SHOWN = """
creation_context: {created_at: "2024-05-01", created_by: someone}
id: azureml:/subscriptions/a/resourceGroups/b/providers/x/workspaces/c/jobs/calm_dog
resourceGroup: b
parameters: {}
status: Completed
services: {Studio: {endpoint: "https://a.example"}}
"""


@pytest.mark.parametrize("is_step", [False, True])
def test_what_azures_cli_shows_of_a_job_is_converted(program: Program, is_step: bool) -> None:
    body = yaml.safe_load(AUTUMN)
    shown = yaml.safe_load(SHOWN)
    if is_step:
        step = {**body, "inputs": {}, "trial": {**body["trial"], "command": "fit ${{inputs.lr}}"}}
        step["trial"]["inputs"] = {"lr": {"type": "number"}}
        body = {"type": "pipeline", "jobs": {"tune": {**step, **shown}}}
    path = program.file(yaml.safe_dump({**body, **shown}), "shown.yml")
    assert program("convert", path) == 0, program.err
    for key in ("creation_context", "id", "parameters", "resourceGroup", "status"):
        assert f"note: {key}: " in program.err
        assert not is_step or f"note: jobs.tune.{key}: " in program.err


def test_texts_that_look_like_numbers_stay_as_they_are(program: Program) -> None:
    body = AUTUMN.replace(
        '{rows: {file: "https://a.example/rows.csv"}}', "{rows: 12e5, more: 1234e567}"
    )
    body = body.replace(
        "  environment:", "  environment_variables: {A: 1234e567, B: 12e5}\n  environment:"
    )
    path = program.file(body.replace("--lr", "${{inputs.more}} --lr"), "numbers.yml")
    assert program("convert", path) == 0, program.err
    (found,) = load_documents(program.out)
    assert found["spec"]["inputs"] == {"rows": "12e5", "more": "1234e567"}
    assert [v["value"] for v in found["spec"]["trial"]["env"]] == ["1234e567", "12e5"]
