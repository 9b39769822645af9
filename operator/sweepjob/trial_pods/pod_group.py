"""Trials of several pods: an Indexed Job whose pods find each other by the names of a headless Service.

The Job controller replaces none of the pods. It ends all of them when one fails or is disrupted, and when
that of rank 0 has succeeded; another attempt starts all of them again.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..api import names
from ..api.spec.distribution import Topology
from ..api.spec.sweep_spec import SweepSpec
from .identity import TrialIdentity

Manifest = dict[str, Any]
_MASTER_PORT = 29500  # torchrun's default
# With the node's network a port of each trial's own, below those of sidecars.
NO_RANK = -1  # of a pod whose reports do not count
_REPLICA = 1_000_000  # the ranks of one replica of a manifest are below those of the next
_FIRST_PORT, _PORT_COUNT = 10_000, 10_000


def service_manifest(namespace: str, sweep: str, sweep_uid: str) -> Manifest:
    """Return the headless Service of a sweep: the DNS names of its pods, also before they are ready.

    One Service serves all trials of a sweep, so that a trial costs no further object.

    Args:
        namespace: the namespace of the sweep.
        sweep: name of the sweep.
        sweep_uid: uid of the sweep, which owns the Service.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": names.service_name(sweep),
            "namespace": namespace,
            "labels": {names.LABEL_SWEEP: sweep},
            "ownerReferences": [names.owner_reference(names.SWEEPJOB, sweep, sweep_uid)],
        },
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {names.LABEL_SWEEP: sweep, names.LABEL_SWEEP_UID: sweep_uid},
        },
    }


def indexed_job(instances: int) -> Manifest:
    """Return the fields of a Job's spec that make it one attempt of several pods.

    Args:
        instances: number of pods.
    """
    disrupted = [{"type": "DisruptionTarget"}]
    return {
        "completionMode": "Indexed",
        "completions": instances,
        "parallelism": instances,
        # The other ranks of a pod that is gone wait for it in a collective operation for ever.
        "podFailurePolicy": {"rules": [{"action": "FailJob", "onPodConditions": disrupted}]},
        "successPolicy": {"rules": [{"succeededIndexes": "0"}]},
    }


def host_names(identity: TrialIdentity, instances: int) -> tuple[str, ...]:
    """Return the names by which the pods of an attempt reach each other, by rank.

    Args:
        identity: the identity of the attempt.
        instances: number of pods.
    """
    if instances == 1:
        return ("127.0.0.1",)
    job = names.job_name(identity.trial, identity.attempt)
    service = names.service_name(identity.sweep)
    return tuple(f"{job}-{rank}.{service}" for rank in range(instances))


def add_to_pod(template: Manifest, identity: TrialIdentity, spec: SweepSpec) -> None:
    """Add to a pod template what its pods need to find each other and to be one trial.

    Args:
        template: the pod template; changed.
        identity: the identity of the attempt.
        spec: the spec of the sweep, with several pods to a trial.
    """
    meta, pod = template.setdefault("metadata", {}), template["spec"]
    meta["labels"] = {**meta.get("labels", {}), names.LABEL_SWEEP_UID: identity.sweep_uid}
    pod["subdomain"] = names.service_name(identity.sweep)
    topology = spec.trial.topology
    if topology is None:
        return
    if spec.is_queued:
        kind = "required" if topology.is_required else "preferred"
        key = f"kueue.x-k8s.io/podset-{kind}-topology"
        meta["annotations"] = {key: topology.label, **meta.get("annotations", {})}
    else:
        _add_affinity(pod, identity, topology)


def _add_affinity(pod: Manifest, identity: TrialIdentity, topology: Topology) -> None:
    """Place the pods of an attempt close to each other; what the user asks for stays."""
    own = {names.LABEL_TRIAL_UID: identity.uid, names.LABEL_ATTEMPT: str(identity.attempt)}
    term: Manifest = {"labelSelector": {"matchLabels": own}, "topologyKey": topology.label}
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    if not topology.is_required:
        key = "preferredDuringSchedulingIgnoredDuringExecution"
        term = {"weight": 100, "podAffinityTerm": term}
    affinity = dict(pod.get("affinity") or {})
    near = dict(affinity.get("podAffinity") or {})
    near[key] = [*(near.get(key) or []), term]
    pod["affinity"] = {**affinity, "podAffinity": near}


def assign_ports(
    pod: Manifest, trainer: Manifest, identity: TrialIdentity, others: Sequence[int]
) -> int:
    """Return the port at which rank 0 awaits the others.

    With the node's network the trainer declares its ports as host ports, so that no two pods have the
    same one on a node: a rank could otherwise reach another trial's.

    Args:
        pod: the pod's spec.
        trainer: its trainer; changed.
        identity: the identity of the trial.
        others: further ports at which the pods await each other.
    """
    if not pod.get("hostNetwork"):
        return _MASTER_PORT
    start = zlib.crc32(f"{identity.namespace}/{identity.sweep}".encode())
    number = _FIRST_PORT + (start + int(identity.trial.rpartition("-")[2])) % _PORT_COUNT
    given = trainer.get("ports") or []
    declared = {port.get("containerPort") for port in given}
    added = [port for port in (number, *others) if port not in declared]
    trainer["ports"] = [
        *given,
        *({"containerPort": port, "hostPort": port, "protocol": "TCP"} for port in added),
    ]
    return number


def rank_of(annotations: Mapping[str, Any], labels: Mapping[str, Any]) -> int:
    """Return the rank of a pod; 0 for the only pod of a trial.

    Args:
        annotations: those of the pod.
        labels: those of the pod.

    Returns:
        A negative number for a pod whose reports do not count.
    """
    if labels.get(names.LABEL_REPORTS) == "false":
        return NO_RANK
    index = annotations.get(names.COMPLETION_INDEX) or labels.get(names.COMPLETION_INDEX)
    replicas = [_number(labels.get(key)) for key in names.REPLICA_INDICES]
    return _number(index) + sum(replica * _REPLICA for replica in replicas)


def _number(text: Any) -> int:
    text = str(text or "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
