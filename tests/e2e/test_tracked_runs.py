"""A real MLflow server with the runs of a sweep: 20 trials at once, and a program that is killed twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cases.environments import programs
from tests.cases.servers import mlflow_server
from tests.cluster import layout

TRIALS = 20
PREFIX = "sweepjob.dev/"
SCRIPT = """
import json, os, time, mlflow
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
with mlflow.start_run():
    mlflow.log_param("lr", "as the script writes it")
    mlflow.log_metric("acc", p["lr"], step=0)
    while not os.path.exists("go"):  # so that no trial ends before the kills
        time.sleep(0.2)
    mlflow.log_metric("acc", p["lr"] + 0.001, step=1)
"""


def sweep(server: str) -> dict[str, Any]:
    env = {"MLFLOW_TRACKING_URI": server, "MLFLOW_EXPERIMENT_NAME": "digits"}
    return {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": "tracked"},
        "spec": {
            "objective": {"goal": "maximize", "primaryMetric": "acc"},
            "samplingAlgorithm": {"type": "random", "seed": 1},
            "searchSpace": {
                "lr": {"type": "uniform", "minValue": 0, "maxValue": 1},
                "bs": {"type": "choice", "values": [16, 32]},
            },
            "limits": {"maxTotalTrials": TRIALS, "maxConcurrentTrials": TRIALS},
            "trial": {
                "image": "none",
                "command": "python3 train.py",
                "env": [{"name": name, "value": value} for name, value in env.items()],
            },
        },
    }


def start(folder: Path, *flags: str) -> subprocess.Popen[bytes]:
    env = {
        **os.environ,
        "PATH": f"{programs('mlflow3')}:{os.environ['PATH']}",
        "PYTHONPATH": str(layout.PROJECT / "operator"),
    }
    command = [sys.executable, "-m", "sweepjob.cli", "run", "--local", "-f", "sweep.yaml", *flags]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)


def ask(server: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"{server}/api/2.0/mlflow/{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def all_runs(server: str) -> list[dict[str, Any]]:
    found = ask(server, "experiments/search", {"max_results": 100})["experiments"]
    body = {"experiment_ids": [e["experiment_id"] for e in found], "max_results": 1000}
    every = ask(server, "runs/search", body).get("runs", [])
    for run in every:
        for kind in ("tags", "params"):
            run[kind] = {
                p["key"].removeprefix(PREFIX): p["value"] for p in run["data"].get(kind, ())
            }
    return every


def of_trials(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the sweep's parents, of which there may be several at first."""
    return [run for run in runs if "trial" in run["tags"]]


def wait(
    server: str, enough: Callable[[list[dict[str, Any]]], bool], process: subprocess.Popen[bytes]
) -> None:
    deadline = time.monotonic() + 600
    while not enough(all_runs(server)):
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_no_trial_is_double_or_missing_after_two_kills(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    with mlflow_server() as address:
        server = address()
        (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(sweep(server)))
        ask(server, "experiments/create", {"name": "digits"})
        process = start(tmp_path)
        wait(server, lambda runs: len(of_trials(runs)) >= 4, process)  # while the others start
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen = len(of_trials(all_runs(server)))
        process = start(tmp_path, "--resume")
        wait(server, lambda runs: len(of_trials(runs)) >= seen + TRIALS // 2, process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        (tmp_path / "go").touch()
        process = start(tmp_path, "--resume")
        assert process.wait(900) == 0, (tmp_path / "log").read_text()[-3000:]
        runs = all_runs(server)
    [parent] = [run for run in runs if run["tags"].get("role") == "sweep"]
    children = [r for r in runs if r["tags"].get("mlflow.parentRunId") == parent["info"]["run_id"]]
    expected = [f"tracked-{n}" for n in range(TRIALS)]
    assert sorted(run["tags"]["trial"] for run in children) == sorted(expected)
    assert Counter(run["info"]["status"] for run in runs if run not in children) == {
        "FINISHED": 1,
        "FAILED": len(runs) - TRIALS - 1,
    }
    for run in children:
        assert run["info"]["status"] == "FINISHED"
        assert run["tags"]["phase"] == "Succeeded"
        assert run["params"]["lr"] == "as the script writes it"
        assert run["params"]["bs"] in ("16", "32")
    [best] = [run for run in children if run["tags"].get("best") == "true"]
    assert parent["tags"]["best-trial"] == best["tags"]["trial"]
    assert parent["tags"]["best-run"] == best["info"]["run_id"]
    assert parent["tags"]["best/lr"] == json.loads(best["tags"]["parameters"])["lr"]
    assert parent["params"]["sampling_algorithm.type"] == "random"
    assert json.loads(parent["params"]["search_space.bs"])["values"] == [16, 32]


@pytest.mark.parametrize("environment", ["mlflow2", "mlflow3"])
def test_a_retried_trial_has_one_run(tmp_path: Path, environment: str) -> None:
    script = "import os, mlflow\nmlflow.start_run()\nmlflow.log_metric('acc', 0.5)\n"
    script += "os._exit(3) if os.environ['SWEEPJOB_ATTEMPT'] == '1' else None\n"
    (tmp_path / "train.py").write_text(script)
    with mlflow_server() as address:
        body = sweep(address())
        body["spec"]["limits"] = {"maxTotalTrials": 1}
        body["spec"]["trial"] |= {
            "maxRetries": 1,
            "command": f"{programs(environment)}/python3 train.py",
        }
        (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(body))
        assert start(tmp_path).wait(300) == 0, (tmp_path / "log").read_text()
        runs = {r["tags"].get("attempt") or r["tags"]["role"]: r for r in all_runs(address())}
    assert runs["2"]["tags"]["mlflow.parentRunId"] == runs["sweep"]["info"]["run_id"]
    assert runs["1"]["tags"]["mlflow.parentRunId"] == runs["2"]["info"]["run_id"]
    statuses = [runs[key]["info"]["status"] for key in ("1", "2", "sweep")]
    assert statuses == ["FAILED", "FINISHED", "FINISHED"]


MODEL = """
import json, os, mlflow
from sklearn.linear_model import LogisticRegression
p = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
model = LogisticRegression(C=p["lr"]).fit([[0.0], [1.0]], [0, 1])
with mlflow.start_run():
    mlflow.log_metric("acc", p["lr"])
    if os.environ["MLFLOW_MAJOR"] == "2":
        mlflow.sklearn.log_model(model, "model")
    else:
        mlflow.sklearn.log_model(model, name="model")
"""


@pytest.mark.parametrize("environment", ["mlflow2", "mlflow3"])
def test_the_best_model_is_registered_once(tmp_path: Path, environment: str) -> None:
    (tmp_path / "train.py").write_text(MODEL)
    with mlflow_server() as address:
        server = address()
        body = sweep(server)
        body["spec"]["limits"] = {"maxTotalTrials": 2}
        body["spec"]["trial"]["command"] = f"{programs(environment)}/python3 train.py"
        body["spec"]["trial"]["env"].append({"name": "MLFLOW_MAJOR", "value": environment[-1]})
        (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(body))
        assert start(tmp_path).wait(300) == 0, (tmp_path / "log").read_text()
        said = [promote(tmp_path) for _ in range(2)]
        load = f"import mlflow; mlflow.set_tracking_uri({server!r}); "
        load += "print(mlflow.sklearn.load_model('models:/tracked/1').C)"
        python = str(programs(environment) / "python3")
        done = subprocess.run([python, "-c", load], capture_output=True, text=True, check=False)
    assert "registered: models:/tracked/1" in said[0]
    assert "is registered already: models:/tracked/1" in said[1]
    stored = json.loads((tmp_path / ".sweepjob/tracked/sweepjobs/tracked.json").read_text())
    assert float(done.stdout) == float(stored["status"]["best"]["value"]), done.stderr


def promote(folder: Path) -> str:
    command = [sys.executable, "-m", "sweepjob.cli", "promote", ".sweepjob/tracked"]
    env = {**os.environ, "PYTHONPATH": str(layout.PROJECT / "operator")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
