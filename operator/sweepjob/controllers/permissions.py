"""The RBAC permissions of the operator's account: what fails without each, and which role grants it.

The chart grants exactly these; a test compares both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .. import protocol
from ..api import names
from ..api.spec.trial_kind import TrialKind
from ..kube.denied_access import SET_OWNER, DeniedAccess

# What the status of a sweep says about a permission that is missing.
REMEDY = (
    "Ask the administrator of the operator to grant it what the chart's roles grant; the sweep then "
    "continues by itself"
)


class Need(Enum):
    """How much the operator depends on a permission."""

    REQUIRED = "required"  # the operator is not ready without it
    PARTIAL = "partial"  # the operator is ready; each sweep that is affected is degraded
    RARE = "rare"  # used by few sweeps, after a crash, or on some clusters only


class Grant(Enum):
    """The role of the chart that grants a permission."""

    WATCHED = "the operator's ClusterRole (chart: templates/rbac.yaml)"
    TOKENS = "the operator's ClusterRole for tokens (chart: templates/rbac.yaml)"
    LEASE = "the Role for the lease in the release's namespace (chart: templates/replicas.yaml)"


@dataclass(frozen=True, slots=True)
class Permission:
    """One verb on one resource.

    Attributes:
        group: the API group; empty for the core group.
        resource: plural, with the subresource behind a slash.
        verb: the RBAC verb.
        need: how much the operator depends on it.
        loss: what does not work without it.
        grant: the role that grants it.
        sources: metrics sources; sweeps with another source are not affected. Empty for all sources.
    """

    group: str
    resource: str
    verb: str
    need: Need
    loss: str
    grant: Grant = Grant.WATCHED
    sources: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """Return the permission in words, for the log, the readiness probe, and the label of a metric."""
        return f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")


_PUSHED = frozenset(set(protocol.SOURCES) - {protocol.LOGS})
_SWEEPS, _BATCH, _CORE = names.GROUP, "batch", ""
_UNFITTED = "sidecars are not adjusted to LimitRanges and ResourceQuotas that refuse their pods"
_REQUIRED, _PARTIAL, _RARE = Need.REQUIRED, Need.PARTIAL, Need.RARE

PERMISSIONS: tuple[Permission, ...] = (
    Permission(_SWEEPS, "sweepjobs", "list", _REQUIRED, "no sweep is found"),
    Permission(_SWEEPS, "sweepjobs", "watch", _REQUIRED, "new and changed sweeps are not noticed"),
    Permission(
        _SWEEPS, "sweepjobs", "get", _REQUIRED, "the status of a sweep that was edited stays old"
    ),
    Permission(
        _SWEEPS, "sweepjobs/status", "patch", _REQUIRED, "the status of sweeps is not written"
    ),
    Permission(_SWEEPS, "sweeptrials", "list", _REQUIRED, "the records of trials are not found"),
    Permission(_SWEEPS, "sweeptrials", "watch", _REQUIRED, "deleted records are not noticed"),
    Permission(_SWEEPS, "sweeptrials", "create", _REQUIRED, "no new trial is recorded or started"),
    Permission(
        _SWEEPS, "sweeptrials/status", "patch", _REQUIRED, "neither stops nor results are recorded"
    ),
    Permission(
        _SWEEPS, "sweeptrials", "get", _RARE, "a trial that a crash left half created is stuck"
    ),
    Permission(
        *(_SWEEPS, "sweepjobs/finalizers", "update", _RARE),
        "no trial is recorded where the cluster enforces owner references",
    ),
    Permission(
        *(_SWEEPS, "sweeptrials/finalizers", "update", _RARE),
        "no trial starts where the cluster enforces owner references",
    ),
    Permission(_BATCH, "jobs", "list", _REQUIRED, "the Jobs of trials are not found"),
    Permission(_BATCH, "jobs", "watch", _REQUIRED, "the end of trials is not noticed"),
    Permission(_BATCH, "jobs", "create", _REQUIRED, "no trial starts"),
    Permission(_BATCH, "jobs", "delete", _REQUIRED, "trials are not stopped"),
    Permission(
        _BATCH, "jobs", "get", _RARE, "a trial whose Job a crash left half created is stuck"
    ),
    Permission(_CORE, "pods", "list", _REQUIRED, "the pods of trials are not found"),
    Permission(_CORE, "pods", "watch", _REQUIRED, "changes of pods are not noticed"),
    Permission(_CORE, "pods", "delete", _REQUIRED, "trials are not stopped early"),
    Permission(
        *(_CORE, "pods/log", "get", _PARTIAL),
        "the reports that trials print are not read; they are read once it is granted",
        sources=frozenset({protocol.LOGS}),
    ),
    Permission(_CORE, "services", "create", _RARE, "no trial of several pods starts"),
    Permission(
        *(_CORE, "services", "get", _RARE),
        "no trial of several pods starts but the first of its sweep",
    ),
    Permission(_CORE, "events", "create", _PARTIAL, "no events are posted"),
    Permission(
        *(_CORE, "events", "list", _PARTIAL),
        "the reason why a Job has no pod, or a pod does not start, is not found",
    ),
    Permission(
        *(_CORE, "configmaps", "get", _RARE),
        "sweeps with code (trial.code) or results (warmStart) in ConfigMaps do not begin",
    ),
    *(
        Permission(_CORE, resource, "list", _PARTIAL, _UNFITTED, sources=_PUSHED)
        for resource in ("limitranges", "resourcequotas")
    ),
    Permission(
        *("authentication.k8s.io", "tokenreviews", "create", _REQUIRED),
        "reports of sidecars are not accepted; sidecars keep them until it is granted",
        grant=Grant.TOKENS,
        sources=_PUSHED,
    ),
)

_KIND_VERBS = {
    "list": "trials of this kind are not found",
    "watch": "the end of trials of this kind is not noticed",
    "create": "no trial of this kind starts",
    "delete": "trials of this kind are not stopped",
    "get": "a trial of this kind that a crash left half created is stuck, and its pods may not be found",
}


def kind_permissions(kinds: Sequence[TrialKind]) -> tuple[Permission, ...]:
    """Return the permissions for kinds of trials. Each concerns the sweeps of its kind only.

    Args:
        kinds: the kinds of the chart's value ``trialKinds``.
    """
    return tuple(
        Permission(kind.group, kind.resource, verb, _RARE, loss)
        for kind in kinds
        for verb, loss in _KIND_VERBS.items()
    )


# The owners that the operator sets, by group and resource of what they own.
_OWNERS = {
    ("batch", "jobs"): names.SWEEPTRIALS,
    (names.GROUP, names.SWEEPTRIALS): names.SWEEPJOBS,
    ("", "services"): names.SWEEPJOBS,
}

# Needed for leader election only.
LEASE_PERMISSIONS: tuple[Permission, ...] = tuple(
    Permission("coordination.k8s.io", "leases", verb, _REQUIRED, "no operator leads", Grant.LEASE)
    for verb in ("create", "get", "update")
)


@dataclass(frozen=True, slots=True)
class ScopedPermission:
    """A permission in the scope in which it is needed.

    Attributes:
        permission: the verb on a resource.
        namespace: None for the whole cluster.
        name: the only object that it is needed for; empty for all.
    """

    permission: Permission
    namespace: str | None
    name: str = ""

    @property
    def where(self) -> str:
        """The scope, in words."""
        return "in the cluster" if self.namespace is None else f"in namespace {self.namespace}"

    def __str__(self) -> str:
        """Return the message that it is missing, for the operator's log and for /readyz."""
        bound = ""
        if self.namespace is not None and self.permission.grant is Grant.WATCHED:
            bound = f", with a RoleBinding in namespace {self.namespace}"
        return (
            f"the operator may not {self.permission} {self.where}: {self.permission.loss}. "
            f"The permission belongs to {self.permission.grant.value}{bound}"
        )


def missing_permissions_message(missing: list[ScopedPermission]) -> str:
    """Return the message in the status of a sweep about the missing permissions that affect it."""
    listed = "; ".join(f"{m.permission} {m.where} ({m.permission.loss})" for m in missing)
    return f"the operator lacks the permission to {listed}. {REMEDY}"


def affects_sweep(missing: ScopedPermission, namespace: str, source: str) -> bool:
    """Return whether the lack of a permission affects a sweep.

    Args:
        missing: the permission that is missing.
        namespace: the namespace of the sweep.
        source: the sweep's metrics source.
    """
    permission = missing.permission
    here = (
        missing.namespace is None
        or permission.grant is not Grant.WATCHED
        or missing.namespace == namespace
    )
    return (
        here
        and permission.need is not Need.RARE
        and (not permission.sources or source in permission.sources)
    )


def find_permission(denied: DeniedAccess) -> Permission | None:
    """Return the permission that a refused request needed; None if it is not in the table."""
    wanted = (denied.group, denied.resource, denied.verb)
    if denied.verb == SET_OWNER and (owner := _OWNERS.get((denied.group, denied.resource))):
        wanted = (names.GROUP, f"{owner}/finalizers", "update")
    every = (*PERMISSIONS, *LEASE_PERMISSIONS)
    return next((r for r in every if (r.group, r.resource, r.verb) == wanted), None)


def denied_access_message(denied: DeniedAccess) -> str:
    """Return the message in the status of a sweep about a request that was denied."""
    permission = find_permission(denied)
    if permission is None:  # the table has all permissions that the operator uses
        return f"the operator may not {denied.verb} {denied.resource}. {REMEDY}"
    return missing_permissions_message([ScopedPermission(permission, denied.namespace or None)])
