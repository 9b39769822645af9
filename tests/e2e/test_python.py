"""Sweeps from Python on the cluster: a client, v1's names, and a notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob import Output, SweepClient, command, load_job
from sweepjob import hyperdrive as v1
from sweepjob.sdk.sweep_objects import NotFound, SweepError
from sweepjob.sweep import Choice, SweepJob, Uniform

from tests.unit.sdk.notebooks import execute, shown

from .documents import ROOT
from .sweeps import Sweeps, eventually
from .training_scripts import MLFLOW_SCRIPT
from .volumes import claimed

SAVES = (
    MLFLOW_SCRIPT
    + """
import pathlib
pathlib.Path(os.environ["SWEEPJOB_OUTPUT_model"], "model.txt").write_text(os.environ["SWEEPJOB_TRIAL"])
"""
)
LEVELS = [0.5, 0.9, 0.1]


@pytest.fixture(scope="module")
def client(sweeps: Sweeps) -> SweepClient:
    return SweepClient(sweeps.namespace, kubeconfig=sweeps.target.kubeconfig)


@pytest.fixture(scope="module")
def volume(sweeps: Sweeps) -> Iterator[Path]:
    with claimed(sweeps) as folder:
        yield folder


def sweep(
    sweeps: Sweeps, name: str | None, script: str = MLFLOW_SCRIPT, **changes: Any
) -> SweepJob:
    job = command(
        command=["python", "-c", script],
        image=sweeps.target.images["trainer"],
        gpus=1,
        stop_grace_period_seconds=1,
        inputs={"level": 0.1, "reports": 5, "pause": 0.1},
        name=name,
        display_name="From Python",
        outputs=changes.pop("outputs", None),
    )
    swept = {"level": Choice(LEVELS), "reports": Choice([5]), "pause": Choice([0.1])}
    given = {"max_total_trials": 3, "max_concurrent_trials": 3, **changes}
    return job(**swept).sweep(
        primary_metric="score", goal="Maximize", sampling_algorithm="grid", **given
    )


def test_from_definition_to_the_file_of_the_best_model(
    sweeps: Sweeps, client: SweepClient, volume: Path, tmp_path: Path
) -> None:
    outputs = {"model": Output(claim="models", sub_path="sweeps")}
    run = client.create_or_update(sweep(sweeps, None, SAVES, outputs=outputs))
    assert run.name.startswith("from-python-")
    assert run.wait_for_completion(timeout=480).status == "Completed"
    best = run.best
    assert best is not None
    assert (best.value, best.parameters["level"]) == (0.905, 0.9)
    assert [trial.status for trial in run.trials()] == ["Completed"] * 3
    assert best.gpu_seconds > 0
    [folder] = client.jobs.download(run.name, download_path=tmp_path)
    assert (Path(folder) / "model.txt").read_text() == best.name
    assert sweeps.get("pods", "-l", "!sweepjob.dev/sweep")["items"] == [] or eventually(
        lambda: not sweeps.get("pods", "-l", "!sweepjob.dev/sweep")["items"], 10, "its pod is gone"
    )
    worst = run.get_children_sorted_by_primary_metric(reverse=True)[0]["run_id"]
    client.jobs.download(worst, output_name="model", download_path=tmp_path / "worst")
    assert (tmp_path / "worst" / "model" / "model.txt").read_text() == worst
    with pytest.raises(NotFound, match='"nothing" not found'):
        client.jobs.download("nothing")
    assert [t.name for t in client.jobs.list(parent_job_name=run.name)] == [
        t.name for t in run.trials()
    ]
    with pytest.raises(SweepError, match="no output weights; there are: model"):
        run.download(str(tmp_path), "weights")
    assert [found.name for found in client.jobs.list()] == [run.name]
    assert (
        client.jobs.get(run.name).get_children_sorted_by_primary_metric(top=1)[0]["run_id"]
        == best.name
    )
    # What is on the cluster is what was defined, and may be submitted under another name.
    again = run.job
    assert again.display_name == "From Python"
    again.name, again.suspend = "again", True
    assert client.create_or_update(again).job.search_space == run.job.search_space


def test_changed_canceled_deleted(sweeps: Sweeps, client: SweepClient) -> None:
    slow = sweep(sweeps, "slow", max_concurrent_trials=1)
    slow.search_space["pause"] = Choice([60])
    run = client.create_or_update(slow)
    eventually(lambda: run.status == "Running", 30, "it runs")
    slow.set_limits(max_total_trials=2)
    assert client.create_or_update(slow).body["spec"]["limits"]["maxTotalTrials"] == 2
    slow.search_space["level"] = Uniform(0, 1)
    slow.sampling_algorithm = "random"
    with pytest.raises(SweepError, match="cannot change once the sweep has started"):
        client.create_or_update(slow)
    eventually(lambda: any(trial.reports for trial in run.trials()), 60, "it reports")
    client.jobs.begin_cancel("slow")
    assert run.wait_for_completion(timeout=240, raise_on_error=False).is_finished
    with pytest.raises(SweepError, match="sweeps cannot be archived"):
        client.jobs.archive("slow")
    client.jobs.delete("slow")
    with pytest.raises(NotFound, match='"slow" not found'):
        client.jobs.get("slow")


def test_refusals_of_the_cluster_are_errors(
    sweeps: Sweeps, client: SweepClient, tmp_path: Path
) -> None:
    bad = sweep(sweeps, "bad", warm_start=["nothing"])
    run = client.create_or_update(bad)
    with pytest.raises(TimeoutError):
        run.wait_for_completion(timeout=2)
    nobody = SweepClient("nowhere", kubeconfig=sweeps.target.kubeconfig)
    with pytest.raises(SweepError, match='namespaces "nowhere" not found'):
        nobody.create_or_update(sweep(sweeps, "x"))
    (tmp_path / "none").write_text("")
    with pytest.raises(SweepError, match=r"no cluster: .*; give SweepClient\(kubeconfig=...\)"):
        SweepClient(kubeconfig=tmp_path / "none")


def test_v1_and_files(sweeps: Sweeps, client: SweepClient, tmp_path: Path) -> None:
    config = v1.HyperDriveConfig(
        run_config=v1.ScriptRunConfig(
            command=["python", "-c", MLFLOW_SCRIPT],
            image=sweeps.target.images["trainer"],
            metrics="mlflow",
        ),
        hyperparameter_sampling=v1.RandomParameterSampling(
            {"level": v1.uniform(0, 1), "--reports": v1.choice(3), "pause": v1.choice(0.1)}
        ),
        primary_metric_name="score",
        primary_metric_goal=v1.PrimaryMetricGoal.MAXIMIZE,
        max_total_runs=2,
        policy=v1.BanditPolicy(slack_factor=2),
    )
    run = v1.Experiment(client, "My experiment").submit(config, tags={"a": "b"})
    assert run.name.startswith("my-experiment-")
    run.wait_for_completion(show_output=True)
    best = run.get_best_run_by_primary_metric()
    assert best is not None
    assert json.loads(run.get_hyperparameters()[best.id])["level"] == best.parameters["level"]
    file = tmp_path / "sweep.yaml"
    run.job.to_yaml(file)
    assert load_job(file).to_manifest()["spec"] == run.job.to_manifest()["spec"]


PAGE = ROOT / "docs" / "how-to" / "python.md"
# What the page names and is not here, in place of it.
HERE = [
    (r'command="python train.py[^"]*"', "command=COMMAND"),
    (r'script="train.py", arguments=\[[^]]*\]', "command=COMMAND"),
    ('"registry.example/train:1"', "IMAGE"),
    ('"team-a"', "SPACE"),
    (r"run_local\(", "(lambda sweep, show_output: client.jobs.get(run.name))("),
    ("max_total_(trials|runs)=[0-9]+", r"max_total_\1=2"),
]


def test_the_page_about_python(
    sweeps: Sweeps, volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its code, one piece after the other. The folder has no training script for ``run_local``."""
    monkeypatch.setenv("KUBECONFIG", str(sweeps.target.kubeconfig))
    monkeypatch.chdir(tmp_path)
    script = SAVES.replace('os.environ.get("METRIC", "score")', '"accuracy"')
    known: dict[str, Any] = {
        "COMMAND": ["python", "-c", script.replace('"reports", 5', '"reports", 2')],
        "IMAGE": sweeps.target.images["trainer"],
        "SPACE": sweeps.namespace,
    }
    pieces = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(pieces) == 5
    for piece in pieces:
        for pattern, instead in HERE:
            piece = re.sub(pattern, instead, piece)
        exec(compile(piece, str(PAGE), "exec"), known)
    assert known["best"].value == 0.002
    assert (tmp_path / "fetched" / "model" / "model.txt").exists()
    assert len(known["frame"]) == 2


CELLS = [
    "import os\nfrom sweepjob import SweepClient, command\nfrom sweepjob.sweep import BanditPolicy, Choice",
    "job = command(command=['python', '-c', open('train.py').read()], image=os.environ['IMAGE'], gpus=1,\n"
    "    inputs={'level': 0.1}, name='noted')\n"
    "sweep = job(level=Choice([0.5, 0.9, 0.1])).sweep(primary_metric='score', goal='Maximize',\n"
    "    sampling_algorithm='grid', max_total_trials=3, max_concurrent_trials=3,\n"
    "    early_termination_policy=BanditPolicy(slack_amount=0.3, delay_evaluation=3))",
    "run = SweepClient(os.environ['SPACE']).create_or_update(sweep)\nrun.stream()",
    "run",
    "run.plot()",
    "print(run.status, run.best.parameters['level'])",
]


def test_a_notebook(sweeps: Sweeps, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(MLFLOW_SCRIPT)
    env = {"SPACE": sweeps.namespace, "KUBECONFIG": str(sweeps.target.kubeconfig)}
    outputs = execute(CELLS, tmp_path, IMAGE=sweeps.target.images["trainer"], **env)
    [live] = shown(outputs[2], "text/html")
    assert "3 of 3 trials" in live
    [table] = shown(outputs[3], "text/html")
    assert "best: <b>noted-1</b>" in table
    assert shown(outputs[4], "image/png")
    assert outputs[5][0]["text"] == "Completed 0.9\n"
