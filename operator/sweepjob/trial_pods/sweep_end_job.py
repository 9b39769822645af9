"""Builds the Job that completes the runs of a sweep on the user's own tracking server.

The operator has neither the credentials nor, in general, the network access. The Job has both, as the
trials had: it runs in their namespace, with their variables and their service account.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .. import protocol
from ..api import names
from ..api.meta.identity import ObjectIdentity
from ..api.spec.sweep_spec import SweepSpec
from ..protocol.tracked_sweep import SweepEnd
from ..search.space import Assignment
from ..template import kubelet_expansion
from .job_manifest import KEEP_FINISHED
from .namespace_constraints import NO_CONSTRAINTS, NamespaceConstraints
from .sidecar import DROP_ALL, SidecarSettings
from .sidecar_resources import fit_resources, wanted_resources
from .tracking import FORWARDED, has_tracking_server, tracking_variables
from .user_pod import trainer_of, user_pod

Manifest = dict[str, Any]
COMMAND = ("python3", "-S", "-m", "sweepjob.sidecar.mlflow.sweep_runs")
_SECONDS = 3600  # for all tries
_TRIES = 3
# What a pod needs to start, and to reach the server, as the trials do.
_KEPT = (
    *("serviceAccountName", "imagePullSecrets", "nodeSelector", "tolerations", "affinity"),
    *("dnsPolicy", "dnsConfig", "hostAliases", "schedulerName"),
)


def has_tracked_runs(spec: SweepSpec, assignment: Assignment) -> bool:
    """Return whether the trials report to a tracking server of the user's own."""
    return has_tracking_server(spec.metrics.source, trainer_of(user_pod(spec, assignment)))


def sweep_end_job(
    sweep: ObjectIdentity,
    spec: SweepSpec,
    assignment: Assignment,
    end: SweepEnd,
    generation: int,
    settings: SidecarSettings,
    constraints: NamespaceConstraints = NO_CONSTRAINTS,
) -> Manifest:
    """Return the Job.

    Args:
        sweep: the SweepJob.
        spec: its spec.
        assignment: parameters of any trial, for references in the template.
        end: how the sweep ended.
        generation: the generation of the spec that ended.
        settings: the operator's settings for sidecars.
        constraints: the constraints of the namespace.
    """
    pod = user_pod(spec, assignment)
    trainer = trainer_of(pod)
    kept = {key: copy.deepcopy(pod[key]) for key in _KEPT if key in pod}
    wanted = wanted_resources({"containers": []}, spec.metrics.sidecar or settings.resources)
    resources, _ = fit_resources(wanted, {"containers": []}, constraints)
    labels = {names.LABEL_TRACKED_SWEEP: sweep.name}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.sweep_end_job_name(sweep.name, sweep.uid, generation),
            "namespace": sweep.namespace,
            "labels": {**labels, **spec.queue},
            "ownerReferences": [names.owner_reference(names.SWEEPJOB, sweep.name, sweep.uid)],
        },
        "spec": {
            "backoffLimit": _TRIES,
            "activeDeadlineSeconds": _SECONDS,
            "ttlSecondsAfterFinished": KEEP_FINISHED,
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    **kept,
                    "containers": [_container(trainer, end, settings, resources)],
                },
            },
        },
    }


def _container(
    trainer: Mapping[str, Any], end: SweepEnd, settings: SidecarSettings, resources: Manifest
) -> Manifest:
    env = tracking_variables(trainer.get("env") or [], {name: name for name in FORWARDED})
    text = kubelet_expansion.escape_text(end.dump())
    return {
        "name": names.SIDECAR,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "command": list(COMMAND),
        "env": [*env, {"name": protocol.ENV_SWEEP_END, "value": text}],
        **({"envFrom": trainer["envFrom"]} if trainer.get("envFrom") else {}),
        "resources": resources,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            **copy.deepcopy(DROP_ALL),
            "runAsUser": 65532,
            "readOnlyRootFilesystem": True,
        },
    }
