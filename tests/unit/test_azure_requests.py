"""Tests that bodies of requests to Azure's service, and of its answers, convert as the same sweep file does.

The bodies are variations of public ones, in other words: of the specification of the REST API (its examples of
2021-03-01-preview to 2025), of azureml-examples (the scripts for REST), of the quickstart templates, and of what
Azure's clients print.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from sweepjob.loading.azure import (
    Conversion,
    ConversionError,
    ConversionOptions,
    UnsupportedFileError,
    convert,
    convert_pipeline,
    in_file_keys,
)
from sweepjob.loading.azure_map.reading import parse_azure_map
from sweepjob.loading.yaml_text import load_documents

from .azure_requests import (
    ANSWER,
    FILE_OF_SCRIPT,
    NESTED,
    OF_2023,
    PAIRS,
    RESOURCE,
    SCOPE,
    SCRIPT,
    SPECIFICATION,
)

MAP = {
    "compute": {"small": {"queue": "small"}},
    "instance_type": {"Standard_NC6s_v3": {"gpus": 1}},
    "environment": {"fit": "registry.example/fit:1"},
    "data": {"rows": {"claim": "tables", "path": "rows"}},
    "datastore": {"workspaceblobstore": {"claim": "results"}},
}


def converted(data: Any) -> Conversion:
    azure_map = parse_azure_map(MAP, "azure-map.yaml", ".")
    return convert(data, ConversionOptions(azure_map=azure_map))


pairs = pytest.mark.parametrize("name", PAIRS)


@pairs
def test_a_body_converts_as_the_same_file(name: str) -> None:
    file, body = PAIRS[name]
    expected = converted({"type": "sweep", **load_documents(file)[0]})
    found = converted(load_documents(json.dumps(body))[0])
    assert found.manifest == expected.manifest


@pairs
def test_a_body_is_not_changed(name: str) -> None:
    body = PAIRS[name][1]
    before = copy.deepcopy(body)
    converted(body)
    assert body == before


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("script", "properties.trial.codeId", "not carried over: only a folder of this machine"),
        ("resource", "properties.tags", "kept as annotations"),
        ("specification", "parameters.body.properties.searchSpace", "the order of the file"),
        ("specification", "parameters.body.properties.limits.timeout", "is absent"),
        ("of 2021", "properties.searchSpace.--learning-rate", "search_space.learning_rate"),
        ("of 2021", "properties.algorithm", "read as sampling_algorithm"),
        ("of 2021", "properties.compute.target", "read as compute"),
        ("bindings", "properties.identity", "not carried over"),
        ("bindings", "properties.priority", "not carried over"),
        ("bindings", "properties.trial.inputDataBindings.test.pathOnCompute", "not carried over"),
        ("bindings", "properties.trial.outputDataBindings.model.datastoreId", "not carried over"),
        ("bindings", "properties.trial.timeout", "read as limits.trial_timeout"),
        ("answer", "id", "Azure's service wrote it"),
        ("answer", "systemData", "Azure's service wrote it"),
        ("answer", "properties.status", "Azure's service wrote it"),
        ("answer", "properties.trial.parameters", "Azure's service wrote it"),
        ("answer", "properties.services", "kubectl port-forward"),
        ("answer", "properties.earlyTermination.slackAmount", "left out"),
        ("of 2023", "properties.notificationSetting", "the operator sends notifications"),
        ("of 2023", "properties.queueSettings", "not carried over"),
        ("of 2023", "properties.outputs.model.assetName", "nothing is registered"),
        ("of 2023", "properties.outputs.model.autoDeleteSetting", "nothing is deleted"),
        ("of 2023", "properties.trial.resources.dockerArgs", "not carried over"),
        ("of 2023", "properties.searchSpace.rate", "natural-log exponents"),
    ],
)
def test_what_differs_is_said_with_its_path_in_the_body(name: str, path: str, words: str) -> None:
    notes = converted(PAIRS[name][1]).notes
    assert any(note.path == path and words in note.message for note in notes), notes


@pairs
def test_every_path_that_is_said_is_one_of_the_body(name: str) -> None:
    body = PAIRS[name][1]
    found = converted(body)
    absent = {"timeout", "name"}
    for problem in (*found.notes, *found.warnings):
        node: Any = body
        for part in problem.path.replace("[", ".").replace("]", "").split("."):
            if isinstance(node, list):
                node = node[int(part)]
            elif part in node:
                node = node[part]
            else:
                assert part in absent, problem


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the body of a resource with another value."""
    body = copy.deepcopy(RESOURCE)
    node: Any = body
    *around, last = path.split(".")
    for part in around:
        node = node[part]
    node[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "at", "words"),
    [
        (
            "properties.searchSpace.rate",
            ["uniform", [1]],
            "",
            "uniform takes 2: min_value, max_value",
        ),
        ("properties.searchSpace.rate", ["uniforn", [1, 2]], "", 'must be in the form ["uniform"'),
        ("properties.searchSpace.rate", ["uniform", 1, 2], "", "must be in the form"),
        ("properties.searchSpace.rate", "uniform(1, 2)", "", "must be in the form"),
        ("properties.searchSpace.rate", {}, ".type", "is required"),
        ("properties.searchSpace.rate", ["uniform", ["a", 2]], "[1][0]", "must be a finite number"),
        ("properties.searchSpace.rate", ["choice", [[]]], "[1][0]", "at least one value"),
        ("properties.limits.timeout", "20 minutes", "", "must be"),
        ("properties.limits.maxTotalTrails", 4, "", "unknown key; did you mean maxTotalTrials?"),
        ("properties.serchSpace", {}, "", "unknown key; did you mean searchSpace?"),
        ("properties.trial.commands", "x", "", "unknown key; did you mean command?"),
        ("properties.objective.goal", "Up", "", "known: maximize, minimize"),
        ("properties.samplingAlgorithm.samplingAlgorithmType", "Hyperband", "", "known: random"),
        ("properties.earlyTermination", {"policyType": "Median"}, ".policyType", "known: bandit"),
        ("properties.inputs.rows.uri", None, "", "is required"),
        ("properties.trial.environmentId", None, "", "is required"),
        ("properties.objective", None, ".primaryMetric", "is required"),
        ("sku", {"name": "x"}, "", "unknown key"),
    ],
)
def test_a_fault_is_refused_once_with_its_path_in_the_body(
    path: str, value: Any, at: str, words: str
) -> None:
    with pytest.raises(ConversionError) as caught:
        converted(changed(path, value))
    problems = [problem for problem in caught.value.problems if problem.path == f"{path}{at}"]
    assert len(problems) == 1, caught.value.problems
    assert words in problems[0].message


def test_a_rejected_expression_of_a_grid_is_said_once() -> None:
    body = copy.deepcopy(SPECIFICATION["parameters"]["body"])
    body["properties"]["searchSpace"]["depth"] = ["choice", []]
    with pytest.raises(ConversionError) as caught:
        converted(body)
    assert [p.path for p in caught.value.problems] == ["properties.searchSpace.depth[1]"]


def test_an_open_quote_is_refused_where_the_command_becomes_a_list() -> None:
    body = copy.deepcopy(OF_2023)
    body["properties"]["trial"]["command"] = "fit 'a ${{search_space.rate}}"
    with pytest.raises(ConversionError, match="close the quote"):
        converted(body)


SCHEDULE_OF_2023 = {
    "name": "nightly",
    "properties": {
        "trigger": {"triggerType": "Cron", "expression": "0 2 * * *"},
        "action": {"actionType": "CreateJob", "jobDefinition": NESTED},
    },
}
SCHEDULE_FILE = """
name: nightly
trigger: {type: cron, expression: "0 2 * * *"}
create_job:
  type: sweep
  trial: {command: "fit ${{search_space.lr}}", environment: "azureml:fit:1"}
  search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
  sampling_algorithm: random
  objective: {goal: maximize, primary_metric: auc}
  limits: {max_total_trials: 4}
"""


def test_the_sweep_of_a_schedule_is_converted() -> None:
    found = converted(SCHEDULE_OF_2023)
    assert found.manifest["spec"] == converted(NESTED).manifest["spec"]
    notes = {note.path: note.message for note in found.notes}
    assert "a CronJob" in notes["properties.trigger"]
    assert "properties.action.jobDefinition.limits.timeout" in notes
    (file,) = load_documents(SCHEDULE_FILE)
    found = converted(file)
    assert found.manifest["metadata"]["name"] == "nightly"
    assert "a CronJob" in {note.path: note.message for note in found.notes}["trigger"]
    del file["create_job"]["limits"]["max_total_trials"]
    file["create_job"]["objective"]["goal"] = "up"
    with pytest.raises(ConversionError) as caught:
        converted(file)
    assert [problem.path for problem in caught.value.problems] == ["create_job.objective.goal"]


@pytest.mark.parametrize("job", ["./sweep.yml", {"type": "pipeline", "job": "./p.yml"}, None])
def test_a_schedule_of_another_file_is_refused(job: Any) -> None:
    with pytest.raises(UnsupportedFileError, match="convert the file of the job"):
        converted({"trigger": {"type": "cron"}, "create_job": job})


def test_a_list_of_one_sweep_is_read_and_of_several_is_refused() -> None:
    found = converted({"value": [ANSWER]})
    assert found.manifest == converted(ANSWER).manifest
    assert "value[0].properties.status" in [note.path for note in found.notes]
    with pytest.raises(UnsupportedFileError, match=r"has 2 jobs \(upbeat-cumin, space/nightly\)"):
        converted({"value": [ANSWER, RESOURCE]})


OF_COMMAND = {"properties": {"jobType": "Command", "command": "fit"}}
OF_PIPELINE = {"type": "pipeline", "jobs": {"tune": {**NESTED, "type": "sweep"}}}


@pytest.mark.parametrize(
    "data",
    [
        OF_COMMAND,
        {"jobType": "AutoML"},
        {"properties": {"jobType": "Pipeline", "jobs": {"tune": NESTED}}},
        {"jobType": "Pipeline", "jobs": {"tune": NESTED}},
        OF_PIPELINE,
    ],
)
def test_other_requests_are_refused_with_the_remedy(data: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFileError, match="az ml job show --name NAME --output yaml"):
        convert(data, ConversionOptions())


def test_a_pipeline_with_such_a_step_is_refused() -> None:
    with pytest.raises(UnsupportedFileError, match="jobType: Sweep"):
        convert_pipeline(OF_PIPELINE, ConversionOptions(), "p")


def test_numbers_of_a_body_are_numbers() -> None:
    (body,) = load_documents(json.dumps({**NESTED, "searchSpace": {"x": ["choice", [[1e-05]]]}}))
    assert body["searchSpace"]["x"] == ["choice", [[1e-05]]]


def test_json_with_tabs_is_read() -> None:
    text = json.dumps({"a": ["\t", 'q"\\\t'], "b": {"c": 1}}, indent="\t")
    assert load_documents(text) == [{"a": ["\t", 'q"\\\t'], "b": {"c": 1}}]


def test_the_map_of_a_body_has_its_names() -> None:
    file = in_file_keys(SCRIPT)
    assert file["compute"] == f"{SCOPE}/computes/small"
    assert file["trial"]["environment"].endswith("/environments/fit/versions/3")
    assert in_file_keys(load_documents(FILE_OF_SCRIPT)[0])["compute"] == "azureml:small"
    assert yaml.safe_dump(in_file_keys(OF_COMMAND))


@pytest.mark.parametrize(
    ("expression", "form"),
    [
        (["uniform", [0.1, 0.5]], "{type: uniform, min_value: ..., max_value: ...}"),
        (["choice", [[1, 2]]], "{type: choice, values: ...}"),
        (["Normal", [0, 1]], "{type: normal, mu: ..., sigma: ...}"),
        (["randint", [4]], "{type: randint, upper: ...}"),
    ],
)
def test_an_expression_of_a_request_in_a_file_is_refused_once(
    expression: list[Any], form: str
) -> None:
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
