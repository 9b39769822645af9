"""The Job at a sweep's end: in the pod's surroundings of the trials, once for each end."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec.sweep_description import LONGEST, describe_sweep
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.protocol.tracked_sweep import SweepEnd, TrackedSweep, TrackedTrial
from sweepjob.trial_pods.sweep_end_job import has_tracked_runs, sweep_end_job

from .builders import sweepjob
from .jobs import ASSIGNMENT, SIDECAR, environment, manifest, pod_of, sidecar_of, sidecar_settings

SWEEP = ObjectIdentity("team", "sweep", "sweep-uid")
PASSWORD = {
    "name": "MLFLOW_TRACKING_PASSWORD",
    "valueFrom": {"secretKeyRef": {"name": "m", "key": "p"}},
}
ENV = [
    {"name": "HOST", "value": "mlflow.team"},
    {"name": "OTHER", "value": "x"},
    {"name": "MLFLOW_TRACKING_URI", "value": "http://$(HOST):5000"},
    PASSWORD,
]


def job(generation: int = 1, **spec: Any) -> dict[str, Any]:
    parsed = parse_sweepjob(sweepjob(**spec))
    tracked = TrackedSweep(SWEEP.uid, SWEEP.name, SWEEP.namespace, parsed.description)
    end = SweepEnd(tracked, "FINISHED", "", "score", "SSF", "sweep-1", "0.5", {"x": "$(HOST)"})
    return sweep_end_job(SWEEP, parsed, ASSIGNMENT, end, generation, SIDECAR)


def test_it_has_the_trials_variables_and_nothing_else() -> None:
    made = job(trial={"image": "x", "env": ENV})
    [container] = pod_of(made)["containers"]
    assert [e["name"] for e in container["env"]] == [
        "HOST",
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_PASSWORD",
        protocol.ENV_SWEEP_END,
    ]
    assert container["env"][2] == PASSWORD
    # The kubelet would replace what looks like a variable.
    assert "$$(HOST)" in environment(container)[protocol.ENV_SWEEP_END]
    assert "sweepjob.dev/sweep" not in {
        **made["metadata"]["labels"],
        **made["spec"]["template"]["metadata"]["labels"],
    }
    assert made["metadata"]["ownerReferences"][0]["uid"] == SWEEP.uid


def test_it_starts_where_the_trials_start() -> None:
    container = {
        "name": "trainer",
        "image": "x",
        "env": ENV,
        "envFrom": [{"secretRef": {"name": "m"}}],
    }
    pod = {
        "containers": [container],
        "serviceAccountName": "trainer",
        "imagePullSecrets": [{"name": "registry"}],
        "tolerations": [{"operator": "Exists"}],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    trial = {"template": {"spec": pod}}
    found = pod_of(job(trial=trial))
    assert found["serviceAccountName"] == "trainer"
    assert found["imagePullSecrets"] == [{"name": "registry"}]
    assert found["tolerations"] == [{"operator": "Exists"}]
    assert found["containers"][0]["envFrom"] == container["envFrom"]
    assert "volumes" not in found


def test_each_end_of_a_sweep_has_one_job() -> None:
    names = [job(n, trial={"image": "x", "env": ENV})["metadata"]["name"] for n in (1, 1, 2)]
    assert names[0] == names[1] != names[2]
    assert len(names[0]) <= 63


@pytest.mark.parametrize("metrics", [{"source": "logs"}, {"source": "mlflow"}])
def test_sweeps_without_a_server_of_their_own_have_none(metrics: dict[str, Any]) -> None:
    env = ENV if metrics["source"] == "logs" else []
    spec = parse_sweepjob(sweepjob(metrics=metrics, trial={"image": "x", "env": env}))
    assert not has_tracked_runs(spec, ASSIGNMENT)


def test_the_sidecar_is_told_what_the_runs_show() -> None:
    pod = pod_of(manifest(trial={"image": "x", "env": ENV}))
    settings = sidecar_settings(pod)
    sweep = TrackedSweep.parse(settings[protocol.TRACKED_SWEEP])
    trial = TrackedTrial.parse(settings[protocol.TRACKED_TRIAL])
    assert (sweep.name, sweep.namespace) == ("sweep", "team")
    assert trial == TrackedTrial("sweep-3", 2, {"lr": "0.0312", "units": "32"})
    assert sweep.parameters["objective.primaryMetric"]
    env = [e["name"] for e in sidecar_of(pod)["env"]]
    assert env[1:] == ["HOST", protocol.ENV_FORWARD_TO, "SWEEPJOB_FORWARD_PASSWORD"]


def test_long_descriptions_are_cut_and_say_so() -> None:
    space = {f"x{n}": {"type": "choice", "values": ["v" * 90] * 20} for n in range(200)}
    found = describe_sweep({"searchSpace": space, "limits": {"maxTotalTrials": 3}})
    assert all(len(text) <= LONGEST for text in found.values())
    assert found["search_space.x0"].endswith("characters)")
    assert found["left_out"].endswith("more are in the SweepJob")
    assert found["limits.maxTotalTrials"] == "3"
