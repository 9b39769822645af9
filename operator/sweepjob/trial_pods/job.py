"""The Kubernetes Job of one attempt of a trial: the user's pod, and everything that is added to it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import protocol
from ..api import names
from ..api.names import TRACKING_URI
from ..api.outputs import ARTIFACTS
from ..api.reserved_names import check_names
from ..api.sweepjob import SweepSpec, TrialTemplate
from ..search.space import Assignment
from ..template import command, kubelet_expansion
from ..template.references import substitute, values
from .environment import trainer_environment
from .host_network import with_own_port
from .identity import TrialIdentity
from .metrics_volume import share_variables
from .namespace_constraints import NO_LIMITS, NamespaceConstraints
from .proxies import exempt_container
from .sidecar import DROP_ALL, SidecarSettings, add_sidecar
from .sidecar_resources import fit_resources, wanted_resources

Manifest = dict[str, Any]
# Finished Jobs stay for a day, so that their logs can be read; the records stay with the sweep.
KEEP_FINISHED = 24 * 3600
_GROUP = 65532


def job_manifest(
    identity: TrialIdentity,
    spec: SweepSpec,
    assignment: Assignment,
    sidecar: SidecarSettings,
    limits: NamespaceConstraints = NO_LIMITS,
) -> Manifest:
    """The Job as it is created.

    Args:
        limits: what the namespace demands of containers.

    Raises:
        ReservedName: something in the rendered template has a name of the operator's.

    ``backoffLimit: 0`` and ``restartPolicy: Never``: a new attempt is the operator's decision. A pod
    that was disrupted (preempted, evicted, drained) is replaced by the Job and counts for nothing.
    """
    labels = {
        names.LABEL_SWEEP: identity.sweep,
        names.LABEL_TRIAL: identity.trial,
        names.LABEL_ATTEMPT: str(identity.attempt),
        names.LABEL_TRIAL_UID: identity.uid,
    }
    template, fitted = _pod_template(identity, spec, assignment, sidecar, limits)
    annotations = {"annotations": {names.ANNOTATION_FITTED: fitted}} if fitted else {}
    meta = template.setdefault("metadata", {})
    meta["labels"] = {**meta.get("labels", {}), **labels}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.job_name(identity.trial, identity.attempt),
            "namespace": identity.namespace,
            "labels": {**labels, **spec.queue},
            **annotations,
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
    identity: TrialIdentity,
    spec: SweepSpec,
    assignment: Assignment,
    settings: SidecarSettings,
    limits: NamespaceConstraints,
) -> tuple[Manifest, str]:
    """The pod, and how its sidecar was fitted to the namespace."""
    paths = {output.name: output.mount_path for output in spec.outputs}
    template = _users_template(spec.trial, values(assignment, spec.inputs, paths))
    pod = template.setdefault("spec", {})
    check_names(pod)
    pod["restartPolicy"] = "Never"
    pod.setdefault("terminationGracePeriodSeconds", spec.trial.stop_grace)
    pod.setdefault("automountServiceAccountToken", False)
    _secure(pod, shares=bool(spec.outputs))
    trainer = trainer_of(pod)
    # The end of its log is its last message, unless it writes another one.
    trainer.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")
    metrics = with_own_port(pod, trainer, spec.metrics, identity)
    environment = trainer_environment(identity, replace(spec, metrics=metrics), assignment, trainer)
    _add_outputs(pod, trainer, identity, spec)
    sidecar, fitted = None, ""
    if metrics.source != protocol.LOGS:
        told = _told(identity, spec, paths)
        wanted = wanted_resources(pod, metrics.sidecar or settings.resources)
        resources, fitted = fit_resources(wanted, pod, limits)
        folder = f"{identity.folder}/{identity.attempt}"
        sidecar = add_sidecar(pod, trainer, metrics, told, settings, resources, folder)
    _add_environment(trainer, environment)
    if metrics.port:
        exempt_container(trainer)
    if sidecar is not None:
        share_variables(sidecar, trainer)
    return template, fitted


def _told(identity: TrialIdentity, spec: SweepSpec, paths: Mapping[str, str]) -> dict[str, str]:
    """What the sidecar is told about its trial."""
    told = {
        protocol.METRIC: spec.objective.primary_metric,
        protocol.NAMESPACE: identity.namespace,
        protocol.TRIAL: identity.trial,
    }
    if ARTIFACTS in paths:
        told[protocol.ARTIFACTS] = paths[ARTIFACTS]
    return told


def _secure(pod: Manifest, *, shares: bool) -> None:
    """The restricted Pod Security standard, where the user set nothing else."""
    security = pod.setdefault("securityContext", {})
    security.setdefault("runAsNonRoot", True)
    security.setdefault("seccompProfile", {"type": "RuntimeDefault"})
    if shares and "fsGroup" not in security:
        # The user's volumes belong to root as a rule, and trials are not root.
        security["fsGroup"] = _GROUP
        security.setdefault("fsGroupChangePolicy", "OnRootMismatch")
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        container.setdefault("securityContext", copy.deepcopy(DROP_ALL))


def _add_outputs(
    pod: Manifest, trainer: Manifest, identity: TrialIdentity, spec: SweepSpec
) -> None:
    """Each output's folder of this trial; the kubelet makes it."""
    for output in spec.outputs:
        volume = {"name": output.volume_name, **copy.deepcopy(dict(output.volume))}
        pod["volumes"] = [*pod.get("volumes", []), volume]
        mount = {
            "name": output.volume_name,
            "mountPath": output.mount_path,
            "subPath": output.folder(identity.folder),
        }
        trainer["volumeMounts"] = [*(trainer.get("volumeMounts") or []), mount]


def _users_template(trial: TrialTemplate, resolved: Mapping[str, str]) -> Manifest:
    if trial.template is not None:
        return _filled(trial.template, resolved)
    container: Manifest = {
        "name": names.TRAINER,
        "image": substitute(trial.image, resolved),
        "env": list(trial.env),
        "resources": copy.deepcopy(dict(trial.resources)),
    }
    container = _filled_container(container, resolved)
    if trial.command:
        container["command"] = command.resolve(trial.command, resolved)
    return {"spec": {"containers": [container]}}


def _filled(template: Mapping[str, Any], resolved: Mapping[str, str]) -> Manifest:
    """A pod template with its references replaced; in what the kubelet expands, so that the value is
    not.
    """
    made: Manifest = substitute(template, resolved)
    for key in ("containers", "initContainers"):
        written = template["spec"].get(key) or []
        if isinstance(written, list) and written:
            made["spec"][key] = [_filled_container(one, resolved) for one in written]
    return made


_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def _filled_container(written: Mapping[str, Any], resolved: Mapping[str, str]) -> Manifest:
    made: Manifest = substitute(written, resolved)
    for key in ("command", "args"):
        _expand_values(made, written, key, resolved)
    for key, inner in (("env", "value"), ("volumeMounts", "subPathExpr")):
        for one, source in zip(made.get(key) or (), written.get(key) or (), strict=True):
            _expand_values(one, source, inner, resolved)
    for key in _PROBES:
        probe = written.get(key)
        action = probe.get("exec") if isinstance(probe, Mapping) else None
        if isinstance(action, Mapping):
            _expand_values(made[key]["exec"], action, "command", resolved)
    return made


def _expand_values(
    made: Manifest, written: Mapping[str, Any], key: str, resolved: Mapping[str, str]
) -> None:
    """A text, or a list of texts, that the kubelet expands."""
    source = written.get(key)
    if isinstance(source, str):
        made[key] = kubelet_expansion.filled(source, resolved)
    elif isinstance(source, list):
        made[key] = [
            kubelet_expansion.filled(s, resolved) if isinstance(s, str) else s for s in source
        ]


def trainer_of(pod: Mapping[str, Any]) -> Manifest:
    """The container that trains: the one called ``trainer``, or else the first."""
    containers: list[Manifest] = pod["containers"]
    return next((c for c in containers if c.get("name") == names.TRAINER), containers[0])


def _add_environment(container: Manifest, added: Mapping[str, str]) -> None:
    """What the user set himself stays as it is, but for the address that is forwarded to."""
    env = [
        e
        for e in container.get("env") or []
        if e.get("name") != TRACKING_URI or not added.get(TRACKING_URI)
    ]
    present = {entry.get("name") for entry in env}
    env += [
        {"name": key, "value": kubelet_expansion.literal(value)}
        for key, value in added.items()
        if key not in present
    ]
    container["env"] = env
