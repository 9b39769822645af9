"""Programs in the style of public notebooks, of which only the imports are changed, with an Azure map.

They are of this project's own invention. Each ends with ``sweep``, and the sweep that it builds is compared with
the parts of the spec that the program means.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sweepjob.sdk.arguments import ArgumentError

MAP = """
compute: {cpu: {queue: small}, gpu: {gpus: 1}}
instance_type: {STANDARD_NC6: {gpus: 2}}
environment: {fit: "docker.example/fit:1", built: "docker.example/built:1"}
data: {iris: {claim: tables, path: iris}}
datastore: {workspaceblobstore: {claim: blob}}
code: {"*": snapshot}
component: {fit: fit.yml}
"""
COMPONENT = """
type: command
name: fit
distribution: {type: tensorflow, worker_count: 2}
resources: {instance_count: 2, shm_size: 1g}
inputs:
  rows: {type: uri_folder, description: the rows}
  rate: {type: number, default: 0.1, min: 0, max: 1}
  units: {type: integer, optional: true}
  augment: {type: boolean, default: false}
outputs: {model: {type: mlflow_model}}
environment: azureml:fit@latest
command: >-
  fit ${{inputs.rows}} ${{inputs.rate}} $[[--units ${{inputs.units}}]] ${{inputs.augment}} ${{outputs.model}}
"""
V2 = """
from azure.ai.ml import Input, MpiDistribution, Output, PyTorchDistribution, UserIdentityConfiguration, command, dsl, load_component
from azure.ai.ml.entities import *
from azure.ai.ml.sweep import *
job = command(code="./src", command="python fit.py --lr ${{inputs.lr}}", inputs={"lr": 0.1}, environment="fit@latest", compute="cpu")
tune = dict(primary_metric="auc", goal="Maximize", sampling_algorithm="random", max_total_trials=4)
"""
V1 = """
from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.runconfig import DEFAULT_CPU_IMAGE, DockerConfiguration, PyTorchConfiguration, RunConfiguration
from azureml.train.hyperdrive import *
ws = Workspace.from_config()
goal = dict(primary_metric_name="auc", primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=4)
given = dict(source_directory="src", compute_target="cpu", environment=Environment.get(ws, "fit"))
"""
PROGRAMS: dict[str, tuple[str, dict[str, Any]]] = {
    "distribution as an object": (
        """
        job = command(code="./src", command="python fit.py --lr ${{inputs.lr}}", inputs={"lr": 1}, environment="fit:1", compute="gpu",
                      instance_count=2, distribution=PyTorchDistribution(process_count_per_instance=2), shm_size="2g")
        sweep = job(lr=Uniform(0.01, 0.1)).sweep(**tune)
        """,
        {"trial": {"instanceCount": 2, "distribution": {"type": "pytorch"}}},
    ),
    "distribution as a dict": (
        """
        job.distribution = {"type": "PyTorch", "process_count_per_instance": 4}
        sweep = job(lr=Uniform(0.01, 0.1)).sweep(**tune)
        """,
        {"trial": {"distribution": {"type": "pytorch", "processCountPerInstance": 4}}},
    ),
    "identity and services": (
        """
        job = command(code="./src", command="python fit.py --lr ${{inputs.lr}}", inputs={"lr": 1}, environment="fit:1", compute="cpu",
                      identity=UserIdentityConfiguration(), services={"tb": TensorBoardJobService(log_dir="outputs/tb")})
        sweep = job(lr=Choice(values=[0.1, 0.2])).sweep(**{**tune, "sampling_algorithm": "grid"})
        sweep.identity = UserIdentityConfiguration()
        """,
        {"samplingAlgorithm": {"type": "grid"}, "searchSpace": {"lr": {"values": [0.1, 0.2]}}},
    ),
    "a component by its path with distribution and optional inputs": (
        """
        fit = load_component(source="fit.yml")
        node = fit(rows=Input(path="azureml:iris:1"), rate=Uniform(0.1, 0.2), units=Choice([8, 16]), augment=True)
        sweep = node.sweep(**tune, compute="gpu")
        sweep.early_termination = MedianStoppingPolicy(delay_evaluation=5, evaluation_interval=1)
        """,
        {
            "inputs": {"rows": "/mnt/tables/iris", "augment": "True"},
            "trial": {"instanceCount": 2, "distribution": {"type": "tensorflow", "workerCount": 2}},
            "earlyTermination": {"type": "median_stopping", "delayEvaluation": 5},
        },
    ),
    "a job of a command job": (
        """
        trial = CommandJob(code="./src", command="python fit.py ${{search_space.lr}} ${{inputs.rows}}", environment="fit:1",
                           inputs={"rows": Input(path="azureml:iris:1")}, compute="cpu")
        sweep = SweepJob(name="by_hand", trial=trial, search_space={"lr": Normal(mu=0, sigma=1)}, sampling_algorithm=RandomSamplingAlgorithm(seed=3, rule="sobol"),
                         objective=Objective(goal="maximize", primary_metric="auc"), limits=SweepJobLimits(max_total_trials=3, trial_timeout=60),
                         inputs={"rows": Input(path="azureml:iris:1")}, early_termination=BanditPolicy(slack_amount=0.1, evaluation_interval=2),
                         resources=JobResourceConfiguration(instance_type="STANDARD_NC6"), queue_settings=QueueSettings(job_tier="standard"))
        """,
        {
            "samplingAlgorithm": {"rule": "sobol", "seed": 3},
            "limits": {"maxTotalTrials": 3, "trialTimeout": 60},
            "earlyTermination": {"slackAmount": 0.1},
        },
    ),
    "resources and a change of the objective": (
        """
        job.set_resources(instance_type="STANDARD_NC6", shm_size="4g", docker_args="--ipc=host", locations=["westus"])
        sweep = job(lr=Uniform(0, 1)).sweep(**{**tune, "sampling_algorithm": BayesianSamplingAlgorithm()}, job_tier="spot", timeout=600)
        sweep.set_objective(goal="minimize", primary_metric="loss")
        """,
        {
            "objective": {"goal": "minimize", "primaryMetric": "loss"},
            "samplingAlgorithm": {"type": "bayesian"},
            "limits": {"timeout": 600},
        },
    ),
    "nested choices": (
        """
        model = Choice([{"kind": "svm", "C": Uniform(0.1, 1)}, {"kind": "forest", "trees": Choice(list(range(10, 30, 10)))}])
        job = command(code="./src", command="python fit.py --model '${{inputs.model}}'", inputs={"model": ""}, environment="fit:1", compute="cpu")
        sweep = job(model=model).sweep(**tune, early_termination_policy=TruncationSelectionPolicy(truncation_percentage=25))
        """,
        {"earlyTermination": {"type": "truncation_selection", "truncationPercentage": 25}},
    ),
    "inputs of all kinds": (
        """
        inputs = {"a": Input(type="custom_model", path="azureml:iris:1"), "c": Input(type="string", default="x"), "e": True, "f": "two words", "lr": 0.1}
        job = command(code="./src", command="python fit.py " + " ".join(f"--{n} ${{{{inputs.{n}}}}}" for n in inputs), inputs=inputs, environment="fit:1", compute="cpu")
        sweep = job(lr=LogNormal(0, 1)).sweep(**tune)
        sweep.inputs.f = "other"
        """,
        {"inputs": {"a": "/mnt/tables/iris", "c": "x", "e": "True", "f": "other"}},
    ),
    "attribute by attribute": (
        """
        job = command(command="fit ${{search_space.lr}} ${{inputs.n}}", inputs={"n": 3}, environment={"image": "docker.example/x:1"}, compute="cpu")
        sweep = job.sweep(search_space={"lr": Uniform(0, 1)}, primary_metric="auc", goal="maximize")
        sweep.limits = {"max_total_trials": 3}
        sweep.early_termination = {"type": "bandit", "slack_factor": 0.1}
        sweep.compute, sweep.properties = "gpu", {"a": "b"}
        sweep.trial.command += " --verbose"
        """,
        {
            "limits": {"maxTotalTrials": 3},
            "earlyTermination": {"type": "bandit", "slackFactor": 0.1},
        },
    ),
    "the second sweep of a pipeline": (
        """
        fit = load_component(source="./fit.yml")
        @dsl.pipeline(compute="cpu")
        def both(rows, seed=3):
            first = fit(rows=rows, rate=Uniform(0, 1)).sweep(**tune)
            second = fit(rows=rows, rate=Choice([0.1, 0.2]), units=seed).sweep(**{**tune, "sampling_algorithm": "grid"})
        sweep = both(rows=Input(type="uri_folder", path="azureml:iris:1")).jobs["second"]
        """,
        {"samplingAlgorithm": {"type": "grid"}, "inputs": {"rows": "/mnt/tables/iris", "units": 3}},
    ),
    "v1: a run configuration, changed afterwards": (
        """
        rc = RunConfiguration()
        rc.target, rc.environment = "cpu", Environment.get(ws, "fit")
        rc.environment.docker.base_image = DEFAULT_CPU_IMAGE
        src = ScriptRunConfig(source_directory="src", script="fit.py", run_config=rc)
        src.run_config.environment = Environment.get(ws, "built")
        src.arguments = ["--a", 1]
        sweep = HyperDriveConfig(run_config=src, hyperparameter_sampling=GridParameterSampling({"lr": choice([0.1, 0.2])}), policy=NoTerminationPolicy(), **goal)
        """,
        {"samplingAlgorithm": {"type": "grid"}, "limits": {"maxTotalTrials": 4}},
    ),
    "v1: several nodes": (
        """
        src = ScriptRunConfig(script="fit.py", distributed_job_config=PyTorchConfiguration(process_count=4, node_count=2),
                              docker_runtime_config=DockerConfiguration(use_docker=True, shm_size="2g"), max_run_duration_seconds=3600, **given)
        sweep = HyperDriveConfig(run_config=src, hyperparameter_sampling=RandomParameterSampling({"--lr": loguniform(-6, -1)}),
                                 policy=BanditPolicy(evaluation_interval=1, slack_factor=0.1), **goal)
        """,
        {
            "trial": {"instanceCount": 2, "distribution": {"processCountPerInstance": 2}},
            "limits": {"trialTimeout": 3600},
            "earlyTermination": {"type": "bandit"},
        },
    ),
    "v1: a command with the variable of a parameter": (
        """
        rows = Dataset.File.from_files(path=(ws.get_default_datastore(), "iris")).as_named_input("rows").as_mount()
        src = ScriptRunConfig(command=["python", "fit.py", "--lr", "$AZUREML_SWEEP_lr", "--rows", rows], **given)
        sweep = HyperDriveConfig(run_config=src, hyperparameter_sampling=RandomParameterSampling({"lr": normal(0, 1)}), max_duration_minutes=60, **goal)
        """,
        {"limits": {"timeout": 3600}, "searchSpace": {"lr": {"type": "normal"}}},
    ),
    "v1: the old estimator and its configuration": (
        """
        from azureml.train.estimator import Estimator
        from azureml.train.hyperdrive.parameter_expressions import qloguniform, qnormal
        est = Estimator(source_directory="src", entry_script="fit.py", compute_target="cpu", environment_definition=Environment.get(ws, "fit"), script_params={"--a": 1})
        sweep = HyperDriveRunConfig(estimator=est, hyperparameter_sampling=RandomParameterSampling({"--lr": qloguniform(0, 3, 1), "--x": qnormal(0, 1, 2)}),
                                    policy=MedianStoppingPolicy(), **goal)
        """,
        {"searchSpace": {"lr": {"q": 1}, "x": {"q": 2}}},
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPJOB_AZURE_MAP", raising=False)
    Path("azure-map.yaml").write_text(MAP)
    Path("fit.yml").write_text(COMPONENT)
    Path("src").mkdir()
    Path("src", "fit.py").write_text("")


def run(text: str) -> dict[str, Any]:
    """Run a program after its imports are changed, and return its names."""
    changed = re.sub(r"(?m)^(\s*)from azure(ml)?\b", r"\1from sweepjob.azure\2", text)
    found: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(changed, "program.py", "exec"), found)
    return found


def part_of(found: Any, like: Any) -> Any:
    """Return the part of a value that has the keys of another one."""
    if isinstance(like, Mapping):
        return {key: part_of((found or {}).get(key), value) for key, value in like.items()}
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_builds_the_sweep_that_it_means(name: str) -> None:
    text, expected = PROGRAMS[name]
    is_old = name.startswith("v1")
    sweep = run((V1 if is_old else V2) + textwrap.dedent(text))["sweep"]
    spec = (sweep.to_sweep() if is_old else sweep).to_manifest()["spec"]
    assert part_of(spec, expected) == expected


@pytest.mark.parametrize(
    "name", ["JobSchedule", "CronTrigger", "RecurrenceTrigger", "RecurrencePattern"]
)
def test_a_schedule_says_what_runs_a_sweep_at_given_times(name: str) -> None:
    with pytest.raises(
        ArgumentError, match=f"{name}: is not supported: schedule it with a CronJob"
    ):
        run(f"from azure.ai.ml.entities import {name}\n{name}()")
