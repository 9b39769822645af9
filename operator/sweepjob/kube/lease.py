"""The Lease of a leader election: how a candidate reads it, and when it may acquire it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..timestamps import format_time

LEASE_DURATION = 15  # seconds after which a lease that was not renewed may be acquired
RETRY_PERIOD = 2.0  # seconds between two attempts to acquire or renew
# Seconds without a renewal after which the leader stops, well before another candidate may acquire.
RENEW_DEADLINE = 10.0
# Seconds that a holder can ask for at most: anybody who may write the lease could ask for 68 years.
_LONGEST_DURATION = 60.0


@dataclass(frozen=True, slots=True)
class ObservedLease:
    """A lease as this candidate last observed it.

    Attributes:
        version: its resource version; empty when there is no lease.
        holder: the identity of the leader; empty for none.
        duration: seconds that the holder asked for.
        since: seconds of this candidate's monotonic clock at which it observed the last change. The
            times in the lease are of the holder's clock, and are ignored.
        transitions: how often the holder has changed.
    """

    version: str
    holder: str
    duration: float
    since: float
    transitions: int


def observe(
    body: Mapping[str, Any] | None, before: ObservedLease | None, now: float
) -> ObservedLease:
    """Return a lease with the time of its last change by this candidate's clock.

    A lease that somebody deleted is held until it would have expired: its holder, which still leads,
    creates it again.

    Args:
        body: the Lease object; None when there is none.
        before: the previous observation; None for the first.
        now: monotonic seconds.
    """
    if body is None:
        gone = ObservedLease("", "", 0.0, now, 0)
        return gone if before is None else replace(before, version="")
    version, spec = body["metadata"]["resourceVersion"], body.get("spec") or {}
    same = before is not None and before.version == version
    return ObservedLease(
        version=version,
        holder=spec.get("holderIdentity") or "",
        duration=min(float(spec.get("leaseDurationSeconds") or LEASE_DURATION), _LONGEST_DURATION),
        since=before.since if same and before is not None else now,
        transitions=int(spec.get("leaseTransitions") or 0),
    )


def can_acquire(observed: ObservedLease, identity: str, now: float) -> bool:
    """Return whether a lease is held by this candidate, by nobody, or has expired.

    Args:
        observed: the lease.
        identity: the identity of the candidate.
        now: monotonic seconds.
    """
    return observed.holder in ("", identity) or now >= observed.since + observed.duration


def lease_manifest(
    namespace: str, name: str, identity: str, observed: ObservedLease, now: float
) -> dict[str, Any]:
    """Return the lease as its holder writes it.

    Args:
        namespace: the namespace of the Lease.
        name: the name of the Lease.
        identity: the identity of the holder; empty to release the lease.
        observed: the lease before; its version is the precondition of the write.
        now: seconds since the epoch.
    """
    moment = format_time(now, micro=True)
    change = observed.holder != identity
    spec: dict[str, Any] = {
        "holderIdentity": identity,
        "leaseDurationSeconds": LEASE_DURATION if identity else 1,
        "renewTime": moment,
        "leaseTransitions": observed.transitions + (change and bool(identity)),
    }
    if change:
        spec["acquireTime"] = moment
    metadata = {"name": name, "namespace": namespace}
    if observed.version:
        metadata["resourceVersion"] = observed.version
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": spec,
    }
