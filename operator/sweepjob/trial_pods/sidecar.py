"""The sidecar in a trial's pod: its container, what it is told, and the volumes for it."""

from __future__ import annotations

import copy
import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import protocol
from ..api import names
from ..api.metrics import Metrics
from ..api.names import TRACKING_URI
from ..template import kubelet_expansion
from .metrics_volume import share_folder

Manifest = dict[str, Any]
DROP_ALL: Manifest = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
RUN_ID = "MLFLOW_RUN_ID"
_USER = 65532
_INSECURE = "MLFLOW_TRACKING_INSECURE_TLS"


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """What the operator knows and every trial's pod has to be told.

    Attributes:
        image: the sidecar's image.
        url: where the intake is reached from pods.
        certificate_authority: PEM that the intake's certificate is checked against.
        resources: as in a container, for sweeps that name none; empty for the defaults.
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
    told: Mapping[str, str],
    settings: SidecarSettings,
    resources: Manifest,
    own_folder: str,
) -> Manifest:
    """Put the sidecar and its volumes into a pod; returns its container.

    Args:
        trainer: the container whose reports it takes; its environment is complete.
        told: what the sidecar is told, as far as it depends on the trial.
        resources: its requests and limits.
        own_folder: the attempt's own, on a volume that trials share.
    """
    told = {
        protocol.OPERATOR: settings.url,
        protocol.CA: settings.certificate_authority,
        protocol.SOURCE: metrics.source,
        **told,
    }
    mounts: list[Manifest] = [
        {"name": names.VOLUME_TOKEN, "mountPath": names.TOKEN_FOLDER, "readOnly": True},
        {"name": names.VOLUME_JOURNAL, "mountPath": names.JOURNAL_FOLDER},
    ]
    container: Manifest = {
        "name": names.SIDECAR,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "restartPolicy": "Always",
        "securityContext": {
            **copy.deepcopy(DROP_ALL),
            "runAsNonRoot": True,
            "runAsUser": _user(pod, trainer) if metrics.path else _USER,
            "readOnlyRootFilesystem": True,
        },
        "resources": resources,
        "volumeMounts": mounts,
    }
    pod["volumes"] = [*pod.get("volumes", []), *_volumes()]
    if metrics.port:
        told[protocol.SOURCE_PORT] = str(metrics.port)
        # A startup probe looks once a second; the hook costs a tenth of that.
        ready = ["python3", "-S", names.READY_SCRIPT, str(metrics.port)]
        container["lifecycle"] = {"postStart": {"exec": {"command": ready}}}
    if metrics.path:
        mount = share_folder(pod, trainer, metrics.folder, own_folder)
        mounts.append({**mount, "mountPath": names.METRICS_FOLDER, "readOnly": True})
        inside = posixpath.relpath(metrics.path, mount["mountPath"])
        told[protocol.SOURCE_PATH] = posixpath.normpath(
            posixpath.join(names.METRICS_FOLDER, inside)
        )
    env = {"name": protocol.ENV_TOLD, "value": kubelet_expansion.literal(json.dumps(told))}
    container["env"] = [env, *_forwarded(trainer, metrics)]
    pod["initContainers"] = [container, *pod.get("initContainers", [])]
    return container


def _user(pod: Manifest, trainer: Manifest) -> int:
    """The trainer's user where the template names one, so that its files can be read whatever their
    mode.
    """
    of_pod, of_trainer = pod.get("securityContext") or {}, trainer.get("securityContext") or {}
    user = of_trainer.get("runAsUser", of_pod.get("runAsUser"))
    return user if isinstance(user, int) and user > 0 else _USER


def _forwarded(trainer: Manifest, metrics: Metrics) -> list[Manifest]:
    """The user's own tracking server, which the trainer talks to by way of the sidecar; without one,
    the id of a run that the user has chosen.
    """
    if metrics.source != protocol.MLFLOW:
        return []
    chosen = [e for e in trainer.get("env") or [] if e.get("name") == RUN_ID]
    renamed = {TRACKING_URI: protocol.ENV_FORWARD_TO, _INSECURE: protocol.ENV_FORWARD_INSECURE}
    env = [e for e in trainer.get("env") or [] if e.get("name") in renamed]
    if not any(entry["name"] == TRACKING_URI for entry in env):
        return [{**entry, "name": protocol.ENV_RUN_ID} for entry in chosen]
    return [{**entry, "name": renamed[entry["name"]]} for entry in env]


def _volumes() -> list[Manifest]:
    token = {"audience": protocol.AUDIENCE, "expirationSeconds": 3600, "path": "token"}
    return [
        {
            "name": names.VOLUME_TOKEN,
            "projected": {"sources": [{"serviceAccountToken": token}], "defaultMode": 0o444},
        },
        {"name": names.VOLUME_JOURNAL, "emptyDir": {"sizeLimit": "256Mi"}},
    ]
