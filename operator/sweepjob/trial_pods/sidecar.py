"""Adds the sidecar to a trial's pod: its container, its settings and its volumes."""

from __future__ import annotations

import copy
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import protocol
from ..api import names
from ..api.spec.metrics import Metrics
from ..template import kubelet_expansion
from .metrics_volume import AttemptFolder, share_folder
from .tracking import FORWARDED, has_tracking_server, tracking_variables

Manifest = dict[str, Any]
DROP_ALL: Manifest = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
RUN_ID = "MLFLOW_RUN_ID"
_USER = 65532


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """The operator's settings for the sidecars of all trials.

    Attributes:
        image: the sidecar's image.
        url: the URL at which pods reach the ingest server.
        certificate_authority: PEM that verifies the ingest server's certificate.
        pull_policy: the pull policy of the image.
        resources: as in a container, for sweeps that set none; empty for the defaults.
    """

    image: str
    url: str
    certificate_authority: str
    pull_policy: str = "IfNotPresent"
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def add_sidecar(
    pod: Manifest,
    trainer: Manifest,
    metrics: Metrics,
    trial_settings: Mapping[str, str],
    settings: SidecarSettings,
    resources: Manifest,
    own_folder: AttemptFolder,
) -> Manifest:
    """Add the sidecar and its volumes to a pod, and return its container.

    Args:
        pod: the pod's spec; changed.
        trainer: the container that reports; its environment is complete. Changed.
        metrics: how it reports.
        trial_settings: the sidecar's settings that depend on the trial.
        settings: those that do not.
        resources: the sidecar's requests and limits.
        own_folder: the attempt's folder on a volume that trials share.
    """
    values = {
        protocol.OPERATOR_URL: settings.url,
        protocol.OPERATOR_CA: settings.certificate_authority,
        protocol.SOURCE: metrics.source,
        **trial_settings,
    }
    container = _container(settings, resources, _user(pod, trainer) if metrics.path else _USER)
    pod["volumes"] = [*pod.get("volumes", []), *_volumes()]
    if metrics.port:
        values[protocol.SOURCE_PORT] = str(metrics.port)
        # A startup probe runs once a second; the hook takes a tenth of that.
        ready = ["python3", "-S", names.READY_SCRIPT, str(metrics.port)]
        container["lifecycle"] = {"postStart": {"exec": {"command": ready}}}
    if metrics.path:
        mount = share_folder(pod, trainer, metrics.folder, own_folder)
        shared = {**mount, "mountPath": names.METRICS_FOLDER, "readOnly": True}
        container["volumeMounts"].append(shared)
        inside = posixpath.relpath(metrics.path, mount["mountPath"])
        values[protocol.SOURCE_PATH] = posixpath.normpath(
            posixpath.join(names.METRICS_FOLDER, inside)
        )
    env = {
        "name": protocol.ENV_SETTINGS,
        "value": kubelet_expansion.escape_text(json.dumps(values)),
    }
    container["env"] = [env, *_forwarded(trainer, metrics)]
    pod["initContainers"] = [container, *pod.get("initContainers", [])]
    return container


def operator_of(job: Mapping[str, Any]) -> str:
    """Return the URL of the operator that created a Job; empty where that is not known.

    Args:
        job: the Job object; one of an earlier version has no annotation, but perhaps a sidecar.
    """
    noted = (job["metadata"].get("annotations") or {}).get(names.ANNOTATION_OPERATOR)
    if noted:
        return str(noted)
    pod = job["spec"]["template"]["spec"]
    own = [c for c in pod.get("initContainers") or () if c["name"] == names.SIDECAR]
    env = [entry for container in own for entry in container.get("env") or ()]
    texts = [e.get("value") or "" for e in env if e["name"] == protocol.ENV_SETTINGS]
    try:
        settings = json.loads(texts[0].replace("$$", "$")) if texts else None
    except (ValueError, RecursionError):  # a Job that somebody made up
        return ""
    return str(settings.get(protocol.OPERATOR_URL, "")) if isinstance(settings, dict) else ""


def _container(settings: SidecarSettings, resources: Manifest, user: int) -> Manifest:
    """Return the sidecar's container, without what depends on the source of metrics."""
    return {
        "name": names.SIDECAR,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "restartPolicy": "Always",
        "securityContext": {
            **copy.deepcopy(DROP_ALL),
            "runAsNonRoot": True,
            "runAsUser": user,
            "readOnlyRootFilesystem": True,
        },
        "resources": resources,
        "volumeMounts": [
            {"name": names.VOLUME_TOKEN, "mountPath": names.TOKEN_FOLDER, "readOnly": True},
            {"name": names.VOLUME_JOURNAL, "mountPath": names.JOURNAL_FOLDER},
        ],
    }


def _user(pod: Manifest, trainer: Manifest) -> int:
    """Return the trainer's user if the template sets one; it can read all of the trainer's files."""
    of_pod, of_trainer = pod.get("securityContext") or {}, trainer.get("securityContext") or {}
    user = of_trainer.get("runAsUser", of_pod.get("runAsUser"))
    return user if isinstance(user, int) and user > 0 else _USER


def _forwarded(trainer: Manifest, metrics: Metrics) -> list[Manifest]:
    """Return the variables for the user's own tracking server, to which the sidecar forwards.

    Without one, a run id that the user set.
    """
    if metrics.source != protocol.MLFLOW:
        return []
    env = trainer.get("env") or []
    if has_tracking_server(metrics.source, trainer):
        return tracking_variables(env, FORWARDED)
    return tracking_variables(env, {RUN_ID: protocol.ENV_RUN_ID})


def _volumes() -> list[Manifest]:
    token = {"audience": protocol.AUDIENCE, "expirationSeconds": 3600, "path": "token"}
    return [
        {
            "name": names.VOLUME_TOKEN,
            "projected": {"sources": [{"serviceAccountToken": token}], "defaultMode": 0o444},
        },
        {"name": names.VOLUME_JOURNAL, "emptyDir": {"sizeLimit": "256Mi"}},
    ]
