"""Tests ``@pipeline`` functions of Azure's Python code: their sweep steps become sweeps.

The functions do what public programs do, in other words: Azure/azure-sdk-for-python (the tests of its
client), grelade/house-prices-azure-ml, longdang193/customer-churn-prediction-azureml, the sweep-in-pipeline
notebook of Azure/azureml-examples, and courses with registered components.
"""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.job import SweepWarning

TRAIN = """
type: command
name: train
inputs:
  rows: {type: uri_folder}
  label: {type: string, default: y}
  lr: {type: number, default: 1e-1}
  depth: {type: integer, default: 3}
outputs: {model: {type: uri_folder}, report: {type: uri_file}}
environment: azureml:forest:1
command: >-
  fit ${{inputs.rows}} ${{inputs.label}} ${{inputs.lr}} ${{inputs.depth}} ${{outputs.model}} ${{outputs.report}}
"""
SPLIT = """
type: command
name: split
inputs: {raw: {type: uri_file}, ratio: {type: number}}
outputs: {rows: {type: uri_folder}}
environment: azureml:forest:1
command: split ${{inputs.raw}} ${{inputs.ratio}} ${{outputs.rows}}
"""
SCORE = """
type: command
name: score
inputs: {model: {type: uri_folder}}
outputs: {result: {type: uri_file}}
environment: azureml:forest:1
command: score ${{inputs.model}} ${{outputs.result}}
"""
MAP = """
workspace: {local: true}
compute: {cpu: {nodeSelector: {pool: cpu}}, gpu: {nodeSelector: {pool: gpu}}, big: {}}
instance_type: {Standard_NC6: {gpus: 1}}
environment: {forest: registry.example/forest:1}
data: {parts.outputs.rows: {claim: tables, path: parts}, raw: {claim: tables, path: raw.csv}}
datastore: {workspaceblobstore: {claim: blob}}
component: {train: ./train.yml}
"""
PROGRAM = """
from sweepjob.azure.ai.ml import Input, MLClient, Output, dsl, load_component, load_job
from sweepjob.azure.ai.ml.dsl import pipeline
from sweepjob.azure.ai.ml.entities import JobResourceConfiguration, QueueSettings
from sweepjob.azure.ai.ml.sweep import *
train, split, score = (load_component(source=f"{name}.yml") for name in ("train", "split", "score"))
raw = Input(type="uri_file", path="azureml:raw:1")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("train", TRAIN), ("split", SPLIT), ("score", SCORE)):
        (tmp_path / f"{name}.yml").write_text(text)
    (tmp_path / "azure-map.yaml").write_text(MAP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(PROGRAM + textwrap.dedent(text), "program.py", "exec"), names)
    return names


def spec_of(step: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec: dict[str, Any] = step.to_manifest()["spec"]
    return spec


BOUND = """
@dsl.pipeline(description="forest", compute="cpu", tags={"team": "trees"})
def forest(raw, number: int = 4, metric: str = "auc"):
    parts = split(raw=raw, ratio=0.2)
    tree = train(rows=parts.outputs.rows, depth=Choice([2, 3, number]), label="price")
    tune = tree.sweep(primary_metric=metric, goal="maximize", sampling_algorithm="random", max_total_trials=number)
    print(tune)

job = forest(raw=raw, number=5)
"""


def test_settings_have_the_arguments_of_the_function() -> None:
    job = run(BOUND)["job"]
    assert list(job.jobs) == ["parts", "tune"]
    with pytest.warns(SweepWarning, match="pipeline: parts: are other steps; they are not run"):
        step = job.sweep_step()
    spec = spec_of(step)
    assert spec["searchSpace"] == {"depth": {"type": "choice", "values": [2, 3, 5]}}
    assert spec["limits"]["maxTotalTrials"] == 5
    assert spec["objective"] == {"goal": "maximize", "primaryMetric": "auc"}
    assert spec["inputs"] == {"rows": "/mnt/tables/parts", "label": "price", "lr": 0.1}
    assert spec["trial"]["template"]["spec"]["nodeSelector"] == {"pool": "cpu"}
    assert (step.description, step.tags) == ("forest", {"team": "trees"})


AFTERWARDS = """
@pipeline()
def forest(raw):
    parts = split(raw=raw, ratio=0.2)
    base = train(rows=parts.outputs["rows"])
    tune = base.sweep(
        primary_metric="r2", goal="Maximize", sampling_algorithm="random",
        search_space={"depth": Choice([3, 5])},
    )
    tune.search_space = {"depth": {"type": "choice", "values": [3, 5]},
                         "lr": {"type": "uniform", "min_value": 0, "max_value": 1}}
    tune.set_limits(max_total_trials=20, max_concurrent_trials=10, timeout=7200)
    tune.early_termination = {"type": "bandit", "evaluation_interval": 2, "slack_factor": 0.1}
    tune.sampling_algorithm = "bayesian"
    tune.compute = "gpu"
    tune.resources = JobResourceConfiguration(instance_type="Standard_NC6")
    tune.queue_settings = QueueSettings(job_tier="spot")
    tune.outputs.model = Output(type="uri_folder", mode="rw_mount")
    tune.set_objective(primary_metric="r3", goal="minimize")
    tune.limits.max_total_trials = 7
    ends = score(model=tune.outputs.model)
    return {"model": tune.outputs.model, "result": ends.outputs.result}

job = forest(raw=raw)
job.settings.default_compute = "cpu"
job.settings.force_rerun = True
job.outputs.model.mode = "upload"
job.display_name, job.experiment_name, job.tags["a"] = "Forest", "trees", "b"
"""


def test_what_is_set_afterwards_takes_effect() -> None:
    job = run(AFTERWARDS)["job"]
    with pytest.warns(SweepWarning, match="pipeline: parts, ends: are other steps"):
        step = job.sweep_step()
    spec = spec_of(step)
    assert spec["searchSpace"]["lr"] == {"type": "uniform", "minValue": 0, "maxValue": 1}
    assert spec["earlyTermination"] == {
        "type": "bandit",
        "evaluationInterval": 2,
        "slackFactor": 0.1,
    }
    assert spec["samplingAlgorithm"] == {"type": "bayesian"}
    assert spec["objective"] == {"goal": "minimize", "primaryMetric": "r3"}
    assert spec["limits"] == {"maxTotalTrials": 7, "maxConcurrentTrials": 10, "timeout": 7200}
    pod = spec["trial"]["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "gpu"}
    assert pod["containers"][0]["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    assert (step.experiment_name, step.tags) == ("trees", {"a": "b"})


SEVERAL = """
@dsl.pipeline(name="three", default_compute="cpu", instance_type="Standard_NC6")
def three(raw):
    parts = split(raw=raw, ratio=0.2)
    first = train(rows=parts.outputs.rows, lr=Uniform(0, 1)).sweep(
        primary_metric="a", goal="maximize", sampling_algorithm="random", max_total_trials=2)
    second = train(rows=parts.outputs.rows, depth=Choice([1, 2])).sweep(
        primary_metric="b", goal="minimize", sampling_algorithm="grid", max_total_trials=2)
    second.compute = "gpu"

job = three(raw=raw)
client = MLClient(None, "s", "g", "w")
"""


def test_one_of_several_steps_has_what_the_pipeline_gives() -> None:
    with pytest.warns(SweepWarning, match="pipeline: instance_type: no such argument"):
        found = run(SEVERAL)
    jobs, job = found["client"].jobs, found["job"]
    refusal = r"2 sweep steps; submit one of them: jobs\['first'\], jobs\['second'\]"
    with pytest.raises(ArgumentError, match=refusal):
        jobs.create_or_update(job)
    submitted: list[Any] = []
    jobs._backend.submit = lambda step, _: submitted.append(step)
    jobs.create_or_update(job.jobs["first"], experiment_name="mine")
    jobs.create_or_update(job.jobs["second"])
    assert [step.compute for step in submitted] == ["cpu", "gpu"]
    assert [step.experiment_name for step in submitted] == ["mine", None]
    assert [step.display_name for step in submitted] == ["three-first", "three-second"]
    assert spec_of(submitted[1])["trial"]["template"]["spec"]["nodeSelector"] == {"pool": "gpu"}


def test_a_pipeline_that_is_made_by_its_class() -> None:
    text = """
    from sweepjob.azure.ai.ml.entities import PipelineJob
    tune = train(rows=Input(path="azureml:raw:1"), lr=Uniform(0, 1)).sweep(
        primary_metric="a", goal="maximize", sampling_algorithm="random", max_total_trials=2)
    job = PipelineJob(jobs={"tune": tune}, display_name="made", compute="cpu")
    """
    step = run(text)["job"].sweep_step()
    assert (step.display_name, step.compute) == ("made", "cpu")


NESTED = """
@pipeline
def inner(rows, metric="loss"):
    tune = train(rows=rows, lr=LogUniform(-3, 0)).sweep(
        primary_metric=metric, goal="minimize", sampling_algorithm="random", max_total_trials=3)
    return {"model": tune.outputs.model}

@pipeline(default_compute="cpu", experiment_name="outer")
def outer(raw):
    parts = split(raw=raw, ratio=0.1)
    tuned = inner(rows=parts.outputs.rows)
    score(model=tuned.outputs.model)

job = outer(raw=raw)
"""


def test_a_sweep_step_of_a_pipeline_in_a_pipeline() -> None:
    job = run(NESTED)["job"]
    assert list(job.jobs) == ["parts", "tuned", "score"]
    with pytest.warns(SweepWarning, match="pipeline: parts, score: are other steps"):
        step = job.sweep_step()
    spec = spec_of(step)
    assert spec["inputs"]["rows"] == "/mnt/tables/parts"
    assert spec["trial"]["template"]["spec"]["nodeSelector"] == {"pool": "cpu"}
    assert step.experiment_name == "outer"


REGISTERED = """
client = MLClient(None, "s", "g", "w")
registered = client.components.get(name="train", version="3")

@pipeline(compute="cpu")
def forest(path: Input):
    tune = registered(rows=path, lr=Uniform(min_value=1e-5, max_value=1e-2)).sweep(
        sampling_algorithm="bayesian", primary_metric="loss", goal="minimize")
    tune.set_limits(max_total_trials=3, max_concurrent_trials=3, timeout=7200)
    score(model=tune.outputs["model"])

job = forest(path=raw)
"""


def test_a_registered_component_is_that_of_the_map() -> None:
    found = run(REGISTERED)
    with pytest.warns(SweepWarning, match="pipeline: score: are other steps"):
        step = found["job"].sweep_step()
    assert spec_of(step)["inputs"]["rows"] == "/mnt/tables/raw.csv"
    with pytest.raises(Exception, match=r"add under component: in azure-map.yaml: other: FILE.yml"):
        found["client"].components.get("other")


PIPELINE_FILE = """
type: pipeline
experiment_name: trees
inputs: {raw: {type: uri_file, path: "azureml:raw:1"}, metric: auc}
settings: {default_compute: azureml:cpu}
jobs:
  parts: {type: command, component: ./split.yml, inputs: {raw: "${{parent.inputs.raw}}", ratio: 0.3}}
  tune:
    type: sweep
    trial: ./train.yml
    inputs: {rows: "${{parent.jobs.STEP.outputs.rows}}"}
    search_space: {lr: {type: uniform, min_value: 0, max_value: 1}}
    objective: {goal: maximize, primary_metric: "${{parent.inputs.metric}}"}
    sampling_algorithm: random
    limits: {max_total_trials: 2, timeout: 600}
"""


def test_the_sweep_step_of_a_pipeline_file(folder: Path) -> None:
    (folder / "pipeline.yml").write_text(PIPELINE_FILE.replace("STEP", "parts"))
    with pytest.warns(UserWarning, match="is an output of the step parts: run that step, and give"):
        job = run('job = load_job("pipeline.yml")')["job"]
    spec = spec_of(job)
    assert spec["inputs"]["rows"] == "/mnt/tables/parts"
    assert spec["objective"]["primaryMetric"] == "auc"


def test_a_pipeline_file_says_what_another_step_would_have_given(folder: Path) -> None:
    (folder / "pipeline.yml").write_text(
        PIPELINE_FILE.replace("STEP", "parts").replace("parts", "other")
    )
    with pytest.warns(UserWarning, match="run that step, and give inputs="):
        job = run('job = load_job("pipeline.yml")')["job"]
    with pytest.raises(ArgumentError) as told:
        job.to_manifest()
    assert "inputs['rows']: is an output of the step other: run that step" in str(told.value)
    assert "add under data: in azure-map.yaml: other.outputs.rows: {" in str(told.value)
