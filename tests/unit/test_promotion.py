"""Promoting the best trial: refusals, the Job, and a registry that gets each model once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.promotion.best_trial import BestTrial, best_trial
from sweepjob.promotion.errors import PromotionError
from sweepjob.promotion.model_registration import register_model
from sweepjob.promotion.retrain_job import retrain_job
from sweepjob.promotion.tracking_server import tracking_client
from sweepjob.sidecar.mlflow.sweep_runs.client import TrackingClient
from sweepjob.sidecar.mlflow.upstream import Upstream

from .builders import sweepjob
from .jobs import environment
from .sidecars import Sidecar
from .tracked_trials import SWEEP, pod

SERVER = {"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow.team:5000"}


def body(phase: str = "Complete", best: str = "digits-0", **spec: Any) -> dict[str, Any]:
    made = sweepjob(
        **{
            "trial": {
                "image": "train:1",
                "command": "train --lr ${{search_space.lr}}",
                "env": [SERVER],
            },
            **spec,
        }
    )
    made["metadata"] |= {
        "name": "digits",
        "namespace": "team",
        "uid": SWEEP.uid,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    made["status"] = {"phase": phase}
    if best:
        made["status"]["best"] = {"trial": best, "value": "0.75"}
    return made


def best(**spec: Any) -> BestTrial:
    return best_trial(body(**spec), now=False)


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Sidecar]:
    opened = Sidecar(tmp_path / "theirs")
    yield opened
    opened.close()


def trained(theirs: Sidecar, folder: Path, *models: str) -> str:
    """The run of the best trial, which logged models as MLflow 2 does."""
    ours = pod(folder, theirs.url, "digits-0")
    run = ours.create()
    for name in models:
        logged = json.dumps({"artifact_path": name, "run_id": run, "flavors": {}})
        ours.ask("POST", "runs/log-model", {"run_id": run, "model_json": logged})
    ours.close()
    return run


def client(theirs: Sidecar) -> TrackingClient:
    return TrackingClient(Upstream(theirs.url))


def test_a_model_is_registered_once(theirs: Sidecar, tmp_path: Path) -> None:
    run = trained(theirs, tmp_path / "ours", "model")
    first = register_model(client(theirs), best(), "digits", alias="champion")
    again = register_model(client(theirs), best(), "digits")
    assert (first.version, first.is_new, first.run_id) == ("1", True, run)
    assert (again.version, again.is_new) == ("1", False)
    found = theirs.ask("GET", "model-versions/get?name=digits&version=1")["model_version"]
    told = {tag["key"].removeprefix("sweepjob.dev/"): tag["value"] for tag in found["tags"]}
    assert told["trial"] == "digits-0"
    assert told["sweep-uid"] == SWEEP.uid
    assert told["value"] == "0.75"
    assert found["source"].endswith(f"{run}/model")


@pytest.mark.parametrize(
    ("models", "chosen", "words"),
    [
        ((), "", "digits-0 logged no model"),
        (("a", "b"), "", "digits-0 logged several models; choose one with --model: a, b"),
        (("a",), "c", "digits-0 logged no model 'c'; it logged a"),
    ],
)
def test_what_cannot_be_registered_is_said(
    models: tuple[str, ...], chosen: str, words: str, theirs: Sidecar, tmp_path: Path
) -> None:
    trained(theirs, tmp_path / "ours", *models)
    with pytest.raises(PromotionError, match=words):
        register_model(client(theirs), best(), "digits", model=chosen)


def test_a_trial_without_a_run_is_said(theirs: Sidecar) -> None:
    with pytest.raises(PromotionError, match="has no run of digits-0"):
        register_model(client(theirs), best(), "digits")


def test_an_unreachable_server_is_said() -> None:
    with pytest.raises(PromotionError, match=r"cannot be reached.*port-forward"):
        register_model(TrackingClient(Upstream("http://127.0.0.1:9")), best(), "digits")


def test_a_running_sweep_is_refused_unless_now() -> None:
    with pytest.raises(
        PromotionError, match=r"digits is Running: a later trial may be better.*--now"
    ):
        best_trial(body("Running"), now=False)
    assert best_trial(body("Running"), now=True).name == "digits-0"


def test_a_sweep_without_a_value_is_refused() -> None:
    with pytest.raises(PromotionError, match="no trial of digits has reported"):
        best_trial(body("Failed", best=""), now=True)


def test_a_sweep_without_a_server_of_its_own_is_refused() -> None:
    with pytest.raises(PromotionError, match="no tracking server of their own"):
        tracking_client(best(trial={"image": "x"}).spec, {})


def test_an_address_from_a_secret_must_be_given() -> None:
    env = [
        {"name": "MLFLOW_TRACKING_URI", "valueFrom": {"secretKeyRef": {"name": "m", "key": "u"}}}
    ]
    spec = best(trial={"image": "x", "env": env}).spec
    with pytest.raises(PromotionError, match="--tracking-uri"):
        tracking_client(spec, {})
    tracking_client(spec, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"})
    tracking_client(spec, {}, "http://127.0.0.1:1")


def test_the_job_trains_with_the_best_parameters() -> None:
    job, notes = retrain_job(best(), {"lr": 0.0312, "units": 32})
    assert (job["kind"], job["metadata"]["name"], job["metadata"]["namespace"]) == (
        "Job",
        "digits-0-retrain",
        "team",
    )
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert "0.0312" in str(container["command"])
    told = environment(container)
    assert told["MLFLOW_TRACKING_URI"] == SERVER["value"]
    assert json.loads(told["SWEEPJOB_PARAMETERS"]) == {"lr": 0.0312, "units": 32}
    assert "initContainers" not in job["spec"]["template"]["spec"]
    assert "sweepjob.dev/sweep" not in job["metadata"]["labels"]  # the operator watches these
    assert job["metadata"]["annotations"]["sweepjob.dev/trial"] == "digits-0"
    assert notes == []


def test_the_node_of_the_job_is_kept_like_those_of_the_trials() -> None:
    trial = {"image": "x", "command": "train", "doNotDisrupt": True}
    job, _ = retrain_job(best(trial=trial), {"lr": 1.0})
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"


def test_a_job_without_a_server_says_where_its_runs_go() -> None:
    job, notes = retrain_job(best(trial={"image": "x", "command": "train"}), {"lr": 1.0})
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert environment(container)["MLFLOW_TRACKING_URI"] == "file:///tmp/mlruns"
    assert "is deleted with it" in notes[0]


def test_trials_of_several_pods_are_refused() -> None:
    trial = {"image": "x", "command": "train", "instanceCount": 2}
    with pytest.raises(PromotionError, match="several processes"):
        retrain_job(best(trial=trial), {"lr": 1.0})
