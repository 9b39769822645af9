"""The pod of a trial as the user wrote it, with the values of its references."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.names import TRACKING_URI
from ..api.spec.sweep_spec import SweepSpec, TrialTemplate
from ..api.spec.trial_manifest import MANIFEST_REFERENCES
from ..search.space import Assignment
from ..template import command, kubelet_expansion
from ..template.references import reference_values, substitute

Manifest = dict[str, Any]
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def user_template(trial: TrialTemplate, resolved: Mapping[str, str]) -> Manifest:
    """Return the pod template of a trial as the user wrote it.

    Args:
        trial: the template or its short form.
        resolved: the values of its references.
    """
    if trial.template is not None:
        return fill_template(trial.template, resolved)
    container: Manifest = {
        "name": names.TRAINER,
        "image": substitute(trial.image, resolved),
        "env": list(trial.env),
        "resources": copy.deepcopy(dict(trial.resources)),
    }
    container = _fill_container(container, resolved)
    if trial.command:
        container["command"] = command.resolve_command(trial.command, resolved)
    return {"spec": {"containers": [container]}}


def fill_template(template: Mapping[str, Any], resolved: Mapping[str, str]) -> Manifest:
    """Replace the references of a pod template; escape values in fields that the kubelet expands."""
    made: Manifest = substitute(template, resolved)
    for key in ("containers", "initContainers"):
        written = template["spec"].get(key) or []
        if isinstance(written, list) and written:
            made["spec"][key] = [_fill_container(one, resolved) for one in written]
    return made


def _fill_container(written: Mapping[str, Any], resolved: Mapping[str, str]) -> Manifest:
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
    """Replace references in a string, or a list of strings, that the kubelet expands."""
    source = written.get(key)
    if isinstance(source, str):
        made[key] = kubelet_expansion.fill_references(source, resolved)
    elif isinstance(source, list):
        made[key] = [
            kubelet_expansion.fill_references(s, resolved) if isinstance(s, str) else s
            for s in source
        ]


def user_pod(spec: SweepSpec, assignment: Assignment) -> Manifest:
    """Return the pod of a trial as the user wrote it, with its references replaced.

    Args:
        spec: the spec of the sweep.
        assignment: the trial's parameters.
    """
    paths = {output.name: output.mount_path for output in spec.outputs}
    values = reference_values(assignment, spec.inputs, paths)
    # A manifest may refer to its trial; there is none here.
    template = user_template(spec.trial, values | dict.fromkeys(MANIFEST_REFERENCES, ""))
    pod: Manifest = template["spec"]
    return pod


def trainer_of(pod: Mapping[str, Any]) -> Manifest:
    """Return the container called ``trainer``, or else the first."""
    containers: list[Manifest] = pod["containers"]
    return next((c for c in containers if c.get("name") == names.TRAINER), containers[0])


def add_variables(container: Manifest, added: Mapping[str, str]) -> None:
    """Add variables; those of the user take precedence, except a tracking URI to forward to.

    Args:
        container: the container; changed.
        added: the variables by name.
    """
    env = [
        e
        for e in container.get("env") or []
        if e.get("name") != TRACKING_URI or not added.get(TRACKING_URI)
    ]
    present = {entry.get("name") for entry in env}
    env += [
        {"name": key, "value": kubelet_expansion.escape_text(value)}
        for key, value in added.items()
        if key not in present
    ]
    container["env"] = env
