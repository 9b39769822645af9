"""No two trials meet: ports on a node's network, folders on a volume, names of Jobs, names in a pod."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.api import names
from sweepjob.api.messages.owner_description import describe_owner
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.validation.reserved_names import ReservedName
from sweepjob.trial_pods.identity import TrialIdentity
from sweepjob.trial_pods.job_manifest import job_manifest

from .builders import sweepjob
from .jobs import ASSIGNMENT, SIDECAR, environment, pod_of


def pod(
    name: str = "sweep-3", *, attempt: int = 1, sweep: str = "sweep", **spec: Any
) -> dict[str, Any]:
    identity = TrialIdentity("team", sweep, name, "uid", attempt, f"{sweep}-12345678/{name}")
    body = sweepjob(**copy.deepcopy(spec))
    return pod_of(job_manifest(identity, parse_sweepjob(body), ASSIGNMENT, SIDECAR))


def template(trainer: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "trainer", "image": "x", **(trainer or {})}
    return {"template": {"spec": {"containers": [container], **spec}}}


ON_HOST = {"trial": template(hostNetwork=True)}


def port(pod: dict[str, Any]) -> int:
    """The one that the sidecar listens on, which trainer and scheduler are told, too."""
    told = protocol.parse_settings(environment(pod["initContainers"][0]))
    found = int(told[protocol.SOURCE_PORT])
    [trainer] = pod["containers"]
    assert trainer["ports"][-1] == {"containerPort": found, "hostPort": found, "protocol": "TCP"}
    assert str(found) in pod["initContainers"][0]["lifecycle"]["postStart"]["exec"]["command"]
    return found


@pytest.mark.parametrize("source", ["mlflow", "pushgateway"])
def test_trials_on_a_nodes_network_have_a_port_each(source: str) -> None:
    metrics = {"source": source}
    pods = [pod(f"sweep-{n}", metrics=metrics, **ON_HOST) for n in range(50)]
    ports = [port(each) for each in pods]
    assert len(set(ports)) == 50
    assert all(20_000 <= each < 30_000 for each in ports)
    assert port(pod("sweep-0", metrics=metrics, **ON_HOST)) == ports[0], (
        "of the trial, not of chance"
    )
    assert port(pod("other-0", sweep="other", metrics=metrics, **ON_HOST)) != ports[0]
    variable = "SWEEPJOB_PUSHGATEWAY" if source == "pushgateway" else "MLFLOW_TRACKING_URI"
    assert environment(pods[7]["containers"][0])[variable].endswith(f"127.0.0.1:{ports[7]}")
    assert pods[0]["dnsPolicy"] == "ClusterFirstWithHostNet", (
        "or the operator's name does not resolve"
    )


def test_a_configured_port_is_kept_and_declared() -> None:
    given_port = {"source": "mlflow", "port": 5000}
    assert port(pod(metrics=given_port, **ON_HOST)) == 5000
    declared = {"ports": [{"containerPort": 5000, "hostPort": 5000}]}
    trial = template(declared, hostNetwork=True, dnsPolicy="Default")
    found = pod(metrics=given_port, trial=trial)
    assert found["containers"][0]["ports"] == declared["ports"], "twice would be refused"
    assert found["dnsPolicy"] == "Default"


@pytest.mark.parametrize(
    "spec", [{"trial": template()}, {"metrics": {"source": "logs"}, **ON_HOST}]
)
def test_pods_without_host_network_declare_no_port(spec: dict[str, Any]) -> None:
    found = pod(**spec)
    assert "ports" not in found["containers"][0]
    assert "dnsPolicy" not in found


CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}
SHARED = [
    CLAIM,
    {"name": "data", "hostPath": {"path": "/data"}},
    {"name": "data", "nfs": {"server": "s", "path": "/"}},
]


def folders(
    trial: dict[str, Any], metrics: dict[str, Any], name: str = "sweep-3", attempt: int = 1
) -> tuple[dict[str, str], dict[str, str]]:
    """Where on which volume the trainer writes, and the sidecar reads."""
    found = pod(name, attempt=attempt, trial=trial, metrics=metrics)
    path = metrics.get("path", "/metrics")
    around = [m for m in found["containers"][0]["volumeMounts"] if path.startswith(m["mountPath"])]
    written = max(around, key=lambda m: len(m["mountPath"]))
    reads = found["initContainers"][0]["volumeMounts"]
    [read] = [m for m in reads if m["mountPath"] == names.METRICS_FOLDER]
    keys = ("name", "subPath", "subPathExpr")
    return {k: written[k] for k in keys if k in written}, {k: read[k] for k in keys if k in read}


BOARD = {"source": "tensorboard"}


@pytest.mark.parametrize("volume", SHARED)
@pytest.mark.parametrize(("mount_path", "inside"), [("/metrics", "tb"), ("/", "tb/metrics")])
def test_a_volume_that_trials_share_has_a_folder_for_each_attempt(
    volume: dict[str, Any], mount_path: str, inside: str
) -> None:
    mount = {"name": "data", "mountPath": mount_path, "subPath": "tb"}
    trial = template({"volumeMounts": [mount]}, volumes=[volume])
    written, read = folders(trial, BOARD)
    assert written == read == {"name": "data", "subPath": f"{inside}/sweep-12345678/sweep-3/1"}
    others = [folders(trial, BOARD, "sweep-4"), folders(trial, BOARD, "sweep-3", 2)]
    assert len({written["subPath"], *(other["subPath"] for other, _ in others)}) == 3


@pytest.mark.parametrize(
    "volume",
    [{"emptyDir": {}}, {"ephemeral": {"volumeClaimTemplate": {}}}, {"configMap": {"name": "x"}}],
)
def test_a_volume_of_the_pod_stays_as_it_is(volume: dict[str, Any]) -> None:
    mount = {"name": "data", "mountPath": "/metrics"}
    trial = template({"volumeMounts": [mount]}, volumes=[{"name": "data", **volume}])
    written, read = folders(trial, BOARD)
    assert written == read == {"name": "data"}


def test_a_path_made_of_variables_is_the_same_for_the_sidecar() -> None:
    field = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    env = [field, {"name": "RUN", "value": "$(POD)-x"}, {"name": "OTHER", "value": "y"}]
    mount = {
        "name": "data",
        "mountPath": "/metrics",
        "subPathExpr": "$(SWEEPJOB_TRIAL)/$(RUN)",
    }
    trial = template({"volumeMounts": [mount], "env": env}, volumes=[CLAIM])
    written, read = folders(trial, BOARD)
    assert written == read == {"name": "data", "subPathExpr": "$(SWEEPJOB_TRIAL)/$(RUN)"}
    shared = pod(trial=trial, metrics=BOARD)["initContainers"][0]["env"]
    assert [e["name"] for e in shared] == [protocol.ENV_SETTINGS, "POD", "RUN", "SWEEPJOB_TRIAL"]


sweep_names = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
attempts = st.tuples(sweep_names, st.integers(0, 30), st.integers(1, 30))


@given(st.sets(attempts, min_size=2, max_size=12))
def test_jobs_of_different_attempts_have_different_names(every: set[tuple[str, int, int]]) -> None:
    made = [names.job_name(names.trial_name(sweep, n), attempt) for sweep, n, attempt in every]
    assert len(set(made)) == len(made)


def test_the_longest_job_name_allows_pod_names() -> None:
    name = names.job_name(names.trial_name("s" * 46, 99_999), 99)
    assert len(name) <= names.JOB_NAME_LIMIT
    parse_sweepjob(sweepjob(limits={"maxTotalTrials": 100_000}) | {"metadata": {"name": "s" * 46}})


@pytest.mark.parametrize(
    ("labels", "owners", "words"),
    [
        (
            {names.LABEL_SWEEP: "lr"},
            [{"kind": "SweepTrial", "name": "lr-1"}],
            "SweepTrial 'lr-1' of sweep 'lr'",
        ),
        ({}, [{"kind": "CronJob", "name": "nightly"}], "CronJob 'nightly'"),
        ({"app.kubernetes.io/managed-by": "Helm"}, [], "no object, and is managed by Helm"),
        ({}, [], "no object of this sweep"),
    ],
)
def test_the_owner_of_an_object_is_described(
    labels: dict[str, str], owners: list[Any], words: str
) -> None:
    meta = {"labels": labels, "ownerReferences": owners}
    assert words in describe_owner({"metadata": meta})


def mounting(volume: str) -> dict[str, Any]:
    return {"volumeMounts": [{"name": volume, "mountPath": "/x"}]}


@pytest.mark.parametrize(
    ("trial", "path"),
    [
        (template(mounting("sweepjob-token")), "containers[0].volumeMounts[0].name"),
        (template(mounting("sweepjob-journal")), "containers[0].volumeMounts[0].name"),
        (
            template(initContainers=[{"name": "a", "image": "x", **mounting("sweepjob-token")}]),
            "initContainers[0].volumeMounts[0].name",
        ),
        (template(volumes=[{"name": "sweepjob-x", "emptyDir": {}}]), "volumes[0].name"),
        (
            template(ephemeralContainers=[{"name": "sweepjob-sidecar", "image": "x"}]),
            "ephemeralContainers[0].name",
        ),
        (
            template({"volumeDevices": [{"name": "sweepjob-token", "devicePath": "/d"}]}),
            "containers[0].volumeDevices[0].name",
        ),
    ],
)
def test_reserved_names_are_refused_in_the_spec_and_after_substitution(
    trial: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidSpec, match="sweepjob-") as refused:
        parse_sweepjob(sweepjob(trial=trial))
    assert f"spec.trial.template.spec.{path}" in str(refused.value)
    hidden = _hide(trial)
    with pytest.raises(ReservedName, match="sweepjob-") as at_render:
        pod(trial=hidden, inputs={"nm": "sweepjob-"})
    assert path in str(at_render.value)


def _hide(node: Any) -> Any:
    """The same with every reserved name made by a reference."""
    if isinstance(node, dict):
        return {key: _hide(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_hide(value) for value in node]
    return node.replace("sweepjob-", "${{inputs.nm}}") if isinstance(node, str) else node


def test_a_reserved_name_of_one_trial_fails_that_trial() -> None:
    trial = {"template": {"spec": {"containers": [{"name": "${{search_space.c}}", "image": "x"}]}}}
    space = {"c": {"type": "choice", "values": ["trainer", "sweepjob-sidecar"]}}
    spec = parse_sweepjob(sweepjob(trial=trial, searchSpace=space))
    identity = TrialIdentity("team", "sweep", "sweep-0", "uid", 1, "folder")
    job_manifest(identity, spec, {"c": "trainer"}, SIDECAR)
    with pytest.raises(ReservedName, match=r"containers\[0\].name is 'sweepjob-sidecar'"):
        job_manifest(identity, spec, {"c": "sweepjob-sidecar"}, SIDECAR)


def test_the_trials_own_data_may_be_mounted_in_other_containers() -> None:
    volume = {"persistentVolumeClaim": {"claimName": "models"}}
    reader = {"name": "uploader", "image": "x", **mounting("sweepjob-output-model")}
    trial = {"template": {"spec": {"containers": [{"name": "trainer", "image": "x"}, reader]}}}
    assert pod(trial=trial, outputs={"model": {"volume": volume}})["containers"][1] == {
        **reader,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
