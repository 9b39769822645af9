"""Builds the object of one attempt of a trial that is of another kind than Job (``trial.manifest``)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.spec.sweep_spec import SweepSpec, TrialTemplate
from ..api.spec.trial_manifest import Path, at_path
from ..search.space import Assignment
from ..template.references import reference_values, substitute
from .declared_types import Types, raw_values, typed_value, value_references
from .disruptions import protect
from .identity import TrialIdentity
from .job_manifest import pod_template, workload_annotations, workload_labels
from .namespace_constraints import NO_CONSTRAINTS, NamespaceConstraints
from .sidecar import SidecarSettings
from .trial_references import trial_references
from .user_pod import Manifest, fill_template


def trial_object(
    identity: TrialIdentity,
    spec: SweepSpec,
    assignment: Assignment,
    sidecar: SidecarSettings,
    constraints: NamespaceConstraints = NO_CONSTRAINTS,
    code_hash: str = "",
    types: Types | None = None,
) -> Manifest:
    """Return the object of an attempt: the manifest with its references replaced.

    Its name, namespace and owner are the operator's. Every pod template in it gets the labels by which
    the operator finds the pods, and the grace period of the sweep; the one whose pods report gets what a
    Job's pod gets.

    Args:
        identity: the identity of the attempt.
        spec: the spec of the sweep, with a manifest.
        assignment: the trial's parameters.
        sidecar: the operator's settings for sidecars.
        constraints: the constraints of the namespace.
        code_hash: the hash of the sweep's code; empty without code that is unpacked.
        types: the declared types of fields whose value is a reference; other values are strings.

    Raises:
        ReservedName: something in the reporting pod template has a reserved name.
    """
    manifest = spec.trial.manifest
    assert manifest is not None
    labels = workload_labels(identity)
    paths = {output.name: output.mount_path for output in spec.outputs}
    values = reference_values(assignment, spec.inputs, paths) | trial_references(identity)
    body: Manifest = substitute(manifest.body, values)
    if types:
        raw = raw_values(assignment, spec.inputs, identity)
        _set_types(body, types, {p: raw.get(n) for p, n in value_references(manifest).items()})
    fitted = ""
    for path in manifest.pod_templates:
        if path == manifest.reporting:
            made, fitted = pod_template(
                *(identity, spec, assignment, sidecar, constraints, code_hash),
                references=trial_references(identity),
            )
            _keep_restart_policy(made, at_path(manifest.body, path))
            _label(made, {names.LABEL_REPORTS: "true"})
        else:
            made = _other_template(at_path(manifest.body, path), values, spec.trial)
        _label(made, labels)
        at_path(body, path[:-1])[path[-1]] = made
        _label_job_template(body, path, labels)
    notes = workload_annotations(spec, sidecar, fitted)
    body["metadata"] = _metadata(body, identity, {**labels, **spec.queue}, notes)
    return body


def _set_types(body: Manifest, types: Types, values: Mapping[Path, Any]) -> None:
    """Give the values at some paths their declared types."""
    for path, declared in types.items():
        parent = at_path(body, path[:-1])
        parent[path[-1]] = typed_value(values.get(path), declared, parent[path[-1]])


def _metadata(
    body: Manifest, identity: TrialIdentity, labels: Mapping[str, str], notes: Mapping[str, str]
) -> Manifest:
    given = body.get("metadata") or {}
    annotations = {**(given.get("annotations") or {}), **notes}
    return {
        "name": names.job_name(identity.trial, identity.attempt),
        "namespace": identity.namespace,
        "labels": {**(given.get("labels") or {}), **labels},
        **({"annotations": annotations} if annotations else {}),
        "ownerReferences": [names.owner_reference(names.SWEEPTRIAL, identity.trial, identity.uid)],
    }


def _other_template(
    written: Mapping[str, Any], values: Mapping[str, str], trial: TrialTemplate
) -> Manifest:
    """Return a pod template whose pods do not report."""
    made = fill_template(written, values)
    made["spec"].setdefault("terminationGracePeriodSeconds", trial.stop_grace)
    if trial.do_not_disrupt:
        protect(made)
    _label(made, {names.LABEL_REPORTS: "false"})
    return made


def _keep_restart_policy(made: Manifest, written: Mapping[str, Any]) -> None:
    """Keep the user's policy: the kind's controller decides about new pods, not the operator."""
    policy = written["spec"].get("restartPolicy")
    if policy is not None:
        made["spec"]["restartPolicy"] = policy


def _label(template: Manifest, labels: Mapping[str, str]) -> None:
    meta = template["metadata"] = dict(template.get("metadata") or {})
    meta["labels"] = {**(meta.get("labels") or {}), **labels}


def _label_job_template(body: Manifest, path: Path, labels: Mapping[str, str]) -> None:
    """Label a Job template around a pod template: its Jobs then show which object owns their pods."""
    if len(path) > 3 and path[-2:] == ("spec", "template"):
        template = copy.copy(at_path(body, path[:-2]))
        _label(template, labels)
        at_path(body, path[:-3])[path[-3]] = template
