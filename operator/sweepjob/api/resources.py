"""The resource types of this project, for the client of the API server."""

from __future__ import annotations

from ..kube.resources import Resource
from . import names
from .spec.trial_kind import TrialKind

SWEEPJOBS = Resource(f"/apis/{names.API_VERSION}", names.SWEEPJOBS)
SWEEPTRIALS = Resource(f"/apis/{names.API_VERSION}", names.SWEEPTRIALS)


def resource_of(kind: TrialKind) -> Resource:
    """Return the resource type of a kind of trials."""
    return Resource(f"/apis/{kind.api_version}", kind.resource)
