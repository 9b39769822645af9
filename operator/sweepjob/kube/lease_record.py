"""The Lease by which one of several operators leads, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api.times import format_time

DURATION = 15  # seconds after which a lease that was not renewed may be taken
RENEW_EVERY = 2.0
# A leader that could not renew for so long stops, well before anybody else may take over.
GIVE_UP_AFTER = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as it was seen last.

    Attributes:
        version: its resource version, empty when there is none.
        holder: who leads, empty for nobody.
        duration: seconds that the holder has asked for.
        since: monotonic seconds of ours when it was seen to change. The holder's clock is not
            ours, so its own times are not looked at.
        transitions: how often the holder has changed.
    """

    version: str
    holder: str
    duration: float
    since: float
    transitions: int


def observe(body: Mapping[str, Any] | None, before: Seen | None, now: float) -> Seen:
    """The lease, with the time of its last change by our clock.

    Args:
        body: the Lease object, None when there is none.
        now: monotonic seconds.
    """
    if body is None:
        return Seen("", "", 0.0, now, 0)
    version, spec = body["metadata"]["resourceVersion"], body.get("spec") or {}
    same = before is not None and before.version == version
    return Seen(
        version=version,
        holder=spec.get("holderIdentity") or "",
        duration=float(spec.get("leaseDurationSeconds") or DURATION),
        since=before.since if same and before is not None else now,
        transitions=int(spec.get("leaseTransitions") or 0),
    )


def may_take(seen: Seen, identity: str, now: float) -> bool:
    """Whether the lease is ours, nobody's, or has not been renewed for its whole duration."""
    return seen.holder in ("", identity) or now >= seen.since + seen.duration


def lease_manifest(
    namespace: str, name: str, identity: str, seen: Seen, now: float
) -> dict[str, Any]:
    """The lease as its holder writes it; an empty identity gives it back.

    Args:
        seen: as it was before; its version is the precondition.
        now: seconds since the epoch.
    """
    moment = format_time(now, micro=True)
    change = seen.holder != identity
    spec: dict[str, Any] = {
        "holderIdentity": identity,
        "leaseDurationSeconds": DURATION if identity else 1,
        "renewTime": moment,
        "leaseTransitions": seen.transitions + (change and bool(identity)),
    }
    if change:
        spec["acquireTime"] = moment
    metadata = {"name": name, "namespace": namespace}
    if seen.version:
        metadata["resourceVersion"] = seen.version
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": spec,
    }
