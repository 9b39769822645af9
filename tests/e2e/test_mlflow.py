"""Real MLflow clients of both majors against the real sidecar process, without a changed line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob import protocol

from .environments import environment
from .sidecar_process import plain_server, sidecar, train
from .training_scripts import MLFLOW_SCRIPT, SCRIPT

TRAINER = """
import mlflow
from mlflow.tracking import MlflowClient

mlflow.set_experiment("my experiment")
with mlflow.start_run(run_name="mine"):
    mlflow.log_params({"lr": 0.1, "layers": 3})
    mlflow.set_tag("team", "vision")
    for epoch in range(5):
        mlflow.log_metric("score", epoch / 10)               # no step: 0 every time
        mlflow.log_metrics({"score": epoch / 10 + 0.05, "loss": 1 - epoch / 10}, step=epoch)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("score", 99.0)                      # a nested run is no report of the trial
    mlflow.log_metric("score", float("nan"))
    mlflow.log_text("hello", "notes.txt")
client = MlflowClient()
print("metrics", client.get_run("sweep-4").data.metrics)
print("status", client.get_run("sweep-4").info.status)
print("version", mlflow.__version__)
"""
# log_text writes here; the sidecar tells the client so.
EXPECTED = [value for epoch in range(5) for value in (epoch / 10, epoch / 10 + 0.05)]

# Scripts of all habits, and what must be on record.
RUNS: dict[str, tuple[str, list[float]]] = {
    "two runs, one after the other": (
        """
import mlflow
with mlflow.start_run():
    mlflow.log_metric("score", 0.25)
mlflow.log_metric("score", 0.75)                 # MLflow starts another run
""",
        [0.25, 0.75],
    ),
    "a client looks before it creates": (
        """
import mlflow
client = mlflow.MlflowClient()
try:
    client.get_run("f" * 32)
    raise SystemExit("there is no such run")
except mlflow.MlflowException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error
run = client.create_run("0").info.run_id
client.log_metric(run, "score", 0.75)
client.set_terminated(run)
""",
        [0.75],
    ),
    "a run in a study": (
        """
import mlflow, os
os.environ.pop("MLFLOW_RUN_ID")
client = mlflow.MlflowClient()
study = client.create_run("0", run_name="study").info.run_id
with mlflow.start_run(tags={"mlflow.parentRunId": study}):
    mlflow.log_metric("score", 0.75)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("score", 99)
client.set_terminated(study)
""",
        [0.75],
    ),
    "a history that is sent again": (
        """
import mlflow
from mlflow.entities import Metric
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    for value in (0.25, 0.5, 0.5):
        mlflow.log_metric("score", value)
        import time; time.sleep(0.01)
    again = client.get_metric_history(run.info.run_id, "score")
    assert [m.value for m in again] == [0.25, 0.5, 0.5]
    client.log_batch(run.info.run_id, metrics=again)
    mlflow.log_metric("score", 0.5, step=1)
""",
        [0.25, 0.5, 0.5, 0.5],
    ),
    "many metrics with long names first": (
        """
import mlflow
from mlflow.entities import Metric
client = mlflow.MlflowClient()
with mlflow.start_run() as run:
    for block in range(11):
        batch = [Metric(f"评估{block}/{i}" + "问" * 200, 0.5, 0, 0) for i in range(1000)]
        client.log_batch(run.info.run_id, metrics=batch)
    mlflow.log_metric("score", 0.75)
""",
        [0.75],
    ),
}
MODELS = """
import mlflow, numpy as np
from sklearn.linear_model import LogisticRegression
x = np.arange(8.0).reshape(-1, 1); y = (x[:, 0] > 3).astype(int)
with mlflow.start_run() as run:
    for value in (0.25, 0.5, 0.75):
        mlflow.log_metric("score", value)
    model = LogisticRegression().fit(x, y)
    how = {"registered_model_name": "mine", "serialization_format": "cloudpickle"}
    info = mlflow.sklearn.log_model(model, name="model", **how)
    version = mlflow.register_model(info.model_uri, "mine")
    mlflow.MlflowClient().set_registered_model_alias("mine", "champion", version.version)
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/model", "models:/mine@champion", "models:/mine/1"):
        assert (mlflow.sklearn.load_model(uri).predict(x) == y).all(), uri
    assert mlflow.search_logged_models(output_format="list")[0].metrics[0].value == 0.75
"""


@pytest.fixture(params=["mlflow2", "trainer"])
def python(request: pytest.FixtureRequest) -> Path:
    """An environment with one of the two majors."""
    return environment(request.param) / "bin" / "python"


def test_every_report_is_recorded_exactly(python: Path, tmp_path: Path) -> None:
    with sidecar(tmp_path) as running:
        said = running.train(python, TRAINER)
        assert "status FINISHED" in said
        assert running.process.wait(timeout=60) == 0  # it leaves by itself
    message = json.loads((tmp_path / "termination-log").read_text())
    assert message["count"] == 11
    assert message["tail"] == [*EXPECTED, "NaN"]
    assert (message["low"], message["high"]) == (0.0, 0.45)
    assert set(message["seen"]) == {"score", "loss"}
    assert list((tmp_path / "artifacts").rglob("notes.txt"))


def test_the_script_without_a_client_reports_the_same(python: Path, tmp_path: Path) -> None:
    """The trials of the other tests on the cluster make the client's calls without the client."""
    parameters = json.dumps({"level": 0.5, "reports": 4, "pause": 0.05})
    outcomes = []
    for name, script in (("client", MLFLOW_SCRIPT), ("calls", SCRIPT)):
        (tmp_path / name).mkdir()
        with sidecar(tmp_path / name) as running:
            said = running.train(python, script, SWEEPJOB_PARAMETERS=parameters)
            assert running.process.wait(timeout=60) == 0, "it leaves with the script"
            # The client also prints where its run is to be seen.
            reports = [line for line in said.splitlines() if line.startswith("report ")]
            outcomes.append((reports, running.termination_message()))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1]["tail"] == [0.501, 0.502, 0.503, 0.504]


@pytest.mark.parametrize("name", RUNS)
def test_every_top_level_run_counts_once(name: str, python: Path, tmp_path: Path) -> None:
    script, expected = RUNS[name]
    with sidecar(tmp_path) as running:
        running.train(python, script)
        assert running.termination_message()["tail"] == expected


def test_a_run_id_of_the_user_is_the_trials(python: Path, tmp_path: Path) -> None:
    own = "0123456789abcdef0123456789abcdef"
    with sidecar(tmp_path, **{protocol.ENV_RUN_ID: own}) as running:
        running.train(
            python,
            "import mlflow\nwith mlflow.start_run() as run: mlflow.log_metric('score', 0.75)\n"
            f"assert run.info.run_id == '{own}'",
            MLFLOW_RUN_ID=own,
        )
        assert running.termination_message()["tail"] == [0.75]


def test_reports_of_nested_runs_only_are_named(python: Path, tmp_path: Path) -> None:
    script = (
        "import mlflow\nwith mlflow.start_run():\n"
        " with mlflow.start_run(nested=True, run_name='fold-0'): mlflow.log_metric('score', 1)"
    )
    with sidecar(tmp_path) as running:
        running.train(python, script)
        message = running.termination_message()
    assert message["count"] == 0
    assert protocol.nested_run("score", message["seen"]) == "fold-0"


def test_calls_return_what_plain_mlflow_returns(python: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("mlflow_calls.py").read_text()
    plain = calls(train(python, script, f"file://{tmp_path}/plain"))
    with sidecar(tmp_path) as running:
        ours = calls(running.train(python, script))
    assert len(plain) > 50
    assert ours == plain


def calls(printed: str) -> Any:
    return json.loads(printed.partition("SAID ")[2])


def test_models_are_found_and_reports_count_once(tmp_path: Path) -> None:
    with sidecar(tmp_path) as running:
        running.train(environment("clients-newest") / "bin" / "python", MODELS)
        assert running.termination_message()["tail"] == [0.25, 0.5, 0.75]


FORWARDED = """
import mlflow, os
client = mlflow.MlflowClient()
study = client.create_run("0", run_name="study").info.run_id
with mlflow.start_run(tags={"mlflow.parentRunId": study}) as run:
    mlflow.log_metric("score", 0.75)
    with mlflow.start_run(nested=True):
        mlflow.log_metric("score", 99)
with mlflow.start_run(run_id=os.environ["BEFORE"]):
    history = client.get_metric_history(os.environ["BEFORE"], "score")
    assert [m.value for m in history] == [0.1]
    client.log_batch(os.environ["BEFORE"], metrics=history)
    mlflow.log_metric("score", 0.5)
mlflow.log_metric("score", 0.25)
mlflow.log_text("hello", "notes of today ü.txt")
print(client.get_run(run.info.run_id).data.metrics)
"""


def test_runs_on_the_users_server_count_the_same(python: Path, tmp_path: Path) -> None:
    with plain_server(tmp_path) as address:
        before = train(
            python,
            "import mlflow\nwith mlflow.start_run() as run: mlflow.log_metric('score', 0.1)\n"
            "print('ID', run.info.run_id)",
            address,
        ).partition("ID ")[2]
        with sidecar(tmp_path, **{protocol.ENV_FORWARD_TO: address}) as running:
            said = train(python, FORWARDED, running.url, BEFORE=before.strip())
            assert "0.75" in said
            assert running.termination_message()["tail"] == [0.75, 0.5, 0.25]
    assert list((tmp_path / "served").rglob("notes of today ü.txt"))
