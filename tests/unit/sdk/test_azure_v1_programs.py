"""Programs and training scripts for Azure's v1, run on this machine with imports changed and a map given.

They restate the introductory texts and the documentation of v1 in this project's words. ``adapted`` is
the only change: ``azureml`` becomes ``sweepjob.azureml`` in imports.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer

from .azure_v1 import adapted
from .notebooks import execute, shown

PACKAGE = Path(__file__).parents[3] / "operator"
MAP = """
workspace: {local: true}
compute: {cpu-cluster: {}}
environment: {sklearn-env: registry.example/sklearn:1}
data: {tumors: {claim: tables, path: tumors.csv, local: ./tumors.csv}}
code: {train: {path: /app}}
"""


# Logistic regression on a table: the named input, metrics, a model in ./outputs, an own helper.
TRAIN = """
import argparse, os
import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from azureml.core import Run
from tables import clean

parser = argparse.ArgumentParser()
parser.add_argument("--C", type=float, default=1.0)
parser.add_argument("--max_iter", type=int, default=100)
parser.add_argument("--input-data", type=str)
args = parser.parse_args()

run = Run.get_context()
frame = clean(run.input_datasets["training_data"].to_pandas_dataframe())
labels = frame.pop("target")
x_train, x_test, y_train, y_test = train_test_split(frame, labels, random_state=1)
model = LogisticRegression(C=args.C, max_iter=args.max_iter, solver="liblinear").fit(x_train, y_train)
run.log("Regularization Strength:", float(args.C))
run.log("Accuracy", float(model.score(x_test, y_test)))
run.log("AUC", roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))
os.makedirs("outputs", exist_ok=True)
joblib.dump(value=model, filename="outputs/model.pkl")
run.complete()
"""
SUBMIT = """
import azureml.core
from azureml.core import Dataset, Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.compute import AmlCompute, ComputeTarget
from azureml.core.compute_target import ComputeTargetException
from azureml.train.hyperdrive.parameter_expressions import choice, uniform
from azureml.train.hyperdrive.policy import BanditPolicy
from azureml.train.hyperdrive.run import PrimaryMetricGoal
from azureml.train.hyperdrive.runconfig import HyperDriveConfig
from azureml.train.hyperdrive.sampling import RandomParameterSampling
from azureml.widgets import RunDetails

print("SDK", azureml.core.VERSION)
ws = Workspace.from_config()
print("Workspace: " + ws.name, "Region: " + ws.location, "Group: " + ws.resource_group, sep="\\n")
experiment = Experiment(workspace=ws, name="tumors")
try:
    cluster = ComputeTarget(workspace=ws, name="cpu-cluster")
except ComputeTargetException:
    size = AmlCompute.provisioning_configuration(vm_size="STANDARD_D2_V2", max_nodes=4)
    cluster = ComputeTarget.create(ws, "cpu-cluster", size)
cluster.wait_for_completion(show_output=True)
dataset = Dataset.get_by_name(ws, "tumors")
assert dataset.to_pandas_dataframe().shape[0] == 569

src = ScriptRunConfig(
    source_directory="train",
    script="train.py",
    arguments=["--input-data", dataset.as_named_input("training_data")],
    compute_target=cluster,
    environment=Environment.get(ws, "sklearn-env"),
)
hyperdrive_config = HyperDriveConfig(
    run_config=src,
    hyperparameter_sampling=RandomParameterSampling({"--C": uniform(0.001, 10), "--max_iter": choice(2, 200)}),
    policy=BanditPolicy(evaluation_interval=2, slack_factor=0.1),
    primary_metric_name="Accuracy",
    primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
    max_total_runs=3,
    max_concurrent_runs=3,
)
hyperdrive_run = experiment.submit(config=hyperdrive_config, tags={"team": "a"})
RunDetails(hyperdrive_run).show()
hyperdrive_run.wait_for_completion(show_output=True)
assert hyperdrive_run.get_status() == "Completed", hyperdrive_run.get_diagnostics()

best_run = hyperdrive_run.get_best_run_by_primary_metric()
metrics = best_run.get_metrics()
arguments = best_run.get_details()["runDefinition"]["arguments"]
assert sorted(metrics) == ["AUC", "Accuracy", "Regularization Strength:"], metrics
assert arguments[0] == "--input-data" and arguments[2] == "--C", arguments
assert metrics["Regularization Strength:"] == float(arguments[3])
assert best_run.get_file_names() == ["outputs/model.pkl"]
scores = [run["best_primary_metric"] for run in hyperdrive_run.get_children_sorted_by_primary_metric()]
assert scores == sorted(scores, reverse=True) and scores[0] == metrics["Accuracy"]
assert hyperdrive_run.get_tags()["team"] == "a"
for child in hyperdrive_run.get_children(recursive=True):
    assert child.get_file_names() == ["outputs/model.pkl"]
    assert child.parent.id == hyperdrive_run.id
    print(child.id, child.get_metrics()["Accuracy"])
best_run.download_file("outputs/model.pkl", "fetched/best.pkl")
model = best_run.register_model(model_name="tumors", model_path="outputs/model.pkl")
again = best_run.register_model(model_name="tumors", model_path="outputs/model.pkl")
print(model.name, model.id, model.version, sep="\\t")
assert (again.version, ws.models["tumors"].version) == (2, 2)
assert [run.id for run in experiment.get_runs()] == [hyperdrive_run.id]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "train.py").write_text(adapted(TRAIN))
    (tmp_path / "train" / "tables.py").write_text("def clean(frame):\n    return frame.dropna()\n")
    (tmp_path / "azure-map.yaml").write_text(MAP)
    load_breast_cancer(as_frame=True).frame.to_csv(tmp_path / "tumors.csv", index=False)
    return tmp_path


def run(program: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("SWEEPJOB_AZURE_MAP", None)
    done = subprocess.run(
        [sys.executable, "-c", adapted(program)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return done.stdout + done.stderr


def test_logistic_regression_to_the_best_model(project: Path) -> None:
    said = run(SUBMIT, project)
    assert "maximize Accuracy" in said  # what RunDetails shows outside of a notebook
    assert "tumors\ttumors:1\t1" in said
    assert (project / "fetched" / "best.pkl").stat().st_size > 100
    models = [*(project / ".sweepjob").rglob("model.pkl")]
    assert len(models) == 3  # one of each trial
    assert not (project / "train" / "outputs").exists()


# Reports a curve that grows to its level; a good level grows faster.
CURVE = """
import argparse, os, time
from azureml.core.run import Run
parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--batch_size", type=int)
parser.add_argument("--resume-from")
args = parser.parse_args()
run_logger = Run.get_context()
for epoch in range(1, 5):
    run_logger.log("accuracy", float(args.learning_rate * args.batch_size * (1 + epoch / 100)))
    time.sleep(0.05)
os.makedirs("logs", exist_ok=True)
open("logs/train.log", "w").write(os.environ["AZUREML_RUN_ID"])
"""
# Sampling methods and policies of the documentation, and how results are read there.
SWEEPS = """
from azureml.core import Environment, Experiment, ScriptRunConfig, Workspace
from azureml.core.run import Run
from azureml.train.hyperdrive import *

ws = Workspace.from_config()
experiment = Experiment(ws, "sweeps")
script_run_config = ScriptRunConfig(
    source_directory="train", script="curve.py", compute_target="cpu-cluster",
    environment=Environment.get(ws, "sklearn-env"),
)

def submit(sampling, policy, total=4, **more):
    hd_config = HyperDriveConfig(
        run_config=script_run_config, hyperparameter_sampling=sampling, policy=policy,
        primary_metric_name="accuracy", primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=total, max_concurrent_runs=4, max_duration_minutes=5, **more)
    hyperdrive_run = experiment.submit(hd_config)
    hyperdrive_run.wait_for_completion()
    assert hyperdrive_run.get_status() == "Completed"
    return hyperdrive_run

grid = submit(
    GridParameterSampling({"learning_rate": choice(0.5, 0.01), "batch_size": choice([1, 2])}),
    MedianStoppingPolicy(evaluation_interval=1, delay_evaluation=2))
best_run = grid.get_best_run_by_primary_metric()
parameter_values = best_run.get_details()["runDefinition"]["arguments"]
assert parameter_values == ["--batch_size", "2", "--learning_rate", "0.5"], parameter_values
assert best_run.get_metrics()["accuracy"] == [0.5 * 2 * (1 + n / 100) for n in range(1, 5)]
assert best_run.get_file_names() == ["logs/train.log"]
best_run.download_file("logs/train.log")
assert open("train.log").read() == best_run.id
assert len(grid.get_hyperparameters()) == 4

space = {"learning_rate": uniform(0.05, 0.1), "batch_size": choice(1, 2)}
bayesian = submit(BayesianParameterSampling(space), None, 3)
bandit = submit(RandomParameterSampling(space), BanditPolicy(slack_factor=0.1, evaluation_interval=1), 3,
                resume_from=[HyperDriveRun(experiment, grid.id)])
assert bandit.get_best_run_by_primary_metric().id == best_run.id
assert bandit.get_best_run_by_primary_metric(include_resume_from_runs=False).parent.id == bandit.id
truncation = submit(
    RandomParameterSampling({"learning_rate": normal(10, 3), "batch_size": choice(range(1, 5))}),
    TruncationSelectionPolicy(evaluation_interval=1, truncation_percentage=20, delay_evaluation=1), 3,
    resume_child_runs=[Run(experiment, bayesian.get_children()[0].id)])
assert truncation.get_best_run_by_primary_metric().get_metrics()["accuracy"]
found = [r.id for r in experiment.get_runs()]
assert found == [r.id for r in (truncation, bandit, bayesian, grid)], found

single = experiment.submit(ScriptRunConfig("train", "curve.py", ["--learning_rate", 1, "--batch_size", 3],
    compute_target="local"))
details = single.wait_for_completion(show_output=True)
assert (details["status"], single.get_metrics()["accuracy"][-1]) == ("Completed", 3 * 1.04), details
"""


def test_every_sampling_and_policy(project: Path) -> None:
    (project / "train" / "curve.py").write_text(adapted(CURVE))
    said = run(SWEEPS, project)
    assert "does not go on: the sampler learns from all trials" in said


# The deprecated forms, in a notebook, with a live display.
NOTEBOOK = [
    """
    from azureml.core import Experiment, Workspace, Dataset
    from azureml.train.sklearn import SKLearn
    from azureml.train.hyperdrive import *
    from azureml.widgets import RunDetails
    ws = Workspace.from_config()
    est = SKLearn(source_directory="train", entry_script="curve.py", compute_target="cpu-cluster",
                  script_params={"--batch_size": 2})
    hyperdrive_config = HyperDriveRunConfig(
        estimator=est, hyperparameter_sampling=RandomParameterSampling({"learning_rate": uniform(0, 1)}),
        primary_metric_name="accuracy", primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=2)
    run = Experiment(ws, "estimators").submit(hyperdrive_config)
    """,
    "RunDetails(run).show()",
    """
    details = run.wait_for_completion(show_output=False)
    import time; time.sleep(3)
    print(details["status"], run.get_best_run_by_primary_metric().id == details["properties"]["best_child_run_id"])
    """,
]


def test_an_estimator_in_a_notebook(project: Path) -> None:
    (project / "train" / "curve.py").write_text(adapted(CURVE))
    outputs = execute([adapted(cell) for cell in NOTEBOOK], project)
    [table] = shown(outputs[1], "text/html")
    assert "2 of 2 trials" in table  # the display was updated until the end
    assert "Completed True" in outputs[2][0]["text"]


PIPELINE = """
import warnings
from azureml.core import Experiment, ScriptRunConfig, Workspace
from azureml.pipeline.core import Pipeline, PipelineData, TrainingOutput
from azureml.pipeline.steps import HyperDriveStep, PythonScriptStep
from azureml.train.hyperdrive import *

ws = Workspace.from_config()
store = ws.get_default_datastore()
config = HyperDriveConfig(
    run_config=ScriptRunConfig("train", "curve.py", ["--batch_size", 1]),
    hyperparameter_sampling=GridParameterSampling({"learning_rate": choice(0.1, 0.2)}),
    primary_metric_name="accuracy", primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=2)
metrics = PipelineData("metrics", datastore=store, training_output=TrainingOutput("Metrics"))
step = HyperDriveStep(name="tune", hyperdrive_config=config, outputs=[metrics], allow_reuse=False)
after = PythonScriptStep(name="register", script_name="register.py", inputs=[metrics])
after.run_after(step)
run = Experiment(ws, "pipeline").submit(Pipeline(workspace=ws, steps=[step, after]))
run.wait_for_completion()
print("best", run.get_best_run_by_primary_metric().parameters)
"""


def test_the_sweep_of_a_pipeline_runs_alone(project: Path) -> None:
    (project / "train" / "curve.py").write_text(adapted(CURVE))
    said = run(PIPELINE, project)
    assert "the sweep 'tune' is submitted alone; the steps 'register' do not run here" in said
    assert "best {'learning_rate': 0.2}" in said
