"""Builds the Kubernetes Job of one attempt of a trial: the user's pod with what the operator adds."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace

from .. import protocol
from ..api import names
from ..api.spec.outputs import ARTIFACTS
from ..api.spec.sweep_spec import SweepSpec
from ..api.validation.reserved_names import reject_reserved_names
from ..search.space import Assignment
from ..template.references import reference_values
from .authorities import join_fingerprints
from .code import add_code, default_user
from .disruptions import protect
from .distribution import add_environment, add_launcher, group_environment, listening_ports
from .environment import trainer_environment
from .host_network import assign_host_port
from .identity import TrialIdentity
from .metrics_volume import AttemptFolder, share_variables
from .namespace_constraints import NO_CONSTRAINTS, NamespaceConstraints
from .no_proxy import add_localhost_to_container
from .pod_group import add_to_pod, assign_ports, host_names, indexed_job
from .sidecar import DROP_ALL, SidecarSettings, add_sidecar
from .sidecar_resources import fit_resources, wanted_resources
from .tracking import has_tracking_server, tracking_settings
from .user_pod import Manifest, add_variables, trainer_of, user_template
from .wandb import add_parameters_file

# Finished Jobs are kept for a day, so that their logs can be read. SweepTrials are kept with the sweep.
KEEP_FINISHED = 24 * 3600
_GROUP = 65532


def job_manifest(
    identity: TrialIdentity,
    spec: SweepSpec,
    assignment: Assignment,
    sidecar: SidecarSettings,
    constraints: NamespaceConstraints = NO_CONSTRAINTS,
    code_hash: str = "",
) -> Manifest:
    """Return the Job of an attempt.

    ``backoffLimit: 0`` and ``restartPolicy: Never``: the operator decides about new attempts. The Job
    replaces a disrupted pod (preempted, evicted, drained), which does not count as a failure. One of
    several pods is not replaced, since the others would wait for it in vain.

    Args:
        identity: the identity of the attempt.
        spec: the spec of the sweep.
        assignment: the trial's parameters.
        sidecar: the operator's settings for sidecars.
        constraints: the constraints of the namespace.
        code_hash: the hash of the sweep's code; empty without code that is unpacked.

    Raises:
        ReservedName: something in the rendered template has a reserved name.
        UnquotableValue: a value cannot be quoted in the command.
    """
    labels = workload_labels(identity)
    instances = spec.trial.instance_count
    template, fitted = pod_template(identity, spec, assignment, sidecar, constraints, code_hash)
    meta = template["metadata"] = dict(template.get("metadata") or {})
    meta["labels"] = {**(meta.get("labels") or {}), **labels}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.job_name(identity.trial, identity.attempt),
            "namespace": identity.namespace,
            "labels": {**labels, **spec.queue},
            "annotations": {
                **workload_annotations(spec, sidecar, fitted),
                **_budget_annotation(spec, assignment),
            },
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
            **(indexed_job(instances) if instances > 1 else {}),
            "template": template,
        },
    }


def _budget_annotation(spec: SweepSpec, assignment: Assignment) -> dict[str, str]:
    """Return what tells a later policy with which budget the script was launched."""
    name = spec.budget_parameter
    return {names.ANNOTATION_BUDGET: str(assignment[name])} if name else {}


def workload_labels(identity: TrialIdentity) -> dict[str, str]:
    """Return the labels by which the Job of an attempt and its pods are found."""
    return {
        names.LABEL_SWEEP: identity.sweep,
        names.LABEL_TRIAL: identity.trial,
        names.LABEL_ATTEMPT: str(identity.attempt),
        names.LABEL_TRIAL_UID: identity.uid,
    }


def workload_annotations(spec: SweepSpec, sidecar: SidecarSettings, fitted: str) -> dict[str, str]:
    """Return the annotations of the Job of an attempt.

    Args:
        spec: the spec of the sweep.
        sidecar: the operator's settings for sidecars.
        fitted: how the sidecar was fitted to the namespace; empty if it was not.
    """
    notes = {names.ANNOTATION_OPERATOR: sidecar.url}
    if fitted:
        notes[names.ANNOTATION_FITTED] = fitted
    authorities = join_fingerprints(sidecar.certificate_authority)
    if authorities and spec.metrics.source != protocol.LOGS:
        notes[names.ANNOTATION_AUTHORITIES] = authorities
    return notes


def pod_template(
    identity: TrialIdentity,
    spec: SweepSpec,
    assignment: Assignment,
    settings: SidecarSettings,
    constraints: NamespaceConstraints,
    code_hash: str,
    references: Mapping[str, str] | None = None,
) -> tuple[Manifest, str]:
    """Return the pod template, and how its sidecar was fitted to the namespace.

    Args:
        identity: the identity of the attempt.
        spec: the spec of the sweep.
        assignment: the trial's parameters.
        settings: the operator's settings for sidecars.
        constraints: the constraints of the namespace.
        code_hash: the hash of the sweep's code; empty without code that is unpacked.
        references: values of further references, by name.

    Raises:
        ReservedName: something in the rendered template has a reserved name.
        UnquotableValue: a value cannot be quoted in the command.
    """
    paths = {output.name: output.mount_path for output in spec.outputs}
    values = reference_values(assignment, spec.inputs, paths) | dict(references or {})
    template = user_template(spec.trial, values)
    pod = template.setdefault("spec", {})
    reject_reserved_names(pod)
    trainer = _apply_defaults(template, spec)
    metrics = assign_host_port(pod, trainer, spec.metrics, identity)
    environment = trainer_environment(identity, replace(spec, metrics=metrics), assignment, trainer)
    add_outputs(pod, trainer, identity, spec)
    sidecar, code = None, spec.trial.code
    wanted = wanted_resources(pod, metrics.sidecar or settings.resources)
    resources, fitted = fit_resources(wanted, pod, constraints)
    if metrics.source != protocol.LOGS:
        trial_settings = _sidecar_settings(identity, spec, paths)
        if has_tracking_server(metrics.source, trainer):
            trial_settings |= tracking_settings(identity, spec, assignment)
        folder = AttemptFolder(
            f"{identity.folder}/{identity.attempt}", by_rank=spec.trial.instance_count > 1
        )
        sidecar = add_sidecar(pod, trainer, metrics, trial_settings, settings, resources, folder)
    if metrics.source == protocol.WANDB:
        add_parameters_file(template, trainer, assignment)
    if code is not None:
        add_code(pod, trainer, code, code_hash, settings, resources)
    add_variables(trainer, environment)
    if spec.trial.instance_count > 1 or spec.trial.distribution is not None:
        _distribute(template, trainer, identity, spec)
    if metrics.port:
        add_localhost_to_container(trainer)
    if sidecar is not None:
        share_variables(sidecar, trainer)
    is_added = sidecar is not None or (code is not None and code.is_unpacked)
    return template, fitted if is_added else ""


def _apply_defaults(template: Manifest, spec: SweepSpec) -> Manifest:
    """Set what the user left open, and what every trial has; return the trainer."""
    pod: Manifest = template["spec"]
    pod["restartPolicy"] = "Never"
    pod.setdefault("terminationGracePeriodSeconds", spec.trial.stop_grace)
    if spec.trial.do_not_disrupt:
        protect(template)
    pod.setdefault("automountServiceAccountToken", False)
    apply_pod_security(pod, has_outputs=bool(spec.outputs))
    trainer = trainer_of(pod)
    if spec.trial.code is not None:
        default_user(pod, trainer)
    # Without a termination message of its own, the end of its log is used.
    trainer.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")
    return trainer


def _distribute(
    template: Manifest, trainer: Manifest, identity: TrialIdentity, spec: SweepSpec
) -> None:
    """Add what lets several processes train together."""
    trial = spec.trial
    hosts = host_names(identity, trial.instance_count)
    ports = listening_ports(trial.distribution, trial.instance_count)
    port = assign_ports(template["spec"], trainer, identity, ports)
    add_environment(trainer, group_environment(trial.distribution, hosts, port))
    if trial.distribution is not None and trial.distribution.has_launcher:
        add_launcher(template, trainer, trial.distribution, hosts)
    if trial.instance_count > 1:
        add_to_pod(template, identity, spec)


def _sidecar_settings(
    identity: TrialIdentity, spec: SweepSpec, paths: Mapping[str, str]
) -> dict[str, str]:
    """Return the sidecar's settings that depend on the trial."""
    found = {
        protocol.PRIMARY_METRIC: spec.objective.primary_metric,
        protocol.NAMESPACE: identity.namespace,
        protocol.TRIAL: identity.trial,
    }
    if spec.metrics.also is not None:
        found[protocol.OTHER_METRICS] = json.dumps(spec.metrics.also)
    if spec.criteria.result_metrics:
        found[protocol.RESULT_METRICS] = json.dumps(spec.criteria.result_metrics)
    if ARTIFACTS in paths:
        found[protocol.ARTIFACTS] = paths[ARTIFACTS]
    return found


def apply_pod_security(pod: Manifest, *, has_outputs: bool) -> None:
    """Apply the restricted Pod Security standard where the user set nothing else.

    Args:
        pod: the pod's spec; changed.
        has_outputs: it writes to volumes of the user.
    """
    security = pod.setdefault("securityContext", {})
    security.setdefault("runAsNonRoot", True)
    security.setdefault("seccompProfile", {"type": "RuntimeDefault"})
    if has_outputs and "fsGroup" not in security:
        # Volumes usually belong to root, and trials do not run as root.
        security["fsGroup"] = _GROUP
        security.setdefault("fsGroupChangePolicy", "OnRootMismatch")
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        container.setdefault("securityContext", copy.deepcopy(DROP_ALL))


def add_outputs(pod: Manifest, trainer: Manifest, identity: TrialIdentity, spec: SweepSpec) -> None:
    """Mount the trial's folder of each output; the kubelet creates it.

    Args:
        pod: the pod's spec; changed.
        trainer: its trainer; changed.
        identity: the identity of the attempt.
        spec: the spec of the sweep.
    """
    for output in spec.outputs:
        volume = {"name": output.volume_name, **copy.deepcopy(dict(output.volume))}
        pod["volumes"] = [*pod.get("volumes", []), volume]
        mount = {
            "name": output.volume_name,
            "mountPath": output.mount_path,
            "subPath": output.folder(identity.folder),
        }
        trainer["volumeMounts"] = [*(trainer.get("volumeMounts") or []), mount]
