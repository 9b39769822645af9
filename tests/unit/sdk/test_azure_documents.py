"""Programs as the documents about tuning with Azure print them, run to the best trial on this machine.

Each is written in other words than the document, with the same calls: only its imports are changed, and a map is
given.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "operator"
MAP = """
workspace: {local: true}
compute: {cpu-cluster: {}}
environment: {sklearn-env: registry.example/sklearn:1}
data: {iris: {claim: tables, local: iris.csv}}
datastore: {workspaceblobstore: {claim: results, local: store}}
code: {./src: snapshot}
"""
# A script that reports as MLflow's client does, which itself is slow to import.
TRAIN = """
import argparse, json, math, os
from pathlib import Path
import reporting
parser = argparse.ArgumentParser()
for name, kind in (("data", str), ("learning_rate", float), ("batch_size", int), ("units", float), ("model", str)):
    parser.add_argument("--" + name, type=kind)
args = parser.parse_args()
rows = len(Path(args.data).read_text().split()) if args.data else 0
for epoch in range(1, 7):
    loss = abs(math.log(max(args.learning_rate, 1e-9)) + 3) + (args.batch_size or 0) / 100
    reporting.log_metric("accuracy", epoch / (6 + loss))
os.makedirs("outputs", exist_ok=True)  # beside the code, as on Azure
Path("outputs", "note.txt").write_text("done")
if args.model:
    Path(args.model, "model.json").write_text(json.dumps(vars(args)))
"""
REPORTING = """
import itertools, json, os, time, urllib.request
steps = itertools.count()
def log_metric(name, value):
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": name, "value": value, "step": next(steps),
            "timestamp": int(time.time() * 1000)}
    address = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    headers = {"Content-Type": "application/json"}
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if token:
        headers["Authorization"] = "Bearer " + token
    urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers)).read()
"""
CONNECT = """
import json, glob
from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.sweep import (
    BanditPolicy, BayesianSamplingAlgorithm, Choice, GridSamplingAlgorithm, LogNormal, LogUniform, MedianStoppingPolicy,
    Normal, Objective, QLogUniform, QNormal, QUniform, Randint, RandomSamplingAlgorithm, SweepJob, SweepJobLimits,
    TruncationSelectionPolicy, Uniform,
)
from azure.identity import DefaultAzureCredential

ml_client = MLClient(DefaultAzureCredential(), "subscription", "group", "workspace")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "azure-map.yaml").write_text(MAP)
    (tmp_path / "iris.csv").write_text("1\n2\n3\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(TRAIN)
    (tmp_path / "src" / "reporting.py").write_text(REPORTING)
    return tmp_path


def run(program: str, folder: Path) -> str:
    text = CONNECT + textwrap.dedent(program)
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONWARNINGS": "ignore"}
    environment.pop("SWEEPJOB_AZURE_MAP", None)
    done = subprocess.run(
        [sys.executable, "-c", text.replace("from azure.", "from sweepjob.azure.")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return done.stdout


def test_a_command_job_is_tuned_from_its_search_space_to_the_downloaded_best_model(
    project: Path,
) -> None:
    out = run(
        """
        command_job = command(
            code="./src",
            command="python train.py --data ${{inputs.iris_csv}} --learning_rate ${{inputs.learning_rate}}"
            " --batch_size ${{inputs.batch_size}} --units ${{inputs.units}} --model ${{outputs.model}}",
            environment="sklearn-env@latest",
            inputs={
                "iris_csv": Input(type="uri_file", path="azureml:iris:1"),
                "learning_rate": 0.9, "batch_size": 16, "units": 31,
            },
            outputs={"model": Output(type="uri_folder")},
            compute="cpu-cluster",
        )
        command_job_for_sweep = command_job(
            learning_rate=Normal(mu=0.1, sigma=0.02),
            batch_size=Choice(values=[16, 32, 64]),
            units=QLogUniform(min_value=1, max_value=4, q=2),
        )
        sweep_job = command_job_for_sweep.sweep(
            compute="cpu-cluster",
            sampling_algorithm="random",
            primary_metric="accuracy",
            goal="Maximize",
        )
        sweep_job.early_termination = BanditPolicy(slack_factor=0.1, delay_evaluation=2, evaluation_interval=1)
        sweep_job.set_limits(max_total_trials=3, max_concurrent_trials=3, timeout=7200)
        sweep_job.display_name = "tuning-example"
        sweep_job.experiment_name = "tuning"
        sweep_job.description = "Tunes a classifier."
        sweep_job.properties["team"] = "a"
        returned_sweep_job = ml_client.create_or_update(sweep_job)
        print(returned_sweep_job.services["Studio"].endpoint)
        ml_client.jobs.stream(returned_sweep_job.name)
        done = ml_client.jobs.get(returned_sweep_job.name)
        assert done.status == "Completed", done.status
        best = done.properties["best_child_run_id"]
        children = list(ml_client.jobs.list(parent_job_name=done.name))
        assert best in [child.name for child in children] and len(children) == 3
        ml_client.jobs.download(done.name, output_name="model", download_path="fetched")
        (file,) = glob.glob("fetched/**/model.json", recursive=True)
        values = json.load(open(file))
        assert values["units"] % 2 == 0 and values["batch_size"] in (16, 32, 64), values
        ml_client.jobs.download(done.name, download_path="all", all=True)
        ml_client.jobs.download(best, output_name="default", download_path="files")
        assert glob.glob("files/**/model.json", recursive=True)
        assert done.properties["team"] == "a"
        print("best", best, values["learning_rate"])
        """,
        project,
    )
    assert "best tuning-example" in out
    # Nothing was written beside the script itself.
    assert not (project / "src" / "outputs").exists()


ALGORITHMS = {
    "grid": (
        '"grid"',
        "learning_rate=Choice([0.01, 0.05]), batch_size=Choice([16, 32])",
        "MedianStoppingPolicy(delay_evaluation=5, evaluation_interval=1)",
        4,
    ),
    "bayesian": (
        "BayesianSamplingAlgorithm()",
        "learning_rate=Uniform(0.05, 0.1), batch_size=QUniform(16, 64, 16)",
        "None",
        3,
    ),
    "sobol": (
        'RandomSamplingAlgorithm(seed=123, rule="sobol")',
        "learning_rate=LogUniform(min_value=-6, max_value=-1), batch_size=Randint(upper=64)",
        "TruncationSelectionPolicy(evaluation_interval=1, truncation_percentage=20, delay_evaluation=5)",
        3,
    ),
    "logbase": (
        'RandomSamplingAlgorithm(seed=1, rule="random", logbase="10")',
        "learning_rate=LogNormal(mu=-3, sigma=0.5), batch_size=Choice(list(range(16, 65, 16)))",
        "BanditPolicy(slack_amount=0.2, evaluation_interval=1, delay_evaluation=5)",
        3,
    ),
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_sampling_and_policy_of_the_documents(project: Path, name: str) -> None:
    algorithm, space, policy, trials = ALGORITHMS[name]
    out = run(
        f"""
        command_job = command(
            code="./src",
            command="python train.py --learning_rate ${{{{inputs.learning_rate}}}} --batch_size ${{{{inputs.batch_size}}}}",
            environment="azureml:sklearn-env:1",
            inputs={{"learning_rate": 0.1, "batch_size": 16}},
            compute="cpu-cluster",
        )
        sweep_job = command_job({space}).sweep(
            compute="cpu-cluster", sampling_algorithm={algorithm}, primary_metric="accuracy", goal="Maximize"
        )
        sweep_job.early_termination = {policy}
        sweep_job.limits = SweepJobLimits(max_total_trials={trials}, max_concurrent_trials=2, timeout=3600)
        run = ml_client.jobs.create_or_update(sweep_job)
        ml_client.jobs.stream(run.name)
        done = ml_client.jobs.get(run.name)
        print(done.status, len(list(ml_client.jobs.list(parent_job_name=run.name))), done.properties["score"])
        """,
        project,
    )
    status, count, score = out.split()[-3:]
    assert (status, count) == ("Completed", str(trials))
    assert 0 < float(score) < 1


def test_a_sweep_from_its_parts(project: Path) -> None:
    """The document about ``SweepJob``: objective, limits and nested choices as objects."""
    out = run(
        """
        trial = command(
            code="./src",
            command="python train.py --learning_rate ${{search_space.model.learning_rate}}",
            environment="sklearn-env:2",
        )
        job = SweepJob(
            display_name="nested",
            trial=trial,
            compute="cpu-cluster",
            sampling_algorithm="random",
            search_space={
                "model": Choice([
                    {"name": "small", "learning_rate": Uniform(0.01, 0.02)},
                    {"name": "large", "learning_rate": QNormal(mu=0.2, sigma=0.01, q=0.01)},
                ])
            },
            objective=Objective(goal="maximize", primary_metric="accuracy"),
            limits=SweepJobLimits(max_total_trials=3, max_concurrent_trials=3),
        )
        run = ml_client.create_or_update(job)
        ml_client.jobs.stream(run.name)
        print(ml_client.jobs.get(run.name).properties["score"])
        """,
        project,
    )
    assert 0 < float(out.split()[-1]) < 1
