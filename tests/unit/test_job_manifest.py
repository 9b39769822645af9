"""The Job of a trial: what the user wrote survives, and what is added is exactly this."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.api import names
from sweepjob.template import command, kubelet_expansion

from .jobs import ASSIGNMENT, environment, manifest, pod_of


def test_identity_owner_and_failure_policy() -> None:
    job = manifest()
    assert job["metadata"]["name"] == "sweep-3-r2"
    assert job["metadata"]["labels"] == job["spec"]["template"]["metadata"]["labels"]
    [owner] = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("SweepTrial", "trial-uid", True)
    assert (job["spec"]["backoffLimit"], pod_of(job)["restartPolicy"]) == (0, "Never")
    [rule] = job["spec"]["podFailurePolicy"]["rules"]
    assert rule["onPodConditions"] == [{"type": "DisruptionTarget"}]


def test_the_trainer_of_the_short_form() -> None:
    [trainer] = pod_of(manifest())["containers"]
    assert trainer["command"] == ["python", "train.py", "--lr", "0.0312", "--units", "32"]
    assert trainer["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    env = environment(trainer)
    assert (env["AZUREML_SWEEP_lr"], env["AZUREML_SWEEP_units"]) == ("0.0312", "32")
    assert json.loads(env["SWEEPJOB_PARAMETERS"]) == ASSIGNMENT
    assert (env["SWEEPJOB_TRIAL"], env["SWEEPJOB_ATTEMPT"]) == ("sweep-3", "2")
    assert env["MLFLOW_RUN_ID"] == "sweep-3"


def test_the_token_is_mounted_in_the_sidecar_only() -> None:
    pod = pod_of(manifest())
    [sidecar] = pod["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    assert any(m["name"] == names.VOLUME_TOKEN for m in sidecar["volumeMounts"])
    assert "volumeMounts" not in pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False


TEMPLATE: dict[str, Any] = {
    "metadata": {"annotations": {"team": "vision"}, "labels": {"app": "x"}},
    "spec": {
        "serviceAccountName": "training",
        "runtimeClassName": "nvidia",
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {"anything": [1, 2]}},
        "resourceClaims": [{"name": "gpu", "resourceClaimTemplateName": "one"}],
        "terminationGracePeriodSeconds": 77,
        "securityContext": {"runAsUser": 5},
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "initContainers": [{"name": "fetch", "image": "fetch"}],
        "containers": [
            {"name": "logger", "image": "logger"},
            {
                "name": "trainer",
                "image": "mine",
                "args": ["--lr=${{search_space.lr}}"],
                "env": [{"name": "MLFLOW_TRACKING_URI", "value": "http://mine"}],
                "resources": {
                    "claims": [{"name": "gpu"}],
                    "limits": {"nvidia.com/mig-1g.5gb": "2"},
                },
                "securityContext": {"privileged": False},
            },
        ],
    },
}


def test_a_pod_template_is_kept_unchanged() -> None:
    job = manifest(trial={"template": copy.deepcopy(TEMPLATE)})
    template, mine = job["spec"]["template"], TEMPLATE["spec"]
    pod = template["spec"]
    assert template["metadata"]["annotations"] == {"team": "vision"}
    assert template["metadata"]["labels"]["app"] == "x"
    untouched = (
        "serviceAccountName",
        "runtimeClassName",
        "tolerations",
        "affinity",
        "resourceClaims",
    )
    assert {k: pod[k] for k in untouched} == {k: mine[k] for k in untouched}
    assert pod["terminationGracePeriodSeconds"] == 77
    assert pod["securityContext"]["runAsUser"] == 5
    assert pod["volumes"][0] == mine["volumes"][0]
    assert [c["name"] for c in pod["initContainers"]] == [names.SIDECAR, "fetch"]
    logger, trainer = pod["containers"]
    secured = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert logger == {**mine["containers"][0], "securityContext": secured}
    assert trainer["args"] == ["--lr=0.0312"]
    assert trainer["securityContext"] == {"privileged": False}
    # The user's own tracking server gets everything by way of the sidecar.
    assert environment(trainer)["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:5000"
    assert environment(pod["initContainers"][0])[protocol.ENV_FORWARD_TO] == "http://mine"


def test_the_guaranteed_class_is_kept() -> None:
    guaranteed = {"limits": {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": 1}}
    trial = {"image": "a", "resources": guaranteed}
    [sidecar] = pod_of(manifest(trial=trial))["initContainers"]
    assert sidecar["resources"]["limits"] == sidecar["resources"]["requests"]
    [sidecar] = pod_of(manifest())["initContainers"]
    assert "cpu" not in sidecar["resources"]["limits"]


VALUES = {"search_space.a": "two words", "search_space.b": "it's", "search_space.c": "$(rm)"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("run --a ${{ search_space.a }}", ["run", "--a", "two words"]),
        ("run --b=${{search_space.b}} 'x y'", ["run", "--b=it's", "x y"]),
        (["run", "${{search_space.c}}"], ["run", "$(rm)"]),
        ("cd /x && run ${{search_space.c}}", ["/bin/sh", "-c", "cd /x && run '$(rm)'"]),
    ],
    ids=["blanks", "quotes", "list", "shell"],
)
def test_values_are_passed_unchanged(written: Any, expected: list[str]) -> None:
    written_out = command.resolve_command(written, VALUES)
    assert [
        kubelet_expansion.expand_variables(word, {"rm": "no"}) for word in written_out
    ] == expected


def test_the_hook_runs_a_script_of_the_sidecars_image() -> None:
    script = names.READY_SCRIPT.removeprefix("/opt/sweepjob/")
    assert (Path(__file__).parents[2] / "operator" / script).exists()
