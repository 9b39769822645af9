"""The Kubernetes Job of one attempt of a trial: the user's pod, and everything that is added to it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import wire
from ..domain.space import Assignment
from . import command, names
from .placeholders import substitute, text_of, values
from .sweepjob import SweepSpec, TrialTemplate

Manifest = dict[str, Any]
# Finished Jobs stay for a day, so that their logs can be read; the records stay with the sweep.
KEEP_FINISHED = 24 * 3600
_DROP_ALL: Manifest = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """What the operator knows and every trial's pod has to be told.

    Attributes:
        image: the sidecar's image.
        url: where the intake is reached from pods.
        certificate_authority: PEM that the intake's certificate is checked against.
    """

    image: str
    url: str
    certificate_authority: str
    pull_policy: str = "IfNotPresent"


@dataclass(frozen=True, slots=True)
class TrialIdentity:
    """Whose Job it is."""

    namespace: str
    sweep: str
    trial: str
    uid: str
    attempt: int


def job_manifest(
    identity: TrialIdentity, spec: SweepSpec, assignment: Assignment, sidecar: SidecarSettings
) -> Manifest:
    """The Job as it is created.

    ``backoffLimit: 0`` and ``restartPolicy: Never``: a new attempt is the operator's decision. A pod
    that was disrupted (preempted, evicted, drained) is replaced by the Job and counts for nothing.
    """
    labels = {
        names.LABEL_SWEEP: identity.sweep,
        names.LABEL_TRIAL: identity.trial,
        names.LABEL_ATTEMPT: str(identity.attempt),
    }
    template = _pod_template(identity, spec, assignment, sidecar)
    meta = template.setdefault("metadata", {})
    meta["labels"] = {**meta.get("labels", {}), **labels}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.job_name(identity.trial, identity.attempt),
            "namespace": identity.namespace,
            "labels": labels | ({names.QUEUE_LABEL: spec.queue} if spec.queue else {}),
            "ownerReferences": [
                names.owner_reference(names.SWEEPTRIAL, identity.trial, identity.uid)
            ],
        },
        "spec": {
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": KEEP_FINISHED,
            "podFailurePolicy": {
                "rules": [
                    {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]},
                ]
            },
            "template": template,
        },
    }


def _pod_template(
    identity: TrialIdentity, spec: SweepSpec, assignment: Assignment, sidecar: SidecarSettings
) -> Manifest:
    resolved = values(assignment, spec.inputs)
    template = _users_template(spec.trial, resolved)
    pod = template.setdefault("spec", {})
    pod["restartPolicy"] = "Never"
    pod.setdefault("terminationGracePeriodSeconds", spec.trial.stop_grace)
    pod.setdefault("automountServiceAccountToken", False)
    security = pod.setdefault("securityContext", {})
    security.setdefault("runAsNonRoot", True)
    security.setdefault("seccompProfile", {"type": "RuntimeDefault"})
    trainer = trainer_of(pod)
    trainer.setdefault("securityContext", copy.deepcopy(_DROP_ALL))
    _add_environment(trainer, _trainer_environment(identity, assignment))
    added = _sidecar(identity, spec, sidecar)
    added["resources"] = _sidecar_resources(pod)
    pod["initContainers"] = [added, *pod.get("initContainers", [])]
    pod["volumes"] = [*pod.get("volumes", []), *_volumes()]
    return template


def _users_template(trial: TrialTemplate, resolved: Mapping[str, str]) -> Manifest:
    if trial.template is not None:
        filled: Manifest = substitute(copy.deepcopy(trial.template), resolved.__getitem__)
        return filled
    container: Manifest = {
        "name": names.TRAINER,
        "image": substitute(trial.image, resolved.__getitem__),
        "env": substitute(list(trial.env), resolved.__getitem__),
        "resources": copy.deepcopy(dict(trial.resources)),
    }
    if trial.command:
        container["command"] = command.resolve(trial.command, resolved)
    return {"spec": {"containers": [container]}}


def trainer_of(pod: Mapping[str, Any]) -> Manifest:
    """The container that trains: the one called ``trainer``, or else the first."""
    containers: list[Manifest] = pod["containers"]
    return next((c for c in containers if c.get("name") == names.TRAINER), containers[0])


def _trainer_environment(identity: TrialIdentity, assignment: Assignment) -> dict[str, str]:
    parameters = {f"AZUREML_SWEEP_{name}": text_of(v) for name, v in assignment.items()}
    return {
        **parameters,
        "SWEEPJOB_PARAMETERS": json.dumps(assignment),
        "SWEEPJOB_NAME": identity.sweep,
        "SWEEPJOB_TRIAL": identity.trial,
        "SWEEPJOB_ATTEMPT": str(identity.attempt),
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{wire.MLFLOW_PORT}",
        "MLFLOW_RUN_ID": identity.trial,
        "MLFLOW_EXPERIMENT_NAME": identity.sweep,
        # The client would send usage data to an outside host otherwise.
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _add_environment(container: Manifest, added: Mapping[str, str]) -> None:
    """What the user set himself stays as it is."""
    env = list(container.get("env") or [])
    present = {entry.get("name") for entry in env}
    env += [{"name": key, "value": value} for key, value in added.items() if key not in present]
    container["env"] = env


def _sidecar(identity: TrialIdentity, spec: SweepSpec, settings: SidecarSettings) -> Manifest:
    environment = {
        wire.ENV_OPERATOR: settings.url,
        wire.ENV_CA: settings.certificate_authority,
        wire.ENV_TOKEN_FILE: f"{names.TOKEN_FOLDER}/token",
        wire.ENV_JOURNAL: f"{names.JOURNAL_FOLDER}/journal.jsonl",
        wire.ENV_METRIC: spec.objective.primary_metric,
        wire.ENV_NAMESPACE: identity.namespace,
        wire.ENV_TRIAL: identity.trial,
    }
    ready = ["python3", "-S", "-m", "sweepjob.sidecar.ready"]
    return {
        "name": names.SIDECAR,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "restartPolicy": "Always",
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "securityContext": {
            **copy.deepcopy(_DROP_ALL),
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "readOnlyRootFilesystem": True,
        },
        # A startup probe looks once a second; the hook costs a tenth of that.
        "lifecycle": {"postStart": {"exec": {"command": ready}}},
        "volumeMounts": [
            {"name": names.VOLUME_TOKEN, "mountPath": names.TOKEN_FOLDER, "readOnly": True},
            {"name": names.VOLUME_JOURNAL, "mountPath": names.JOURNAL_FOLDER},
        ],
    }


def _sidecar_resources(pod: Manifest) -> Manifest:
    """A processor limit would make the trainer wait for a throttled start, so there is none, unless
    the user's containers are all of the Guaranteed class, which one without would cost them."""
    containers = [*pod["containers"], *pod.get("initContainers", [])]
    if all(_is_guaranteed(c.get("resources") or {}) for c in containers):
        fixed = {"cpu": "500m", "memory": "64Mi"}
        return {"requests": fixed, "limits": fixed}
    return {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}


def _is_guaranteed(resources: Mapping[str, Any]) -> bool:
    limits = resources.get("limits") or {}
    requests = {**limits, **(resources.get("requests") or {})}
    return all(limits.get(r) and requests[r] == limits[r] for r in ("cpu", "memory"))


def _volumes() -> list[Manifest]:
    token = {"audience": wire.AUDIENCE, "expirationSeconds": 3600, "path": "token"}
    return [
        {
            "name": names.VOLUME_TOKEN,
            "projected": {"sources": [{"serviceAccountToken": token}], "defaultMode": 0o444},
        },
        {"name": names.VOLUME_JOURNAL, "emptyDir": {"sizeLimit": "256Mi"}},
    ]
