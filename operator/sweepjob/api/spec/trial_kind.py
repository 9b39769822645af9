"""The kinds of objects other than Jobs that may be trials: the chart's value ``trialKinds``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..names import GROUP

# Groups whose objects are permissions, credentials, or parts of the cluster: a trial of such a kind would
# give everybody who may create SweepJobs what the operator's account may do.
FORBIDDEN_GROUPS = frozenset(
    {
        *("", "rbac.authorization.k8s.io", "authentication.k8s.io", "authorization.k8s.io"),
        *("admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"),
        *("certificates.k8s.io", GROUP),
    }
)


@dataclass(frozen=True, slots=True)
class TrialKind:
    """A kind of object that the operator may create as a trial.

    Attributes:
        api_version: group and version, e.g. ``jobset.x-k8s.io/v1alpha2``.
        kind: e.g. ``JobSet``.
        resource: the plural name, e.g. ``jobsets``.
        pod_label: the label by which the pods of an object are found: its value is the object's name.
            Empty where the operator's labels reach the pods by the pod templates of the object.
        primary_pod_labels: with a ``pod_label``, further labels of the pods whose reports count.
    """

    api_version: str
    kind: str
    resource: str
    pod_label: str = ""
    primary_pod_labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def group(self) -> str:
        """The API group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        """Return kind and group, as in ``JobSet (jobset.x-k8s.io/v1alpha2)``."""
        return f"{self.kind} ({self.api_version})"


def trial_kinds(listed: Sequence[Mapping[str, Any]]) -> tuple[TrialKind, ...]:
    """Return the kinds of the chart's value.

    Args:
        listed: the value ``trialKinds``.

    Raises:
        ValueError: a kind is incomplete, or its group is forbidden.
    """
    found = tuple(map(_trial_kind, listed))
    for position, kind in enumerate(found):
        if any((kind.group, kind.kind) == (k.group, k.kind) for k in found[:position]):
            raise ValueError(f"trialKinds[{position}]: {kind.kind} is listed twice; remove one")
    return found


def _trial_kind(given: Mapping[str, Any]) -> TrialKind:
    made = TrialKind(
        api_version=str(given.get("apiVersion", "")),
        kind=str(given.get("kind", "")),
        resource=str(given.get("resource", "")),
        pod_label=str(given.get("podLabel", "")),
        primary_pod_labels=dict(given.get("primaryPodLabels") or {}),
    )
    if not (made.api_version and made.kind and made.resource):
        raise ValueError(f"trialKinds: {dict(given)} needs apiVersion, kind and resource")
    if made.group in FORBIDDEN_GROUPS or (made.group, made.kind) == ("batch", "Job"):
        raise ValueError(f"trialKinds: {made} cannot be a trial")
    return made


def find_kind(kinds: Sequence[TrialKind], api_version: str, kind: str) -> TrialKind | None:
    """Return the kind of a manifest; None if the operator may not create it.

    Args:
        kinds: those that it may create.
        api_version: of the manifest.
        kind: of the manifest.
    """
    return next((k for k in kinds if (k.api_version, k.kind) == (api_version, kind)), None)
