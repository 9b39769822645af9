"""What trials and sweeps need for a tracking server of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import protocol
from ..api.meta.identity import ObjectIdentity
from ..api.names import TRACKING_URI
from ..api.spec.sweep_description import shorten_value
from ..api.spec.sweep_spec import SweepSpec
from ..protocol.tracked_sweep import TrackedSweep, TrackedTrial
from ..search.space import Assignment, leaves
from ..template import kubelet_expansion
from ..template.references import value_text
from .identity import TrialIdentity

Manifest = dict[str, Any]
_CREDENTIALS = ("USERNAME", "PASSWORD", "TOKEN")
# What the sidecar reads, by the names that an MLflow client reads.
FORWARDED = {
    TRACKING_URI: protocol.ENV_FORWARD_TO,
    "MLFLOW_TRACKING_INSECURE_TLS": protocol.ENV_FORWARD_INSECURE,
    **{f"MLFLOW_TRACKING_{key}": f"{protocol.ENV_FORWARD_PREFIX}{key}" for key in _CREDENTIALS},
}


def has_tracking_server(metrics_source: str, container: Mapping[str, Any]) -> bool:
    """Return whether the trials report to a tracking server of the user's own.

    Args:
        metrics_source: the source of metrics.
        container: the trainer's container, as the user wrote it.
    """
    names = {entry.get("name") for entry in container.get("env") or []}
    return metrics_source == protocol.MLFLOW and TRACKING_URI in names


def tracking_variables(env: Sequence[Manifest], names: Mapping[str, str]) -> list[Manifest]:
    """Return variables of the server's address and credentials, and those that they refer to.

    Args:
        env: the trainer's variables.
        names: the wanted variables, with the names that they get.
    """
    referred: set[str] = set()
    for entry in reversed(env):  # a variable refers to earlier ones only
        if entry.get("name") in names.keys() | referred:
            referred |= kubelet_expansion.referenced_names(str(entry.get("value", "")))
    found = []
    for entry in env:
        own = entry.get("name", "")
        if own in referred and names.get(own) != own:
            found.append(entry)
        if own in names:
            found.append({**entry, "name": names[own]})
    return found


def tracked_sweep(sweep: ObjectIdentity, spec: SweepSpec) -> TrackedSweep:
    """Return the contents of the parent run of a sweep.

    Args:
        sweep: the SweepJob.
        spec: its spec.
    """
    return TrackedSweep(sweep.uid, sweep.name, sweep.namespace, spec.description)


def parameter_texts(assignment: Assignment) -> dict[str, str]:
    """Return the parameters of a trial as params of its run."""
    return {name: shorten_value(value_text(value)) for name, value in leaves(assignment)}


def tracking_settings(
    identity: TrialIdentity, spec: SweepSpec, assignment: Assignment
) -> dict[str, str]:
    """Return the sidecar's settings about the runs of a trial.

    Args:
        identity: the identity of the attempt.
        spec: the spec of the sweep.
        assignment: the trial's parameters.
    """
    owner = ObjectIdentity(identity.namespace, identity.sweep, identity.sweep_uid)
    sweep = tracked_sweep(owner, spec)
    trial = TrackedTrial(identity.trial, identity.attempt, parameter_texts(assignment))
    return {protocol.TRACKED_SWEEP: sweep.dump(), protocol.TRACKED_TRIAL: trial.dump()}
